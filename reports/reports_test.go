package reports

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/sql/warehouse"
)

// write draws reports of made-up marts and gives the folder of the date.
func write(t *testing.T, m marts) string {
	t.Helper()
	written, err := Write(t.Context(), Config{Dir: t.TempDir(), Query: m.open(t), Build: testBuild()})
	if err != nil {
		t.Fatal(err)
	}
	return written.Dir
}

func read(t *testing.T, dir, file string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// has holds that a page says each of some texts.
func has(t *testing.T, dir, file string, texts ...string) {
	t.Helper()
	page := read(t, dir, file)
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("%s does not say %q", file, text)
		}
	}
}

func TestSameMartsSameBytes(t *testing.T) {
	t.Parallel()
	one, other := write(t, lifelike()), write(t, lifelike())
	files := 0
	err := fs.WalkDir(os.DirFS(one), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		if read(t, one, path) != read(t, other, path) {
			t.Errorf("%s differs", path)
		}
		return nil
	})
	if err != nil || files < 20 {
		t.Errorf("%d files were compared: %v", files, err)
	}
}

func TestWriteNamesItsPages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	written, err := Write(t.Context(), Config{Dir: dir, Query: noRows().open(t), Build: testBuild()})
	if err != nil {
		t.Fatal(err)
	}
	if written.Dir != filepath.Join(dir, "2026-07-01") || len(written.Pages) != len(all) || written.Pages[0].File != "index.html" {
		t.Errorf("written: %+v", written)
	}
	for _, p := range written.Pages {
		has(t, written.Dir, p.File, "<h1>"+p.Title+"</h1>", "20260701T093012Z-1f4c", "Europe/Dublin", "Weeks start on Monday", "1 July 2026, 10:30", "all its checks held")
	}
}

// The folder is that of the local date: late in the evening in Brisbane it is tomorrow.
func TestLocalDate(t *testing.T) {
	t.Parallel()
	m := marts{"settings": {{"Acme", asOf.Add(9 * 60 * 60 * 1e9), "Australia/Brisbane", 7}}}
	if dir := write(t, m); filepath.Base(dir) != "2026-07-02" {
		t.Errorf("written into %s", dir)
	}
}

// A log that ended before the weeks shown is not one that never was.
func TestLastContactLongAgo(t *testing.T) {
	t.Parallel()
	m := noRows()
	m["contacts_weekly"] = [][]any{{date("2026-06-29"), int64(0), int64(0), nil, int64(0), int64(0), int64(0), int64(0), true}}
	m["first_response_weekly"] = [][]any{{date("2026-06-29"), int64(0), int64(0), int64(0), int64(0), nil, nil, nil, nil, int64(0), int64(0), int64(0), int64(0), true}}
	m["contacts"] = [][]any{
		{"1", date("2014-01-02"), date("2013-12-30"), 4, 0, nil, nil, nil, false, false},
		{"2", date("2014-01-03").Add(23*time.Hour + 30*time.Minute), date("2013-12-30"), 5, 23, nil, nil, nil, false, false},
	}
	has(t, write(t, m), "weekly.html", "the last one was on 3 January 2014", "parley build --as-of 2014-01-04T00:00:00Z &amp;&amp; parley report")
}

func TestNothingYet(t *testing.T) {
	t.Parallel()
	dir := write(t, noRows())
	has(t, dir, "weekly.html", "No conversation has come in yet.", "the topic parley.conversations", "parley import conversations.json &amp;&amp; parley build &amp;&amp; parley report", "the topic parley.events", "Nobody was active")
	has(t, dir, "contacts-by-hour.html", "No conversation has come in yet.")
	has(t, dir, "revenue.html", "No company pays yet", "monthly_spend", "the topic parley.companies")
	has(t, dir, "messages.html", "Nothing has been sent yet.", "parley message preview")
	has(t, dir, "segments.html", "There is no segment yet.", "segments/NAME.yaml")
	has(t, dir, "index.html", "no conversation has come in yet", "no company pays yet", "nothing has been sent yet", "no segment is defined yet", "Nothing is left out.")
	for _, r := range all {
		if strings.Contains(read(t, dir, r.file), "NaN") {
			t.Errorf("%s says NaN", r.file)
		}
	}
}

// oneWeek is a workspace in its first week, of two contacts; answered says how many were.
func oneWeek(answered int64, partial bool) marts {
	m := noRows()
	m["contacts_weekly"] = [][]any{{date("2026-06-29"), 2, 0, nil, 0, 2, 0, 0, partial}}
	median := any(nil)
	if answered > 0 {
		median = 90.0
	}
	m["first_response_weekly"] = [][]any{{date("2026-06-29"), 2, answered, 2 - answered, 0, median, median, nil, nil, answered, answered, answered, answered, partial}}
	return m
}

func TestOneWeekOnly(t *testing.T) {
	t.Parallel()
	dir := write(t, oneWeek(2, true))
	has(t, dir, "weekly.html", "is not over yet: there is nothing to compare it with", "so far, in the first week", "2 contacts so far in the week of 29 June 2026", "1 min 30 s", "Nobody was active")
	dir = write(t, oneWeek(2, false))
	has(t, dir, "weekly.html", "the first whole week", "2 contacts in the week of 29 June 2026.")
}

func TestNobodyAnswered(t *testing.T) {
	t.Parallel()
	dir := write(t, oneWeek(0, false))
	has(t, dir, "weekly.html", "None of these 2 contacts was answered by a person", "bots in parley.yaml", "no contact was answered")
}

// The busiest hour is that of the last eight whole weeks: neither the week that
// is not over nor what was before is in it.
func TestBusiestHourOfTheLastWeeks(t *testing.T) {
	t.Parallel()
	m := lifelike()
	for range 100 {
		m.addContact(date("2026-06-29"), 3, 8)
		m.addContact(date("2026-04-27"), 3, 8)
	}
	dir := write(t, m)
	const span = "in the last 8 whole weeks, 4 May to 28 Jun 2026"
	has(t, dir, "contacts-by-hour.html", "The busiest hour "+span+": Tuesday 14:00–15:00, with 2.00 contacts each time (Europe/Dublin). Saturday and Sunday brought 0% of 24 contacts.",
		"The busiest hour over 29 weeks, 8 Dec 2025 to 1 Jul 2026: ")
	has(t, dir, "index.html", "Tue 14:00", "2.00 contacts each time "+span+" (Europe/Dublin)")
	has(t, dir, "contacts-by-hour-recent.csv", "\n2026-05-04,2026-06-22,2,14,16,2\n", "\n2026-05-04,2026-06-22,3,8,0,0\n", "\n2026-05-04,2026-06-22,1,9,8,1\n")
}

// With seven whole weeks after that of the first contact there is no such view.
func TestBusiestHourOfAFewWeeks(t *testing.T) {
	t.Parallel()
	m := lifelike()
	m["contacts"] = nil
	m.addContact(date("2026-05-04"), 1, 9)
	dir := write(t, m)
	has(t, dir, "index.html", "contacts each time over 8 weeks, 4 May to 1 Jul 2026 (Europe/Dublin)")
	if page := read(t, dir, "contacts-by-hour.html"); strings.Contains(page, "last 8") {
		t.Error("the page shows eight weeks of seven")
	}
	// One week more, in which and after which nobody got in touch again.
	m["contacts"] = nil
	m.addContact(date("2026-04-27"), 1, 9)
	has(t, write(t, m), "contacts-by-hour.html", "No conversation has come in in these weeks: the last one was on 27 April 2026.")
}

// A person who enters two segments is one of those who entered.
func TestMovedPeopleCountOnce(t *testing.T) {
	t.Parallel()
	m := noRows()
	m["segment_runs"] = [][]any{{"active", "d1", "r9", asOf, int64(2)}, {"paying", "d1", "r9", asOf, int64(1)}}
	yesterday, before := asOf.AddDate(0, 0, -1), asOf.AddDate(0, 0, -8)
	m["segment_changes"] = [][]any{
		{"active", "u:1", "entered", yesterday, "d1"}, {"paying", "u:1", "entered", yesterday, "d1"}, {"active", "u:2", "entered", yesterday, "d1"},
		{"paying", "u:3", "left", yesterday, "d1"}, {"paying", "u:4", "entered", before, "d1"}, {"active", "u:5", "entered", yesterday, "d0"},
	}
	has(t, write(t, m), "segments.html", "2 segments. In the last seven days 2 people entered a segment and 1 left one.")
}

// Exact numbers stay for programs; people read whole seconds and cents.
func TestRoundedForPeopleExactForPrograms(t *testing.T) {
	t.Parallel()
	m := oneWeek(2, false)
	m["first_response_weekly"][0][5] = 4825.999999999999
	m["contacts_weekly"] = [][]any{{date("2026-06-29"), 139, 1269, 139.0 / 1269, 5, 2, 0, 0, false}}
	m["mrr_monthly"] = [][]any{{date("2026-06-01"), "USD", 0, warehouse.Decimal("23367.0833333336"), 0, 0, 0, 0, warehouse.Decimal("23367.0833333336"), 1, 0, false}}
	dir := write(t, m)
	has(t, dir, "weekly.html", `<data value="4825.999999999999">4,826 s</data>`,
		"139 contacts, 1,269 active users in the week of 29 June 2026: 0.110 contacts for each active user.")
	has(t, dir, "first-response.csv", ",4825.999999999999,")
	has(t, dir, "revenue.html", `<data value="23367.0833333336">USD 23,367.08</data>`, `<data value="23367.0833333336">23,367.08</data>`)
	has(t, dir, "mrr.csv", "23367.0833333336")
}

// A week in which nothing happened, after one in which something did.
func TestQuietWeek(t *testing.T) {
	t.Parallel()
	m := noRows()
	m["contacts_weekly"] = [][]any{{date("2026-06-22"), 0, 0, nil, 0, 0, 0, 0, false}, {date("2026-06-15"), 4, 8, 0.5, 0, 0, 0, 0, false}}
	m["first_response_weekly"] = [][]any{
		{date("2026-06-22"), 0, 0, 0, 0, nil, nil, nil, nil, 0, 0, 0, 0, false},
		{date("2026-06-15"), 4, 4, 0, 0, 60.0, 120.0, nil, nil, 4, 4, 4, 4, false},
	}
	dir := write(t, m)
	has(t, dir, "weekly.html", "0 contacts in the week of 22 June 2026, 4 fewer (−100%) than in the week before.",
		"Nobody was active in the week of 22 June 2026.", "Nobody got in touch in the week of 22 June 2026.", "no contact was answered")
	if page := read(t, dir, "weekly.html"); strings.Contains(page, "NaN") || strings.Contains(page, "Inf") {
		t.Error("the page shows a number that is none")
	}
}

func TestChecksThatDidNotHold(t *testing.T) {
	t.Parallel()
	build := testBuild()
	build.ChecksFailed = 1
	build.Checks = []warehouse.CheckRecord{{Model: "contacts", Check: "user_id: relation(users.user_id)", Severity: "warn", Failed: 3}}
	written, err := Write(t.Context(), Config{Dir: t.TempDir(), Query: noRows().open(t), Build: build})
	if err != nil {
		t.Fatal(err)
	}
	has(t, written.Dir, "weekly.html", `<span class="warning">1 check did not hold</span>`)
	has(t, written.Dir, "index.html", "contacts user_id: relation(users.user_id)")
}

// hostile are names that would be scripts, styles or quotes if they were not text.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</script><script>alert(1)</script>`, `{{.Name}} {a|b} var(--ink) @count`,
	"\u202eevil\u202c مرحبا", `a,b;"c"` + "\n=1+1", "'; drop table contacts; --", strings.Repeat("long ", 60),
}

func hostileMarts() marts {
	m := lifelike()
	m["settings"] = [][]any{{hostile[0], asOf, "Europe/Dublin", 1}}
	m["deliveries"], m["segment_runs"], m["mrr_monthly"] = nil, nil, nil
	for i, name := range hostile {
		m["deliveries"] = append(m["deliveries"], []any{name, "u:1", "sent", asOf}, []any{name, "u:2", name, asOf})
		m["segment_runs"] = append(m["segment_runs"], []any{name, "d", "r", asOf, int64(i)})
		m["mrr_monthly"] = append(m["mrr_monthly"], []any{date("2026-07-01"), name, 0, 5, 0, 0, 0, 0, 5, 1, 0, true})
		m["left_out"] = append(m["left_out"], []any{name, date("2026-06-29"), name, 1})
	}
	return m
}

func TestNamesStayText(t *testing.T) {
	t.Parallel()
	dir := write(t, hostileMarts())
	for _, r := range all {
		page := read(t, dir, r.file)
		for _, markup := range []string{"<script>", "<img", "onerror=alert(1)>"} {
			if strings.Contains(page, markup) {
				t.Errorf("%s holds %q", r.file, markup)
			}
		}
		if strings.Contains(page, "style=") || strings.Contains(page, "ZgotmplZ") || strings.Contains(page, " onclick") {
			t.Errorf("%s holds a style or a handler in the page", r.file)
		}
	}
	records, err := csv.NewReader(strings.NewReader(read(t, dir, "segments.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, record := range records[1:] {
		names = append(names, record[0])
	}
	slices.Reverse(names) // the largest first: the last of hostile
	if !slices.Equal(names, hostile) {
		t.Errorf("the CSV file holds %q", names)
	}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	table := &warehouse.Table{
		Columns: []warehouse.Column{{Name: "week_start", Type: "DATE"}, {Name: "at", Type: "TIMESTAMP WITH TIME ZONE"}, {Name: "name", Type: "VARCHAR"}, {Name: "mrr", Type: "DECIMAL(38,10)"}, {Name: "p90", Type: "DOUBLE"}, {Name: "is_partial", Type: "BOOLEAN"}},
		Rows: [][]any{
			{date("2026-06-22"), asOf, `Ann "A", Inc`, warehouse.Decimal("12.5000000000"), 25726.1, true},
			{nil, nil, "two\nlines", nil, nil, false},
		},
	}
	got, err := encodeCSV(table)
	if err != nil {
		t.Fatal(err)
	}
	want := "week_start,at,name,mrr,p90,is_partial\n" +
		"2026-06-22,2026-07-01T09:30:00Z,\"Ann \"\"A\"\", Inc\",12.5000000000,25726.1,true\n" +
		",,\"two\nlines\",,,false\n"
	if string(got) != want {
		t.Errorf("written:\n%s\nwant:\n%s", got, want)
	}
}

// The SQL on a page gives the CSV file beside it.
func TestSQLOnThePageGivesTheFile(t *testing.T) {
	t.Parallel()
	dir := write(t, lifelike())
	has(t, dir, "weekly.html", "from first_response_weekly\norder by week_start desc")
	lines := strings.Split(read(t, dir, "first-response.csv"), "\n")
	if len(lines) != 26+2 || lines[0] != "week_start,contacts,answered,unanswered,bot_only,median_seconds,p90_seconds,median_office_seconds,p90_office_seconds,is_partial" || !strings.HasPrefix(lines[1], "2026-06-29,") {
		t.Errorf("%d lines, the first two: %q", len(lines), lines[:2])
	}
}

func TestConfigReportsAllFaults(t *testing.T) {
	t.Parallel()
	_, err := Write(t.Context(), Config{})
	for _, want := range []string{"folder", "read the marts", "build"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("an empty configuration gives %v, without %q", err, want)
		}
	}
}

func TestFailuresLeaveTheFormerPages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good := lifelike().open(t)
	former, err := Write(t.Context(), Config{Dir: dir, Query: good, Build: testBuild()})
	if err != nil {
		t.Fatal(err)
	}
	before := read(t, former.Dir, "index.html")
	outOfMemory := errors.New("out of memory")
	for name, c := range map[string]struct {
		query Query
		want  string
	}{
		"the engine fails": {func(ctx context.Context, query string, args ...any) (*warehouse.Table, error) {
			if strings.Contains(query, "deliveries") {
				return nil, outOfMemory
			}
			return good(ctx, query, args...)
		}, "out of memory"},
		"a column of another type": {func(ctx context.Context, query string, args ...any) (*warehouse.Table, error) {
			table, err := good(ctx, query, args...)
			if at := table.Index("median_seconds"); at >= 0 {
				copied := &warehouse.Table{Columns: table.Columns}
				for _, cells := range table.Rows {
					cells = slices.Clone(cells)
					cells[at] = "soon"
					copied.Rows = append(copied.Rows, cells)
				}
				table = copied
			}
			return table, err
		}, "column median_seconds holds soon, not a number"},
		"no settings": {func(context.Context, string, ...any) (*warehouse.Table, error) {
			return &warehouse.Table{Columns: []warehouse.Column{{Name: "name"}}}, nil
		}, "0 rows of settings"},
		"an unknown zone": {marts{"settings": {settingsRow("Europe/Atlantis")}}.open(t), "Europe/Atlantis"},
	} {
		written, err := Write(t.Context(), Config{Dir: dir, Query: c.query, Build: testBuild()})
		if err == nil || !strings.Contains(err.Error(), c.want) || written.Dir != "" {
			t.Errorf("%s: %v, written %+v", name, err, written)
		}
		if read(t, former.Dir, "index.html") != before {
			t.Errorf("%s: the former pages are gone", name)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 2 {
		t.Errorf("the folder holds %v", entries)
	}
}

func TestWeeksStartWhereTheWorkspaceSays(t *testing.T) {
	t.Parallel()
	m := lifelike()
	m["settings"] = [][]any{{"Tidepool", asOf, "Europe/Dublin", 7}}
	page := read(t, write(t, m), "contacts-by-hour.html")
	sunday, monday := strings.Index(page, `<th scope="row"><bdi>Sunday`), strings.Index(page, `<th scope="row"><bdi>Monday`)
	if sunday < 0 || sunday > monday {
		t.Errorf("Sunday stands at %d, Monday at %d of a week that starts on Sunday", sunday, monday)
	}
	if !bytes.Contains([]byte(page), []byte("Weeks start on Sunday")) {
		t.Error("the page does not say so")
	}
}

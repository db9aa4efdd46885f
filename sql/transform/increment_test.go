package transform

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/sql/warehouse"
)

// chain is a row of runs, each going on from the one before. Its input visits
// (visit, person, page, seen_at) lies in a file for each date, pages (page, title) in one.
type chain struct {
	t      *testing.T
	dir    string
	models fstest.MapFS
	days   map[string][]string // date → rows as SQL
	pages  []string
	bots   string
	asOf   time.Time
	opts   Options

	n      int
	last   string
	result *Result
	engine *warehouse.DuckDB
}

var noon = time.Date(2026, 6, 10, 12, 0, 0, 0, time.UTC)

func newChain(t *testing.T, models fstest.MapFS) *chain {
	t.Helper()
	return &chain{
		t: t, dir: t.TempDir(), models: models, asOf: noon, opts: Options{MostTouched: 100, PartRows: 2},
		days: map[string][]string{
			"2026-06-01": {"(1, 'ann', 'home', timestamptz '2026-06-01 10:00:00Z')", "(2, 'bob', 'home', timestamptz '2026-06-01 11:00:00Z')"},
			"2026-06-02": {"(3, 'ann', 'price', timestamptz '2026-06-02 10:00:00Z')"},
			"2026-06-03": {"(4, 'cy', 'help', timestamptz '2026-06-03 10:00:00Z')", "(5, 'bob', 'help', timestamptz '2026-06-03 10:00:00Z')"},
		},
		pages: []string{"('home', 'Welcome')", "('price', 'What it costs')", "('help', 'Help')"},
	}
}

const visitModels = "select visit, person, page, seen_at from visits cross join settings where seen_at <= settings.as_of"

// file writes rows as an input's file, under a name that says what it holds.
func (c *chain) file(name, columns string, rows []string) InputFile {
	c.t.Helper()
	path := filepath.Join(c.dir, fmt.Sprintf("%s-%d-%d.parquet", name, len(rows), c.n))
	query := "select * from (values " + strings.Join(rows, ", ") + ") as v(" + columns + ")"
	for _, known := range c.files(name) { // the same rows are the same file
		if content, err := os.ReadFile(known + ".sql"); err == nil && string(content) == query {
			return InputFile{Path: known, Rows: int64(len(rows))}
		}
	}
	if _, err := c.engine.Write(c.t.Context(), query, path); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(path+".sql", []byte(query), 0o644); err != nil {
		c.t.Fatal(err)
	}
	return InputFile{Path: path, Rows: int64(len(rows))}
}

func (c *chain) files(name string) []string {
	found, err := filepath.Glob(filepath.Join(c.dir, name+"-*.parquet"))
	if err != nil {
		c.t.Fatal(err)
	}
	return found
}

// prepare opens an engine with the inputs, and loads the models.
func (c *chain) prepare() (*Graph, Place, Options) {
	c.t.Helper()
	ctx := c.t.Context()
	c.engine = openEngine(c.t)
	opts := c.opts
	opts.Now, opts.AsOf = func() time.Time { return time.Time{} }, c.asOf
	visits := Input{Seen: []string{"seen_at"}}
	for _, date := range slices.Sorted(maps.Keys(c.days)) {
		visits.Files = append(visits.Files, c.file("visits-"+date, "visit, person, page, seen_at", c.days[date]))
	}
	pages := Input{Files: []InputFile{c.file("pages", "page, title", c.pages)}}
	opts.Inputs = map[string]Input{"visits": visits, "pages": pages, "settings": {}, "bots": {Content: c.bots}}
	for name, in := range map[string]Input{"visits": visits, "pages": pages} {
		if err := c.engine.ViewFiles(ctx, name, paths(in.Files)); err != nil {
			c.t.Fatal(err)
		}
	}
	if err := c.engine.Exec(ctx, fmt.Sprintf("create table settings as select timestamptz '%s' as as_of; create table bots as select '%s' as bot", c.asOf.Format(time.RFC3339), c.bots)); err != nil {
		c.t.Fatal(err)
	}
	graph, err := Load(ctx, c.engine, Sources{Ours: c.models, Inputs: []string{"visits", "pages", "settings", "bots"}})
	if err != nil {
		c.t.Fatal(err)
	}
	c.n++
	return graph, Place{Dir: filepath.Join(c.dir, fmt.Sprint("build-", c.n)), Previous: c.last}, opts
}

// run makes the next run, and gives for each model that is kept how it was run.
func (c *chain) run() map[string]string {
	c.t.Helper()
	graph, to, opts := c.prepare()
	result, err := graph.Run(context.Background(), c.engine, to, opts)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := result.Err(); err != nil {
		c.t.Fatal(err)
	}
	c.result, c.last = result, to.Dir
	how := map[string]string{}
	for _, m := range result.Models {
		if m.How != "" {
			how[m.Model.Name] = m.How
		}
	}
	return how
}

// rows are those of a query after the last run.
func (c *chain) rows(query string) string {
	c.t.Helper()
	table, err := c.engine.Query(c.t.Context(), query)
	if err != nil {
		c.t.Fatal(err)
	}
	return fmt.Sprint(table.Rows)
}

// inodes are the files of a model in the last run, each with what tells one file from another.
func (c *chain) inodes(model string) map[string]os.FileInfo {
	c.t.Helper()
	found, err := filepath.Glob(filepath.Join(c.last, model, "*.parquet"))
	if err != nil {
		c.t.Fatal(err)
	}
	infos := map[string]os.FileInfo{}
	for _, path := range found {
		if infos[filepath.Base(path)], err = os.Stat(path); err != nil {
			c.t.Fatal(err)
		}
	}
	return infos
}

func visitGraph() fstest.MapFS {
	return files(
		"staging/stg_visits.sql", visitModels,
		"intermediate/int_visits__daily.sql", "-- incremental: date(day) of visits\nselect cast(seen_at as date) as day, person, count(*) as visits from stg_visits group by all",
		"intermediate/int_people__seen.sql", "-- key: person\n-- incremental: person\nselect person, sum(visits)::bigint as visits from int_visits__daily group by person",
		"marts/people.sql", "-- key: person\n-- incremental: person\nselect person, visits, bot is not null as is_bot from int_people__seen left join bots on bot = person",
		"marts/visits_titled.sql", `-- key: visit
-- incremental: visit
-- parts: date(seen_at)
-- touched by pages: select visit from stg_visits semi join changed using (page)
-- check title: not_null warn
select visit, person, seen_at, title from stg_visits left join pages using (page)`,
		"marts/totals.sql", "select count(*) as visits from visits_titled",
	)
}

func TestARunGoesOnFromTheLast(t *testing.T) {
	t.Parallel()
	c := newChain(t, visitGraph())
	whole := map[string]string{"int_visits__daily": "whole", "int_people__seen": "whole", "people": "whole", "visits_titled": "whole", "totals": "whole"}
	if diff := cmp.Diff(whole, c.run()); diff != "" {
		t.Fatal(diff)
	}
	first := c.inodes("visits_titled")
	if len(first) != 3 {
		t.Errorf("parts %v, want one for each date", first)
	}

	unchanged := map[string]string{"int_visits__daily": "unchanged", "int_people__seen": "unchanged", "people": "unchanged", "visits_titled": "unchanged", "totals": "unchanged"}
	if diff := cmp.Diff(unchanged, c.run()); diff != "" {
		t.Fatal(diff)
	}
	if got := c.rows("from people order by 1"); got != "[[ann 2 false] [bob 2 false] [cy 1 false]]" {
		t.Errorf("people %s", got)
	}

	// A late visit, and one that has another page by now.
	c.days["2026-06-02"] = []string{"(3, 'ann', 'help', timestamptz '2026-06-02 10:00:00Z')", "(6, 'di', 'home', timestamptz '2026-06-02 23:59:59Z')"}
	want := map[string]string{"int_visits__daily": "dates", "int_people__seen": "keys", "people": "keys", "visits_titled": "keys", "totals": "whole"}
	if diff := cmp.Diff(want, c.run()); diff != "" {
		t.Fatal(diff)
	}
	if got := c.rows("from people order by 1"); got != "[[ann 2 false] [bob 2 false] [cy 1 false] [di 1 false]]" {
		t.Errorf("people %s", got)
	}
	if got := c.rows("select visit, title from visits_titled where person in ('ann', 'di') order by 1"); got != "[[1 Welcome] [3 Help] [6 Welcome]]" {
		t.Errorf("visits %s", got)
	}
	second := c.inodes("visits_titled")
	for name, info := range first {
		if same := os.SameFile(info, second[name]); same == (name == "2026-06-02.parquet") {
			t.Errorf("part %s is the same file: %t", name, same)
		}
	}

	// A title: only the visits of that page.
	c.pages[1] = "('price', 'Prices')"
	want = map[string]string{"int_visits__daily": "unchanged", "int_people__seen": "unchanged", "people": "unchanged", "visits_titled": "unchanged", "totals": "unchanged"}
	if diff := cmp.Diff(want, c.run()); diff != "" {
		t.Errorf("no visit has that page any more: %s", diff)
	}
	c.pages[2] = "('help', 'Answers')"
	want["visits_titled"] = "keys"
	if got := c.run()["visits_titled"]; got != "keys" {
		t.Errorf("visits_titled: %s", got)
	}
	if got := c.rows("select count(*) from visits_titled where title = 'Answers'"); got != "[[3]]" {
		t.Errorf("visits with the new title: %s", got)
	}

	// What the workspace has chosen, of what a model reads.
	c.bots = "bob"
	if got := c.run(); got["people"] != "whole" || got["int_people__seen"] != "unchanged" {
		t.Errorf("another bot: %v", got)
	}

	// As of an earlier instant, and later again.
	for _, asOf := range []time.Time{time.Date(2026, 6, 2, 12, 0, 0, 0, time.UTC), noon} {
		c.asOf = asOf
		if got := c.run(); got["int_people__seen"] != "keys" {
			t.Errorf("as of %s: %v", asOf, got)
		}
		want := map[bool]string{true: "[[ann 2 false] [bob 1 true]]", false: "[[ann 2 false] [bob 2 true] [cy 1 false] [di 1 false]]"}[asOf.Before(noon)]
		if got := c.rows("from people order by 1"); got != want {
			t.Errorf("as of %s: people %s, want %s", asOf, got, want)
		}
	}
}

func TestAnEmptiedDateLeavesNoRows(t *testing.T) {
	t.Parallel()
	c := newChain(t, visitGraph())
	c.run()
	for _, date := range []string{"2026-06-01", "2026-06-02"} {
		delete(c.days, date)
		c.run()
	}
	if got := c.rows("select visit from visits_titled order by 1"); got != "[[4] [5]]" {
		t.Errorf("visits %s", got)
	}
	if got := c.rows("from people order by 1"); got != "[[bob 1 false] [cy 1 false]]" {
		t.Errorf("people %s", got)
	}
	c.days = map[string][]string{"2026-06-09": {"(9, 'eve', 'home', timestamptz '2026-06-09 10:00:00Z')"}}
	c.run()
	if got := c.rows("select visit from visits_titled"); got != "[[9]]" {
		t.Errorf("visits %s", got)
	}
}

// A check that breaks in what is new is found there; one that was broken is told
// of until nothing breaks it.
func TestChecksOfWhatIsNew(t *testing.T) {
	t.Parallel()
	c := newChain(t, visitGraph())
	failed := func() (n int64) {
		for _, o := range c.result.Checks {
			if o.Model == "visits_titled" && o.Check == "not_null_title" {
				n = o.Failed
			}
		}
		return n
	}
	c.run()
	if failed() != 0 {
		t.Errorf("at first %d rows break the check", failed())
	}
	c.days["2026-06-04"] = []string{"(7, 'ann', 'nowhere', timestamptz '2026-06-04 10:00:00Z')"}
	c.run()
	if failed() != 1 {
		t.Errorf("with a page that has no title %d rows break the check, want 1", failed())
	}
	c.run() // nothing new
	if failed() != 1 {
		t.Errorf("later %d rows break the check, want 1 still", failed())
	}
	c.pages = append(c.pages, "('nowhere', 'Gone')")
	c.run()
	if failed() != 0 {
		t.Errorf("with a title %d rows break the check", failed())
	}
	// A key that is there twice, the one in an old part, the other in a new one.
	c.days["2026-06-05"] = []string{"(1, 'ann', 'home', timestamptz '2026-06-05 10:00:00Z')"}
	graph, to, opts := c.prepare()
	result, err := graph.Run(t.Context(), c.engine, to, opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := result.Err(); err == nil || !strings.Contains(err.Error(), "1 row breaks check unique_visit") {
		t.Errorf("a key that is there twice: %v", err)
	}
}

// Rows that only models read are kept beside their base until they are many.
func TestOverlays(t *testing.T) {
	t.Parallel()
	c := newChain(t, visitGraph())
	for i := range 100 {
		c.days["2026-06-01"] = append(c.days["2026-06-01"], fmt.Sprintf("(%d, 'p%d', 'home', timestamptz '2026-06-01 12:00:00Z')", 100+i, i))
	}
	c.run()
	base := func() int { return len(c.inodes(".state/int_people__seen")) }
	if base() != 1 {
		t.Fatalf("%d files at first", base())
	}
	for i := range 30 {
		date := fmt.Sprintf("2026-06-%02d", 4+i%5)
		c.days[date] = append(c.days[date], fmt.Sprintf("(%d, 'p%d', 'home', timestamptz '%s 09:00:00Z')", 300+i, i, date))
		c.run()
		if want := fmt.Sprintf("[[%d]]", 105+i+1); c.rows("select sum(visits)::bigint from people") != want {
			t.Fatalf("after %d runs %s visits, want %s", i+1, c.rows("select sum(visits)::bigint from people"), want)
		}
		if files := base(); files != 1 && files != 3 {
			t.Fatalf("%d files", files)
		}
	}
}

func TestPlanSaysWhatRunDoes(t *testing.T) {
	t.Parallel()
	c := newChain(t, visitGraph())
	plan := func() map[string]string {
		graph, to, opts := c.prepare()
		planned, err := graph.Plan(t.Context(), c.engine, to, opts)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(to.Dir); err == nil {
			t.Error("a plan has written something")
		}
		how := map[string]string{}
		for _, p := range planned {
			if p.How != "" {
				how[p.Model.Name] = p.How
			}
			if p.Model.Layer != Staging && p.Reason == "" {
				t.Errorf("%s: no reason", p.Model.Name)
			}
		}
		return how
	}
	for step, change := range []func(){
		func() {},
		func() {},
		func() {
			c.days["2026-06-02"] = append(c.days["2026-06-02"], "(8, 'ann', 'help', timestamptz '2026-06-02 11:00:00Z')")
		},
		func() { c.bots = "cy" },
		func() { c.asOf = noon.Add(time.Hour) },
		func() {
			c.models["marts/totals.sql"] = &fstest.MapFile{Data: []byte("select count(*) + 1 as visits from visits_titled")}
		},
	} {
		change()
		planned := plan()
		if diff := cmp.Diff(planned, c.run()); diff != "" {
			t.Errorf("step %d (- planned, + done): %s", step, diff)
		}
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	c := newChain(t, visitGraph())
	graph, _, _ := c.prepare()
	for words, want := range map[string]string{
		"people":                    "people",
		"int_visits__daily+":        "int_people__seen int_visits__daily people",
		"+people":                   "int_people__seen int_visits__daily people stg_visits",
		"+visits_titled+":           "stg_visits totals visits_titled",
		"totals, +int_people__seen": "int_people__seen int_visits__daily stg_visits totals",
	} {
		chosen, err := graph.Select(strings.Split(words, ","))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(slices.Sorted(maps.Keys(chosen)), " "); got != want {
			t.Errorf("%s: %s, want %s", words, got, want)
		}
	}
	_, err := graph.Select([]string{"peple+"})
	if want := `there is no model "peple"; did you mean "people"?; write NAME, NAME+ with what reads it, +NAME with what it reads`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}

	c.run()
	c.days["2026-06-04"] = []string{"(7, 'ann', 'home', timestamptz '2026-06-04 10:00:00Z')"}
	c.opts.Only = map[string]bool{"totals": true, "visits_titled": true}
	want := map[string]string{"int_visits__daily": "unchanged", "int_people__seen": "unchanged", "people": "unchanged", "visits_titled": "keys", "totals": "whole"}
	if diff := cmp.Diff(want, c.run()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsAnotherAtEachRunRunsEachTime(t *testing.T) {
	t.Parallel()
	c := newChain(t, files(
		"marts/a.sql", "select count(*) as n, now() as at from visits",
		"marts/b.sql", "select count(*) as n, current_date as day from visits",
		"marts/c.sql", "-- not now(), nor current_date\nselect count(*) as n from visits",
	))
	c.run()
	if diff := cmp.Diff(map[string]string{"a": "whole", "b": "whole", "c": "unchanged"}, c.run()); diff != "" {
		t.Error(diff)
	}
}

func TestFaultsOfAnIncrement(t *testing.T) {
	t.Parallel()
	engine := openEngine(t)
	for header, want := range map[string]string{
		"-- incremental: date(at)":                                                      `1: "date(at)" is no key; write`,
		"-- incremental: a b":                                                           `1: "a b" is no key; write`,
		"-- incremental: date(at) of vists":                                             `1: unknown table "vists"; did you mean "visits"?`,
		"-- parts: date(at)":                                                            "1: rows are parted, or touched, only in an incremental model",
		"-- incremental: n\n-- parts: at":                                               `2: "at" does not say how the rows are parted; write`,
		"-- incremental: n\n-- touched by visits: selec n from changed":                 "2: the touch by visits: syntax error",
		"-- incremental: n\n-- touched by vists: select n from changed":                 `2: unknown table "vists"`,
		"-- incremental: n\n-- touched by visits: select n from changd":                 `2: unknown table "changd"`,
		"-- incremental: n\n-- touched visits: select n from changed":                   "2: a touch names a table and gives keys",
		"-- incremental: n\n-- touched by visits: select n from read_csv('x.csv')":      "2: read_csv(…) reads files",
		"-- incremental: n\n-- parts: date(at)\n-- order: n":                            "3: rows in parts keep no order",
		"-- incremental: n\n-- touched by visits: select n\n--     from changd where 1": `2: unknown table "changd"`,
	} {
		_, err := Load(t.Context(), engine, Sources{Ours: files("marts/m.sql", header+"\nselect 1 as n, now() as at"), Inputs: []string{"visits"}})
		if err == nil || !strings.HasPrefix(err.Error(), "sql/models/marts/m.sql:"+want) {
			t.Errorf("%s\n\terror %v\n\twant  sql/models/marts/m.sql:%s", header, err, want)
		}
	}
}

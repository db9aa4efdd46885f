package reports

import (
	"slices"
	"strings"
	"testing"
	"time"

	"parley/reports/chart"
)

// supportPages are the pages of support, by their files.
var supportPages = []string{"weekly.html", "contacts-by-hour.html", "new-users.html", "customer-life.html", "topics.html", "outages.html"}

// drawPage draws one page as it is before it is written.
func drawPage(t *testing.T, m marts, file string, happenings ...Happening) *page {
	t.Helper()
	d, err := newDesk(t.Context(), Config{Query: m.open(t), Build: testBuild(), Happenings: happenings})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.readHistory(nil); err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(all, func(r report) bool { return r.file == file })
	p, err := all[at].draw(d)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Beside each figure stand its summary, its definition, by which clock it is and
// where weeks start, its SQL and the table of each chart; weeks that are not over
// are apart in both.
func TestWhatStandsBesideEachFigure(t *testing.T) {
	t.Parallel()
	// By the figures' IDs: those over weeks, in which the newest is not over.
	overWeeks := []string{
		"contacts-per-week", "contacts-per-active-user", "first-response", "first-response-spread", "reply-time", "first-week-contact", "topics",
	}
	seen := 0
	for _, file := range supportPages {
		for _, f := range drawPage(t, lifelike(), file).Figures {
			fault := func(what string) { t.Helper(); t.Errorf("%s, %s: %s", file, f.ID, what) }
			if f.Missing != nil || len(f.Views) == 0 {
				fault("nothing is shown of lively marts")
				continue
			}
			if f.Title == "" || f.Summary == "" || f.SQL == "" || len(f.Definition) == 0 || slices.Contains(f.Definition, "") {
				fault("title, summary, SQL or definition is missing")
			}
			inWeeks := slices.Contains(overWeeks, f.ID)
			if inWeeks {
				seen++
			}
			if inWeeks && f.When != "Weeks start on Monday, by the clock of Europe/Dublin." {
				fault("it says of its weeks " + f.When)
			}
			for _, v := range f.Views {
				if !strings.Contains(f.When, "Europe/Dublin") && !strings.Contains(v.Table.Caption, "/") {
					fault("view " + v.ID + " does not say by which clock it is")
				}
				if v.Table.Caption == "" || len(v.Table.Rows) == 0 {
					if v.Drawing != nil || v.Note == "" {
						fault("view " + v.ID + " has no table")
					}
					continue
				}
				if !inWeeks {
					continue
				}
				apart := func(k chart.Key) bool { return k.Shape == chart.Outlined || k.Shape == chart.Faded }
				if v.Drawing == nil || !slices.ContainsFunc(v.Drawing.Legend, apart) {
					fault("the legend of " + v.ID + " tells nothing of the week that is not over")
				}
				for i, row := range v.Table.Rows {
					// Of the first week, the one before is not over either.
					notOver := i == 0 || i == 1 && f.ID == "first-week-contact"
					if row.Partial != notOver || strings.HasSuffix(row.Cells[0].Text, ", so far") != notOver {
						fault("row " + row.Cells[0].Text + " of the table is marked otherwise than it is")
					}
				}
			}
		}
	}
	if seen != len(overWeeks) {
		t.Errorf("%d figures over weeks were seen, want %d", seen, len(overWeeks))
	}
}

// On the written page, each chart has its definition, SQL, table and a CSV file
// that is there.
func TestEachChartHasItsFiles(t *testing.T) {
	t.Parallel()
	dir := write(t, lifelike())
	for _, file := range supportPages {
		sections := strings.Split(read(t, dir, file), `<section class="figure"`)[1:]
		if len(sections) == 0 {
			t.Errorf("%s has no figure", file)
		}
		for _, section := range sections {
			id, _, _ := strings.Cut(strings.TrimPrefix(section, ` id="`), `"`)
			for _, want := range []string{"<summary>What this counts</summary>", "<summary>SQL</summary>", `<a href="` + id + `.csv" download>`, `<p class="summary"`} {
				if !strings.Contains(section, want) {
					t.Errorf("%s, %s: without %s", file, id, want)
				}
			}
			if charts, tables, stills := strings.Count(section, `role="img"`), strings.Count(section, "<caption>"), strings.Count(section, "</svg>"); charts > tables || charts != stills {
				t.Errorf("%s, %s: %d charts, %d of them drawn, with %d tables", file, id, charts, stills, tables)
			}
			if records := strings.Count(read(t, dir, id+".csv"), "\n"); records < 2 {
				t.Errorf("%s: %s.csv has %d lines", file, id, records)
			}
		}
	}
}

// An outage that goes on is apart in the chart and the table, and lasts until now.
func TestOutageThatGoesOn(t *testing.T) {
	t.Parallel()
	m := lifelike()
	m["outage_contacts"] = append(m["outage_contacts"], []any{"Mail late", asOf.Add(-2 * time.Hour), asOf.Add(6 * time.Hour), int64(9), 2.5, true})
	f := drawPage(t, m, "outages.html").Figures[0]
	v := f.Views[0]
	if !v.Table.Rows[0].Partial || v.Table.Rows[1].Partial || v.Table.Rows[0].Cells[0].Text != "Mail late, so far" || v.Table.Rows[0].Cells[3].Raw != "7200" {
		t.Errorf("the table begins with %+v", v.Table.Rows[:2])
	}
	if f.Summary != "During Mail late, 1 July 2026, 9 contacts came in so far, where 2.50 is usual." {
		t.Errorf("it says: %s", f.Summary)
	}
	if at := slices.IndexFunc(v.Drawing.Legend, func(k chart.Key) bool { return k.Shape == chart.Faded && k.Name == "outage that is not over" }); at < 0 {
		t.Errorf("the legend is %+v", v.Drawing.Legend)
	}
}

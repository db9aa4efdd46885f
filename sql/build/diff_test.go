package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/pipelines/record"
	"parley/sql/warehouse"
)

// compared gives the differences of the marts named, and the rows that are
// different in each as JSON, between the two newest builds.
func (w *workshop) compared(limit int, marts ...string) (map[string]MartDiff, map[string]string) {
	w.t.Helper()
	c, err := Compare(context.Background(), w.lake, w.cfg.Engine, "", "")
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Close()
	list, err := c.Marts(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	diffs, rows := map[string]MartDiff{}, map[string]string{}
	for _, d := range list {
		diffs[d.Mart] = d
	}
	for _, mart := range marts {
		table, err := c.Rows(context.Background(), mart, limit)
		if err != nil {
			w.t.Fatal(err)
		}
		names := make([]string, len(table.Columns))
		for i, column := range table.Columns {
			names[i] = column.Name
		}
		lines := []string{strings.Join(names, " ")}
		for _, row := range table.Rows {
			for i, cell := range row {
				if f, ok := cell.(float64); ok {
					row[i] = fmt.Sprint(f)
				}
			}
			text, err := json.Marshal(row)
			if err != nil {
				w.t.Fatal(err)
			}
			lines = append(lines, string(text))
		}
		rows[mart] = strings.Join(lines, "\n")
	}
	return diffs, rows
}

func TestCompare(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.land("logged_in", monday.Add(-time.Hour), "1")
	w.cfg.Models = files(
		"keyed.sql", `-- key: k, part
			select * from (values
				('gone', 1, 1.0, 'x', 1, date '2026-01-01'),
				('same', 1, 0.1 + 0.2, 'x', 1, null),
				('near', 1, 1e15::double, 'x', 1, null),
				('far', 1, 1.0, 'x', 1, null),
				('nan', 1, 'nan'::double, 'x', 1, null),
				('inf', 1, 'inf'::double, 'x', 1, null),
				(null, null, null, null, 1, null)
			) as t(k, part, amount, "a ""name""; drop", kind, went)`,
		"loose.sql", `select * from (values (1.0::double, 'a', null), (1.0, 'a', null), (2.0, 'b', null), ('nan'::double, null, null)) as t(n, diff, nothing)`,
		"only_before.sql", "select 1 as one from events",
		"twice.sql", "-- key: x\nselect 1 as x",
		"wide.sql", "-- key: id\nselect i as id, i * 2 as diff, i % 7 as diff_columns from range(1000) as t(i)",
	)
	before := w.build().Build
	w.land("page_view", monday.Add(-time.Minute), "1", "2")
	w.cfg.Models = files(
		"keyed.sql", `-- key: k, part
			select * from (values
				('came', 1, 1.0, 'x', 'one', true),
				('same', 1, 0.3, 'x', 'one', null),
				('near', 1, 1e15::double + 1, 'x', 'one', null),
				('far', 1, 1.0000001, 'y', 'one', null),
				('nan', 1, 'nan'::double, 'x', 'one', null),
				('inf', 1, 7.0, 'x', 'one', null),
				(null, null, 1.0, null, 'one', null)
			) as t(k, part, amount, "a ""name""; drop", kind, new)`,
		"loose.sql", `select * from (values (1.0::double + 1e-13, 'a', null), (2.0, 'c', null), ('nan'::double, null, null), (1.0, 'a', null), (1.0, 'a', null)) as t(n, diff, nothing)`,
		"only_after.sql", "select event_id from events",
		"twice.sql", "-- key: x\nselect 1 as x",
		"wide.sql", "-- key: id\nselect i as id, i * 2 + (i % 10 = 0)::int as diff, i % 7 as diff_columns from range(5, 1005) as t(i)",
	)
	after := w.build().Build

	diffs, rows := w.compared(50, "keyed", "loose", "only_before", "only_after", "events", "segment_members", "twice")
	want := map[string]MartDiff{
		"keyed": {RowsBefore: 7, RowsAfter: 7, Added: 1, Removed: 1, Changed: 3, Key: []string{"k", "part"}, ColumnsAdded: []string{"new"}, ColumnsRemoved: []string{"went"},
			Types: []TypeChange{{"kind", "INTEGER", "VARCHAR"}}},
		"loose":           {RowsBefore: 4, RowsAfter: 5, Added: 2, Removed: 1},
		"only_before":     {RowsBefore: 1, RowsAfter: -1, Removed: 1},
		"only_after":      {RowsBefore: -1, RowsAfter: 3, Added: 3},
		"events":          {RowsBefore: 1, RowsAfter: 3, Added: 2, Key: []string{"event_id"}},
		"users":           {RowsBefore: 1, RowsAfter: 2, Added: 1, Key: []string{"person_id"}},
		"keys":            {RowsBefore: 1, RowsAfter: 2, Added: 1, Changed: 1, Key: []string{"key"}},
		"twice":           {RowsBefore: 1, RowsAfter: 1, Key: []string{"x"}},
		"wide":            {RowsBefore: 1000, RowsAfter: 1000, Added: 5, Removed: 5, Changed: 99, Key: []string{"id"}},
		"settings":        {RowsBefore: 1, RowsAfter: 1},
		"report_zones":    {RowsBefore: 1, RowsAfter: 1},
		"companies":       {RowsBefore: 0, RowsAfter: 0},
		"segment_members": {Key: []string{"segment", "person_id"}},
		"segment_changes": {},
		"segment_runs":    {},

		"staffing_settings": {RowsBefore: 1, RowsAfter: 1},
	}
	for mart, d := range want {
		d.Mart = mart
		want[mart] = d
	}
	if diff := cmp.Diff(want, diffs); diff != "" {
		t.Errorf("marts (- want, + got):\n%s", diff)
	}
	if !diffs["twice"].Same() || diffs["keyed"].Same() || diffs["only_before"].Same() {
		t.Error("what is the same, and what is not, is told wrongly")
	}
	wantRows := map[string]string{
		"keyed": `diff diff_columns k part amount a "name"; drop kind new went
["added",null,"came",1,"1","x","one",true,null]
["before","amount, a \"name\"; drop","far",1,"1","x","1",null,null]
["after","amount, a \"name\"; drop","far",1,"1.0000001","y","one",null,null]
["removed",null,"gone",1,"1","x","1",null,"2026-01-01T00:00:00Z"]
["before","amount","inf",1,"+Inf","x","1",null,null]
["after","amount","inf",1,"7","x","one",null,null]
["before","amount",null,null,null,null,"1",null,null]
["after","amount",null,null,"1",null,"one",null,null]`,
		"loose": `diff_ diff_rows n diff nothing
["added",1,"1","a",null]
["added",1,"2","c",null]
["removed",1,"2","b",null]`,
		"only_before": "diff diff_rows one\n[\"removed\",1,1]",
		"only_after": `diff diff_rows event_id
["added",1,"logged_in-1"]
["added",1,"page_view-1"]
["added",1,"page_view-2"]`,
		"events": `diff diff_columns event_id event_name user_id occurred_at
["added",null,"page_view-1","page_view","1","2026-06-01T11:59:00Z"]
["added",null,"page_view-2","page_view","2","2026-06-01T11:59:00Z"]`,
		"segment_members": "diff diff_columns segment person_id user_id entered_at definition",
		"twice":           "diff diff_columns x",
	}
	if diff := cmp.Diff(wantRows, rows); diff != "" {
		t.Errorf("rows (- want, + got):\n%s", diff)
	}
	if _, rows := w.compared(2, "wide"); strings.Count(rows["wide"], "\n") != 2 || !strings.HasPrefix(rows["wide"], "diff_ diff_columns_ id diff diff_columns\n[\"removed\",null,0,0,0]") {
		t.Errorf("two of many rows:\n%s", rows["wide"])
	}
	// The builds that are compared stay meanwhile.
	_, err := Compare(context.Background(), w.lake, w.cfg.Engine, before.ID[:21], "current")
	if err == nil || !strings.Contains(err.Error(), "2 builds begin with") {
		t.Errorf("an id that is short of one: %v", err)
	}
	c, err := Compare(context.Background(), w.lake, w.cfg.Engine, before.ID, after.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.cfg.Settings.Keep = 1
	w.build()
	if ids, err := There(w.lake); err != nil || len(ids) != 3 {
		t.Errorf("builds there: %v, %v", ids, err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// Files that two builds share count as rows of both, and are not compared.
func TestSharedFilesAreNotCompared(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.land("logged_in", monday.Add(-time.Hour), "1")
	before := w.build()
	w.land("logged_in", monday.Add(-time.Hour), "2")
	after := w.build()
	// Both builds get the mart events in two files: one that they share, one of their own.
	shared, again := filepath.Join(before.Dir, "events", "0.parquet"), filepath.Join(after.Dir, "events", "0.parquet")
	engine, err := warehouse.Open(context.Background(), w.cfg.Engine)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Write(context.Background(), "select 'shared-' || i as event_id, 'page_view' as event_name, '9' as user_id, timestamptz '2026-05-01 00:00:00Z' as occurred_at from range(10) as t(i)", shared); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(engine.Close(), os.Link(shared, again)); err != nil {
		t.Fatal(err)
	}
	rest, err := withoutShared([]string{shared, filepath.Join(before.Dir, "events", "2026-06-01.parquet")}, []string{again})
	if err != nil || len(rest[0]) != 1 || len(rest[1]) != 0 {
		t.Errorf("not shared: %v, %v", rest, err)
	}
	diffs, rows := w.compared(10, "events")
	if d := diffs["events"]; d.RowsBefore != 11 || d.RowsAfter != 12 || d.Added != 1 || d.Removed+d.Changed != 0 {
		t.Errorf("events %+v", d)
	}
	if want := "diff diff_columns event_id event_name user_id occurred_at\n[\"added\",null,\"logged_in-2\",\"logged_in\",\"2\",\"2026-06-01T11:00:00Z\"]"; rows["events"] != want {
		t.Errorf("rows %s", rows["events"])
	}
}

// A mart in parts by date: a build that goes on from another shares most of them.
func TestPartsOfABuildThatWentOnAreCompared(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.cfg.parts = parts{} // all of our models
	for day := range 3 {  // enough of each for a part of its own
		many := make([]record.Event, 26_000)
		for i := range many {
			many[i] = record.Event{EventID: fmt.Sprintf("%d-%d", day, i), EventName: "logged_in", OccurredAt: monday.AddDate(0, 0, -day-1)}
			many[i].UserID, many[i].KafkaOffset, many[i].KafkaAt = "1", w.next[record.KindEvent]+int64(i), monday
		}
		landRows(w, record.KindEvent, many)
	}
	before := w.build()
	w.land("late", monday.Add(-time.Hour), "1")
	after := w.build()
	files := func(dir string) []string {
		marts, err := warehouse.MartFiles(dir)
		if err != nil {
			t.Fatal(err)
		}
		return marts["events"]
	}
	rest, err := withoutShared(files(before.Dir), files(after.Dir))
	if err != nil || len(files(after.Dir)) < 2 || len(rest[1]) == 0 || len(rest[1]) == len(files(after.Dir)) {
		t.Errorf("of %d files %d are new: %v", len(files(after.Dir)), len(rest[1]), err)
	}
	diffs, rows := w.compared(10, "events")
	if d := diffs["events"]; d.RowsBefore != 78_000 || d.RowsAfter != 78_001 || d.Added != 1 || d.Removed+d.Changed != 0 {
		t.Errorf("events %+v", d)
	}
	if strings.Count(rows["events"], "\n") != 1 || !strings.Contains(rows["events"], `["added",null,"late-1"`) {
		t.Errorf("rows %s", rows["events"])
	}
	if d := diffs["users"]; d.Changed != 1 || d.Added+d.Removed != 0 {
		t.Errorf("users %+v", d)
	}
}

func TestCompareSaysWhatIsThere(t *testing.T) {
	t.Parallel()
	w := setup(t)
	open := func(before, after string) error {
		c, err := Compare(context.Background(), w.lake, w.cfg.Engine, before, after)
		if err == nil {
			err = c.Close()
		}
		return err
	}
	tests := []struct{ before, after, want string }{
		{"", "", "there is no build yet"},
		{"", "", "no build is there from before 20260601T120000.000000Z to compare it with"},
		{"20260601T120000.000009Z", "", `there is no build "20260601T120000.000009Z"; did you mean "20260601T120000.000000Z"?; the marts of these are still there: 20260601T120000.000000Z, 20260601T120000.000001Z`},
		{"current", "", "is the same as itself"},
		{"../..", "", `there is no build "../.."`},
	}
	for i, test := range tests {
		if i == 1 || i == 2 {
			w.build()
		}
		if err := open(test.before, test.after); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q, %q: %v, want %q", test.before, test.after, err, test.want)
		}
	}
	c, err := Compare(context.Background(), w.lake, w.cfg.Engine, "", "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Rows(context.Background(), "evens", 1); err == nil || !strings.Contains(err.Error(), `neither build has a mart "evens"; did you mean "events"?`) {
		t.Errorf("an unknown mart: %v", err)
	}
}

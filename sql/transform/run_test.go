package transform

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/sql/warehouse"
)

// bench is what a test of a run works on.
type bench struct {
	engine *warehouse.DuckDB
	to     Place
}

func setup(t *testing.T) *bench {
	t.Helper()
	return &bench{engine: openEngine(t), to: Place{Dir: t.TempDir()}}
}

// run loads and runs; the clock stands still.
func (b *bench) run(t *testing.T, ours, own, checks fstest.MapFS) *Result {
	t.Helper()
	from := Sources{Inputs: []string{"numbers"}}
	if ours != nil {
		from.Ours = ours
	}
	if own != nil {
		from.Own = own
	}
	if checks != nil {
		from.Checks = checks
	}
	ctx := context.Background()
	if err := b.engine.Exec(ctx, "create or replace view numbers as select range as n, nullif(range % 3, 0) as third from range(10)"); err != nil {
		t.Fatal(err)
	}
	g, err := Load(ctx, b.engine, from)
	if err != nil {
		t.Fatal(err)
	}
	result, err := g.Run(ctx, b.engine, b.to, Options{Now: func() time.Time { return time.Time{} }})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// story tells each model's state, with rows, and each check that did not hold.
func story(r *Result) []string {
	var lines []string
	for _, m := range r.Models {
		line := fmt.Sprintf("%s %s", m.Model.Name, m.State)
		if m.Stale {
			line += " stale"
		}
		if m.Rows >= 0 {
			line += fmt.Sprintf(" %d", m.Rows)
		}
		lines = append(lines, line)
	}
	for _, o := range r.Checks {
		switch {
		case o.Err != nil:
			lines = append(lines, fmt.Sprintf("%s.%s: error", o.Model, o.Check))
		case o.Failed > 0:
			lines = append(lines, fmt.Sprintf("%s.%s: %d rows, %s", o.Model, o.Check, o.Failed, o.Severity))
		}
	}
	return lines
}

func (b *bench) value(t *testing.T, query string) any {
	t.Helper()
	table, err := b.engine.Query(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	return table.Rows[0][0]
}

func TestRunWritesMarts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.run(t, files(
		"staging/stg_numbers.sql", "select n from numbers;",
		"intermediate/int_even.sql", "select n from stg_numbers where n % 2 = 0 -- even\n",
		"marts/evens.sql", "select count(*) as evens, sum(n)::bigint as total from int_even",
	), nil, nil)
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"stg_numbers ran", "int_even ran 5", "evens ran 1"}, story(r)); diff != "" {
		t.Error(diff)
	}
	path := filepath.Join(b.to.Dir, "evens", "evens.parquet")
	if got := b.value(t, "select evens * 100 + total from '"+path+"'"); got != int64(520) {
		t.Errorf("the mart's file holds %v, want 520", got)
	}
	if got := b.value(t, "select compression from parquet_metadata('"+path+"') limit 1"); got != "ZSTD" {
		t.Errorf("compression %v", got)
	}
	entries, err := os.ReadDir(b.to.Dir)
	if err != nil || len(entries) != 2 || entries[0].Name() != StateDir {
		t.Errorf("beside what the next run goes on from, published %v, %v", entries, err)
	}
}

func TestRunSkipsBelowAFailure(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.run(t, files(
		"marts/a.sql", "select\n  nope from numbers",
		"marts/b.sql", "select * from a",
		"marts/c.sql", "select * from b",
		"marts/d.sql", "select 'x' || n as word from numbers",
		"marts/e.sql", "select word::integer as n from d",
		"marts/f.sql", "select sum(n) as total from numbers",
	), nil, files("about_c.sql", "select * from c", "about_d.sql", "select * from d where word = 'x3'"))
	want := []string{"a failed", "b skipped", "c skipped", "d ran 10", "e failed", "f failed", ".about_d: 1 rows, error"}
	if diff := cmp.Diff(want, story(r)); diff != "" {
		t.Error(diff)
	}
	err := r.Err()
	for _, part := range []string{
		`sql/models/marts/a.sql:2:3: Referenced column "nope" not found`,
		"sql/models/marts/e.sql",
		"sql/models/marts/f.sql: column total is a HUGEINT, which a Parquet file cannot hold; cast it to bigint",
		"sql/checks/about_d.sql: 1 row breaks check about_d",
	} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v\nwant it to hold %q", err, part)
		}
	}
	for _, m := range r.Models {
		if m.State == Skipped && m.Err.Error() != m.Model.File+": skipped, for a failed" {
			t.Errorf("skipped: %v", m.Err)
		}
	}
}

func TestChecks(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ header, want string }{
		"all hold": {`-- key: n
-- check n: not_null, unique, range(0, 9), relation(numbers.n)
-- check third: accepted(1, 2), range(, 2), relation(numbers.third)`, ""},
		"not null":              {"-- check third: not_null", "m.not_null_third: 4 rows, error"},
		"not null, warn":        {"-- check third: not_null warn", "m.not_null_third: 4 rows, warn"},
		"unique leaves null":    {"-- check third: unique", "m.unique_third: 2 rows, error"},
		"a key counts null":     {"-- key: third", "m.unique_third: 3 rows, error"},
		"unique together":       {"-- check n, third: unique", ""},
		"accepted":              {"-- check third: accepted(1)", "m.accepted_third: 3 rows, error"},
		"accepted binds values": {"-- check third: accepted(1' or true --, 2)", "m.accepted_third: 3 rows, error"},
		"range below":           {"-- check n: range(3, )", "m.range_n: 3 rows, error"},
		"range above":           {"-- check n: range(, 7)", "m.range_n: 2 rows, error"},
		"range of dates":        {"-- check day: range(2026-01-01, 2026-01-05)", "m.range_day: 5 rows, error"},
		"relation":              {"-- check tenfold: relation(numbers.n)", "m.relation_tenfold: 9 rows, error"},
		"unknown column":        {"-- check nope: not_null\n-- check third: not_null", "m.not_null_nope: error; m.not_null_third: 4 rows, error"},
		"no number":             {"-- check n: range(low, )", "m.range_n: error"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t).run(t, files("marts/m.sql", test.header+"\nselect n, third, n * 10 as tenfold, date '2026-01-01' + n::int as day from numbers"), nil, nil)
			var told []string
			for _, line := range story(r) {
				if strings.HasPrefix(line, "m.") {
					told = append(told, line)
				}
			}
			if got := strings.Join(told, "; "); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if failed := r.Err() != nil; failed != (strings.Contains(test.want, "error")) {
				t.Errorf("error %v", r.Err())
			}
		})
	}
}

func TestAnUnknownColumnInACheckIsTold(t *testing.T) {
	t.Parallel()
	r := setup(t).run(t, files("marts/m.sql", "-- check nope: not_null\nselect n from numbers"), nil, nil)
	want := `sql/models/marts/m.sql:1: check not_null_nope cannot be run: Referenced column "nope" not found in FROM clause! Candidate bindings: "n"; correct the check`
	if err := r.Err(); err == nil || err.Error() != want {
		t.Errorf("error %v\nwant %s", err, want)
	}
}

func TestFailingRowsAreKept(t *testing.T) {
	t.Parallel()
	r := setup(t).run(t, files("marts/m.sql", "-- check third: not_null warn\nselect n, third from numbers where n > 2"), nil, nil)
	var n []any
	for _, row := range r.Checks[0].Sample.Rows {
		n = append(n, row[0])
	}
	if len(n) != 3 {
		t.Errorf("kept %v, want the rows of 3, 6 and 9", n)
	}
}

func TestRelationToALaterTable(t *testing.T) {
	t.Parallel()
	models := files(
		"marts/a.sql", "-- check n: relation(b.n)\nselect n from numbers",
		"marts/b.sql", "select n from a where n < 8",
	)
	r := setup(t).run(t, models, nil, nil)
	if diff := cmp.Diff([]string{"a failed 10", "b ran 8", "a.relation_n: 2 rows, error"}, story(r)); diff != "" {
		t.Error(diff)
	}
	want := "sql/models/marts/a.sql:1: 2 rows break check relation_n"
	if err := r.Err(); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestTheWorkspacesFailureStopsNothing(t *testing.T) {
	t.Parallel()
	ours := files("marts/m.sql", "select n from numbers")
	first := setup(t)
	r := first.run(t, ours, files(
		"breaks.sql", "select n from m", "unchecked.sql", "select n from m", "below.sql", "select n from breaks", "torn.sql", "select n from m", "fine.sql", "select n from m",
	), nil)
	if diff := cmp.Diff([]string{"m ran 10", "breaks ran 10", "fine ran 10", "torn ran 10", "unchecked ran 10", "below ran 10"}, story(r)); diff != "" {
		t.Fatal(diff)
	}
	second := setup(t)
	second.to.Previous = first.to.Dir
	r = second.run(t, ours, files(
		"breaks.sql", "select nope from m", "unchecked.sql", "-- check n: range(, 3)\nselect n from m", "below.sql", "select n from breaks",
		"torn.sql", "selec", "fine.sql", "select n from m where n < 5", "new.sql", "select nope from m",
	), nil)
	want := []string{"m ran 10", "breaks failed stale", "fine ran 5", "new failed", "unchecked failed stale", "below skipped stale", "torn failed stale", "unchecked.range_n: 6 rows, error"}
	if diff := cmp.Diff(want, story(r)); diff != "" {
		t.Error(diff)
	}
	if err := r.Err(); err != nil {
		t.Errorf("it keeps ours from being published: %v", err)
	}
	for mart, rows := range map[string]int64{"breaks": 10, "unchecked": 10, "below": 10, "torn": 10, "fine": 5} {
		path := filepath.Join(second.to.Dir, mart, mart+".parquet")
		if got := second.value(t, "select count(*) from '"+path+"'"); got != rows {
			t.Errorf("%s has %v rows, want %d", mart, got, rows)
		}
	}
	if _, err := os.Stat(filepath.Join(second.to.Dir, "new")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a model that never ran has a folder: %v", err)
	}
}

// An engine may write a mart into several files.
func TestEveryFileOfTheLastGoodRowsIsKept(t *testing.T) {
	t.Parallel()
	ours := files("marts/m.sql", "select n from numbers")
	first := setup(t)
	first.run(t, ours, files("breaks.sql", "select n from m"), nil)
	more := filepath.Join(first.to.Dir, "breaks", "breaks-00001.parquet")
	if _, err := first.engine.Write(t.Context(), "select 100 as n", more); err != nil {
		t.Fatal(err)
	}
	second := setup(t)
	second.to.Previous = first.to.Dir
	r := second.run(t, ours, files("breaks.sql", "select nope from m"), nil)
	if kept := r.Models[len(r.Models)-1]; !kept.Stale {
		t.Fatalf("kept %+v", kept)
	}
	if got := second.value(t, "select count(*) from breaks"); got != int64(11) {
		t.Errorf("%v rows, want 11", got)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g, err := Load(context.Background(), b.engine, Sources{Ours: files("marts/a.sql", "select 1 as x", "marts/b.sql", "select 2 as x")})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cause := errors.New("asked to stop")
	_, err = g.Run(ctx, b.engine, b.to, Options{Now: time.Now, Progress: func(done, _ int, _ string) {
		if done == 1 {
			cancel(cause)
		}
	}})
	if !errors.Is(err, cause) {
		t.Errorf("error %v, want %v", err, cause)
	}
}

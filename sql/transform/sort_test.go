package transform

import (
	"fmt"
	"path/filepath"
	"testing"

	"parley/sql/warehouse"
)

func TestAMartIsWrittenInItsOrder(t *testing.T) {
	t.Parallel()
	engine, err := warehouse.Open(t.Context(), warehouse.Config{MemoryLimit: "512MB", Threads: 4, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	b := &bench{engine: engine, to: Place{Dir: t.TempDir()}}
	// 400,009 is prime, so n runs through 0 to 400,008 in a scattered order.
	const rows = 400_009
	r := b.run(t, files("marts/many.sql", fmt.Sprintf("-- order: parity, n desc\nselect n, n %% 2 as parity -- ;\nfrom (select range * 7919 %% %d as n from range(%d)); -- the end", rows, rows)), nil, nil)
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(b.to.Dir, "many", "many.parquet")
	if got := b.value(t, "select count(distinct row_group_id) from parquet_metadata('"+path+"')"); got.(int64) < 3 {
		t.Fatalf("%v row groups; one alone says nothing of the order among several", got)
	}
	// The even ones from 400,008 down to 0, then the odd ones from 400,007 down to 1.
	wrong := b.value(t, `select count(*) from read_parquet('`+path+`', file_row_number = true)
		where n <> case when file_row_number <= 200004 then 400008 - 2 * file_row_number else 400007 - 2 * (file_row_number - 200005) end`)
	if wrong != int64(0) {
		t.Errorf("%v of %d rows stand at another place in the file", wrong, rows)
	}
}

// A file of one row group is read by one thread, so a small mart comes in its order.
func TestASmallMartIsReadInItsOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if err := b.engine.Exec(t.Context(), "set global threads = 4"); err != nil {
		t.Fatal(err)
	}
	const rows = 100_003 // prime, and fewer than a row group
	r := b.run(t, files("marts/few.sql", fmt.Sprintf("-- order: n\nselect range * 7919 %% %d as n from range(%d)", rows, rows)), nil, nil)
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	table, err := b.engine.Query(t.Context(), "from few")
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range table.Rows {
		if row[0] != int64(i) {
			t.Fatalf("row %d is %v", i, row[0])
		}
	}
}

func TestFaultsOfAnOrderedModel(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ sql, want string }{
		"unknown column, near":  {"-- One row.\n-- order: third, m\nselect n, third from numbers", `sql/models/marts/a.sql:2: the order names "m", which is no column of the model; did you mean "n"?`},
		"unknown column, alone": {"-- order: week_start\nselect n from numbers", `sql/models/marts/a.sql:1: the order names "week_start", which is no column of the model; name one that the SELECT gives`},
		"while it runs": {"-- order: n\nselect\n  ('x' || n)::integer as n from numbers",
			"sql/models/marts/a.sql:3:13: Could not convert string 'x0' to INT32; correct the SELECT"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := setup(t).run(t, files("marts/a.sql", test.sql), nil, nil).Err()
			if err == nil || err.Error() != test.want {
				t.Errorf("error %v\nwant  %s", err, test.want)
			}
		})
	}
}

func TestWithoutEnd(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"select 1":                       "select 1",
		"select 1; -- one;\n/* ; */ ;\n": "select 1",
		"select ';--'":                   "select ';--'",
		"select 1 -- one;":               "select 1 -- one;",
		`select 1 as ";"`:                `select 1 as ";"`,
	} {
		if got := withoutEnd(query); got != want {
			t.Errorf("%q: got %q, want %q", query, got, want)
		}
	}
}

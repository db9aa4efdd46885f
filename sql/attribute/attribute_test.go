package attribute

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/sql/warehouse"
)

// setup opens an engine with the tables that attributes are read from.
func setup(t *testing.T) *warehouse.DuckDB {
	t.Helper()
	engine, err := warehouse.Open(context.Background(), warehouse.Config{MemoryLimit: "512MB", Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, l := range Layouts {
		exec(t, engine, "create table "+l.Latest+" ("+l.ID+" varchar, name varchar, value varchar, value_type varchar)")
	}
	return engine
}

func exec(t *testing.T, engine *warehouse.DuckDB, query string, values ...any) {
	t.Helper()
	if err := engine.Exec(context.Background(), query, values...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// value adds the latest value of an attribute of somebody.
func value(t *testing.T, engine *warehouse.DuckDB, entity Entity, id, name string, value any, valueType string) {
	t.Helper()
	exec(t, engine, "insert into "+layoutOf(entity).Latest+" values (?, ?, ?, ?)", id, name, value, valueType)
}

func layoutOf(entity Entity) Layout {
	return Layouts[slices.IndexFunc(Layouts, func(l Layout) bool { return l.Entity == entity })]
}

// lay makes the tables of columns.
func lay(t *testing.T, engine *warehouse.DuckDB) {
	t.Helper()
	for _, l := range Layouts {
		query, err := l.SQL(context.Background(), engine)
		if err != nil {
			t.Fatal(err)
		}
		exec(t, engine, "create table "+l.Wide+" as "+query)
	}
}

// wide is the table's columns with their types, and its rows by their first column.
func wide(t *testing.T, engine *warehouse.DuckDB, table string) (columns []string, rows [][]any) {
	t.Helper()
	answer, err := engine.Query(context.Background(), "select * from "+table+" order by 1")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range answer.Columns {
		columns = append(columns, c.Name+" "+c.Type)
	}
	return columns, answer.Rows
}

func TestColumns(t *testing.T) {
	t.Parallel()
	engine := setup(t)
	value(t, engine, Person, "u:1", "score", "10", "number")
	value(t, engine, Person, "u:2", "score", "7", "number")
	value(t, engine, Person, "u:1", "team", "red", "text")
	value(t, engine, Person, "u:1", "trial", nil, "null")
	value(t, engine, Person, "u:2", "trial", "false", "boolean")
	value(t, engine, Person, "u:1", "renewed_at", "2026-02-01T10:30:00Z", "time")
	value(t, engine, Person, "u:1", "colours", `["red"]`, "json")
	// Several types are text.
	value(t, engine, Person, "u:1", "code", "007", "text")
	value(t, engine, Person, "u:2", "code", "7", "number")
	value(t, engine, Company, "c1", "seats", "1e400", "number")
	value(t, engine, Company, "c2", "seats", "12", "number")
	lay(t, engine)
	columns, rows := wide(t, engine, "person_attributes_wide")
	wantColumns := []string{
		"person_id VARCHAR", "code VARCHAR", "colours VARCHAR",
		"renewed_at TIMESTAMPTZ", "score DOUBLE", "team VARCHAR", "trial BOOLEAN",
	}
	if diff := cmp.Diff(wantColumns, columns); diff != "" {
		t.Errorf("columns of people (-want +got):\n%s", diff)
	}
	wantRows := [][]any{
		{"u:1", "007", `["red"]`, time.Date(2026, 2, 1, 10, 30, 0, 0, time.UTC), 10.0, "red", nil},
		{"u:2", "7", nil, nil, 7.0, nil, false},
	}
	if diff := cmp.Diff(wantRows, rows); diff != "" {
		t.Errorf("rows of people (-want +got):\n%s", diff)
	}
	columns, rows = wide(t, engine, "company_attributes_wide")
	if diff := cmp.Diff([]string{"company_id VARCHAR", "seats DOUBLE"}, columns); diff != "" {
		t.Errorf("columns of companies (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]any{{"c1", nil}, {"c2", 12.0}}, rows); diff != "" {
		t.Errorf("rows of companies (-want +got):\n%s", diff)
	}
}

func TestColumnsWithoutAttributes(t *testing.T) {
	t.Parallel()
	engine := setup(t)
	lay(t, engine)
	for _, table := range []string{"person_attributes_wide", "company_attributes_wide"} {
		columns, rows := wide(t, engine, table)
		if len(columns) != 1 || len(rows) != 0 {
			t.Errorf("%s: columns %v, rows %v; want the id alone and no row", table, columns, rows)
		}
	}
}

func TestColumnsWithHardNames(t *testing.T) {
	t.Parallel()
	engine := setup(t)
	names := map[string]string{ // name → column
		"select":                       "select",
		`he said "no"`:                 `he said "no"`,
		"x'); drop table identity; --": "x'); drop table identity; --",
		"❤️ favourite":                 "❤️ favourite",
		"with space":                   "with space",
		"0":                            "0",
		"values_0":                     "values_0", // of a list that values are gathered in
		"slots_0":                      "slots_0",
		strings.Repeat("ü", 300):       strings.Repeat("ü", 300),
		"email":                        "custom_email",
		"EMAIL2":                       "EMAIL2",
		"custom_email":                 "custom_custom_email",
		"custom_custom_email":          "custom_custom_custom_email",
		"custom_other":                 "custom_other",
		"Person_ID":                    "custom_Person_ID",
		"slot":                         "slot",
		"value":                        "value",
		"mrr":                          "mrr", // a column of companies, not of people
	}
	for name := range names {
		value(t, engine, Person, "u:1", name, "v of "+name, "text")
		value(t, engine, Company, "c", name, "v of "+name, "text")
	}
	lay(t, engine)
	columns, rows := wide(t, engine, "person_attributes_wide")
	if len(columns) != len(names)+1 || len(rows) != 1 {
		t.Fatalf("%d columns and %d rows, want %d and 1", len(columns), len(rows), len(names)+1)
	}
	got := map[string]any{}
	for i, column := range columns {
		got[strings.TrimSuffix(column, " VARCHAR")] = rows[0][i]
	}
	for name, column := range names {
		if got[column] != "v of "+name {
			t.Errorf("column %q is %v, want %q", column, got[column], "v of "+name)
		}
	}
	if _, rows := wide(t, engine, "company_attributes_wide"); len(rows) != 1 {
		t.Errorf("%d rows of companies, want 1", len(rows))
	}
}

func TestColumnsWithManyAttributes(t *testing.T) {
	t.Parallel()
	engine := setup(t)
	exec(t, engine, `insert into int_person_attributes__latest
		select 'u:' || p, 'attribute ' || a, (1000 * p + a)::varchar, 'number'
		from range(50) as people(p), range(1000) as attributes(a) where (p + a) % 2 = 0`)
	lay(t, engine)
	answer, err := engine.Query(context.Background(), `select "attribute 1", "attribute 999", "attribute 998" from person_attributes_wide where person_id = 'u:7'`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]any{{7001.0, 7999.0, nil}}, answer.Rows); diff != "" {
		t.Errorf("values of a person (-want +got):\n%s", diff)
	}
	// Of all 50 people, each value is where it belongs: turned back, the table is what it was made of.
	answer, err = engine.Query(context.Background(), `select count(*), sum(value), count(distinct person_id || name),
			count(*) filter (where value is distinct from 1000 * substring(person_id, 3)::int + substring(name, 11)::int)
		from (unpivot person_attributes_wide on columns(* exclude person_id) into name name value value)`)
	if err != nil {
		t.Fatal(err)
	}
	// Of 50 × 1,000 every second one, by the sum of the two: 25,000 values, whose mean is 1000 × 24.5 + 499.5.
	if diff := cmp.Diff([][]any{{int64(25_000), 25_000 * 24_999.5, int64(25_000), int64(0)}}, answer.Rows); diff != "" {
		t.Errorf("all values (-want +got):\n%s", diff)
	}
}

// What is laid out some people at a time is what is laid out at once.
func TestColumnsInRanges(t *testing.T) {
	t.Parallel()
	engine := setup(t)
	exec(t, engine, `insert into int_person_attributes__latest
		select 'u:' || p, 'attribute ' || a, (10 * p + a)::varchar, 'number'
		from range(40) as people(p), range(10) as attributes(a) where (p + a) % 2 = 0`)
	exec(t, engine, `insert into int_person_attributes__latest values ('u:40', 'attribute 3', null, 'null')`)
	l := layoutOf(Person)
	if _, err := l.SQL(context.Background(), engine); err != nil { // numbers them
		t.Fatal(err)
	}
	attributes, err := l.Catalogue(context.Background(), engine)
	if err != nil {
		t.Fatal(err)
	}
	for _, together := range []int64{200, 199, 50, 1} { // 40 people have 5 values each
		query := l.wideSQL(attributes, together)
		ranges := map[int64]int{200: 1, 199: 2, 50: 4, 1: mostRanges}[together]
		if n := strings.Count(query, "union all") + 1; n != ranges {
			t.Errorf("%d together: %d ranges, want %d", together, n, ranges)
		}
		exec(t, engine, "create or replace table wide as "+query)
		answer, err := engine.Query(context.Background(), `select count(*), count(distinct person_id), count("attribute 0"), sum("attribute 0"),
			count("attribute 3"), sum("attribute 3"), count("attribute 9"), sum("attribute 9") from wide`)
		if err != nil {
			t.Fatal(err)
		}
		// 0 + 20 + … + 380 of the even, 13 + 33 + … + 393 and 19 + 39 + … + 399 of the odd.
		if diff := cmp.Diff([][]any{{int64(41), int64(41), int64(20), 3800.0, int64(20), 4060.0, int64(20), 4180.0}}, answer.Rows); diff != "" {
			t.Errorf("%d together (-want +got):\n%s", together, diff)
		}
	}
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	engine := setup(t)
	value(t, engine, Person, "u:1", "code", "007", "text")
	value(t, engine, Person, "u:2", "code", "7", "number")
	value(t, engine, Person, "u:1", "name", "x", "text")
	value(t, engine, Person, "u:1", "gone", nil, "null")
	value(t, engine, Company, "c", "seats", "12", "number")
	var got []Attribute
	for _, l := range Layouts {
		own, err := l.Catalogue(context.Background(), engine)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, own...)
	}
	want := []Attribute{
		{Person, "code", "code", Text, map[Type]int64{Text: 1, Number: 1}},
		{Person, "gone", "gone", Text, map[Type]int64{}},
		{Person, "name", "custom_name", Text, map[Type]int64{Text: 1}},
		{Company, "seats", "seats", Number, map[Type]int64{Number: 1}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("catalogue (-want +got):\n%s", diff)
	}
	for _, a := range got {
		if conflict := a.Name == "code"; a.Conflict() != conflict {
			t.Errorf("%s: conflict is %t, want %t", a.Name, a.Conflict(), conflict)
		}
	}
	if filled := got[0].Filled(); filled != 2 {
		t.Errorf("code is filled %d times, want 2", filled)
	}
}

// The table of columns says what the catalogue says, whatever attributes are called.
func TestColumnsTable(t *testing.T) {
	t.Parallel()
	engine := setup(t)
	ask := func() [][]any {
		t.Helper()
		query, err := ColumnsSQL(context.Background(), engine)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := engine.Query(context.Background(), query)
		if err != nil {
			t.Fatal(err)
		}
		return answer.Rows
	}
	if rows := ask(); len(rows) != 0 {
		t.Errorf("without attributes: %v", rows)
	}
	long := strings.Repeat("ü", 300)
	value(t, engine, Person, "u:1", "select", "007", "text")
	value(t, engine, Person, "u:2", "select", "7", "number")
	value(t, engine, Person, "u:3", "select", "8", "number")
	value(t, engine, Person, "u:4", "select", "true", "boolean")
	value(t, engine, Person, "u:1", "e-mail ❤️ 'x'); drop table identity; --", "x", "text")
	value(t, engine, Person, "u:1", "email", "x", "text")
	value(t, engine, Person, "u:1", long, nil, "null")
	value(t, engine, Company, "c", "seats", "12", "number")
	want := [][]any{
		{"person", "e-mail ❤️ 'x'); drop table identity; --", "e-mail ❤️ 'x'); drop table identity; --", "text", int64(1), int64(0), "text 1"},
		{"person", "email", "custom_email", "text", int64(1), int64(0), "text 1"},
		{"person", "select", "select", "text", int64(4), int64(2), "number 2, boolean 1, text 1"},
		{"person", long, long, "text", int64(0), int64(0), nil},
		{"company", "seats", "seats", "number", int64(1), int64(0), "number 1"},
	}
	if diff := cmp.Diff(want, ask()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnErrorSaysWhoseAttributes(t *testing.T) {
	t.Parallel()
	engine := setup(t)
	exec(t, engine, "drop table "+layoutOf(Company).Latest)
	if _, err := layoutOf(Company).SQL(context.Background(), engine); err == nil || !strings.Contains(err.Error(), "company") {
		t.Errorf("error %v, want one that names the entity", err)
	}
}

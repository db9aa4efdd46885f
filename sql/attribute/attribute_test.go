package attribute

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/sql/warehouse"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

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
	for _, table := range []string{"identity", "settled_person_attributes", "settled_company_attributes"} {
		if err := engine.CreateSource(context.Background(), table, nil); err != nil {
			t.Fatal(err)
		}
	}
	return engine
}

func exec(t *testing.T, engine *warehouse.DuckDB, query string, values ...any) {
	t.Helper()
	if err := engine.Exec(context.Background(), query, values...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// observe adds an observation of the person with user_id "1", or of a company.
func observe(t *testing.T, engine *warehouse.DuckDB, entity Entity, id, name string, value any, valueType string, at time.Time, seq string) {
	t.Helper()
	if entity == Person {
		exec(t, engine, "insert into settled_person_attributes values ('user_id', ?, ?, ?, ?, true, ?, ?)", id, name, value, valueType, at, seq)
	} else {
		exec(t, engine, "insert into settled_company_attributes values (?, ?, ?, ?, true, ?, ?)", id, name, value, valueType, at, seq)
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

func TestCreate(t *testing.T) {
	t.Parallel()
	engine := setup(t)
	exec(t, engine, "insert into identity values ('user_id', '1', 'u:1'), ('email', 'ann@x', 'u:1'), ('user_id', '2', 'u:2')")
	hour := time.Hour
	// The latest by time wins, not the last to come.
	observe(t, engine, Person, "1", "score", "10", "number", noon.Add(-hour), "1")
	observe(t, engine, Person, "1", "score", "3.5", "number", noon.Add(-2*hour), "2")
	// Nothing after the instant counts, what is at it does.
	observe(t, engine, Person, "2", "score", "7", "number", noon, "3")
	observe(t, engine, Person, "2", "score", "8", "number", noon.Add(time.Microsecond), "4")
	// At one time the greater seq wins.
	observe(t, engine, Person, "1", "team", "red", "text", noon, "06")
	observe(t, engine, Person, "1", "team", "blue", "text", noon, "05")
	// Null clears; a value after it counts again.
	observe(t, engine, Person, "1", "trial", "true", "boolean", noon.Add(-2*hour), "7")
	observe(t, engine, Person, "1", "trial", nil, "null", noon.Add(-hour), "8")
	observe(t, engine, Person, "2", "trial", nil, "null", noon.Add(-2*hour), "7")
	observe(t, engine, Person, "2", "trial", "false", "boolean", noon.Add(-hour), "8")
	observe(t, engine, Person, "1", "renewed_at", "2026-02-01T10:30:00Z", "time", noon, "9")
	observe(t, engine, Person, "1", "colours", `["red"]`, "json", noon, "9")
	// Several types are text.
	observe(t, engine, Person, "1", "code", "007", "text", noon, "9")
	observe(t, engine, Person, "2", "code", "7", "number", noon, "9")
	// A key is looked up in the identity: an e-mail address says something of the same person.
	exec(t, engine, "insert into settled_person_attributes values ('email', 'ann@x', 'city_code', 'DUB', 'text', true, ?, '1')", noon)
	// Standard attributes are none of ours.
	exec(t, engine, "insert into settled_person_attributes values ('user_id', '1', 'phone', '123', 'text', false, ?, '1')", noon)
	observe(t, engine, Company, "c1", "seats", "1e400", "number", noon, "1")
	observe(t, engine, Company, "c2", "seats", "12", "number", noon, "1")

	if err := Create(context.Background(), engine, noon); err != nil {
		t.Fatal(err)
	}
	columns, rows := wide(t, engine, "person_attributes_wide")
	wantColumns := []string{
		"person_id VARCHAR", "city_code VARCHAR", "code VARCHAR", "colours VARCHAR",
		"renewed_at TIMESTAMPTZ", "score DOUBLE", "team VARCHAR", "trial BOOLEAN",
	}
	if diff := cmp.Diff(wantColumns, columns); diff != "" {
		t.Errorf("columns of people (-want +got):\n%s", diff)
	}
	wantRows := [][]any{
		{"u:1", "DUB", "007", `["red"]`, time.Date(2026, 2, 1, 10, 30, 0, 0, time.UTC), 10.0, "red", nil},
		{"u:2", nil, "7", nil, nil, 7.0, nil, false},
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
	if answer, err := engine.Query(context.Background(), "select table_name from duckdb_tables() where table_name like '%latest'"); err != nil || len(answer.Rows) > 0 {
		t.Errorf("tables that should be gone: %v, error %v", answer, err)
	}
}

func TestCreateWithoutAttributes(t *testing.T) {
	t.Parallel()
	engine := setup(t)
	if err := Create(context.Background(), engine, noon); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"person_attributes_wide", "company_attributes_wide"} {
		columns, rows := wide(t, engine, table)
		if len(columns) != 1 || len(rows) != 0 {
			t.Errorf("%s: columns %v, rows %v; want the id alone and no row", table, columns, rows)
		}
	}
}

func TestCreateWithHardNames(t *testing.T) {
	t.Parallel()
	engine := setup(t)
	exec(t, engine, "insert into identity values ('user_id', '1', 'u:1')")
	names := map[string]string{ // name → column
		"select":                       "select",
		`he said "no"`:                 `he said "no"`,
		"x'); drop table identity; --": "x'); drop table identity; --",
		"❤️ favourite":                 "❤️ favourite",
		"with space":                   "with space",
		"0":                            "0", // the name of a slot
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
		observe(t, engine, Person, "1", name, "v of "+name, "text", noon, "1")
		observe(t, engine, Company, "c", name, "v of "+name, "text", noon, "1")
	}
	if err := Create(context.Background(), engine, noon); err != nil {
		t.Fatal(err)
	}
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

func TestCreateWithManyAttributes(t *testing.T) {
	t.Parallel()
	engine := setup(t)
	exec(t, engine, "insert into identity select 'user_id', p::varchar, 'u:' || p from range(50) as people(p)")
	exec(t, engine, `insert into settled_person_attributes
		select 'user_id', p::varchar, 'attribute ' || a, (1000 * p + a)::varchar, 'number', true, ?, '1'
		from range(50) as people(p), range(1000) as attributes(a) where (p + a) % 2 = 0`, noon)
	if err := Create(context.Background(), engine, noon); err != nil {
		t.Fatal(err)
	}
	answer, err := engine.Query(context.Background(), `select "attribute 1", "attribute 999", "attribute 998" from person_attributes_wide where person_id = 'u:7'`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]any{{7001.0, 7999.0, nil}}, answer.Rows); diff != "" {
		t.Errorf("values of a person (-want +got):\n%s", diff)
	}
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	engine := setup(t)
	exec(t, engine, "insert into identity values ('user_id', '1', 'u:1'), ('user_id', '2', 'u:2')")
	observe(t, engine, Person, "1", "code", "007", "text", noon, "9")
	observe(t, engine, Person, "2", "code", "7", "number", noon, "9")
	observe(t, engine, Person, "1", "name", "x", "text", noon, "9")
	observe(t, engine, Person, "1", "gone", nil, "null", noon, "9")
	observe(t, engine, Person, "1", "later", "1", "number", noon.Add(time.Hour), "9")
	observe(t, engine, Company, "c", "seats", "12", "number", noon, "1")
	got, err := Catalogue(context.Background(), engine, noon)
	if err != nil {
		t.Fatal(err)
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

func TestCreateSaysWhatItMakes(t *testing.T) {
	t.Parallel()
	engine := setup(t)
	exec(t, engine, "drop table identity")
	err := Create(context.Background(), engine, noon)
	if err == nil || !strings.Contains(err.Error(), "person_attributes_wide") {
		t.Errorf("error %v, want one that names the table", err)
	}
}

package warehouse

import (
	"context"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func open(t *testing.T) *DuckDB {
	t.Helper()
	d, err := Open(context.Background(), Config{MemoryLimit: "512MB", Threads: 1, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func mustQuery(t *testing.T, d *DuckDB, query string, args ...any) *Table {
	t.Helper()
	table, err := d.Query(context.Background(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return table
}

func TestTables(t *testing.T) {
	t.Parallel()
	d := open(t)
	tests := map[string][]string{
		"select 1":                         {},
		"from users":                       {"users"},
		"select * from a join b using (x)": {"a", "b"},
		"select * from a asof join b on a.at >= b.at":                                             {"a", "b"},
		"select (select max(x) from a) from b where y in (select y from c) or exists (from d)":    {"a", "b", "c", "d"},
		"select * from a, lateral (select * from b where b.x = a.x)":                              {"a", "b"},
		"select * from a pivot (sum(y) for x in (1, 2))":                                          {"a"},
		"select * from (pivot a on x in (1, 2) using sum(y)) join b using (k)":                    {"a", "b"},
		"unpivot a on x, y into name n value v":                                                   {"a"},
		"from a union all by name from b except select * from c":                                  {"a", "b", "c"},
		"with q as (select * from a) select * from q join Q as r using (x)":                       {"a"},
		"with a as (select * from a) select * from a":                                             {"a"},
		"with q as (from r), r as (from b) select * from q, r":                                    {"b", "r"},
		"with q as (from a) select * from (with p as (from q) select * from p), p":                {"a", "p"},
		"with q as (from a) select * from main.q":                                                 {"a", "q"},
		"with recursive r as (select 1 as n union all select n + 1 from r, b where n < 3) from r": {"b"},
		"select * from b where x in (with q as (from a) select x from q) and y in (from q)":       {"a", "b", "q"},
		"select * from each_day(date '2026-01-01', (select max(day) from days))":                  {"days"},
		"describe a":  {"a"},
		"summarize a": {"a"},
		"select row_number() over (partition by (select 1 from w)) from a qualify x > (select 1 from q)": {"a", "q", "w"},
		"select 'é' from é":          {"é"},
		`select * from "odd name"`:   {"odd name"},
		"values ((select 1 from v))": {"v"},
	}
	for query, want := range tests {
		got, err := d.Tables(context.Background(), query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if diff := cmp.Diff(want, append([]string{}, got...)); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
}

func TestParseFaults(t *testing.T) {
	t.Parallel()
	d := open(t)
	tests := map[string]string{
		"":                                 "there is no statement",
		"-- nothing":                       "there is no statement",
		"select 1;\nselect 2":              "2:1: there are 2 statements where one is wanted",
		"select 'é', x\nfrm a whre z":      `2:5: syntax error at or near "a"`,
		"create table x as select 1":       "Only SELECT statements can be serialized to json!",
		"from (pivot a on x using sum(y))": "Only SELECT statements can be serialized to json!",
	}
	for query, want := range tests {
		_, err := d.Parse(context.Background(), query)
		var fault *QueryError
		if !errors.As(err, &fault) || err.Error() != want {
			t.Errorf("%q: error %v (%T), want %q", query, err, err, want)
		}
	}
}

func TestParseFunctions(t *testing.T) {
	t.Parallel()
	p, err := open(t).Parse(context.Background(), "select upper(x) + 1, sum(y) over () from read_parquet('a' || lower('B')) order by now()")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Name{{Name: "read_parquet", Offset: 41}}, p.TableFunctions); diff != "" {
		t.Error(diff)
	}
	var names []string
	for _, f := range p.Functions {
		names = append(names, f.Name)
	}
	if got := strings.Join(names, " "); got != "upper lower now" {
		t.Errorf("functions %q", got)
	}
}

func TestTableMacrosAreWhatTheEngineKnows(t *testing.T) {
	t.Parallel()
	d := open(t)
	names, err := d.TableMacros(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, row := range mustQuery(t, d, "select distinct function_name from duckdb_functions() where not internal and function_type = 'table_macro' order by 1").Rows {
		want = append(want, row[0].(string))
	}
	if diff := cmp.Diff(want, names); diff != "" || len(want) == 0 {
		t.Error(diff)
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	d := open(t)
	instant := time.Date(2026, 3, 29, 0, 59, 59, 123456000, time.UTC)
	day := time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)
	huge, _ := new(big.Int).SetString("170141183460469231731687303715884105727", 10)
	tests := []struct {
		expression string
		want       any
		json       string
	}{
		{"null", nil, `null`},
		{"true", true, `true`},
		{"1::tinyint", int8(1), `1`},
		{"9223372036854775807", int64(9223372036854775807), `9223372036854775807`},
		{"170141183460469231731687303715884105727::hugeint", huge, `170141183460469231731687303715884105727`},
		{"1.5::float", 1.5, `1.5`},
		{"0.1::decimal(10,2)", Decimal("0.10"), `0.10`},
		{"-0.05::decimal(10,2)", Decimal("-0.05"), `-0.05`},
		{"29::decimal(18,0)", Decimal("29"), `29`},
		{"12345678901234567890.123456789012345678::decimal(38,18)", Decimal("12345678901234567890.123456789012345678"), `12345678901234567890.123456789012345678`},
		{"'a\"b'", `a"b`, `"a\"b"`},
		{"timestamptz '2026-03-29 01:59:59.123456+01'", instant, `"2026-03-29T00:59:59.123456Z"`},
		{"timestamp '2026-03-29 00:59:59.123456'", instant, `"2026-03-29T00:59:59.123456Z"`},
		{"date '2026-03-29'", day, `"2026-03-29T00:00:00Z"`},
		{"'infinity'::timestamptz", "infinity", `"infinity"`},
		{"'-infinity'::date", "-infinity", `"-infinity"`},
		{"time '10:00:00.5'", "10:00:00.5", `"10:00:00.5"`},
		{"interval '1 month 2 days 3.5 seconds'", "1 month 2 days 00:00:03.5", `"1 month 2 days 00:00:03.5"`},
		{"interval (3000000) hours", "3000000:00:00", `"3000000:00:00"`},
		{"time '24:00:00'", "24:00:00", `"24:00:00"`},
		{"timetz '12:00:00.5+05:30'", "12:00:00.5+05:30", `"12:00:00.5+05:30"`},
		{"timestamp_s '1969-12-31 23:59:59'", time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC), `"1969-12-31T23:59:59Z"`},
		{"timestamp '1969-12-31 23:59:59.999999'", time.Date(1969, 12, 31, 23, 59, 59, 999999000, time.UTC), `"1969-12-31T23:59:59.999999Z"`},
		{"timestamp_ns '2026-03-29 00:59:59.123456789'", instant.Add(789), `"2026-03-29T00:59:59.123456789Z"`},
		{"timestamp '12026-01-01 00:00:00'", "12026-01-01 00:00:00", `"12026-01-01 00:00:00"`},
		{"date '0044-03-15 (BC)'", "-0043-03-15", `"-0043-03-15"`},
		{"340282366920938463463374607431768211455::uhugeint", Decimal("340282366920938463463374607431768211455"), `340282366920938463463374607431768211455`},
		{"'-170141183460469231731687303715884105728'::hugeint", new(big.Int).Sub(new(big.Int).Neg(huge), big.NewInt(1)), `-170141183460469231731687303715884105728`},
		{"[1::hugeint]", []any{Decimal("1")}, `[1]`},
		{"18446744073709551615::ubigint", uint64(18446744073709551615), `18446744073709551615`},
		{"'10100'::bit", "10100", `"10100"`},
		{"[{'b': '1'::bit}]", []any{map[string]any{"b": "1"}}, `[{"b":"1"}]`},
		{"union_value(n := 2)", int32(2), `2`},
		{"[1, 2]::int[2]", []any{int32(1), int32(2)}, `[1,2]`},
		{"map {[1]: null}", map[string]any{"[1]": nil}, `{"[1]":null}`},
		{"'{\"a\": 1}'::json", `{"a": 1}`, `"{\"a\": 1}"`},
		{"[1, 2]::variant", "[1, 2]", `"[1, 2]"`},
		{"'\\x00ab'::blob", []byte{0, 'a', 'b'}, `"AGFi"`},
		{"[date '2026-03-29', null]", []any{day, nil}, `["2026-03-29T00:00:00Z",null]`},
		{"[1.5::decimal(4,2)]", []any{Decimal("1.50")}, `[1.50]`},
		{"{'b': 1, 'a': [0.5::decimal(2,1)]}", map[string]any{"b": int32(1), "a": []any{Decimal("0.5")}}, `{"a":[0.5],"b":1}`},
		{"map {1: 'x'}", map[string]any{"1": "x"}, `{"1":"x"}`},
		{"'a'::enum('a', 'b')", "a", `"a"`},
		{"uuid '123e4567-e89b-12d3-a456-426614174000'", "123e4567-e89b-12d3-a456-426614174000", `"123e4567-e89b-12d3-a456-426614174000"`},
	}
	for _, test := range tests {
		got := mustQuery(t, d, "select "+test.expression+" as v").Rows[0][0]
		if diff := cmp.Diff(test.want, got, cmp.Comparer(func(a, b *big.Int) bool { return a.Cmp(b) == 0 })); diff != "" {
			t.Errorf("%s: %s", test.expression, diff)
		}
		text, err := json.Marshal(got)
		if err != nil || string(text) != test.json {
			t.Errorf("%s: JSON %s, %v, want %s", test.expression, text, err, test.json)
		}
	}
}

func TestZoneIsUTC(t *testing.T) {
	t.Parallel()
	got := mustQuery(t, open(t), "select timestamptz '2026-07-01 12:00:00'::varchar, current_setting('TimeZone')")
	if diff := cmp.Diff([][]any{{"2026-07-01 12:00:00+00", "UTC"}}, got.Rows); diff != "" {
		t.Error(diff)
	}
}

func TestBoundValues(t *testing.T) {
	t.Parallel()
	d := open(t)
	const evil = "x'; drop table a; --"
	if got := mustQuery(t, d, "select ?::varchar, $2::bigint", evil, 7).Rows[0]; got[0] != evil || got[1] != int64(7) {
		t.Errorf("got %v", got)
	}
	for _, args := range [][]any{{}, {1, 2}} {
		if _, err := d.Query(context.Background(), "select ?::bigint", args...); err == nil {
			t.Errorf("%d values for one parameter: no error", len(args))
		}
	}
	_, err := d.Query(context.Background(), "select 1", 1)
	if want := "the statement has 0 parameters and was given 1 values"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %q", err, want)
	}
}

func TestQueryErrors(t *testing.T) {
	t.Parallel()
	d := open(t)
	tests := map[string]string{
		"select plna from (select 1 as plan)": `1:8: Referenced column "plna" not found in FROM clause! Candidate bindings: "plan"`,
		"select 1\nfrom ab":                   `2:6: Table with name ab does not exist!`,
		"select 'x'::int":                     `Could not convert string 'x' to INT32`,
	}
	for query, want := range tests {
		_, err := d.Query(context.Background(), query)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", query, err, want)
		}
	}
	if err := d.View(context.Background(), "v", "select 1 as a,\n  nope + 1\nfrom range(1)"); err == nil || !strings.HasPrefix(err.Error(), "2:3: ") {
		t.Errorf("view: error %v, want the place in the view's own text", err)
	}
	if _, err := d.Write(context.Background(), "select nope -- why\n;", filepath.Join(t.TempDir(), "x.parquet")); err == nil || !strings.HasPrefix(err.Error(), "1:8: ") {
		t.Errorf("write: error %v, want the place in the query's own text", err)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	d := open(t)
	ctx, cancel := context.WithCancelCause(context.Background())
	cause := errors.New("asked to stop")
	go cancel(cause)
	_, err := d.Query(ctx, "select count(*) from range(1000000) a, range(1000000) b where a.range + b.range = -1")
	if !errors.Is(err, cause) {
		t.Errorf("error %v, want %v", err, cause)
	}
	if got := mustQuery(t, d, "select 42").Rows[0][0]; got != int32(42) {
		t.Errorf("after a cancelled query: %v", got)
	}
}

func TestSpillsWithinItsMemory(t *testing.T) {
	t.Parallel()
	d, err := Open(context.Background(), Config{MemoryLimit: "64MB", Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	// Ten million rows of sixteen bytes do not fit into 64 MB.
	got := mustQuery(t, d, "select i from (select i, md5(i::varchar) as h from range(3000000) t(i) order by h) limit 1 offset 2999999")
	if len(got.Rows) != 1 {
		t.Errorf("%d rows", len(got.Rows))
	}
	temp := d.ownsTemp
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(temp); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", temp, err)
	}
}

func TestMemoryIsAlwaysLimited(t *testing.T) {
	t.Parallel()
	d, err := Open(context.Background(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	limit, err := parseSize(mustQuery(t, d, "select current_setting('memory_limit')").Rows[0][0].(string))
	if err != nil {
		t.Fatal(err)
	}
	meminfo, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		t.Logf("the machine's memory is not known here: %v", err)
		return
	}
	total, err := parseSize(strings.Join(strings.Fields(string(meminfo))[1:3], ""))
	if err != nil {
		t.Fatal(err)
	}
	total = total / 1000 * 1024 // its kB are KiB
	if limit <= 0 || limit > total*52/100 {
		t.Errorf("limit %d of %d bytes, want at most half", limit, total)
	}
}

func TestSessionKeepsItsTemporaryTables(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := open(t)
	s, err := d.Session(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Exec(ctx, "create temp table mine as select ?::bigint as n", 3); err != nil {
		t.Fatal(err)
	}
	got, err := s.Query(ctx, "select n from mine")
	if err != nil || got.Rows[0][0] != int64(3) {
		t.Errorf("got %v, %v", got, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := d.Query(ctx, "select n from mine"); err == nil {
			t.Error("another session sees it")
		}
	}
}

func TestConfigValidate(t *testing.T) {
	t.Parallel()
	err := Config{MemoryLimit: "lots", Threads: -1}.Validate()
	if err == nil || !strings.Contains(err.Error(), "lots") || !strings.Contains(err.Error(), "-1") {
		t.Errorf("error %v, want both faults", err)
	}
	for text, want := range map[string]int64{"1KB": 1000, "1 KiB": 1024, "1.5 GiB": 1610612736, "7 bytes": 7, "2TB": 2000000000000, "953.6 MiB": 999922073} {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("%s: %d, %v, want %d", text, got, err, want)
		}
	}
}

package warehouse

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// publish makes a folder of marts with one current build, whose mart `numbers`
// holds the numbers below n.
func publish(t *testing.T, id string, n int) (marts string) {
	t.Helper()
	marts = t.TempDir()
	addBuild(t, marts, id, n)
	return marts
}

func addBuild(t *testing.T, marts, id string, n int) {
	t.Helper()
	d := open(t)
	dir := filepath.Join(marts, id)
	if err := os.MkdirAll(filepath.Join(dir, "numbers"), 0o755); err != nil {
		t.Fatal(err)
	}
	rows, err := d.Write(context.Background(), "select range as n, 'it''s' as word from range("+string(json.Number(jsonText(t, n)))+")", filepath.Join(dir, "numbers", "numbers.parquet"))
	if err != nil || rows != int64(n) {
		t.Fatalf("%d rows, %v", rows, err)
	}
	if err := d.WriteDatabase(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	b := Build{ID: id, StartedAt: time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC), Status: Published, Rows: map[string]int64{"numbers": int64(n)}}
	write(t, filepath.Join(dir, RecordName), jsonText(t, b))
	pointer := filepath.Join(marts, CurrentName)
	if err := os.Symlink(id, pointer+".new"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(pointer+".new", pointer); err != nil {
		t.Fatal(err)
	}
}

func jsonText(t *testing.T, v any) string {
	t.Helper()
	return jsonOf(t, v)
}

func jsonOf(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func openReader(t *testing.T, marts string, cfg ReaderConfig) *Reader {
	t.Helper()
	cfg.Engine = Config{MemoryLimit: "256MB", Threads: 1, TempDir: t.TempDir()}
	r, err := OpenCurrent(context.Background(), marts, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestReaderReads(t *testing.T) {
	t.Parallel()
	r := openReader(t, publish(t, "b1", 5), ReaderConfig{})
	tests := map[string]string{
		"select count(*) from numbers":                                   `[[5]]`,
		"from numbers order by n desc limit 1":                           `[[4,"it's"]]`,
		"with q as (from numbers where n > ?) select max(n) from q":      `[[4]]`,
		"values (1, 'a')":                                                `[[1,"a"]]`,
		"select 1;":                                                      `[[1]]`,
		"-- why\n/* and; why */ select ';' as sign;":                     `[[";"]]`,
		"describe numbers":                                               `[["n","BIGINT","YES",null,null,null],["word","VARCHAR","YES",null,null,null]]`,
		"show tables":                                                    `[["build_checks"],["builds"],["dead_letters"],["numbers"]]`,
		"pivot numbers on n using count(*) group by word":                `[["it's",1,1,1,1,1]]`,
		"from (pivot (from numbers where n < 2) on n using count(*))":    `[["it's",1,1]]`,
		"pivot numbers on n in (0, 9) using count(*) group by word":      `[["it's",1,0]]`,
		"select day from each_day(date '2026-01-01', date '2026-01-02')": `[["2026-01-01T00:00:00Z"],["2026-01-02T00:00:00Z"]]`,
		"select build_id, status, rows, rows_by_mart from builds":        `[["b1","published",5,{"numbers":5}]]`,
		"select count(*) from dead_letters":                              `[[0]]`,
		"(select 1)":                                                     `[[1]]`,
	}
	for query, want := range tests {
		var args []any
		if strings.Contains(query, "?") {
			args = []any{2}
		}
		got, err := r.Query(context.Background(), query, args...)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if text := jsonText(t, got.Rows); text != want {
			t.Errorf("%s: %s, want %s", query, text, want)
		}
	}
	for _, query := range []string{"explain select 1", "explain analyze from numbers", "explain (format json) select 1", "summarize numbers"} {
		if got, err := r.Query(context.Background(), query); err != nil || len(got.Rows) == 0 {
			t.Errorf("%s: %v", query, err)
		}
	}
}

func TestReaderRefuses(t *testing.T) {
	t.Parallel()
	marts := publish(t, "b1", 5)
	outside := filepath.Join(t.TempDir(), "secret.txt")
	write(t, outside, "secret")
	r := openReader(t, marts, ReaderConfig{})
	before := snapshot(t, marts)
	inside := filepath.Join(marts, "b1", "numbers", "numbers.parquet")
	refused := []string{
		"", "-- nothing", ";",
		"copy numbers to '" + inside + "'",
		"copy (select 1) to '" + filepath.Join(marts, "b1", "new.csv") + "'",
		"install httpfs", "load httpfs", "force install httpfs",
		"attach '" + filepath.Join(marts, "b1", DatabaseName) + "' as w", "detach memory", "use memory",
		"set threads = 1", "set global memory_limit = '90GB'", "reset memory_limit", "pragma table_info('numbers')", "pragma enable_profiling",
		"create table t as select 1", "create view v as select 1", "create macro f(x) as x", "create secret s (type s3)", "drop view numbers",
		"alter view numbers rename to n", "insert into builds values (1)", "update builds set status = 'x'", "delete from builds", "truncate builds",
		"merge into builds using numbers on false when not matched then insert values (1)",
		"begin", "commit", "rollback", "checkpoint", "vacuum", "analyze", "call pragma_version()", "prepare p as select 1", "execute p", "deallocate p",
		"export database '" + marts + "'", "import database '" + marts + "'", "comment on view numbers is 'x'",
		"select 1; select 2", "select 1; copy numbers to '/tmp/x'", "select 1;;select 2",
		"explain copy numbers to '" + inside + "'", "explain analyze copy numbers to '" + inside + "'", "explain analyze create table t (x int)",
		"explain (format json) insert into builds values (1)", "explain", "explain explain",
		"select * from read_text('/etc/passwd')", "select * from read_csv('" + outside + "')", "from read_parquet('" + inside + "')",
		"select * from numbers where n in (select 1 from read_blob('" + outside + "'))", "with q as (from glob('/*')) from q",
		"select (select content from read_text('" + outside + "'))",
		"from query('select 1')", "from query_table('numbers')", "from json_execute_serialized_sql('{}')",
		"from enable_logging()", "from enable_profiling()", "from arrow_scan(1, 2, 3)", "from seq_scan()", "from checkpoint()", "from duckdb_secrets()",
		"pivot (from read_text('" + outside + "')) on content using count(*)",
		`pivot (from "read_text"('` + outside + "')) on content using count(*)",
		"pivot (from system.main.read_text ('" + outside + "')) on content using count(*)",
		"with q as (pivot numbers on n using count(*)) insert into builds from q",
		"pivot numbers on n using count(*)) to '/tmp/x' (format csv", "pivot numbers on current_setting('temp_directory') using count(*)", `pivot "` + inside + `" on n using count(*)`,
		// What an analyst must not see of the machine, however deep it stands.
		"select getenv('HOME')", "select current_setting('temp_directory')", "select list_transform([1], lambda x: current_setting('memory_limit'))", "from duckdb_settings()", "from duckdb_settings",
		"from pg_catalog.pg_settings", "from pg_settings", "from duckdb_databases", "from duckdb_logs", "select write_log('x')", "select json_serialize_plan('select 1')", "from pragma_database_size()",
		"from '" + outside + "'", `from "` + outside + `"`, "from '" + inside + "'", "from '" + filepath.Join(marts, "*", "*", "*.parquet") + "'", "from 'https://example.org/x.parquet'", "from 's3://bucket/x.parquet'",
		"describe '" + outside + "'", "summarize '" + inside + "'", "table '" + outside + "'", "describe from read_csv('" + outside + "')", "from (summarize from read_csv('" + outside + "'))",
		"select * from (values (1)) t, lateral (from read_csv('" + outside + "'))", "values ((from read_text('" + outside + "')))", "select 1 union all from read_text('" + outside + "')",
		"select * from numbers order by (select content from read_text('" + outside + "'))", "select * from numbers limit (select count(*) from glob('/*'))",
		"select count(*) filter (where (select true from glob('/*'))) from numbers", "select sum(n) over (order by (select count(*) from glob('/*'))) from numbers",
		"select * from numbers qualify (select true from glob('/*'))", "select * replace ((from glob('/*')) as word) from numbers", "from numbers join glob('/*') on true",
		"select list_transform([1], lambda x: (select max(content) from read_text('" + outside + "')))", "with recursive r as (from glob('/*') union all from r) from r",
		"with q as materialized (from glob('/*')) select 1", "with a as (insert into builds values (1)) select 1", "with a as (copy numbers to '/tmp/x') select 1", "from (copy numbers to '/tmp/x')", "(copy numbers to '/tmp/x')",
		"unpivot (from glob('/*')) on file", "from system.main.read_text('" + outside + "')", `from "READ_TEXT"('` + outside + "')", "from READ_TEXT('" + outside + "')", "from sniff_csv('" + outside + "')",
		"from parquet_metadata('" + inside + "')", "from read_json('" + outside + "')", "from read_duckdb('" + outside + "')", "from add_parquet_key('k', 'v')", "from which_secret('s3://x', 's3')", "from sql_auto_complete('from ''/')",
		"explain (analyze) from glob('/*')", "explain (analyze, format json) copy numbers to '/tmp/x'", "from dbgen(sf = 1)", "select set_config('threads', '1')",
		"from numbers pivot (count(*) for n in (select 1)); drop view numbers",
	}
	for _, query := range refused {
		_, err := r.Query(context.Background(), query)
		if err == nil {
			t.Errorf("%s: ran", query)
			continue
		}
		var fault *QueryError
		if !errors.Is(err, ErrRefused) && !errors.As(err, &fault) {
			t.Errorf("%s: error %v (%T)", query, err, err)
		}
		if strings.Contains(err.Error(), "secret") && !strings.Contains(query, "secret") {
			t.Errorf("%s: error tells too much: %v", query, err)
		}
	}
	// What the parse lets pass, the locked engine stops.
	for _, query := range []string{"select * into other from numbers", "pivot '" + outside + "' on content using count(*)", "select nextval('x')"} {
		if got, err := r.Query(context.Background(), query); err == nil {
			t.Errorf("%s: ran: %v", query, got.Rows)
		}
	}
	// And what if the wall in front were not there?
	for _, query := range []string{
		"from read_text('" + outside + "')", "from '" + outside + "'", "from glob('" + filepath.Dir(outside) + "/*')", "copy numbers to '" + outside + "'", "install httpfs", "load httpfs",
		"attach '" + outside + "' as w", "set memory_limit = '90GB'", "set enable_external_access = true", "reset temp_directory", "from read_csv('https://example.org/x.csv')", "create secret s (type s3)",
	} {
		if err := r.engine.Exec(context.Background(), query); err == nil {
			t.Errorf("%s: the engine ran it", query)
		}
	}
	if diff := cmp.Diff(before, snapshot(t, marts)); diff != "" {
		t.Errorf("files changed: %s", diff)
	}
	if got, err := r.Query(context.Background(), "select count(*) from numbers"); err != nil || got.Rows[0][0] != int64(5) {
		t.Errorf("after all that: %v, %v", got, err)
	}
}

// snapshot is the content of all files below dir by path.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Type()&os.ModeSymlink != 0 {
			return err
		}
		content, err := os.ReadFile(path)
		found[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	t.Parallel()
	r := openReader(t, publish(t, "b1", 1), ReaderConfig{})
	tests := map[string]string{
		"drop view numbers":             "DROP is no query; here one can only read: SELECT, FROM, WITH, VALUES, DESCRIBE, SHOW, SUMMARIZE, EXPLAIN, PIVOT",
		"select 1;\n  select 2":         "2:3: there is more than one statement; give one at a time",
		"from numbers,\n read_csv('x')": "2:2: read_csv(…) may not be used in a query; read the marts by their names",
		"select *\nfrom number":         `2:6: unknown table "number"; did you mean "numbers"?`,
		"from elephants":                "1:6: unknown table \"elephants\"; `show tables` lists those there are",
		"selec 1":                       `1:1: syntax error at or near "selec"`,
	}
	for query, want := range tests {
		if _, err := r.Query(context.Background(), query); err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %q", query, err, want)
		}
	}
}

func TestReaderKeepsItsBuild(t *testing.T) {
	t.Parallel()
	marts := publish(t, "b1", 1)
	first := openReader(t, marts, ReaderConfig{})
	if !InUse(filepath.Join(marts, "b1")) {
		t.Error("an open build is not in use")
	}
	addBuild(t, marts, "b2", 2)
	second := openReader(t, marts, ReaderConfig{})
	for want, r := range map[int64]*Reader{1: first, 2: second} {
		if got, err := r.Query(context.Background(), "select count(*) from numbers"); err != nil || got.Rows[0][0] != want {
			t.Errorf("%s shows %v, %v", r.Build().ID, got, err)
		}
	}
	if InUse(filepath.Join(marts, "nowhere")) {
		t.Error("a build that is not there is in use")
	}
}

func TestNoBuild(t *testing.T) {
	t.Parallel()
	if _, err := OpenCurrent(context.Background(), t.TempDir(), ReaderConfig{}); !errors.Is(err, ErrNoBuild) {
		t.Errorf("error %v, want ErrNoBuild", err)
	}
	marts := publish(t, "b1", 1)
	if err := os.RemoveAll(filepath.Join(marts, "b1")); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenCurrent(context.Background(), marts, ReaderConfig{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a pointer to nothing: error %v", err)
	}
}

func TestBuildsAndDeadLetters(t *testing.T) {
	t.Parallel()
	marts := publish(t, "b2", 1)
	dir := t.TempDir()
	failed := filepath.Join(dir, "b1.json")
	write(t, failed, jsonText(t, Build{ID: "b1", AsOf: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), Status: Failed, Error: "it did not hold", ChecksFailed: 2, Seconds: 1.5}))
	running := filepath.Join(dir, "b2.json")
	write(t, running, jsonText(t, Build{ID: "b2", Status: Running}))
	torn := filepath.Join(dir, "b0.json")
	write(t, torn, `{"build_id": "b0`)
	letters := filepath.Join(dir, "it's dead.parquet")
	if _, err := open(t).Write(context.Background(), `select 3::int as kafka_partition, 7::bigint as kafka_offset, timestamptz '2026-06-01 00:00:00+00' as kafka_at,
		'parley.users' as topic, null::blob as key, '{'::blob as value, null::varchar as headers, 'json' as class, 'not one JSON object' as reason, 1 as decoder`, letters); err != nil {
		t.Fatal(err)
	}
	r := openReader(t, marts, ReaderConfig{Builds: []string{failed, running, torn, filepath.Join(dir, "gone.json")}, DeadLetters: []string{letters}})
	tests := map[string]string{
		"select build_id, as_of, status, checks_failed, seconds, error from builds order by build_id": `[["b1","2026-06-01T00:00:00Z","failed",2,1.5,"it did not hold"],["b2","0001-01-01T00:00:00Z","published",0,0,null]]`,
		`select topic, partition, "offset", value, reason, "at" from dead_letters`:                    `[["parley.users",3,7,"ew==","not one JSON object","2026-06-01T00:00:00Z"]]`,
	}
	for query, want := range tests {
		got, err := r.Query(context.Background(), query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if text := jsonText(t, got.Rows); text != want {
			t.Errorf("%s: %s, want %s", query, text, want)
		}
	}
}

func TestTimeLimit(t *testing.T) {
	t.Parallel()
	r := openReader(t, publish(t, "b1", 1), ReaderConfig{TimeLimit: time.Millisecond})
	_, err := r.Query(context.Background(), "select count(*) from range(1000000) a, range(1000000) b where a.range + b.range = -1")
	if !errors.Is(err, ErrTimeLimit) {
		t.Errorf("error %v, want ErrTimeLimit", err)
	}
}

func TestRowsOneByOne(t *testing.T) {
	t.Parallel()
	r := openReader(t, publish(t, "b1", 10000), ReaderConfig{})
	rows, err := r.Rows(context.Background(), "select n from numbers order by n")
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for rows.Next() {
		sum += rows.Row()[0].(int64)
	}
	if err := errors.Join(rows.Err(), rows.Close(), rows.Close()); err != nil {
		t.Fatal(err)
	}
	if sum != 49995000 {
		t.Errorf("sum %d, want 49995000", sum)
	}
	if diff := cmp.Diff([]Column{{Name: "n", Type: "BIGINT"}}, rows.Columns()); diff != "" {
		t.Error(diff)
	}
}

func TestDatabaseReadsFromAnyFolder(t *testing.T) {
	t.Parallel()
	marts := publish(t, "b1", 3)
	d := open(t)
	if err := d.Exec(context.Background(), "attach '"+filepath.Join(marts, CurrentName, DatabaseName)+"' as w (read_only)"); err != nil {
		t.Fatal(err)
	}
	if got := mustQuery(t, d, "select count(*) from w.numbers").Rows[0][0]; got != int64(3) {
		t.Errorf("%v rows, want 3", got)
	}
}

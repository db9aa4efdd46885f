package spark

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/sql/warehouse"
)

// open opens a session with the Spark that the tests were given.
func open(t *testing.T) *Spark {
	t.Helper()
	address := os.Getenv("PARLEY_TEST_SPARK")
	if address == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("PARLEY_TEST_SPARK is not set")
		}
		t.Skip("needs an Apache Spark: PARLEY_TEST_SPARK=\"$(testdata/spark/start)\"")
	}
	s, err := Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestAValueOfEachType(t *testing.T) {
	t.Parallel()
	s := open(t)
	noon := time.Date(2026, 6, 1, 12, 0, 0, 123456000, time.UTC)
	tests := map[string]struct {
		kind  string
		value any
	}{
		"cast(null as string)":                       {"VARCHAR", nil},
		"true":                                       {"BOOLEAN", true},
		"cast(1 as int)":                             {"INTEGER", int32(1)},
		"cast(-9223372036854775808 as bigint)":       {"BIGINT", int64(math.MinInt64)},
		"cast(0.5 as double)":                        {"DOUBLE", 0.5},
		"cast(-12.5 as decimal(38, 10))":             {"DECIMAL(38,10)", warehouse.Decimal("-12.5000000000")},
		`'❤️ \'\\ "'`:                                {"VARCHAR", `❤️ '\ "`},
		"date '2026-06-01'":                          {"DATE", time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)},
		"timestamp '2026-06-01T12:00:00.123456Z'":    {"TIMESTAMP WITH TIME ZONE", noon},
		"timestamp_ntz '2026-06-01 12:00:00.123456'": {"TIMESTAMP", noon},
		"array('a', cast(null as string))":           {"VARCHAR[]", []any{"a", nil}},
		"cast('a' as binary)":                        {"BLOB", []byte("a")},
	}
	for expression, want := range tests {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			table, err := s.Query(t.Context(), "select "+expression+" as x")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&warehouse.Table{Columns: []warehouse.Column{{Name: "x", Type: want.kind}}, Rows: [][]any{{want.value}}}, table); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestValuesAreBound(t *testing.T) {
	t.Parallel()
	s := open(t)
	noon := time.Date(2026, 6, 1, 12, 0, 0, 123456000, time.UTC)
	for _, value := range []any{
		nil, "", "plain", `'`, `\`, `\'`, `'' or 1 = 1 --`, `\\'; drop view x; --`, "${spark.sql.session.timeZone}", "?", "%_", "line\nbreak\ttab\x00nul", `\u0041 \x41 \n`, "❤️", `"name"`, "`name`",
		true, int64(math.MinInt64), int64(math.MaxInt64), 0.1, math.MaxFloat64, -1e-300, noon,
	} {
		table, err := s.Query(t.Context(), "select '?' as mark, ? as x -- ?\n, ? as y", value, "last")
		if err != nil {
			t.Errorf("%q: %v", value, err)
			continue
		}
		if diff := cmp.Diff([][]any{{"?", value, "last"}}, table.Rows); diff != "" {
			t.Errorf("%q: %s", value, diff)
		}
	}
	if _, err := s.Query(t.Context(), "select ?", struct{}{}); err == nil || err.Error() != "{}, a struct {}, cannot be bound to a statement of Spark" {
		t.Errorf("error %v", err)
	}
	if _, err := s.Query(t.Context(), "select ?, ?", 1); err == nil {
		t.Error("a value too few is no error")
	}
}

func TestFilesComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := t.Context()
	dir := filepath.Join(t.TempDir(), `odd {a,b} [c]*?'" \ ❤️ % # b`)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, name := range []string{"first", "second, third", "dt=2026-06-01"} {
		files, err := s.WriteFiles(ctx, "-- A comment.\nselect id, cast(id as string) as `the name, \"'` from range(0, 3) -- the end", filepath.Join(dir, name+".parquet"))
		if err != nil {
			t.Fatal(err)
		}
		rows := int64(0)
		for _, f := range files {
			rows += f.Rows
			all = append(all, f.Path)
		}
		if rows != 3 {
			t.Errorf("%s: %d rows, want 3", name, rows)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(all) {
		t.Errorf("more is left than the files %q: %v", all, entries)
	}
	if err := s.ViewFiles(ctx, "both", all); err != nil {
		t.Fatal(err)
	}
	table, err := s.Query(ctx, "select count(*), count(distinct `the name, \"'`), sum(id) from both")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]any{{int64(9), int64(3), int64(9)}}, table.Rows); diff != "" {
		t.Error(diff)
	}
}

func TestFaultsHaveTheirPlace(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := context.Background()
	tests := map[string]struct {
		query string
		want  string
	}{
		"parser":   {"-- é\nselect 1 as x\nfrom from y", "3:6:"},
		"table":    {"select 'é' as x,\n  y\nfrom evens", "3:6:"},
		"column":   {"select\n  'ééé' as x, plna\nfrom range(1)", "2:15:"},
		"function": {"select\n  nope(1)", "2:3:"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := map[string]error{}
			_, calls["describe"] = s.Describe(ctx, test.query)
			calls["view"] = s.View(ctx, "v", test.query)
			_, calls["query"] = s.Query(ctx, test.query)
			_, calls["write"] = s.WriteFiles(ctx, test.query, filepath.Join(t.TempDir(), "x.parquet"))
			for call, err := range calls {
				var fault *warehouse.QueryError
				if !errors.As(err, &fault) || !strings.HasPrefix(err.Error(), test.want) {
					t.Errorf("%s: error %v, want it at %s", call, err, test.want)
				}
			}
		})
	}
	t.Run("while it runs", func(t *testing.T) {
		t.Parallel()
		_, err := s.WriteFiles(ctx, "select\n  cast(concat('x', id) as int) as n\nfrom range(3)", filepath.Join(t.TempDir(), "x.parquet"))
		if err == nil || !strings.HasPrefix(err.Error(), "2:3: The value 'x") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("files that Spark does not see", func(t *testing.T) {
		t.Parallel()
		err := s.ViewFiles(ctx, "v", []string{"/nowhere/x.parquet", "/nowhere/y.parquet"})
		if err == nil || !strings.HasSuffix(err.Error(), "Spark must see the files of the lake under the same paths, on this machine or on a mount that both have") {
			t.Errorf("error %v", err)
		}
	})
}

func TestQueriesEndWithTheirContext(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("asked to stop")
	cancel(cause)
	if _, err := s.Query(ctx, "select 1"); !errors.Is(err, cause) {
		t.Errorf("error %v, want %v", err, cause)
	}
}

func TestASessionEndsWhenItIsClosed(t *testing.T) {
	t.Parallel()
	s := open(t)
	if err := s.View(t.Context(), "v", "select 1 as x"); err != nil {
		t.Fatal(err)
	}
	if err := s.channel.release(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Query(t.Context(), "select * from v"); err == nil || !strings.Contains(err.Error(), "Session was closed") {
		t.Errorf("error %v", err)
	}
}

func TestNoSparkAnswers(t *testing.T) {
	t.Parallel()
	if _, err := Open(t.Context(), "sc://127.0.0.1:1"); !errors.Is(err, ErrNoAnswer) || !strings.HasPrefix(err.Error(), "no Spark answers at sc://127.0.0.1:1: ") {
		t.Errorf("error %v", err)
	}
}

func TestCheckAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"sc://spark.example.com":       "spark.example.com:15002",
		"sc://spark.example.com:7000/": "spark.example.com:7000",
		"sc://[::1]:7000":              "[::1]:7000",
	} {
		if got, err := target(address); got != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", address, got, err, want)
		}
	}
	for address, want := range map[string]string{
		"spark.example.com":    `"spark.example.com" is no address of Spark Connect; write sc://host:15002`,
		"sc://":                `"sc://" is no address of Spark Connect; write sc://host:15002`,
		"http://h":             `"http://h" is no address of Spark Connect; write sc://host:15002`,
		"sc://h:port":          `"sc://h:port" is no address of Spark Connect; write sc://host:15002`,
		"sc://me:secret@h":     `an address of Spark Connect takes no credentials; write sc://host:15002`,
		"sc://h/;use_ssl=true": `"sc://h/;use_ssl=true" says more than host and port, which is not understood; write sc://host:15002`,
		"sc://h:15002?x=1":     `"sc://h:15002?x=1" says more than host and port, which is not understood; write sc://host:15002`,
	} {
		if err := CheckAddress(address); err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %s", address, err, want)
		}
	}
}

func TestVersionsAreComparedByTheirNumbers(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{"4.0.1": true, "4.1.0-SNAPSHOT": true, "10.0.0": true, "4.0.0": false, "3.5.6": false, "": false} {
		if got := atLeast(version, OldestVersion); got != want {
			t.Errorf("%s: %v", version, got)
		}
	}
}

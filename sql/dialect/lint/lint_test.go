package lint

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/sql/checks"
	"parley/sql/models"
	"parley/sql/warehouse"
	"parley/sql/warehouse/spark/sparktest"
)

var update = flag.Bool("update", false, "write what is found into testdata/bad.txt")

// testdata/bad.txt holds SELECTs, each with what is found in it below as comments.
func TestWhatIsFound(t *testing.T) {
	t.Parallel()
	const file = "testdata/bad.txt"
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for query := range strings.SplitSeq(strings.TrimSuffix(string(content), "\n\n"), "\n\n") {
		var lines []string
		for line := range strings.Lines(query) {
			if !strings.HasPrefix(line, "-- ") {
				lines = append(lines, strings.TrimSuffix(line, "\n"))
			}
		}
		query = strings.Join(lines, "\n")
		fmt.Fprintln(&got, query)
		found := Look(query)
		if len(found) == 0 {
			t.Errorf("nothing is found in %s", query)
		}
		for _, f := range found {
			fmt.Fprintf(&got, "-- %v\n", f)
		}
		fmt.Fprintln(&got)
	}
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(content), got.String()); diff != "" {
		t.Errorf("%s (- wanted, + found):\n%s", file, diff)
	}
}

// good are the statements of testdata/good.sql, in which nothing is to be found.
func good(t *testing.T) (queries []string) {
	t.Helper()
	content, err := os.ReadFile("testdata/good.sql")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		if !strings.HasPrefix(line, "--") {
			queries = append(queries, line)
		}
	}
	return queries
}

func TestWhatIsNotFound(t *testing.T) {
	t.Parallel()
	for _, query := range good(t) {
		for _, f := range Look(query) {
			t.Errorf("%s: %v", query, f)
		}
	}
}

// What the lint lets pass gives the same rows.
func TestWhatIsNotFoundIsTheSameOnEveryEngine(t *testing.T) {
	t.Parallel()
	session := sparktest.Open(t)
	engine, err := warehouse.Open(t.Context(), warehouse.Config{MemoryLimit: "256MB", Threads: 1, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	type asker interface {
		Query(ctx context.Context, query string, args ...any) (*warehouse.Table, error)
	}
	rows := func(on asker, query string) (shown []string) {
		t.Helper()
		table, err := on.Query(t.Context(), query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			return nil
		}
		for _, row := range table.Rows {
			shown = append(shown, fmt.Sprint(row...))
		}
		slices.Sort(shown)
		return shown
	}
	for _, query := range good(t) {
		if diff := cmp.Diff(rows(engine, query), rows(session, query)); diff != "" {
			t.Errorf("%s (- DuckDB, + Spark):\n%s", query, diff)
		}
	}
}

// The functions that pass are there on both, and no macro has the name of one
// that an engine has built in.
func TestFunctionsAreThere(t *testing.T) {
	t.Parallel()
	session := sparktest.Open(t)
	engine, err := warehouse.Open(t.Context(), warehouse.Config{MemoryLimit: "256MB", Threads: 1, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	builtin := map[string]map[string]bool{"DuckDB": {}, "Spark": {}}
	table, err := engine.Query(t.Context(), "select distinct lower(function_name) from duckdb_functions() where internal")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range table.Rows {
		builtin["DuckDB"][row[0].(string)] = true
	}
	if table, err = session.Query(t.Context(), "show system functions"); err != nil {
		t.Fatal(err)
	}
	for _, row := range table.Rows {
		builtin["Spark"][row[0].(string)] = true
	}
	syntax := map[string]bool{ // DuckDB's parser has these itself
		"coalesce": true, "nullif": true, "ifnull": true, "if": true, "extract": true, "percentile_cont": true,
	}
	for name, known := range builtin {
		if len(known) < 100 {
			t.Fatalf("%s has only %d functions", name, len(known))
		}
		for _, function := range functions {
			if !known[function] && !(name == "DuckDB" && syntax[function]) {
				t.Errorf("%s has no function %s", name, function)
			}
		}
		for _, macro := range macros {
			if known[macro] {
				t.Errorf("%s has a function %s: the macro needs another name", name, macro)
			}
		}
	}
}

// Our own models and checks keep to what the engines share.
func TestOurModelsAreTheSameOnEveryEngine(t *testing.T) {
	t.Parallel()
	looked := 0
	for dir, files := range map[string]fs.FS{"sql/models/": models.FS, "sql/checks/": checks.FS} {
		err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := fs.ReadFile(files, name)
			if err != nil {
				return err
			}
			looked++
			for _, f := range Look(string(content)) {
				t.Errorf("%s%s:%v", dir, name, f)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if looked < 20 {
		t.Errorf("only %d files were looked at", looked)
	}
}

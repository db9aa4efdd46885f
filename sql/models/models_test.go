package models_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/sql/checks"
	"parley/sql/models"
	"parley/sql/transform"
	"parley/sql/warehouse"
)

// cases holds, by model, examples worked out by hand: each says in its NOTE.md how.
const cases = "../../testdata/cases"

// open starts an engine, which has the macros.
func open(t *testing.T) *warehouse.DuckDB {
	t.Helper()
	engine, err := warehouse.Open(t.Context(), warehouse.Config{MemoryLimit: "1GB", Threads: 1, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	return engine
}

func load(t *testing.T, engine *warehouse.DuckDB) *transform.Graph {
	t.Helper()
	graph, err := transform.Load(t.Context(), engine, transform.Sources{
		Ours:    models.FS,
		Checks:  checks.FS,
		Inputs:  warehouse.SourceTables(),
		Allowed: []string{"each_day", "each_quarter_hour"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return graph
}

func TestCases(t *testing.T) {
	t.Parallel()
	engine := open(t)
	graph := load(t, engine)
	shapes, err := graph.Shapes(t.Context(), engine, nil)
	if err != nil {
		t.Fatal(err)
	}
	files := os.DirFS(cases)
	all, err := transform.Cases(files, cases)
	if err != nil {
		t.Fatal(err)
	}
	suite := transform.NewSuite(graph, shapes, files, cases)
	if len(all) == 0 {
		t.Fatalf("no case in %s", cases)
	}
	for _, c := range all {
		t.Run(c.Model+"/"+c.Name, func(t *testing.T) {
			t.Parallel()
			result, err := suite.Run(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if err := result.Fault(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A case whose expectation nobody can follow is no example.
func TestCasesSayHow(t *testing.T) {
	t.Parallel()
	wants, err := filepath.Glob(filepath.Join(cases, "*", "*", "want.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range wants {
		if note, err := os.ReadFile(filepath.Join(filepath.Dir(want), "NOTE.md")); err != nil || len(strings.TrimSpace(string(note))) == 0 {
			t.Errorf("%s has no NOTE.md that says how it was worked out", filepath.Dir(want))
		}
	}
}

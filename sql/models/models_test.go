package models_test

import (
	"context"
	"io/fs"
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

func load(t *testing.T) *transform.Graph {
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
	graph, err := transform.Load(context.Background(), engine, transform.Sources{
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
	graph := load(t)
	files := os.DirFS(cases)
	all, err := transform.Cases(files)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatalf("no case in %s", cases)
	}
	for _, c := range all {
		t.Run(c.Model+"/"+c.Name, func(t *testing.T) {
			t.Parallel()
			if err := transform.RunCase(t.Context(), graph, files, c); err != nil {
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

// Readers, segments and reports rely on these names.
func TestEveryModelSaysItsGrain(t *testing.T) {
	t.Parallel()
	for _, m := range load(t).Models {
		if m.Header.Grain == "" || m.Header.Text == "" {
			t.Errorf("%s: its header says no grain, or nothing in words", m.File)
		}
		if m.Layer == transform.Mart && len(m.Header.Key) == 0 {
			t.Errorf("%s: a mart without a key", m.File)
		}
	}
}

// Spark has no QUALIFY, EXCLUDE and the like: models keep to what engines share.
func TestModelsKeepToTheSharedDialect(t *testing.T) {
	t.Parallel()
	instead := map[string]string{
		"qualify ":        "row_number() in a CTE, and where",
		" exclude":        "a list of columns",
		"quantile_cont":   "percentile_cont(p) within group (order by x)",
		"union all by":    "union all with the columns in the same order",
		"date_diff":       "seconds_between",
		"epoch":           "seconds_between",
		"isodow":          "iso_weekday",
		"dayofweek":       "iso_weekday",
		"at time zone":    "local_time or instant",
		"->":              "json_text",
		"unnest":          "each_day",
		"generate_series": "each_day",
		"ignore nulls":    "numbered groups",
		"now()":           "settings.as_of",
		"current_date":    "settings.as_of",
		"timestamptz":     "parse_instant",
		"::":              "cast",
		"\"":              "a name that needs no quotes",
		"varchar":         "string",
		"hash(":           "md5",
		"last_value":      "numbered groups",
		"regexp":          "like",
	}
	err := fs.WalkDir(models.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := models.FS.ReadFile(name)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(content), "\n") {
			code, _, _ := strings.Cut(line, "--")
			for word, better := range instead {
				if strings.Contains(strings.ToLower(code), word) {
					t.Errorf("%s:%d: %q is not common to the engines; write %s", name, i+1, word, better)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

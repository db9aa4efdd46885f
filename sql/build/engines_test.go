package build

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/sql/segment"
	"parley/sql/warehouse"
)

// sameMarts compares every mart of two builds: its columns with their types, and
// its rows, in any order, doubles to 1e-9 relative.
func sameMarts(t *testing.T, one, other string) {
	t.Helper()
	engine, err := warehouse.Open(t.Context(), warehouse.Config{MemoryLimit: "1GB", Threads: 1, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	marts := martsIn(t, one)
	if diff := cmp.Diff(marts, martsIn(t, other)); diff != "" {
		t.Errorf("marts: %s", diff)
	}
	for _, mart := range marts {
		t.Run(mart, func(t *testing.T) {
			ones, others := rowsOf(t, engine, filepath.Join(one, mart)), rowsOf(t, engine, filepath.Join(other, mart))
			if diff := cmp.Diff(ones.Columns, others.Columns); diff != "" {
				t.Fatalf("columns: %s", diff)
			}
			if len(ones.Rows) != len(others.Rows) {
				t.Errorf("%d rows and %d rows", len(ones.Rows), len(others.Rows))
			}
			different := 0
			for i := range min(len(ones.Rows), len(others.Rows)) {
				if diff := cmp.Diff(ones.Rows[i], others.Rows[i], cmp.Comparer(nearly)); diff != "" {
					if different++; different <= 3 {
						t.Errorf("row %d of %v: %s", i, ones.Columns, diff)
					}
				}
			}
			if different > 0 {
				t.Errorf("%d of %d rows differ", different, len(ones.Rows))
			}
		})
	}
}

// martsIn names the marts of a build, sorted; segments name the run that made
// them, and are the work of one engine.
func martsIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && !slices.Contains(segment.Tables, e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names
}

// rowsOf are the rows of a mart, doubles last in what they are sorted by.
func rowsOf(t *testing.T, engine *warehouse.DuckDB, dir string) *warehouse.Table {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.parquet"))
	if err != nil || len(files) == 0 {
		t.Fatalf("files of %s: %v, %v", dir, files, err)
	}
	if err := engine.ViewFiles(t.Context(), "compared", files); err != nil {
		t.Fatal(err)
	}
	columns, err := engine.Describe(t.Context(), "from compared")
	if err != nil {
		t.Fatal(err)
	}
	var exact, rounded []string
	for i, c := range columns {
		if place := fmt.Sprint(i + 1); c.Type == "DOUBLE" {
			rounded = append(rounded, place)
		} else {
			exact = append(exact, place)
		}
	}
	table, err := engine.Query(t.Context(), "select * from compared order by "+strings.Join(append(exact, rounded...), ", "))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func nearly(a, b float64) bool {
	return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b))
}

func TestTmpDirs(t *testing.T) {
	sameMarts(t, "/tmp/sparkdemo/lake/marts/20261127T053014.620890Z", "/tmp/sparkdemo/lake/marts/20261127T053019.538743Z")
}

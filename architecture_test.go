package parley_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// The data's path. A folder may import what stands before it, never what stands after.
var dataPath = []string{"pipelines", "sql", "reports", "jobs", "cmd"}

// Within a layer: what a package must not know.
var mustNotImport = map[string][]string{
	"parley/pipelines/record":     {"parley/pipelines/lake", "parley/pipelines/landing", "parley/pipelines/broker", "github.com/segmentio/kafka-go", "os"},
	"parley/pipelines/lake":       {"parley/pipelines/record", "parley/pipelines/broker", "github.com/segmentio/kafka-go"},
	"parley/pipelines/demo":       {"parley/pipelines/lake", "parley/pipelines/broker", "parley/pipelines/landing"},
	"parley/pipelines/deadletter": {"parley/pipelines/landing", "github.com/segmentio/kafka-go"},
	"parley/pipelines/importer":   {"parley/pipelines/lake", "parley/pipelines/landing"},
	"parley/sql/filter":           {"parley/sql/warehouse", "github.com/duckdb/duckdb-go/v2"},
	"parley/sql/segment":          {"parley/jobs/message", "github.com/duckdb/duckdb-go/v2"},
	"parley/reports/catalogue":    {"parley/sql/build", "github.com/duckdb/duckdb-go/v2"},
	"parley/jobs/message":         {"github.com/riverqueue/river"},
	"parley/jobs/delivery":        {"github.com/riverqueue/river"},
	"parley/sql/warehouse":        {"parley/sql/warehouse/spark", "parley/sql/build", "parley/sql/transform", "parley/sql/models"},
	"parley/sql/settle":           {"parley/sql/models", "parley/sql/transform", "github.com/duckdb/duckdb-go/v2"},
	"parley/jobs/delivery/outbox": {"github.com/riverqueue/river"},
	"parley/jobs/delivery/smtp":   {"github.com/riverqueue/river"},
}

// Libraries that one place alone may know.
var onlyIn = map[string][]string{
	"github.com/duckdb/duckdb-go/v2":          {"parley/sql/warehouse"},
	"github.com/apache/arrow-go/v18":          {"parley/sql/warehouse"},
	"github.com/peterh/liner":                 {"parley/cmd/cli"},
	"github.com/apache/spark-connect-go/v35":  {"parley/sql/warehouse/spark"},
	"github.com/segmentio/kafka-go":           {"parley/pipelines/broker", "parley/pipelines/landing"},
	"github.com/twmb/franz-go/pkg/kfake":      {"parley/pipelines/broker"},
	"github.com/riverqueue/river":             {"parley/jobs"},
	"github.com/go-echarts/go-echarts/v2":     {"parley/reports/chart"},
	"github.com/dop251/goja":                  {"parley/reports/chart/svg"},
	"github.com/spf13/cobra":                  {"parley/cmd/cli"},
	"github.com/wneessen/go-mail":             {"parley/jobs/delivery"},
	"github.com/parquet-go/parquet-go":        {"parley/pipelines", "parley/sql"},
	"github.com/prometheus/client_golang":     {"parley/pipelines/landing", "parley/cmd"},
	"gocloud.dev":                             {"parley/pipelines/lake"},
	"github.com/aws":                          {"parley/pipelines/lake"},
	"github.com/oschwald/maxminddb-golang/v2": {"parley/sql/geography"},
	"gonum.org/v1/plot":                       {"parley/reports/chart/plot"},
}

func load(t *testing.T) []*packages.Package {
	t.Helper()
	loaded, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedImports}, "./...")
	if err != nil {
		t.Fatal(err)
	}
	if len(loaded) < 10 {
		t.Fatalf("only %d packages found", len(loaded))
	}
	for _, pkg := range loaded {
		for _, fault := range pkg.Errors {
			t.Errorf("%s: %v", pkg.PkgPath, fault)
		}
	}
	return loaded
}

func layer(path string) int {
	rest, ours := strings.CutPrefix(path, "parley/")
	if !ours {
		return -1
	}
	top, _, _ := strings.Cut(rest, "/")
	return slices.Index(dataPath, top)
}

func within(path, parent string) bool { return path == parent || strings.HasPrefix(path, parent+"/") }

func TestImportsFollowTheData(t *testing.T) {
	t.Parallel()
	for _, pkg := range load(t) {
		here := layer(pkg.PkgPath)
		if here < 0 && strings.HasPrefix(pkg.PkgPath, "parley/") {
			t.Errorf("%s lies outside the data's path %v", pkg.PkgPath, dataPath)
		}
		for imported := range pkg.Imports {
			if layer(imported) > here {
				t.Errorf("%s imports %s: against the data's path %v", pkg.PkgPath, imported, dataPath)
			}
			for _, banned := range mustNotImport[pkg.PkgPath] {
				if within(imported, banned) {
					t.Errorf("%s must not know %s", pkg.PkgPath, imported)
				}
			}
			for library, homes := range onlyIn {
				if within(imported, library) && !slices.ContainsFunc(homes, func(home string) bool { return within(pkg.PkgPath, home) }) {
					t.Errorf("%s imports %s, which only %v may", pkg.PkgPath, imported, homes)
				}
			}
		}
	}
}

func TestTopLevelHoldsOnlyTheHouse(t *testing.T) {
	t.Parallel()
	allowed := append([]string{"testdata", "go.mod", "go.sum", "Makefile", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE",
		"architecture_test.go", "bin", "demo"}, dataPath...)
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if name := entry.Name(); !strings.HasPrefix(name, ".") && !slices.Contains(allowed, name) {
			t.Errorf("%s does not belong at the top level", name)
		}
	}
}

func TestNamesSayWhatTheyHold(t *testing.T) {
	t.Parallel()
	vague := []string{"util", "utils", "common", "helper", "helpers", "misc", "types", "manager"}
	for _, top := range dataPath {
		err := filepath.WalkDir(top, func(path string, entry os.DirEntry, err error) error {
			name := strings.TrimSuffix(entry.Name(), ".go")
			if slices.Contains(vague, name) {
				t.Errorf("%s: the name does not say what it holds", path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

package dialect

import (
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var created = regexp.MustCompile(`(?m)^create or replace (?:macro|temporary function) (\w+)`)

// A model is one text only as long as every engine has every macro of it.
func TestEnginesHaveTheSameMacros(t *testing.T) {
	t.Parallel()
	names := func(text string) []string {
		var found []string
		for _, match := range created.FindAllStringSubmatch(text, -1) {
			found = append(found, match[1])
		}
		slices.Sort(found)
		return found
	}
	onDuckDB := slices.DeleteFunc(names(DuckDB), func(name string) bool { return name == "offset_before" }) // a step of its instant alone
	if len(onDuckDB) < 10 {
		t.Fatalf("only %d macros found", len(onDuckDB))
	}
	if diff := cmp.Diff(onDuckDB, names(Spark)); diff != "" {
		t.Errorf("- on DuckDB alone, + on Spark alone:\n%s", diff)
	}
}

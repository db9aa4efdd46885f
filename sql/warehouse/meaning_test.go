package warehouse

import "testing"

// Every source table and column has a meaning, and no meaning is of one that is not there.
func TestSourcesHaveTheirMeaning(t *testing.T) {
	t.Parallel()
	meanings, err := ParseMeanings(sourcesText)
	if err != nil {
		t.Fatalf("sources.txt: %v", err)
	}
	for _, s := range SourceSchemas() {
		if meanings[s.Table].Text == "" {
			t.Errorf("sources.txt does not say what %s is", s.Table)
		}
		for _, c := range s.Columns {
			if meanings[s.Table].Columns[c.Name] == "" {
				t.Errorf("sources.txt does not say what %s.%s is", s.Table, c.Name)
			}
			delete(meanings[s.Table].Columns, c.Name)
		}
		for name := range meanings[s.Table].Columns {
			t.Errorf("sources.txt explains %s.%s, which is no column", s.Table, name)
		}
		delete(meanings, s.Table)
	}
	for name := range meanings {
		t.Errorf("sources.txt explains %s, which is no source table", name)
	}
}

func TestMeaningsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a: b\na: c", "  column: of no table", "a: b\n  c: d\n  c: e", "a table"} {
		if got, err := ParseMeanings(text); err == nil {
			t.Errorf("%q gives %v", text, got)
		}
	}
}

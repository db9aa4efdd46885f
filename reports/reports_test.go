package reports

import (
	"os"
	"path/filepath"
	"testing"
)

// write draws reports of made-up marts and gives the folder of the date.
func write(t *testing.T, m marts) string {
	t.Helper()
	written, err := Write(t.Context(), Config{Dir: t.TempDir(), Query: m.open(t), Build: testBuild()})
	if err != nil {
		t.Fatal(err)
	}
	return written.Dir
}

func TestDrawInto(t *testing.T) {
	target := os.Getenv("DRAW_INTO")
	if target == "" {
		t.Skip("only for looking")
	}
	for name, m := range map[string]marts{"lifelike": lifelike(), "none": noRows()} {
		if err := os.CopyFS(filepath.Join(target, name), os.DirFS(write(t, m))); err != nil {
			t.Fatal(err)
		}
	}
}

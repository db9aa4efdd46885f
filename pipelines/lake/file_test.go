package lake

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestWriteFileExclusive(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "folder", "file")
	if err := WriteFileExclusive(path, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := WriteFileExclusive(path, []byte("second")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("written over: %v", err)
	}
	holdsOnly(t, path, "first")
}

func TestReplaceFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "file")
	for _, content := range []string{"first", "second"} {
		if err := ReplaceFile(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		holdsOnly(t, path, content)
	}
}

func TestPublishFile(t *testing.T) {
	t.Parallel()
	l := setup(t)
	temp, err := l.TempPath("settled.parquet")
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(temp) == ".parquet" {
		t.Errorf("%s looks finished", temp)
	}
	if err := os.WriteFile(temp, []byte("rows"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := l.Path("settled/users/a.parquet")
	if err := PublishFile(temp, path); err != nil {
		t.Fatal(err)
	}
	holdsOnly(t, path, "rows")
	if err := PublishFile(temp, path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("published from nothing: %v", err)
	}
}

// holdsOnly checks the file, and that its folder holds nothing else.
func holdsOnly(t *testing.T, path, want string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil || string(content) != want {
		t.Errorf("%s holds %q, %v; want %q", path, content, err, want)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

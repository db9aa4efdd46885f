package transform

import (
	"context"
	"testing"
	"testing/fstest"

	"parley/sql/warehouse"
)

// files makes a file system of name, content pairs.
func files(pairs ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		fsys[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return fsys
}

func openEngine(t *testing.T) *warehouse.DuckDB {
	t.Helper()
	engine, err := warehouse.Open(context.Background(), warehouse.Config{MemoryLimit: "512MB", Threads: 1, TempDir: t.TempDir()})
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

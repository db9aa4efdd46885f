package warehouse

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// manyFiles makes a build of 4 marts of so many files each, and records of so
// many builds.
func manyFiles(b testing.TB, files, builds int) (marts string, cfg ReaderConfig) {
	b.Helper()
	ctx := context.Background()
	marts = b.TempDir()
	d, err := Open(ctx, Config{MemoryLimit: "512MB", TempDir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	dir := filepath.Join(marts, "b1")
	for mart := range 4 {
		folder := filepath.Join(dir, fmt.Sprintf("mart%d", mart))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			b.Fatal(err)
		}
		part := filepath.Join(folder, "0000.parquet")
		if _, err := d.Write(ctx, "select range as n, range % 7 as k, 'word ' || range as word, timestamptz '2026-01-01 00:00:00+00' as at from range(100)", part); err != nil {
			b.Fatal(err)
		}
		content, err := os.ReadFile(part)
		if err != nil {
			b.Fatal(err)
		}
		for i := 1; i < files; i++ {
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%04d.parquet", i)), content, 0o644); err != nil {
				b.Fatal(err)
			}
		}
	}
	record := Build{ID: "b1", StartedAt: time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC), Status: Published, Rows: map[string]int64{}}
	for i := range 24 {
		record.Rows[fmt.Sprintf("mart%d", i)] = 1000
		record.Models = append(record.Models, ModelRecord{Name: fmt.Sprintf("model%d", i), File: "sql/models/marts/model.sql", State: "ran", Seconds: 0.5})
	}
	writeRecord := func(path string) {
		if err := os.WriteFile(path, []byte(jsonOf(b, record)), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	writeRecord(filepath.Join(dir, RecordName))
	history := b.TempDir()
	for i := range builds {
		record.ID = fmt.Sprintf("a%04d", i)
		path := filepath.Join(history, record.ID+".json")
		writeRecord(path)
		cfg.Builds = append(cfg.Builds, path)
	}
	if err := os.Symlink("b1", filepath.Join(marts, CurrentName)); err != nil {
		b.Fatal(err)
	}
	return marts, cfg
}

// BenchmarkOpenCurrent opens a build of 4 marts of 540 files each with 1,000
// builds before it, and asks one mart of it.
func BenchmarkOpenCurrent(b *testing.B) {
	marts, cfg := manyFiles(b, 540, 1000)
	cfg.Engine = Config{MemoryLimit: "512MB", TempDir: b.TempDir()}
	for _, ask := range []struct{ name, query string }{
		{"opened", ""}, {"one mart", "select sum(n) from mart1"}, {"builds", "select count(*) from builds"},
	} {
		b.Run(ask.name, func(b *testing.B) {
			for range b.N {
				r, err := OpenCurrent(context.Background(), marts, cfg)
				if err != nil {
					b.Fatal(err)
				}
				if ask.query != "" {
					if _, err := r.Query(context.Background(), ask.query); err != nil {
						b.Fatal(err)
					}
				}
				if err := r.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

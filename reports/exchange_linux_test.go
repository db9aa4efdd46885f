package reports

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// A reader finds the former pages or the new ones at every moment, whether by
// date or by latest, while several draw the same date.
func TestReadersMissNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := publish(t.Context(), dir, "2026-06-30", drawOne("one")); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var writers sync.WaitGroup
	for _, text := range []string{"one", "two"} {
		writers.Go(func() {
			for range 30 {
				if _, err := publish(t.Context(), dir, "2026-06-30", drawOne(text)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	go func() { writers.Wait(); close(done) }()
	for {
		for _, name := range []string{"2026-06-30", "latest"} {
			if content, err := os.ReadFile(filepath.Join(dir, name, "index.html")); err != nil || len(content) != 3 {
				t.Fatalf("a reader of %s found %q, %v", name, content, err)
			}
		}
		select {
		case <-done:
			return
		default:
		}
	}
}

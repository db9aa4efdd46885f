package jobs_test

import (
	"context"
	"path/filepath"
	"testing"

	"parley/jobs"
)

// A thousand people enter a segment: announced, sent into a folder and reported.
func BenchmarkAThousandMessages(b *testing.B) {
	for b.Loop() {
		dir := b.TempDir()
		around := newSurroundings("sqlite:"+filepath.Join(dir, "parley.db"), dir)
		queue, err := jobs.Open(context.Background(), around.cfg, around.work)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := queue.Announce(context.Background(), jobs.Entries{AsOf: dayTwo, Entered: people(1000, dayTwo)}); err != nil {
			b.Fatal(err)
		}
		if err := queue.Drain(context.Background()); err != nil {
			b.Fatal(err)
		}
		if err := queue.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

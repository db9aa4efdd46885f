package landing

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"parley/pipelines/broker"
	"parley/pipelines/lake"
)

// BenchmarkLatency is how long it takes from an event's own time to the entry
// of the log that lists it, at 1,000 events a second and RotateEvery of one
// second, over ten seconds for each round.
func BenchmarkLatency(b *testing.B) {
	b.Run("embedded", func(b *testing.B) { benchmarkLatency(b, broker.Config{Dir: b.TempDir()}) })
	b.Run("apache", func(b *testing.B) { benchmarkLatency(b, broker.Config{Brokers: []string{apacheKafka(b)}}) })
}

func benchmarkLatency(b *testing.B, config broker.Config) {
	const (
		perSecond = 1000
		lasting   = 10 * time.Second
	)
	to := openTopics(b, config, 4)
	landing := startRun(b, to, child{RotateEvery: time.Second})
	watch := watchLog(landing.lake, to.topic())
	defer watch.end()
	load := steadyLoad{to: to.broker, perSecond: perSecond}
	// What is slow the first time, the group's founding above all, is no latency.
	if err := load.last(b.Context(), time.Second); err != nil {
		b.Fatal(err)
	}
	landing.await(b, load.sent)
	started := time.Now()
	for b.Loop() {
		if err := load.last(b.Context(), lasting); err != nil {
			b.Fatal(err)
		}
	}
	landing.await(b, load.sent)
	spent := landing.end(b)
	seen := watch.end()
	var latencies []time.Duration
	entries, err := landing.lake.Entries(nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, entry := range entries {
		listed, ok := seen[filepath.Join(fmt.Sprint(entry.Epoch), fmt.Sprint(entry.Partition), fmt.Sprintf("%020d.json", entry.Start))]
		if !ok {
			b.Fatalf("the entry of %s at %d was not seen", entry.Log(), entry.Start)
		}
		for _, file := range entry.Files {
			rows, err := parquet.ReadFile[happened](landing.lake.Path(file.Path))
			if err != nil {
				b.Fatal(err)
			}
			for _, row := range rows {
				if row.OccurredAt.After(started) {
					latencies = append(latencies, listed.Sub(row.OccurredAt))
				}
			}
		}
	}
	slices.Sort(latencies)
	percentile := func(p float64) float64 {
		return float64(latencies[int(p*float64(len(latencies)-1))].Milliseconds())
	}
	b.ReportMetric(percentile(0.5), "p50-ms")
	b.ReportMetric(percentile(0.99), "p99-ms")
	b.ReportMetric(percentile(1), "max-ms")
	b.ReportMetric(spent.Peak/1e6, "MB-peak")
	b.ReportMetric(0, "ns/op") // it is as long as was set
	publishTable(b, fmt.Sprintf("%s: from an event's own time to its entry in the log, at %d events a second and `RotateEvery` of 1 s, %d events: half within %.0f ms, 99 of 100 within %.0f ms, all within %.0f ms; memory at most %.0f MB.\n",
		brokerName(config), perSecond, len(latencies), percentile(0.5), percentile(0.99), percentile(1), spent.Peak/1e6))
}

// happened is the part of an event's row that says when it happened.
type happened struct {
	OccurredAt time.Time `parquet:"occurred_at,timestamp(microsecond)"`
}

// logWatch notes when it first sees each entry of a topic's log.
type logWatch struct {
	stop func()
	done chan map[string]time.Time
	seen map[string]time.Time // by path below the topic's folder
}

func watchLog(of *lake.Lake, topic string) *logWatch {
	ctx, stop := context.WithCancel(context.Background())
	w := &logWatch{stop: stop, done: make(chan map[string]time.Time, 1)}
	go func() {
		seen := map[string]time.Time{}
		folder := filepath.Join(of.Root(), "log", topic)
		look := func() {
			_ = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
				if err == nil && !entry.IsDir() {
					if name, err := filepath.Rel(folder, path); err == nil && seen[name].IsZero() {
						seen[name] = time.Now()
					}
				}
				return nil
			})
		}
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-ticker.C:
			}
			look()
		}
		w.done <- seen
	}()
	return w
}

// end stops looking and gives what was seen.
func (w *logWatch) end() map[string]time.Time {
	if w.seen == nil {
		w.stop()
		w.seen = <-w.done
	}
	return w.seen
}

package build

import (
	"context"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"parley/pipelines/lake"
	"parley/pipelines/sample"
	"parley/sql/warehouse"
)

// BenchmarkReadersBesideBuilds lets 8 readers open the current build, ask it and
// close it, PARLEY_BENCH_QUERIES times each, 10 by default: first alone, then
// while more of a sample of PARLEY_BENCH_EVENTS events, 2,000 by default, lands and
// is built, again and again. It tells the 95th percentile of both, their ratio and how many
// builds there were; an error of any reader is one of the benchmark.
func BenchmarkReadersBesideBuilds(b *testing.B) {
	queries := 10
	if text := os.Getenv("PARLEY_BENCH_QUERIES"); text != "" {
		var err error
		if queries, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	config, err := sample.FromEnv(2000)
	if err != nil {
		b.Fatal(err)
	}
	l := sampleLake(b, config)
	cfg := Config{Lake: l, Now: time.Now, Settings: Settings{Keep: 2}, Engine: warehouse.Config{MemoryLimit: "512MB", Threads: 1}}
	builds := 0
	publish := func() {
		builds++
		if _, err := sample.LandMore(context.Background(), l, config, builds); err != nil {
			b.Fatal(err)
		}
		if _, err := Run(context.Background(), cfg); err != nil {
			b.Fatal(err)
		}
	}
	publish()
	var alone, beside []time.Duration
	for b.Loop() {
		alone = append(alone, readersTogether(b, l, queries)...)
		done := make(chan struct{})
		go func() {
			defer close(done)
			beside = append(beside, readersTogether(b, l, queries)...)
		}()
		for running := true; running; {
			select {
			case <-done:
				running = false
			default:
				publish()
			}
		}
	}
	b.ReportMetric(percentile95(alone).Seconds()*1000, "alone-p95-ms")
	b.ReportMetric(percentile95(beside).Seconds()*1000, "beside-p95-ms")
	b.ReportMetric(percentile95(beside).Seconds()/percentile95(alone).Seconds(), "ratio")
	b.ReportMetric(float64(builds)/float64(b.N), "builds")
}

// readersTogether is how long each query of 8 readers took, from opening to closing.
func readersTogether(b *testing.B, l *lake.Lake, queries int) []time.Duration {
	var mu sync.Mutex
	var took []time.Duration
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for range queries {
				began := time.Now()
				if err := askOnce(l); err != nil {
					b.Error(err)
				}
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
			}
		})
	}
	readers.Wait()
	return took
}

func askOnce(l *lake.Lake) error {
	r, err := Open(context.Background(), l, warehouse.ReaderConfig{Engine: warehouse.Config{MemoryLimit: "256MB", Threads: 1}})
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = r.Query(context.Background(), "select event_name, count(*), count(distinct user_id) from events group by all")
	return err
}

func percentile95(took []time.Duration) time.Duration {
	slices.Sort(took)
	return took[(len(took)*95)/100]
}

package landing

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime"
	"testing"
	"time"

	"parley/pipelines/broker"
)

// sample is how a process that lands is at one moment.
type sample struct {
	RSS, Heap  float64 // bytes; of the heap, what is alive
	Goroutines float64
}

// sampleEvery prints how this process is.
func sampleEvery(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		rss, err := memory(os.Getpid(), "VmRSS")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return
		}
		runtime.GC()
		var heap runtime.MemStats
		runtime.ReadMemStats(&heap)
		if err := json.NewEncoder(os.Stdout).Encode(sample{rss, float64(heap.HeapAlloc), float64(runtime.NumGoroutine())}); err != nil {
			return
		}
	}
}

// TestSoak lands a steady load for as long as PARLEY_SOAK says, and looks
// whether memory or goroutines grow: over the last half, the mean of its second
// part may be above that of its first by a tenth and 16 MB of memory, 8 MB of
// live heap, 4 goroutines.
func TestSoak(t *testing.T) {
	text := os.Getenv("PARLEY_SOAK")
	if text == "" {
		t.Skip("PARLEY_SOAK is not set: PARLEY_SOAK=10m lands for ten minutes")
	}
	lasting, err := time.ParseDuration(text)
	if err != nil || lasting < 10*time.Second {
		t.Fatalf("PARLEY_SOAK is %q; give a time of 10s or more", text)
	}
	config := broker.Config{Dir: t.TempDir()}
	if address := os.Getenv("PARLEY_TEST_KAFKA"); address != "" {
		config = broker.Config{Brokers: []string{address}}
	}
	to := openTopics(t, config, 4)
	landing := startRun(t, to, child{RotateEvery: time.Second, SampleEvery: min(lasting/20, 30*time.Second)})
	load := steadyLoad{to: to.broker, perSecond: 5000}
	var rss, heap, goroutines []float64
	var last []byte
	listened := make(chan error, 1)
	go func() {
		lines := bufio.NewScanner(landing.output)
		for began := time.Now(); lines.Scan(); {
			last = append(last[:0], lines.Bytes()...)
			var now sample
			if err := json.Unmarshal(last, &now); err != nil {
				listened <- fmt.Errorf("%w: %s", err, last)
				return
			}
			if now.RSS == 0 {
				continue // it is the cost, at the end
			}
			rss, heap, goroutines = append(rss, now.RSS), append(heap, now.Heap), append(goroutines, now.Goroutines)
			t.Logf("after %3.0f s: %3.0f MB of memory, %3.0f MB of live heap, %.0f goroutines", time.Since(began).Seconds(), now.RSS/1e6, now.Heap/1e6, now.Goroutines)
		}
		listened <- lines.Err()
	}()
	if err := load.last(t.Context(), lasting); err != nil {
		t.Fatal(err)
	}
	landing.await(t, load.sent)
	landing.input.Close()
	if err := <-listened; err != nil {
		t.Fatal(err)
	}
	if err := landing.wait(); err != nil {
		t.Fatalf("the process that landed: %v", err)
	}
	spent := costOf(t, last, 0)
	entries, err := landing.lake.Entries(nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(rss) < 8 {
		t.Fatalf("%d samples are too few", len(rss))
	}
	for _, of := range []struct {
		name     string
		samples  []float64
		fraction float64 // of what it was, that it may grow by
		more     float64
	}{{"memory", rss, 0.1, 16e6}, {"live heap", heap, 0.1, 8e6}, {"the number of goroutines", goroutines, 0, 4}} {
		if from, by := growth(of.samples); by > of.fraction*from+of.more {
			t.Errorf("%s grows: from %.0f by %.0f", of.name, from, by)
		}
	}
	publishTable(t, fmt.Sprintf("%s of %d events a second, `RotateEvery` of 1 s, %d entries: memory at most %.0f MB.\n", lasting, load.perSecond, len(entries), spent.Peak/1e6))
}

// growth is by how much the mean of the samples' last quarter is above that of
// the quarter before.
func growth(samples []float64) (from, by float64) {
	mean := func(of []float64) (sum float64) {
		for _, one := range of {
			sum += one / float64(len(of))
		}
		return sum
	}
	quarter := len(samples) / 4
	before, after := mean(samples[len(samples)-2*quarter:len(samples)-quarter]), mean(samples[len(samples)-quarter:])
	return before, math.Max(0, after-before)
}

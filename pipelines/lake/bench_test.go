package lake

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// benchLake is a lake with one log of n entries of 100 records, each with one
// file, written in bulk; checkpointed as Checkpoint does it by default, or not at
// all. The landed files are there, all but empty, only if files says so.
func benchLake(b *testing.B, n int, checkpointed, files bool) *Lake {
	b.Helper()
	l, err := Open(filepath.Join(b.TempDir(), "lake"))
	if err != nil {
		b.Fatal(err)
	}
	write := func(name string, content []byte) error {
		path := l.Path(name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, content, 0o600)
	}
	const size = 5000
	inCheckpoints := 0
	for checkpointed && n-inCheckpoints > size+1000 {
		inCheckpoints += size
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for first := 0; first < n; first += size {
		group.Go(func() error {
			var run []readEntry
			for i := first; i < min(first+size, n); i++ {
				start := int64(100 * i)
				at := day.Add(time.Duration(i) * time.Second).UTC()
				file := File{
					Kind: "users", Rows: 100, Bytes: 4, SHA256: fmt.Sprintf("%064x", uint64(i)*0x9e3779b97f4a7c15), MinEventAt: at, MaxEventAt: at,
					Path: landed{"users", 1, at.Format(time.DateOnly), usersLog, start, start + 100}.name(fmt.Sprintf("%016x", i)),
				}
				entry := entryOf(0, start, start+100, file)
				entry.At, entry.Cluster, entry.TopicID = at, "5L6g3nShT-eMCtK--X86sw", "8H2r1pXcQ7eJ1fX2yq0m0A"
				content, err := json.Marshal(entry)
				if err != nil {
					return err
				}
				if files {
					if err := write(file.Path, []byte("rows")); err != nil {
						return err
					}
				}
				if i >= inCheckpoints {
					if err := write(usersLog.entry(start), content); err != nil {
						return err
					}
				}
				run = append(run, readEntry{content: content, entry: entry})
			}
			if first >= inCheckpoints {
				return nil
			}
			content, err := encodeCheckpoint(run)
			if err != nil {
				return err
			}
			return write(usersLog.checkpoint(checkpoint{run[0].entry.Start, run[len(run)-1].entry.End}), content)
		})
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
	return l
}

// reportPeak reports the most that the heap held at a time, in MB, until the
// function that it gives is called.
func reportPeak(b *testing.B) (report func()) {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	runtime.GC()
	var peak atomic.Uint64
	done := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			metrics.Read(sample)
			peak.Store(max(peak.Load(), sample[0].Value.Uint64()))
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	return func() {
		close(done)
		group.Wait()
		b.ReportMetric(float64(peak.Load())/1e6, "MB-peak")
	}
}

// BenchmarkMillion asks a log of a million entries for what is asked often.
func BenchmarkMillion(b *testing.B) {
	const n = 1_000_000
	l := benchLake(b, n, true, false)
	for _, bench := range []struct {
		name string
		ask  func(b *testing.B)
	}{
		{"Tail", func(b *testing.B) {
			if tail, _, err := l.Tail("parley.users", 2); err != nil || tail.End != 100*n {
				b.Fatal(tail.End, err)
			}
		}},
		{"EntriesNearTheEnd", func(b *testing.B) {
			if entries, err := l.Entries(Positions{usersLog.String(): 100 * (n - 10)}); err != nil || len(entries) != 10 {
				b.Fatal(len(entries), err)
			}
		}},
		{"EntriesInTheLastCheckpoint", func(b *testing.B) {
			if entries, err := l.Entries(Positions{usersLog.String(): 100 * (n - 8000)}); err != nil || len(entries) != 8000 {
				b.Fatal(len(entries), err)
			}
		}},
		{"Summary", func(b *testing.B) {
			if sums, err := l.Summary(b.Context()); err != nil || len(sums) != 1 || sums[0].Entries != n {
				b.Fatal(sums, err)
			}
		}},
		{"EachEntry", func(b *testing.B) {
			seen := 0
			if err := l.EachEntry(b.Context(), nil, func(Entry) error { seen++; return nil }); err != nil || seen != n {
				b.Fatal(seen, err)
			}
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			report := reportPeak(b)
			for b.Loop() {
				bench.ask(b)
			}
			report()
		})
	}
}

// BenchmarkVerify verifies a log, its files' sizes included.
func BenchmarkVerify(b *testing.B) {
	const n = 30_000
	for _, checkpointed := range []bool{false, true} {
		b.Run(fmt.Sprintf("checkpointed=%v", checkpointed), func(b *testing.B) {
			l := benchLake(b, n, checkpointed, true)
			b.ReportAllocs()
			report := reportPeak(b)
			for b.Loop() {
				v, err := l.Verify(b.Context(), VerifyConfig{})
				if err != nil || v.Entries != n || v.FaultCount != 0 {
					b.Fatalf("%d entries, %v, %v", v.Entries, v.Faults, err)
				}
			}
			report()
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}

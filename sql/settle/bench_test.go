package settle

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"syscall"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"parley/pipelines/lake"
	"parley/pipelines/record"
	"parley/pipelines/sample"
)

const benchUsers = 3_000 // of the events of BenchmarkSmallFiles

// BenchmarkSettle settles a synthetic company's whole history from nothing,
// and BenchmarkSettleMore, on top of it, a thousandth more of everything, on the last three
// days and on five older ones. PARLEY_BENCH_EVENTS says how many events there
// are, 240,000 by default; all else follows from that.
func BenchmarkSettle(b *testing.B) {
	config := benchConfig(b)
	l := newLander(b).lake
	rows, err := sample.Land(context.Background(), l, config)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.StopTimer()
		if err := os.RemoveAll(l.Path(settledFolder)); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		measured(b, l, int(rows))
	}
}

// BenchmarkSettleMore: see BenchmarkSettle.
func BenchmarkSettleMore(b *testing.B) {
	config := benchConfig(b)
	l := newLander(b).lake
	if _, err := sample.Land(context.Background(), l, config); err != nil {
		b.Fatal(err)
	}
	if _, err := Run(context.Background(), Config{Lake: l}); err != nil {
		b.Fatal(err)
	}
	for round := 0; b.Loop(); round++ {
		b.StopTimer()
		rows, err := sample.LandMore(context.Background(), l, config, round)
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		measured(b, l, int(rows))
	}
}

func benchConfig(b *testing.B) sample.Config {
	b.Helper()
	config, err := sample.FromEnv(240_000)
	if err != nil {
		b.Fatal(err)
	}
	return config
}

// measured settles once and reports rows a second and the most memory that Go held.
func measured(b *testing.B, l *lake.Lake, rows int) {
	b.Helper()
	debug.FreeOSMemory()
	stop, peak := make(chan bool), make(chan uint64)
	go func() {
		most := uint64(0)
		for {
			most = max(most, held())
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	start, used := time.Now(), processorTime(b)
	if _, err := Run(context.Background(), Config{Lake: l}); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(rows)/time.Since(start).Seconds(), "rows/s")
	b.ReportMetric((processorTime(b) - used).Seconds(), "cpu-s")
	close(stop)
	b.ReportMetric(float64(<-peak)/(1<<20), "peak-MB")
}

// processorTime is what this process has had of the processors, which the work of others
// on the same machine changes less than the time on the clock.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// held is the memory that the Go runtime has from the system and not given back.
func held() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() - sample[1].Value.Uint64()
}

var benchEnd = time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)

func benchEvent(random *rand.Rand, id string, at time.Time, n int) record.Event {
	user := random.IntN(benchUsers * n)
	e := record.Event{EventID: id, EventName: []string{"page_view", "logged_in", "shift_created", "report_viewed"}[random.IntN(4)], OccurredAt: at}
	e.UserID, e.CompanyID = fmt.Sprint(user), fmt.Sprint("company", user/10)
	if e.EventName == record.PageView {
		e.AnonymousID = fmt.Sprint("cookie", user)
		e.URL = fmt.Sprintf("https://tidepool.example/pages/%d", random.IntN(500))
		e.Referrer, e.UTMSource, e.UTMMedium = "https://search.example/", "search", "cpc"
	} else {
		e.Metadata = fmt.Sprintf(`{"n":%d,"ok":true}`, random.IntN(1000))
	}
	return e
}

// landRows lands rows as one file of one entry.
func landRows[T any](l *lander, kind record.Kind, rows []T) {
	l.t.Helper()
	topic := kind.Topic("parley.")
	start := l.next[topic]
	l.next[topic] += int64(len(rows))
	entry := lake.Entry{Topic: topic, Start: start, End: l.next[topic], Rows: int64(len(rows)), Schema: 1}
	var content bytes.Buffer
	if err := parquet.Write(&content, rows, parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(rowGroup)); err != nil {
		l.t.Fatal(err)
	}
	entry.Files = []lake.File{l.publish(kind, entry, len(rows), content.Bytes())}
	l.append(entry)
}

package landing

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kgo"

	"parley/pipelines/record"
)

// produceJunk produces records that cannot be read to one partition.
func (b *bench) produceJunk(client *kgo.Client, partition int32, n int) {
	b.Helper()
	var records []*kgo.Record
	for i := range n {
		records = append(records, &kgo.Record{Topic: b.prefix + "events", Value: fmt.Appendf(nil, "%d junk", i), Partition: partition})
	}
	if err := client.ProduceSync(b.Context(), records...).FirstErr(); err != nil {
		b.Fatal(err)
	}
}

// landedDead counts the dead letters of the log's entries.
func (b *bench) landedDead() (n int64) {
	b.Helper()
	entries, err := b.lake.Entries(nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, entry := range entries {
		n += entry.Dead
	}
	return n
}

func TestFloodOfJunkIsHeldUp(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		registry := prometheus.NewRegistry()
		rests, wake := make(chan time.Duration), make(chan time.Time)
		config := b.config()
		config.Metrics = NewMetrics(registry)
		config.BreakerWindow = 1000
		config.RotateEvery = 50 * time.Millisecond
		config.after = func(rest time.Duration) <-chan time.Time {
			if rest < firstRest {
				return time.After(rest)
			}
			rests <- rest
			return wake
		}
		open := func() float64 {
			return testutil.ToFloat64(config.Metrics.breakerOpen.WithLabelValues(b.prefix+"events", "1"))
		}
		client := b.client()
		b.produceJunk(client, 1, 6500)
		b.produceTo(client, 1, 0, 1500)
		b.produceTo(client, 2, 1500, 3000)
		r := b.run(config)

		// One window lands, then it stands still, longer and longer. The other
		// partitions go on.
		for i, want := range []time.Duration{firstRest, 2 * firstRest, 4 * firstRest, 8 * firstRest, longestRest, longestRest} {
			if rest := <-rests; rest != want {
				b.Errorf("rest %d is %s, want %s", i, rest, want)
			}
			if n := b.landedDead(); n != int64(1000*(i+1)) {
				b.Errorf("%d dead letters have landed after window %d", n, i)
			}
			if open() != 1 {
				b.Error("the metrics do not say it")
			}
			if i == 0 {
				b.eventually("land the other partition", func() bool { return b.landedRows() == 3000 })
			}
			wake <- time.Time{}
		}
		// The next window is half junk: no reason to stand still.
		b.eventually("land all", func() bool { return b.landedRows() == 4500 && open() == 0 })
		b.produceJunk(client, 1, 1400)
		if rest := <-rests; rest != firstRest {
			b.Errorf("when it is flooded again it rests for %s", rest)
		}
		r.end()
		said := 0
		for _, line := range r.log.all() {
			if strings.Contains(line, "ERROR") {
				said++
				if !strings.Contains(line, "the partition stands still") || !strings.Contains(line, "unreadable=\"100.0 %\"") || !strings.Contains(line, "mostly=\"json\"") || !strings.Contains(line, "example=\"the record is not one JSON object") {
					b.Errorf("said: %s", line)
				}
			}
		}
		if said != 2 || !r.log.has("can be read again") {
			b.Errorf("said %d times: %v", said, r.log.all())
		}
		b.once(b.config()) // has no breaker
		b.verify()
		b.hasEvents(4500)
		if n := b.landedDead(); n != 7900 {
			b.Errorf("%d dead letters have landed", n)
		}
	})
}

func TestBreakerJudgesWholeWindows(t *testing.T) {
	t.Parallel()
	b := &breaker{share: 0.9, window: 10}
	flood := func(bad int) bool {
		for range bad {
			b.refuse(record.BadJSON, "no JSON")
		}
		b.take(9)
		v, ended := b.take(1)
		if !ended {
			t.Error("the window has not ended")
		}
		return v.flooded
	}
	if flood(9) || b.rest != 0 {
		t.Error("opened at the share itself")
	}
	if !flood(10) || b.rest != firstRest {
		t.Error("did not open beyond it")
	}
	if !flood(10) || b.rest != 2*firstRest {
		t.Error("did not stay open")
	}
	if flood(1) || b.rest != 0 {
		t.Error("did not close")
	}
	b.refuse(record.BadJSON, "no JSON")
	b.take(5)
	b.reset()
	if _, ended := b.take(5); ended || b.left() != 5 {
		t.Error("did not begin anew")
	}
}

package landing

import (
	"context"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"parley/pipelines/broker"
	"parley/pipelines/record"
)

// running is a Run in the background.
type running struct {
	*bench
	log   *logged
	taken atomic.Int64
	stop  func()
	ended chan error
}

func (b *bench) run(config Config) *running {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	r := &running{bench: b, log: &logged{}, stop: cancel, ended: make(chan error, 1)}
	config.Logger = r.log.logger()
	config.Progress = func(p Progress) { r.taken.Store(p.Records) }
	go func() { r.ended <- Run(ctx, config) }()
	b.Cleanup(cancel)
	return r
}

// end stops it and waits until it has ended, which it must do without an error.
func (r *running) end() {
	r.Helper()
	r.stop()
	if err := <-r.ended; err != nil {
		r.Error(err)
	}
}

// has waits until it has taken n records and holds or has landed them.
func (r *running) has(n int64) {
	r.Helper()
	r.eventually("take the records", func() bool { return r.taken.Load() >= n })
}

func TestRunLandsAsTimePasses(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		config := b.config()
		config.RotateEvery = 50 * time.Millisecond
		r := b.run(config)
		for i := range 5 {
			b.produce(events(200*i, 200)...)
			b.eventually("land", func() bool { return b.landedRows() == int64(200*(i+1)) })
		}
		r.end()
		b.verify()
		b.hasEvents(1000)
	})
}

func TestRunLandsWhatItHoldsWhenItEnds(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		config := b.config()
		config.RotateEvery = time.Hour
		r := b.run(config)
		b.eventually("begin", func() bool { return r.log.has("landing") })
		b.produce(events(0, 500)...)
		b.eventually("take a part", func() bool {
			// Progress is told of at most ten times a second: of the first
			// records at once, of the last perhaps never.
			return r.taken.Load() > 0
		})
		if n := b.landedRows(); n != 0 {
			b.Errorf("%d rows have landed before their time", n)
		}
		r.end()
		entries := b.verify()
		if len(entries) == 0 {
			b.Error("nothing has landed")
		}
		b.once(b.config())
		b.verify()
		b.hasEvents(500)
	})
}

func TestRunsShareThePartitions(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		config := b.config()
		config.RotateEvery = 100 * time.Millisecond
		first := b.run(config)
		b.produce(events(0, 300)...)
		b.eventually("the first lands", func() bool { return b.landedRows() == 300 })
		second := b.run(config)
		b.eventually("the second has its part", func() bool { return second.log.has("landing") })
		b.produce(events(300, 3000)...)
		b.eventually("both land", func() bool { return b.landedRows() == 3300 })
		first.end()
		b.produce(events(3300, 300)...)
		b.eventually("the second lands all", func() bool { return b.landedRows() == 3600 })
		second.end()
		b.verify()
		b.hasEvents(3600)
	})
}

func TestRunGoesOnWhereAnotherHasLanded(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		config := b.config()
		config.RotateEvery = time.Hour
		config.RotateRows = 400 // of one partition
		r := b.run(config)
		b.eventually("begin", func() bool { return r.log.has("landing") })
		b.produce(events(0, 300)...)
		r.has(1)
		b.once(b.config()) // takes what the other one holds
		b.hasEvents(300)
		b.produce(events(300, 6000)...)
		b.eventually("meet the other's entries", func() bool { return r.log.has("another process has landed from here") })
		r.end()
		b.once(b.config())
		b.verify()
		b.hasEvents(6300)
	})
}

func TestRunOutlivesAFaultOfTheLake(t *testing.T) {
	t.Parallel()
	b := setup(t, broker.Config{Dir: t.TempDir()})
	if err := os.MkdirAll(b.lake.Root(), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(b.lake.Path("landed"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	config := b.config()
	config.RotateEvery = 50 * time.Millisecond
	r := b.run(config)
	b.produce(events(0, 100)...)
	b.eventually("say it", func() bool { return r.log.has("landing stands still") })
	if err := os.Remove(b.lake.Path("landed")); err != nil {
		t.Fatal(err)
	}
	b.eventually("land", func() bool { return b.landedRows() == 100 })
	r.end()
	b.verify()
	b.hasEvents(100)
}

func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	config := setup(t, broker.Config{Dir: t.TempDir()}).config()
	config.Addrs = []string{"127.0.0.1:1"}
	config.Patience = 100 * time.Millisecond
	if err := Run(t.Context(), config); !broker.Lost(err) {
		t.Errorf("Run: %v", err)
	}
	if _, err := Once(t.Context(), config); !broker.Lost(err) {
		t.Errorf("Once: %v", err)
	}
}

func TestRunEndsWhenItsBrokerHasGone(t *testing.T) {
	t.Parallel()
	b := setup(t, broker.Config{Dir: t.TempDir()})
	gone, err := broker.Open(t.Context(), broker.Config{Dir: t.TempDir(), TopicPrefix: b.prefix})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gone.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	config := b.config()
	config.Addrs = gone.Addrs()
	config.RotateEvery = time.Hour
	config.Patience = 300 * time.Millisecond
	r := b.run(config)
	b.eventually("begin", func() bool { return r.log.has("landing") })
	if err := gone.Produce(t.Context(), []broker.Message{{Kind: record.KindEvent, Key: "u", Value: events(0, 1)[0].Value}}); err != nil {
		t.Fatal(err)
	}
	r.has(1)
	gone.Close()
	if err := <-r.ended; !broker.Lost(err) {
		t.Errorf("Run: %v", err)
	}
	b.hasEvents(1) // what it held was brought into the log
}

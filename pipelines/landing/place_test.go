package landing

import (
	"path/filepath"
	"testing"

	"parley/pipelines/broker"
	"parley/pipelines/lake"
)

// TestTwoClustersByTurns lands from two Kafkas into one lake, now from one, now
// from the other: each record lands once.
func TestTwoClustersByTurns(t *testing.T) {
	t.Parallel()
	here := setup(t, broker.Config{Dir: t.TempDir()})
	there := *here
	var err error
	if there.broker, err = broker.Open(t.Context(), broker.Config{Dir: t.TempDir(), TopicPrefix: here.prefix, Partitions: 3}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = there.broker.Close() })
	if _, err := there.broker.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	n := 0
	for range 3 {
		for _, b := range []*bench{here, &there} {
			b.produce(events(n, 20)...)
			n += 20
			b.once(b.config())
		}
	}
	here.hasEvents(n)
	here.verify()
	tails, err := here.lake.Tails(here.prefix+"events", 0)
	if err != nil || len(tails) != 2 || tails[0].Cluster == tails[1].Cluster {
		t.Errorf("the ends of the logs %+v, %v: want one of each cluster", tails, err)
	}
}

// TestTwoLakesOfOneKafka lands the same topics into two lakes at once: each
// has all records.
func TestTwoLakesOfOneKafka(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		second := *b
		var err error
		if second.lake, err = lake.Open(filepath.Join(b.TempDir(), "second")); err != nil {
			b.Fatal(err)
		}
		b.produce(events(0, 100)...)
		var runs []*running
		for _, each := range []*bench{b, &second} {
			config := each.follower()
			config.Group = ""
			runs = append(runs, each.run(config))
		}
		for _, each := range []*bench{b, &second} {
			each.eventually("every record lands in either lake", func() bool { return each.landedRows() == 100 })
		}
		for _, r := range runs {
			r.end()
		}
		b.hasEvents(100)
		second.hasEvents(100)
	})
}

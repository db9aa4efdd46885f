package landing

import (
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kgo"

	"parley/pipelines/broker"
)

func TestMetrics(t *testing.T) {
	t.Parallel()
	b := setup(t, broker.Config{Dir: t.TempDir()})
	registry := prometheus.NewPedanticRegistry()
	metrics := NewMetrics(registry)
	client := b.client()
	b.produceTo(client, 1, 0, 5)
	b.produceJunk(client, 1, 2)
	if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: b.prefix + "events", Key: []byte("e1"), Partition: 1}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	config := b.config()
	config.Metrics = metrics
	config.RotateEvery = 20 * time.Millisecond
	r := b.run(config)
	count := func(vector *prometheus.CounterVec, labels ...string) float64 {
		return testutil.ToFloat64(vector.WithLabelValues(append([]string{b.prefix + "events", "1"}, labels...)...))
	}
	gauge := func(vector *prometheus.GaugeVec) float64 {
		return testutil.ToFloat64(vector.WithLabelValues(b.prefix+"events", "1"))
	}
	b.eventually("land", func() bool {
		tail, _, err := b.lake.Tail(b.prefix+"events", 1)
		return err == nil && tail.End == 8 && gauge(metrics.lag) == 0
	})
	if gauge(metrics.breakerOpen) != 0 || gauge(metrics.paused) != 0 {
		t.Errorf("breaker %v, paused %v", gauge(metrics.breakerOpen), gauge(metrics.paused))
	}
	b.eventually("note the commit", func() bool { return gauge(metrics.lastCommit) == float64(b.config().Now().Unix()) })
	r.end()
	for outcome, want := range map[string]float64{"row": 5, "dead": 2, "tombstone": 1, "skipped": 0} {
		if got := count(metrics.records, outcome); got != want {
			t.Errorf("%s: %v, want %v", outcome, got, want)
		}
	}
	entries := b.verify()
	files, bytes := 0, int64(0)
	for _, entry := range entries {
		files += len(entry.Files)
		bytes += sizeOf(entry.Files)
	}
	if count(metrics.commits) != float64(len(entries)) || count(metrics.files) != float64(files) || count(metrics.bytes) != float64(bytes) {
		t.Errorf("commits %v, files %v, bytes %v of %+v", count(metrics.commits), count(metrics.files), count(metrics.bytes), entries)
	}
	for _, vector := range []prometheus.Collector{metrics.lag, metrics.breakerOpen, metrics.paused, metrics.lastCommit} {
		if n := testutil.CollectAndCount(vector); n != 0 {
			t.Errorf("%d gauges are left of partitions that are no longer landed", n)
		}
	}
	if n := testutil.CollectAndCount(metrics.seconds); n != 1 {
		t.Errorf("%d histograms", n)
	}
	problems, err := testutil.GatherAndLint(registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	gathered, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, family := range gathered {
		names = append(names, family.GetName())
	}
	for _, name := range []string{"parley_landing_records_total", "parley_landing_commit_seconds", "parley_landing_kafka_faults_total"} {
		if !slices.Contains(names, name) {
			t.Errorf("no %s among %v", name, names)
		}
	}
}

func TestMetricsOfFencedPartitions(t *testing.T) {
	t.Parallel()
	b := setup(t, broker.Config{Dir: t.TempDir()})
	config := b.config()
	config.Metrics = NewMetrics(prometheus.NewRegistry())
	config.RotateEvery = time.Hour
	config.RotateRows = 100
	r := b.run(config)
	client := b.client()
	b.produceTo(client, 0, 0, 50)
	r.has(1)
	b.once(b.config()) // takes what the other one holds
	b.produceTo(client, 0, 50, 200)
	b.eventually("be fenced", func() bool {
		return testutil.ToFloat64(config.Metrics.fenced.WithLabelValues(b.prefix+"events", "0")) == 1
	})
	r.end()
	b.once(b.config())
	b.verify()
	b.hasEvents(250)
}

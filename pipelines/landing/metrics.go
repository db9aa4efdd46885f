package landing

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"parley/pipelines/lake"
)

// Metrics are landing's figures for Prometheus. One is shared by all calls of
// Run and Once in a process. Counters begin at 0 with the process; the gauges
// of a partition are there for as long as it is this process's.
type Metrics struct {
	records     *prometheus.CounterVec
	commits     *prometheus.CounterVec
	files       *prometheus.CounterVec
	bytes       *prometheus.CounterVec
	fenced      *prometheus.CounterVec
	seconds     *prometheus.HistogramVec
	kafkaFaults prometheus.Counter

	lag         *prometheus.GaugeVec
	lastCommit  *prometheus.GaugeVec
	breakerOpen *prometheus.GaugeVec
	paused      *prometheus.GaugeVec
}

// NewMetrics makes the figures and registers them, all under the name
// parley_landing_…. It panics if they are registered there already, as
// prometheus's own MustRegister does.
func NewMetrics(registerer prometheus.Registerer) *Metrics {
	partition := []string{"topic", "partition"}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "parley_landing_" + name, Help: help}, labels)
	}
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "parley_landing_" + name, Help: help}, partition)
	}
	m := &Metrics{
		records: counter("records_total", "Offsets brought into the log, by what became of their records.", "topic", "partition", "outcome"),
		commits: counter("commits_total", "Entries appended to the log.", partition...),
		files:   counter("files_total", "Files published that the log lists.", partition...),
		bytes:   counter("bytes_total", "Bytes of the files that the log lists.", partition...),
		fenced:  counter("fenced_total", "Times that another process had gone on from the same offset.", partition...),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "parley_landing_commit_seconds", Help: "How long it took to end the files and append the entry.",
			Buckets: prometheus.ExponentialBuckets(0.005, 2, 14),
		}, []string{"topic"}),
		kafkaFaults: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parley_landing_kafka_faults_total", Help: "Requests that Kafka did not answer, or refused for the moment; they are asked again.",
		}),
		lag:         gauge("lag_records", "Records that Kafka has beyond what was taken."),
		lastCommit:  gauge("last_commit_timestamp_seconds", "When the last entry was appended to the log, in Unix time."),
		breakerOpen: gauge("breaker_open", "1 from when too many of the records could not be read until they can be again."),
		paused:      gauge("paused", "1 while the partition waits to try again after a fault of the lake."),
	}
	registerer.MustRegister(m.records, m.commits, m.files, m.bytes, m.fenced, m.seconds, m.kafkaFaults,
		m.lag, m.lastCommit, m.breakerOpen, m.paused)
	return m
}

// partitionMetrics are one partition's figures; of a nil Metrics they note
// nothing.
type partitionMetrics struct {
	all              *Metrics
	topic, partition string
}

// of are the figures of a partition that this process begins to land.
func (m *Metrics) of(topic string, partition int32) partitionMetrics {
	p := partitionMetrics{m, topic, strconv.Itoa(int(partition))}
	p.set(breakerOpen, 0)
	p.set(paused, 0)
	return p
}

// forget removes the gauges of a partition that is no longer this process's.
func (p partitionMetrics) forget() {
	if p.all == nil {
		return
	}
	for _, gauge := range []*prometheus.GaugeVec{p.all.lag, p.all.lastCommit, p.all.breakerOpen, p.all.paused} {
		gauge.DeleteLabelValues(p.topic, p.partition)
	}
}

func lag(m *Metrics) *prometheus.GaugeVec         { return m.lag }
func lastCommit(m *Metrics) *prometheus.GaugeVec  { return m.lastCommit }
func breakerOpen(m *Metrics) *prometheus.GaugeVec { return m.breakerOpen }
func paused(m *Metrics) *prometheus.GaugeVec      { return m.paused }

func (p partitionMetrics) set(gauge func(*Metrics) *prometheus.GaugeVec, value float64) {
	if p.all != nil {
		gauge(p.all).WithLabelValues(p.topic, p.partition).Set(value)
	}
}

// committed notes an entry that was appended, and how long it took.
func (p partitionMetrics) committed(entry lake.Entry, took time.Duration) {
	if p.all == nil {
		return
	}
	for outcome, n := range map[string]int64{"row": entry.Rows, "dead": entry.Dead, "tombstone": entry.Tombstones, "skipped": entry.Skipped} {
		p.all.records.WithLabelValues(p.topic, p.partition, outcome).Add(float64(n))
	}
	p.all.commits.WithLabelValues(p.topic, p.partition).Inc()
	p.all.files.WithLabelValues(p.topic, p.partition).Add(float64(len(entry.Files)))
	p.all.bytes.WithLabelValues(p.topic, p.partition).Add(float64(sizeOf(entry.Files)))
	p.all.seconds.WithLabelValues(p.topic).Observe(took.Seconds())
	p.set(lastCommit, float64(entry.At.UnixMilli())/1000)
}

func (p partitionMetrics) fenced() {
	if p.all != nil {
		p.all.fenced.WithLabelValues(p.topic, p.partition).Inc()
	}
}

// kafkaFault notes a request that has to be asked again.
func (m *Metrics) kafkaFault() {
	if m != nil {
		m.kafkaFaults.Inc()
	}
}

func sizeOf(files []lake.File) (bytes int64) {
	for _, file := range files {
		bytes += file.Bytes
	}
	return bytes
}

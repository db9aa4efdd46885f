package landing

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"parley/pipelines/broker"
	"parley/pipelines/record"
)

// benchRecords is how many records each run of a benchmark lands.
func benchRecords(b *testing.B) int {
	b.Helper()
	text := os.Getenv("PARLEY_BENCH_RECORDS")
	if text == "" {
		return 400_000
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		b.Fatalf("PARLEY_BENCH_RECORDS is %q; give a number of records", text)
	}
	return n
}

// BenchmarkOnce lands events from Kafka, everything synced to disk, beside
// other ways for the same records. Each round is one run of each, so that what
// disturbs the machine disturbs all: `-benchtime 5x` gives the median of five.
// Every run is a process of its own, whose memory and processor time are its
// alone. With PARLEY_SPARK set, Spark takes part.
func BenchmarkOnce(b *testing.B) {
	b.Run("embedded", func(b *testing.B) { benchmarkOnce(b, broker.Config{Dir: b.TempDir()}) })
	b.Run("apache", func(b *testing.B) { benchmarkOnce(b, broker.Config{Brokers: []string{apacheKafka(b)}}) })
}

func benchmarkOnce(b *testing.B, config broker.Config) {
	records := benchRecords(b)
	four := openFilled(b, config, 4, records)
	one := openFilled(b, config, 1, records)
	pid := brokerPID(b, config)
	ways := []*way{
		{name: "limit", title: "the limit: decode and encode alone, without Kafka", run: childRun(four, child{Way: limitWay}, records)},
		{name: "4p", title: "landing, 4 partitions", run: childRun(four, child{Way: onceWay}, records)},
		{name: "1p", title: "landing, 1 partition", run: childRun(one, child{Way: onceWay}, records)},
		{name: "reader", title: "kafka-go's `Reader`, a file a batch, 4 partitions", run: childRun(four, child{Way: readerWay}, records)},
	}
	if os.Getenv("PARLEY_SPARK") != "" && len(config.Brokers) > 0 {
		spark := startSpark(b, four, records)
		for range 2 { // the JVM compiles what runs often
			spark.warm(b, 0)
			spark.warm(b, sparkBatch)
		}
		ways = append(ways,
			&way{name: "4p-batches", title: "landing, 4 partitions, a file for each 125,000 records", run: childRun(four, child{Way: onceWay, RotateRows: sparkBatch / 4}, records)},
			&way{name: "spark", title: "Spark, one batch", run: spark.land(0)},
			&way{name: "spark-batches", title: "Spark, batches of 500,000", run: spark.land(sparkBatch)},
		)
	}
	runtime.GC()
	for b.Loop() {
		for _, way := range ways {
			way.measure(b, pid)
		}
	}
	limit := ways[0]
	for _, way := range ways {
		b.ReportMetric(way.rate(), way.name+"-records/s")
		b.ReportMetric(way.peak()/1e6, way.name+"-MB-peak")
		if way != limit {
			b.ReportMetric(100*way.against(limit), way.name+"-%-of-limit")
		}
	}
	b.ReportMetric(0, "ns/op") // of a whole round: it says nothing
	tabulate(b, config, records, ways)
}

// way is one way of bringing the records into files.
type way struct {
	name, title string
	run         func(b *testing.B, into string) cost
	costs       []cost // of each round
}

// cost is what one run took.
type cost struct {
	Records   int64
	Seconds   float64
	Processor float64 // seconds of processor time, of all cores together
	Peak      float64 // bytes of memory at the most

	whole  float64 // Processor, and that of the process's beginning and end
	broker float64 // processors that the broker had meanwhile
	others float64 // processors that all else on the machine had meanwhile
}

func (c cost) rate() float64 { return float64(c.Records) / c.Seconds }

// processors is how many it had.
func (c cost) processors() float64 { return c.Processor / c.Seconds }

// thrift is how many records it landed for each second of processor time: it
// hardly depends on what else the machine does.
func (c cost) thrift() float64 { return float64(c.Records) / c.Processor }

// measure runs once, on a disk that has nothing left to write.
func (w *way) measure(b *testing.B, brokerPID int) {
	into, err := os.MkdirTemp(b.TempDir(), "into")
	if err != nil {
		b.Fatal(err)
	}
	syscall.Sync()
	began, broker, machine := time.Now(), processorTime(b, brokerPID), machineTime(b)
	spent := w.run(b, into)
	wall := time.Since(began).Seconds()
	broker = processorTime(b, brokerPID) - broker
	spent.broker = broker / wall
	spent.others = max(0, machineTime(b)-machine-broker-spent.whole) / wall
	w.costs = append(w.costs, spent)
	if err := os.RemoveAll(into); err != nil {
		b.Fatal(err)
	}
}

func (w *way) rate() float64 { return median(w.costs, cost.rate) }

func (w *way) peak() float64 {
	return slices.MaxFunc(w.costs, func(a, b cost) int { return int(a.Peak - b.Peak) }).Peak
}

// against is the median of the rounds' ratios: how many times as fast.
func (w *way) against(other *way) float64 {
	var ratios []float64
	for i := range w.costs {
		ratios = append(ratios, w.costs[i].rate()/other.costs[i].rate())
	}
	return median(ratios, func(ratio float64) float64 { return ratio })
}

func median[T any](of []T, value func(T) float64) float64 {
	var values []float64
	for _, one := range of {
		values = append(values, value(one))
	}
	slices.Sort(values)
	if n := len(values); n%2 == 0 {
		return (values[n/2-1] + values[n/2]) / 2
	}
	return values[len(values)/2]
}

// filled is a broker with the benchmark's events in one topic.
type filled struct {
	broker *broker.Broker
	prefix string
}

func (f filled) topic() string { return record.KindEvent.Topic(f.prefix) }

// openTopics opens the broker with topics of its own, which go in the end.
func openTopics(b testing.TB, config broker.Config, partitions int) filled {
	b.Helper()
	config.TopicPrefix, config.Partitions = fmt.Sprintf("bench%d-%d.", os.Getpid(), prefixes.Add(1)), partitions
	opened, err := broker.Open(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { opened.Close() })
	topics, err := opened.EnsureTopics(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		client := kafka.Client{Addr: kafka.TCP(opened.Addrs()...)}
		if _, err := client.DeleteTopics(context.Background(), &kafka.DeleteTopicsRequest{Topics: topics}); err != nil {
			b.Error(err)
		}
	})
	return filled{opened, config.TopicPrefix}
}

func openFilled(b *testing.B, config broker.Config, partitions, records int) filled {
	b.Helper()
	if len(config.Brokers) == 0 {
		config.Dir = b.TempDir() // each its own: one folder has one broker
	}
	f := openTopics(b, config, partitions)
	const chunk = 40_000
	for from := 0; from < records; from += chunk {
		messages := make([]broker.Message, 0, chunk)
		for i := from; i < min(from+chunk, records); i++ {
			key, value := benchEvent(nil, i)
			messages = append(messages, broker.Message{Kind: record.KindEvent, Key: key, Value: value})
		}
		if err := f.broker.Produce(b.Context(), messages); err != nil {
			b.Fatal(err)
		}
	}
	return f
}

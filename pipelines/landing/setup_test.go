package landing

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/twmb/franz-go/pkg/kgo"

	"parley/pipelines/broker"
	"parley/pipelines/lake"
	"parley/pipelines/record"
)

// bench is a Kafka with empty topics of its own, and an empty lake.
type bench struct {
	*testing.T
	broker *broker.Broker
	prefix string
	lake   *lake.Lake
}

var prefixes atomic.Int64

// onEachKafka runs the test on the broker inside the process and on Apache
// Kafka itself, if one is there.
func onEachKafka(t *testing.T, test func(b *bench)) {
	t.Helper()
	t.Parallel()
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		test(setup(t, broker.Config{Dir: t.TempDir()}))
	})
	t.Run("apache", func(t *testing.T) {
		t.Parallel()
		test(setup(t, broker.Config{Brokers: []string{apacheKafka(t)}}))
	})
}

func apacheKafka(t testing.TB) string {
	t.Helper()
	address := os.Getenv("PARLEY_TEST_KAFKA")
	if address != "" {
		return address
	}
	const advice = "PARLEY_TEST_KAFKA is not set: run PARLEY_TEST_KAFKA=$(testdata/kafka/start) go test to test on Apache Kafka itself"
	if os.Getenv("CI") == "true" {
		t.Fatal(advice)
	}
	t.Skip(advice)
	return ""
}

func setup(t *testing.T, config broker.Config) *bench {
	t.Helper()
	b := &bench{T: t, prefix: fmt.Sprintf("test%d-%d.", os.Getpid(), prefixes.Add(1))}
	config.TopicPrefix, config.Partitions = b.prefix, 3
	var err error
	if b.broker, err = broker.Open(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.broker.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := b.broker.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b.lake, err = lake.Open(filepath.Join(t.TempDir(), "lake")); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) config() Config {
	return Config{
		Addrs: b.broker.Addrs(), Security: b.broker.Security(), TopicPrefix: b.prefix, Group: b.prefix + "group", Lake: b.lake,
		Now: func() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) },
	}
}

func (b *bench) once(config Config) Summary {
	b.Helper()
	summary, err := Once(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	return summary
}

func (b *bench) produce(messages ...broker.Message) {
	b.Helper()
	if err := b.broker.Produce(b.Context(), messages); err != nil {
		b.Fatal(err)
	}
}

// events are n events with the ids e<from>, e<from+1>, …
func events(from, n int) []broker.Message {
	messages := make([]broker.Message, n)
	for i := range messages {
		id := from + i
		messages[i] = broker.Message{
			Kind: record.KindEvent, Key: fmt.Sprintf("u%d", id%50),
			Value: fmt.Appendf(nil, `{"id":"e%d","event_name":"page_view","user_id":"u%d","created_at":%d}`, id, id%50, 1_772_000_000+id),
		}
	}
	return messages
}

// client is another client of the same Kafka, for what produces strangely.
func (b *bench) client(options ...kgo.Opt) *kgo.Client {
	b.Helper()
	client, err := kgo.NewClient(append(options, kgo.SeedBrokers(b.broker.Addrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(client.Close)
	return client
}

// landedPath is where a landed file can be read.
func (b *bench) landedPath(file lake.File) string {
	b.Helper()
	path, err := b.lake.Local(b.Context(), file.Path)
	if err != nil {
		b.Fatal(err)
	}
	return path
}

// rowsOf reads all rows of a kind that the log lists.
func rowsOf[Row any](b *bench, kind string) []Row {
	b.Helper()
	files, err := b.lake.Files(kind)
	if err != nil {
		b.Fatal(err)
	}
	var all []Row
	for _, file := range files {
		rows, err := parquet.ReadFile[Row](b.landedPath(file))
		if err != nil {
			b.Fatalf("%s: %v", file.Path, err)
		}
		if int64(len(rows)) != file.Rows {
			b.Errorf("%s has %d rows, its entry says %d", file.Path, len(rows), file.Rows)
		}
		all = append(all, rows...)
	}
	return all
}

// verify checks what must hold of the log at any time, and gives its entries.
func (b *bench) verify() []lake.Entry {
	b.Helper()
	entries, err := b.lake.Entries(nil)
	if err != nil {
		b.Fatal(err)
	}
	end := map[string]int64{}
	listed := map[string]bool{}
	for _, entry := range entries {
		if entry.Start != end[entry.Log()] {
			b.Errorf("%s: an entry begins at %d, the one before ends at %d", entry.Log(), entry.Start, end[entry.Log()])
		}
		end[entry.Log()] = entry.End
		var rows int64
		for _, file := range entry.Files {
			if listed[file.Path] {
				b.Errorf("%s is listed twice", file.Path)
			}
			listed[file.Path] = true
			rows += file.Rows
			path := b.landedPath(file)
			info, err := os.Stat(path)
			if err != nil || info.Size() != file.Bytes {
				b.Errorf("%s: %v, not %d bytes", file.Path, err, file.Bytes)
			}
			landed, err := parquet.ReadFile[whereabouts](path)
			if err != nil || int64(len(landed)) != file.Rows {
				b.Errorf("%s has %d rows, its entry says %d: %v", file.Path, len(landed), file.Rows, err)
			}
			for _, row := range landed {
				if row.KafkaPartition != entry.Partition || row.KafkaOffset < entry.Start || row.KafkaOffset >= entry.End {
					b.Errorf("%s holds the record of partition %d, offset %d", file.Path, row.KafkaPartition, row.KafkaOffset)
				}
			}
		}
		if entry.Rows+entry.Dead+entry.Tombstones+entry.Skipped != entry.End-entry.Start || rows != entry.Rows+entry.Dead+entry.Tombstones {
			b.Errorf("%s does not add up: %+v", entry.Log(), entry)
		}
	}
	return entries
}

// whereabouts is the part of every row that says where the record stood.
type whereabouts struct {
	KafkaPartition int32 `parquet:"kafka_partition"`
	KafkaOffset    int64 `parquet:"kafka_offset"`
}

// hasEvents checks that the events with the ids e0 to e<n-1> have landed, each once.
func (b *bench) hasEvents(n int) {
	b.Helper()
	seen := map[string]int{}
	for _, row := range rowsOf[record.Event](b, string(record.KindEvent)) {
		seen[row.EventID]++
	}
	for id, times := range seen {
		if times != 1 {
			b.Errorf("%s landed %d times", id, times)
		}
	}
	for i := range n {
		if id := fmt.Sprintf("e%d", i); seen[id] == 0 {
			b.Errorf("%s is lost", id)
		}
	}
	if len(seen) != n {
		b.Errorf("%d events have landed, want %d", len(seen), n)
	}
}

// eventually waits until the condition holds.
func (b *bench) eventually(what string, condition func() bool) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-ctx.Done():
			b.Fatalf("%s: not within a minute", what)
		case <-tick.C:
		}
	}
}

// landedRows counts the rows of the log's entries.
func (b *bench) landedRows() (n int64) {
	b.Helper()
	entries, err := b.lake.Entries(nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, entry := range entries {
		n += entry.Rows
	}
	return n
}

// leftovers are the Parquet files that no entry lists, and what lies in tmp.
func (b *bench) leftovers() []string {
	b.Helper()
	listed := map[string]bool{}
	for _, entry := range b.verify() {
		for _, file := range entry.Files {
			listed[b.lake.Path(file.Path)] = true
		}
	}
	var left []string
	err := filepath.WalkDir(b.lake.Root(), func(path string, info os.DirEntry, err error) error {
		if err == nil && !info.IsDir() && !listed[path] && !strings.Contains(path, "/log/") {
			left = append(left, path)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	slices.SortFunc(left, cmp.Compare)
	return left
}

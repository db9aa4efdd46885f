package landing

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"parley/pipelines/broker"
	"parley/pipelines/lake"
	"parley/pipelines/record"
)

// benchRecords is how many records a benchmark lands: four partitions of one topic.
const benchRecords = 400_000

// benchEvents are events of some 340 bytes.
func benchEvents() []broker.Message {
	names := []string{"page_view", "signed_up", "shift_created", "plan_changed", "report_viewed", "logged_in", "invited_teammate"}
	plans := []string{"starter", "team", "business"}
	messages := make([]broker.Message, benchRecords)
	for i := range messages {
		user := (i * 7919) % 200_000
		at := time.Unix(1_767_225_600+int64(i/50), int64(i%1000)*1_000_000).UTC().Format(time.RFC3339Nano)
		messages[i] = broker.Message{Kind: record.KindEvent, Key: fmt.Sprintf("u_%08d", user), Value: fmt.Appendf(nil,
			`{"type":"event","id":"evt_%012x%08x","event_name":"%s","user_id":"u_%08d","company_id":"c_%05d","created_at":"%s","url":"https://app.example.com/rota/%d","ip":"192.0.2.%d","metadata":{"plan":"%s","n":%d,"ok":%t,"price":%d.%02d,"session":"%016x"}}`,
			i, uint32(i)*2654435761, names[i%7], user, user%5000, at, i%500, i%250, plans[i%3], i%1000, i%2 == 0, i%300, i%100, uint64(i)*11400714819323198485)}
	}
	return messages
}

// BenchmarkOnce lands events from Kafka, everything synced to disk. "limit" is
// decoding and encoding the same records on all processors without Kafka.
func BenchmarkOnce(b *testing.B) {
	messages := benchEvents()
	b.Run("embedded", func(b *testing.B) { benchmarkOnce(b, broker.Config{Dir: b.TempDir()}, messages) })
	b.Run("apache", func(b *testing.B) {
		if os.Getenv("PARLEY_TEST_KAFKA") == "" {
			b.Skip("PARLEY_TEST_KAFKA is not set: it is printed by testdata/kafka/start")
		}
		benchmarkOnce(b, broker.Config{Brokers: []string{os.Getenv("PARLEY_TEST_KAFKA")}}, messages)
	})
	b.Run("limit", func(b *testing.B) { benchmarkLimit(b, messages) })
}

func benchmarkOnce(b *testing.B, config broker.Config, messages []broker.Message) {
	config.TopicPrefix = fmt.Sprintf("bench%d-%d.", os.Getpid(), prefixes.Add(1))
	opened, err := broker.Open(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	defer opened.Close()
	if _, err := opened.EnsureTopics(b.Context()); err != nil {
		b.Fatal(err)
	}
	if err := opened.Produce(b.Context(), messages); err != nil {
		b.Fatal(err)
	}
	runtime.GC()
	for i := 0; b.Loop(); i++ {
		into, err := lake.Open(filepath.Join(b.TempDir(), fmt.Sprint("lake", i)))
		if err != nil {
			b.Fatal(err)
		}
		summary, err := Once(b.Context(), Config{Addrs: opened.Addrs(), TopicPrefix: config.TopicPrefix, Lake: into})
		if err != nil || summary.Rows[record.KindEvent] != benchRecords {
			b.Fatal(summary, err)
		}
	}
	b.ReportMetric(benchRecords*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func benchmarkLimit(b *testing.B, messages []broker.Message) {
	for b.Loop() {
		into, err := lake.Open(filepath.Join(b.TempDir(), "lake"))
		if err != nil {
			b.Fatal(err)
		}
		var group errgroup.Group
		workers := runtime.GOMAXPROCS(0)
		for worker := range workers {
			group.Go(func() error {
				s, err := newSink(Config{Lake: into, Now: time.Now}.withDefaults(), record.KindEvent, "limit", int32(worker))
				if err != nil {
					return err
				}
				defer s.discard()
				part := messages[worker*len(messages)/workers : (worker+1)*len(messages)/workers]
				taken := make([]message, 0, batchRows)
				for i, m := range part {
					taken = append(taken, message{offset: int64(i), at: time.Unix(0, 0), value: m.Value})
					if len(taken) == cap(taken) || i == len(part)-1 {
						if _, err := s.take(taken); err != nil {
							return err
						}
						taken = taken[:0]
					}
				}
				_, err = s.rows.publish(s.origin, 0, int64(len(part)))
				return err
			})
		}
		if err := group.Wait(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(benchRecords*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

package broker

import (
	"fmt"
	"testing"

	"parley/pipelines/record"
)

// BenchmarkProduce sends 300,000 records of some 150 bytes to the broker
// inside the process, which syncs every request to disk.
func BenchmarkProduce(b *testing.B) {
	const records = 300_000
	messages := make([]Message, records)
	for i := range messages {
		messages[i] = Message{
			Kind:  record.KindEvent,
			Key:   fmt.Sprintf("u_%d", i%3000),
			Value: fmt.Appendf(nil, `{"event_name":"page_view","user_id":"u_%d","created_at":"2026-03-04T05:06:07Z","url":"https://app.example.com/rota/%d","id":"e%08d"}`, i%3000, i%500, i),
		}
	}
	for b.Loop() {
		b.StopTimer()
		embedded, err := Open(b.Context(), Config{Dir: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := embedded.EnsureTopics(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		for start := 0; start < records; start += 5000 {
			if err := embedded.Produce(b.Context(), messages[start:start+5000]); err != nil {
				b.Fatal(err)
			}
		}
		b.StopTimer()
		embedded.Close()
		b.StartTimer()
	}
	b.ReportMetric(records*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

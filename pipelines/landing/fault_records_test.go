package landing

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"parley/pipelines/lake"
	"parley/pipelines/record"
)

// junk are records that cannot be read: bytes by chance.
func junk(b *bench, n int) []*kgo.Record {
	luck := chance(b)
	records := make([]*kgo.Record, n)
	for i := range records {
		value := make([]byte, luck.IntN(80))
		for at := range value {
			value[at] = byte(luck.Uint32())
		}
		records[i] = &kgo.Record{Partition: int32(i % 3), Key: value[:len(value)/3], Value: value}
	}
	return records
}

// TestTortureFloodOfBadRecords lands 100,000 records that cannot be read, and some
// that can, with Once: it keeps all of them, byte for byte.
func TestTortureFloodOfBadRecords(t *testing.T) {
	onKafka(t, func(b *bench) {
		sent := b.ledger()
		client := b.client()
		sent.send(client, junk(b, 100_000)...)
		sent.sendNumbered(client, 0, 300)
		summary := b.once(b.config())
		if summary.Dead < 99_000 || summary.Dead+summary.Rows[record.KindEvent]+summary.Tombstones != 100_300 {
			b.Errorf("%d dead letters of %d", summary.Dead, 100_300)
		}
		sent.check()
	})
}

// TestTortureLargeRecords lands records of 12 MB, good and bad ones, and ids and keys of 10 kB.
func TestTortureLargeRecords(t *testing.T) {
	onKafka(t, func(b *bench) {
		const large, longID = 12 << 20, 10_000
		b.configure(map[string]string{"max.message.bytes": fmt.Sprint(16 << 20)})
		sent := b.ledger()
		client := b.client(kgo.ProducerBatchMaxBytes(16<<20), kgo.ProducerBatchCompression(kgo.NoCompression()))
		event := func(id, text string) []byte {
			return fmt.Appendf(nil, `{"id":%q,"event_name":"page_view","user_id":"u1","created_at":1,"metadata":{"text":%q}}`, id, text)
		}
		long := func(i int) string { return fmt.Sprintf("%d-%s", i, strings.Repeat("x", longID)) }
		for i, value := range [][]byte{
			event("small", ""), event("large", strings.Repeat("text ", large/5)), bytes.Repeat([]byte{'{', 0xff}, large/2),
			event(long(0), ""), event(long(1), "a"), event("last", ""), nil,
		} {
			sent.send(client, &kgo.Record{Key: []byte(long(i)), Value: value})
		}
		config := b.config()
		config.RotateBytes = 1 << 20
		b.once(config)
		letters := rowsOf[record.DeadLetter](b, lake.DeadLetters) // of 12 MB, and of an id that is too long
		if len(letters) != 3 || len(letters[0].Value) != large || string(letters[0].Key) != long(2) || len(letters[0].Reason)+len(letters[1].Reason) > 1000 {
			b.Errorf("%d dead letters, or not as they came", len(letters))
		}
		if stones := rowsOf[record.Tombstone](b, lake.Tombstones); len(stones) != 1 || stones[0].Key != long(6) {
			b.Errorf("%d tombstones, or not of their key", len(stones))
		}
		sent.check()
	})
}

// TestTortureTimesOfRecords lands records that Kafka says to be of 1970 and of 2106.
func TestTortureTimesOfRecords(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		b.configure(map[string]string{"retention.ms": "-1", "message.timestamp.after.max.ms": "9223372036854775807"})
		times := []time.Time{time.UnixMilli(0), time.UnixMilli(1), time.Date(2106, 2, 7, 6, 28, 15, 0, time.UTC), time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC), time.UnixMilli(0)}
		sent := b.ledger()
		client := b.client()
		for i, at := range times {
			r := numbered("", i)
			r.Topic, r.Partition, r.Timestamp = b.prefix+"events", 0, at
			sent.send(client, r)
		}
		r := b.run(b.follower())
		b.eventually("land", func() bool { return b.settledOffsets() == int64(len(times)) })
		r.end()
		for _, row := range rowsOf[record.Event](b, "events") {
			if !row.KafkaAt.Equal(times[row.KafkaOffset]) {
				b.Errorf("the record at %d is of %s, want %s", row.KafkaOffset, row.KafkaAt, times[row.KafkaOffset])
			}
		}
		sent.check()
	})
}

// TestTortureClockOfTheMachine lands with a clock of 1970 and of 2106, and with one
// that runs backwards.
func TestTortureClockOfTheMachine(t *testing.T) {
	t.Parallel()
	b := embedded(t)
	sent := b.ledger()
	client := b.client()
	backwards := rand.New(rand.NewPCG(1, 1))
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	days := map[string]func() time.Time{
		"1970-01-01": func() time.Time { return time.Unix(0, 0) },
		"2106-02-07": func() time.Time { return time.Unix(1<<32-1, 0) },
		"2026-03-04": func() time.Time {
			now = now.Add(-time.Duration(backwards.IntN(100)) * time.Microsecond)
			return now
		},
	}
	n := 0
	for day, clock := range days {
		config := b.config()
		config.RotateRows, config.Now = 20, clock
		sent.send(client, bulky(100)...) // of one partition: the clock is read by one
		n += 100
		b.once(config)
		files, err := b.lake.Files("events")
		if err != nil || int64(n) != b.landedRows() {
			b.Fatalf("%d rows have landed, want %d: %v", b.landedRows(), n, err)
		}
		if last := files[len(files)-1].Path; !strings.Contains(last, "/dt="+day+"/") {
			b.Errorf("%s, want the day %s", last, day)
		}
	}
	sent.check()
}

package landing

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go/compress"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// batch is a batch as Kafka's answer holds it, of the offsets from base to last,
// with records at some of them.
type batch struct {
	base, last, producer int64
	attributes           int16
	offsets              []int64
}

func (b batch) bytes(t *testing.T) []byte {
	t.Helper()
	var records []byte
	for _, offset := range b.offsets {
		r := kmsg.Record{OffsetDelta: int32(offset - b.base), TimestampDelta64: offset, Value: fmt.Appendf(nil, "v%d", offset)}
		r.Length = int32(len(r.AppendTo(nil)) - 1) // the length of 0 takes one byte
		records = r.AppendTo(records)
	}
	if codec := compress.Compression(b.attributes & attributeCodec).Codec(); codec != nil {
		var packed bytes.Buffer
		writer := codec.NewWriter(&packed)
		if _, err := writer.Write(records); err != nil {
			t.Fatal(err)
		}
		if err := writer.Close(); err != nil {
			t.Fatal(err)
		}
		records = packed.Bytes()
	}
	whole := (&kmsg.RecordBatch{
		FirstOffset: b.base, Length: int32(len(records)) + batchLeast - batchHead, Magic: 2, Attributes: b.attributes,
		LastOffsetDelta: int32(b.last - b.base), FirstTimestamp: 1_000_000, MaxTimestamp: 2_000_000,
		ProducerID: b.producer, NumRecords: int32(len(b.offsets)), Records: records,
	}).AppendTo(nil)
	binary.BigEndian.PutUint32(whole[17:], crc32.Checksum(whole[batchSummed:], castagnoli))
	return whole
}

// plain is a batch that ends with its last record.
func plain(offsets ...int64) batch {
	return batch{base: offsets[0], last: offsets[len(offsets)-1], producer: -1, offsets: offsets}
}

// written is a producer's batch in a transaction, marked the marker of its end.
func written(producer int64, offsets ...int64) batch {
	b := plain(offsets...)
	b.producer, b.attributes = producer, attributeTransactional
	return b
}

func marked(producer, offset int64) batch {
	b := written(producer, offset)
	b.attributes |= attributeControl
	return b
}

func abortedAt(producerAndOffset ...int64) (list []kmsg.FetchResponseTopicPartitionAbortedTransaction) {
	for pair := range slices.Chunk(producerAndOffset, 2) {
		list = append(list, kmsg.FetchResponseTopicPartitionAbortedTransaction{ProducerID: pair[0], FirstOffset: pair[1]})
	}
	return list
}

func TestAnswersOfKafka(t *testing.T) {
	t.Parallel()
	empty := func(base, last int64) batch { return batch{base: base, last: last, producer: -1} }
	for _, test := range []struct {
		name    string
		from    int64
		batches []batch
		aborted []kmsg.FetchResponseTopicPartitionAbortedTransaction
		want    []int64
		dropped []int64
		next    int64
	}{
		{name: "nothing", from: 5, next: 5},
		{name: "begins inside a batch", from: 2, batches: []batch{plain(0, 1, 2, 3)}, want: []int64{2, 3}, next: 4},
		{name: "compacted", from: 0, batches: []batch{{base: 0, last: 9, producer: -1, offsets: []int64{0, 3}}, empty(10, 19), empty(20, 29), plain(30, 35)}, want: []int64{0, 3, 30, 35}, next: 36},
		{name: "ends with an empty batch", from: 0, batches: []batch{plain(0), empty(10, 19)}, want: []int64{0}, next: 20},
		{name: "inside an empty batch", from: 14, batches: []batch{empty(10, 100_010)}, next: 100_011},
		{name: "ends with a marker", from: 0, batches: []batch{written(7, 0), marked(7, 1)}, want: []int64{0}, next: 2},
		{
			name: "an aborted transaction among others", from: 0,
			batches: []batch{written(7, 0, 1), written(8, 2), plain(3), marked(7, 4), written(7, 5), marked(8, 6), marked(7, 7)},
			aborted: abortedAt(7, 0),
			want:    []int64{0, 1, 2, 3, 5}, dropped: []int64{0, 1}, next: 8,
		},
		{
			name: "the same producer aborts again", from: 0,
			batches: []batch{written(7, 0), marked(7, 1), written(7, 2), marked(7, 3), written(7, 4), marked(7, 5)},
			aborted: abortedAt(7, 4, 7, 0),
			want:    []int64{0, 2, 4}, dropped: []int64{0, 4}, next: 6,
		},
		{
			name: "begins at the marker of an aborted transaction", from: 4,
			batches: []batch{marked(7, 4), written(7, 5), marked(7, 6)},
			aborted: abortedAt(7, 0),
			want:    []int64{5}, next: 7,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			answer := &kmsg.FetchResponseTopicPartition{AbortedTransactions: test.aborted, HighWatermark: 200_000}
			for _, b := range test.batches {
				answer.RecordBatches = append(answer.RecordBatches, b.bytes(t)...)
			}
			c := &chunk{next: test.from}
			if err := c.fill(answer, test.from); err != nil {
				t.Fatal(err)
			}
			var got, dropped []int64
			for _, m := range c.messages {
				got = append(got, m.offset)
				if m.aborted {
					dropped = append(dropped, m.offset)
				}
				if string(m.value) != fmt.Sprintf("v%d", m.offset) || m.key != nil {
					t.Errorf("the record at %d has the key %q, the value %q", m.offset, m.key, m.value)
				}
				if want := time.UnixMilli(1_000_000 + m.offset); !m.at.Equal(want) {
					t.Errorf("the record at %d is of %s, want %s", m.offset, m.at, want)
				}
			}
			if diff := gocmp.Diff(test.want, got) + gocmp.Diff(test.dropped, dropped); diff != "" {
				t.Errorf("records, and those of aborted transactions (-want +got): %s", diff)
			}
			if c.next != test.next || c.end != 200_000 {
				t.Errorf("next %d, end %d, want %d and 200000", c.next, c.end, test.next)
			}
		})
	}
}

// TestCodecs: memory that is used again for what is unpacked keeps earlier
// batches as they were.
func TestCodecs(t *testing.T) {
	t.Parallel()
	c := &chunk{}
	for round := range 3 {
		var answer kmsg.FetchResponseTopicPartition
		for codec := range int64(5) {
			b := plain(10*codec, 10*codec+1, 10*codec+2)
			b.attributes = int16(codec)
			answer.RecordBatches = append(answer.RecordBatches, b.bytes(t)...)
		}
		*c = chunk{messages: c.messages[:0], unpacked: c.unpacked[:0]}
		if err := c.fill(&answer, 0); err != nil {
			t.Fatal(err)
		}
		if len(c.messages) != 15 || c.next != 43 {
			t.Errorf("round %d: %d records, next %d", round, len(c.messages), c.next)
		}
		for _, m := range c.messages {
			if string(m.value) != fmt.Sprintf("v%d", m.offset) {
				t.Errorf("round %d: the value at %d is %q", round, m.offset, m.value)
			}
		}
	}
}

func TestTimeIsTheBrokersWhereItSaysSo(t *testing.T) {
	t.Parallel()
	b := plain(0, 1)
	b.attributes |= attributeLogAppendTime
	c := &chunk{}
	if err := c.fill(&kmsg.FetchResponseTopicPartition{RecordBatches: b.bytes(t)}, 0); err != nil {
		t.Fatal(err)
	}
	for _, m := range c.messages {
		if !m.at.Equal(time.UnixMilli(2_000_000)) {
			t.Errorf("the record at %d is of %s", m.offset, m.at)
		}
	}
}

// TestOldFormat: records that an old broker still has on disk.
func TestOldFormat(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1_700_000_000_123).UTC()
	set := protocol.RecordSet{Version: 1, Records: protocol.NewRecordReader(
		protocol.Record{Offset: 5, Time: at, Key: protocol.NewBytes([]byte("k")), Value: protocol.NewBytes([]byte("v5"))},
		protocol.Record{Offset: 6, Time: at, Value: nil, Key: protocol.NewBytes([]byte("k"))},
	)}
	var encoded bytes.Buffer
	if _, err := set.WriteTo(&encoded); err != nil {
		t.Fatal(err)
	}
	// The writer leaves offsets to the broker.
	content := encoded.Bytes()[4:]
	second := int(binary.BigEndian.Uint32(content[8:])) + batchHead
	binary.BigEndian.PutUint64(content, 5)
	binary.BigEndian.PutUint64(content[second:], 6)
	c := &chunk{}
	if err := c.fill(&kmsg.FetchResponseTopicPartition{RecordBatches: content}, 0); err != nil {
		t.Fatal(err)
	}
	want := []message{{offset: 5, at: at, key: []byte("k"), value: []byte("v5")}, {offset: 6, at: at, key: []byte("k")}}
	if diff := gocmp.Diff(want, c.messages, gocmp.AllowUnexported(message{})); diff != "" || c.next != 7 {
		t.Errorf("next %d, records (-want +got): %s", c.next, diff)
	}
}

// TestDamagedBatches: whatever bit is turned over, nothing of the batch lands.
func TestDamagedBatches(t *testing.T) {
	t.Parallel()
	first, second := plain(0, 1).bytes(t), plain(2, 3, 4).bytes(t)
	for bit := 8 * batchSummed; bit < 8*len(second); bit++ {
		damaged := slices.Clone(second)
		damaged[bit/8] ^= 1 << (bit % 8)
		c := &chunk{}
		err := c.fill(&kmsg.FetchResponseTopicPartition{RecordBatches: slices.Concat(first, damaged)}, 0)
		if !errors.Is(err, errDamaged) || len(c.messages) != 2 || c.next != 2 {
			t.Fatalf("bit %d: %d records, next %d, %v", bit, len(c.messages), c.next, err)
		}
	}
	for cut := range second {
		c := &chunk{}
		if err := c.fill(&kmsg.FetchResponseTopicPartition{RecordBatches: slices.Concat(first, second[:cut])}, 0); err != nil || c.next != 2 {
			t.Errorf("cut off after %d bytes: next %d, %v", cut, c.next, err)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(plain(0, 1).bytes(&testing.T{}))
	packed := plain(3, 4)
	packed.attributes = int16(compress.Zstd)
	f.Add(packed.bytes(&testing.T{}))
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) >= batchLeast { // else no batch would have the right sum
			binary.BigEndian.PutUint32(content[17:], crc32.Checksum(content[batchSummed:], castagnoli))
		}
		c := &chunk{}
		if err := c.fill(&kmsg.FetchResponseTopicPartition{RecordBatches: content}, 0); err == nil {
			last := int64(-1)
			for _, m := range c.messages {
				if m.offset <= last || m.offset >= c.next {
					t.Fatalf("the record at %d comes after %d, next %d", m.offset, last, c.next)
				}
				last = m.offset
			}
		}
	})
}

package landing

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"time"

	"github.com/segmentio/kafka-go/compress"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// message is one record as it stands in Kafka.
type message struct {
	offset  int64
	at      time.Time
	key     []byte // nil: none
	value   []byte // nil: none, a tombstone
	headers []header
	aborted bool // written by a transaction that was taken back
}

type header struct {
	Key   string `json:"key"`
	Value []byte `json:"value"`
}

// chunk is the answer to one fetch.
type chunk struct {
	messages []message
	next     int64  // from where to fetch next
	end      int64  // the offset that Kafka's next record will have
	answer   []byte // as it came; the messages refer to it
	unpacked []byte // of compressed batches; the messages refer to it
}

// errDamaged says that a batch is not what was produced: it was damaged on its
// way or on the broker's disk, and nothing of it lands.
var errDamaged = errors.New("a batch is damaged")

// Attributes of a batch, by Kafka's format of records, version 2.
const (
	attributeCodec         = 0b111
	attributeLogAppendTime = 1 << 3
	attributeTransactional = 1 << 4
	attributeControl       = 1 << 5
)

const (
	batchHead   = 12 // the offset and the length that stand before any batch
	batchMagic  = 16 // where the format's version stands
	batchSummed = 21 // from where on the checksum of version 2 counts
	batchLeast  = 61 // what a batch of version 2 has before its records
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// fill reads the answer's batches from the offset on.
func (c *chunk) fill(has *kmsg.FetchResponseTopicPartition, from int64) error {
	c.end = max(has.HighWatermark, has.LastStableOffset)
	aborted := newAborted(has.AbortedTransactions)
	for rest := has.RecordBatches; len(rest) > batchMagic; {
		length := int64(int32(binary.BigEndian.Uint32(rest[8:]))) + batchHead
		if length > int64(len(rest)) {
			break // Kafka may cut off the last one
		}
		if length <= batchMagic {
			return fmt.Errorf("%w: one of %d bytes", errDamaged, length)
		}
		whole := rest[:length]
		rest = rest[length:]
		read := c.batch
		if whole[batchMagic] < 2 {
			read = c.oldBatch
		}
		if err := read(whole, aborted, from); err != nil {
			return fmt.Errorf("read the batch at %d: %w", binary.BigEndian.Uint64(whole), err)
		}
	}
	return nil
}

// batch reads one batch of version 2.
func (c *chunk) batch(whole []byte, aborted *aborted, from int64) error {
	if len(whole) < batchLeast {
		return fmt.Errorf("%w: it has %d bytes", errDamaged, len(whole))
	}
	var b kmsg.RecordBatch
	if err := b.ReadFrom(whole); err != nil {
		return err
	}
	if sum := crc32.Checksum(whole[batchSummed:], castagnoli); sum != uint32(b.CRC) {
		return fmt.Errorf("%w: its checksum is %08x, not %08x", errDamaged, sum, uint32(b.CRC))
	}
	end := b.FirstOffset + int64(b.LastOffsetDelta) + 1
	if b.Attributes&attributeControl != 0 {
		aborted.ends(b.ProducerID, b.FirstOffset)
		c.next = max(c.next, end)
		return nil
	}
	dropped := b.Attributes&attributeTransactional != 0 && aborted.covers(b.ProducerID, b.FirstOffset)
	records, err := c.unpack(compress.Compression(b.Attributes&attributeCodec), b.Records)
	if err != nil {
		return err
	}
	for range b.NumRecords {
		length, n := binary.Varint(records)
		if n <= 0 || length < 0 || length > int64(len(records)-n) {
			return fmt.Errorf("%w: a record does not end in it", errDamaged)
		}
		var r kmsg.Record
		if err := r.ReadFrom(records[:n+int(length)]); err != nil {
			return fmt.Errorf("%w: %w", errDamaged, err)
		}
		records = records[n+int(length):]
		m := message{
			offset: b.FirstOffset + int64(r.OffsetDelta), at: time.UnixMilli(b.FirstTimestamp + r.TimestampDelta64).UTC(),
			key: r.Key, value: r.Value, aborted: dropped,
		}
		if m.offset < from {
			continue // Kafka answers with whole batches
		}
		if m.offset < c.next || m.offset >= end {
			return fmt.Errorf("%w: the record at %d is out of order", errDamaged, m.offset)
		}
		if b.Attributes&attributeLogAppendTime != 0 {
			m.at = time.UnixMilli(b.MaxTimestamp).UTC()
		}
		for _, h := range r.Headers {
			m.headers = append(m.headers, header{Key: h.Key, Value: h.Value})
		}
		c.messages = append(c.messages, m)
		c.next = m.offset + 1
	}
	if len(records) > 0 {
		return fmt.Errorf("%w: it has more than the %d records that it says", errDamaged, b.NumRecords)
	}
	// Compaction may have taken its last records, or all of them.
	c.next = max(c.next, end)
	return nil
}

// maxUnpacked bounds what a batch may become: a few bytes can be made to unpack
// into more than there is memory.
const maxUnpacked = 1 << 30

// unpack gives the records of a batch as they were before compression.
func (c *chunk) unpack(codec compress.Compression, packed []byte) ([]byte, error) {
	if codec == compress.None || len(packed) == 0 {
		return packed, nil
	}
	unpacker := codec.Codec()
	if unpacker == nil {
		return nil, fmt.Errorf("%w: it is compressed in a way that nobody knows, %d", errDamaged, codec)
	}
	reader := unpacker.NewReader(bytes.NewReader(packed))
	defer reader.Close()
	// It begins where the last one ended. If the memory does not suffice the
	// buffer moves to another; what was unpacked before stays where it is.
	used := len(c.unpacked)
	buffer := bytes.NewBuffer(c.unpacked[used:])
	n, err := buffer.ReadFrom(io.LimitReader(reader, maxUnpacked+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	if n > maxUnpacked {
		return nil, fmt.Errorf("%w: unpacked it has more than %d bytes", errDamaged, maxUnpacked)
	}
	records := buffer.Bytes()
	if all := c.unpacked[:cap(c.unpacked)]; len(records) > 0 && used < len(all) && &all[used] == &records[0] {
		c.unpacked = all[:used+len(records)]
	} else {
		c.unpacked = records
	}
	return records, nil
}

// oldBatch reads messages of the formats before Kafka 0.11, which brokers up to
// 3.x may still have on disk. They know no transactions and no headers.
func (c *chunk) oldBatch(whole []byte, _ *aborted, from int64) error {
	var set protocol.RecordSet
	sized := binary.BigEndian.AppendUint32(nil, uint32(len(whole)))
	if _, err := set.ReadFrom(bytes.NewBuffer(append(sized, whole...))); err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	for set.Records != nil {
		r, err := set.Records.ReadRecord()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errDamaged, err)
		}
		m := message{offset: r.Offset, at: r.Time.UTC()}
		if m.key, err = protocol.ReadAll(r.Key); err == nil {
			m.value, err = protocol.ReadAll(r.Value)
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errDamaged, err)
		}
		if m.offset >= max(from, c.next) {
			c.messages = append(c.messages, m)
			c.next = m.offset + 1
		}
	}
	return nil
}

// aborted follows the transactions that were taken back through an answer's
// batches, as Kafka's own consumer does.
type aborted struct {
	ahead []kmsg.FetchResponseTopicPartitionAbortedTransaction // by first offset, not met yet
	open  map[int64]bool                                       // producers inside an aborted transaction
}

func newAborted(transactions []kmsg.FetchResponseTopicPartitionAbortedTransaction) *aborted {
	ahead := slices.Clone(transactions)
	slices.SortFunc(ahead, func(a, b kmsg.FetchResponseTopicPartitionAbortedTransaction) int {
		return cmp.Compare(a.FirstOffset, b.FirstOffset)
	})
	return &aborted{ahead: ahead, open: map[int64]bool{}}
}

// covers says whether the producer's batch at the offset belongs to one.
func (a *aborted) covers(producer, base int64) bool {
	a.meet(base)
	return a.open[producer]
}

// meet opens the transactions that begin at or before the offset.
func (a *aborted) meet(base int64) {
	for len(a.ahead) > 0 && a.ahead[0].FirstOffset <= base {
		a.open[a.ahead[0].ProducerID] = true
		a.ahead = a.ahead[1:]
	}
}

// ends notes the marker at the offset that ends a producer's transaction, which
// may have begun before the answer.
func (a *aborted) ends(producer, base int64) {
	a.meet(base)
	delete(a.open, producer)
}

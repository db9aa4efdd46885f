package landing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/fetch"
)

// source is Kafka, as landing asks it.
type source struct {
	transport *kafka.Transport
	client    *kafka.Client
}

func newSource(config Config) *source {
	transport := config.Security.Transport("parley-landing")
	return &source{
		transport: transport,
		client:    &kafka.Client{Addr: kafka.TCP(config.Addrs...), Timeout: 30 * time.Second, Transport: transport},
	}
}

func (s *source) close() { s.transport.CloseIdleConnections() }

// offsets is what Kafka has of a partition.
type offsets struct {
	first  int64 // the first offset that it still has
	stable int64 // records below it may be read: no transaction is open there
	end    int64 // the offset of the next record
}

// offsets asks for what Kafka has of the topic's partitions now.
func (s *source) offsets(ctx context.Context, topic string, partitions ...int32) (map[int32]offsets, error) {
	var ask []kafka.OffsetRequest
	for _, partition := range partitions {
		ask = append(ask, kafka.FirstOffsetOf(int(partition)), kafka.LastOffsetOf(int(partition)))
	}
	found := map[int32]offsets{}
	for _, isolation := range []kafka.IsolationLevel{kafka.ReadCommitted, kafka.ReadUncommitted} {
		answer, err := s.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{
			Topics: map[string][]kafka.OffsetRequest{topic: ask}, IsolationLevel: isolation,
		})
		if err != nil {
			return nil, err
		}
		for _, partition := range answer.Topics[topic] {
			if partition.Error != nil {
				return nil, fmt.Errorf("partition %d: %w", partition.Partition, partition.Error)
			}
			has := found[int32(partition.Partition)]
			has.first = partition.FirstOffset
			if isolation == kafka.ReadCommitted {
				has.stable = partition.LastOffset
			} else {
				has.end = partition.LastOffset
			}
			found[int32(partition.Partition)] = has
		}
	}
	for _, partition := range partitions {
		if _, ok := found[partition]; !ok {
			return nil, fmt.Errorf("partition %d: it is not in the answer", partition)
		}
	}
	return found, nil
}

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
	next     int64 // from where to fetch next
	memory   []byte
}

// errNothing is what a fetch below the stable end gives that brings no batch:
// Kafka may be throttling. Records may lie there, so it is no reason to go on.
var errNothing = errors.New("an empty answer where Kafka has records")

// fetch asks for the partition's records from the offset on into the chunk,
// whose memory it reuses, and waits a while if there are none yet.
func (s *source) fetch(ctx context.Context, into *chunk, topic string, partition int32, from int64, maxBytes int, wait time.Duration) error {
	into.messages, into.next, into.memory = into.messages[:0], from, into.memory[:0]
	ctx, cancel := context.WithTimeout(ctx, wait+30*time.Second)
	defer cancel()
	// Client.Fetch would not tell which transactions were aborted.
	response, err := s.transport.RoundTrip(ctx, s.client.Addr, &fetch.Request{
		ReplicaID: -1, MaxWaitTime: int32(wait.Milliseconds()), MinBytes: 1, MaxBytes: int32(maxBytes),
		IsolationLevel: int8(kafka.ReadCommitted), SessionID: -1, SessionEpoch: -1,
		Topics: []fetch.RequestTopic{{Topic: topic, Partitions: []fetch.RequestPartition{{
			Partition: partition, CurrentLeaderEpoch: -1, FetchOffset: from, LogStartOffset: -1, PartitionMaxBytes: int32(maxBytes),
		}}}},
	})
	if err != nil {
		return err
	}
	answer, ok := response.(*fetch.Response)
	if !ok {
		return fmt.Errorf("a fetch was answered with %T", response)
	}
	if answer.ErrorCode != 0 {
		return kafka.Error(answer.ErrorCode)
	}
	if len(answer.Topics) != 1 || len(answer.Topics[0].Partitions) != 1 {
		return errors.New("a fetch was answered without the partition")
	}
	has := &answer.Topics[0].Partitions[0]
	if has.ErrorCode != 0 {
		return kafka.Error(has.ErrorCode)
	}
	if err := into.fill(has, from); err != nil {
		return err
	}
	if into.next == from && from < has.LastStableOffset {
		return errNothing
	}
	return nil
}

// fill copies the answer's records from the offset on.
func (c *chunk) fill(has *fetch.ResponsePartition, from int64) error {
	stream, ok := has.RecordSet.Records.(*protocol.RecordStream)
	if !ok {
		return nil // no batch at all
	}
	aborted := newAborted(has.AbortedTransactions)
	for _, batch := range stream.Records {
		var base int64
		var control, dropped bool
		switch batch := batch.(type) {
		case *protocol.ControlBatch:
			base, control = batch.BaseOffset, true
			aborted.ends(batch.ProducerID, base)
		case *protocol.RecordBatch:
			base = batch.BaseOffset
			dropped = batch.Attributes.Transactional() && aborted.covers(batch.ProducerID, base)
		}
		for {
			r, err := batch.ReadRecord()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return fmt.Errorf("read a batch at %d: %w", base, err)
			}
			if r.Offset < from {
				continue // Kafka answers with whole batches
			}
			if !control {
				if err := c.add(r, dropped); err != nil {
					return fmt.Errorf("read the record at %d: %w", r.Offset, err)
				}
			}
			c.next = max(c.next, r.Offset+1)
		}
		// A batch may be empty: compaction leaves such. Its end is not told, so
		// the next fetch begins one further, and may meet it again.
		c.next = max(c.next, base+1)
	}
	if len(stream.Records) > 0 {
		c.next = max(c.next, from+1)
	}
	return nil
}

func (c *chunk) add(r *protocol.Record, aborted bool) error {
	m := message{offset: r.Offset, at: r.Time.UTC(), aborted: aborted}
	var err error
	if m.key, err = c.copy(r.Key); err != nil {
		return err
	}
	if m.value, err = c.copy(r.Value); err != nil {
		return err
	}
	for _, h := range r.Headers {
		m.headers = append(m.headers, header{Key: h.Key, Value: h.Value})
	}
	c.messages = append(c.messages, m)
	return nil
}

// copy copies bytes to the chunk's memory. When that is used up it begins
// another piece: what was copied before stays where it is.
func (c *chunk) copy(from protocol.Bytes) ([]byte, error) {
	if from == nil {
		return nil, nil
	}
	defer from.Close()
	n := from.Len()
	if n == 0 {
		return []byte{}, nil // there, but empty
	}
	if cap(c.memory)-len(c.memory) < n {
		c.memory = make([]byte, 0, max(n, 2*cap(c.memory), 64<<10))
	}
	start := len(c.memory)
	c.memory = c.memory[:start+n]
	into := c.memory[start : start+n : start+n]
	_, err := io.ReadFull(from, into)
	return into, err
}

// aborted follows the transactions that were taken back through an answer's
// batches, as Kafka's own consumer does.
type aborted struct {
	ahead []fetch.ResponseTransaction // by first offset, not met yet
	open  map[int64]bool              // producers inside an aborted transaction
}

func newAborted(transactions []fetch.ResponseTransaction) *aborted {
	ahead := slices.Clone(transactions)
	slices.SortFunc(ahead, func(a, b fetch.ResponseTransaction) int { return int(min(max(a.FirstOffset-b.FirstOffset, -1), 1)) })
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

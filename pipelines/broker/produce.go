package broker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"syscall"
	"time"

	"github.com/segmentio/kafka-go"

	"parley/pipelines/broker/security"
	"parley/pipelines/record"
)

// Message is one record on its way to its kind's topic.
type Message struct {
	Kind record.Kind
	// Key decides the partition, so that the records of one key keep their
	// order. Empty: no key, any partition.
	Key string
	// Value is the record's JSON; nil is a tombstone, which needs a Key.
	Value []byte
	// At is Kafka's timestamp. Zero: now.
	At time.Time
	// Headers go with the record as they are.
	Headers []Header
}

// Header is one of a record's headers.
type Header struct {
	Key   string `json:"key"`
	Value []byte `json:"value"`
}

const (
	// batchBytes is how long a request to one partition may be, below what
	// Kafka takes by default.
	batchBytes = 900_000
	// batchRecords is how many records share a request to one partition.
	batchRecords = 5000
	// chunkRecords is how many records are on their way at a time.
	chunkRecords = 40_000
	// maxRecordBytes is how long a record may be on the broker inside the process.
	maxRecordBytes = 64 << 20
)

func (b *Broker) newWriter(records int, bytes int64) *kafka.Writer {
	attempts := 8
	if b.Embedded() {
		attempts = 3 // it is on this machine: one that does not answer has ended
	}
	return &kafka.Writer{
		Addr:         b.client.Addr,
		Transport:    b.transport,
		RequiredAcks: kafka.RequireAll,
		// The partition that Kafka's own clients choose for the key: records of
		// one key stay together, whoever produces them.
		Balancer:     kafka.Murmur2Balancer{},
		BatchSize:    records,
		BatchBytes:   bytes,
		BatchTimeout: 2 * time.Millisecond, // what is given at once goes at once
		WriteTimeout: 30 * time.Second,
		MaxAttempts:  attempts,
	}
}

// TooLargeError says that a record is longer than the broker takes.
type TooLargeError struct {
	Kind  record.Kind
	Key   string
	Bytes int
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("produce to %s: the record of key %q has %d bytes, more than the broker takes; make it smaller or raise max.message.bytes of the topic", e.Kind, e.Key, e.Bytes)
}

// Produce sends the messages and returns once every one is acknowledged and,
// on a broker that keeps what it acknowledges, would survive. The messages of
// one key are stored in the order given; after an error, or where Kafka was
// waited for, some may be stored twice, which settling sees by their ids. A record that is too large stops no
// other: all others are stored, and the error is a *TooLargeError.
func (b *Broker) Produce(ctx context.Context, messages []Message) error {
	var tooLarge error
	for chunk := range slices.Chunk(messages, chunkRecords) {
		for len(chunk) > 0 {
			// Runs of records that share requests, and between them those too long to.
			n := 0
			for n < len(chunk) && !isWide(chunk[n]) {
				n++
			}
			writer := b.writer
			if n == 0 {
				writer, n = b.wide, 1
			}
			err := b.sendPatiently(ctx, writer, chunk[:n])
			if _, ok := errors.AsType[*TooLargeError](err); ok {
				tooLarge, err = errors.Join(tooLarge, err), nil
			}
			if err != nil {
				return err
			}
			chunk = chunk[n:]
		}
	}
	return tooLarge
}

// isWide leaves room for what Kafka adds to a record.
func isWide(m Message) bool {
	length := len(m.Key) + len(m.Value)
	for _, header := range m.Headers {
		length += len(header.Key) + len(header.Value)
	}
	return length > batchBytes-1000
}

// sendPatiently sends the messages again, from the first one on, while Kafka is
// away for no longer than Patience.
func (b *Broker) sendPatiently(ctx context.Context, writer *kafka.Writer, messages []Message) error {
	const longest = 2 * time.Second
	var since time.Time
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, longest) {
		err := b.send(ctx, writer, messages)
		limit := b.config.Patience
		switch {
		case err == nil && !since.IsZero():
			b.config.Logger.Info("Kafka answers again")
			return nil
		case err == nil || limit == 0 || b.Embedded() || ctx.Err() != nil || !passing(err):
			return err
		case since.IsZero():
			since = time.Now()
			b.config.Logger.Warn("Kafka does not answer; trying again", "for", limit, "error", err)
		case time.Since(since) > limit:
			return fmt.Errorf("%w; it was tried for %s", err, limit)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// passing says whether err is of a broker that starts, ends or hands over.
func passing(err error) bool {
	var code kafka.Error
	if errors.As(err, &code) && code != kafka.UnknownTopicOrPartition && code.Temporary() {
		return true
	}
	return Lost(err)
}

func (b *Broker) send(ctx context.Context, writer *kafka.Writer, messages []Message) error {
	out := make([]kafka.Message, len(messages))
	for i, message := range messages {
		out[i] = kafka.Message{Topic: message.Kind.Topic(b.config.TopicPrefix), Value: message.Value, Time: message.At}
		if message.Key != "" {
			out[i].Key = []byte(message.Key)
		}
		for _, header := range message.Headers {
			out[i].Headers = append(out[i].Headers, kafka.Header{Key: header.Key, Value: header.Value})
		}
	}
	err := writer.WriteMessages(ctx, out...)
	if err == nil {
		return nil
	}
	fault := firstFault(err)
	if !errors.Is(fault, kafka.MessageSizeTooLarge) {
		if errors.Is(fault, kafka.UnknownTopicOrPartition) {
			return fmt.Errorf("produce to the topics %s*: %w; create the topics", b.config.TopicPrefix, fault)
		}
		return fmt.Errorf("produce: %w", fault)
	}
	if len(messages) == 1 {
		return &TooLargeError{Kind: messages[0].Kind, Key: messages[0].Key, Bytes: len(messages[0].Value)}
	}
	// The broker takes less than was put together: each by itself, in order.
	var tooLarge error
	for i := range messages {
		err := b.send(ctx, b.wide, messages[i:i+1])
		if _, ok := errors.AsType[*TooLargeError](err); ok {
			tooLarge, err = errors.Join(tooLarge, err), nil
		}
		if err != nil {
			return err
		}
	}
	return tooLarge
}

// firstFault is the first error of a writer's list of errors, one for each message.
func firstFault(err error) error {
	var faults kafka.WriteErrors
	if errors.As(err, &faults) {
		for _, fault := range faults {
			if fault != nil {
				return fault
			}
		}
	}
	return err
}

// Lost says whether err means that the broker could not be reached or went
// away, rather than that it refused: trying again may help.
func Lost(err error) bool {
	if security.Refused(err) {
		return false
	}
	for _, sign := range []error{
		io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed,
		syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED, context.DeadlineExceeded,
		kafka.NetworkException, kafka.BrokerNotAvailable, kafka.LeaderNotAvailable, kafka.RequestTimedOut,
	} {
		if errors.Is(err, sign) {
			return true
		}
	}
	var fault net.Error
	return errors.As(err, &fault)
}

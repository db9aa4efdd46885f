// Package deadletter finds the records that could not be read, as the lake
// keeps them, and sends them to their topics again once they can be. It does
// not know why a record is refused: the kinds of record decide.
package deadletter

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"parley/pipelines/broker"
	"parley/pipelines/record"
)

// Place is where a record stood in Kafka.
type Place struct {
	Topic     string
	Epoch     int32 // of the lake's log: it rises when the topic is made anew
	Partition int32
	Offset    int64
}

// String is the place as ParsePlace reads it, without the epoch.
func (p Place) String() string { return fmt.Sprintf("%s/%d/%d", p.Topic, p.Partition, p.Offset) }

func (p Place) log() string { return fmt.Sprintf("%s/%d/%d", p.Topic, p.Epoch, p.Partition) }

// ParsePlace reads TOPIC/PARTITION/OFFSET. The epoch is not part of it: where a
// topic was made anew, the place means the records of each of its lives.
func ParsePlace(text string) (Place, error) {
	parts := strings.Split(text, "/")
	if len(parts) == 3 && parts[0] != "" {
		partition, err := strconv.ParseInt(parts[1], 10, 32)
		offset, err2 := strconv.ParseInt(parts[2], 10, 64)
		if err == nil && err2 == nil && partition >= 0 && offset >= 0 {
			return Place{Topic: parts[0], Partition: int32(partition), Offset: offset}, nil
		}
	}
	return Place{}, fmt.Errorf("%q is no place of a record; write TOPIC/PARTITION/OFFSET, as parley.users/0/12", text)
}

// Letter is one record that could not be read, as it came.
type Letter struct {
	Place
	At       time.Time // Kafka's timestamp, UTC
	LandedAt time.Time
	Key      []byte // nil: none
	Value    []byte // nil: none; a record without a value says that something is deleted
	Headers  []broker.Header
	Class    record.Class
	Reason   string
	Decoder  int32 // version of the decoder that refused it
	// ReplayedAt is when it was last sent to its topic again; zero: never.
	ReplayedAt time.Time
}

func letterFrom(row *record.DeadLetter, place Place, landedAt time.Time) (Letter, error) {
	letter := Letter{
		Place: place, At: row.KafkaAt.UTC(), LandedAt: landedAt, Key: row.Key, Value: row.Value,
		Class: record.Class(row.Class), Reason: row.Reason, Decoder: row.Decoder,
	}
	if letter.Value == nil && isTombstoneKey(row.Key) {
		// A record without a value would have been a tombstone: this one's value was empty.
		letter.Value = []byte{}
	}
	if row.Headers != "" {
		if err := json.Unmarshal([]byte(row.Headers), &letter.Headers); err != nil {
			return Letter{}, fmt.Errorf("read the headers of %s: %w", place, err)
		}
	}
	return letter, nil
}

// isTombstoneKey says whether a record without a value is read as a tombstone.
func isTombstoneKey(key []byte) bool { return len(key) > 0 && utf8.Valid(key) }

// Refused says why today's decoder cannot read the record, nil if it can.
// prefix is what stands before the kind in topics' names.
func (l Letter) Refused(prefix string) *record.Error {
	kind, ok := kindOf(l.Topic, prefix)
	switch {
	case !ok:
		return &record.Error{Class: record.BadSource, Reason: fmt.Sprintf("the topic %s is none of this workspace's: its topics begin with %q", l.Topic, prefix)}
	case l.Value == nil && isTombstoneKey(l.Key):
		return nil
	case l.Value == nil:
		return &record.Error{Class: l.Class, Reason: l.Reason}
	}
	return record.Check(kind, l.Value, record.Position{Partition: l.Partition, Offset: l.Offset, At: l.At})
}

func kindOf(topic, prefix string) (record.Kind, bool) {
	for _, kind := range record.Kinds() {
		if kind.Topic(prefix) == topic {
			return kind, true
		}
	}
	return "", false
}

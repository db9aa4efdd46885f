// Package record holds the kinds of record that Parley takes in: one file for
// each, whose struct is at once what its JSON means and the Parquet schema of
// the rows that land. It decodes, validates and keys records; it knows nothing
// of Kafka's protocol, of files or of SQL.
package record

import (
	"fmt"
	"time"
)

// Kind names what a record is about. A record says its kind by its topic.
type Kind string

// The kinds that land. Each has a topic, a folder in the lake and a row type.
const (
	KindUser         Kind = "users"
	KindCompany      Kind = "companies"
	KindEvent        Kind = "events"
	KindConversation Kind = "conversations"
	KindTag          Kind = "tags"
	KindEnrichment   Kind = "enrichments"
	KindDelivery     Kind = "deliveries"
	KindMerge        Kind = "merges"
)

// Two kinds have no topic of their own: a tombstone is a message without a
// value on any topic, a dead letter one that could not be read.
const (
	KindTombstone  Kind = "tombstones"
	KindDeadLetter Kind = "dead_letters"
)

// Kinds lists the kinds that have a topic, in the order in which they are shown.
func Kinds() []Kind {
	return []Kind{KindUser, KindCompany, KindEvent, KindConversation, KindTag, KindEnrichment, KindDelivery, KindMerge}
}

// Topic is the name of the kind's topic: prefix and kind, as in "parley.users".
func (k Kind) Topic(prefix string) string { return prefix + string(k) }

// DecoderVersion counts the changes to what the decoders of this package
// accept. A dead letter keeps the version that refused it, so that one that a
// newer version can read is known.
const DecoderVersion int32 = 1

// Position is where a record stood in Kafka, and when Kafka took it.
type Position struct {
	Partition int32
	Offset    int64
	At        time.Time // Kafka's timestamp, UTC
}

// Landed stands first in every row that lands: the record's place in Kafka.
// Topic and epoch are in the file's name. (partition, offset) never occurs
// twice in the files that the lake's log lists for one topic and epoch.
type Landed struct {
	KafkaPartition int32     `parquet:"kafka_partition,dict"`
	KafkaOffset    int64     `parquet:"kafka_offset,delta"`
	KafkaAt        time.Time `parquet:"kafka_at,timestamp(microsecond),delta"`
}

func (p Position) landed() Landed {
	return Landed{KafkaPartition: p.Partition, KafkaOffset: p.Offset, KafkaAt: p.At.UTC()}
}

// Class says in one word why a record could not be read.
type Class string

// The classes of bad record.
const (
	BadEncoding Class = "encoding" // not UTF-8
	BadJSON     Class = "json"     // not one JSON object
	BadField    Class = "field"    // a field holds what it must not
	BadKey      Class = "key"      // lacks what its kind needs
	BadSize     Class = "size"     // longer than a field may be
	BadSource   Class = "source"   // not readable where it came from: see Unreadable
)

// Error says why a record could not be read. Its text names what is wrong,
// where, and the remedy.
type Error struct {
	Class  Class
	Reason string // at most some 500 characters, however long the record is
}

func (e *Error) Error() string { return string(e.Class) + ": " + e.Reason }

const maxReason = 500

func newError(class Class, format string, args ...any) *Error {
	return &Error{Class: class, Reason: shorten(fmt.Sprintf(format, args...), maxReason)}
}

func bad(class Class, format string, args ...any) error { return newError(class, format, args...) }

// shorten cuts what is more than most characters from text.
func shorten(text string, most int) string {
	for i := range text {
		if most--; most < 0 {
			return text[:i] + "…"
		}
	}
	return text
}

package landing

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"parley/pipelines/internal/failpoint"
	"parley/pipelines/lake"
	"parley/pipelines/record"
)

// sink holds what has been taken from one partition since the log's end, until
// it stands in the log itself.
type sink struct {
	config     Config
	origin     origin
	kind       record.Kind
	cluster    string
	topicID    topicID
	start      int64 // the log's end
	next       int64 // the first offset not taken yet
	taken      int64 // records taken since start
	aborted    int64 // of them, records of aborted transactions
	rows       rows
	dead       *table[record.DeadLetter]
	tombstones *table[record.Tombstone]
	refused    func(record.Class, string) // is told of each record that could not be read, and why, unless nil
}

func newSink(config Config, kind record.Kind, topic string, partition int32) (*sink, error) {
	rows, err := newRows(kind)
	if err != nil {
		return nil, err
	}
	return &sink{
		config:     config,
		origin:     origin{lake: config.Lake, topic: topic, partition: partition},
		kind:       kind,
		rows:       rows,
		dead:       newTable[record.DeadLetter](lake.DeadLetters),
		tombstones: newTable[record.Tombstone](lake.Tombstones),
	}, nil
}

// begin empties the sink and sets where it goes on.
func (s *sink) begin(at place) {
	s.discard()
	s.origin.epoch, s.cluster, s.topicID = at.epoch, at.cluster, at.topicID
	s.start, s.next = at.offset, at.offset
}

// take takes the messages one after the other until the file is full, and says
// how many it took. What they refer to must not change before flush.
func (s *sink) take(messages []message) (taken int, err error) {
	if s.taken == 0 && len(messages) > 0 {
		s.origin.day = s.config.Now()
	}
	for i := range messages {
		if err := s.one(&messages[i]); err != nil {
			return i, err
		}
		s.next = messages[i].offset + 1
		s.taken++
		if s.taken >= int64(s.config.RotateRows) {
			return i + 1, nil
		}
	}
	return len(messages), nil
}

func (s *sink) one(m *message) error {
	at := record.Position{Partition: s.origin.partition, Offset: m.offset, At: m.at}
	if m.aborted {
		s.aborted++
		return nil
	}
	if m.value == nil {
		if len(m.key) == 0 || !utf8.Valid(m.key) {
			return s.bury(m, &record.Error{Class: record.BadKey, Reason: "a record without a value deletes what its key names, and needs that id as its key"})
		}
		row := s.tombstones.next()
		*row = record.Tombstone{Landed: landedAt(at), Kind: s.kind, Key: string(m.key)}
		return s.tombstones.keep(s.origin, m.at)
	}
	refused, err := s.rows.decode(s.origin, m.value, at)
	if err != nil || refused == nil {
		return err
	}
	return s.bury(m, refused)
}

// bury keeps a record that could not be read.
func (s *sink) bury(m *message, why *record.Error) error {
	headers, err := headersJSON(m.headers)
	if err != nil {
		return err
	}
	reason := strings.ReplaceAll(strings.ToValidUTF8(why.Reason, "\uFFFD"), "\x00", "\uFFFD")
	row := s.dead.next()
	*row = record.DeadLetter{
		Landed:  landedAt(record.Position{Partition: s.origin.partition, Offset: m.offset, At: m.at}),
		Topic:   s.origin.topic,
		Key:     m.key,
		Value:   m.value,
		Headers: headers,
		Class:   string(why.Class),
		Reason:  reason,
		Decoder: record.DecoderVersion,
	}
	if s.refused != nil {
		s.refused(why.Class, reason)
	}
	return s.dead.keep(s.origin, m.at)
}

func landedAt(at record.Position) record.Landed {
	return record.Landed{KafkaPartition: at.Partition, KafkaOffset: at.Offset, KafkaAt: at.At.UTC()}
}

func headersJSON(headers []header) (string, error) {
	if len(headers) == 0 {
		return "", nil
	}
	content, err := json.Marshal(headers)
	return string(content), err
}

// passed notes that there is nothing to take before the offset next.
func (s *sink) passed(next int64) { s.next = max(s.next, next) }

// flush lets go of what the taken messages refer to.
func (s *sink) flush() error {
	if err := s.rows.flush(s.origin); err != nil {
		return err
	}
	if err := s.dead.flush(s.origin); err != nil {
		return err
	}
	return s.tombstones.flush(s.origin)
}

// full says whether the file is to be ended.
func (s *sink) full() bool {
	return s.taken >= int64(s.config.RotateRows) || s.rows.size() >= s.config.RotateBytes || s.dead.size() >= s.config.RotateBytes
}

// holds says whether there is anything that does not stand in the log yet.
func (s *sink) holds() bool { return s.next > s.start }

// commit publishes the files and appends the entry that makes them count; the
// sink is then empty and goes on from there. With nothing to say it does
// nothing and gives nil. After an error the sink must begin anew.
func (s *sink) commit() (*lake.Entry, error) {
	if !s.holds() {
		return nil, nil
	}
	entry := lake.Entry{
		Topic: s.origin.topic, Epoch: s.origin.epoch, Partition: s.origin.partition, Start: s.start, End: s.next,
		Dead: s.dead.rows, Tombstones: s.tombstones.rows,
		Rows: s.taken - s.aborted - s.dead.rows - s.tombstones.rows,
		At:   s.config.Now().UTC(), Schema: schema, Cluster: s.cluster, TopicID: s.topicID.String(),
	}
	entry.Skipped = entry.End - entry.Start - entry.Rows - entry.Dead - entry.Tombstones
	if s.aborted > 0 {
		entry.Reason = fmt.Sprintf("records of aborted transactions: %d", s.aborted)
	}
	for _, publish := range []func(origin, int64, int64) ([]lake.File, error){s.rows.publish, s.dead.publish, s.tombstones.publish} {
		files, err := publish(s.origin, s.start, s.next)
		if err != nil {
			return nil, err
		}
		entry.Files = append(entry.Files, files...)
	}
	failpoint.At("files published")
	if err := s.config.Lake.Append(entry); err != nil {
		return nil, err
	}
	failpoint.At("entry appended")
	s.start, s.taken, s.aborted = s.next, 0, 0
	return &entry, nil
}

// discard forgets everything since the last commit.
func (s *sink) discard() {
	s.rows.discard()
	s.dead.discard()
	s.tombstones.discard()
	s.next, s.taken, s.aborted = s.start, 0, 0
}

// gap is the entry of offsets whose records Kafka no longer had.
func (s *sink) gap(at place, end int64) lake.Entry {
	return lake.Entry{
		Topic: s.origin.topic, Epoch: at.epoch, Partition: s.origin.partition, Start: at.offset, End: end,
		Skipped: end - at.offset, Gone: end - at.offset, Reason: "Kafka no longer had these records: their retention had ended",
		At: s.config.Now().UTC(), Schema: schema, Cluster: at.cluster, TopicID: at.topicID.String(),
	}
}

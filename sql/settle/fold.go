package settle

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"parley/pipelines/lake"
	"parley/pipelines/record"
)

// gathers hold the new rows of each table.
type gathers struct {
	events              *gather[heldEvent]
	eventIDs            *idGather
	deliveryIDs         *idGather
	conversationIDs     *idGather
	personKeys          *gather[personKeyRow]
	personAttributes    *gather[attributeRow]
	memberships         *gather[membershipRow]
	companyAttributes   *gather[companyAttributeRow]
	companyKeys         *gather[companyKeyRow]
	subscriptions       *gather[subscriptionRow]
	subscriptionLists   *gather[subscriptionListRow]
	conversationRecords *gather[conversationRecordRow]
	parts               *gather[partRow]
	tags                *gather[tagRow]
	enrichments         *gather[enrichmentRow]
	deliveries          *gather[deliveryRow]
	tombstones          *gather[tombstoneRow]
	personMerges        *gather[personMergeRow]
}

func newGathers(b *budget, dir string) *gathers {
	return &gathers{
		events:              newGather(&heldEvents, b, dir),
		eventIDs:            newIDGather("event_ids", dir, b.limit),
		deliveryIDs:         newIDGather("delivery_ids", dir, b.limit),
		conversationIDs:     newIDGather("conversation_ids", dir, b.limit),
		personKeys:          newGather(&personKeys, b, dir),
		personAttributes:    newGather(&personAttributes, b, dir),
		memberships:         newGather(&memberships, b, dir),
		companyAttributes:   newGather(&companyAttributes, b, dir),
		companyKeys:         newGather(&companyKeys, b, dir),
		subscriptions:       newGather(&subscriptions, b, dir),
		subscriptionLists:   newGather(&subscriptionLists, b, dir),
		conversationRecords: newGather(&conversationRecords, b, dir),
		parts:               newGather(&parts, b, dir),
		tags:                newGather(&tags, b, dir),
		enrichments:         newGather(&enrichments, b, dir),
		deliveries:          newGather(&deliveries, b, dir),
		tombstones:          newGather(&tombstones, b, dir),
		personMerges:        newGather(&personMerges, b, dir),
	}
}

// fold takes the rows of landed files apart, one record at a time, into
// the rows of the settled tables. It holds no state of an entity: whatever the
// order of records, it makes the same rows of each.
type fold struct {
	topic string // of the file that is being read
	epoch int32

	events              sink[heldEvent]
	eventIDs            idSink
	deliveryIDs         idSink
	conversationIDs     idSink
	buffer              []byte
	keys                map[sighting]span
	personKeys          sink[personKeyRow]
	personAttributes    sink[attributeRow]
	memberships         sink[membershipRow]
	companyAttributes   sink[companyAttributeRow]
	companyKeys         sink[companyKeyRow]
	subscriptions       sink[subscriptionRow]
	subscriptionLists   sink[subscriptionListRow]
	conversationRecords sink[conversationRecordRow]
	parts               sink[partRow]
	tags                sink[tagRow]
	enrichments         sink[enrichmentRow]
	deliveries          sink[deliveryRow]
	tombstones          sink[tombstoneRow]
	personMerges        sink[personMergeRow]
}

func newFold(g *gathers) *fold {
	return &fold{
		keys:                map[sighting]span{},
		eventIDs:            idSink{gather: g.eventIDs},
		deliveryIDs:         idSink{gather: g.deliveryIDs},
		conversationIDs:     idSink{gather: g.conversationIDs},
		events:              sink[heldEvent]{gather: g.events},
		personKeys:          sink[personKeyRow]{gather: g.personKeys},
		personAttributes:    sink[attributeRow]{gather: g.personAttributes},
		memberships:         sink[membershipRow]{gather: g.memberships},
		companyAttributes:   sink[companyAttributeRow]{gather: g.companyAttributes},
		companyKeys:         sink[companyKeyRow]{gather: g.companyKeys},
		subscriptions:       sink[subscriptionRow]{gather: g.subscriptions},
		subscriptionLists:   sink[subscriptionListRow]{gather: g.subscriptionLists},
		conversationRecords: sink[conversationRecordRow]{gather: g.conversationRecords},
		parts:               sink[partRow]{gather: g.parts},
		tags:                sink[tagRow]{gather: g.tags},
		enrichments:         sink[enrichmentRow]{gather: g.enrichments},
		deliveries:          sink[deliveryRow]{gather: g.deliveries},
		tombstones:          sink[tombstoneRow]{gather: g.tombstones},
		personMerges:        sink[personMergeRow]{gather: g.personMerges},
	}
}

// sink collects rows for a gather, so that the gather's lock is taken for many
// at once.
type sink[T any] struct {
	gather *gather[T]
	rows   []T
}

func (s *sink[T]) put(row T) { s.rows = append(s.rows, row) }

func (s *sink[T]) flush() error {
	if len(s.rows) == 0 {
		return nil
	}
	rows := s.rows
	s.rows = make([]T, 0, len(rows))
	return s.gather.add(rows)
}

// idSink is a sink of ids.
type idSink struct {
	gather  *idGather
	entries []idAt
}

func (s *idSink) put(id string, at int64) { s.entries = append(s.entries, idAt{hashID(id), at}) }

func (s *idSink) flush() error {
	err := s.gather.add(s.entries) // which copies them
	s.entries = s.entries[:0]
	return err
}

// mostKeys is how many combinations of keys a fold holds: the same ones come
// again and again.
const mostKeys = 32 << 10

// flush hands over everything but the person keys, which wait until they are
// many or putKeys is called.
func (f *fold) flush() error {
	if len(f.keys) > mostKeys {
		f.putKeys()
	}
	for _, flush := range []func() error{
		f.eventIDs.flush, f.deliveryIDs.flush, f.conversationIDs.flush, f.events.flush, f.personKeys.flush, f.personAttributes.flush, f.memberships.flush,
		f.companyAttributes.flush, f.companyKeys.flush, f.subscriptions.flush, f.subscriptionLists.flush,
		f.conversationRecords.flush, f.parts.flush, f.tags.flush, f.enrichments.flush, f.deliveries.flush, f.tombstones.flush,
		f.personMerges.flush,
	} {
		if err := flush(); err != nil {
			return err
		}
	}
	return nil
}

// seq is the record's place in Kafka as text whose order is that of time, then
// topic, epoch, partition and offset.
func (f *fold) seq(at int64, partition int32, offset int64) string {
	text := make([]byte, 0, 64)
	text = appendPadded(text, max(at, 0), 18)
	text = append(append(append(text, '/'), f.topic...), '/')
	text = append(appendPadded(text, int64(f.epoch), 5), '/')
	text = append(appendPadded(text, int64(partition), 5), '/')
	return string(appendPadded(text, offset, 19))
}

func appendPadded(text []byte, n int64, width int) []byte {
	var buffer [20]byte
	digits := strconv.AppendInt(buffer[:0], n, 10)
	for range width - len(digits) {
		text = append(text, '0')
	}
	return append(text, digits...)
}

// landedFile folds the rows of a landed file. The error is a *damageError if
// the file cannot be read.
func (f *fold) landedFile(ctx context.Context, l *lake.Lake, landed landedFile) error {
	f.topic, f.epoch = landed.Topic, landed.Epoch
	switch record.Kind(landed.File.Kind) {
	case record.KindEvent:
		return foldFile(ctx, f, l, landed.File, f.event)
	case record.KindUser:
		return foldFile(ctx, f, l, landed.File, f.user)
	case record.KindCompany:
		return foldFile(ctx, f, l, landed.File, f.company)
	case record.KindConversation:
		return foldFile(ctx, f, l, landed.File, f.conversation)
	case record.KindTag:
		return foldFile(ctx, f, l, landed.File, f.tag)
	case record.KindEnrichment:
		return foldFile(ctx, f, l, landed.File, f.enrichment)
	case record.KindDelivery:
		return foldFile(ctx, f, l, landed.File, f.delivery)
	case record.KindMerge:
		return foldFile(ctx, f, l, landed.File, f.personMerge)
	case record.KindTombstone:
		return foldFile(ctx, f, l, landed.File, f.tombstone)
	case record.KindDeadLetter: // kept where it landed, to be looked at and replayed
		return nil
	}
	return fmt.Errorf("settle %s: the log says that it is of kind %q, which this version does not know; was it landed by a newer version of Parley?",
		landed.File.Path, landed.File.Kind)
}

// foldFile gives each row of the file to take.
func foldFile[R any](ctx context.Context, f *fold, l *lake.Lake, landed lake.File, take func(*R) error) (err error) {
	path, err := l.Local(ctx, landed.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return &damageError{cause: errMissing}
	}
	if err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	if err := intact(path, landed); isOurs(err) {
		return fmt.Errorf("settle: %w", err)
	} else if err != nil {
		return &damageError{cause: err}
	}
	rows, err := openRows[R](path)
	if err != nil {
		return &damageError{cause: err}
	}
	defer func() {
		if closeErr := rows.close(); err == nil {
			err = closeErr
		}
	}()
	for n := 1; ; n++ {
		row, err := rows.next()
		if err != nil {
			return &damageError{cause: err, late: true}
		}
		if row != nil {
			if err := take(row); err != nil {
				return &damageError{cause: fmt.Errorf("row %d: %w", n, err), late: true}
			}
		}
		if row == nil || n%batchRows == 0 {
			if err := f.flush(); err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return context.Cause(ctx)
			}
		}
		if row == nil {
			return nil
		}
	}
}

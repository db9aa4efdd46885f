package landing

import (
	"fmt"
	"time"

	"parley/pipelines/lake"
	"parley/pipelines/record"
)

// rows are the rows of one kind, whose type only its own functions know.
type rows interface {
	// decode reads one record into a row of the file. refused says why it is no
	// row; err is the lake's.
	decode(from origin, value []byte, at record.Position) (refused *record.Error, err error)
	flush(from origin) error
	size() int64
	publish(from origin, start, end int64) ([]lake.File, error)
	discard()
}

// row is what a kind's row type must be able to do.
type row[Row any] interface {
	*Row
	record.Row
	EventTime() time.Time
}

// newRows makes the rows of a kind that has a topic.
func newRows(kind record.Kind) (rows, error) {
	switch kind {
	case record.KindUser:
		return newDecoded[record.User](kind), nil
	case record.KindCompany:
		return newDecoded[record.Company](kind), nil
	case record.KindEvent:
		return newDecoded[record.Event](kind), nil
	case record.KindConversation:
		return newDecoded[record.Conversation](kind), nil
	case record.KindTag:
		return newDecoded[record.Tag](kind), nil
	case record.KindEnrichment:
		return newDecoded[record.Enrichment](kind), nil
	case record.KindDelivery:
		return newDecoded[record.Delivery](kind), nil
	case record.KindMerge:
		return newDecoded[record.Merge](kind), nil
	default:
		return nil, fmt.Errorf("records of the kind %q do not land", kind)
	}
}

type decoded[Row any, P row[Row]] struct{ *table[Row] }

func newDecoded[Row any, P row[Row]](kind record.Kind) decoded[Row, P] {
	return decoded[Row, P]{newTable[Row](string(kind))}
}

func (d decoded[Row, P]) decode(from origin, value []byte, at record.Position) (*record.Error, error) {
	row := P(d.next())
	if refused := record.Into(row, value, at); refused != nil {
		return refused, nil
	}
	return nil, d.keep(from, row.EventTime())
}

package record

import (
	"errors"
	"fmt"
)

// Row is a row of one kind.
type Row interface {
	// Decode fills the row from a record; its error is an *Error.
	Decode(value []byte, at Position) error
}

// Into decodes the value into the row, and says why it cannot, nil if it can.
// Whatever the value does to the decoder, a panic included, is such a reason.
func Into(row Row, value []byte, at Position) (refused *Error) {
	defer func() {
		if fault := recover(); fault != nil {
			refused = &Error{Class: BadField, Reason: fmt.Sprintf("the decoder panicked: %v", fault)}
		}
	}()
	err := row.Decode(value, at)
	if err != nil && !errors.As(err, &refused) {
		refused = &Error{Class: BadField, Reason: err.Error()}
	}
	return refused
}

// Check says why the value cannot be read as a record of the kind, nil if it can.
func Check(kind Kind, value []byte, at Position) (refused *Error) {
	var row Row
	switch kind {
	case KindUser:
		row = new(User)
	case KindCompany:
		row = new(Company)
	case KindEvent:
		row = new(Event)
	case KindConversation:
		row = new(Conversation)
	case KindTag:
		row = new(Tag)
	case KindEnrichment:
		row = new(Enrichment)
	case KindDelivery:
		row = new(Delivery)
	case KindMerge:
		row = new(Merge)
	default:
		return &Error{Class: BadSource, Reason: fmt.Sprintf("records of the kind %q are not read", kind)}
	}
	return Into(row, value, at)
}

package record

import (
	"errors"
	"fmt"
)

// Check says why the value cannot be read as a record of the kind, nil if it
// can. Whatever the value does to the decoder, a panic included, is such a reason.
func Check(kind Kind, value []byte, at Position) (refused *Error) {
	defer func() {
		if fault := recover(); fault != nil {
			refused = &Error{Class: BadField, Reason: fmt.Sprintf("the decoder panicked: %v", fault)}
		}
	}()
	var row interface{ Decode([]byte, Position) error }
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
	case KindDelivery:
		row = new(Delivery)
	default:
		return &Error{Class: BadSource, Reason: fmt.Sprintf("records of the kind %q are not read", kind)}
	}
	err := row.Decode(value, at)
	if err != nil && !errors.As(err, &refused) {
		refused = &Error{Class: BadField, Reason: err.Error()}
	}
	return refused
}

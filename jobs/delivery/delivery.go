// Package delivery says what it means to hand a message over: the interface
// that each way of sending (a folder, SMTP, a webhook) fulfils, in a package of
// its own below this one. It does not know why something is sent, what a queue
// is, or how any of those ways works.
package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/mail"
	"strconv"
	"time"
)

// Envelope is one rendered message for one person.
type Envelope struct {
	// ID names the delivery: the same ID is the same message to the same person for the same entry.
	ID       string
	Message  string // the message's name
	PersonID string
	Entry    string // which of the person's entries into the segment it answers; "once" for all of them

	MessageID string    // of the e-mail, without angle brackets; the same for the same ID
	Date      time.Time // when it is sent
	From, To  mail.Address
	Subject   string // one line
	Text      string
	HTML      string
	Files     []File
}

// File goes with a message.
type File struct {
	Name string // as the reader sees it: week.csv
	Type string // media type: text/csv
	// ContentID is by which the HTML shows it, as in <img src="cid:…">. Default:
	// it is attached.
	ContentID string
	Content   []byte
}

// Receipt says what became of an envelope.
type Receipt struct {
	SentAt time.Time // the Date, to the second, of the envelope that was handed over first under this ID
}

// Deliverer hands messages over.
type Deliverer interface {
	// Deliver hands the envelope over, unless one with its ID was handed over
	// before: that is no error, and the receipt is the first one's. So a call may be
	// repeated after a crash at any moment, and two at once send one. Once it
	// returns without an error, what was handed over survives kill -9.
	//
	// errors.Is(err, ErrRefused) means that trying again is of no use;
	// errors.Is(err, ErrUnknown) that it may have been sent, and will not be again;
	// any other error, that it was not sent.
	Deliver(ctx context.Context, envelope Envelope) (Receipt, error)

	// Channel names the way, as it stands in deliveries: "email".
	Channel() string
}

// ErrRefused is the error of an envelope that can never be delivered.
var ErrRefused = errors.New("refused")

// ErrUnknown is the error of an envelope that was handed over, or almost: nobody
// knows. Sent again it might arrive twice.
var ErrUnknown = errors.New("it may have been sent, or not; it is not sent again")

// Journal remembers, across crashes and for all processes together, what is
// being handed over by a way that cannot tell afterwards, as SMTP.
type Journal interface {
	// Begin writes down that the envelope of that ID is about to be handed over.
	// What it was before is NotBegun for the one caller that may go on.
	Begin(ctx context.Context, id string) (Handover, error)
	// Done writes down when it was handed over.
	Done(ctx context.Context, id string, sentAt time.Time) error
	// Undo forgets what was begun, as it is known not to have been handed over.
	Undo(ctx context.Context, id string) error
}

// Handover is what a Journal knows of one ID.
type Handover struct {
	Begun  bool      // somebody has begun before
	SentAt time.Time // and has handed it over; the zero time: that is not known
}

// NotBegun is the Handover of an ID that nobody has begun before.
var NotBegun Handover

// Journaled is a Deliverer that needs a Journal: whoever has one gives it before
// the first delivery.
type Journaled interface {
	Deliverer
	UseJournal(journal Journal)
}

// ID is the name of a delivery: the same for the same three, different for others.
func ID(message, personID, entry string) string { return hashOf(message, personID, entry) }

// DecisionID is the name of one decision about a delivery. Reported twice, it counts once.
func DecisionID(message, personID, entry, decision string) string {
	return hashOf(message, personID, entry, decision)
}

// hashOf is 128 bits of SHA-256 over the parts with their lengths, so that no
// two lists of parts read the same.
func hashOf(parts ...string) string {
	hash := sha256.New()
	for _, part := range parts {
		hash.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

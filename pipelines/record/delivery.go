package record

import (
	"slices"
	"time"
)

// Delivery is one decision about one message to one person, as Parley itself
// writes it to the topic of deliveries. Its JSON has the names of its columns.
type Delivery struct {
	Landed     `json:"-"`
	DecisionID string    `parquet:"decision_id" json:"decision_id"` // hash of message, person, entry and decision
	Message    string    `parquet:"message,dict" json:"message"`
	PersonID   string    `parquet:"person_id,dict" json:"person_id"`
	UserID     string    `parquet:"user_id,optional,dict" json:"user_id,omitempty"`
	Email      string    `parquet:"email,optional,dict" json:"email,omitempty"`
	Entry      string    `parquet:"entry" json:"entry"`
	Segment    string    `parquet:"segment,optional,dict" json:"segment,omitempty"`
	Channel    string    `parquet:"channel,dict" json:"channel"`
	Decision   string    `parquet:"decision,dict" json:"decision"` // sent, unsubscribed, no_address, failed, …
	Reason     string    `parquet:"reason,optional" json:"reason,omitempty"`
	Subject    string    `parquet:"subject,optional" json:"subject,omitempty"`
	DecidedAt  time.Time `parquet:"decided_at,timestamp(microsecond)" json:"decided_at"`
	SentAt     time.Time `parquet:"sent_at,optional,timestamp(microsecond)" json:"sent_at,omitzero"`
}

// decisions are what can be decided about a message to a person.
var decisions = []string{"sent", "held_out", "capped", "deferred", "unsubscribed", "no_address", "left", "stopped", "failed", "unknown"}

// Decode reads one decision. The error is a *Error; the row is then not to be used.
func (r *Delivery) Decode(value []byte, at Position) error {
	d, err := newDecoder(value, at)
	if err != nil {
		return err
	}
	defer d.close()
	*r = Delivery{
		Landed:     at.landed(),
		DecisionID: d.key("decision_id"),
		Message:    d.key("message"),
		PersonID:   d.key("person_id"),
		UserID:     d.key("user_id"),
		Email:      d.text("email"),
		Entry:      d.key("entry"),
		Segment:    d.text("segment"),
		Channel:    d.text("channel"),
		Decision:   d.text("decision"),
		Reason:     d.text("reason"),
		Subject:    d.text("subject"),
		DecidedAt:  d.time("decided_at"),
		SentAt:     d.time("sent_at"),
	}
	switch {
	case r.DecisionID == "" || r.Message == "" || r.PersonID == "" || r.Entry == "":
		d.fail(BadKey, "a delivery needs decision_id, message, person_id and entry")
	case !slices.Contains(decisions, r.Decision):
		d.fail(BadField, "decision: %s is none of Parley's", quoteShort(r.Decision))
	case r.DecidedAt.IsZero():
		d.fail(BadKey, "a delivery needs decided_at")
	}
	return d.fault()
}

// EventTime is when it was decided, in UTC.
func (r *Delivery) EventTime() time.Time { return r.DecidedAt }

package record

import "time"

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

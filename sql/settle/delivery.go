package settle

import (
	"cmp"
	"strings"
)

// deliveryRow is one decision about one message. Of several reports of one
// decision the earliest stands.
type deliveryRow struct {
	DecisionID string `parquet:"decision_id"`
	Message    string `parquet:"message,dict"`
	PersonID   string `parquet:"person_id,dict"`
	UserID     string `parquet:"user_id,optional,dict"`
	Email      string `parquet:"email,optional,dict"`
	Entry      string `parquet:"entry"`
	Segment    string `parquet:"segment,optional,dict"`
	Channel    string `parquet:"channel,dict"`
	Decision   string `parquet:"decision,dict"`
	Reason     string `parquet:"reason,optional"`
	Subject    string `parquet:"subject,optional"`
	DecidedAt  int64  `parquet:"decided_at,timestamp(microsecond)"`
	SentAt     *int64 `parquet:"sent_at,optional,timestamp(microsecond)"`
}

var deliveries = table[deliveryRow]{
	name:    "settled_deliveries",
	compare: func(a, b *deliveryRow) int { return strings.Compare(a.DecisionID, b.DecisionID) },
	merge: func(row, other *deliveryRow) bool {
		if compareDeliveryContent(other, row) >= 0 {
			return false
		}
		*row = *other
		return true
	},
	// Nothing holds a producer to one decided_at for a decision, and no other
	// time is in every report: the index of ids finds one that has another date.
	date: func(r *deliveryRow) date { return dateOf(r.DecidedAt) },
	text: func(r *deliveryRow) int { return len(r.DecisionID) + len(r.Reason) + len(r.Subject) },
}

func compareDeliveryContent(a, b *deliveryRow) int {
	return cmp.Or(
		cmp.Compare(a.DecidedAt, b.DecidedAt), compareOptional(a.SentAt, b.SentAt),
		strings.Compare(a.Message, b.Message), strings.Compare(a.PersonID, b.PersonID),
		strings.Compare(a.UserID, b.UserID), strings.Compare(a.Email, b.Email), strings.Compare(a.Entry, b.Entry),
		strings.Compare(a.Segment, b.Segment), strings.Compare(a.Channel, b.Channel),
		strings.Compare(a.Decision, b.Decision), strings.Compare(a.Reason, b.Reason), strings.Compare(a.Subject, b.Subject))
}

// delivery takes a landed delivery, whose columns are the settled ones.
func (f *fold) delivery(d *deliveryRow) error {
	f.deliveries.put(*d)
	f.deliveryIDs.put(d.DecisionID, d.DecidedAt)
	return nil
}

package settle

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/segmentio/encoding/json"

	"parley/pipelines/record"
)

// conversationRecordRow is what one record said of a conversation as a whole,
// from the instant At on. Conversations are folded from these rows, so that a
// record that comes late, or again, finds its place. They lie under the
// conversation's home, whatever their own time.
type conversationRecordRow struct {
	ConversationID string  `parquet:"conversation_id"`
	At             int64   `parquet:"at,timestamp(microsecond)"`
	Seq            string  `parquet:"seq"`
	RecordID       string  `parquet:"record_id"`
	UserID         string  `parquet:"user_id,optional,dict"`
	Email          string  `parquet:"email,optional,dict"`
	SourceID       string  `parquet:"source_id,optional,dict"`
	AnonymousID    string  `parquet:"anonymous_id,optional,dict"`
	CompanyID      string  `parquet:"company_id,optional,dict"`
	Channel        string  `parquet:"channel,optional,dict"`
	Subject        string  `parquet:"subject,optional"`
	State          string  `parquet:"state,optional,dict"`
	URL            string  `parquet:"url,optional"`
	CreatedAt      *int64  `parquet:"created_at,optional,timestamp(microsecond)"`
	FirstPartAt    *int64  `parquet:"first_part_at,optional,timestamp(microsecond)"` // of the record's parts
	Tags           *string `parquet:"tags,optional"`                                 // JSON array; null: the record says nothing of them

	home date `parquet:"-"` // of a new row: where the conversation lies
}

var conversationRecords = table[conversationRecordRow]{
	name: "settled_conversation_records",
	compare: func(a, b *conversationRecordRow) int {
		return cmp.Or(
			strings.Compare(a.ConversationID, b.ConversationID), cmp.Compare(a.At, b.At), strings.Compare(a.RecordID, b.RecordID))
	},
	date:  func(r *conversationRecordRow) date { return r.home }, // one for all of a conversation
	merge: func(row, other *conversationRecordRow) bool { return earlier(&row.Seq, other.Seq) },
	text:  func(r *conversationRecordRow) int { return 150 + len(r.Subject) + len(r.URL) },
}

// conversationRow is a conversation as a whole: of each column the latest
// value that a record named, by the records' own time.
type conversationRow struct {
	ConversationID string `parquet:"conversation_id"`
	KeyKind        string `parquet:"key_kind,optional,dict"`
	Key            string `parquet:"key,optional,dict"`
	UserID         string `parquet:"user_id,optional,dict"`
	Email          string `parquet:"email,optional,dict"`
	SourceID       string `parquet:"source_id,optional,dict"`
	AnonymousID    string `parquet:"anonymous_id,optional,dict"`
	CompanyID      string `parquet:"company_id,optional,dict"`
	Channel        string `parquet:"channel,optional,dict"`
	Subject        string `parquet:"subject,optional"`
	State          string `parquet:"state,optional,dict"`
	URL            string `parquet:"url,optional"`
	CreatedAt      *int64 `parquet:"created_at,optional,timestamp(microsecond)"` // as named, else of the earliest part
	UpdatedAt      int64  `parquet:"updated_at,timestamp(microsecond)"`          // of the latest record

	Tags string `parquet:"tags,optional"` // JSON array; settled_part_tags has them apart
}

var conversations = table[conversationRow]{
	name:    "settled_conversations",
	compare: func(a, b *conversationRow) int { return strings.Compare(a.ConversationID, b.ConversationID) },
}

// partTagRow is one tag of a part, or, without a part, of the conversation as
// a whole.
type partTagRow struct {
	ConversationID string `parquet:"conversation_id"`
	PartID         string `parquet:"part_id,optional"`
	Tag            string `parquet:"tag,dict"`
}

var partTags = table[partTagRow]{
	name: "settled_part_tags",
	compare: func(a, b *partTagRow) int {
		return cmp.Or(
			strings.Compare(a.ConversationID, b.ConversationID), strings.Compare(a.PartID, b.PartID), strings.Compare(a.Tag, b.Tag))
	},
}

// landedConversation holds what is read here of a landed conversation.
type landedConversation struct {
	KafkaPartition int32  `parquet:"kafka_partition,dict"`
	KafkaOffset    int64  `parquet:"kafka_offset,delta"`
	KafkaAt        int64  `parquet:"kafka_at,timestamp(microsecond),delta"`
	RecordID       string `parquet:"record_id"`
	ConversationID string `parquet:"conversation_id"`
	record.Keys
	CompanyID   string `parquet:"company_id,optional,dict"`
	EffectiveAt int64  `parquet:"effective_at,timestamp(microsecond)"`
	CreatedAt   *int64 `parquet:"created_at,optional,timestamp(microsecond)"`
	Channel     string `parquet:"channel,optional,dict"`
	Subject     string `parquet:"subject,optional"`
	State       string `parquet:"state,optional,dict"`
	URL         string `parquet:"url,optional"`
	Tags        string `parquet:"tags,optional"`
	Parts       string `parquet:"parts,optional"`
}

func (f *fold) conversation(c *landedConversation) error {
	row := conversationRecordRow{
		ConversationID: c.ConversationID, At: c.EffectiveAt, RecordID: c.RecordID,
		Seq:    f.seq(c.KafkaAt, c.KafkaPartition, c.KafkaOffset),
		UserID: c.UserID, Email: c.Email, SourceID: c.SourceID, AnonymousID: c.AnonymousID,
		CompanyID: c.CompanyID, Channel: c.Channel, Subject: c.Subject, State: c.State, URL: c.URL, CreatedAt: c.CreatedAt,
	}
	if tags := c.Tags; tags != "" { // not c's own, which the next rows overwrite
		row.Tags = &tags
	}
	var parts []record.Part
	if c.Parts != "" {
		if err := json.Unmarshal([]byte(c.Parts), &parts); err != nil {
			return fmt.Errorf("parts: %w", err)
		}
	}
	for i := range parts {
		created := parts[i].CreatedAt.UnixMicro()
		if row.FirstPartAt == nil || created < *row.FirstPartAt {
			row.FirstPartAt = &created
		}
		f.parts.put(partOf(c, &parts[i]))
	}
	f.conversationRecords.put(row)
	seen := c.EffectiveAt // the person was there when the conversation began
	for _, earlier := range []*int64{row.CreatedAt, row.FirstPartAt} {
		if earlier != nil {
			seen = min(seen, *earlier)
		}
	}
	f.seenTogether(c.Keys, seen)
	f.conversationIDs.put(c.ConversationID, int64(dateOf(seen)))
	return nil
}

// foldConversation makes the conversation of its records, which it puts in
// order: by time, then by place in Kafka.
func foldConversation(records []conversationRecordRow) (row conversationRow) {
	slices.SortFunc(records, func(a, b conversationRecordRow) int {
		return cmp.Or(cmp.Compare(a.At, b.At), strings.Compare(a.Seq, b.Seq))
	})
	var firstPart *int64
	for _, r := range records {
		row.ConversationID, row.UpdatedAt = r.ConversationID, r.At
		for _, column := range []struct {
			to    *string
			named string
		}{
			{&row.UserID, r.UserID}, {&row.Email, r.Email}, {&row.SourceID, r.SourceID}, {&row.AnonymousID, r.AnonymousID},
			{&row.CompanyID, r.CompanyID}, {&row.Channel, r.Channel}, {&row.Subject, r.Subject}, {&row.State, r.State}, {&row.URL, r.URL},
		} {
			if column.named != "" {
				*column.to = column.named
			}
		}
		if r.CreatedAt != nil {
			row.CreatedAt = r.CreatedAt
		}
		if r.FirstPartAt != nil && (firstPart == nil || *r.FirstPartAt < *firstPart) {
			firstPart = r.FirstPartAt
		}
		if r.Tags != nil {
			row.Tags = *r.Tags
		}
	}
	if row.CreatedAt == nil {
		row.CreatedAt = firstPart
	}
	kind, key := record.Keys{UserID: row.UserID, Email: row.Email, SourceID: row.SourceID, AnonymousID: row.AnonymousID}.Strongest()
	row.KeyKind, row.Key = string(kind), key
	return row
}

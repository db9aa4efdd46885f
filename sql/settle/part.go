package settle

import (
	"cmp"
	"slices"
	"strings"

	"github.com/segmentio/encoding/json"

	"parley/pipelines/record"
)

// partRow is one part of a conversation, the source too. Of several versions
// the one updated last stands; of equally old ones that of the later record,
// then the one whose content is the greatest.
type partRow struct {
	PartID         string `parquet:"part_id"`
	ConversationID string `parquet:"conversation_id"`
	PartType       string `parquet:"part_type,optional,dict"`
	AuthorType     string `parquet:"author_type,optional,dict"`
	AuthorID       string `parquet:"author_id,optional,dict"`
	AuthorUserID   string `parquet:"author_user_id,optional,dict"`
	AuthorName     string `parquet:"author_name,optional,dict"`
	AuthorEmail    string `parquet:"author_email,optional,dict"`
	CreatedAt      int64  `parquet:"created_at,timestamp(microsecond)"`
	UpdatedAt      int64  `parquet:"updated_at,timestamp(microsecond)"`
	Body           string `parquet:"body,optional"`
	HasText        bool   `parquet:"has_text"` // the body shows something, or a file hangs on it
	IsReply        bool   `parquet:"is_reply"` // the import's mapping says so
	IsSource       bool   `parquet:"is_source"`
	DeliveredAs    string `parquet:"delivered_as,optional,dict"`
	AssignedTo     string `parquet:"assigned_to,optional,dict"`
	Tags           string `parquet:"tags,optional"`                    // JSON array, sorted
	RecordAt       int64  `parquet:"record_at,timestamp(microsecond)"` // from when the record held that gave this version

	home date `parquet:"-"` // of a new row: where the conversation lies
}

var parts = table[partRow]{
	name: "settled_conversation_parts",
	compare: func(a, b *partRow) int {
		return cmp.Or(strings.Compare(a.ConversationID, b.ConversationID), strings.Compare(a.PartID, b.PartID))
	},
	date: func(r *partRow) date { return r.home }, // one for all of a conversation
	merge: func(row, other *partRow) bool {
		if comparePartVersion(other, row) <= 0 {
			return false
		}
		*row = *other
		return true
	},
	text:      func(r *partRow) int { return 100 + len(r.Body) + len(r.Tags) },
	unbounded: []string{"part_id", "author_id", "author_user_id", "author_name", "author_email", "body", "tags"},
}

func comparePartVersion(a, b *partRow) int {
	return cmp.Or(
		cmp.Compare(a.UpdatedAt, b.UpdatedAt), cmp.Compare(a.RecordAt, b.RecordAt),
		strings.Compare(a.Body, b.Body), strings.Compare(a.Tags, b.Tags),
		strings.Compare(a.PartType, b.PartType), strings.Compare(a.AuthorType, b.AuthorType),
		strings.Compare(a.AuthorID, b.AuthorID), strings.Compare(a.AuthorUserID, b.AuthorUserID),
		strings.Compare(a.AuthorName, b.AuthorName), strings.Compare(a.AuthorEmail, b.AuthorEmail),
		cmp.Compare(a.CreatedAt, b.CreatedAt),
		compareBool(a.HasText, b.HasText), compareBool(a.IsReply, b.IsReply),
		strings.Compare(a.DeliveredAs, b.DeliveredAs), strings.Compare(a.AssignedTo, b.AssignedTo))
}

func partOf(c *landedConversation, p *record.Part) partRow {
	row := partRow{
		PartID: p.ID, ConversationID: c.ConversationID, PartType: p.Type,
		AuthorType: p.AuthorType, AuthorID: p.AuthorID, AuthorUserID: p.AuthorUser,
		AuthorName: p.AuthorName, AuthorEmail: p.AuthorEmail,
		CreatedAt: p.CreatedAt.UnixMicro(), UpdatedAt: p.UpdatedAt.UnixMicro(),
		Body: p.Body, HasText: p.Attachments > 0 || visible(p.Body),
		IsReply: p.IsReply, IsSource: p.Type == record.SourceType,
		DeliveredAs: p.DeliveredAs, AssignedTo: p.AssignedTo, RecordAt: c.EffectiveAt,
	}
	if len(p.Tags) > 0 {
		names := slices.Clone(p.Tags)
		slices.Sort(names)
		list, err := json.Marshal(slices.Compact(names))
		if err != nil {
			panic("settle: a list of text is always JSON: " + err.Error())
		}
		row.Tags = string(list)
	}
	return row
}

package record

import "time"

// Conversation is one record about a conversation, as it lands: a whole one of
// either generation of Intercom's API, or one part at a time. Keys name the
// person it is with.
type Conversation struct {
	Landed
	RecordID       string `parquet:"record_id"`
	ConversationID string `parquet:"conversation_id"`
	Keys
	CompanyID   string    `parquet:"company_id,optional,dict"`
	EffectiveAt time.Time `parquet:"effective_at,timestamp(microsecond)"`
	CreatedAt   time.Time `parquet:"created_at,optional,timestamp(microsecond)"`
	Channel     string    `parquet:"channel,optional,dict"`
	Subject     string    `parquet:"subject,optional"`
	State       string    `parquet:"state,optional,dict"` // open, closed, snoozed, as sent
	URL         string    `parquet:"url,optional"`
	Tags        string    `parquet:"tags,optional"`  // JSON array of tag names, of the conversation as a whole
	Parts       string    `parquet:"parts,optional"` // JSON array of Part
	Rest        string    `parquet:"rest,optional"`  // JSON object: what was sent and stands in no other column
}

// Part is one part of a conversation in the form in which Conversation.Parts
// keeps it: the source (the first message) is a part like the others.
type Part struct {
	ID          string    `json:"id"`
	Type        string    `json:"type"`                  // source, comment, note, assignment, close, open, … as sent
	AuthorType  string    `json:"author_type,omitempty"` // user, lead, contact, admin, team, bot, … as sent
	AuthorID    string    `json:"author_id,omitempty"`   // the author's source id
	AuthorUser  string    `json:"author_user_id,omitempty"`
	AuthorName  string    `json:"author_name,omitempty"`
	AuthorEmail string    `json:"author_email,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
	Body        string    `json:"body,omitempty"`         // HTML or text as sent
	IsReply     bool      `json:"is_reply,omitempty"`     // the import's mapping says so, in a log without texts
	DeliveredAs string    `json:"delivered_as,omitempty"` // as sent: customer_initiated, automated, campaigns_initiated, …
	Tags        []string  `json:"tags,omitempty"`
	AssignedTo  string    `json:"assigned_to,omitempty"`
	URL         string    `json:"url,omitempty"`
}

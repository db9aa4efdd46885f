package record

import (
	"time"

	"github.com/segmentio/encoding/json"
)

// Part is one part of a conversation in the form in which Conversation.Parts
// keeps it: the source (the first message) is a part like the others.
type Part struct {
	ID          string          `json:"id"`                    // as sent, else the hash of its content; the source's is made from the conversation's
	SentID      string          `json:"sent_id,omitempty"`     // the id under which a source was sent
	Type        string          `json:"type"`                  // source, comment, note, assignment, close, open, … as sent
	AuthorType  string          `json:"author_type,omitempty"` // user, lead, contact, admin, team, bot, … as sent
	AuthorID    string          `json:"author_id,omitempty"`   // the author's source id
	AuthorUser  string          `json:"author_user_id,omitempty"`
	AuthorName  string          `json:"author_name,omitempty"`
	AuthorEmail string          `json:"author_email,omitempty"`
	CreatedAt   time.Time       `json:"created_at"`
	UpdatedAt   time.Time       `json:"updated_at"`             // created_at where none was sent
	Body        string          `json:"body,omitempty"`         // HTML or text as sent
	Attachments int             `json:"attachments,omitempty"`  // how many files hang on it
	IsReply     bool            `json:"is_reply,omitempty"`     // the import's mapping says so, in a log without texts
	DeliveredAs string          `json:"delivered_as,omitempty"` // as sent: customer_initiated, automated, campaigns_initiated, …
	Tags        []string        `json:"tags,omitempty"`
	AssignedTo  string          `json:"assigned_to,omitempty"`
	URL         string          `json:"url,omitempty"`
	Rest        json.RawMessage `json:"rest,omitempty"` // what was sent and stands in no other member
}

// SourceType is the type of the part that a conversation begins with.
const SourceType = "source"

// sourceID is the id of a conversation's source. The same source comes with an
// id, without one, or under another from one object of Intercom's to the next;
// a conversation has only one.
func sourceID(conversationID string) string { return conversationID + "/source" }

// part reads one part of the conversation, and the keys of its author if that
// is a person. typ is the part's type where its place says it.
func (d *decoder) part(members object, c *Conversation, typ string) (Part, Keys) {
	id := d.key("id")
	content := contentID(members, c.ConversationID)
	part := Part{Type: typ, Body: d.text("body"), DeliveredAs: d.text("delivered_as"), URL: d.text("url")}
	if part.Type == "" {
		part.Type = d.partType()
	}
	person := d.author(&part)
	part.CreatedAt = d.time("created_at")
	if raw, ok := d.take("created_at"); ok && part.CreatedAt.IsZero() && raw == `""` {
		d.fail(BadField, "created_at: empty text is no time")
	}
	if part.CreatedAt.IsZero() {
		part.CreatedAt = d.time("notified_at")
	}
	if part.CreatedAt.IsZero() {
		part.CreatedAt = c.CreatedAt
	}
	if part.CreatedAt.IsZero() {
		part.CreatedAt = c.EffectiveAt
	}
	if part.UpdatedAt = d.time("updated_at"); part.UpdatedAt.IsZero() {
		part.UpdatedAt = part.CreatedAt
	}
	part.Tags, _ = d.names("tags")
	part.AssignedTo = d.actor("assigned_to")
	if reply := d.flag("is_reply"); reply != nil {
		part.IsReply = *reply
	}
	if raw, ok := d.take("attachments"); ok {
		files, _ := listIn(raw)
		part.Attachments = len(files)
		if len(files) > 0 { // their names and places stay in the rest
			member, _ := d.find("attachments")
			member.taken = false
		}
	}
	part.ID = id
	switch {
	case part.Type == SourceType:
		part.ID, part.SentID = sourceID(c.ConversationID), id
	case id == "":
		part.ID = content
	}
	if rest := d.rest("type", "conversation_id"); rest != "" {
		part.Rest = json.RawMessage(rest)
	}
	return part, person
}

// partType is the type that the part says: part_type, else type where that is
// not the object's own, else a comment.
func (d *decoder) partType() string {
	if typ := d.text("part_type", "message_type"); typ != "" {
		return typ
	}
	switch typ := d.text("type"); typ {
	case "", "conversation_part", "conversation_message", "user", "admin", "lead", "contact", "bot":
		return "comment"
	default:
		return typ
	}
}

// author reads who wrote the part: an object, or author_type, author_id, … beside
// the text. The keys are those of a person who writes in.
func (d *decoder) author(part *Part) Keys {
	member, ok := d.find("author")
	var keys Keys
	switch {
	case ok && member.raw[0] == '{':
		member.taken = true
		inner := d.within(member.raw)
		part.AuthorType = inner.text("type", "role")
		part.AuthorName = inner.text("name")
		keys = inner.keys()
		d.absorb(inner, "author")
	case ok:
		part.AuthorName = d.text("author")
	}
	fill := func(column *string, text string) {
		if *column == "" {
			*column = text
		}
	}
	fill(&part.AuthorType, d.text("author_type"))
	fill(&part.AuthorName, d.text("author_name"))
	fill(&keys.SourceID, d.key("author_id"))
	fill(&keys.UserID, d.key("author_user_id"))
	fill(&keys.Email, d.email("author_email"))
	part.AuthorID, part.AuthorUser, part.AuthorEmail = keys.SourceID, keys.UserID, keys.Email
	if !IsPerson(part.AuthorType) {
		return Keys{}
	}
	return keys
}

// IsPerson says whether an author of that type is one who writes in: a user, a
// lead or a contact, not a teammate, a team or a bot.
func IsPerson(authorType string) bool {
	switch authorType {
	case "user", "lead", "contact", "visitor", "customer":
		return true
	}
	return false
}

func appendParts(parts []Part) string {
	text, err := json.Append(nil, parts, json.TrustRawMessage)
	if err != nil {
		// Every member is text, a number or a time within the years that JSON can write.
		panic("record: parts of a conversation: " + err.Error())
	}
	return string(text)
}

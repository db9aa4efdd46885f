package record

import (
	"fmt"
	"slices"
	"time"
)

// Conversation is one record about a conversation, as it lands: a whole one of
// either generation of Intercom's API, or one part at a time. Keys name the
// person it is with.
type Conversation struct {
	Landed
	RecordID       string `parquet:"record_id"` // as in User
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

// Decode reads one record about a conversation: a whole one of either
// generation of Intercom's API, Parley's own form of it (whose parts may stand
// in parts), or one part (conversation_id and part). The error is a *Error;
// the row is then not to be used.
func (c *Conversation) Decode(value []byte, at Position) error {
	d, err := newDecoder(value, at)
	if err != nil {
		return err
	}
	defer d.close()
	*c = Conversation{Landed: at.landed(), EffectiveAt: d.effective()}
	c.RecordID = d.observationID(c.EffectiveAt)
	isPart := d.has("part_type") || d.isType("conversation_part") // the record is the part itself
	if c.ConversationID = d.key("conversation_id"); c.ConversationID == "" && !isPart {
		c.ConversationID = d.key("id")
	}
	if c.ConversationID == "" {
		d.fail(BadKey, "a conversation needs id; a part alone needs conversation_id")
	}
	c.Keys = d.namedKeys()
	c.CompanyID = d.companyKey()
	if isPart {
		part, person := d.part(d.object, c, "")
		c.adopt(person)
		c.Parts = appendParts([]Part{part})
		return d.fault()
	}
	c.person(d)
	c.State = d.state()
	c.Channel, c.Subject, c.URL = d.text("channel"), d.text("subject"), d.text("url")
	c.Tags = d.nameList("tags")
	c.CreatedAt = d.time("created_at")
	parts := c.readParts(d)
	if d.datesPart() {
		c.CreatedAt = time.Time{}
	}
	if c.Subject == "" {
		c.Subject = d.text("title")
	}
	if len(parts) > 0 {
		c.Parts = appendParts(parts)
	}
	c.Rest = d.rest("type")
	return d.fault()
}

// EventTime is the instant from which the record holds, in UTC.
func (c *Conversation) EventTime() time.Time { return c.EffectiveAt }

// person fills the keys from the person whom the conversation names: user in
// the first generation, contacts in the second. Of several the one who wrote
// the source counts, else the first.
func (c *Conversation) person(d *decoder) {
	author := ""
	for _, name := range []string{"source", "conversation_message"} {
		if member, ok := d.find(name); ok && member.raw[0] == '{' {
			source := d.within(member.raw)
			if member, ok := source.find("author"); ok && member.raw[0] == '{' {
				author = d.within(member.raw).key("id")
			}
		}
	}
	var found []Keys
	for _, name := range []string{"user", "contact", "customer", "lead", "contacts", "customers"} {
		raw, ok := d.take(name)
		if !ok {
			continue
		}
		people, isList := listIn(raw)
		if !isList && raw[0] == '{' && raw != "{}" {
			people = []string{raw}
		}
		for i, person := range people {
			if person[0] != '{' {
				continue
			}
			inner := d.within(person)
			found = append(found, inner.keys())
			if place := name; inner.err != nil {
				if isList {
					place = fmt.Sprintf("%s[%d]", name, i)
				}
				d.absorb(inner, place)
			}
		}
	}
	best := Keys{}
	for _, keys := range found {
		if best == (Keys{}) || (author != "" && keys.SourceID == author && best.SourceID != author) {
			best = keys
		}
	}
	if c.Keys == (Keys{}) {
		c.Keys = best
	} else {
		c.adopt(best)
	}
}

// adopt completes the keys by those of the same person: one that shares a key, or anyone
// while there are none.
func (c *Conversation) adopt(person Keys) {
	same := c.Keys == (Keys{}) ||
		(c.UserID != "" && c.UserID == person.UserID) ||
		(c.SourceID != "" && c.SourceID == person.SourceID) ||
		(c.Email != "" && c.Email == person.Email)
	if !same || (c.UserID != "" && person.UserID != "" && c.UserID != person.UserID) {
		return
	}
	fill := func(key *string, text string) {
		if *key == "" {
			*key = text
		}
	}
	fill(&c.UserID, person.UserID)
	fill(&c.Email, person.Email)
	fill(&c.SourceID, person.SourceID)
	fill(&c.AnonymousID, person.AnonymousID)
}

// readParts reads every part that the record holds, the source first. What the
// source says of the conversation fills the columns that it leaves empty.
func (c *Conversation) readParts(d *decoder) []Part {
	var parts []Part
	add := func(name, raw, typ string) { // typ is "" where the part says it itself
		if raw[0] != '{' {
			d.fail(BadField, "%s: holds %s; send an object", name, describe(raw))
			return
		}
		inner := d.within(raw)
		if typ == SourceType {
			c.readSource(inner)
		}
		part, person := inner.part(inner.object, c, typ)
		d.absorb(inner, name)
		c.adopt(person)
		parts = append(parts, part)
	}
	for _, name := range []string{"source", "conversation_message"} {
		if raw, ok := d.take(name); ok && raw != "null" && raw != "{}" {
			add(name, raw, SourceType)
		}
	}
	for _, name := range []string{"conversation_parts", "parts"} {
		raw, ok := d.take(name)
		if !ok || raw == "null" || raw == "{}" {
			continue
		}
		elements, isList := listIn(raw)
		if !isList {
			d.fail(BadField, "%s: is %s; send a list of parts", name, describe(raw))
		}
		for i, element := range elements {
			add(fmt.Sprintf("%s[%d]", name, i), element, "")
		}
	}
	if raw, ok := d.take("part"); ok && raw != "null" {
		add("part", raw, "")
	}
	return parts
}

// readSource takes from the source what it says of the whole conversation.
func (c *Conversation) readSource(source *decoder) {
	fill := func(column *string, name string) {
		if text := source.text(name); *column == "" {
			*column = text
		}
	}
	if channel := source.text("type"); c.Channel == "" && channel != "conversation_message" {
		c.Channel = channel
	}
	if channel := source.text("message_type"); c.Channel == "" {
		c.Channel = channel
	}
	fill(&c.Subject, "subject")
	if member, ok := source.find("url"); ok && c.URL == "" && member.raw[0] == '"' {
		c.URL = unquote(member.raw)
	}
}

// datesPart says whether created_at of a record with one part is that part's: it has none
// of its own. The conversation's own would then change with every part.
func (d *decoder) datesPart() bool {
	member, ok := d.find("part")
	return ok && member.raw[0] == '{' && !membersOf(member.raw).has("created_at")
}

// state is the conversation's state, or what the older open says of it.
func (d *decoder) state() string {
	open := d.flag("open")
	if state := d.text("state"); state != "" || open == nil {
		return state
	}
	if *open {
		return "open"
	}
	return "closed"
}

// rest is what has not been read, as a JSON object; nulls and empty lists say nothing.
func (d *decoder) rest(ignored ...string) string {
	var left object
	for _, member := range d.object {
		empty := member.raw == "null" || member.raw == "{}" || member.raw == "[]" || member.raw == `""`
		if !empty && !member.taken && member.name != secret && !slices.Contains(ignored, member.name) {
			left = append(left, member)
		}
	}
	if len(left) == 0 {
		return ""
	}
	return string(appendObject(nil, left))
}

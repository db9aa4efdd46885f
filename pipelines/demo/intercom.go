package demo

import (
	"strconv"
	"strings"
	"time"
)

// shape is the form in which a conversation is sent.
type shape int

const (
	firstGeneration  shape = iota // Intercom's first API: conversation_message and conversation_parts
	secondGeneration              // its second: source, contacts, conversation_parts
	partByPart                    // one part at a time
)

// snapshot is one record of a conversation: whole, as it stood at an instant,
// or one part of it.
type snapshot struct {
	conversation int
	at           time.Time
	part         int // of partByPart
	tagged       bool
}

// sendConversation sends a conversation as it goes on: whole ones when they
// begin, after a few of their changes and at their last; others part by part.
func (h *history) sendConversation(dice chance, c *conversation, index int) {
	send := func(s snapshot) {
		h.snapshots = append(h.snapshots, s)
		h.send(sendConversation, len(h.snapshots)-1, s.at)
	}
	if c.shape == partByPart {
		for i, p := range c.parts {
			send(snapshot{conversation: index, at: p.at, part: i})
			tagged := later(p.at.Add(time.Second), c.taggedAt)
			if len(p.tags) > 0 && tagged.Before(h.cfg.AsOf) {
				send(snapshot{conversation: index, at: tagged, part: i, tagged: true})
			}
		}
		return
	}
	last := len(c.parts) - 1
	for i, p := range c.parts {
		if i == last || (i == 0 && dice.yes(0.8)) || dice.yes(0.2) {
			send(snapshot{conversation: index, at: p.at})
		}
	}
	if c.taggedAt.After(c.parts[last].at) && c.taggedAt.Before(h.cfg.AsOf) {
		send(snapshot{conversation: index, at: c.taggedAt})
	}
}

func (h *history) conversationJSON(s snapshot) (key string, value []byte) {
	c := h.conversations[s.conversation]
	o := newObject()
	switch c.shape {
	case firstGeneration:
		h.firstJSON(c, s.at, o)
	case secondGeneration:
		h.secondJSON(c, s.at, o)
	default:
		h.partJSON(c, s, o)
	}
	return c.id, o.bytes()
}

// until are the parts of c that were there at at.
func (c *conversation) until(at time.Time) []part {
	n := 0
	for n < len(c.parts) && !c.parts[n].at.After(at) {
		n++
	}
	return c.parts[:n]
}

// state is open, closed or snoozed by the parts.
func state(parts []part) string {
	now := "open"
	for _, p := range parts {
		switch {
		case p.kind == "close":
			now = "closed"
		case p.kind == "snoozed":
			now = "snoozed"
		case p.kind == "open" || (p.author.isPerson() && p.body != ""):
			now = "open"
		}
	}
	return now
}

func (c *conversation) assignee(parts []part) *Teammate {
	var mate *Teammate
	for _, p := range parts {
		if p.assigned != nil {
			mate = p.assigned
		} else if mate == nil && p.kind == "comment" {
			mate = p.author.mate
		}
	}
	return mate
}

func (h *history) firstJSON(c *conversation, at time.Time, o *object) {
	parts := c.until(at)
	person := c.with.personJSON(c.createdAt)
	o.put("type", "conversation").put("id", c.id).unix("created_at", c.createdAt).unix("updated_at", at)
	o.object("user", person)
	if mate := c.assignee(parts); mate != nil {
		o.object("assignee", newObject().put("type", "admin").put("id", mate.ID))
	} else {
		o.object("assignee", newObject().put("type", "nobody_admin"))
	}
	first := parts[0]
	o.object("conversation_message", newObject().put("type", "conversation_message").put("id", first.id).put("subject", c.subject).
		put("body", first.body).object("author", c.authorJSON(first.author)).raw("attachments", "[]").put("url", c.url))
	o.flag("open", state(parts) != "closed").flag("read", len(parts) > 1)
	var listed []*object
	for _, p := range parts[1:] {
		listed = append(listed, c.inList(p))
	}
	o.list("conversation_parts", "conversation_part", "conversation_parts", listed)
	if !at.Before(c.taggedAt) {
		o.list("tags", "tag", "tags", tagObjects(c.wholeTags))
	}
}

func (h *history) secondJSON(c *conversation, at time.Time, o *object) {
	parts := c.until(at)
	o.put("type", "conversation").put("id", c.id).unix("created_at", c.createdAt).unix("updated_at", at)
	first := parts[0]
	source := newObject().put("type", c.channel).put("id", first.id).put("delivered_as", c.deliveredAs())
	source.put("subject", c.subject).put("body", first.body).object("author", c.authorJSON(first.author)).raw("attachments", "[]").put("url", c.url)
	if len(first.tags) > 0 && !at.Before(c.taggedAt) {
		source.list("tags", "tag", "tags", tagObjects(first.tags))
	}
	o.object("source", source)
	contact := newObject().put("type", "contact").put("id", c.with.source)
	if c.with.kind == user && !c.createdAt.Before(c.with.signedUp) {
		contact.put("external_id", c.with.userID)
	}
	o.list("contacts", "contact", "contacts", []*object{contact})
	if mate := c.assignee(parts); mate != nil {
		id, _ := strconv.Atoi(mate.ID) // ids of staff are numbers
		o.number("admin_assignee_id", int64(id))
	} else {
		o.raw("admin_assignee_id", "null")
	}
	now := state(parts)
	o.flag("open", now == "open").put("state", now).flag("read", len(parts) > 1).put("priority", "not_priority")
	o.list("tags", "tag", "tags", nil)
	var listed []*object
	for _, p := range parts[1:] {
		element := c.inList(p)
		if len(p.tags) > 0 && !at.Before(c.taggedAt) {
			element.list("tags", "tag", "tags", tagObjects(p.tags))
		}
		listed = append(listed, element)
	}
	o.list("conversation_parts", "conversation_part", "conversation_parts", listed)
}

func (c *conversation) deliveredAs() string {
	return [...]string{byPerson: "customer_initiated", byTeammate: "admin_initiated", byRule: "automated"}[c.begunBy]
}

// inList is a part as it stands in the list of either generation.
func (c *conversation) inList(p part) *object {
	o := newObject().put("type", "conversation_part").put("id", p.id).put("part_type", p.kind).putOrNull("body", p.body)
	o.unix("created_at", p.at).unix("updated_at", p.at).unix("notified_at", p.at)
	if p.assigned != nil {
		o.object("assigned_to", newObject().put("type", "admin").put("id", p.assigned.ID))
	} else {
		o.raw("assigned_to", "null")
	}
	return o.object("author", c.authorJSON(p.author)).raw("attachments", "[]")
}

// partJSON is one part alone, in ISO 8601 times, its tags as plain names.
func (h *history) partJSON(c *conversation, s snapshot, o *object) {
	p := c.parts[s.part]
	o.put("conversation_id", c.id).object("user", c.with.personJSON(c.createdAt)).iso("updated_at", s.at)
	alone := newObject().put("id", p.id).put("part_type", p.kind).object("author", c.authorJSON(p.author))
	alone.iso("created_at", p.at).iso("updated_at", s.at)
	if s.part == 0 && c.begunBy != byPerson {
		alone.put("delivered_as", c.deliveredAs())
	}
	alone.putIf("body", p.body)
	if p.assigned != nil {
		alone.put("assigned_to", p.assigned.ID)
	}
	if s.tagged {
		alone.raw("tags", `["`+strings.Join(p.tags, `","`)+`"]`)
	}
	o.object("part", alone)
}

// personJSON names the person as Intercom does at at: a lead before the sign-up.
func (p *person) personJSON(at time.Time) *object {
	o := newObject().put("type", p.typeAt(at)).put("id", p.source)
	if p.kind == user && p.index%2 == 0 && !at.Before(p.signedUp) {
		o.put("user_id", p.userID)
	}
	return o
}

func (p *person) typeAt(at time.Time) string {
	if p.kind == lead || at.Before(p.signedUp) {
		return "lead"
	}
	return "user"
}

// authorJSON is who wrote a part. The bot signs as a teammate in the older shape.
func (c *conversation) authorJSON(a author) *object {
	switch {
	case a.mate != nil:
		return newObject().put("type", "admin").put("id", a.mate.ID).put("name", a.mate.Name).put("email", a.mate.Email)
	case a.bot && c.shape == firstGeneration:
		return newObject().put("type", "admin").put("id", BotAdminID).put("name", BotName)
	case a.bot:
		return newObject().put("type", "bot").put("id", BotID).put("name", BotName)
	}
	return newObject().put("type", c.with.typeAt(c.createdAt)).put("id", c.with.source).put("name", c.with.name()).putIf("email", c.with.emailAt(c.createdAt))
}

func tagObjects(names []string) []*object {
	var objects []*object
	for _, name := range names {
		objects = append(objects, newObject().put("type", "tag").put("id", strconv.FormatUint(hashOf(name)%900000+100000, 10)).put("name", name))
	}
	return objects
}

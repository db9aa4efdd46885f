package build

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// plainly computes the figures of support from what records say, as their
// definitions have it, one thing after the other: no SQL, and nothing of what the
// models or the office hours are made of.
type plainly struct {
	zone       *time.Location
	weekStarts time.Weekday
	asOf       time.Time
	windows    [7][][2]int // minutes of the local day, by weekday, 0 Sunday
	holidays   []string
	topics     []string

	users     map[string][]saidUser // by key
	deletions map[string]time.Time  // of users and conversations, the last
	merges    map[[2]string]saidMerge
	events    map[string]saidEvent
	talks     map[string]saidTalk
	parts     map[string]map[string]saidPart
	known     map[string]life
}

// hear takes what records say, what is later than as_of left out.
func (p *plainly) hear(sayings []saying) {
	p.known = nil
	p.users, p.deletions, p.merges = map[string][]saidUser{}, map[string]time.Time{}, map[[2]string]saidMerge{}
	p.events, p.talks, p.parts = map[string]saidEvent{}, map[string]saidTalk{}, map[string]map[string]saidPart{}
	for _, s := range sayings {
		for _, says := range s.says {
			switch said := says.(type) {
			case saidUser:
				if !said.at.After(p.asOf) && !slices.Contains(p.users[said.key], said) {
					p.users[said.key] = append(p.users[said.key], said)
				}
			case saidEvent:
				if !said.at.After(p.asOf) {
					p.events[said.id] = said
				}
			case saidTalk:
				p.talks[said.id] = said
			case saidPart:
				if p.parts[said.talk] == nil {
					p.parts[said.talk] = map[string]saidPart{}
				}
				if !said.at.After(p.asOf) {
					p.parts[said.talk][said.id] = said
				}
			case saidMerge:
				pair := [2]string{said.into, said.from}
				if !said.at.After(p.asOf) && !p.merges[pair].at.After(said.at) {
					p.merges[pair] = said
				}
			case saidDeletion:
				if !said.at.After(p.asOf) && said.at.After(p.deletions[said.key]) {
					p.deletions[said.key] = said.at
				}
			}
		}
	}
}

// week is the first day of the local week of an instant.
func (p *plainly) week(at time.Time) string {
	local := at.In(p.zone)
	back := (int(local.Weekday()) - int(p.weekStarts) + 7) % 7
	return time.Date(local.Year(), local.Month(), local.Day()-back, 12, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// weeks are all from one week to that of as_of, and whether each had not ended.
func (p *plainly) weeks(first string) (weeks []string, partial map[string]bool) {
	day, err := time.Parse(time.DateOnly, first)
	if err != nil {
		return nil, nil
	}
	partial = map[string]bool{}
	for ; day.Format(time.DateOnly) <= p.week(p.asOf); day = day.AddDate(0, 0, 7) {
		week := day.Format(time.DateOnly)
		weeks = append(weeks, week)
		partial[week] = day.AddDate(0, 0, 7).Format(time.DateOnly) > p.asOf.In(p.zone).Format(time.DateOnly)
	}
	return weeks, partial
}

// office is the open time between two instants, a quarter of an hour after the
// other: all offsets and windows are whole quarters.
func (p *plainly) office(from, to time.Time) float64 {
	var open time.Duration
	const quarter = 15 * time.Minute
	for at := from.Truncate(quarter); at.Before(to); at = at.Add(quarter) {
		local := at.In(p.zone)
		if slices.Contains(p.holidays, local.Format(time.DateOnly)) {
			continue
		}
		minute := local.Hour()*60 + local.Minute()
		for _, window := range p.windows[local.Weekday()] {
			if minute >= window[0] && minute < window[1] {
				begins, ends := at, at.Add(quarter)
				if begins.Before(from) {
					begins = from
				}
				if ends.After(to) {
					ends = to
				}
				open += ends.Sub(begins)
			}
		}
	}
	return open.Seconds()
}

// conversation is what became of one by as_of.
type conversation struct {
	id, person, begunBy         string
	named                       bool
	createdAt                   time.Time
	topic                       string
	contactAt, answerAt, lastAt time.Time // zero: none
	closedAt, lastClosedAt      time.Time
	botAnswered                 bool
	state                       string
	reopenedAt                  []time.Time
	questionAt, replyAt         []time.Time // pairs
	contactMessages             int
}

func (p saidPart) isPerson() bool { return p.authorType == "user" || p.authorType == "lead" }

func (p saidPart) isBot() bool {
	return p.authorType == "bot" || !p.isPerson() && (strings.EqualFold(p.name, "fin") || p.who == "815309")
}

func (p saidPart) isContact() bool {
	return p.isPerson() && !p.automated && (p.hasText || p.isSource || p.kind == "comment")
}

func (p saidPart) isReply() bool {
	return !p.isPerson() && !p.isBot() && !p.automated && p.hasText && p.kind != "note"
}

func (p saidPart) isOurs() bool {
	return (!p.isPerson() || p.automated) && p.kind != "note" && (p.hasText || p.isSource)
}

// byTime orders parts by their own time; in the same second some go first, then the smaller id.
func byTime(parts []saidPart, goesFirst func(saidPart) bool) []saidPart {
	parts = slices.Clone(parts)
	rank := func(p saidPart) int {
		if goesFirst(p) {
			return 0
		}
		return 1
	}
	slices.SortFunc(parts, func(a, b saidPart) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(rank(a), rank(b)), cmp.Compare(len(a.id), len(b.id)), cmp.Compare(a.id, b.id))
	})
	return parts
}

func (p *plainly) conversations() []conversation {
	var all []conversation
	ids := map[string]bool{}
	for id := range p.talks {
		ids[id] = true
	}
	for id := range p.parts {
		ids[id] = true
	}
	for id := range ids {
		var parts []saidPart
		var first, last time.Time
		for _, part := range p.parts[id] {
			parts = append(parts, part)
			if first.IsZero() || part.at.Before(first) {
				first = part.at
			}
			if part.at.After(last) {
				last = part.at
			}
		}
		talk := p.talks[id]
		if talk.createdAt.IsZero() {
			talk.createdAt = first
		}
		deleted, isDeleted := p.deletions[id]
		if talk.createdAt.IsZero() || talk.createdAt.After(p.asOf) || isDeleted && !last.After(deleted) {
			continue
		}
		c := conversation{id: id, person: "c:" + id, createdAt: talk.createdAt, state: "open"}
		if talk.key != "" {
			c.person, c.named = p.person(talk.key), true
		}
		c.read(parts)
		if !c.contactAt.IsZero() {
			var topics []string
			for _, tag := range talk.tags {
				if slices.Contains(p.topics, tag) {
					topics = append(topics, tag)
				}
			}
			if len(topics) == 1 {
				c.topic = topics[0]
			}
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b conversation) int { return cmp.Compare(a.id, b.id) })
	return all
}

// read goes through the parts of a conversation.
func (c *conversation) read(parts []saidPart) {
	isSource := func(p saidPart) bool { return p.isSource }
	for _, p := range byTime(parts, isSource) {
		if p.isContact() {
			if c.contactAt.IsZero() {
				c.contactAt = p.at
			}
			c.contactMessages++
		}
	}
	// Who began it: the author of the source, else of the first message.
	messages := slices.DeleteFunc(byTime(parts, saidPart.isContact), func(p saidPart) bool { return !p.isContact() && !p.isOurs() })
	if i := slices.IndexFunc(messages, isSource); i > 0 {
		messages[0] = messages[i]
	}
	if len(messages) > 0 {
		switch opening := messages[0]; {
		case opening.isContact():
			c.begunBy = "person"
		case opening.isReply() || opening.authorType == "admin" && !opening.isBot() && !opening.automated:
			c.begunBy = "teammate"
		default:
			c.begunBy = "automation"
		}
	}
	// What answered it, question by question.
	var question time.Time
	for _, p := range byTime(parts, saidPart.isContact) {
		switch {
		case p.isContact():
			question = p.at
		case p.isSource || c.contactAt.IsZero() || p.at.Before(c.contactAt):
		case p.isReply():
			if c.begunBy == "person" {
				if c.answerAt.IsZero() {
					c.answerAt = p.at
				}
				c.lastAt = p.at
			}
			if !question.IsZero() {
				c.questionAt, c.replyAt = append(c.questionAt, question), append(c.replyAt, p.at)
				question = time.Time{}
			}
		case p.isOurs():
			c.botAnswered = c.botAnswered || c.begunBy == "person"
		}
	}
	// Opened and closed.
	state, says := "", false
	for _, p := range byTime(parts, isSource) {
		after := map[string]string{"close": "closed", "open": "open", "snoozed": "snoozed"}[p.kind]
		says = says || after != ""
		if after == "" && p.isContact() {
			after = "open"
		}
		if after == "" {
			continue
		}
		if after == "open" && state == "closed" && !c.contactAt.IsZero() && p.at.After(c.contactAt) {
			c.reopenedAt = append(c.reopenedAt, p.at)
		}
		if after == "closed" && !p.at.Before(c.contactAt) {
			if c.closedAt.IsZero() {
				c.closedAt = p.at
			}
			c.lastClosedAt = p.at
		}
		state = after
	}
	if says {
		c.state = state
	}
}

// person is who has a key by as_of: merges that hold lead from one to the next.
func (p *plainly) person(key string) string {
	for range 10 {
		next := key
		for pair, merge := range p.merges {
			if pair[1] == key && !merge.undo {
				next = pair[0]
			}
		}
		if next == key {
			break
		}
		key = next
	}
	return key
}

// quantile is interpolated between the two values about it; null without any.
func quantile(values []float64, share float64) string {
	if len(values) == 0 {
		return "null"
	}
	values = slices.Sorted(slices.Values(values))
	place := share * float64(len(values)-1)
	below := int(place)
	if below == len(values)-1 {
		return number(values[below])
	}
	return number(values[below] + (values[below+1]-values[below])*(place-float64(below)))
}

func number(value float64) string { return fmt.Sprintf("%.9g", value) }

// over is one number by another; null where that is 0.
func over(a, b int) string {
	if b == 0 {
		return "null"
	}
	return number(float64(a) / float64(b))
}

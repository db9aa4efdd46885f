package build

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"parley/pipelines/record"
)

// What a record says, in plain words. Users are named by their user_id, leads by
// their address.
type (
	saidUser struct {
		key      string
		at       time.Time
		named    bool       // it names the sign-up
		signedUp *time.Time // nil: not signed up
	}
	saidEvent struct {
		id, key string
		at      time.Time
	}
	saidTalk struct {
		id, key   string // key is "" where it names nobody
		createdAt time.Time
		tags      []string
	}
	saidPart struct {
		talk, id, kind        string
		authorType, name, who string
		hasText, automated    bool
		isSource              bool
		at                    time.Time
	}
	saidMerge struct {
		into, from string
		at         time.Time
		undo       bool
	}
	saidDeletion struct {
		kind record.Kind
		key  string
		at   time.Time
	}
)

// saying is a record, and what it says.
type saying struct {
	told
	says []any
}

// chronicler makes up half a year of a help desk, over both changes of the clocks:
// records in any order, some of them twice, conversations told in pieces.
type chronicler struct {
	*rand.Rand
	from, to time.Time
	nights   []time.Time // in which clocks change
	zone     *time.Location
	n        map[record.Kind]int64
	sayings  []saying
}

func (c *chronicler) at() time.Time {
	at := c.from.Add(time.Duration(c.Int64N(int64(c.to.Sub(c.from))))).Truncate(time.Second)
	switch c.IntN(8) {
	case 0: // a night in which clocks change
		return c.nights[c.IntN(len(c.nights))].Add(time.Duration(c.IntN(12*3600)-6*3600) * time.Second)
	case 1: // about a local midnight
		local := at.In(c.zone)
		return time.Date(local.Year(), local.Month(), local.Day(), 0, 0, c.IntN(3)-1, 0, c.zone).UTC()
	}
	return at
}

func (c *chronicler) say(kind record.Kind, key string, at time.Time, doc map[string]any, says ...any) {
	s := saying{told: told{kind: kind, key: key, place: record.Position{At: at}}, says: says}
	if doc != nil {
		text, err := json.Marshal(doc)
		if err != nil {
			panic(err)
		}
		s.value = string(text)
	}
	c.sayings = append(c.sayings, s)
	if c.IntN(8) == 0 { // the same again
		c.sayings = append(c.sayings, s)
	}
}

// keyed names somebody in a record.
func keyed(doc map[string]any, key string) map[string]any {
	switch {
	case key == "":
	case key[0] == '3':
		doc["user_id"] = key
	default:
		doc["email"] = key
	}
	return doc
}

func (c *chronicler) somebody() string {
	if c.IntN(5) == 0 {
		return fmt.Sprintf("lead%d@example.com", c.IntN(15))
	}
	return fmt.Sprint(300 + c.IntN(50))
}

// describe tells what a user record says of the sign-up: when, that there is none, or nothing.
func (c *chronicler) describe(key string, at time.Time) {
	said := saidUser{key: key, at: at, named: c.IntN(8) > 0}
	doc := keyed(map[string]any{"name": "Ann", "updated_at": iso(at)}, key)
	if said.named {
		doc["signed_up_at"] = nil
		if c.IntN(10) > 0 {
			signedUp := c.at().Add(-time.Duration(c.IntN(180)) * 24 * time.Hour)
			if c.IntN(12) == 0 {
				signedUp = c.to.Add(time.Duration(c.IntN(1000)) * time.Hour)
			}
			said.signedUp, doc["signed_up_at"] = &signedUp, iso(signedUp)
		}
	}
	c.say(record.KindUser, "", at, doc, said)
}

func (c *chronicler) people() {
	for i := range 50 {
		key := fmt.Sprint(300 + i)
		first := c.at()
		if c.IntN(10) > 0 {
			c.describe(key, first)
		}
		if c.IntN(3) == 0 {
			c.describe(key, first.Add(time.Duration(1+c.IntN(500))*time.Hour))
		}
		if c.IntN(8) == 0 { // some come back
			deletion := saidDeletion{record.KindUser, key, first.Add(time.Duration(c.IntN(2000))*time.Hour + time.Second)}
			c.say(record.KindTombstone, key, deletion.at, nil, deletion)
			if c.IntN(3) == 0 {
				c.describe(key, deletion.at.Add(time.Duration(1+c.IntN(300))*time.Hour))
			}
		}
	}
	merge := func(into, from string) {
		m := saidMerge{into: into, from: from, at: c.at()}
		doc := func(m saidMerge) map[string]any {
			return map[string]any{"into": keyed(map[string]any{}, m.into), "from": keyed(map[string]any{}, m.from), "at": iso(m.at), "undo": m.undo}
		}
		c.say(record.KindMerge, "", m.at, doc(m), m)
		if c.IntN(3) == 0 {
			undone := saidMerge{into, from, m.at.Add(time.Duration(1+c.IntN(400)) * time.Hour), true}
			c.say(record.KindMerge, "", undone.at, doc(undone), undone)
		}
	}
	for i := range 5 {
		merge(fmt.Sprint(300+i), fmt.Sprint(310+i))
		merge(fmt.Sprint(320+i), fmt.Sprintf("lead%d@example.com", i))
	}
	merge("310", "330") // which is 300 then, if that merge holds
	for i := range 900 {
		e := saidEvent{fmt.Sprint("e", i), c.somebody(), c.at()}
		c.say(record.KindEvent, "", e.at, keyed(map[string]any{"id": e.id, "event_name": "page_view", "created_at": iso(e.at)}, e.key), e)
	}
}

// begin is the first part of a conversation.
func (c *chronicler) begin(id, writes string, at time.Time) saidPart {
	p := saidPart{talk: id, id: id + "/source", kind: "source", authorType: writes, hasText: c.IntN(12) > 0, isSource: true, at: at}
	switch c.IntN(20) {
	case 0, 1:
		p.authorType, p.who = "admin", "7"
	case 2:
		p.authorType, p.who, p.automated = "admin", "7", true
	case 3:
		p.authorType, p.who = "bot", "9"
	case 4:
		p.automated = true // an automatic message under the person's name
	}
	return p
}

// goOn is a later part.
func (c *chronicler) goOn(id string, number int, writes string, at time.Time) saidPart {
	p := saidPart{talk: id, id: fmt.Sprint(id, "p", number), kind: "comment", authorType: "admin", name: "Mo", who: "7", hasText: true, at: at}
	switch c.IntN(14) {
	case 0, 1, 2:
		p.authorType, p.name, p.who = writes, "Fin", "" // a customer who is called as a bot is
	case 3:
		p.authorType, p.name, p.who, p.hasText = writes, "", "", false
	case 4:
		p.name = "FIN"
	case 5:
		p.who = "815309"
	case 6:
		p.authorType = "bot"
	case 7:
		p.kind = "note"
	case 8:
		p.kind, p.hasText = "assignment", c.IntN(2) == 0
	case 9, 10:
		p.kind, p.hasText = "close", c.IntN(4) == 0
	case 11:
		p.kind, p.hasText = []string{"open", "snoozed"}[c.IntN(2)], false
	}
	return p
}

func (p saidPart) doc() map[string]any {
	author := map[string]any{"type": p.authorType}
	if p.name != "" {
		author["name"] = p.name
	}
	if p.who != "" {
		author["id"] = p.who
	}
	doc := map[string]any{"author": author, "body": map[bool]string{true: "<p>hello</p>", false: ""}[p.hasText]}
	if p.automated {
		doc["delivered_as"] = "automated"
	}
	if !p.isSource {
		doc["id"], doc["part_type"], doc["created_at"] = p.id, p.kind, iso(p.at)
	}
	return doc
}

// talks tells conversations, each in several records: some of the parts at a time, or one.
func (c *chronicler) talks() {
	for i := range 260 {
		talk := saidTalk{id: fmt.Sprint("v", i), key: c.somebody(), createdAt: c.at()}
		if i%6 == 0 { // a week with far more of them
			talk.createdAt = c.to.Add(-time.Duration(40*24*3600+c.IntN(5*24*3600)) * time.Second)
		}
		if c.IntN(12) == 0 {
			talk.key = ""
		}
		for _, tag := range []string{"confused", "bug report", "billing"} {
			if c.IntN(3) == 0 {
				talk.tags = append(talk.tags, tag)
			}
		}
		writes := "user"
		if talk.key != "" && talk.key[0] != '3' {
			writes = "lead"
		}
		var said []saidPart
		if c.IntN(30) > 0 {
			said = append(said, c.begin(talk.id, writes, talk.createdAt))
		}
		at := talk.createdAt
		for number := range c.IntN(9) {
			switch c.IntN(4) {
			case 0: // in the same second
			case 1:
				at = at.Add(time.Duration(c.IntN(7*86400)) * time.Second)
			default:
				at = at.Add(time.Duration(c.IntN(9000)) * time.Second)
			}
			said = append(said, c.goOn(talk.id, number, writes, at))
		}
		c.tellTalk(talk, said)
		if c.IntN(20) == 0 {
			deletion := saidDeletion{record.KindConversation, talk.id, talk.createdAt.Add(time.Duration(c.IntN(300)) * time.Hour)}
			c.say(record.KindTombstone, talk.id, deletion.at, nil, deletion)
		}
	}
}

func (c *chronicler) tellTalk(talk saidTalk, said []saidPart) {
	pieces := make([][]saidPart, 2)
	for _, p := range said {
		if c.IntN(4) == 0 && !p.isSource {
			c.say(record.KindConversation, "", p.at, map[string]any{"conversation_id": talk.id, "part": p.doc()}, p)
			if c.IntN(2) == 0 {
				continue
			}
		}
		piece := c.IntN(2)
		pieces[piece] = append(pieces[piece], p)
		if c.IntN(6) == 0 {
			pieces[1-piece] = append(pieces[1-piece], p)
		}
	}
	for i, piece := range pieces {
		if i > 0 && len(piece) == 0 {
			continue
		}
		c.Shuffle(len(piece), func(i, j int) { piece[i], piece[j] = piece[j], piece[i] })
		doc := keyed(map[string]any{"id": talk.id, "created_at": iso(talk.createdAt), "tags": talk.tags}, talk.key)
		says, rest := []any{talk}, []map[string]any{}
		for _, p := range piece {
			says = append(says, p)
			if p.isSource {
				doc["source"] = p.doc()
			} else {
				rest = append(rest, p.doc())
			}
		}
		doc["conversation_parts"] = map[string]any{"conversation_parts": rest}
		c.say(record.KindConversation, "", talk.createdAt, doc, says...)
	}
}

// newChronicle is all that is told, in the order in which it arrives.
func newChronicle(seed uint64, zone *time.Location, from, to time.Time, nights ...time.Time) []saying {
	c := &chronicler{Rand: rand.New(rand.NewPCG(seed, 11)), from: from, to: to, zone: zone, nights: nights, n: map[record.Kind]int64{}}
	c.people()
	c.talks()
	c.Shuffle(len(c.sayings), func(i, j int) { c.sayings[i], c.sayings[j] = c.sayings[j], c.sayings[i] })
	for i := range c.sayings {
		kind := c.sayings[i].kind
		c.sayings[i].place.Offset = c.n[kind]
		c.n[kind]++
	}
	return slices.Clip(c.sayings)
}

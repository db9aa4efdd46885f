package build

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"parley/pipelines/record"
)

// told is one record as it stands on Kafka.
type told struct {
	kind  record.Kind
	key   string // of a tombstone
	value string
	place record.Position
}

// teller makes up records of a small company, contradictory ones too: keys that
// several people share, facts that come late, again or out of order, clocks
// that are wrong, deletions and returns.
type teller struct {
	*rand.Rand
	from, to time.Time
	n        map[record.Kind]int64
	told     []told // all records so far, in no order
}

func newTeller(seed uint64, from, to time.Time) *teller {
	return &teller{Rand: rand.New(rand.NewPCG(seed, 5)), from: from, to: to, n: map[record.Kind]int64{}}
}

func (t *teller) pick(words ...string) string { return words[t.IntN(len(words))] }

// at is an instant of the history; some fall on a second that others have too,
// or on either side of a midnight, of half an hour, or of a change of the clocks.
func (t *teller) at() time.Time {
	at := t.from.Add(time.Duration(t.Int64N(int64(t.to.Sub(t.from)))))
	switch t.IntN(6) {
	case 0:
		return at.Truncate(24 * time.Hour).Add(time.Duration(t.IntN(3)-1) * time.Second)
	case 1:
		return at.Truncate(30 * time.Minute)
	case 2:
		return time.Date(2026, 3, 29, 0, 40+t.IntN(40), 0, 0, time.UTC)
	}
	return at.Truncate(time.Second)
}

func iso(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// person are the keys by which a record names somebody.
func (t *teller) person() map[string]any {
	keys := map[string]any{}
	if t.IntN(3) > 0 {
		keys["user_id"] = fmt.Sprint(t.IntN(40))
	}
	if t.IntN(40) == 0 {
		keys["user_id"] = t.pick("undefined", "0")
	}
	if t.IntN(3) == 0 {
		keys["email"] = t.pick("ann", "bob", "cy", "di", "ed", "flo", "team") + "@example.com"
	}
	if t.IntN(3) == 0 || len(keys) == 0 {
		keys["anonymous_id"] = fmt.Sprint("cookie", t.IntN(25))
	}
	if t.IntN(6) == 0 {
		keys["id"] = fmt.Sprint("src", t.IntN(40))
	}
	return keys
}

func (t *teller) event() map[string]any {
	e := t.person()
	if source, ok := e["id"]; ok { // an event's id is its own
		delete(e, "id")
		e["source_id"] = source
	}
	e["event_name"] = t.pick("page_view", "page_view", "page_view", "shift_created")
	e["created_at"] = iso(t.at())
	if t.IntN(2) == 0 {
		e["id"] = fmt.Sprint("e", t.IntN(400)) // the same id under several times: the earliest stands
	}
	if t.IntN(3) == 0 {
		e["utm_source"] = t.pick("google", "newsletter", "")
	}
	if t.IntN(5) == 0 {
		e["company_id"] = t.companyID()
	}
	e["url"] = "https://app.example.com/" + t.pick("a", "b", "c")
	if t.IntN(4) == 0 {
		e["ip"] = t.pick("81.2.69.142", "89.160.20.128", "10.0.0.1", "2001:218::1")
	}
	if t.IntN(3) == 0 {
		e["referrer"] = "https://" + t.pick("www.google.com/", "news.example?x=1", "app.example.com/a")
	}
	return e
}

func (t *teller) user() map[string]any {
	u := t.person()
	u["updated_at"] = iso(t.at())
	for name, value := range map[string]any{
		"name": t.pick("Ann", "Bob", "Cy"), "city": t.pick("Galway", "Hobart"), "stage": t.pick("lead", "customer"), "phone": nil,
		"seats": t.IntN(20), "beta": t.IntN(2) == 0, "renewal_at": iso(t.at()), "plan tier": t.pick("gold", "tin"),
		"unsubscribed_from_emails": t.IntN(2) == 0, "signed_up_at": iso(t.at().Add(time.Duration(t.IntN(20)) * 24 * time.Hour)),
		"last_seen_at": iso(t.at()),
	} {
		switch t.IntN(5) {
		case 0, 1:
			u[name] = value
		case 2:
			if t.IntN(4) == 0 {
				u[name] = nil
			}
		}
	}
	if t.IntN(3) == 0 {
		u["companies"] = []map[string]any{{"company_id": t.companyID(), "remove": t.IntN(4) == 0}}
	}
	if t.IntN(4) == 0 {
		u["tags"] = []string{t.pick("vip", "beta")}
	}
	return u
}

// companyID is a company's own id, or that of the sending system.
func (t *teller) companyID() string { return t.pick("", "", "src-") + fmt.Sprint("c", t.IntN(15)) }

func (t *teller) company() map[string]any {
	id := fmt.Sprint("c", t.IntN(15))
	c := map[string]any{"company_id": id, "updated_at": iso(t.at()), "name": t.pick("Ape", "Bee"), "plan": t.pick("team", "pro")}
	if t.IntN(2) == 0 {
		c["monthly_spend"] = []any{0, 29, 49.5, nil}[t.IntN(4)]
	}
	if t.IntN(2) == 0 {
		c["id"] = "src-" + id
	}
	if t.IntN(3) == 0 {
		c["currency"] = t.pick("USD", "EUR")
	}
	if t.IntN(3) == 0 {
		c["industry"] = t.pick("retail", "care")
	}
	if t.IntN(3) == 0 {
		c["stage"] = []any{"SQL", "customer", nil}[t.IntN(3)]
	}
	if t.IntN(4) == 0 {
		start := t.at()
		c["subscriptions"] = []map[string]any{{"id": "s" + id, "amount": 10 + t.IntN(90), "currency": "USD", "interval": t.pick("month", "year", "week"),
			"started_at": iso(start), "ended_at": iso(start.Add(time.Duration(t.IntN(60)) * 24 * time.Hour))}}
	}
	return c
}

func (t *teller) conversation() map[string]any {
	id := fmt.Sprint("v", t.IntN(80))
	c := map[string]any{"id": id, "updated_at": iso(t.at())}
	if t.IntN(3) > 0 {
		c["created_at"] = iso(t.at())
	}
	if t.IntN(3) > 0 {
		for name, key := range t.person() {
			if name != "id" {
				c[name] = key
			}
		}
	}
	if t.IntN(3) == 0 {
		c["state"] = t.pick("open", "closed")
	}
	if t.IntN(4) == 0 {
		c["tags"] = []string{t.pick("billing", "bug report", "confused")}
	}
	parts := []map[string]any{}
	for range t.IntN(4) {
		part := map[string]any{
			"type": "conversation_part", "id": fmt.Sprint("p", t.IntN(6)), "created_at": iso(t.at()),
			"part_type": t.pick("comment", "comment", "close", "open", "note", "assignment"), "body": t.pick("<p>hello</p>", "", "<p>thanks</p>"),
			"author": map[string]any{"type": t.pick("user", "admin", "bot", "lead"), "id": fmt.Sprint(t.IntN(4)), "name": t.pick("Fin", "Mo", "Zoe")},
		}
		if t.IntN(4) == 0 {
			part["tags"] = []string{t.pick("billing", "onboarding", "bug report")}
		}
		parts = append(parts, part)
	}
	c["conversation_parts"] = map[string]any{"conversation_parts": parts}
	return c
}

func (t *teller) tag() map[string]any {
	g := map[string]any{"tag": t.pick("vip", "beta", "at risk"), "at": iso(t.at()), "removed": t.IntN(3) == 0, "by": "Mo"}
	if t.IntN(3) == 0 {
		g["company_id"] = t.companyID()
		return g
	}
	g["user_id"] = fmt.Sprint(t.IntN(40))
	return g
}

// enrichment is what somebody else says of a person or a company.
func (t *teller) enrichment() map[string]any {
	e := map[string]any{"source": t.pick("fullcontact", "clearbit"), "updated_at": iso(t.at()),
		"attributes": map[string]any{"followers": t.IntN(50), t.pick("name", "title"): []any{"Ann F.", nil}[t.IntN(2)]}}
	if t.IntN(3) == 0 {
		e["company_id"] = t.companyID()
		return e
	}
	e[t.pick("user_id", "user_id", "email")] = t.pick("1", "7", "12", "ann@example.com")
	return e
}

// delivery is a decision of ours, which no source record tells.
func (t *teller) delivery() map[string]any {
	at := t.at()
	person := "u:" + fmt.Sprint(t.IntN(40))
	return map[string]any{
		"decision_id": fmt.Sprint("d", t.IntN(60)), "message": t.pick("welcome", "nudge"), "person_id": person, "entry": "once",
		"decision": t.pick("sent", "unsubscribed"), "channel": "email", "decided_at": iso(at), "sent_at": iso(at),
	}
}

// merge says of two people, who may be nobody yet, or one, that they are one, or not.
func (t *teller) merge() map[string]any {
	one := func() map[string]any {
		switch t.IntN(4) {
		case 0:
			return map[string]any{"email": t.pick("ann", "bob", "cy", "di") + "@example.com"}
		case 1:
			return map[string]any{"anonymous_id": fmt.Sprint("cookie", t.IntN(25))}
		}
		// No user_id is above 39: of some merges nobody has the key.
		return map[string]any{"user_id": fmt.Sprint(1 + t.IntN(45))}
	}
	m := map[string]any{"into": one(), "from": one(), "at": iso(t.at()), "undo": t.IntN(3) == 0}
	for fmt.Sprint(m["into"]) == fmt.Sprint(m["from"]) {
		m["from"] = one()
	}
	return m
}

// next makes one record, or tells an earlier one again.
func (t *teller) next() told {
	if len(t.told) > 0 && t.IntN(12) == 0 {
		again := t.told[t.IntN(len(t.told))]
		again.place.Offset, again.place.At = t.n[again.kind], again.place.At.Add(time.Minute)
		t.n[again.kind]++
		t.told = append(t.told, again)
		return again
	}
	var r told
	var doc map[string]any
	switch t.IntN(26) {
	case 0, 1, 2, 3, 4:
		r.kind, doc = record.KindUser, t.user()
	case 5, 6:
		r.kind, doc = record.KindCompany, t.company()
	case 7, 8, 9, 10, 11:
		r.kind, doc = record.KindConversation, t.conversation()
	case 12:
		r.kind, doc = record.KindTag, t.tag()
	case 13:
		r.kind, doc = record.KindDelivery, t.delivery()
	case 14:
		r.kind = record.KindTombstone
		r.key = t.pick("3", "src1", "c3", "v3", "v4")
	case 15:
		r.kind, doc = record.KindMerge, t.merge()
	case 16:
		r.kind, doc = record.KindEnrichment, t.enrichment()
	default:
		r.kind, doc = record.KindEvent, t.event()
	}
	value, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	r.value = string(value)
	r.place = record.Position{Offset: t.n[r.kind], At: t.at()}
	t.n[r.kind]++
	t.told = append(t.told, r)
	return r
}

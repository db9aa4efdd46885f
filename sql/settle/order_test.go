package settle

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/pipelines/record"
)

// TestOrderDoesNotMatter lands the same records in other orders, in other
// batches, more than once, with settling after each batch or once, with hardly
// any memory: the settled tables are always the same.
func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 2))
			messages := generate(random, 60+random.IntN(100))

			once := newLander(t)
			once.land(0, messages...)
			want := dump(t, once.settle())

			for _, memory := range []int64{0, 1, 20_000} {
				chain := newLander(t)
				again := append(messages[:len(messages):len(messages)], messages[:random.IntN(len(messages))]...)
				random.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
				var m *Manifest
				for len(again) > 0 {
					n := 1 + random.IntN(len(again))
					for files := 1 + random.IntN(3); files > 0 && n > 0; files-- {
						size := 1 + random.IntN(n)
						chain.land(int32(random.IntN(3)), again[:size]...)
						again, n = again[size:], n-size
					}
					var err error
					if m, err = Run(context.Background(), Config{Lake: chain.lake, Memory: memory}); err != nil {
						t.Fatal(err)
					}
				}
				if diff := cmp.Diff(want, dump(t, m)); diff != "" {
					t.Fatalf("memory %d: another order gives other tables (-want +got):\n%s", memory, diff)
				}
			}
		})
	}
}

// generate makes n records about few people, companies and conversations, so
// that they contradict each other and repeat what others said. Each has a
// Kafka timestamp of its own.
func generate(random *rand.Rand, n int) []message {
	g := generator{random}
	var messages []message
	for i := range n {
		m := message{at: noon.Add(time.Duration(i) * time.Second)}
		var doc map[string]any
		switch random.IntN(12) {
		case 0, 1, 2:
			m.kind, doc = record.KindEvent, g.event()
		case 3, 4, 5:
			m.kind, doc = record.KindUser, g.user()
		case 6, 7:
			m.kind, doc = record.KindCompany, g.company()
		case 8, 9:
			m.kind, doc = record.KindConversation, g.conversation()
		case 10:
			if g.IntN(2) == 0 {
				m.kind, doc = record.KindEnrichment, g.person(map[string]any{"source": g.one("clearbit", "fullcontact"), "updated_at": g.time(), "attributes": map[string]any{"size": g.IntN(3), "title": nil}})
				break
			}
			m.kind, doc = record.KindTag, g.person(map[string]any{"tag": g.one("vip", "beta"), "at": g.time()})
			g.maybe(doc, "removed", true)
		default:
			if random.IntN(2) == 0 {
				m.kind, m.key = record.KindUser, g.one("1", "2")
				messages = append(messages, m)
				continue
			}
			m.kind, doc = record.KindDelivery, map[string]any{
				"decision_id": g.one("d1", "d2"), "message": "welcome", "person_id": "u:1", "entry": "once",
				"channel": "email", "decision": "sent", "decided_at": g.isoTime(),
			}
		}
		value, err := json.Marshal(doc)
		if err != nil {
			panic(err)
		}
		m.value = string(value)
		messages = append(messages, m)
	}
	return messages
}

type generator struct{ *rand.Rand }

func (g generator) one(values ...string) string { return values[g.IntN(len(values))] }

// time is one of few instants, on one of few days, or far from them.
func (g generator) time() int64 {
	if g.IntN(20) == 0 { // by a clock that was never set, or runs wild
		return []int64{-62135596799, 0, 631151999, 2524608000, 4294967295, 253402300799}[g.IntN(6)]
	}
	return noon.AddDate(0, 0, g.IntN(3)).Unix() + int64(g.IntN(3))*3600
}

func (g generator) isoTime() string { return time.Unix(g.time(), 0).UTC().Format(time.RFC3339) }

func (g generator) maybe(doc map[string]any, name string, value any) {
	if g.IntN(2) == 0 {
		doc[name] = value
	}
}

func (g generator) person(doc map[string]any) map[string]any {
	switch g.IntN(4) {
	case 0:
		doc["user_id"] = g.one("1", "2")
		g.maybe(doc, "email", g.one("ann@example.com", "bob@example.com"))
	case 1:
		doc["email"] = g.one("ann@example.com", "lead@example.com")
		g.maybe(doc, "anonymous_id", g.one("cookie1", "cookie2"))
	case 2:
		doc["source_id"] = g.one("530", "531")
		g.maybe(doc, "user_id", g.one("1", "2"))
	default:
		doc["anonymous_id"] = g.one("cookie1", "cookie2")
	}
	return doc
}

func (g generator) event() map[string]any {
	doc := g.person(map[string]any{"event_name": g.one("page_view", "logged_in"), "created_at": g.time()})
	g.maybe(doc, "id", fmt.Sprint("event", g.IntN(6)))
	g.maybe(doc, "url", g.one("/", "/pricing"))
	g.maybe(doc, "metadata", map[string]any{"n": g.IntN(2)})
	return doc
}

func (g generator) value() any {
	return []any{nil, "x", "", 1.5, 12, true, "2026-01-02T03:04:05Z", []any{1, "two"}}[g.IntN(8)]
}

func (g generator) user() map[string]any {
	doc := g.person(map[string]any{})
	g.maybe(doc, "updated_at", g.time())
	g.maybe(doc, "name", g.one("Ann", "Bob"))
	g.maybe(doc, "phone", nil)
	g.maybe(doc, "created_at", g.time())
	g.maybe(doc, "unsubscribed_from_emails", g.IntN(2) == 0)
	g.maybe(doc, "tags", []string{g.one("vip", "beta"), "all"})
	g.maybe(doc, "custom_attributes", map[string]any{"score": g.value(), "seen_at": g.value(), "name": "custom"})
	company := map[string]any{"company_id": g.one("c1", "c2")}
	g.maybe(company, "name", g.one("Acme", "Globex"))
	g.maybe(company, "remove", true)
	g.maybe(company, "plan", g.one("team", "business"))
	g.maybe(doc, "companies", []any{company, map[string]any{"name": "only a name"}})
	return doc
}

func (g generator) company() map[string]any {
	doc := map[string]any{"company_id": g.one("c1", "c2")}
	g.maybe(doc, "id", g.one("src1", "src2"))
	g.maybe(doc, "updated_at", g.time())
	g.maybe(doc, "name", g.one("Acme", "Globex"))
	g.maybe(doc, "plan", g.one("team", "business"))
	g.maybe(doc, "monthly_spend", g.IntN(3)*50)
	g.maybe(doc, "seats", g.value())
	list := []any{}
	for range g.IntN(3) {
		s := map[string]any{"amount": g.IntN(2) * 29, "currency": "eur", "interval": "month", "started_at": g.time()}
		g.maybe(s, "id", g.one("s1", "s2"))
		g.maybe(s, "interval_count", 3)
		list = append(list, s)
	}
	g.maybe(doc, "subscriptions", list)
	return doc
}

func (g generator) conversation() map[string]any {
	doc := g.person(map[string]any{"id": g.one("7", "8", "9")})
	g.maybe(doc, "updated_at", g.time())
	g.maybe(doc, "created_at", g.time())
	g.maybe(doc, "state", g.one("open", "closed"))
	g.maybe(doc, "tags", []string{g.one("billing", "bug")}[:g.IntN(2)])
	parts := []any{}
	for range g.IntN(4) {
		part := map[string]any{"id": fmt.Sprint(g.IntN(5)), "body": g.one("<p>hi</p>", "", "hello"), "part_type": g.one("comment", "close"), "created_at": g.time()}
		g.maybe(part, "updated_at", g.time())
		g.maybe(part, "tags", []string{g.one("billing", "bug"), "bug"})
		parts = append(parts, part)
	}
	g.maybe(doc, "conversation_parts", map[string]any{"conversation_parts": parts})
	g.maybe(doc, "source", map[string]any{"body": g.one("first", "<p>first</p>"), "author": map[string]any{"type": "user", "id": g.one("530", "531")}})
	return doc
}

package settle

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"parley/pipelines/record"
)

func TestDateOf(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]string{
		"2026-03-01T00:00:00Z": "2026-03-01", "2026-03-01T23:59:59.999999Z": "2026-03-01", "2026-02-28T23:59:59.999999Z": "2026-02-28",
		"1990-01-01T00:00:00Z": "1990-01-01", "1989-12-31T23:59:59.999999Z": "1989-12-31", "1970-01-01T00:00:00Z": "1989-12-31", "0001-01-01T00:00:00Z": "1989-12-31",
		"2049-12-31T23:59:59Z": "2049-12-31", "2050-01-01T00:00:00Z": "2050-01-01", "2106-02-07T06:28:15Z": "2050-01-01", "9999-12-31T23:59:59Z": "2050-01-01",
	} {
		instant, err := time.Parse(time.RFC3339Nano, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := dateOf(instant.UnixMicro()).String(); got != want {
			t.Errorf("%s lies in the part %s, want %s", at, got, want)
		}
	}
	if parts := latest - earliest + 1; parts > 22_000 {
		t.Errorf("a table may have %d parts", parts)
	}
	if dateOf(-1<<63) != earliest || dateOf(1<<63-1) != latest {
		t.Error("the least and the greatest time lie elsewhere")
	}
}

// TestWildClock settles what a producer sends whose clock gives any time at
// all: it makes a file for few of them, and no event is lost.
func TestWildClock(t *testing.T) {
	t.Parallel()
	l, random := newLander(t), rand.New(rand.NewPCG(1, 1))
	first, last := time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC).Unix(), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC).Unix()
	var sent []record.Event
	for i := range 20_000 {
		sent = append(sent, record.Event{EventID: fmt.Sprint(i), EventName: "x", Keys: record.Keys{UserID: "1"},
			OccurredAt: time.Unix(first+random.Int64N(last-first), 0).UTC()})
	}
	landRows(l, record.KindEvent, sent)
	m := l.settle()
	if rows := rowsOf(t, m, &events); len(rows) != len(sent) || !slices.IsSortedFunc(rows, func(a, b eventRow) int { return int(min(max(a.OccurredAt-b.OccurredAt, -1), 1)) }) {
		t.Errorf("%d events of %d, in the order of their parts", len(rows), len(sent))
	}
	for _, table := range []string{events.name, personKeys.name} {
		if n := len(m.Files[table]); n > 300 {
			t.Errorf("%s has %d files", table, n)
		}
	}
}

// changedParts names the parts that Changed lists, as "table part", and holds
// each change against the two versions.
func changedParts(t *testing.T, old, new *Manifest) []string {
	t.Helper()
	names := []string{}
	for table, changes := range Changed(old, new) {
		for _, c := range changes {
			names = append(names, strings.TrimPrefix(table, "settled_")+" "+c.Part)
			for _, side := range []struct {
				m *Manifest
				f File
			}{{old, c.Old}, {new, c.New}} {
				has := side.m != nil && slices.ContainsFunc(side.m.Files[table], func(f File) bool { return f.Part == c.Part && f.Rows > 0 })
				if has != (side.f.Path != "") || has && !slices.Contains(side.m.Files[table], side.f) {
					t.Errorf("%s of %s: the change has %+v", c.Part, table, side.f)
				}
			}
			if c.Old.Path == c.New.Path {
				t.Errorf("%s of %s is no change", c.Part, table)
			}
		}
	}
	slices.Sort(names)
	return names
}

// TestChangedParts lands one record of each kind at a time: only files of its
// own date are written, and Changed lists those.
func TestChangedParts(t *testing.T) {
	t.Parallel()
	l := newLander(t)
	all := []message{
		day(1, "a"), day(2, "b"), day(3, "c"),
		user(`{"user_id":"1","name":"Ann","email":"ann@example.com","updated_at":"2026-03-01T00:00:00Z"}`),
		user(`{"user_id":"2","name":"Bob","email":"bob@example.com","updated_at":"2026-03-02T00:00:00Z","tags":["vip"],"companies":[{"company_id":"acme"}]}`),
		company(`{"company_id":"acme","id":"src","name":"Acme","updated_at":"2026-03-01T00:00:00Z","subscriptions":[{"id":"s","amount":1}]}`),
		company(`{"company_id":"acme","id":"src","name":"Acme","updated_at":"2026-03-02T00:00:00Z","subscriptions":[{"id":"s","amount":1}]}`),
		conversation(`{"id":"7","created_at":"2026-03-01T08:00:00Z","updated_at":"2026-03-01T09:00:00Z","state":"open","tags":["bug"],"conversation_parts":{"conversation_parts":[{"id":"1","created_at":"2026-03-01T08:00:00Z","body":"hi","tags":["billing"]}]}}`),
		conversation(`{"id":"8","created_at":"2026-03-02T08:00:00Z","updated_at":"2026-03-02T09:00:00Z","state":"open","conversation_parts":{"conversation_parts":[{"id":"1","created_at":"2026-03-02T08:00:00Z","body":"hi","tags":["billing"]}]}}`),
		{kind: record.KindDelivery, value: `{"decision_id":"d1","message":"m","person_id":"u:1","entry":"once","channel":"email","decision":"sent","decided_at":"2026-03-01T10:00:00Z"}`},
		{kind: record.KindDelivery, value: `{"decision_id":"d2","message":"m","person_id":"u:1","entry":"once","channel":"email","decision":"sent","decided_at":"2026-03-02T10:00:00Z"}`},
		{kind: record.KindUser, key: "9", at: noon}, {kind: record.KindUser, key: "9", at: noon.AddDate(0, 0, 1)},
	}
	l.land(0, all...)
	before := l.settle()
	if diff := cmp.Diff(changedParts(t, nil, before), changedParts(t, &Manifest{}, before)); diff != "" || len(Changed(before, before)) != 0 {
		t.Errorf("changes from nothing (-nil +empty):\n%s", diff)
	}
	for _, c := range []struct {
		what string
		send message
		want []string
	}{
		{"an event", event(`{"id":"d","event_name":"x","created_at":"2026-03-02T10:00:00Z","user_id":"1"}`), []string{"events 2026-03-02"}},
		{"an event of somebody new", event(`{"id":"e","event_name":"x","created_at":"2026-03-02T10:00:00Z","user_id":"3"}`), []string{"events 2026-03-02", "person_keys 2026-03-02"}},
		{"the first of a date", event(`{"id":"f","event_name":"x","created_at":"2026-03-09T10:00:00Z","user_id":"1"}`), []string{"events 2026-03-09", "person_keys 2026-03-09"}},
		{"an event that came before", day(3, "c"), []string{}},
		{"an event that turns out earlier", day(1, "c"), []string{"events 2026-03-01", "events 2026-03-03"}},
		{"a name", user(`{"user_id":"2","name":"Rob","updated_at":"2026-03-02T00:00:00Z"}`), []string{"person_attributes 2026-03-02", "person_keys 2026-03-02"}},
		{"a membership", user(`{"user_id":"2","companies":[{"company_id":"globex"}],"updated_at":"2026-03-02T00:00:00Z"}`), []string{"memberships 2026-03-02"}},
		{"an enrichment", message{kind: record.KindEnrichment, value: `{"source":"clearbit","user_id":"2","updated_at":"2026-03-02T00:00:00Z","attributes":{"size":1}}`}, []string{"enrichments 2026-03-02"}},
		{"a tag", message{kind: record.KindTag, value: `{"tag":"new","user_id":"2","at":"2026-03-02T00:00:00Z"}`}, []string{"tags 2026-03-02"}},
		{"a company's plan", company(`{"company_id":"acme","plan":"team","updated_at":"2026-03-01T00:00:00Z"}`), []string{"company_attributes 2026-03-01"}},
		{"a company's other id", company(`{"company_id":"acme","id":"other","updated_at":"2026-03-01T00:00:00Z"}`), []string{"company_keys 2026-03-01"}},
		{"a list of subscriptions", company(`{"company_id":"acme","subscriptions":[],"updated_at":"2026-03-02T00:00:00Z"}`), []string{"subscription_lists 2026-03-02"}},
		{"a subscription", company(`{"company_id":"acme","subscriptions":[{"id":"t","amount":2}],"updated_at":"2026-03-02T00:00:00Z"}`), []string{"subscription_lists 2026-03-02", "subscriptions 2026-03-02"}},
		{"a decision", message{kind: record.KindDelivery, value: `{"decision_id":"d3","message":"m","person_id":"u:1","entry":"once","channel":"email","decision":"sent","decided_at":"2026-03-02T10:00:00Z"}`}, []string{"deliveries 2026-03-02"}},
		{"a decision that turns out earlier", message{kind: record.KindDelivery, value: `{"decision_id":"d3","message":"m","person_id":"u:1","entry":"once","channel":"email","decision":"sent","decided_at":"2026-03-01T10:00:00Z"}`}, []string{"deliveries 2026-03-01", "deliveries 2026-03-02"}},
		{"a deletion", message{kind: record.KindUser, key: "8", at: noon}, []string{"tombstones 2026-03-01"}},
		{"a part, weeks later", conversation(`{"conversation_id":"7","updated_at":"2026-03-20T09:00:00Z","part":{"id":"2","created_at":"2026-03-20T08:00:00Z","body":"still here"}}`),
			[]string{"conversation_parts 2026-03-01", "conversation_records 2026-03-01", "conversations 2026-03-01"}},
		{"a tagged part", conversation(`{"conversation_id":"8","updated_at":"2026-03-20T09:00:00Z","part":{"id":"2","created_at":"2026-03-20T08:00:00Z","body":"still here","tags":["bug"]}}`),
			[]string{"conversation_parts 2026-03-02", "conversation_records 2026-03-02", "conversations 2026-03-02", "part_tags 2026-03-02"}},
		{"a conversation that turns out older", conversation(`{"conversation_id":"8","updated_at":"2026-03-20T09:00:00Z","part":{"id":"0","created_at":"2026-02-20T08:00:00Z","body":"first"}}`),
			[]string{"conversation_parts 2026-02-20", "conversation_parts 2026-03-02", "conversation_records 2026-02-20", "conversation_records 2026-03-02",
				"conversations 2026-02-20", "conversations 2026-03-02", "part_tags 2026-02-20", "part_tags 2026-03-02"}},
	} {
		l.land(0, c.send)
		all = append(all, c.send)
		after := l.settle()
		if diff := cmp.Diff(c.want, changedParts(t, before, after)); diff != "" {
			t.Errorf("%s changed (-want +got):\n%s", c.what, diff)
		}
		before = after
	}
	once := newLander(t)
	once.land(0, all...)
	if diff := cmp.Diff(dump(t, once.settle()), dump(t, before)); diff != "" {
		t.Errorf("from nothing it is another (-once +step by step):\n%s", diff)
	}
}

// TestConversationsHaveOneHome sends a conversation's records in every order:
// all of it lies under the date of the first instant that any of them names.
func TestConversationsHaveOneHome(t *testing.T) {
	t.Parallel()
	records := []message{
		conversation(`{"id":"7","updated_at":"2026-03-09T09:00:00Z","state":"closed","user_id":"1"}`),
		conversation(`{"conversation_id":"7","updated_at":"2026-03-08T09:00:00Z","part":{"id":"2","created_at":"2026-03-05T08:00:00Z","body":"second","tags":["bug"]}}`),
		conversation(`{"conversation_id":"7","updated_at":"2026-03-07T09:00:00Z","part":{"id":"1","created_at":"2026-03-04T23:59:59.999999Z","body":"first"}}`),
		conversation(`{"conversation_id":"7","updated_at":"2026-03-10T09:00:00Z","part":{"id":"2","created_at":"2026-03-06T08:00:00Z","updated_at":"2026-03-10T08:00:00Z","body":"second, edited","tags":["billing"]}}`),
	}
	other := conversation(`{"id":"8","created_at":"2026-03-09T09:00:00Z","updated_at":"2026-03-09T09:00:00Z"}`)
	for i, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3, 0, 2}, {2, 0, 3, 1}} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			l := newLander(t)
			l.land(0, other)
			var m *Manifest
			for _, k := range order {
				l.land(0, records[k])
				m = l.settle()
			}
			for table, parts := range map[string][]string{
				conversations.name: {"2026-03-04", "2026-03-09"}, conversationRecords.name: {"2026-03-04", "2026-03-09"},
				parts.name: {"2026-03-04"}, partTags.name: {"2026-03-04"},
			} {
				got := []string{}
				for _, f := range m.Files[table] {
					got = append(got, f.Part)
				}
				if !slices.Equal(got, parts) {
					t.Errorf("%s lies in %v, want %v", table, got, parts)
				}
			}
			nine := time.Date(2026, 3, 4, 23, 59, 59, 999999000, time.UTC).UnixMicro()
			wanted := conversationRow{ConversationID: "7", KeyKind: "user_id", Key: "1", UserID: "1", State: "closed", CreatedAt: &nine, UpdatedAt: time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC).UnixMicro()}
			if diff := cmp.Diff(wanted, rowsOf(t, m, &conversations)[0]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			want(t, m, &parts, func(r partRow) string { return r.PartID + " " + r.Body }, "1 first", "2 second, edited")
			want(t, m, &partTags, func(r partTagRow) string { return r.PartID + " " + r.Tag }, "2 billing")
		})
	}
}

// TestDeliveriesOfSeveralDates has one decision reported with several times.
func TestDeliveriesOfSeveralDates(t *testing.T) {
	t.Parallel()
	report := func(id string, day int, reason string) message {
		return message{kind: record.KindDelivery, value: fmt.Sprintf(`{"decision_id":%q,"message":"m","person_id":"u:1","entry":"once","channel":"email",
			"decision":"failed","reason":%q,"decided_at":"2026-03-%02dT10:00:00Z"}`, id, reason, day)}
	}
	for name, batches := range map[string][][]message{
		"earlier later":       {{report("d", 5, "b"), report("e", 5, "x")}, {report("d", 3, "a")}},
		"later later":         {{report("d", 3, "a")}, {report("d", 5, "b"), report("e", 5, "x")}},
		"at once":             {{report("d", 5, "b"), report("d", 3, "a"), report("e", 5, "x")}},
		"the loser again":     {{report("d", 5, "b")}, {report("d", 3, "a")}, {report("d", 5, "b"), report("e", 5, "x")}},
		"same time, contents": {{report("d", 3, "b")}, {report("d", 3, "a"), report("e", 5, "x")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLander(t)
			var m *Manifest
			for _, batch := range batches {
				l.land(0, batch...)
				m = l.settle()
			}
			want(t, m, &deliveries, func(r deliveryRow) string {
				return fmt.Sprint(time.UnixMicro(r.DecidedAt).UTC().Day(), " ", r.DecisionID, " ", r.Reason)
			}, "3 d a", "5 e x")
		})
	}
}

// TestIDsAreLookedUp settles few events on top of so many that their ids are
// looked up, and finds the same as reading all ids would.
func TestIDsAreLookedUp(t *testing.T) {
	t.Parallel()
	const many = 300 * idBlock
	random := rand.New(rand.NewPCG(5, 5))
	sent := func(i int) record.Event {
		return record.Event{EventID: fmt.Sprint("event", i), EventName: "x", Keys: record.Keys{UserID: "1"}, OccurredAt: noon.Add(time.Duration(i%5) * 24 * time.Hour)}
	}
	var all, more []record.Event
	for i := range many {
		all = append(all, sent(i))
	}
	for i := range 100 { // new ids, the same again, earlier ones, later ones
		e := sent(random.IntN(many))
		switch i % 4 {
		case 0:
			e = sent(many + i)
		case 1:
			e.OccurredAt = e.OccurredAt.AddDate(0, 0, -1)
		case 2:
			e.OccurredAt = e.OccurredAt.AddDate(0, 0, 1)
		}
		more = append(more, e)
	}
	l := newLander(t)
	landRows(l, record.KindEvent, all)
	l.settle()
	landRows(l, record.KindEvent, more)
	m := l.settle()
	if n := len(m.state.IDs["event_ids"]); n != 2 {
		t.Errorf("%d files of ids, want the large one and a new one", n)
	}
	once := newLander(t)
	landRows(once, record.KindEvent, append(all, more...))
	if diff := cmp.Diff(rowsOf(t, once.settle(), &events), rowsOf(t, m, &events)); diff != "" {
		t.Errorf("(-at once +looked up):\n%.2000s", diff)
	}
}

// TestLookUp looks up ids at all places of files of several sizes.
func TestLookUp(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, idBlock - 1, idBlock, idBlock + 1, 10*idBlock + 7} {
		var all []idAt
		for i := range n {
			all = append(all, idAt{hashID(fmt.Sprint(i)), int64(i)})
		}
		slices.SortFunc(all, compareIDAt)
		path := t.TempDir() + "/ids"
		w, err := createIDs(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range all {
			w.write(entry)
		}
		if _, err := w.finish(); err != nil {
			t.Fatal(err)
		}
		w.file.Close()
		asked := []idAt{{idHash{}, 1}, {idHash{^uint64(0), ^uint64(0)}, 1}}
		for i, entry := range all {
			asked = append(asked, idAt{entry.hash, -1}, idAt{entry.hash, 7})
			if i%3 == 0 {
				entry.hash.low++
				asked = append(asked, entry)
			}
		}
		slices.SortFunc(asked, compareIDAt)
		found, err := lookUp(path, int64(n), asked)
		if diff := cmp.Diff(all, found, cmpopts.EquateComparable(idAt{})); diff != "" || err != nil {
			t.Errorf("%d entries: error %v (-want +found):\n%.1000s", n, err, diff)
		}
		if _, err := lookUp(path, int64(n)+1, asked); err == nil {
			t.Errorf("%d entries: no error for a file that is too short", n)
		}
	}
}

package profile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/reports"
	"parley/sql/build"
	"parley/sql/segment"
	"parley/sql/warehouse"
)

var settings = Settings{Workspace: "Tidepool", AsOf: time.Date(2026, 7, 1, 9, 30, 0, 0, time.UTC), Zone: time.UTC}

// marts opens an engine with every mart, without rows but those of inserts, and
// gives the Query that reads them, and the columns of each.
func marts(t *testing.T, inserts ...string) (reports.Query, map[string][]warehouse.Column) {
	t.Helper()
	_, shapes, err := build.Graph(t.Context(), nil, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := warehouse.Open(t.Context(), warehouse.Config{MemoryLimit: "256MB", Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	exec := func(statement string) {
		t.Helper()
		if err := engine.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	for table, columns := range shapes.Columns {
		var defined []string
		for _, c := range columns {
			defined = append(defined, warehouse.Ident(c.Name)+" "+c.Type)
		}
		exec("create table " + warehouse.Ident(table) + " (" + strings.Join(defined, ", ") + ")")
	}
	for _, table := range segment.Tables {
		exec("create table " + table + " (segment varchar, person_id varchar, change varchar, changed_at timestamptz, entered_at timestamptz)")
	}
	exec("insert into settings (name, as_of, timezone) values ('Tidepool', '2026-07-01 09:30:00+00', 'Europe/Dublin')")
	exec(`alter table users add column "favourite ❤️" varchar`)
	exec(`alter table users add column seats double`)
	for _, insert := range inserts {
		exec(insert)
	}
	return func(ctx context.Context, query string, args ...any) (*warehouse.Table, error) {
		return engine.Query(ctx, query, args...)
	}, shapes.Columns
}

// ann is somebody of whom much is known; her cookie is called as Bob's user_id.
var ann = []string{
	`insert into users (person_id, user_id, email, name, sessions, events, relationship, is_signed_up, signed_up_at, last_seen_at, "favourite ❤️", seats)
		values ('u:7', '7', 'ann@x.example', 'Ann <b>Lee</b>', 2, 3, 55, true, '2026-01-05 10:00:00+00', '2026-06-30 23:30:00+00', '<script>alert(1)</script>', 12),
			('u:k1', 'k1', 'bob@x.example', 'Bob', 0, 0, 0, true, null, null, null, null)`,
	`insert into person_keys (person_id, user_id, key_kind, key, first_seen_at) values
		('u:7', '7', 'user_id', '7', '2026-01-05 10:00:00+00'), ('u:7', '7', 'email', 'ann@x.example', '2026-01-05 10:00:00+00'),
		('u:7', '7', 'anonymous_id', 'k1', '2026-01-01 08:00:00+00'), ('u:k1', 'k1', 'user_id', 'k1', '2026-02-01 08:00:00+00'),
		('u:9', null, 'user_id', '9', '2026-01-02 08:00:00+00'), ('u:Undefined', null, 'user_id', 'Undefined', '2026-01-02 08:00:00+00')`,
	`insert into identity_map (person_id, user_id, key_kind, key, valid_from, valid_to, why) values
		('u:7', '7', 'user_id', '7', null, null, 'itself'), ('u:7', '7', 'email', 'ann@x.example', null, '2026-06-20 00:00:00+00', 'seen'),
		('u:k1', 'k1', 'email', 'ann@x.example', '2026-06-20 00:00:00+00', null, 'seen'),
		('u:7', '7', 'anonymous_id', 'k1', '2026-01-04 00:00:00+00', null, 'linked'), ('u:k1', 'k1', 'user_id', 'k1', null, null, 'itself')`,
	`insert into companies (company_id, name, plan, mrr, currency, users) values ('6', 'Six', 'pro', 49.5, 'EUR', 1)`,
	`insert into memberships (person_id, user_id, company_id, joined_at, left_at) values ('u:7', '7', '6', '2026-01-05 10:00:00+00', '2026-06-01 00:00:00+00')`,
	`insert into events (event_id, event_name, person_id, occurred_at, company_id, metadata) values
		('e1', 'activated', 'u:7', '2026-01-06 10:00:00+00', '6', '{"by":"import"}'), ('e2', 'page_view', 'u:7', '2026-01-01 08:00:00+00', null, null),
		('e3', 'activated', 'u:7', '2026-03-06 10:00:00+00', null, null), ('e4', 'activated', 'u:k1', '2026-03-07 10:00:00+00', null, null)`,
	`insert into person_events_daily (occurred_on, person_id, event_name, events, first_at, last_at) values
		('2026-01-06', 'u:7', 'activated', 1, '2026-01-06 10:00:00+00', '2026-01-06 10:00:00+00'), ('2026-03-06', 'u:7', 'activated', 1, '2026-03-06 10:00:00+00', '2026-03-06 10:00:00+00'),
		('2026-01-01', 'u:7', 'page_view', 1, '2026-01-01 08:00:00+00', '2026-01-01 08:00:00+00')`,
	`insert into company_events_daily (occurred_on, company_id, event_name, events, first_at, last_at) values ('2026-01-06', '6', 'activated', 1, '2026-01-06 10:00:00+00', '2026-01-06 10:00:00+00')`,
	`insert into enrichments (entity, id, source, name, value, value_type, observed_at) values ('person', 'u:7', 'clearbit', 'title', 'Boss', 'text', '2026-02-01 00:00:00+00'), ('company', '6', 'clearbit', 'size', '50', 'number', '2026-02-01 00:00:00+00')`,
	`insert into stage_changes (entity, id, stage, former_stage, entered_at) values ('person', 'u:7', 'customer', 'lead', '2026-01-09 00:00:00+00')`,
	`insert into sessions (session_id, person_id, started_at, ended_at, page_views, source, landing_page) values ('e2', 'u:7', '2026-01-01 08:00:00+00', '2026-01-01 08:00:00+00', 1, 'google', 'https://x.example/pricing')`,
	`insert into conversations (conversation_id, person_id, company_id, channel, state, created_at) values ('c1', 'u:7', '6', 'email', 'open', '2026-06-30 23:30:00+00')`,
	`insert into conversation_parts (part_id, conversation_id, person_id, part_type, speaker, author_name, created_at, body) values
		('p1', 'c1', 'u:7', 'source', 'person', 'Ann', '2026-06-30 23:30:00+00', '<p>Does it &lt;work&gt;?</p><p>Thanks</p>')`,
	`insert into delivery_decisions (decision_id, message, person_id, decision, subject, decided_at) values ('d1', 'welcome', 'u:7', 'sent', 'Hello', '2026-01-07 10:00:00+00')`,
	`insert into segment_members (segment, person_id, entered_at) values ('power', 'u:7', '2026-05-01 00:00:00+00')`,
	`insert into segment_changes (segment, person_id, change, changed_at) values ('power', 'u:7', 'entered', '2026-05-01 00:00:00+00'), ('old', 'u:7', 'baseline', '2026-01-08 00:00:00+00')`,
	`insert into tags (person_id, tag, tagged_by, tagged_at) values ('u:7', 'vip', 'Orla', '2026-05-02 00:00:00+00')`,
}

func TestPersonByAnyKey(t *testing.T) {
	t.Parallel()
	query, _ := marts(t, ann...)
	for key, want := range map[string]string{
		"7": "u:7", "ann@x.example": "u:7", " Ann@X.example ": "u:7", "u:7": "u:7", "a:k1": "u:7", "k1": "u:k1", "u:k1": "u:k1",
	} {
		p, err := OfPerson(t.Context(), query, key, 10)
		if err != nil {
			t.Errorf("%q: %v", key, err)
			continue
		}
		var others []string
		if key == "k1" { // Bob's user_id is stronger than Ann's cookie
			others = []string{"u:7"}
		}
		if p.ID != want || !slices.Equal(p.Others, others) {
			t.Errorf("%q is %s, others %v; want %s, %v", key, p.ID, p.Others, want, others)
		}
	}
}

// A key that has moved on is theirs from that day on, not from when it was first seen.
func TestAKeyThatHasMovedOn(t *testing.T) {
	t.Parallel()
	query, _ := marts(t, ann...)
	p, err := OfPerson(t.Context(), query, "u:k1", 10)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]any{
		{"user_id", "k1", "itself", time.Date(2026, 2, 1, 8, 0, 0, 0, time.UTC), nil},
		{"email", "ann@x.example", "seen", time.Date(2026, 6, 20, 0, 0, 0, 0, time.UTC), nil},
	}
	if diff := cmp.Diff(want, p.Section("keys").Table.Rows); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNobody(t *testing.T) {
	t.Parallel()
	query, _ := marts(t, ann...)
	for key, want := range map[string]NotFoundError{
		"an@x.example":   {Entity: Person, Nearest: []string{"ann@x.example"}},
		"9":              {Entity: Person, Deleted: true},
		"' or 1 = 1; --": {Entity: Person, Nearest: []string{}},
		"Undefined":      {Entity: Person, Placeholder: true, Deleted: true},
		"u:0":            {Entity: Person, Placeholder: true},
	} {
		_, err := OfPerson(t.Context(), query, key, 10)
		var got *NotFoundError
		if !errors.As(err, &got) {
			t.Errorf("%q: %v", key, err)
			continue
		}
		want.Key = key
		if diff := cmp.Diff(want, *got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", key, diff)
		}
		if text := got.Error(); !strings.Contains(text, fmt.Sprintf("%q", key)) {
			t.Errorf("the error %q does not name %q", text, key)
		}
	}
	_, err := OfCompany(t.Context(), query, "Sixt", 10)
	if err == nil || !strings.Contains(err.Error(), "the nearest: 6 (Six)") {
		t.Errorf("a company that is not there: %v", err)
	}
}

func TestWhatIsKnownOfAPerson(t *testing.T) {
	t.Parallel()
	query, _ := marts(t, ann...)
	p, err := OfPerson(t.Context(), query, "7", 0)
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		v, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for name, want := range map[string][][]any{
		"attributes": {{"<script>alert(1)</script>", 12.0}},
		"keys": {
			{"user_id", "7", "itself", at("2026-01-05T10:00:00Z"), nil},
			{"email", "ann@x.example", "seen", at("2026-01-05T10:00:00Z"), at("2026-06-20T00:00:00Z")}, // it has moved on to Bob
			{"anonymous_id", "k1", "linked", at("2026-01-04T00:00:00Z"), nil},
		},
		"companies":    {{"6", "Six", "pro", at("2026-01-05T10:00:00Z"), at("2026-06-01T00:00:00Z")}},
		"enrichments":  {{"title", "Boss", "text", "clearbit", at("2026-02-01T00:00:00Z")}},
		"tags":         {{"vip", "Orla", at("2026-05-02T00:00:00Z")}},
		"segments":     {{"power", at("2026-05-01T00:00:00Z")}},
		"event_counts": {{"activated", int64(2), at("2026-01-06T10:00:00Z"), at("2026-03-06T10:00:00Z")}, {"page_view", int64(1), at("2026-01-01T08:00:00Z"), at("2026-01-01T08:00:00Z")}},
		"timeline": {
			{at("2026-06-30T23:30:00Z"), "conversation", "conversation c1", "email, open"},
			{at("2026-06-30T23:30:00Z"), "said", "Ann", "Does it <work>? Thanks"},
			{at("2026-06-01T00:00:00Z"), "company", "6", "left"},
			{at("2026-05-02T00:00:00Z"), "tag", "vip", "by Orla"},
			{at("2026-05-01T00:00:00Z"), "segment", "power", "entered"},
			{at("2026-03-06T10:00:00Z"), "event", "activated", nil},
			{at("2026-01-09T00:00:00Z"), "stage", "customer", "after lead"},
			{at("2026-01-07T10:00:00Z"), "message", "welcome", "sent: Hello"},
			{at("2026-01-06T10:00:00Z"), "event", "activated", `{"by":"import"}`},
			{at("2026-01-05T10:00:00Z"), "company", "6", "joined"},
			{at("2026-01-05T10:00:00Z"), "sign-up", "signed up", nil},
			{at("2026-01-01T08:00:00Z"), "session", "https://x.example/pricing", "1 page, from google"},
		},
	} {
		if diff := cmp.Diff(want, p.Section(name).Table.Rows); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if short, err := OfPerson(t.Context(), query, "7", 3); err != nil || len(short.Section("timeline").Table.Rows) != 3 || !short.Section("timeline").More {
		t.Errorf("the newest three are not three of more: %v", err)
	}
}

func TestWhatIsKnownOfACompany(t *testing.T) {
	t.Parallel()
	query, _ := marts(t, ann...)
	for _, key := range []string{"6", "SIX"} {
		c, err := OfCompany(t.Context(), query, key, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Section("people").Table.Rows) != 1 || len(c.Section("enrichments").Table.Rows) != 1 || len(c.Section("event_counts").Table.Rows) != 1 || len(c.Section("timeline").Table.Rows) != 4 {
			t.Errorf("%s: %d people, %d kinds of event and %d happenings, want 1, 1 and 4: an event, a conversation, joined, left", key,
				len(c.Section("people").Table.Rows), len(c.Section("event_counts").Table.Rows), len(c.Section("timeline").Table.Rows))
		}
	}
}

// A column of ours that is not listed would be shown as an attribute of theirs.
func TestOurColumnsAreFacts(t *testing.T) {
	t.Parallel()
	_, columns := marts(t)
	for mart, facts := range map[string][]string{"users": personFacts, "companies": companyFacts} {
		var names []string
		for _, c := range columns[mart] {
			names = append(names, c.Name)
		}
		slices.Sort(names)
		if listed := slices.Sorted(slices.Values(facts)); !slices.Equal(names, listed) {
			t.Errorf("%s has the columns %v, and facts are %v", mart, names, listed)
		}
	}
}

func TestPageIsText(t *testing.T) {
	t.Parallel()
	query, _ := marts(t, ann...)
	p, err := OfPerson(t.Context(), query, "7", 2)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := p.WriteHTML(&b, settings); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{
		"Ann &lt;b&gt;Lee&lt;/b&gt;", "&lt;script&gt;alert(1)&lt;/script&gt;", `href="/companies/?id=6"`, `href="/people/?id=u%3A7&amp;limit=1000"`, "yesterday",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	for _, never := range []string{"<b>Lee", "<script", "<style", "style="} {
		if strings.Contains(page, never) {
			t.Errorf("the page has %s", never)
		}
	}
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for amount, want := range map[string]string{"290.8333333333": "290.83", "49.5": "49.50", "1000": "1000", "0.005": "0.01", "0": "0", "": ""} {
		if got := money(amount); got != want {
			t.Errorf("money(%q) is %q, want %q", amount, got, want)
		}
	}
}

package settle

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"parley/pipelines/record"
)

// settled lands the messages on one partition, one second after the other, and
// settles them.
func settled(t *testing.T, messages ...message) *Manifest {
	t.Helper()
	l := newLander(t)
	for i := range messages {
		if messages[i].at.IsZero() {
			messages[i].at = noon.Add(time.Duration(i) * time.Second)
		}
	}
	l.land(0, messages...)
	return l.settle()
}

func user(value string) message    { return message{kind: record.KindUser, value: value} }
func company(value string) message { return message{kind: record.KindCompany, value: value} }
func event(value string) message   { return message{kind: record.KindEvent, value: value} }
func conversation(value string) message {
	return message{kind: record.KindConversation, value: value}
}

// unix is an hour of 2026-03-01 as Unix seconds, as it stands in the records below.
func unix(hour int) int64 { return time.Date(2026, 3, 1, hour, 0, 0, 0, time.UTC).Unix() }

func micros(hour int) int64 { return unix(hour) * 1_000_000 }

func want[T any](t *testing.T, m *Manifest, table *table[T], line func(T) string, want ...string) {
	t.Helper()
	got := []string{}
	for _, row := range rowsOf(t, m, table) {
		got = append(got, line(row))
	}
	if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", table.name, diff)
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	m := settled(t,
		event(`{"id":"b","event_name":"logged_in","created_at":"2026-03-02T00:00:00Z","user_id":1,"email":" Ann@Example.com"}`),
		event(`{"id":"a","event_name":"page_view","created_at":"2026-03-01T23:59:59.999999Z","anonymous_id":"c","url":"/x","referrer":"/r",
			"utm_source":"s","utm_medium":"m","utm_campaign":"ca","utm_term":"te","utm_content":"co","ip":"1.2.3.4","company_id":"acme","metadata":{"n":1}}`),
		event(`{"id":"z","event_name":"ancient","created_at":"0001-01-02T00:00:00Z","user_id":"1"}`),
		event(`{"id":"y","event_name":"distant","created_at":"9999-12-31T23:59:59Z","user_id":"1"}`),
		event(`{"id":"x","event_name":"before 1970","created_at":-1,"user_id":"1"}`),
	)
	got := rowsOf(t, m, &events)
	wanted := []eventRow{
		{EventID: "z", EventName: "ancient", OccurredAt: -62135510400000000, KeyKind: "user_id", Key: "1", UserID: "1"},
		{EventID: "x", EventName: "before 1970", OccurredAt: -1000000, KeyKind: "user_id", Key: "1", UserID: "1"},
		{EventID: "a", EventName: "page_view", OccurredAt: 1772409599999999, KeyKind: "anonymous_id", Key: "c", AnonymousID: "c",
			URL: "/x", Referrer: "/r", UTMSource: "s", UTMMedium: "m", UTMCampaign: "ca", UTMTerm: "te", UTMContent: "co",
			IP: "1.2.3.4", CompanyID: "acme", Metadata: `{"n":1}`},
		{EventID: "b", EventName: "logged_in", OccurredAt: 1772409600000000, KeyKind: "user_id", Key: "1", UserID: "1", Email: "ann@example.com"},
		{EventID: "y", EventName: "distant", OccurredAt: 253402300799000000, KeyKind: "user_id", Key: "1", UserID: "1"},
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	var days []string
	for _, f := range m.Files[events.name] {
		days = append(days, f.Part)
	}
	if diff := cmp.Diff([]string{"1989-12-31", "2026-03-01", "2026-03-02", "2050-01-01"}, days); diff != "" {
		t.Errorf("dates (-want +got):\n%s", diff)
	}
}

func TestEventIDsCountOnce(t *testing.T) {
	t.Parallel()
	at := func(day int, name string) message {
		return event(fmt.Sprintf(`{"id":"e","event_name":%q,"created_at":"2026-03-%02dT10:00:00Z","user_id":"1"}`, name, day))
	}
	other := event(`{"id":"other","event_name":"x","created_at":"2026-03-05T10:00:00Z","user_id":"1"}`)
	cases := []struct {
		name    string
		batches [][]message
		want    []string
	}{
		{"the same twice at once", [][]message{{at(5, "a"), at(5, "a")}}, []string{"5 e a"}},
		{"the same again later", [][]message{{at(5, "a")}, {at(5, "a")}}, []string{"5 e a"}},
		{"another date, at once", [][]message{{at(5, "a"), at(3, "b"), at(9, "c")}}, []string{"3 e b"}},
		{"a later date, later", [][]message{{at(3, "a")}, {at(5, "b")}}, []string{"3 e a"}},
		{"an earlier date, later", [][]message{{at(5, "a"), other}, {at(3, "b")}}, []string{"3 e b", "5 other x"}},
		{"the last of a date goes", [][]message{{at(5, "a")}, {at(3, "b")}}, []string{"3 e b"}},
		{"a date between, later still", [][]message{{at(5, "a"), other}, {at(3, "b")}, {at(4, "c")}}, []string{"3 e b", "5 other x"}},
		{"the loser again", [][]message{{at(5, "a"), other}, {at(3, "b")}, {at(5, "a")}}, []string{"3 e b", "5 other x"}},
		{"an earlier one each time", [][]message{{at(9, "a")}, {at(5, "b")}, {at(3, "c")}, {at(9, "a")}}, []string{"3 e c"}},
		{"other content at the same time: the smallest", [][]message{{at(5, "b")}, {at(5, "a"), at(5, "c")}}, []string{"5 e a"}},
		{"another time on the same date: the earliest", [][]message{
			{event(`{"id":"e","event_name":"noon","created_at":"2026-03-05T12:00:00Z","user_id":"1"}`)}, {at(5, "ten")}}, []string{"5 e ten"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLander(t)
			var m *Manifest
			for _, batch := range c.batches {
				l.land(0, batch...)
				m = l.settle()
			}
			want(t, m, &events, func(r eventRow) string {
				return fmt.Sprint(time.UnixMicro(r.OccurredAt).UTC().Day(), " ", r.EventID, " ", r.EventName)
			}, c.want...)
		})
	}
}

func TestPersonKeys(t *testing.T) {
	t.Parallel()
	m := settled(t,
		event(fmt.Sprintf(`{"event_name":"x","created_at":%d,"user_id":"1","anonymous_id":"c"}`, unix(9))),
		event(fmt.Sprintf(`{"event_name":"y","created_at":%d,"user_id":"1","anonymous_id":"c"}`, unix(11))),
		event(fmt.Sprintf(`{"event_name":"z","created_at":%d,"anonymous_id":"c"}`, unix(8))),
		user(fmt.Sprintf(`{"user_id":"1","email":"ANN@example.com","updated_at":%d}`, unix(10))),
		conversation(fmt.Sprintf(`{"id":"7","created_at":%d,"updated_at":%d,"user":{"user_id":"1","email":"ann@example.com"}}`, unix(7), unix(12))),
		conversation(fmt.Sprintf(`{"conversation_id":"8","updated_at":%d,"part":{"id":"1","created_at":%d,"author":{"type":"lead","id":"530"}}}`, unix(8), unix(6))),
		message{kind: record.KindTag, value: fmt.Sprintf(`{"tag":"vip","email":"only@example.com","at":%d}`, unix(5))},
	)
	hour := func(at int64) string { return time.UnixMicro(at).UTC().Format("15") }
	want(t, m, &personKeys, func(r personKeyRow) string {
		return fmt.Sprint("u=", r.UserID, " e=", r.Email, " s=", r.SourceID, " a=", r.AnonymousID, " ", hour(r.FirstAt), "-", hour(r.LastAt))
	},
		"u= e= s= a=c 08-08",
		"u= e= s=530 a= 06-06",
		"u= e=only@example.com s= a= 05-05",
		"u=1 e= s= a=c 09-11",
		"u=1 e=ann@example.com s= a= 07-10",
	)
}

func TestPersonAttributes(t *testing.T) {
	t.Parallel()
	first := `{"user_id":"1","updated_at":%d,"name":"Ann","created_at":"2026-01-02T03:04:05.5Z","unsubscribed_from_emails":false,
		"custom_attributes":{"Score":1.50,"trial":true,"note":"","trial_ends_at":1772323200,"odd_at":"soon","tags_seen":["a"]}}`
	m := settled(t,
		user(fmt.Sprintf(first, unix(9))),
		user(fmt.Sprintf(`{"user_id":"1","updated_at":%d,"name":null,"email":"Ann@Example.com","score":null}`, unix(8))),
		user(fmt.Sprintf(first, unix(9))),
		user(`{"email":"lead@example.com","city":"Dublin"}`),
	)
	line := func(r attributeRow) string {
		return fmt.Sprint(r.KeyKind, ":", r.Key, " ", r.Name, "=", optional(r.Value), " ", r.ValueType, " custom=", r.IsCustom, " ", time.UnixMicro(r.At).UTC().Format("15:04:05"))
	}
	want(t, m, &personAttributes, line,
		"email:lead@example.com city=Dublin text custom=false 12:00:03",
		"email:lead@example.com email=lead@example.com text custom=false 12:00:03",
		"user_id:1 created_at=2026-01-02T03:04:05.5Z time custom=false 09:00:00",
		"user_id:1 email=ann@example.com text custom=false 08:00:00",
		"user_id:1 name=null null custom=false 08:00:00",
		"user_id:1 name=Ann text custom=false 09:00:00",
		"user_id:1 note= text custom=true 09:00:00",
		"user_id:1 odd_at=soon text custom=true 09:00:00",
		"user_id:1 score=null null custom=true 08:00:00",
		"user_id:1 score=1.50 number custom=true 09:00:00",
		"user_id:1 signed_up_at=2026-01-02T03:04:05.5Z time custom=false 09:00:00",
		`user_id:1 tags_seen=["a"] json custom=true 09:00:00`,
		"user_id:1 trial=true boolean custom=true 09:00:00",
		"user_id:1 trial_ends_at=2026-03-01T00:00:00Z time custom=true 09:00:00",
		"user_id:1 unsubscribed_from_emails=false boolean custom=false 09:00:00",
	)
}

func TestSeqFollowsKafka(t *testing.T) {
	t.Parallel()
	l := newLander(t)
	at := func(name string, at time.Time) message {
		return message{kind: record.KindUser, value: fmt.Sprintf(`{"user_id":"1","updated_at":1772323200,"name":%q}`, name), at: at}
	}
	l.land(10, at("third", noon))
	l.land(9, at("second", noon), at("fourth", noon.Add(time.Second)), at("fifth", noon.Add(time.Second)))
	l.land(11, at("first", noon.Add(-time.Second)), at("second", noon.Add(time.Hour)))
	seqs := map[string]string{}
	for _, r := range rowsOf(t, l.settle(), &personAttributes) {
		seqs[*r.Value] = r.Seq
	}
	for _, pair := range [][2]string{{"first", "second"}, {"second", "third"}, {"third", "fourth"}, {"fourth", "fifth"}} {
		if seqs[pair[0]] >= seqs[pair[1]] {
			t.Errorf("seq %q of %s is not before %q of %s", seqs[pair[0]], pair[0], seqs[pair[1]], pair[1])
		}
	}
	if len(seqs) != 5 {
		t.Errorf("%d observations, want 5: the same one twice counts once", len(seqs))
	}
}

func TestCompanies(t *testing.T) {
	t.Parallel()
	m := settled(t,
		company(fmt.Sprintf(`{"company_id":"acme","id":"530","updated_at":%d,"name":"Acme","plan":{"name":"team"},"monthly_spend":99.50,"currency":"eur","seats":12,"tags":["big"]}`, unix(9))),
		company(fmt.Sprintf(`{"id":"531","updated_at":%d,"plan":null,"stage":"customer"}`, unix(9))),
		user(fmt.Sprintf(`{"user_id":"1","updated_at":%d,"companies":[{"company_id":"acme","plan":"business"},{"name":"Only Name"},{"type":"company","id":"530"},{"company_id":"old","remove":true}]}`, unix(10))),
		user(fmt.Sprintf(`{"user_id":"1","updated_at":%d,"companies":[]}`, unix(11))),
	)
	want(t, m, &companyAttributes, func(r companyAttributeRow) string {
		return fmt.Sprint(r.CompanyID, " ", r.Name, "=", optional(r.Value), " ", r.ValueType, " custom=", r.IsCustom, " ", time.UnixMicro(r.At).UTC().Hour())
	},
		"531 plan=null null custom=false 9",
		"531 stage=customer text custom=false 9",
		"Only Name name=Only Name text custom=false 10",
		"acme currency=EUR text custom=false 9",
		"acme monthly_spend=99.5 number custom=false 9",
		"acme name=Acme text custom=false 9",
		"acme plan=team text custom=false 9",
		"acme plan=business text custom=false 10",
		"acme seats=12 number custom=true 9",
	)
	want(t, m, &companyKeys, func(r companyKeyRow) string { return r.CompanyID + " " + r.SourceID }, "acme 530")
	want(t, m, &memberships, func(r membershipRow) string {
		return fmt.Sprint(r.KeyKind, ":", r.Key, " ", r.CompanyID, " ", r.Removed, " ", time.UnixMicro(r.At).UTC().Hour())
	},
		"user_id:1 530 false 10",
		"user_id:1 Only Name false 10",
		"user_id:1 acme false 10",
		"user_id:1 old true 10",
	)
	want(t, m, &tags, func(r tagRow) string { return r.CompanyID + " " + r.Tag }, "acme big")
}

func TestSubscriptions(t *testing.T) {
	t.Parallel()
	list := `{"company_id":"acme","updated_at":%d,"subscriptions":[
		{"id":"s2","amount":"29.00","currency":"usd","quantity":3,"interval":"month","interval_count":6,"started_at":%d,"ended_at":"2027-01-01","trial_ends_at":null,"discount_percent":10,"discount_amount":"1.25","plan":{"name":"team"}},
		{"id":"s1","amount":500,"interval":null}]}`
	m := settled(t,
		company(fmt.Sprintf(list, unix(9), unix(1))),
		company(fmt.Sprintf(list, unix(9), unix(1))),
		company(fmt.Sprintf(`{"company_id":"acme","updated_at":%d,"subscriptions":[]}`, unix(11))),
		company(fmt.Sprintf(`{"company_id":"acme","updated_at":%d,"subscriptions":null}`, unix(10))),
		company(fmt.Sprintf(`{"company_id":"acme","updated_at":%d,"name":"says nothing of them"}`, unix(12))),
	)
	want(t, m, &subscriptions, func(r subscriptionRow) string {
		return fmt.Sprint(r.CompanyID, " ", r.Position, " ", r.SubscriptionID, " ", r.Plan, " ", r.Amount, " ", r.Currency, " ", r.Quantity, " ",
			optional(r.IntervalCount), " ", r.IntervalUnit, " ", optional(r.StartedAt), " ", optional(r.EndedAt), " ", optional(r.TrialEndsAt), " ",
			r.DiscountPercent, " ", r.DiscountAmount, " ", r.ValidFrom, " ", r.Seq[:18])
	},
		"acme 1 s2 team 29 USD 3 6 month "+fmt.Sprint(micros(1))+" 1798761600000000 null 10 1.25 "+fmt.Sprint(micros(9))+" 001772366400000000",
		"acme 2 s1  500   null  null null null   "+fmt.Sprint(micros(9))+" 001772366400000000",
	)
	want(t, m, &subscriptionLists, func(r subscriptionListRow) string {
		return fmt.Sprint(r.CompanyID, " ", r.Subscriptions, " ", time.UnixMicro(r.ValidFrom).UTC().Hour())
	}, "acme 2 9", "acme 0 10", "acme 0 11")
}

func TestConversations(t *testing.T) {
	t.Parallel()
	m := settled(t,
		// Sent last in time, landed first.
		conversation(fmt.Sprintf(`{"id":"7","updated_at":%d,"state":"closed","tags":["bug","billing","bug"],"company_id":"acme"}`, unix(11))),
		conversation(fmt.Sprintf(`{"id":"7","created_at":%d,"updated_at":%d,"state":"open","tags":["old"],"subject":"Help","channel":"email","source_id":"530"}`, unix(9), unix(10))),
		conversation(fmt.Sprintf(`{"id":"7","updated_at":%d,"user_id":"1"}`, unix(11))),
		// In the same second the later record in Kafka counts.
		conversation(fmt.Sprintf(`{"id":"8","updated_at":%d,"state":"open"}`, unix(10))),
		conversation(fmt.Sprintf(`{"id":"8","updated_at":%d,"state":"closed","tags":[]}`, unix(10))),
		conversation(fmt.Sprintf(`{"id":"8","updated_at":%d,"state":"open"}`, unix(10))),
		// A part alone says when the conversation began at the latest.
		conversation(fmt.Sprintf(`{"conversation_id":"9","part":{"id":"1","created_at":%d}}`, unix(6))),
		conversation(fmt.Sprintf(`{"conversation_id":"9","part":{"id":"2","created_at":%d}}`, unix(5))),
	)
	got := rowsOf(t, m, &conversations)
	nine, five := micros(9), micros(5)
	wanted := []conversationRow{
		{ConversationID: "7", KeyKind: "user_id", Key: "1", UserID: "1", SourceID: "530", CompanyID: "acme", Channel: "email", Subject: "Help",
			State: "closed", CreatedAt: &nine, UpdatedAt: micros(11), Tags: `["bug","billing"]`},
		{ConversationID: "8", State: "closed", UpdatedAt: micros(10), Tags: "[]"},
		{ConversationID: "9", CreatedAt: &five, UpdatedAt: got[2].UpdatedAt},
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("conversations (-want +got):\n%s", diff)
	}
	want(t, m, &partTags, func(r partTagRow) string { return r.ConversationID + " " + r.PartID + " " + r.Tag }, "7  billing", "7  bug")
}

func TestParts(t *testing.T) {
	t.Parallel()
	whole := func(updated int64, parts string) message {
		return conversation(fmt.Sprintf(`{"id":"7","updated_at":%d,"conversation_parts":{"conversation_parts":[%s]}}`, updated, parts))
	}
	m := settled(t,
		whole(unix(12), fmt.Sprintf(`{"id":"1","part_type":"comment","body":"edited","created_at":%d,"updated_at":%d,"tags":["bug"],"author":{"type":"admin","id":"5","name":"Eve","email":"eve@example.com"},"assigned_to":{"type":"admin","id":"6"}}`, unix(8), unix(9))),
		whole(unix(13), fmt.Sprintf(`{"id":"1","body":"first","created_at":%d}`, unix(8))), // an older version in a later record
		whole(unix(14), fmt.Sprintf(`{"id":"2","part_type":"note","body":"<p>&nbsp;</p>","created_at":%d,"tags":["a","b"]}`, unix(8))),
		whole(unix(15), fmt.Sprintf(`{"id":"2","part_type":"note","body":"<p>&nbsp;</p>","created_at":%d,"tags":["b"]}`, unix(8))), // as old, in a later record
		whole(unix(16), ""), // no part is forgotten
		conversation(fmt.Sprintf(`{"conversation_id":"8","part":{"id":"1","body":"another's","created_at":%d,"is_reply":true}}`, unix(7))),
		conversation(fmt.Sprintf(`{"id":"9","created_at":%d,"updated_at":%d,"source":{"id":"x","delivered_as":"customer_initiated","body":"<img src=x>","author":{"type":"user","id":"530"}}}`, unix(6), unix(6))),
	)
	got := rowsOf(t, m, &parts)
	wanted := []partRow{
		{PartID: "1", ConversationID: "7", PartType: "comment", AuthorType: "admin", AuthorID: "5", AuthorName: "Eve", AuthorEmail: "eve@example.com",
			CreatedAt: micros(8), UpdatedAt: micros(9), Body: "edited", HasText: true, AssignedTo: got[0].AssignedTo, Tags: `["bug"]`, RecordAt: micros(12)},
		{PartID: "2", ConversationID: "7", PartType: "note", CreatedAt: micros(8), UpdatedAt: micros(8), Body: "<p>&nbsp;</p>", Tags: `["b"]`, RecordAt: micros(15)},
		{PartID: "1", ConversationID: "8", PartType: "comment", CreatedAt: micros(7), UpdatedAt: micros(7), Body: "another's", HasText: true, IsReply: true, RecordAt: got[2].RecordAt},
		{PartID: "9/source", ConversationID: "9", PartType: "source", AuthorType: "user", AuthorID: "530", CreatedAt: micros(6), UpdatedAt: micros(6),
			Body: "<img src=x>", HasText: true, IsSource: true, DeliveredAs: "customer_initiated", RecordAt: micros(6)},
	}
	if diff := cmp.Diff(wanted, got, cmpopts.IgnoreUnexported(partRow{})); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
	if got[0].AssignedTo == "" {
		t.Error("the part's assignment is lost")
	}
	want(t, m, &partTags, func(r partTagRow) string { return r.ConversationID + " " + r.PartID + " " + r.Tag }, "7 1 bug", "7 2 b")
}

func TestTags(t *testing.T) {
	t.Parallel()
	tag := func(value string) message { return message{kind: record.KindTag, value: value} }
	m := settled(t,
		tag(fmt.Sprintf(`{"tag":"vip","user_id":"1","at":%d,"by":"eve"}`, unix(9))),
		tag(fmt.Sprintf(`{"tag":"vip","user_id":"1","at":%d,"by":"eve"}`, unix(9))),
		tag(fmt.Sprintf(`{"tag":"vip","user_id":"1","at":%d,"removed":true}`, unix(10))),
		tag(fmt.Sprintf(`{"tag":"big","company_id":"acme","at":%d}`, unix(9))),
		user(fmt.Sprintf(`{"user_id":"1","updated_at":%d,"tags":["vip",{"name":"beta"}]}`, unix(11))),
	)
	want(t, m, &tags, func(r tagRow) string {
		return fmt.Sprint(r.KeyKind, ":", r.Key, " ", r.CompanyID, " ", r.Tag, " ", r.TaggedBy, " ", r.Removed, " ", time.UnixMicro(r.TaggedAt).UTC().Hour())
	},
		": acme big  false 9",
		"user_id:1  beta  false 11",
		"user_id:1  vip eve false 9",
		"user_id:1  vip  true 10",
		"user_id:1  vip  false 11",
	)
}

func TestDeliveriesAndTombstones(t *testing.T) {
	t.Parallel()
	delivery := func(decided string) message {
		return message{kind: record.KindDelivery, value: fmt.Sprintf(`{"decision_id":"d","message":"welcome","person_id":"u:1","user_id":"1","email":"a@example.com",
			"entry":"once","segment":"new","channel":"email","decision":"sent","reason":"r","subject":"Hi","decided_at":%q,"sent_at":%q}`, decided, decided)}
	}
	m := settled(t,
		delivery("2026-03-01T10:00:00Z"), delivery("2026-03-01T09:00:00Z"),
		message{kind: record.KindUser, key: "1", at: noon}, message{kind: record.KindUser, key: "1", at: noon},
		message{kind: record.KindUser, key: "1", at: noon.Add(time.Hour)}, message{kind: record.KindConversation, key: "7", at: noon},
	)
	nine := micros(9)
	wanted := []deliveryRow{{DecisionID: "d", Message: "welcome", PersonID: "u:1", UserID: "1", Email: "a@example.com", Entry: "once", Segment: "new",
		Channel: "email", Decision: "sent", Reason: "r", Subject: "Hi", DecidedAt: nine, SentAt: &nine}}
	if diff := cmp.Diff(wanted, rowsOf(t, m, &deliveries)); diff != "" {
		t.Errorf("deliveries (-want +got):\n%s", diff)
	}
	want(t, m, &tombstones, func(r tombstoneRow) string {
		return fmt.Sprint(r.Kind, " ", r.Key, " ", time.UnixMicro(r.At).UTC().Hour())
	}, "conversations 7 12", "users 1 12", "users 1 13")
}

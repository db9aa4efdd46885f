package record_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"parley/pipelines/record"
)

func TestEventDecode(t *testing.T) {
	t.Parallel()
	happened := at("2009-02-13T23:31:30Z")
	for _, test := range []struct {
		name, json string
		want       record.Event
	}{
		{"all that an event knows",
			`{"id":9,"event_name":"page_view","created_at":1234567890,"user_id":6,"email":"A@B.example","source_id":"66f","anonymous_id":"c1","company_id":2,"url":"/a?b=1","referrer":"https://r.example/","utm_source":"news","utm_medium":"email","utm_campaign":"june","utm_term":"t","utm_content":"c","ip":"192.0.2.1","metadata":{"b":1,"a":"x"}}`,
			record.Event{EventID: "9", EventName: "page_view", Keys: record.Keys{UserID: "6", Email: "a@b.example", SourceID: "66f", AnonymousID: "c1"},
				CompanyID: "2", URL: "/a?b=1", Referrer: "https://r.example/", UTMSource: "news", UTMMedium: "email", UTMCampaign: "june", UTMTerm: "t",
				UTMContent: "c", IP: "192.0.2.1", Metadata: `{"a":"x","b":1}`}},
		{"name for event_name", `{"id":"e","name":"signed_up","created_at":1234567890,"user_id":"u"}`,
			record.Event{EventID: "e", EventName: "signed_up", Keys: record.Keys{UserID: "u"}}},
		{"of Intercom's second generation", `{"type":"event","id":"e","event_name":"x","created_at":1234567890,"intercom_user_id":"66f","metadata":{}}`,
			record.Event{EventID: "e", EventName: "x", Keys: record.Keys{SourceID: "66f"}}},
		{"the user as an object", `{"id":"e","event_name":"x","created_at":1234567890,"user":{"id":"66f","email":"a@b.example"}}`,
			record.Event{EventID: "e", EventName: "x", Keys: record.Keys{SourceID: "66f", Email: "a@b.example"}}},
		{"what else it says joins the metadata", `{"id":"e","event_name":"x","created_at":1234567890,"user_id":"u","browser":"Lynx","a":1,"z":null,"metadata":{"a":2}}`,
			record.Event{EventID: "e", EventName: "x", Keys: record.Keys{UserID: "u"}, Metadata: `{"a":2,"browser":"Lynx"}`}},
		{"PHP's empty object", `{"id":"e","event_name":"x","created_at":1234567890,"user_id":"u","metadata":[]}`,
			record.Event{EventID: "e", EventName: "x", Keys: record.Keys{UserID: "u"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got record.Event
			if err := got.Decode([]byte(test.json), position); err != nil {
				t.Fatal(err)
			}
			test.want.Landed, test.want.OccurredAt = landed, happened
			if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
			if !got.EventTime().Equal(happened) {
				t.Errorf("event time is %v", got.EventTime())
			}
		})
	}
}

func TestEventWithoutIDCountsOnce(t *testing.T) {
	t.Parallel()
	id := func(json string, at record.Position) string {
		var row record.Event
		if err := row.Decode([]byte(json), at); err != nil {
			t.Fatal(err)
		}
		return row.EventID
	}
	first := id(`{"event_name":"x","created_at":1234567890,"user_id":"u","metadata":{"a":1,"b":2}}`, position)
	if len(first) != 32 {
		t.Errorf("id is %q", first)
	}
	later := record.Position{Partition: 3, Offset: 99, At: kafkaAt.AddDate(1, 0, 0)}
	if second := id(`{ "user_id":"u", "metadata":{"b":2,"a":1}, "event_name":"x", "created_at":1234567890 }`, later); second != first {
		t.Errorf("the same content has the ids %s and %s", first, second)
	}
	if other := id(`{"event_name":"x","created_at":1234567890,"user_id":"u","metadata":{"a":1,"b":3}}`, position); other == first {
		t.Error("another content has the same id")
	}
}

func TestTagDecode(t *testing.T) {
	t.Parallel()
	tagged := at("2009-02-13T23:31:30Z")
	for _, test := range []struct {
		name, json string
		want       record.Tag
	}{
		{"of a person", `{"tag":"vip","user_id":6,"at":1234567890,"by":"ann"}`, record.Tag{Tag: "vip", Keys: record.Keys{UserID: "6"}, TaggedBy: "ann"}},
		{"of a company, taken away", `{"tag":" vip ","company_id":"c","at":"2009-02-13T23:31:30Z","removed":true}`, record.Tag{Tag: "vip", CompanyID: "c", Removed: true}},
		{"Intercom's, with who gave it", `{"type":"tag","id":"10","name":"Manual tag","applied_at":1234567890,"applied_by":{"type":"admin","id":"456"},"contact":{"id":"66f"}}`,
			record.Tag{Tag: "Manual tag", Keys: record.Keys{SourceID: "66f"}, TaggedBy: "456"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got record.Tag
			if err := got.Decode([]byte(test.json), position); err != nil {
				t.Fatal(err)
			}
			test.want.Landed, test.want.TaggedAt = landed, tagged
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(record.Tag{}, "RecordID")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDeliveryReadsWhatItWrites(t *testing.T) {
	t.Parallel()
	want := record.Delivery{
		DecisionID: "d1", Message: "welcome", PersonID: "u:6", UserID: "6", Email: "a@b.example", Entry: "once", Segment: "new",
		Channel: "email", Decision: "no_address", Reason: "none", Subject: "Hello", DecidedAt: at("2026-06-30T09:15:00.123456Z"),
	}
	var got record.Delivery
	if err := got.Decode([]byte(marshal(t, want)), position); err != nil {
		t.Fatal(err)
	}
	want.Landed = landed
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

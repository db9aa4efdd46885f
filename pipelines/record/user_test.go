package record_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"parley/pipelines/record"
)

// kafkaAt is when Kafka took the records of these tests.
var kafkaAt = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

var position = record.Position{Partition: 2, Offset: 7, At: kafkaAt}

var landed = record.Landed{KafkaPartition: 2, KafkaOffset: 7, KafkaAt: kafkaAt}

func at(text string) time.Time {
	parsed, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return parsed
}

func pointer[T any](value T) *T { return &value }

func TestUserDecode(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, json string
		want       record.User
	}{
		{"the least there is", `{"user_id":"u1"}`, record.User{Keys: record.Keys{UserID: "u1"}}},
		{"a number is the same id as its text", `{"user_id":6}`, record.User{Keys: record.Keys{UserID: "6"}}},
		{"a float that is whole too", `{"user_id":6.0}`, record.User{Keys: record.Keys{UserID: "6"}}},
		{"a huge number keeps every digit", `{"user_id":123456789012345678901234567890}`,
			record.User{Keys: record.Keys{UserID: "123456789012345678901234567890"}}},
		{"external_id is user_id", `{"external_id":"70","id":"66f"}`, record.User{Keys: record.Keys{UserID: "70", SourceID: "66f"}}},
		{"user_id before external_id", `{"external_id":"70","user_id":"71"}`, record.User{Keys: record.Keys{UserID: "71"}}},
		{"an e-mail is trimmed and lower case", `{"email":" Ann@Example.COM "}`, record.User{Keys: record.Keys{Email: "ann@example.com"}}},
		{"null, empty and \"null\" are no keys", `{"user_id":null,"email":"","source_id":"null","anonymous_id":"c1"}`,
			record.User{Keys: record.Keys{AnonymousID: "c1"}, Cleared: `["email"]`}},
		{"id is the sending system's own", `{"id":42}`, record.User{Keys: record.Keys{SourceID: "42"}}},
		{"of a name that stands twice the last counts", `{"user_id":"u1","name":"A","name":"B"}`,
			record.User{Keys: record.Keys{UserID: "u1"}, Name: "B"}},
		{"null clears, and so does empty text", `{"user_id":"u1","name":null,"phone":"","last_seen_at":null,"unsubscribed_from_emails":null}`,
			record.User{Keys: record.Keys{UserID: "u1"}, Cleared: `["last_seen_at","name","phone","unsubscribed_from_emails"]`}},
		{"times as seconds and as ISO 8601",
			`{"user_id":"u1","created_at":1366691661,"updated_at":"2026-06-30T11:15:00+02:00","last_seen_at":1751274900.25}`,
			record.User{Keys: record.Keys{UserID: "u1"}, EffectiveAt: at("2026-06-30T09:15:00Z"), CreatedAt: at("2013-04-23T04:34:21Z"),
				SignedUpAt: at("2013-04-23T04:34:21Z"), LastSeenAt: at("2025-06-30T09:15:00.25Z")}},
		{"unsubscribed", `{"user_id":"u1","unsubscribed_from_emails":true}`,
			record.User{Keys: record.Keys{UserID: "u1"}, UnsubscribedFromEmail: pointer(true)}},
		{"subscribed is not unknown", `{"user_id":"u1","unsubscribed_from_emails":"false"}`,
			record.User{Keys: record.Keys{UserID: "u1"}, UnsubscribedFromEmail: pointer(false)}},
		{"the top level's unknown names are attributes, with custom_data and custom_attributes",
			`{"user_id":"u1","app_id":"x","user_hash":"secret","Teammates ":4,"custom_domain":null,"custom_data":{"b":2.50,"teammates":5},"custom_attributes":{"c":{"y":1,"x":[true]},"user_hash":"s"}}`,
			record.User{Keys: record.Keys{UserID: "u1"}, CustomAttributes: `{"b":2.50,"c":{"x":[true],"y":1},"custom_domain":null,"teammates":5}`}},
		{"custom_attributes comes last", `{"user_id":"u1","custom_attributes":{"a":3},"a":1,"custom_data":{"a":2}}`,
			record.User{Keys: record.Keys{UserID: "u1"}, CustomAttributes: `{"a":3}`}},
		{"a stage among the attributes is the stage, in whatever case", `{"user_id":"u1","custom_attributes":{"Stage":"SQL","size":2}}`,
			record.User{Keys: record.Keys{UserID: "u1"}, Stage: "SQL", CustomAttributes: `{"size":2}`}},
		{"and so is one at the top", `{"user_id":"u1","STAGE":"lead"}`, record.User{Keys: record.Keys{UserID: "u1"}, Stage: "lead"}},
		{"and null there clears it", `{"user_id":"u1","custom_attributes":{"Stage":null}}`, record.User{Keys: record.Keys{UserID: "u1"}, Cleared: `["stage"]`}},
		{"a stage of the record's own comes first", `{"user_id":"u1","stage":"lead","custom_attributes":{"Stage":"SQL"}}`,
			record.User{Keys: record.Keys{UserID: "u1"}, Stage: "lead", CustomAttributes: `{"stage":"SQL"}`}},
		{"a stage that is an object is an attribute", `{"user_id":"u1","custom_attributes":{"stage":{"n":1}}}`,
			record.User{Keys: record.Keys{UserID: "u1"}, CustomAttributes: `{"stage":{"n":1}}`}},
		{"PHP's empty object", `{"user_id":"u1","custom_attributes":[]}`, record.User{Keys: record.Keys{UserID: "u1"}}},
		{"inside custom_attributes every name is an attribute", `{"user_id":"u1","custom_attributes":{"type":"a","avatar":1}}`,
			record.User{Keys: record.Keys{UserID: "u1"}, CustomAttributes: `{"avatar":1,"type":"a"}`}},
		{"a company by number, with all it says", `{"user_id":"u1","company":{"id":6,"name":"Six","plan":39}}`,
			record.User{Keys: record.Keys{UserID: "u1"}, Companies: `[{"company_id":"6","id":6,"name":"Six","plan":39}]`}},
		{"a company by name alone", `{"user_id":"u1","company":{"name":"Burns' Burgers"}}`,
			record.User{Keys: record.Keys{UserID: "u1"}, Companies: `[{"company_id":"Burns' Burgers","name":"Burns' Burgers"}]`}},
		{"a company as text", `{"user_id":"u1","company":"Acme"}`,
			record.User{Keys: record.Keys{UserID: "u1"}, Companies: `[{"company_id":"Acme","name":"Acme"}]`}},
		{"companies as ids", `{"user_id":"u1","companies":["c1",2,null]}`,
			record.User{Keys: record.Keys{UserID: "u1"}, Companies: `[{"company_id":"c1"},{"company_id":"2"}]`}},
		{"an empty list of companies is said", `{"user_id":"u1","companies":[]}`,
			record.User{Keys: record.Keys{UserID: "u1"}, Companies: `[]`}},
		{"company_id of the person", `{"user_id":"u1","company_id":7}`,
			record.User{Keys: record.Keys{UserID: "u1"}, Companies: `[{"company_id":"7"}]`}},
		{"an Intercom company by its source id", `{"user_id":"u1","companies":{"type":"list","data":[{"type":"company","id":"66f","url":"/companies/66f"}]}}`,
			record.User{Keys: record.Keys{UserID: "u1"},
				Companies: `[{"company_id":"66f","id":"66f","source_id":"66f","type":"company","url":"/companies/66f"}]`}},
		{"tags by name, of objects, and by id alone", `{"user_id":"u1","tags":["vip",{"name":"beta","id":"1"},{"type":"tag","id":"2"},"vip"]}`,
			record.User{Keys: record.Keys{UserID: "u1"}, Tags: `["vip","beta","id:2"]`}},
		{"place of its own", `{"user_id":"u1","city":"Dublin","country":"Ireland","timezone":"Europe/Dublin","location":{"city":"Cork"}}`,
			record.User{Keys: record.Keys{UserID: "u1"}, City: "Dublin", Country: "Ireland", Timezone: "Europe/Dublin"}},
		{"location as text is an attribute", `{"user_id":"u1","location":"upstairs"}`,
			record.User{Keys: record.Keys{UserID: "u1"}, CustomAttributes: `{"location":"upstairs"}`}},
		{"NUL and half a surrogate pair cannot be kept", `{"user_id":"u1","name":"a\u0000b","stage":"x\ud800y","n":"\u0000"}`,
			record.User{Keys: record.Keys{UserID: "u1"}, Name: "a\uFFFDb", Stage: "x\uFFFDy", CustomAttributes: "{\"n\":\"\uFFFD\"}"}},
		{"escapes", `{"user_id":"u1","name":"Zo\u00eb \"Z\" \ud83d\ude00"}`,
			record.User{Keys: record.Keys{UserID: "u1"}, Name: "Zoë \"Z\" 😀"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got record.User
			if err := got.Decode([]byte(test.json), position); err != nil {
				t.Fatal(err)
			}
			test.want.Landed = landed
			if test.want.EffectiveAt.IsZero() {
				test.want.EffectiveAt = kafkaAt
			}
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(record.User{}, "RecordID")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSignedUp(t *testing.T) {
	t.Parallel()
	created, signed := at("2009-02-13T23:31:30Z"), at("2001-09-09T01:46:40Z")
	for _, test := range []struct {
		name, json, wantCleared string
		want                    time.Time
	}{
		{"else created_at", `{"user_id":"u","created_at":1234567890}`, "", created},
		{"signed_up_at", `{"user_id":"u","created_at":1234567890,"signed_up_at":1000000000}`, "", signed},
		{"remote_created_at", `{"user_id":"u","created_at":1234567890,"remote_created_at":1000000000}`, "", signed},
		{"either of the two", `{"user_id":"u","created_at":1234567890,"remote_created_at":1000000000,"signed_up_at":null}`, "", signed},
		{"null: not signed up", `{"user_id":"u","created_at":1234567890,"signed_up_at":null}`, `["signed_up_at"]`, time.Time{}},
		{"both null", `{"user_id":"u","created_at":1234567890,"signed_up_at":null,"remote_created_at":null}`, `["signed_up_at"]`, time.Time{}},
		{"nothing named", `{"user_id":"u"}`, "", time.Time{}},
		{"created_at null", `{"user_id":"u","created_at":null}`, `["created_at","signed_up_at"]`, time.Time{}},
		{"a lead is created without signing up", `{"type":"lead","email":"a@b.example","created_at":1234567890}`, "", time.Time{}},
		{"a lead by its role", `{"type":"contact","role":"lead","id":"6","created_at":1234567890}`, "", time.Time{}},
		{"a contact that is a user", `{"type":"contact","role":"user","id":"6","created_at":1234567890}`, "", created},
		{"a visitor has not signed up, whatever it says", `{"type":"visitor","user_id":"cookie","signed_up_at":1234567890}`, "", time.Time{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got record.User
			if err := got.Decode([]byte(test.json), position); err != nil {
				t.Fatal(err)
			}
			if !got.SignedUpAt.Equal(test.want) || got.Cleared != test.wantCleared {
				t.Errorf("signed up %v, cleared %s; want %v, %s", got.SignedUpAt, got.Cleared, test.want, test.wantCleared)
			}
		})
	}
}

func TestVisitorIsKnownByTheCookie(t *testing.T) {
	t.Parallel()
	var got record.User
	if err := got.Decode([]byte(`{"type":"visitor","id":"66f","user_id":"3ecf","email":""}`), position); err != nil {
		t.Fatal(err)
	}
	if want := (record.Keys{SourceID: "66f", AnonymousID: "3ecf"}); got.Keys != want {
		t.Errorf("keys %+v, want %+v", got.Keys, want)
	}
}

func TestObservationID(t *testing.T) {
	t.Parallel()
	id := func(json string, at time.Time) string {
		var row record.User
		if err := row.Decode([]byte(json), record.Position{At: at}); err != nil {
			t.Fatal(err)
		}
		return row.RecordID
	}
	const dated = `{"user_id":"u1","plan":"team","updated_at":1234567890}`
	if id(dated, kafkaAt) != id("{ \"updated_at\":1234567890,\n\"plan\":\"te\\u0061m\", \"user_id\":\"u1\", \"user_hash\":\"x\"}", kafkaAt.Add(time.Hour)) {
		t.Error("the same content with its own time has two ids")
	}
	const undated = `{"user_id":"u1","plan":"team"}`
	first, retried, later := id(undated, kafkaAt), id(undated, kafkaAt), id(undated, kafkaAt.Add(time.Hour))
	if first != retried {
		t.Error("the same content at the same time has two ids")
	}
	// team, then business, then team again: the third is no repetition of the first.
	if first == later {
		t.Error("the same content at another time is the same observation")
	}
}

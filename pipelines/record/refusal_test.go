package record_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"parley/pipelines/record"
)

// decode reads value as a record of the kind.
func decode(kind record.Kind, value []byte) error {
	switch kind {
	case record.KindUser:
		return new(record.User).Decode(value, position)
	case record.KindCompany:
		return new(record.Company).Decode(value, position)
	case record.KindEvent:
		return new(record.Event).Decode(value, position)
	case record.KindConversation:
		return new(record.Conversation).Decode(value, position)
	case record.KindTag:
		return new(record.Tag).Decode(value, position)
	case record.KindMerge:
		return new(record.Merge).Decode(value, position)
	default:
		return new(record.Delivery).Decode(value, position)
	}
}

func TestEveryKindRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, value string
		class       record.Class
		reason      string
	}{
		{"not UTF-8", "{\"user_id\":\"\xff\"}", record.BadEncoding, `not UTF-8: byte 13 is 0xff, after "{\"user_id\":\""; send UTF-8`},
		{"empty", "", record.BadJSON, "it is empty; send an object, or, to delete"},
		{"white space", " \n", record.BadJSON, "it is empty; send an object, or, to delete"},
		{"not JSON", "{'user_id':1}", record.BadJSON, `invalid character '\'' looking for beginning of object key string (byte 2, after "{"); JSON has names and texts in double quotes`},
		{"breaks off", `{"user_id":"u1"`, record.BadJSON, "it breaks off after 15 bytes"},
		{"more after the end", `{"user_id":"u1"} {}`, record.BadJSON, "something follows its end (byte 18, "},
		{"a byte order mark", "\ufeff{}", record.BadJSON, "begins with a byte order mark; send it without"},
		{"a raw control character", "{\"user_id\":\"a\x00b\"}", record.BadJSON, "not one JSON object"},
		{"a leading zero", `{"user_id":007}`, record.BadJSON, "not one JSON object"},
		{"an array", `[{"user_id":"u1"}]`, record.BadJSON, "an array, not a JSON object; send one object a record"},
		{"text", `"u1"`, record.BadJSON, "text, not a JSON object"},
		{"a number", ` 6 `, record.BadJSON, "a number, not a JSON object"},
		{"null", `null`, record.BadJSON, "null, not a JSON object"},
		{"true", `true`, record.BadJSON, "true or false, not a JSON object"},
		{"too deep", strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200), record.BadJSON, "more than 100 deep"},
		{"a depth bomb", strings.Repeat("[", 5_000_000), record.BadJSON, "more than 100 deep"},
		{"two documents in lines", "{\"user_id\":\"u1\"}\n{\"user_id\":\"u2\"}", record.BadJSON, "something follows its end (byte 18, "},
		{"bytes after the end", "{\"user_id\":\"u1\"}\x00\x00", record.BadJSON, "something follows its end (byte 17, "},
		{"a schema registry's", "\x00\x00\x00\x00\x07\x02u1", record.BadJSON, "begins with the byte 0"},
		{"packed", "\x1f\x8b\x08\x00", record.BadEncoding, "byte 2 is 0x8b"},
		{"in UTF-16", "\xff\xfe{\x00}\x00", record.BadEncoding, "byte 1 is 0xff; send UTF-8"},
		{"in Latin-1", "{\"user_id\":\"u1\",\"name\":\"Jos\xe9\"}", record.BadEncoding, `byte 28 is 0xe9, after "ser_id\":\"u1\",\"name\":\"Jos"`},
		{"a name that is not UTF-8", "{\"user_id\":\"u1\",\"\xc3\":1}", record.BadEncoding, "byte 18 is 0xc3"},
		{"not UTF-8 far inside", "{\"user_id\":\"u1\",\"a\":[{\"b\":\"\xed\xa0\x80\"}]}", record.BadEncoding, "byte 28 is 0xed"},
		{"NaN", `{"user_id":"u1","n":NaN}`, record.BadJSON, "NaN is no JSON (byte 21, "},
		{"Infinity", `{"user_id":"u1","n":-Infinity}`, record.BadJSON, "Infinity is no JSON (byte 22, "},
		{"Python's True", `{"user_id":"u1","n":True}`, record.BadJSON, "True is no JSON (byte 21, "},
		{"a comma at the end", `{"user_id":"u1",}`, record.BadJSON, "no comma before } or ]"},
		{"a raw line break in a text", "{\"user_id\":\"a\nb\"}", record.BadJSON, `invalid character '\n' in string literal (byte 14, `},
		{"100,000 deep", `{"user_id":"u1","a":` + strings.Repeat(`[`, 100_000) + strings.Repeat("]", 100_000) + "}", record.BadJSON, "from byte 120 on; send them flatter"},
		{"nothing in it", `{}`, record.BadKey, " needs "},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, kind := range record.Kinds() {
				wantRefusal(t, kind, test.value, test.class, test.reason)
			}
		})
	}
}

func TestKindsRefuse(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1025)
	for _, test := range []struct {
		kind   record.Kind
		value  string
		class  record.Class
		reason string
	}{
		{record.KindUser, `{"name":"Ann"}`, record.BadKey, "a user needs one of user_id, email, anonymous_id or source_id"},
		{record.KindUser, `{"user_id":{"a":1}}`, record.BadField, "user_id: is an object; send an id as text or a number"},
		{record.KindUser, `{"user_id":true}`, record.BadField, "user_id: is true or false"},
		{record.KindUser, `{"user_id":"` + long + `"}`, record.BadSize, "user_id: has 1025 bytes; send at most 1024"},
		{record.KindUser, `{"user_id":"u","created_at":"yesterday"}`, record.BadField, `created_at: "yesterday" is no time`},
		{record.KindUser, `{"user_id":"u","created_at":1389913941000}`, record.BadField, "are these milliseconds? Send seconds"},
		{record.KindUser, `{"user_id":"u","updated_at":true}`, record.BadField, "updated_at: true or false is no time"},
		{record.KindUser, `{"user_id":"u","name":["A"]}`, record.BadField, "name: is an array; send text"},
		{record.KindUser, `{"user_id":"u","unsubscribed_from_emails":"perhaps"}`, record.BadField, `unsubscribed_from_emails: is "perhaps"`},
		{record.KindUser, `{"user_id":"u","custom_attributes":[1]}`, record.BadField, "custom_attributes: is an array; send an object"},
		{record.KindUser, `{"user_id":"u","` + long[:301] + `":1}`, record.BadField, "longer than 300 characters"},
		{record.KindUser, `{"user_id":"u"," ":1}`, record.BadField, "empty name"},
		{record.KindUser, `{"user_id":"u","companies":true}`, record.BadField, "companies: is true or false"},
		{record.KindUser, `{"user_id":"u","companies":["c",{"plan":"x"}]}`, record.BadField, "companies[1]: a company has no company_id, id or name"},
		{record.KindUser, `{"user_id":"u","company":{"id":6,"monthly_spend":"$49"}}`, record.BadField, `companies[0].monthly_spend: "$49" is no amount`},
		{record.KindUser, `{"user_id":"u","tags":5}`, record.BadField, "tags: is a number; send a list of names"},
		{record.KindUser, `{"user_id":"u","location":{"city":{}}}`, record.BadField, "location.city: is an object"},
		{record.KindMerge, `{"into":{"user_id":"1"},"at":1}`, record.BadKey, `a merge needs from, an object with one key of a person`},
		{record.KindMerge, `{"into":"1","from":{"user_id":"2"},"at":1}`, record.BadKey, `a merge needs into, an object with one key of a person`},
		{record.KindMerge, `{"into":{"user_id":"1","email":"a@x"},"from":{"user_id":"2"},"at":1}`, record.BadField, "into: names a person by several keys; name one of them"},
		{record.KindMerge, `{"into":{"name":"Ann"},"from":{"user_id":"2"},"at":1}`, record.BadKey, "into: has none of user_id, email, source_id and anonymous_id"},
		{record.KindMerge, `{"into":{"email":"a@x"},"from":{"email":" A@x"},"at":1}`, record.BadField, `into and from are both email "a@x"; name two people`},
		{record.KindMerge, `{"into":{"user_id":"1"},"from":{"user_id":"undefined"},"at":1}`, record.BadKey, `from: user_id "undefined" is what is sent where there is no key; name a person`},
		{record.KindMerge, `{"into":{"email":" NULL"},"from":{"user_id":"2"},"at":1}`, record.BadKey, `into: email "null" is what is sent where there is no key; name a person`},
		{record.KindMerge, `{"into":{"user_id":"1"},"from":{"user_id":"2"}}`, record.BadKey, "a merge needs at"},
		{record.KindMerge, `{"into":{"user_id":"1"},"from":{"user_id":"2"},"at":1,"undo":"perhaps"}`, record.BadField, `undo: is "perhaps"`},
		{record.KindCompany, `{"name":"Acme"}`, record.BadKey, "a company needs company_id"},
		{record.KindCompany, `{"company_id":"c","monthly_spend":"$49"}`, record.BadField, `monthly_spend: "$49" is no amount`},
		{record.KindCompany, `{"company_id":"c","monthly_spend":"1,000"}`, record.BadField, `"1,000" is no amount`},
		{record.KindCompany, `{"company_id":"c","monthly_spend":1e30}`, record.BadField, `is no amount`},
		{record.KindCompany, `{"company_id":"c","monthly_spend":true}`, record.BadField, `"true" is no amount`},
		{record.KindCompany, `{"company_id":"c","subscriptions":[7]}`, record.BadField, "subscriptions[0]: is a number"},
		{record.KindCompany, `{"company_id":"c","subscriptions":[{},{"interval":"fortnight"}]}`, record.BadField,
			`subscriptions[1].interval: "fortnight" is none of day, week, month, year`},
		{record.KindCompany, `{"company_id":"c","subscriptions":[{"interval_count":0}]}`, record.BadField, "subscriptions[0].interval_count"},
		{record.KindCompany, `{"company_id":"c","subscriptions":[{"interval_count":1.5}]}`, record.BadField, "subscriptions[0].interval_count"},
		{record.KindCompany, `{"company_id":"c","subscriptions":[{"amount":"much"}]}`, record.BadField, `subscriptions[0].amount: "much" is no amount`},
		{record.KindEvent, `{"user_id":"u","created_at":1}`, record.BadKey, "an event needs event_name"},
		{record.KindEvent, `{"event_name":"e","user_id":"u"}`, record.BadKey, "an event needs created_at"},
		{record.KindEvent, `{"event_name":"e","user_id":"u","created_at":null}`, record.BadKey, "an event needs created_at"},
		{record.KindEvent, `{"event_name":"e","created_at":1}`, record.BadKey, "an event needs one of user_id, email, anonymous_id or source_id"},
		{record.KindEvent, `{"event_name":"e","created_at":1,"user_id":"u","metadata":"m"}`, record.BadField, "metadata: is text; send an object"},
		{record.KindConversation, `{"created_at":1}`, record.BadKey, "a conversation needs id"},
		{record.KindConversation, `{"type":"conversation_part","id":"25","body":"x"}`, record.BadKey, "a part alone needs conversation_id"},
		{record.KindConversation, `{"id":"1","conversation_parts":{"conversation_parts":[{"id":"2"},{"id":"3","created_at":"noon"}]}}`, record.BadField,
			`conversation_parts[1].created_at: "noon" is no time`},
		{record.KindConversation, `{"id":"1","conversation_parts":["x"]}`, record.BadField, "conversation_parts[0]: holds text; send an object"},
		{record.KindConversation, `{"id":"1","part":"x"}`, record.BadField, "part: holds text"},
		{record.KindConversation, `{"id":"1","source":{"author":{"id":{}}}}`, record.BadField, "source.author.id: is an object"},
		{record.KindTag, `{"user_id":"u","at":1}`, record.BadKey, "a tag needs tag"},
		{record.KindTag, `{"tag":"t","at":1}`, record.BadKey, "a tag needs one of user_id"},
		{record.KindTag, `{"tag":"t","user_id":"u"}`, record.BadKey, "a tag needs at"},
		{record.KindDelivery, `{"decision_id":"d","message":"m","person_id":"p","entry":"once","decided_at":1,"decision":"lost"}`, record.BadField, `decision: "lost"`},
		{record.KindDelivery, `{"decision_id":"d","message":"m","person_id":"p","entry":"once","decision":"sent"}`, record.BadKey, "decided_at"},
	} {
		t.Run(string(test.kind)+" "+test.reason, func(t *testing.T) {
			t.Parallel()
			wantRefusal(t, test.kind, test.value, test.class, test.reason)
		})
	}
}

func wantRefusal(t *testing.T, kind record.Kind, value string, class record.Class, reason string) {
	t.Helper()
	err := decode(kind, []byte(value))
	var refusal *record.Error
	if !errors.As(err, &refusal) {
		t.Fatalf("%s: error is %v, want a *record.Error", kind, err)
	}
	if !utf8.ValidString(refusal.Reason) || utf8.RuneCountInString(refusal.Reason) > 501 {
		t.Errorf("%s: the reason is no text, or too long: %q", kind, refusal.Reason)
	}
	if refusal.Class != class || !strings.Contains(refusal.Reason, reason) {
		t.Errorf("%s: error is %q, want class %s and %q", kind, err, class, reason)
	}
}

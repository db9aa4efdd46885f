package record_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/pipelines/record"
)

// form is a record of one kind with one place of each sort, %s, to fill with JSON.
type form struct {
	kind                  record.Kind
	key, text, open, time string
	read                  func(value []byte) (columns, error)
}

// columns are what a row holds of those places.
type columns struct {
	key, text, open string
	time            time.Time
}

var forms = []form{
	{record.KindUser, `{"user_id":%s}`, `{"user_id":"u","name":%s}`, `{"user_id":"u","a":%s}`, `{"user_id":"u","created_at":%s}`,
		func(value []byte) (columns, error) {
			var row record.User
			err := row.Decode(value, position)
			return columns{row.UserID, row.Name, row.CustomAttributes, row.CreatedAt}, err
		}},
	{record.KindCompany, `{"company_id":%s}`, `{"company_id":"c","name":%s}`, `{"company_id":"c","a":%s}`, `{"company_id":"c","created_at":%s}`,
		func(value []byte) (columns, error) {
			var row record.Company
			err := row.Decode(value, position)
			return columns{row.CompanyID, row.Name, row.CustomAttributes, row.CreatedAt}, err
		}},
	{record.KindEvent, `{"event_name":"e","created_at":1,"user_id":%s}`, `{"event_name":"e","created_at":1,"user_id":"u","url":%s}`,
		`{"event_name":"e","created_at":1,"user_id":"u","metadata":{"a":%s}}`, `{"event_name":"e","user_id":"u","created_at":%s}`,
		func(value []byte) (columns, error) {
			var row record.Event
			err := row.Decode(value, position)
			return columns{row.UserID, row.URL, row.Metadata, row.OccurredAt}, err
		}},
	{record.KindConversation, `{"id":%s}`, `{"id":"1","subject":%s}`, `{"id":"1","a":%s}`, `{"id":"1","created_at":%s}`,
		func(value []byte) (columns, error) {
			var row record.Conversation
			err := row.Decode(value, position)
			return columns{row.ConversationID, row.Subject, row.Rest, row.CreatedAt}, err
		}},
	{record.KindTag, `{"tag":"t","at":1,"user_id":%s}`, `{"tag":"t","user_id":"u","at":1,"by":%s}`, "", `{"tag":"t","user_id":"u","at":%s}`,
		func(value []byte) (columns, error) {
			var row record.Tag
			err := row.Decode(value, position)
			return columns{row.UserID, row.TaggedBy, "", row.TaggedAt}, err
		}},
	{record.KindDelivery, `{"message":"m","person_id":"p","entry":"once","decision":"sent","decided_at":1,"decision_id":%s}`,
		`{"decision_id":"d","message":"m","person_id":"p","entry":"once","decision":"sent","decided_at":1,"subject":%s}`, "",
		`{"decision_id":"d","message":"m","person_id":"p","entry":"once","decision":"sent","decided_at":%s}`,
		func(value []byte) (columns, error) {
			var row record.Delivery
			err := row.Decode(value, position)
			return columns{row.DecisionID, row.Subject, "", row.DecidedAt}, err
		}},
}

// filled is the form's row with value in the place, which must be readable.
func (f form) filled(t *testing.T, place, value string) columns {
	t.Helper()
	got, err := f.read(fmt.Appendf(nil, place, value))
	if err != nil {
		t.Fatalf("%s: %.200s: %v", f.kind, value, err)
	}
	return got
}

const (
	huge  = 12 << 20 // bytes: more than Kafka takes unless told to
	large = 1 << 20
)

// nested is JSON in which value stands depth deep.
func nested(depth int, value string) string {
	return strings.Repeat(`{"a":`, depth) + value + strings.Repeat("}", depth)
}

func TestTextsThatAreKept(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", huge/2)
	for value, want := range map[string]string{
		`"a\u0000b"`:                     "a\uFFFDb", // no column can hold NUL
		`"\ud800"`:                       "\uFFFD",   // half of a pair
		`"\udc00\ud800x"`:                "\uFFFD\uFFFDx",
		`"\ud83d\ude00"`:                 "😀",
		`"'; drop table users; --"`:      "'; drop table users; --",
		`"\u202e\ufeff"`:                 "\u202e\ufeff",
		`123456789012345678901234567890`: "123456789012345678901234567890",
		`-0`:                             "-0",
		`1e400`:                          "1e400",
		`null`:                           "",
		`"a","name":"b","url":"b","subject":"b","by":"b"`: "b", // of a name that stands twice the last counts
		`"` + long + `"`: long,
	} {
		for _, f := range forms {
			if got := f.filled(t, f.text, value).text; got != want {
				t.Errorf("%s: %.80s is kept as %.80q, want %.80q", f.kind, value, got, want)
			}
		}
	}
}

func TestJSONThatIsKept(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		`123456789012345678901234567890`:     `123456789012345678901234567890`,
		`-9223372036854775809`:               `-9223372036854775809`,
		`1e400`:                              `1e400`,
		`-0`:                                 `-0`,
		`"\u0000\ud800"`:                     "\"\uFFFD\uFFFD\"",
		`[1, {"b":2,"a":1}]`:                 `[1,{"a":1,"b":2}]`,
		`{"select":1,"😀":{"":2},"\u0061":3}`: `{"a":3,"select":1,"😀":{"":2}}`,
		`{"b":{"z":1,"y":{"b":[{"b":1,"a":2}],"a":0}},"a":1}`: `{"a":1,"b":{"y":{"a":0,"b":[{"a":2,"b":1}]},"z":1}}`,
		// Of a name that stands twice the last counts, however deep and however it is written.
		`{"b":1,"a":{"x":1,"x":2},"\u0062":3}`: `{"a":{"x":2},"b":3}`,
		`{"a":1,"a":{"b":[]},"a":2}`:           `{"a":2}`,
		// What proves who someone is, is not kept.
		`{"user_hash":"s"}`: `{}`,
		`{"user_hash":"s","b":1,"a":{"c":1,"user_hash":"s"}}`: `{"a":{"c":1},"b":1}`,
		`{"a":1,"user_hash":"s","b":[{"user_hash":"s"}]}`:     `{"a":1,"b":[{}]}`,
		nested(97, `[]`): nested(97, `[]`),
	} {
		for _, f := range forms {
			if f.open == "" {
				continue
			}
			if got := f.filled(t, f.open, value).open; got != `{"a":`+want+`}` {
				t.Errorf("%s: %.80s is kept as %.200s, want %.200s", f.kind, value, got, want)
			}
		}
	}
}

func TestKeysThatCount(t *testing.T) {
	t.Parallel()
	for _, f := range forms {
		for value, want := range map[string]string{
			`0`: "0", `"0"`: "0", `-0`: "0", `6.0`: "6", `1e2`: "100", `" a "`: "a", `18446744073709551616`: "18446744073709551616",
			`"` + strings.Repeat("x", 1024) + `"`: strings.Repeat("x", 1024), `"select"`: "select", `"😀"`: "😀", `"a\u0000"`: "a\uFFFD",
		} {
			if got := f.filled(t, f.key, value).key; got != want {
				t.Errorf("%s: %s is the key %q, want %q", f.kind, value, got, want)
			}
		}
		for _, value := range []string{`null`, `""`, `" "`, `"null"`} {
			wantRefusal(t, f.kind, fmt.Sprintf(f.key, value), record.BadKey, " needs ")
		}
		wantRefusal(t, f.kind, fmt.Sprintf(f.key, `"`+strings.Repeat("x", 10_000)+`"`), record.BadSize, "has 10000 bytes; send at most 1024")
		wantRefusal(t, f.kind, fmt.Sprintf(f.key, strings.Repeat("9", large)), record.BadSize, "send at most 1024")
		wantRefusal(t, f.kind, fmt.Sprintf(f.key, `true`), record.BadField, "is true or false; send an id as text or a number")
	}
}

func TestTimesAtTheEdges(t *testing.T) {
	t.Parallel()
	for _, f := range forms {
		for value, want := range map[string]string{
			`0`: "1970-01-01T00:00:00Z", `-1`: "1969-12-31T23:59:59Z", `4294967295`: "2106-02-07T06:28:15Z", `"2106-02-07T06:28:16Z"`: "2106-02-07T06:28:16Z",
			`253402300799.999999`: "9999-12-31T23:59:59.999999Z", `"0001-01-01T00:00:01Z"`: "0001-01-01T00:00:01Z", `-62135596799`: "0001-01-01T00:00:01Z",
		} {
			if got := f.filled(t, f.time, value).time; !got.Equal(at(want)) {
				t.Errorf("%s: %s is %s, want %s", f.kind, value, got.Format(time.RFC3339Nano), want)
			}
		}
		for value, reason := range map[string]string{
			`1700000000000`: "are these milliseconds? Send seconds", `-1700000000000`: "are these milliseconds?", `"1700000000000"`: "are these milliseconds?",
			`1700000000000000`: "are these microseconds?", `1700000000000000000`: "are these nanoseconds?", `253402300800`: "outside the years 1 to 9999",
			`"10000-01-01T00:00:00Z"`: "is no time; send Unix seconds or ISO 8601", `-62135596801`: "outside the years 1 to 9999", `1e400`: "is no time",
			strings.Repeat("9", large): "is no time", `{"$date":1}`: "an object is no time",
		} {
			wantRefusal(t, f.kind, fmt.Sprintf(f.time, value), record.BadField, reason)
		}
	}
}

func TestAttributeNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"😀": "😀", "select": "select", "a\\\"b'": "a\\\"b'", " Plan ": "plan", strings.Repeat("ä", 300): strings.Repeat("ä", 300), "a\\u0000": "a\uFFFD",
	} {
		var row record.User
		if err := row.Decode([]byte(`{"user_id":"u","custom_attributes":{"`+name+`":1}}`), position); err != nil || row.CustomAttributes != `{"`+want+`":1}` {
			t.Errorf("%q is kept as %s, %v", name, row.CustomAttributes, err)
		}
	}
	for name, reason := range map[string]string{
		"": "an attribute has an empty name; name it", " ": "an attribute has an empty name", strings.Repeat("ä", 301): "longer than 300 characters; shorten it",
		strings.Repeat("ä", large): "longer than 300 characters",
	} {
		wantRefusal(t, record.KindUser, `{"user_id":"u","custom_attributes":{"`+name+`":1}}`, record.BadField, reason)
	}
}

// TestManyOfEverything reads what would take minutes if the time grew with the
// square of what a record holds.
func TestManyOfEverything(t *testing.T) {
	t.Parallel()
	const many = 100_000
	list := func(n int, element string) string {
		var text strings.Builder
		for i := range n {
			if i > 0 {
				text.WriteByte(',')
			}
			fmt.Fprintf(&text, element, n-i)
		}
		return text.String()
	}
	t.Run("attributes", func(t *testing.T) {
		t.Parallel()
		var row record.User
		if err := row.Decode([]byte(`{"user_id":"u",`+list(many, `"k%d":null`)+`}`), position); err != nil {
			t.Fatal(err)
		}
		var kept map[string]any
		if unmarshal(t, row.CustomAttributes, &kept); len(kept) != many {
			t.Errorf("%d attributes are kept", len(kept))
		}
	})
	t.Run("tags", func(t *testing.T) {
		t.Parallel()
		var row record.User
		if err := row.Decode([]byte(`{"user_id":"u","tags":[`+list(many, `"t%d"`)+`,"t1"]}`), position); err != nil {
			t.Fatal(err)
		}
		var kept []string
		if unmarshal(t, row.Tags, &kept); len(kept) != many || kept[0] != fmt.Sprint("t", many) {
			t.Errorf("%d tags are kept", len(kept))
		}
	})
	t.Run("parts", func(t *testing.T) {
		t.Parallel()
		var row record.Conversation
		value := `{"id":"1","conversation_parts":{"conversation_parts":[` + list(many/10, `{"id":%d,"created_at":1,"body":"b","author":{"type":"user","id":"u"}}`) + `]}}`
		if err := row.Decode([]byte(value), position); err != nil {
			t.Fatal(err)
		}
		var kept []record.Part
		if unmarshal(t, row.Parts, &kept); len(kept) != many/10 || kept[0].ID != fmt.Sprint(many/10) {
			t.Errorf("%d parts are kept", len(kept))
		}
	})
	t.Run("subscriptions", func(t *testing.T) {
		t.Parallel()
		var row record.Company
		if err := row.Decode([]byte(`{"company_id":"c","subscriptions":[`+list(many/10, `{"id":%d}`)+`]}`), position); err != nil {
			t.Fatal(err)
		}
		var kept []struct{ ID string }
		if unmarshal(t, row.Subscriptions, &kept); len(kept) != many/10 || kept[0].ID != fmt.Sprint(many/10) {
			t.Errorf("%d subscriptions are kept", len(kept))
		}
	})
	t.Run("far inside", func(t *testing.T) {
		t.Parallel()
		for _, f := range forms {
			if f.open == "" {
				continue
			}
			value := nested(90, `[`+list(many, `%d`)+`]`)
			if got := f.filled(t, f.open, value).open; got != `{"a":`+value+`}` {
				t.Errorf("%s: %d bytes are kept of %d", f.kind, len(got), len(value))
			}
		}
	})
}

func TestKafkasTimestampOutsideTheYears(t *testing.T) {
	t.Parallel()
	far := record.Position{At: time.UnixMilli(1 << 50)}
	for kind, value := range map[record.Kind]string{record.KindUser: `{"user_id":"u"}`, record.KindCompany: `{"company_id":"c"}`, record.KindConversation: `{"id":"1","part":{}}`} {
		var err error
		switch kind {
		case record.KindUser:
			err = new(record.User).Decode([]byte(value), far)
		case record.KindCompany:
			err = new(record.Company).Decode([]byte(value), far)
		default:
			err = new(record.Conversation).Decode([]byte(value), far)
		}
		if err == nil || !strings.Contains(err.Error(), "Kafka's timestamp lies outside the years 1 to 9999; send updated_at") {
			t.Errorf("%s: error %v", kind, err)
		}
	}
	var row record.User
	if err := row.Decode([]byte(`{"user_id":"u","updated_at":1}`), far); err != nil || !row.EffectiveAt.Equal(at("1970-01-01T00:00:01Z")) {
		t.Errorf("with its own time: %v, %v", row.EffectiveAt, err)
	}
}

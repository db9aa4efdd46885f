package record_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"parley/pipelines/record"
)

func unmarshal(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

func marshal(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func intercom(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "intercom", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestConversationDecode(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, json string
		want       record.Conversation
		parts      []record.Part
	}{
		{"of the first generation", intercom(t, "conversation-v1.json"),
			record.Conversation{ConversationID: "90", Keys: record.Keys{SourceID: "aa01"}, EffectiveAt: at("2015-05-01T12:10:00Z"),
				CreatedAt: at("2015-05-01T12:00:00Z"), State: "open", URL: "/settings", Subject: "Question", Tags: `["billing","bug report"]`,
				Rest: `{"assignee":{"id":"7","type":"admin"}}`},
			[]record.Part{
				{ID: "90/source", Type: "source", AuthorType: "user", AuthorID: "aa01", CreatedAt: at("2015-05-01T12:00:00Z"), UpdatedAt: at("2015-05-01T12:00:00Z"),
					Body: "<p>How do I pay?</p>", URL: "/settings"},
				{ID: "501", Type: "comment", AuthorType: "admin", AuthorID: "7", CreatedAt: at("2015-05-01T12:10:00Z"), UpdatedAt: at("2015-05-01T12:10:00Z"),
					Body: "<p>By card.</p>", AssignedTo: "7", Attachments: 1, Rest: []byte(`{"attachments":[{"name":"card.png","url":"https://files.example/card.png"}]}`)},
			}},
		{"of the second generation", intercom(t, "conversation-v2.json"),
			record.Conversation{ConversationID: "91", Keys: record.Keys{UserID: "u-77", Email: "kim@shop.example", SourceID: "bb02"}, EffectiveAt: at("2024-03-04T10:05:00Z"),
				CreatedAt: at("2024-03-04T10:00:00Z"), Channel: "email", Subject: "Invoice", State: "closed", Tags: `["billing"]`,
				Rest: `{"custom_attributes":{"Plan":"team"},"statistics":{"time_to_assignment":12}}`},
			[]record.Part{
				{ID: "91/source", SentID: "8001", Type: "source", AuthorType: "lead", AuthorID: "bb02", AuthorName: "Kim", AuthorEmail: "kim@shop.example",
					CreatedAt: at("2024-03-04T10:00:00Z"), UpdatedAt: at("2024-03-04T10:00:00Z"), Body: "<p>Where is it?</p>", DeliveredAs: "customer_initiated",
					Rest: []byte(`{"redacted":false}`)},
				{ID: "31", Type: "comment", AuthorType: "bot", AuthorID: "9", AuthorName: "Fin", CreatedAt: at("2024-03-04T10:01:00Z"), UpdatedAt: at("2024-03-04T10:01:00Z"),
					Body: "<p>Looking</p>"},
				{ID: "32", Type: "close", AuthorType: "admin", AuthorID: "815309", CreatedAt: at("2024-03-04T10:05:00Z"), UpdatedAt: at("2024-03-04T10:06:00Z"),
					Body: "<p>Sent again.</p>", Tags: []string{"onboarding"}},
			}},
		{"one part of one's own", `{"conversation_id":12,"user_id":"u1","part":{"id":3,"type":"note","author":{"type":"admin","id":"a1"},"body":"hm","created_at":1234567890}}`,
			record.Conversation{ConversationID: "12", Keys: record.Keys{UserID: "u1"}},
			[]record.Part{{ID: "3", Type: "note", AuthorType: "admin", AuthorID: "a1", Body: "hm", CreatedAt: at("2009-02-13T23:31:30Z"), UpdatedAt: at("2009-02-13T23:31:30Z")}}},
		{"one part, whose time is the record's", `{"conversation_id":"12","created_at":1234567890,"part":{"id":"3","author_type":"user","author_user_id":"u1","body":"hi"}}`,
			record.Conversation{ConversationID: "12", Keys: record.Keys{UserID: "u1"}},
			[]record.Part{{ID: "3", Type: "comment", AuthorType: "user", AuthorUser: "u1", Body: "hi", CreatedAt: at("2009-02-13T23:31:30Z"), UpdatedAt: at("2009-02-13T23:31:30Z")}}},
		{"a part that is the record", `{"type":"conversation_part","conversation_id":"12","id":"3","part_type":"close","author":{"type":"admin","id":"a1"},"created_at":1234567890}`,
			record.Conversation{ConversationID: "12"},
			[]record.Part{{ID: "3", Type: "close", AuthorType: "admin", AuthorID: "a1", CreatedAt: at("2009-02-13T23:31:30Z"), UpdatedAt: at("2009-02-13T23:31:30Z")}}},
		{"a part without any time has Kafka's", `{"conversation_id":"12","part":{"id":"3","body":"x"}}`,
			record.Conversation{ConversationID: "12"},
			[]record.Part{{ID: "3", Type: "comment", Body: "x", CreatedAt: kafkaAt, UpdatedAt: kafkaAt}}},
		{"a reply without a text", `{"id":"1","created_at":1234567890,"parts":[{"id":"p","part_type":"comment","author":{"type":"admin"},"is_reply":true}]}`,
			record.Conversation{ConversationID: "1", CreatedAt: at("2009-02-13T23:31:30Z")},
			[]record.Part{{ID: "p", Type: "comment", AuthorType: "admin", IsReply: true, CreatedAt: at("2009-02-13T23:31:30Z"), UpdatedAt: at("2009-02-13T23:31:30Z")}}},
		{"again, without parts", `{"id":"1","conversation_parts":null,"open":false,"tags":[]}`,
			record.Conversation{ConversationID: "1", State: "closed", Tags: `[]`}, nil},
		{"with a company and nobody", `{"id":"1","user":{"type":"nobody_user","id":null},"company":{"company_id":6}}`,
			record.Conversation{ConversationID: "1", CompanyID: "6"}, nil},
		{"of several people the one who wrote first", `{"id":"1","created_at":1234567890,"source":{"author":{"type":"user","id":"p2"},"body":"x"},"contacts":[{"id":"p1"},{"id":"p2","external_id":"u2"}]}`,
			record.Conversation{ConversationID: "1", Keys: record.Keys{UserID: "u2", SourceID: "p2"}, CreatedAt: at("2009-02-13T23:31:30Z")},
			[]record.Part{{ID: "1/source", Type: "source", AuthorType: "user", AuthorID: "p2", Body: "x", CreatedAt: at("2009-02-13T23:31:30Z"), UpdatedAt: at("2009-02-13T23:31:30Z")}}},
		{"begun by a teammate, the person answers", `{"id":"1","created_at":1234567890,"parts":[{"id":"a","author":{"type":"admin","id":"7","email":"t@us.example"}},{"id":"b","author":{"type":"user","id":"p1"}}]}`,
			record.Conversation{ConversationID: "1", Keys: record.Keys{SourceID: "p1"}, CreatedAt: at("2009-02-13T23:31:30Z")},
			[]record.Part{
				{ID: "a", Type: "comment", AuthorType: "admin", AuthorID: "7", AuthorEmail: "t@us.example", CreatedAt: at("2009-02-13T23:31:30Z"), UpdatedAt: at("2009-02-13T23:31:30Z")},
				{ID: "b", Type: "comment", AuthorType: "user", AuthorID: "p1", CreatedAt: at("2009-02-13T23:31:30Z"), UpdatedAt: at("2009-02-13T23:31:30Z")},
			}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got record.Conversation
			if err := got.Decode([]byte(test.json), position); err != nil {
				t.Fatal(err)
			}
			test.want.Landed = landed
			if test.want.EffectiveAt.IsZero() {
				test.want.EffectiveAt = kafkaAt
			}
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(record.Conversation{}, "RecordID", "Parts")); diff != "" {
				t.Error(diff)
			}
			var parts []record.Part
			if got.Parts != "" {
				unmarshal(t, got.Parts, &parts)
			}
			if diff := cmp.Diff(test.parts, parts); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPartWithoutID(t *testing.T) {
	t.Parallel()
	partOf := func(json string) record.Part {
		var row record.Conversation
		if err := row.Decode([]byte(json), position); err != nil {
			t.Fatal(err)
		}
		var parts []record.Part
		unmarshal(t, row.Parts, &parts)
		return parts[0]
	}
	const part = `{"author":{"type":"user","id":"p1"},"body":"hi","created_at":1234567890}`
	alone := partOf(`{"conversation_id":"1","part":` + part + `}`)
	if len(alone.ID) != 32 {
		t.Errorf("id is %q", alone.ID)
	}
	if whole := partOf(`{"id":1,"parts":[` + part + `]}`); whole.ID != alone.ID {
		t.Error("the part has another id inside the whole conversation")
	}
	if other := partOf(`{"conversation_id":"2","part":` + part + `}`); other.ID == alone.ID {
		t.Error("parts of two conversations have one id")
	}
}

func TestSourceIsOne(t *testing.T) {
	t.Parallel()
	idOf := func(json string) string {
		var row record.Conversation
		if err := row.Decode([]byte(json), position); err != nil {
			t.Fatal(err)
		}
		var parts []record.Part
		unmarshal(t, row.Parts, &parts)
		return parts[0].ID
	}
	without := idOf(`{"id":"1","conversation_message":{"body":"hi","author":{"type":"user","id":"p"}}}`)
	with := idOf(`{"id":"1","conversation_message":{"id":"77","body":"hi","author":{"type":"user","id":"p"}}}`)
	if without != with {
		t.Errorf("the source is %s without an id and %s with one", without, with)
	}
}

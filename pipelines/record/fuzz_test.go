package record_test

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"parley/pipelines/record"
)

// fuzz gives every kind the same bytes: whatever they are, there comes a row or
// a *record.Error.
func fuzz(f *testing.F, kind record.Kind, check func(t *testing.T, value []byte)) {
	for _, seed := range []string{
		``, `{}`, `null`, `[]`, `{"id":1}`, "{\"a\":\"\\u0000\\ud800\"}", strings.Repeat("[", 300), "\xff", `{"user_id":1e999}`,
		`{"user_id":6.50,"created_at":"2026-06-30T09:15:00Z","custom_attributes":{"A":null,"a":[1,{}]},"companies":{"companies":[{"id":6},"x"]}}`,
		`{"company_id":"c","subscriptions":[{"amount":"1.50","interval":"week","started_at":0},{}],"plan":{"name":null}}`,
		`{"event_name":"e","created_at":-1.5e3,"user":{"id":1},"metadata":{"a":"\\"}}`,
		`{"tag":{"name":"t"},"company":{"name":"c"},"at":"20260630","by":{"id":1},"removed":0}`,
		`{"user_id":"a","a":{"b":1,"user_hash":2,"a":{"user_hash":1},"a":[{"c":1,"b":{}}]},"tags":["a","a",1]}`, "\ufeff{}", `{"id":NaN}`, `{"id":1} {}`,
		`{"decision_id":1,"message":"m","person_id":"p","entry":"once","decision":"sent","decided_at":1}`,
		`{"conversation_id":1,"part":{"author":"x","attachments":[{}],"tags":"t"}}`,
		`{"id":"1","source":{"author":{"type":"user","id":"p"},"url":{}},"contacts":{"contacts":[{"id":"p"}]},"conversation_parts":{"a":[{"id":1,"assigned_to":{"id":2}}]}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		err := decode(kind, value)
		var refusal *record.Error
		switch {
		case err != nil && !errors.As(err, &refusal):
			t.Fatalf("%T: %v", err, err)
		case err == nil && (!utf8.Valid(value) || !stdjson.Valid(value)):
			t.Fatalf("took what is not JSON: %q", value)
		case err != nil && refusal.Class == record.BadJSON && utf8.Valid(value) && stdjson.Valid(value) &&
			strings.HasPrefix(strings.TrimLeft(string(value), " \n\r\t"), "{") && !strings.Contains(refusal.Reason, "deep"):
			t.Fatalf("refused a JSON object: %v: %q", err, value)
		}
		if err != nil && (!utf8.ValidString(refusal.Reason) || utf8.RuneCountInString(refusal.Reason) > 501) {
			t.Fatalf("the reason is no text, or too long: %q", refusal.Reason)
		}
		if again := decode(kind, value); fmt.Sprint(err) != fmt.Sprint(again) {
			t.Fatalf("refused as %v, then as %v", err, again)
		}
		wantText(t, record.KeyOf(kind, value))
		if err == nil {
			check(t, value)
		}
	})
}

// wantSame holds a row against that of the same bytes, decoded again.
func wantSame[Row any](t *testing.T, row, again Row, err error) {
	t.Helper()
	if err != nil || !reflect.DeepEqual(row, again) {
		t.Errorf("decoded as %+v, then as %+v, %v", row, again, err)
	}
}

// wantText holds what every column of text must be.
func wantText(t *testing.T, columns ...string) {
	t.Helper()
	for _, column := range columns {
		if !utf8.ValidString(column) || strings.ContainsRune(column, 0) {
			t.Errorf("column holds %q", column)
		}
	}
}

// wantJSON holds what every column of JSON must be.
func wantJSON(t *testing.T, columns ...string) {
	t.Helper()
	wantText(t, columns...)
	for _, column := range columns {
		if column != "" && !stdjson.Valid([]byte(column)) {
			t.Errorf("column holds what is not JSON: %q", column)
		}
		if strings.Contains(column, `"user_hash":`) {
			t.Errorf("user_hash is kept: %s", column)
		}
	}
}

func FuzzUser(f *testing.F) {
	fuzz(f, record.KindUser, func(t *testing.T, value []byte) {
		var row, again record.User
		_ = row.Decode(value, position)
		err := again.Decode(value, position)
		wantSame(t, row, again, err)
		if _, key := row.Strongest(); key == "" {
			t.Error("a user without a key")
		}
		wantText(t, row.UserID, row.Email, row.SourceID, row.AnonymousID, row.Name, row.Phone, row.IP, row.City, row.Country, row.Timezone, row.Stage)
		wantJSON(t, row.Companies, row.Tags, row.Enrichment, row.CustomAttributes, row.Cleared)
	})
}

func FuzzCompany(f *testing.F) {
	fuzz(f, record.KindCompany, func(t *testing.T, value []byte) {
		var row, again record.Company
		_ = row.Decode(value, position)
		err := again.Decode(value, position)
		wantSame(t, row, again, err)
		if row.CompanyID == "" {
			t.Error("a company without an id")
		}
		wantText(t, row.CompanyID, row.SourceID, row.Name, row.Plan, row.MonthlySpend, row.Currency, row.Stage)
		wantJSON(t, row.Subscriptions, row.Tags, row.CustomAttributes, row.Cleared)
	})
}

func FuzzEvent(f *testing.F) {
	fuzz(f, record.KindEvent, func(t *testing.T, value []byte) {
		var row, again record.Event
		_ = row.Decode(value, position)
		err := again.Decode(value, position)
		wantSame(t, row, again, err)
		if row.EventID == "" || row.EventName == "" || row.OccurredAt.IsZero() {
			t.Errorf("%+v", row)
		}
		wantText(t, row.EventID, row.EventName, row.UserID, row.Email, row.SourceID, row.AnonymousID, row.CompanyID, row.URL, row.Referrer,
			row.UTMSource, row.UTMMedium, row.UTMCampaign, row.UTMTerm, row.UTMContent, row.IP)
		wantJSON(t, row.Metadata)
	})
}

func FuzzConversation(f *testing.F) {
	fuzz(f, record.KindConversation, func(t *testing.T, value []byte) {
		var row, again record.Conversation
		_ = row.Decode(value, position)
		err := again.Decode(value, position)
		wantSame(t, row, again, err)
		wantText(t, row.ConversationID, row.UserID, row.Email, row.SourceID, row.AnonymousID, row.CompanyID, row.Channel, row.Subject, row.State, row.URL)
		wantJSON(t, row.Tags, row.Parts, row.Rest)
		var parts []record.Part
		if row.Parts != "" {
			unmarshal(t, row.Parts, &parts)
		}
		for _, part := range parts {
			if part.ID == "" || part.Type == "" || part.CreatedAt.IsZero() || part.UpdatedAt.IsZero() {
				t.Errorf("%+v", part)
			}
		}
	})
}

func FuzzTag(f *testing.F) {
	fuzz(f, record.KindTag, func(t *testing.T, value []byte) {
		var row, again record.Tag
		_ = row.Decode(value, position)
		err := again.Decode(value, position)
		wantSame(t, row, again, err)
		wantText(t, row.Tag, row.UserID, row.Email, row.SourceID, row.AnonymousID, row.CompanyID, row.TaggedBy)
	})
}

func FuzzDelivery(f *testing.F) {
	fuzz(f, record.KindDelivery, func(t *testing.T, value []byte) {
		var row, again record.Delivery
		_ = row.Decode(value, position)
		err := again.Decode(value, position)
		wantSame(t, row, again, err)
		wantText(t, row.DecisionID, row.Message, row.PersonID, row.UserID, row.Email, row.Entry, row.Segment, row.Channel, row.Reason, row.Subject)
	})
}

package record_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"parley/pipelines/record"
)

func TestMerge(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]record.Merge{
		`{"into":{"user_id":42},"from":{"email":" Lead@Example.com"},"at":"2026-03-01T12:00:00Z","by":"zoe"}`: {
			IntoKind: record.ByUserID, IntoKey: "42", FromKind: record.ByEmail, FromKey: "lead@example.com", MergedAt: noon, MergedBy: "zoe"},
		`{"into":{"source_id":"530"},"from":{"anonymous_id":"c"},"at":1772366400,"undo":true}`: {
			IntoKind: record.BySourceID, IntoKey: "530", FromKind: record.ByAnonymousID, FromKey: "c", MergedAt: noon, Undo: true},
	} {
		var got record.Merge
		if err := got.Decode([]byte(value), record.Position{At: noon}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(record.Merge{}, "Landed", "RecordID")); diff != "" || got.RecordID == "" || !got.EventTime().Equal(noon) {
			t.Errorf("%s (-want +got):\n%s", value, diff)
		}
		if key := record.KeyOf(record.KindMerge, []byte(value)); key != want.IntoKey {
			t.Errorf("produced under %q, want %q", key, want.IntoKey)
		}
	}
}

// A fact is filed under a placeholder only where there is nothing else.
func TestPlaceholders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		keys record.Keys
		kind record.KeyKind
		key  string
	}{
		{record.Keys{UserID: "undefined", Email: "ann@x", AnonymousID: "c"}, record.ByEmail, "ann@x"},
		{record.Keys{UserID: "0", AnonymousID: "None"}, record.ByUserID, "0"},
		{record.Keys{UserID: "00", Email: "ann@x"}, record.ByUserID, "00"},
		{record.Keys{UserID: "[object Object]", SourceID: "NaN", AnonymousID: "c"}, record.ByAnonymousID, "c"},
	} {
		if kind, key := c.keys.Strongest(); kind != c.kind || key != c.key {
			t.Errorf("%+v is filed under %s %s, want %s %s", c.keys, kind, key, c.kind, c.key)
		}
	}
}

package record_test

import (
	"strings"
	"testing"
	"time"

	"parley/pipelines/record"
)

func TestParseTime(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		`1234567890`:                            "2009-02-13T23:31:30Z",
		`"1234567890"`:                          "2009-02-13T23:31:30Z",
		`0`:                                     "1970-01-01T00:00:00Z",
		`-1`:                                    "1969-12-31T23:59:59Z",
		`-1.5`:                                  "1969-12-31T23:59:58.5Z",
		`1234567890.123456789`:                  "2009-02-13T23:31:30.123456Z",
		`1.23456789e9`:                          "2009-02-13T23:31:30Z",
		`"2026-06-30"`:                          "2026-06-30T00:00:00Z",
		`"20260630"`:                            "2026-06-30T00:00:00Z",
		`"2026-06-30T09:15"`:                    "2026-06-30T09:15:00Z",
		`"2026-06-30 09:15:01"`:                 "2026-06-30T09:15:01Z",
		`"2026/06/30 09:15:01.5"`:               "2026-06-30T09:15:01.5Z",
		`"2026-06-30T09:15:01,123456789Z"`:      "2026-06-30T09:15:01.123456Z",
		`"2026-06-30T09:15:01+02:00"`:           "2026-06-30T07:15:01Z",
		`"2026-06-30T09:15:01-0330"`:            "2026-06-30T12:45:01Z",
		`"2026-06-30T09:15:01 +02"`:             "2026-06-30T07:15:01Z",
		`"2026-06-30 09:15:01 UTC"`:             "2026-06-30T09:15:01Z",
		`"20260630T091501Z"`:                    "2026-06-30T09:15:01Z",
		`"2026-06-30t09:15:01z"`:                "2026-06-30T09:15:01Z",
		`"2025-12-31T24:00:00Z"`:                "2026-01-01T00:00:00Z",
		`"2016-12-31T23:59:60Z"`:                "2016-12-31T23:59:59.999999Z",
		`"2024-02-29"`:                          "2024-02-29T00:00:00Z",
		`" 2026-06-30T09:15:01Z "`:              "2026-06-30T09:15:01Z",
		`"9999-12-31T23:59:59Z"`:                "9999-12-31T23:59:59Z",
		`"2026-06-30T09:15:01.000000999+00:00"`: "2026-06-30T09:15:01Z",
	} {
		got, err := record.ParseTime([]byte(value))
		if err != nil {
			t.Errorf("%s: %v", value, err)
		} else if text := got.Format(time.RFC3339Nano); text != want {
			t.Errorf("%s is %s, want %s", value, text, want)
		}
	}
}

func TestParseTimeRefuses(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		``: "not JSON", `"abc\"`: "not JSON", `null`: "null is no time", `true`: "true or false is no time", `{}`: "an object is no time",
		`""`: "empty text", `"soon"`: `"soon" is no time`, `"2026-13-01"`: "is no time", `"2026-02-29"`: "is no time", `"2026-06-30T25:00:00Z"`: "is no time",
		`"2026-06-30T09:60:00Z"`: "is no time", `"2026-06-30T09:15:61Z"`: "is no time", `"2026-06-30T09:15:01+2"`: "is no time",
		`"2026-06-30T09"`: "is no time", `"30/06/2026"`: "is no time", `"2026-0630"`: "is no time", `"2026-06-30Z"`: "is no time",
		`1389913941000`: "are these milliseconds", `99999999999999999999`: "is no time", `1e300`: "is no time", `"NaN"`: "is no time", `-99999999999`: "outside the years",
	} {
		if _, err := record.ParseTime([]byte(value)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %q", value, err, want)
		}
	}
}

func TestLocalTimes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ zone, text, want string }{
		{"Europe/Rome", "2012/10/09 14:50:17.000", "2012-10-09T12:50:17Z"},
		{"Europe/Rome", "2012-01-09 14:50", "2012-01-09T13:50:00Z"},
		{"Europe/Rome", "2012-01-09 14:50Z", "2012-01-09T14:50:00Z"},
		// Clocks went from 02:00 to 03:00 on 25 March 2012: 02:30 does not exist and moves forward to 03:30.
		{"Europe/Rome", "2012-03-25 01:59:59", "2012-03-25T00:59:59Z"},
		{"Europe/Rome", "2012-03-25 02:00:00", "2012-03-25T01:00:00Z"},
		{"Europe/Rome", "2012-03-25 02:30:00", "2012-03-25T01:30:00Z"},
		{"Europe/Rome", "2012-03-25 03:00:00", "2012-03-25T01:00:00Z"},
		// They went from 03:00 to 02:00 on 28 October 2012: 02:30 stands twice, and the first is meant.
		{"Europe/Rome", "2012-10-28 01:59:59", "2012-10-27T23:59:59Z"},
		{"Europe/Rome", "2012-10-28 02:00:00", "2012-10-28T00:00:00Z"},
		{"Europe/Rome", "2012-10-28 02:59:59", "2012-10-28T00:59:59Z"},
		{"Europe/Rome", "2012-10-28 03:00:00", "2012-10-28T02:00:00Z"},
		{"America/New_York", "2026-03-08 02:30", "2026-03-08T07:30:00Z"},
		{"America/New_York", "2026-11-01 01:30", "2026-11-01T05:30:00Z"},
		// Half an hour, on an island.
		{"Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04T14:45:00Z"},
		// A zone that has not changed since.
		{"Australia/Brisbane", "2026-07-01 00:00", "2026-06-30T14:00:00Z"},
		{"UTC", "2026-07-01 00:00", "2026-07-01T00:00:00Z"},
	} {
		zone, err := time.LoadLocation(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		got, err := record.ParseTimeText(test.text, zone)
		if err != nil || got.Format(time.RFC3339Nano) != test.want {
			t.Errorf("%s in %s is %v, %v; want %s", test.text, test.zone, got, err, test.want)
		}
	}
}

func TestKeyOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind        record.Kind
		value, want string
	}{
		{record.KindUser, `{"email":"A@b.example","user_id":6}`, "6"},
		{record.KindUser, `{"email":"A@b.example","id":"66f"}`, "a@b.example"},
		{record.KindUser, `{"id":"66f","anonymous_id":"c"}`, "66f"},
		{record.KindUser, `{"type":"visitor","user_id":"c"}`, "c"},
		{record.KindUser, `{"name":"nobody"}`, ""},
		{record.KindUser, `{"user_id":[]}`, ""},
		{record.KindUser, `not JSON`, ""},
		{record.KindCompany, `{"id":"66f","company_id":6}`, "6"},
		{record.KindCompany, `{"id":"66f"}`, "66f"},
		{record.KindEvent, `{"id":"e","user_id":"u"}`, "u"},
		{record.KindConversation, `{"id":147}`, "147"},
		{record.KindConversation, `{"id":"p","conversation_id":"147"}`, "147"},
		{record.KindTag, `{"tag":"t","company_id":"c"}`, "c"},
		{record.KindDelivery, `{"person_id":"u:6"}`, "u:6"},
	} {
		if got := record.KeyOf(test.kind, []byte(test.value)); got != test.want {
			t.Errorf("key of %s %s is %q, want %q", test.kind, test.value, got, test.want)
		}
	}
}

package build

import (
	"slices"
	"testing"
	"time"

	"parley/pipelines/record"
)

// A week at a help desk by hand, from records to marts: parts out of order, and
// twice in records that hold other parts; two closes in a row; an assignment with
// text; a reopening; people who are merged, deleted, sign up later, or wrote before.
//
//	v1  09:00 asked, 09:20 answered, 10:00 and 11:00 closed, 12:00 asked again, 12:10 an
//	    assignment with text, 13:00 closed: first response 20 minutes, closed after 1 and 4
//	    hours, reopened once; replies after 20 and 10 minutes
//	v2  by ann@example.com, who turns out to be 302; her event is 302's
//	v3  by 303, deleted the day after: a contact still, of a user without an event
//	v4  by 304, who signs up in August: a lead's, and so is the event
//	v5  by 305, who signed up two days later: a user's by the end of the week, and before sign-up
func TestToldTwiceAndOutOfOrder(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time {
		instant, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return instant
	}
	const (
		admin    = `"author": {"type": "admin", "id": "7"}`
		reply    = `{"id": "r1", "part_type": "comment", "body": "<p>hi</p>", "created_at": "2026-06-01T09:20:00Z", ` + admin + `}`
		closed   = `{"id": "c1", "part_type": "close", "created_at": "2026-06-01T10:00:00Z", ` + admin + `}`
		again    = `{"id": "c2", "part_type": "close", "created_at": "2026-06-01T11:00:00Z", ` + admin + `}`
		assigned = `{"id": "a1", "part_type": "assignment", "body": "<p>Mo looks</p>", "created_at": "2026-06-01T12:10:00Z", ` + admin + `}`
		asked    = `{"id": "m2", "part_type": "comment", "body": "<p>still</p>", "created_at": "2026-06-01T12:00:00Z", "author": {"type": "user"}}`
		last     = `{"id": "c3", "part_type": "close", "created_at": "2026-06-01T13:00:00Z", ` + admin + `}`
		whole    = `{"id": "v1", "user_id": "301", "created_at": "2026-06-01T09:00:00Z", "source": {"body": "<p>hello</p>", "author": {"type": "user"}},
			"conversation_parts": {"conversation_parts": [` + again + `, ` + reply + `, ` + closed + `]}}`
	)
	asks := func(id, key, when string) string {
		return `{"id": "` + id + `", ` + key + `, "created_at": "` + when + `", "source": {"body": "<p>hello</p>", "author": {"type": "user"}}}`
	}
	signsUp := func(user, when string) string {
		return `{"user_id": "` + user + `", "signed_up_at": "` + when + `", "updated_at": "2026-06-01T00:00:00Z"}`
	}
	var records []told
	say := func(kind record.Kind, values ...string) {
		for _, value := range values {
			records = append(records, told{kind: kind, value: value, place: record.Position{At: at("2026-06-03T00:00:00Z")}})
		}
	}
	say(record.KindConversation,
		`{"conversation_id": "v1", "part": `+last+`}`,
		`{"id": "v1", "user_id": "301", "created_at": "2026-06-01T09:00:00Z", "conversation_parts": {"conversation_parts": [`+assigned+`, `+again+`]}}`,
		`{"conversation_id": "v1", "part": `+asked+`}`,
		whole,
		`{"conversation_id": "v1", "part": `+reply+`}`,
		whole,
		asks("v2", `"email": "ann@example.com"`, "2026-06-02T09:00:00Z"),
		asks("v3", `"user_id": "303"`, "2026-06-03T08:00:00Z"),
		asks("v4", `"user_id": "304"`, "2026-06-03T08:00:00Z"),
		asks("v5", `"user_id": "305"`, "2026-06-03T08:00:00Z"))
	say(record.KindUser, signsUp("301", "2026-01-01T00:00:00Z"), signsUp("302", "2026-05-01T00:00:00Z"), signsUp("303", "2026-01-01T00:00:00Z"),
		signsUp("304", "2026-08-01T00:00:00Z"), signsUp("305", "2026-06-05T00:00:00Z"))
	say(record.KindMerge, `{"into": {"user_id": "302"}, "from": {"email": "ann@example.com"}, "at": "2026-06-05T00:00:00Z"}`)
	say(record.KindEvent,
		`{"id": "e1", "event_name": "page_view", "user_id": "301", "created_at": "2026-06-02T00:00:00Z"}`,
		`{"id": "e2", "event_name": "page_view", "email": "ann@example.com", "created_at": "2026-06-02T08:00:00Z"}`,
		`{"id": "e3", "event_name": "page_view", "user_id": "304", "created_at": "2026-06-02T08:00:00Z"}`)
	records = append(records, told{kind: record.KindTombstone, key: "303", place: record.Position{At: at("2026-06-04T00:00:00Z")}})

	w := setup(t)
	w.cfg.parts = parts{}
	w.cfg.Settings.Timezone, w.cfg.Settings.WeekStarts = "UTC", "monday"
	w.cfg.AsOf = at("2026-06-10T00:00:00Z")
	for _, times := range []string{"once", "once more, the other way round"} {
		for i := range records {
			records[i].place.Offset = w.next[records[i].kind] + int64(i)
		}
		w.tell(records)
		slices.Reverse(records)
		w.build()
		for query, want := range map[string]string{
			`select count(*), count(distinct part_id) from conversation_parts where conversation_id = 'v1'`: `[[7,7]]`,
			`select first_response_seconds, seconds_to_first_close, seconds_to_last_close, reopened, contact_messages, state
				from conversations where conversation_id = 'v1'`: `[[1200,3600,14400,1,2,"closed"]]`,
			`select replies, median_seconds from reply_time_weekly where week_start = '2026-06-01'`:                            `[[2,900]]`,
			`select contacts, answered, unanswered, median_seconds from first_response_weekly where week_start = '2026-06-01'`: `[[5,1,4,1200]]`,
			`select contacts, active_users, contacts_per_active_user, contacts_by_inactive_users, contacts_by_leads, active_leads, reopened, is_partial
				from contacts_weekly where week_start = '2026-06-01'`: `[[5,2,2.5,2,1,1,1,false]]`,
			`select conversation_id, user_id from contacts order by 1`:                                                   `[["v1","301"],["v2","302"],["v3",null],["v4","304"],["v5","305"]]`,
			`select contacts from contact_tenure where tenure_week = -1`:                                                 `[[1]]`,
			`select new_users, immature_users, contacted_before from first_week_contact where week_start = '2026-06-01'`: `[[1,1,1]]`,
			`select n from left_out where figure = 'first_week_contact' and reason = 'signs_up_later'`:                   `[[1]]`,
		} {
			if got := w.ask(query); got != want {
				t.Errorf("told %s: %s\n%s, want %s", times, query, got, want)
			}
		}
	}
}

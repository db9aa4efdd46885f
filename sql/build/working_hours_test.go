package build

import (
	"fmt"
	"testing"
	"time"

	"parley/pipelines/record"
	"parley/sql/officehours"
)

// waiting are conversations in which a person asks at one instant, and a
// teammate answers at another and closes, by their names.
func waiting(talks map[string][2]string) []told {
	var records []told
	for name, at := range talks {
		value := fmt.Sprintf(`{"id": %[1]q, "user_id": "7", "created_at": %[2]q, "updated_at": %[3]q,
			"source": {"id": "s%[1]s", "body": "<p>hello</p>", "author": {"type": "user", "id": "7"}},
			"conversation_parts": {"conversation_parts": [
				{"id": "r%[1]s", "part_type": "comment", "body": "<p>hi</p>", "created_at": %[3]q, "author": {"type": "admin", "id": "1"}},
				{"id": "x%[1]s", "part_type": "close", "created_at": %[3]q, "author": {"type": "admin", "id": "1"}}]}}`, name, at[0], at[1])
		records = append(records, told{kind: record.KindConversation, value: value, place: record.Position{Offset: int64(len(records)), At: monday}})
	}
	return records
}

// From a schedule to the mart, over nights in which clocks change: New York
// (forth on 8 March 2026, back on 2 November 2025), London and
// Lord Howe. Open around the clock the office hours are the clock's, as instants
// have them; open from 00:00 to 03:00 they are two hours on the one day and four
// on the other, in Lord Howe two and a half and three and a half.
func TestOfficeHoursWhereClocksChange(t *testing.T) {
	t.Parallel()
	for _, night := range []struct {
		zone, asked, answered string // a local Sunday's midnight, and noon
		always, early         float64
	}{
		{"America/New_York", "2026-03-08T05:00:00Z", "2026-03-08T16:00:00Z", 11, 2},
		{"America/New_York", "2025-11-02T04:00:00Z", "2025-11-02T17:00:00Z", 13, 4},
		{"Europe/London", "2026-03-29T00:00:00Z", "2026-03-29T11:00:00Z", 11, 2},
		{"Europe/London", "2025-10-25T23:00:00Z", "2025-10-26T12:00:00Z", 13, 4},
		{"Australia/Lord_Howe", "2026-04-04T13:00:00Z", "2026-04-05T01:30:00Z", 12.5, 3.5},
		{"Australia/Lord_Howe", "2025-10-04T13:30:00Z", "2025-10-05T01:00:00Z", 11.5, 2.5},
	} {
		t.Run(night.zone+" "+night.asked, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.cfg.parts = parts{}
			w.tell(waiting(map[string][2]string{"c": {night.asked, night.answered}}))
			for window, want := range map[string]float64{"00:00-24:00": night.always, "00:00-03:00": night.early} {
				spec := officehours.Spec{Timezone: night.zone, Days: [7][]string{6: {window}}}
				schedule, err := officehours.Parse(spec)
				if err != nil {
					t.Fatal(err)
				}
				w.cfg.Settings.OfficeHours = &schedule
				w.build()
				// The mart of contacts has it too, and the clock does not care.
				got := w.ask("select first_response_office_seconds / 3600, first_response_seconds / 3600 from contacts")
				if want := fmt.Sprintf("[[%v,%v]]", want, night.always); got != want {
					t.Errorf("%s: %s hours, want %s", window, got, want)
				}
				got = w.ask("select office_seconds_to_first_close / 3600, office_seconds_to_last_close / 3600 from conversations")
				if want := fmt.Sprintf("[[%v,%v]]", want, want); got != want {
					t.Errorf("%s: %s hours until it was closed, want %s", window, got, want)
				}
			}
		})
	}
}

// A schedule that is changed, and one that is taken away, change what hangs on
// it in the next build, and nothing else.
func TestOfficeHoursThatChange(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.cfg.parts = parts{}
	// Friday 29 May 2026, 16:00 to Monday 09:30 in Dublin.
	w.tell(waiting(map[string][2]string{"c": {"2026-05-29T15:00:00Z", "2026-06-01T08:30:00Z"}}))
	weekdays := officehours.Spec{Timezone: "Europe/Dublin"}
	for day := range 5 {
		weekdays.Days[day] = []string{"09:00-17:00"}
	}
	for _, step := range []struct {
		holidays []string
		none     bool
		want     string
	}{
		{want: "[[5400]]"}, // an hour, and half of one
		{holidays: []string{"2026-06-01"}, want: "[[3600]]"},
		{none: true, want: "[[null]]"},
		{want: "[[5400]]"},
	} {
		weekdays.Holidays = step.holidays
		schedule, err := officehours.Parse(weekdays)
		if err != nil {
			t.Fatal(err)
		}
		w.cfg.Settings.OfficeHours = &schedule
		if step.none {
			w.cfg.Settings.OfficeHours = nil
		}
		result := w.build()
		if got := w.ask("select first_response_office_seconds from conversations"); got != step.want {
			t.Errorf("%+v: %s s", step, got)
		}
		if got, want := w.ask("select median_office_seconds from reply_time_weekly where replies > 0"), step.want; got != want {
			t.Errorf("%+v: the median of replies is %s", step, got)
		}
		for _, m := range result.Build.Models {
			if m.Name == "int_conversations__opened" && m.How == "whole" && m.Reason != "there is no former build to go on from" {
				t.Errorf("%+v: %s ran over everything: %s", step, m.Name, m.Reason)
			}
		}
	}
}

// The same records and the same instant in the year: the rows of a schedule
// stay the same, and so does what a build goes on from.
func TestTheScheduleStaysAsTimeGoesOn(t *testing.T) {
	t.Parallel()
	rows := func(asOf string) string {
		b := &building{cfg: Config{Settings: Settings{OfficeHours: officeSchedule(t)}}}
		at, err := time.Parse(time.DateOnly, asOf)
		if err != nil {
			t.Fatal(err)
		}
		b.record.AsOf = at
		return hashOf(b.workingHours("UTC")["office_hours"])
	}
	if rows("2026-01-01") != rows("2026-12-31") {
		t.Error("the rows differ within a year")
	}
	if rows("2026-12-31") == rows("2027-01-01") {
		t.Error("the rows end with the year before")
	}
}

package officehours

import (
	"strings"
	"testing"
	"time"
)

func schedule(t *testing.T, spec Spec) Schedule {
	t.Helper()
	s, err := Parse(spec)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	instant, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return instant
}

// on is a schedule that is open in some windows of one day of the week alone, 1 Monday … 7 Sunday.
func on(t *testing.T, zone string, weekday int, windows ...string) Schedule {
	t.Helper()
	spec := Spec{Timezone: zone}
	spec.Days[weekday-1] = windows
	return schedule(t, spec)
}

// weekdays is a schedule with the same windows from Monday to Friday.
func weekdays(zone string, windows ...string) Spec {
	spec := Spec{Timezone: zone}
	for day := range 5 {
		spec.Days[day] = windows
	}
	return spec
}

// What other libraries print in their own documents, and hold in their own tests.
// Their business days of 8 hours are written as such: "2 days, 1 hour" is 17 hours.
func TestPublishedExamples(t *testing.T) {
	t.Parallel()
	withHoliday := func(spec Spec, dates ...string) Spec {
		spec.Holidays = dates
		return spec
	}
	lunch := []string{"09:00-12:00", "13:00-18:00"}
	// businesstime leaves out the federal holidays of the United States.
	federal := func() Spec {
		return withHoliday(weekdays("UTC", "09:00-17:00"), "2013-12-25", "2014-01-01", "2014-01-20")
	}
	const day = 8 * time.Hour
	for name, example := range map[string]struct {
		spec     Spec
		from, to string
		open     time.Duration
	}{
		// Python's businesstimedelta 1.0.1, README.md.
		"businesstimedelta, a week": {weekdays("UTC", lunch...),
			"2016-01-18T09:00:00Z", "2016-01-22T18:00:00Z", 40 * time.Hour},
		"businesstimedelta, Christmas on a Friday": {withHoliday(weekdays("UTC", lunch...), "2015-12-25"),
			"2015-12-21T09:00:00Z", "2015-12-28T09:00:00Z", 32 * time.Hour},
		"businesstimedelta, Santiago's day seen from San Francisco": {weekdays("America/Santiago", lunch...),
			"2016-01-18T09:00:00-08:00", "2016-01-18T18:00:00-08:00", 4 * time.Hour},
		// Python's businesstime 0.3.0: README.rst, timedelta(1, 18000), and businesstime/test/__init__.py.
		"businesstime, over Christmas":         {federal(), "2013-12-23T12:00:00Z", "2013-12-26T05:00:00Z", day + 18000*time.Second},
		"businesstime, after_during":           {federal(), "2014-01-16T18:30:00Z", "2014-01-22T10:00:00Z", 2*day + time.Hour},
		"businesstime, 1_minute_after_during":  {federal(), "2015-02-23T17:01:00Z", "2015-02-24T14:20:00Z", 5*time.Hour + 20*time.Minute},
		"businesstime, nonbusiness_after":      {federal(), "2014-01-12T12:00:00Z", "2014-01-17T19:30:00Z", 4*day + 8*time.Hour},
		"businesstime, during_after":           {federal(), "2014-01-30T12:15:00Z", "2014-01-31T19:30:00Z", day + 4*time.Hour + 45*time.Minute},
		"businesstime, during_before":          {federal(), "2014-08-04T11:00:00Z", "2014-08-06T05:00:00Z", day + 6*time.Hour},
		"businesstime, before_before":          {federal(), "2014-08-04T01:00:00Z", "2014-08-04T05:00:00Z", 0},
		"businesstime, during_nonbusiness":     {federal(), "2014-01-10T16:15:00Z", "2014-01-12T12:30:00Z", 45 * time.Minute},
		"businesstime, during_during":          {federal(), "2014-01-02T09:12:00Z", "2014-01-03T09:10:00Z", 7*time.Hour + 58*time.Minute},
		"businesstime, during_during2":         {federal(), "2014-01-02T09:10:00Z", "2014-01-03T09:12:00Z", day + 2*time.Minute},
		"businesstime, nonbusiness_nonbusines": {federal(), "2014-01-04T09:10:00Z", "2014-01-04T09:12:00Z", 0},
		// Ruby's biz 1.8.2, spec/calculation/duration_within_spec.rb, by the schedule in spec/support/time.rb.
		"biz, a week": {Spec{Timezone: "UTC", Days: [7][]string{{"09:00-17:00"}, {"10:00-16:00"}, {"09:00-17:00"}, {"10:00-16:00"}, {"09:00-17:00"}, {"11:00-14:30"}}},
			"2006-01-01T00:00:00Z", "2006-01-08T00:00:00Z", 39*time.Hour + 30*time.Minute},
	} {
		if open := schedule(t, example.spec).Open(at(t, example.from), at(t, example.to)); open != example.open {
			t.Errorf("%s: %s, want %s", name, open, example.open)
		}
	}
}

// Each line is one day on which the clocks change, worked out from the offsets
// before and after. New York: -5 and -4, at 07:00 UTC on 8 March 2026 and 06:00
// on 1 November. London: 0 and +1, at 01:00 UTC on 29 March and on 25 October.
// Lord Howe: +10:30 and +11, back at 15:00 UTC on 4 April, forth at 15:30 on 3
// October. All are Sundays there.
func TestDaysOnWhichClocksChange(t *testing.T) {
	t.Parallel()
	for _, day := range []struct {
		zone, window, from, to string // the window's instants; "": it is dropped
	}{
		{"America/New_York", "00:00-24:00", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"}, // 23 hours
		{"America/New_York", "01:00-03:30", "2026-03-08T06:00:00Z", "2026-03-08T07:30:00Z"}, // one and a half
		{"America/New_York", "02:15-02:45", "2026-03-08T07:15:00Z", "2026-03-08T07:45:00Z"}, // both ends an hour later
		{"America/New_York", "02:30-03:15", "", ""},                                         // 03:30 to 03:15
		{"America/New_York", "09:00-17:00", "2026-03-08T13:00:00Z", "2026-03-08T21:00:00Z"},
		{"America/New_York", "00:00-24:00", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"}, // 25 hours
		{"America/New_York", "01:00-02:00", "2026-11-01T05:00:00Z", "2026-11-01T07:00:00Z"}, // the hour that comes twice
		{"America/New_York", "00:30-01:30", "2026-11-01T04:30:00Z", "2026-11-01T05:30:00Z"}, // up to the first 01:30
		{"Europe/London", "00:00-24:00", "2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z"},
		{"Europe/London", "00:30-02:30", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"},
		{"Europe/London", "01:15-02:00", "", ""}, // 02:15 to 02:00
		{"Europe/London", "00:00-24:00", "2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z"},
		{"Europe/London", "01:30-02:30", "2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z"},
		{"Australia/Lord_Howe", "00:00-24:00", "2026-04-04T13:00:00Z", "2026-04-05T13:30:00Z"}, // 24 and a half
		{"Australia/Lord_Howe", "01:45-02:15", "2026-04-04T14:45:00Z", "2026-04-04T15:45:00Z"}, // from the first 01:45
		{"Australia/Lord_Howe", "00:00-24:00", "2026-10-03T13:30:00Z", "2026-10-04T13:00:00Z"}, // 23 and a half
		{"Australia/Lord_Howe", "01:00-03:00", "2026-10-03T14:30:00Z", "2026-10-03T16:00:00Z"},
		{"Australia/Lord_Howe", "02:15-03:00", "2026-10-03T15:45:00Z", "2026-10-03T16:00:00Z"}, // its gap is half an hour
		{"Australia/Lord_Howe", "02:00-08:00", "2026-10-03T15:30:00Z", "2026-10-03T21:00:00Z"}, // from the change itself
		// Midnight comes twice in Havana (05:00 UTC, -4 to -5), and never in São Paulo (03:00 UTC, -3 to -2).
		{"America/Havana", "00:00-01:00", "2026-11-01T04:00:00Z", "2026-11-01T06:00:00Z"},
		{"America/Sao_Paulo", "00:00-24:00", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"},
	} {
		s := on(t, day.zone, 7, day.window)
		// Some days around it hold one Sunday.
		var near time.Time
		switch {
		case day.from != "":
			near = at(t, day.from)
		case day.zone == "America/New_York":
			near = at(t, "2026-03-08T12:00:00Z")
		default:
			near = at(t, "2026-03-29T12:00:00Z")
		}
		spans := s.Spans(near.Add(-48*time.Hour), near.Add(72*time.Hour))
		if day.from == "" {
			if len(spans) > 0 {
				t.Errorf("%s %s: %v, want none", day.zone, day.window, spans)
			}
			continue
		}
		if want := (Span{at(t, day.from), at(t, day.to)}); len(spans) != 1 || spans[0] != want {
			t.Errorf("%s %s: %v, want %v", day.zone, day.window, spans, want)
		}
	}
}

// Ruby's biz 1.8.2, spec/time_spec.rb, in Los Angeles: half past two on the day
// that has none is half past three, and half past one on the day that has two is the
// first, in daylight saving time. A window's end is such an instant.
func TestClocksAsBizHasThem(t *testing.T) {
	t.Parallel()
	for window, want := range map[string]Span{
		"02:30-12:00": {at(t, "2014-03-09T03:30:00-07:00"), at(t, "2014-03-09T12:00:00-07:00")},
		"01:30-12:00": {at(t, "2014-11-02T01:30:00-07:00"), at(t, "2014-11-02T12:00:00-08:00")},
	} {
		spans := on(t, "America/Los_Angeles", 7, window).Spans(want.From.Add(-48*time.Hour), want.To.Add(48*time.Hour))
		if len(spans) != 1 || !spans[0].From.Equal(want.From) || !spans[0].To.Equal(want.To) {
			t.Errorf("%s: %v, want %v", window, spans, want)
		}
	}
}

// Apia went from Thursday 29 December 2011 straight to Saturday.
func TestADayThatTheCalendarSkips(t *testing.T) {
	t.Parallel()
	s := on(t, "Pacific/Apia", 5, "09:00-17:00")
	if spans := s.Spans(at(t, "2011-12-28T00:00:00Z"), at(t, "2012-01-02T00:00:00Z")); len(spans) > 0 {
		t.Errorf("open on a Friday that never was: %v", spans)
	}
}

func TestWindowsThatOverlapCountOnce(t *testing.T) {
	t.Parallel()
	s := on(t, "UTC", 1, "13:00-17:00", "09:00-12:00", "11:00-13:00", "14:00-15:00")
	spans := s.Spans(at(t, "2026-06-01T00:00:00Z"), at(t, "2026-06-02T00:00:00Z"))
	if want := (Span{at(t, "2026-06-01T09:00:00Z"), at(t, "2026-06-01T17:00:00Z")}); len(spans) != 1 || spans[0] != want {
		t.Errorf("%v, want %v", spans, want)
	}
	// To midnight and from it on is one stretch.
	night := schedule(t, Spec{Timezone: "UTC", Days: [7][]string{{"22:00-24:00"}, {"00:00-06:00"}}})
	if open := night.Spans(at(t, "2026-06-01T23:00:00Z"), at(t, "2026-06-02T01:00:00Z")); len(open) != 1 || open[0].To.Sub(open[0].From) != 2*time.Hour {
		t.Errorf("the night is %v", open)
	}
}

func TestNothingIsOpenBackwards(t *testing.T) {
	t.Parallel()
	s := schedule(t, weekdays("UTC", "00:00-24:00"))
	if open := s.Open(at(t, "2026-06-02T00:00:00Z"), at(t, "2026-06-01T00:00:00Z")); open != 0 {
		t.Errorf("open for %s", open)
	}
}

func TestFaultsNameTheRemedy(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"9-17":        `"9-17" is no window; write 09:00-17:00`,
		"17:00-09:00": "a window past midnight is two, one on each day",
		"09:00-09:00": "does not end after it begins",
		"20:00-24:01": "by 24:00",
		"09:60-10:00": "is no window",
	} {
		if _, err := ParseWindow(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", text, err, want)
		}
	}
	for want, spec := range map[string]Spec{
		`unknown time zone ""`:      {},
		`unknown time zone "Local"`: {Timezone: "Local"},
		`"2026-02-30" is no date`:   {Timezone: "UTC", Holidays: []string{"2026-02-30"}},
		`"nine" is no window`:       {Timezone: "UTC", Days: [7][]string{6: {"nine"}}},
	} {
		if _, err := Parse(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q in it", spec, err, want)
		}
	}
}

// Package officehours knows when a company is open: a week of windows by the
// clock of one time zone, less holidays, becomes stretches of instants. Models
// cannot do that themselves, since the engines differ in what they make of local
// times that do not exist or occur twice. It does not know who asks, or why.
package officehours

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Window is a stretch of a local day, in minutes since its midnight: 540 and
// 1020 are 09:00-17:00. To is after From, and 1440 at most.
type Window struct{ From, To int }

var windowForm = regexp.MustCompile(`^(\d\d):([0-5]\d)-(\d\d):([0-5]\d)$`)

// ParseWindow reads "09:00-17:00". The end may be 24:00; a window that does not
// end after it begins is an error, also where it means to go past midnight.
func ParseWindow(text string) (Window, error) {
	found := windowForm.FindStringSubmatch(text)
	if found == nil {
		return Window{}, fmt.Errorf("%q is no window; write 09:00-17:00", text)
	}
	minutes := func(hour, minute string) int {
		h, _ := strconv.Atoi(hour) // digits, by the form
		m, _ := strconv.Atoi(minute)
		return 60*h + m
	}
	w := Window{From: minutes(found[1], found[2]), To: minutes(found[3], found[4])}
	if w.From >= w.To || w.To > 24*60 {
		return Window{}, fmt.Errorf("%q does not end after it begins and by 24:00; a window past midnight is two, one on each day", text)
	}
	return w, nil
}

// Date is a day of the calendar, without a zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the date that an instant has in its own location.
func DateOf(at time.Time) Date {
	year, month, day := at.Date()
	return Date{year, month, day}
}

// ParseDate reads "2026-12-25".
func ParseDate(text string) (Date, error) {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return Date{}, fmt.Errorf("%q is no date; write 2026-12-25", text)
	}
	return DateOf(at), nil
}

// Next is the date that many days later; less than 0: earlier.
func (d Date) Next(days int) Date {
	return DateOf(time.Date(d.Year, d.Month, d.Day+days, 0, 0, 0, 0, time.UTC))
}

// Weekday is the day of the week, 1 Monday … 7 Sunday.
func (d Date) Weekday() int {
	return (int(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Weekday())+6)%7 + 1
}

// Before tells whether the date comes before another.
func (d Date) Before(other Date) bool { return d.midnight().Before(other.midnight()) }

func (d Date) midnight() time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}

// Schedule is a week of windows by the clock of a zone. Its zero value, but for
// the zone, is open at no time.
type Schedule struct {
	Zone     *time.Location // required
	Days     [7][]Window    // Monday first; in any order, and may overlap: what two windows share counts once
	Holidays []Date         // local days on which it is closed
}

// Spec is a schedule as people write it: windows "09:00-17:00" and dates "2026-12-25".
type Spec struct {
	Timezone string      // IANA name
	Days     [7][]string // Monday first
	Holidays []string
}

// Parse reads a schedule. The error names the first thing that is wrong.
func Parse(spec Spec) (Schedule, error) {
	zone, err := time.LoadLocation(spec.Timezone)
	if err != nil || spec.Timezone == "" || spec.Timezone == "Local" {
		return Schedule{}, fmt.Errorf("unknown time zone %q; write an IANA name such as Europe/Dublin", spec.Timezone)
	}
	s := Schedule{Zone: zone}
	for day, windows := range spec.Days {
		for _, text := range windows {
			w, err := ParseWindow(text)
			if err != nil {
				return Schedule{}, err
			}
			s.Days[day] = append(s.Days[day], w)
		}
	}
	for _, text := range spec.Holidays {
		date, err := ParseDate(text)
		if err != nil {
			return Schedule{}, err
		}
		s.Holidays = append(s.Holidays, date)
	}
	return s, nil
}

// WithoutHolidays is the schedule in a usual week.
func (s Schedule) WithoutHolidays() Schedule {
	s.Holidays = nil
	return s
}

// Span is a stretch of time: [From, To).
type Span struct{ From, To time.Time }

// Spans are the stretches in [from, to) in which the schedule is open, in UTC, in
// order of time; none touches the next.
//
// A window's ends are local times. One that the clock skips moves forward by the
// gap, which is an hour in most zones; of one that occurs twice the first is
// meant. A window that is empty after that is dropped, and so are those of a day
// that the zone's calendar skips.
func (s Schedule) Spans(from, to time.Time) []Span {
	if !from.Before(to) {
		return nil
	}
	closed := map[Date]bool{}
	for _, date := range s.Holidays {
		closed[date] = true
	}
	var spans []Span
	// A window of a day lies within a day of it; a day more on either side is enough for all.
	last := DateOf(to.In(s.Zone)).Next(1)
	for date := DateOf(from.In(s.Zone)).Next(-1); !last.Before(date); date = date.Next(1) {
		if windows := s.Days[date.Weekday()-1]; len(windows) > 0 && !closed[date] {
			spans = s.appendDay(spans, date, windows)
		}
	}
	return clip(merge(spans), from.UTC(), to.UTC())
}

func (s Schedule) appendDay(spans []Span, date Date, windows []Window) []Span {
	if !instant(date, 0, s.Zone).Before(instant(date.Next(1), 0, s.Zone)) {
		return spans // a day that this zone's calendar does not have
	}
	for _, w := range windows {
		span := Span{From: instant(date, w.From, s.Zone), To: instant(date, w.To, s.Zone)}
		if span.From.Before(span.To) {
			spans = append(spans, span)
		}
	}
	return spans
}

// instant is the moment, in UTC, at which a zone's clock shows so many minutes
// after the midnight of a date. One that the clock skips moves forward by the
// gap; of one that it shows twice it is the first.
func instant(date Date, minutes int, zone *time.Location) time.Time {
	shown := time.Date(date.Year, date.Month, date.Day, 0, minutes, 0, 0, time.UTC)
	offset := func(at time.Time) time.Duration {
		_, seconds := at.In(zone).Zone()
		return time.Duration(seconds) * time.Second
	}
	// By the offset of the day before, which is that before the clock changes;
	// where it no longer holds, by that of the day after; where neither does, the
	// local time lies in a gap, which the first of them has passed by its length.
	before := shown.Add(-offset(shown.Add(-24 * time.Hour)))
	if before.Add(offset(before)).Equal(shown) {
		return before
	}
	after := shown.Add(-offset(shown.Add(24 * time.Hour)))
	if after.Add(offset(after)).Equal(shown) {
		return after
	}
	return before
}

// merge sorts spans, and makes one of those that overlap or touch.
func merge(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int { return a.From.Compare(b.From) })
	var merged []Span
	for _, span := range spans {
		if n := len(merged); n > 0 && !merged[n-1].To.Before(span.From) {
			if merged[n-1].To.Before(span.To) {
				merged[n-1].To = span.To
			}
			continue
		}
		merged = append(merged, span)
	}
	return merged
}

// clip leaves of spans what lies in [from, to).
func clip(spans []Span, from, to time.Time) []Span {
	var kept []Span
	for _, span := range spans {
		if span.From.Before(from) {
			span.From = from
		}
		if to.Before(span.To) {
			span.To = to
		}
		if span.From.Before(span.To) {
			kept = append(kept, span)
		}
	}
	return kept
}

// Open is for how long the schedule is open in [from, to); 0 where to is not after from.
func (s Schedule) Open(from, to time.Time) time.Duration {
	var open time.Duration
	for _, span := range s.Spans(from, to) {
		open += span.To.Sub(span.From)
	}
	return open
}

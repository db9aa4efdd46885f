package reports

import (
	"fmt"
	"slices"
	"time"
)

const contactsQuery = `select week_start, contacts, outbound_replies, reopened, is_partial
from contacts_weekly
order by week_start desc
limit 26`

const responseQuery = `select week_start, contacts, answered, unanswered, bot_only, median_seconds, p90_seconds, median_office_seconds, p90_office_seconds, is_partial
from first_response_weekly
order by week_start desc
limit 26`

const spreadQuery = `select week_start, contacts, answered, unanswered, within_5m, within_1h, within_8h, within_24h, is_partial
from first_response_weekly
order by week_start desc
limit 26`

// period is a week or a month of some mart.
type period struct {
	Start   time.Time
	Partial bool // it is not over
}

type contactWeek struct {
	period
	Contacts, OutboundReplies, Reopened int64
}

type responseWeek struct {
	period
	Contacts, Answered, Unanswered, BotOnly int64
	Median, P90                             float64 // seconds, NaN where nothing was answered
	OfficeMedian, OfficeP90                 float64 // within office hours; NaN without a schedule too
}

type spreadWeek struct {
	period
	Contacts, Answered, Unanswered int64
	Within                         [4]int64 // 5 min, 1 h, 8 h, 24 h
}

func weekOf(r row) period { return period{Start: r.time("week_start"), Partial: r.flag("is_partial")} }

// The readers of weeks give the newest first.

func (d *desk) contactWeeks() ([]contactWeek, error) {
	return ask(d, contactsQuery, func(r row) contactWeek {
		return contactWeek{weekOf(r), r.count("contacts"), r.count("outbound_replies"), r.count("reopened")}
	})
}

func (d *desk) responseWeeks() ([]responseWeek, error) {
	return ask(d, responseQuery, func(r row) responseWeek {
		return responseWeek{weekOf(r), r.count("contacts"), r.count("answered"), r.count("unanswered"), r.count("bot_only"), r.number("median_seconds"), r.number("p90_seconds"), r.number("median_office_seconds"), r.number("p90_office_seconds")}
	})
}

func (d *desk) spreadWeeks() ([]spreadWeek, error) {
	return ask(d, spreadQuery, func(r row) spreadWeek {
		return spreadWeek{weekOf(r), r.count("contacts"), r.count("answered"), r.count("unanswered"),
			[4]int64{r.count("within_5m"), r.count("within_1h"), r.count("within_8h"), r.count("within_24h")}}
	})
}

func (w contactWeek) when() period  { return w.period }
func (w responseWeek) when() period { return w.period }
func (w spreadWeek) when() period   { return w.period }

// lastTwo are the newest period that is over, and the one before it. Where none
// is over, now is the one that is not; nil where there is none.
func lastTwo[T interface{ when() period }](newestFirst []T) (now, before *T) {
	for i := range newestFirst {
		if newestFirst[i].when().Partial {
			continue
		}
		if now != nil {
			return now, &newestFirst[i]
		}
		now = &newestFirst[i]
	}
	if now == nil && len(newestFirst) > 0 {
		now = &newestFirst[0]
	}
	return now, nil
}

// timeline is the axis of a chart over periods, the oldest first.
type timeline struct {
	Starts         []time.Time
	Labels, Titles []string
	Unfinished     string
}

func weekTimeline[T interface{ when() period }](newestFirst []T) timeline {
	var t timeline
	for _, w := range slices.Backward(newestFirst) {
		title := "Week of " + formatDay(w.when().Start)
		if w.when().Partial {
			title += ", so far"
			t.Unfinished = "week that is not over"
		}
		t.Starts = append(t.Starts, w.when().Start)
		t.Labels = append(t.Labels, formatShortDay(w.when().Start))
		t.Titles = append(t.Titles, title)
	}
	return t
}

// unfinished is the legend's text for periods that are not over, in words of
// the chart's own; "" where all are.
func (t timeline) unfinished(text string) string {
	if t.Unfinished == "" {
		return ""
	}
	return text
}

// byWeek says by which clock weeks are counted, and where they start.
func (d *desk) byWeek() string {
	return fmt.Sprintf("Weeks start on %s, by the clock of %s.", weekday(d.settings.WeekStarts), d.settings.Zone)
}

// byClock says by which clock times are written.
func (d *desk) byClock() string { return fmt.Sprintf("By the clock of %s.", d.settings.Zone) }

// ofAll says that a figure is of the whole history, by which clock its end is
// written.
func (d *desk) ofAll() string {
	return fmt.Sprintf("Of all the history up to %s, by the clock of %s.", d.formatTime(d.settings.AsOf), d.settings.Zone)
}

// sinceSignUp says how days and weeks since signing up are counted: by no clock.
func (d *desk) sinceSignUp(unit string) string {
	return fmt.Sprintf("%s from each one's sign-up on, whatever the clock of %s does; of all the history up to %s.", unit, d.settings.Zone, d.formatTime(d.settings.AsOf))
}

// oldestFirst takes one number of each period, for charts.
func oldestFirst[T any](newestFirst []T, number func(T) float64) []float64 {
	var list []float64
	for _, w := range slices.Backward(newestFirst) {
		list = append(list, number(w))
	}
	return list
}

// onlyWhole are the periods that are over.
func onlyWhole[T interface{ when() period }](list []T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(w T) bool { return w.when().Partial })
}

func (p period) rowOf(cells ...cell) tableRow {
	name := formatDay(p.Start)
	if p.Partial {
		name += ", so far"
	}
	return tableRow{Partial: p.Partial, Cells: append([]cell{words(name)}, cells...)}
}

package reports

import (
	"fmt"
	"time"

	"parley/reports/chart"
)

// recentWeeks is how many whole weeks the view of the recent past covers:
// enough for an average, and few enough to be of now.
const recentWeeks = 8

// recentHoursQuery begins after the week of the first contact: in that one the
// records may begin in the middle.
const recentHoursQuery = `with weeks as (
    select week_start
    from contacts_weekly
    where not is_partial and week_start > (select min(week_start) from contacts)
    order by week_start desc
    limit 8
),
span as (
    select count(*) as weeks, min(week_start) as first_week, max(week_start) as last_week from weeks
),
counted as (
    select weekday, hour, count(*) as contacts
    from contacts inner join weeks using (week_start)
    group by weekday, hour
)
select first_week, last_week, hours.weekday, hours.hour, coalesce(counted.contacts, 0) as contacts,
    coalesce(counted.contacts, 0) / 8.0::double as contacts_per_week
from contacts_by_hour as hours
cross join span
left join counted on counted.weekday = hours.weekday and counted.hour = hours.hour
where span.weeks = 8
order by hours.weekday, hours.hour`

const contactedSpanQuery = `select min(contacted_at) as first_contact from contacts`

// recentHours is the week of the last eight whole weeks by the workspace's
// clock; nil while there are not as many.
func (d *desk) recentHours() (*hourGrid, error) {
	var first, last time.Time
	cells, err := ask(d, recentHoursQuery, func(r row) hourCell {
		first, last = r.time("first_week"), r.time("last_week")
		return readHour(r, d.settings.Zone.String(), recentWeeks, r.number("contacts_per_week"))
	})
	if err != nil || len(cells) == 0 {
		return nil, err
	}
	grid := d.gridsOf(cells)[0]
	grid.Span = fmt.Sprintf("in the last %d whole weeks, %s", recentWeeks, formatDates(first, last.AddDate(0, 0, 6)))
	return &grid, nil
}

// wholeSpan says of when the marts over the whole history are: "over 77 weeks,
// 3 Jan 2025 to 25 Jun 2026".
func (d *desk) wholeSpan() (string, error) {
	first, err := ask(d, contactedSpanQuery, func(r row) time.Time { return r.time("first_contact") })
	if err != nil || len(first) == 0 || first[0].IsZero() {
		return "", err
	}
	return formatSpan(first[0].In(d.settings.Zone), d.settings.AsOf), nil
}

// busiestGrid is the week of which the busiest hour is named: that of the last
// eight whole weeks, or of the whole history where these are too few or quiet.
// Nil without a contact.
func (d *desk) busiestGrid() (*hourGrid, error) {
	recent, err := d.recentHours()
	if err != nil || recent != nil && recent.total() > 0 {
		return recent, err
	}
	grids, err := d.grids()
	if err != nil || len(grids) == 0 || grids[0].total() == 0 {
		return nil, err
	}
	return &grids[0], nil
}

// recentHoursFigure is nil while there are not enough weeks for it.
func (d *desk) recentHoursFigure() (*figure, error) {
	grid, err := d.recentHours()
	if err != nil || grid == nil {
		return nil, err
	}
	f := &figure{ID: "contacts-by-hour-recent", Title: fmt.Sprintf("Contacts by weekday and hour, last %d weeks", recentWeeks), SQL: recentHoursQuery, Definition: []string{
		"Contacts of the last eight weeks that are over, by the local weekday and hour in which they started, divided by eight: each weekday comes once a week. A contact is the start of a conversation by a user or a lead.",
		"The week of the first contact is left out, as the records may begin in the middle of it. The clock is that of the workspace.",
	}}
	if grid.total() == 0 {
		f.Missing, err = d.noRecentContacts()
		return f, err
	}
	v, err := grid.view(measure{"Per week", "contacts each time", chart.Ratio,
		func(c hourCell) float64 { return c.PerOccurrence }, func(c hourCell) cell { return ratio(c.PerOccurrence) }})
	v.ID = f.ID
	f.Views, f.Summary = []view{v}, grid.summary()
	return f, err
}

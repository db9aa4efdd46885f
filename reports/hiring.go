package reports

import (
	"fmt"
	"math"
	"strings"
	"time"

	"parley/sql/staffing"
)

const hiringQuery = `select settings.timezone as zone, weekday, hour, agents_needed, agents_scheduled
from staffing cross join settings
union all
select zone, weekday, hour, agents_needed, agents_scheduled
from staffing_zones
where zone not in (select timezone from settings)
order by zone, weekday, hour`

// zonedHour is a staffed hour by the clock of a zone.
type zonedHour struct {
	Zone string
	staffedHour
}

// hiringFigure says how many people to hire, and where.
func (d *desk) hiringFigure() (figure, error) {
	f := figure{ID: "hiring", Title: "Whom to hire, and where", When: d.byClock(), Definition: []string{
		fmt.Sprintf("A proposal of people who each work %d days after each other, %d:00–%d:00 by the clock where they live, in the workspace's zone or one of reports.zones. They are taken one after the other: each time the zone and the days in which a person covers most of the hours in which somebody is still missing, until nobody would be busy in that way for half of their week (%g hours).",
			staffing.DaysOfWork, staffing.StartOfWork, staffing.StartOfWork+staffing.HoursOfWork, staffing.WorthWhile),
		"Who is missing is what stands above: needed less scheduled. How far the zones are apart is taken as the clocks stand at this page's time. Other shifts can do with fewer people; a person who is ill or on holiday is in the shrinkage that is assumed above.",
	}}
	for _, mart := range []string{"staffing", "staffing_zones"} {
		if absent, err := d.lacks(mart); err != nil || absent != nil {
			f.Missing = absent
			return f, err
		}
	}
	hours, err := ask(d, hiringQuery, func(r row) zonedHour {
		h := zonedHour{Zone: r.text("zone")}
		h.Weekday, h.Hour, h.Needed, h.Scheduled = int(r.count("weekday")), int(r.count("hour")), r.number("agents_needed"), r.number("agents_scheduled")
		return h
	})
	if err != nil {
		return f, err
	}
	f.SQL = hiringQuery
	own := d.settings.Zone.String()
	zones := []staffing.Zone{{Name: own}}
	var missing staffing.Missing
	needed := 0.0
	for _, h := range hours {
		if h.Weekday < 1 || h.Weekday > 7 || h.Hour < 0 || h.Hour > 23 {
			return f, fmt.Errorf("staffing has an hour %d on weekday %d", h.Hour, h.Weekday)
		}
		if h.Zone == own {
			if n := h.missing(); !math.IsNaN(n) {
				missing[h.Weekday-1][h.Hour] = n
				needed += h.Needed
			}
			continue
		}
		if last := zones[len(zones)-1].Name; h.Zone != last {
			ahead, err := d.ahead(h.Zone)
			if err != nil {
				return f, err
			}
			zones = append(zones, staffing.Zone{Name: h.Zone, Ahead: ahead})
		}
	}
	if needed == 0 {
		f.Missing, err = d.noRecentContacts()
		return f, err
	}
	further, err := d.furtherZones()
	if err != nil {
		return f, err
	}
	for _, zone := range further {
		ahead, err := d.ahead(zone)
		if err != nil {
			return f, err
		}
		zones = append(zones, staffing.Zone{Name: zone, Ahead: ahead})
	}
	positions, left := staffing.Hire(missing, zones)
	f.Summary = hiringSummary(positions, missing.Hours(), left.Hours())
	v := view{ID: f.ID, Title: f.Title, Table: hiringTable(positions)}
	if len(zones) == 1 {
		v.Note = "Only the workspace's own zone is looked at. Write reports: {zones: [America/New_York]} into parley.yaml, and build, to have others compared."
	}
	if len(positions) > 0 || v.Note != "" {
		f.Views = []view{v}
	}
	return f, nil
}

// ahead is how far a zone's clocks are ahead of the workspace's as they stand at as_of.
func (d *desk) ahead(zone string) (time.Duration, error) {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return 0, fmt.Errorf("whom to hire: %w", err)
	}
	_, there := d.settings.AsOf.In(location).Zone()
	_, here := d.settings.AsOf.In(d.settings.Zone).Zone()
	return time.Duration(there-here) * time.Second, nil
}

// daysOf names the days of work from one on: Monday to Friday.
func daysOf(first int) string {
	return weekday(first+1) + " to " + weekday((first+staffing.DaysOfWork-1)%7+1)
}

func hiringTable(positions []staffing.Position) table {
	t := table{Caption: "People to hire, by zone and days of work", Head: []string{"Zone", "Days", "People", "Hours covered in a week"}, Words: 2}
	for _, p := range positions {
		t.Rows = append(t.Rows, tableRow{Cells: []cell{words(p.Zone), words(daysOf(p.Day)), counted(int64(p.People)), {Text: trimZeros(fmt.Sprintf("%.1f", p.Hours)), Raw: raw(p.Hours)}}})
	}
	return t
}

// hiringSummary says the proposal in a sentence or two.
func hiringSummary(positions []staffing.Position, missing, left float64) string {
	hours := func(n float64) string { return trimZeros(fmt.Sprintf("%.1f", n)) }
	if missing == 0 {
		return "Nobody: every hour has as many people as it needs."
	}
	if len(positions) == 0 {
		return fmt.Sprintf("Nobody: %s hours of work are missing in a week, and no person would be busy with them for half of theirs.", hours(missing))
	}
	people := 0
	var named []string
	for _, p := range positions {
		people += p.People
		named = append(named, fmt.Sprintf("%d in %s, %s", p.People, p.Zone, daysOf(p.Day)))
	}
	text := fmt.Sprintf("%s: %s. They cover %s of the %s hours of work that are missing in a week", counts(int64(people), "person", "people"), strings.Join(named, "; "), hours(missing-left), hours(missing))
	if left > 0 {
		return text + "; the rest lies too far apart to keep a person busy for half of their week."
	}
	return text + "."
}

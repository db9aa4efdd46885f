package reports

import (
	"fmt"
	"math"
	"slices"

	"parley/reports/chart"
)

const perActiveUserQuery = `select week_start, contacts, active_users, contacts_per_active_user, contacts_by_inactive_users, contacts_by_leads,
    usual_contacts_per_active_user, upper_limit, is_sharp_rise, is_partial
from contacts_weekly
order by week_start desc
limit 26`

type activeWeek struct {
	period
	Contacts, ActiveUsers, ByInactive, ByLeads int64
	PerActiveUser                              float64 // NaN where nobody was active
	Usual, Limit                               float64 // by the eight weeks before; NaN where they are too few
	SharpRise                                  bool
}

func (w activeWeek) when() period { return w.period }

// activeWeeks gives the newest first.
func (d *desk) activeWeeks() ([]activeWeek, error) {
	return ask(d, perActiveUserQuery, func(r row) activeWeek {
		return activeWeek{
			weekOf(r), r.count("contacts"), r.count("active_users"), r.count("contacts_by_inactive_users"), r.count("contacts_by_leads"),
			r.number("contacts_per_active_user"), r.number("usual_contacts_per_active_user"), r.number("upper_limit"), r.flag("is_sharp_rise"),
		}
	})
}

func (d *desk) perActiveUserFigure() (figure, error) {
	f := figure{ID: "contacts-per-active-user", Title: "Contacts per active user", When: d.byWeek(), SQL: perActiveUserQuery, Definition: []string{
		"Contacts of the week divided by the active users of the week: people who have signed up and have at least one event or page view in it. It is the load with growth taken out.",
		"Contacts by users who were not active, and by leads and visitors, stay in the numerator and are counted apart in the table. Where nobody was active there is no number, rather than 0.",
		"Usual is the rate of the eight weeks before, taken together; above the upper limit is more than chance lets expect. A sharp rise is a week that is over, above that limit and at least a quarter above the usual. With fewer than eight weeks before nothing is marked.",
	}}
	weeks, err := d.activeWeeks()
	if err != nil {
		return f, err
	}
	active := slices.ContainsFunc(weeks, func(w activeWeek) bool { return w.ActiveUsers > 0 })
	if !active {
		f.Missing = &missing{
			What:    "Nobody was active in these weeks, so there is no number of contacts per active user.",
			How:     "Send what users do to the topic parley.events (page views count), or import a file of events, and build:",
			Command: "parley import events.ndjson && parley build && parley report",
		}
		return f, nil
	}
	line := weekTimeline(weeks)
	panel := chart.Panel{Shape: chart.Line, Format: chart.Ratio, RaisedName: "sharp rise", Series: chart.Series{
		Name: "Contacts per active user", Color: chart.Teal, Values: oldestFirst(weeks, func(w activeWeek) float64 { return w.PerActiveUser }),
	}}
	t := table{
		Caption: "Contacts per active user, the newest week first",
		Head:    []string{"Week of", "Contacts", "Active users", "Contacts per active user", "By users who were not active", "By leads and visitors", "Usual", "Upper limit"},
	}
	for i, w := range weeks {
		value := ratio(w.PerActiveUser)
		if w.SharpRise {
			panel.Raised = append(panel.Raised, len(weeks)-1-i)
			value.Note = "sharp rise"
		}
		t.Rows = append(t.Rows, w.rowOf(counted(w.Contacts), counted(w.ActiveUsers), value, counted(w.ByInactive), counted(w.ByLeads), ratio(w.Usual), ratio(w.Limit)))
	}
	drawing, err := drawn(chart.Panels{
		Labels: line.Labels, Titles: line.Titles, Unfinished: line.Unfinished, Marks: d.marks(line), Panels: []chart.Panel{panel},
	}.Draw())
	if err != nil {
		return f, err
	}
	now, _ := lastTwo(weeks)
	f.Summary = fmt.Sprintf("%s, %s in the week of %s: %s contacts for each active user.",
		plural(now.Contacts, "contact"), plural(now.ActiveUsers, "active user"), formatDay(now.Start), formatRatio(now.PerActiveUser))
	switch {
	case now.ActiveUsers == 0:
		f.Summary = fmt.Sprintf("Nobody was active in the week of %s.", formatDay(now.Start))
	case now.SharpRise:
		f.Summary += fmt.Sprintf(" That is a sharp rise: %s is usual, and up to %s would be chance.", formatRatio(now.Usual), formatRatio(now.Limit))
	case !math.IsNaN(now.Usual):
		f.Summary += fmt.Sprintf(" %s is usual.", formatRatio(now.Usual))
	}
	f.Views = []view{{ID: f.ID, Title: f.Title, Drawing: drawing, Table: t}}
	return f, nil
}

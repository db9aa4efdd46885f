package reports

import (
	"fmt"
	"math"
	"slices"
	"time"

	"parley/reports/chart"
)

const firstWeekQuery = `select week_start, new_users, mature_users, contacted, rate
from first_week_contact
order by week_start desc
limit 26`

const firstContactQuery = `select days, at_risk, contacted, censored, survival
from time_to_first_contact
order by days`

// signUpWeek is the people who signed up in a week.
type signUpWeek struct {
	period                       // not over: the first week of some of them is not
	New, Mature, Contacted int64 // Contacted: of the mature
	Rate                   float64
}

func (w signUpWeek) when() period { return w.period }

// newUsers draws the page of those who have just signed up.
func (d *desk) newUsers() (*page, error) {
	p := &page{Lede: "How many of those who sign up need to write to us in their first week, and how long it takes until people first do."}
	for _, draw := range []func() (figure, error){d.firstWeekFigure, d.firstContactFigure} {
		f, err := draw()
		if err != nil {
			return nil, err
		}
		p.Figures = append(p.Figures, f)
	}
	cards, err := d.newUserCards()
	p.Cards = cards
	return p, err
}

// signUpWeeks gives the newest first; none where the build has no such mart.
func (d *desk) signUpWeeks() ([]signUpWeek, error) {
	if absent, err := d.lacks("first_week_contact"); err != nil || absent != nil {
		return nil, err
	}
	return ask(d, firstWeekQuery, func(r row) signUpWeek {
		w := signUpWeek{period{Start: r.time("week_start")}, r.count("new_users"), r.count("mature_users"), r.count("contacted"), r.number("rate")}
		// The first week of whoever signs up at a week's end lasts 7 × 24 hours more.
		// That some are not mature does not tell: who is deleted never will be.
		y, m, day := w.Start.Date()
		w.Partial = d.settings.AsOf.Before(time.Date(y, m, day+7, 0, 0, 0, 0, d.settings.Zone).Add(7 * 24 * time.Hour))
		return w
	})
}

// lastSignUps is lastTwo; where no week is over for all, now is the newest of
// which somebody's first week is over, or else the newest with a sign-up.
func lastSignUps(newestFirst []signUpWeek) (now, before *signUpWeek) {
	now, before = lastTwo(newestFirst)
	if now == nil || !now.Partial {
		return now, before
	}
	for _, wanted := range []func(signUpWeek) bool{
		func(w signUpWeek) bool { return w.Mature > 0 }, func(w signUpWeek) bool { return w.New > 0 },
	} {
		if at := slices.IndexFunc(newestFirst, wanted); at >= 0 {
			return &newestFirst[at], nil
		}
	}
	return now, nil
}

func (d *desk) newUserCards() ([]card, error) {
	weeks, err := d.signUpWeeks()
	now, before := lastSignUps(weeks)
	if err != nil || now == nil || now.New == 0 {
		return nil, err
	}
	whole := onlyWhole(weeks)
	signed := card{Label: "Signed up", Value: formatCount(now.New), Raw: raw(float64(now.New)), Note: "in the week of " + formatDay(now.Start),
		Spark: newSpark(oldestFirst(whole, func(w signUpWeek) float64 { return float64(w.New) }))}
	rate := card{Label: "Wrote in their first week", Value: none, Note: "of nobody whose first week is over"}
	if !math.IsNaN(now.Rate) {
		rate.Value, rate.Raw, rate.Note = formatShare(now.Rate), raw(now.Rate), "of "+people(now.Mature)
		rate.Spark = newSpark(oldestFirst(whole, func(w signUpWeek) float64 { return w.Rate }))
	}
	if before != nil {
		signed.Note, signed.Change = formatCount(before.New)+" the week before", change(now.New, before.New)
		if !math.IsNaN(now.Rate) && !math.IsNaN(before.Rate) {
			rate.Note, rate.Change = formatShare(before.Rate)+" the week before", changeOfPoints(now.Rate, before.Rate)
		}
	}
	return []card{signed, rate}, nil
}

func (d *desk) firstWeekFigure() (figure, error) {
	f := figure{ID: "first-week-contact", Title: "New users who write in their first week", When: d.byWeek(), Definition: []string{
		"Of the people who signed up in a week and whose first seven days are over: the share that began a conversation within 7 × 24 hours of signing up.",
		"Whose first week is not over is left out of the share and counted in the table; so is nobody's contact before signing up. A week in which not all are through is drawn apart.",
	}}
	if absent, err := d.lacks("first_week_contact"); err != nil || absent != nil {
		f.Missing = absent
		return f, err
	}
	f.SQL = firstWeekQuery
	var err error
	if f.LeftOut, err = d.leftOutOf("first_week_contact"); err != nil {
		return f, err
	}
	weeks, err := d.signUpWeeks()
	if err != nil {
		return f, err
	}
	var total int64
	for _, w := range weeks {
		total += w.New
	}
	if total == 0 {
		f.Missing = &missing{
			What:    "Nobody has signed up in these weeks.",
			How:     "Send users with created_at (or signed_up_at) to the topic parley.users, or import a file of them, and build:",
			Command: "parley import users.json && parley build && parley report",
		}
		return f, nil
	}
	line := weekTimeline(weeks)
	drawing, err := drawn(chart.Panels{
		Labels: line.Labels, Titles: line.Titles, Unfinished: line.unfinished("first week is not over for all"), UnfinishedLabels: len(weeks) - len(onlyWhole(weeks)), Marks: d.marks(line),
		Panels: []chart.Panel{
			{Shape: chart.Line, Format: chart.Percent, Series: chart.Series{Name: "Wrote in their first week", Color: chart.Teal, Values: oldestFirst(weeks, func(w signUpWeek) float64 { return w.Rate })}},
			{Shape: chart.Filled, Format: chart.Count, Series: chart.Series{Name: "Signed up", Color: chart.Blue, Values: oldestFirst(weeks, func(w signUpWeek) float64 { return float64(w.New) })}},
		},
	}.Draw())
	if err != nil {
		return f, err
	}
	t := table{Caption: "New users by the week in which they signed up, the newest first", Head: []string{"Week of", "Signed up", "First week over", "Of these wrote in it", "Share"}}
	for _, w := range weeks {
		t.Rows = append(t.Rows, w.rowOf(counted(w.New), counted(w.Mature), counted(w.Contacted), percent(w.Rate)))
	}
	now, _ := lastSignUps(weeks)
	f.Summary = fmt.Sprintf("Nobody's first week is over of the %s of the week of %s.", people(now.New), formatDay(now.Start))
	if !math.IsNaN(now.Rate) {
		those := "who signed up in the week of " + formatDay(now.Start)
		if now.Partial {
			those += " and whose first week is over"
		}
		f.Summary = fmt.Sprintf("%s of %s %s wrote within seven days.", formatShare(now.Rate), people(now.Mature), those)
	}
	f.Views = []view{{ID: f.ID, Title: f.Title, Drawing: drawing, Table: t}}
	return f, nil
}

// percent is a share of 1, NaN where there is none.
func percent(share float64) cell { return cell{Text: formatShare(share), Raw: raw(share)} }

// longestCurve is how many days a curve shows.
const longestCurve = 365

// survivalDay is one step of a Kaplan–Meier curve.
type survivalDay struct {
	Day, AtRisk, Contacted, Censored int64
	Survival                         float64
}

func (d *desk) firstContactFigure() (figure, error) {
	f := figure{ID: "time-to-first-contact", Title: "How long until people first write", When: d.sinceSignUp("Days of 24 hours"), Definition: []string{
		"The share of users who have not written yet, by days since they signed up (Kaplan–Meier): each day, of those who are still at risk, some write. Who has been with us for fewer days, or is deleted, counts until then and no further.",
		"So new users do not pull the curve up, and it says what a new user can be expected to do.",
	}}
	if absent, err := d.lacks("time_to_first_contact"); err != nil || absent != nil {
		f.Missing = absent
		return f, err
	}
	f.SQL = firstContactQuery
	var err error
	if f.LeftOut, err = d.leftOutOf("time_to_first_contact"); err != nil {
		return f, err
	}
	days, err := ask(d, firstContactQuery, func(r row) survivalDay {
		return survivalDay{r.count("days"), r.count("at_risk"), r.count("contacted"), r.count("censored"), r.number("survival")}
	})
	if err != nil {
		return f, err
	}
	if len(days) == 0 {
		f.Missing = &missing{
			What:    "Nobody has signed up yet, so there is nobody to write.",
			How:     "Send users with created_at (or signed_up_at) to the topic parley.users, or import a file of them, and build:",
			Command: "parley import users.json && parley build && parley report",
		}
		return f, nil
	}
	labels, curve := survivalCurve(days)
	drawing, err := drawn(chart.Panels{Labels: labels, Titles: dayTitles(labels), Panels: []chart.Panel{
		{Shape: chart.Stairs, Format: chart.Percent, Series: chart.Series{Name: "Have not written yet", Color: chart.Blue, Values: curve}},
	}}.Draw())
	if err != nil {
		return f, err
	}
	t := table{Caption: "Days since signing up, on which somebody wrote or was last seen", Head: []string{"Day", "At risk", "Wrote first", "Not followed further", "Have not written yet"}}
	for _, s := range days {
		if s.Day <= longestCurve {
			t.Rows = append(t.Rows, tableRow{Cells: []cell{{Text: formatCount(s.Day), Raw: fmt.Sprint(s.Day)}, counted(s.AtRisk), counted(s.Contacted), counted(s.Censored), percent(s.Survival)}})
		}
	}
	f.Summary = "Half of the users have not written for as long as can be followed."
	for day, share := range curve {
		if share <= 0.5 {
			f.Summary = fmt.Sprintf("Half of the users have written by day %d after signing up.", day)
			break
		}
	}
	if len(curve) > 7 {
		f.Summary += fmt.Sprintf(" After a week %s have not.", formatShare(curve[7]))
	}
	v := view{ID: f.ID, Title: f.Title, Drawing: drawing, Table: t}
	if days[len(days)-1].Day > longestCurve {
		v.Note = fmt.Sprintf("The first %d days are shown; the CSV has all.", longestCurve)
	}
	f.Views = []view{v}
	return f, nil
}

// survivalCurve has a value for each day from 0 to the last that is known.
func survivalCurve(days []survivalDay) (labels []string, curve []float64) {
	share := 1.0
	for _, s := range days {
		for int64(len(curve)) < s.Day && len(curve) <= longestCurve {
			curve = append(curve, share)
		}
		share = s.Survival
	}
	if last := days[len(days)-1].Day; int64(len(curve)) == last && last <= longestCurve {
		curve = append(curve, share)
	}
	for day := range curve {
		labels = append(labels, fmt.Sprint(day))
	}
	return labels, curve
}

func dayTitles(labels []string) []string {
	titles := make([]string, len(labels))
	for i, label := range labels {
		titles[i] = "Day " + label
	}
	return titles
}

package reports

import (
	"fmt"
	"math"
	"slices"

	"parley/reports/chart"
)

func (d *desk) responseFigure() (figure, error) {
	f := figure{ID: "first-response", Title: "Time to first response", When: d.byWeek(), SQL: responseQuery, Definition: []string{
		"From a person's first message to the first reply by a teammate, by the clock, in the week in which the conversation started. Notes, bots and automatic messages are no replies; an assignment that carries text is one.",
		"The median is the middle one: half of the answered contacts waited no longer. The 90th percentile is the time within which nine of ten were answered.",
		"Contacts without an answer have no time and are left out of both; they are counted beside them, those that only a bot answered among them. The newest weeks read low while slow answers are still to come: look at the unanswered with them.",
	}}
	weeks, err := d.responseWeeks()
	if err != nil {
		return f, err
	}
	var total, answered, unanswered int64
	for _, w := range weeks {
		total, answered, unanswered = total+w.Contacts, answered+w.Answered, unanswered+w.Unanswered
	}
	if total == 0 {
		f.Missing, err = d.noRecentContacts()
		return f, err
	}
	if f.LeftOut, err = d.leftOutOf("first_response_weekly"); err != nil {
		return f, err
	}
	line := weekTimeline(weeks)
	panels := []chart.Panel{
		{Shape: chart.Line, Format: chart.Duration, Series: chart.Series{Name: "Median", Color: chart.Blue, Values: oldestFirst(weeks, func(w responseWeek) float64 { return w.Median })}},
		{Shape: chart.Line, Format: chart.Duration, Series: chart.Series{Name: "90th percentile", Color: chart.Plum, Values: oldestFirst(weeks, func(w responseWeek) float64 { return w.P90 })}},
		{Shape: chart.Filled, Format: chart.Count, Series: chart.Series{Name: "Not answered", Color: chart.Brown, Values: oldestFirst(weeks, func(w responseWeek) float64 { return float64(w.Unanswered) })}},
	}
	drawing, err := drawn(chart.Panels{Labels: line.Labels, Titles: line.Titles, Unfinished: line.Unfinished, Panels: panels, Marks: d.marks(line)}.Draw())
	if err != nil {
		return f, err
	}
	t := table{
		Caption: "Time to first response, the newest week first",
		Head:    []string{"Week of", "Contacts", "Answered", "Not answered", "By a bot alone", "Median", "90th percentile"},
	}
	inOffice := slices.ContainsFunc(weeks, func(w responseWeek) bool { return !math.IsNaN(w.OfficeMedian) })
	if inOffice {
		t.Head = append(t.Head, "Median in office hours", "90th percentile in office hours")
	}
	for _, w := range weeks {
		cells := []cell{counted(w.Contacts), counted(w.Answered), part(w.Unanswered, w.Contacts), counted(w.BotOnly), duration(w.Median), duration(w.P90)}
		if inOffice {
			cells = append(cells, duration(w.OfficeMedian), duration(w.OfficeP90))
		}
		t.Rows = append(t.Rows, w.rowOf(cells...))
	}
	now, _ := lastTwo(weeks)
	switch {
	case answered == 0:
		f.Summary = fmt.Sprintf("None of these %s was answered by a person.", plural(total, "contact"))
		f.Lacks = append(f.Lacks, missing{What: "If some were answered, bots in parley.yaml names too many.", How: botsHow, Lines: botsLines, Command: buildAndReport})
	case now.Contacts == 0:
		f.Summary = noContactsIn(now.period)
	case now.Answered == 0:
		f.Summary = fmt.Sprintf("None of the %s of the week of %s was answered.", plural(now.Contacts, "contact"), formatDay(now.Start))
	default:
		f.Summary = fmt.Sprintf("In the week of %s half of the answered contacts waited %s or less, nine of ten %s or less; %d of %s had no answer.",
			formatDay(now.Start), formatDuration(now.Median), formatDuration(now.P90), now.Unanswered, plural(now.Contacts, "contact"))
	}
	v := view{ID: f.ID, Title: f.Title, Drawing: drawing, Table: t}
	switch {
	case inOffice && !math.IsNaN(now.OfficeMedian):
		f.Summary += fmt.Sprintf(" In office hours: half %s or less, nine of ten %s or less.", formatDuration(now.OfficeMedian), formatDuration(now.OfficeP90))
	case !inOffice && answered > 0:
		f.Lacks = append(f.Lacks, noOfficeHours)
	}
	f.Views = []view{v}
	return f, nil
}

// noOfficeHours stands where no schedule says when people are there.
var noOfficeHours = missing{
	What: "How long people waited in office hours is not known.",
	How:  "Write when you are there into parley.yaml; the schedule named default counts, by the workspace's clock, and a day that is not named is closed:",
	Lines: `office_hours:
  default:
    monday: ["09:00-17:00"]
    tuesday: ["09:00-17:00"]
    wednesday: ["09:00-17:00"]
    thursday: ["09:00-17:00"]
    friday: ["09:00-17:00"]
    holidays: [2026-12-25]`,
	Command: buildAndReport,
}

// spreadNames are how long people waited, from the fastest on; the last has no end.
var spreadNames = []string{"within 5 min", "5 min to 1 h", "1 h to 8 h", "8 h to 24 h", "after 24 h", "not answered"}

// bands are the contacts of a week by how long they waited, as in spreadNames.
func (w spreadWeek) bands() [6]int64 {
	return [6]int64{w.Within[0], w.Within[1] - w.Within[0], w.Within[2] - w.Within[1], w.Within[3] - w.Within[2], w.Answered - w.Within[3], w.Unanswered}
}

func (d *desk) spreadFigure() (figure, error) {
	f := figure{ID: "first-response-spread", Title: "How long people waited for the first response", When: d.byWeek(), SQL: spreadQuery, Definition: []string{
		"The contacts of each week by how long they waited for the first reply of a teammate, by the clock; an answer after exactly five minutes is within five minutes.",
		"The shares in the table are of all contacts of the week, those without an answer included: what has no answer was not answered in time.",
	}}
	weeks, err := d.spreadWeeks()
	if err != nil {
		return f, err
	}
	total := int64(0)
	for _, w := range weeks {
		total += w.Contacts
	}
	if total == 0 {
		f.Missing, err = d.noRecentContacts()
		return f, err
	}
	line := weekTimeline(weeks)
	columns := chart.Columns{Labels: line.Labels, Titles: line.Titles, Unfinished: line.Unfinished, Format: chart.Count, Height: 22, Marks: d.marks(line)}
	for i, name := range spreadNames {
		columns.Series = append(columns.Series, chart.Series{
			Name: name, Color: chart.Speeds[i], Values: oldestFirst(weeks, func(w spreadWeek) float64 { return float64(w.bands()[i]) }),
		})
	}
	drawing, err := drawn(columns.Draw())
	if err != nil {
		return f, err
	}
	t := table{
		Caption: "Contacts by how long they waited, the newest week first",
		Head:    []string{"Week of", "Contacts", "Within 5 min", "Within 1 h", "Within 8 h", "Within 24 h", "After 24 h", "Not answered"},
	}
	for _, w := range weeks {
		cells := []cell{counted(w.Contacts)}
		for _, n := range w.Within {
			cells = append(cells, part(n, w.Contacts))
		}
		t.Rows = append(t.Rows, w.rowOf(append(cells, part(w.bands()[4], w.Contacts), part(w.Unanswered, w.Contacts))...))
	}
	now, _ := lastTwo(weeks)
	f.Summary = fmt.Sprintf("Of the %s of the week of %s, %s had an answer within an hour and %s within a day.",
		plural(now.Contacts, "contact"), formatDay(now.Start), share(now.Within[1], now.Contacts), share(now.Within[3], now.Contacts))
	if now.Contacts == 0 {
		f.Summary = noContactsIn(now.period)
	}
	f.Views = []view{{ID: f.ID, Title: f.Title, Drawing: drawing, Table: t}}
	return f, nil
}

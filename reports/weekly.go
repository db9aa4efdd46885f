package reports

import (
	"fmt"
	"math"
	"slices"
	"time"

	"parley/reports/chart"
)

var noContacts = missing{
	What:    "No conversation has come in yet.",
	How:     "Send conversations to the topic parley.conversations, or import a file of them, and build:",
	Command: "parley import conversations.json && parley build && parley report",
}

const lastContactQuery = `select contacted_at from contacts order by contacted_at desc limit 1`

// noRecentContacts says why the last weeks show none: there never was any, or
// the records end before, as those of a log that was imported do.
func (d *desk) noRecentContacts() (*missing, error) {
	last, err := ask(d, lastContactQuery, func(r row) time.Time { return r.time("contacted_at") })
	if err != nil || len(last) == 0 {
		return &noContacts, err
	}
	day := last[0].In(d.settings.Zone)
	after := time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, d.settings.Zone)
	return &missing{
		What:    fmt.Sprintf("No conversation has come in in these weeks: the last one was on %s.", formatDay(day)),
		How:     "To see the reports as they stood then, write workspace.as_of into parley.yaml, or build once as of that time:",
		Command: "parley build --as-of " + after.UTC().Format(time.RFC3339) + " && parley report",
	}, nil
}

// weekly draws the weekly support report.
func (d *desk) weekly() (*page, error) {
	contacts, err := d.contactWeeks()
	if err != nil {
		return nil, err
	}
	p := &page{Lede: "How many people got in touch, and how long they waited for an answer."}
	if now, _ := lastTwo(contacts); now != nil && now.Partial {
		p.Lede += fmt.Sprintf(" The first week, %s, is not over yet: there is nothing to compare it with.", formatWeek(now.Start))
	} else if now != nil {
		p.Lede += fmt.Sprintf(" The large figures are those of the last whole week, %s.", formatWeek(now.Start))
	}
	if p.Cards, err = d.weeklyCards(); err != nil {
		return nil, err
	}
	for _, draw := range []func() (figure, error){d.contactsFigure, d.perActiveUserFigure, d.responseFigure, d.spreadFigure} {
		f, err := draw()
		if err != nil {
			return nil, err
		}
		p.Figures = append(p.Figures, f)
	}
	return p, nil
}

func totalContacts(weeks []contactWeek) (n int64) {
	for _, w := range weeks {
		n += w.Contacts
	}
	return n
}

func (d *desk) contactsFigure() (figure, error) {
	f := figure{ID: "contacts-per-week", Title: "Contacts per week", SQL: contactsQuery, Definition: []string{
		"A contact is the start of a conversation by a user or a lead, counted in the week in which it started. A conversation begun by a teammate or by an automatic message is not one; nor is a conversation that is opened again.",
		"A person's first answer to a message of ours is counted apart, as an answer to us; so are conversations opened again.",
		"A week without contacts counts 0. The week that is not over is drawn as an outline and compared with nothing.",
	}}
	weeks, err := d.contactWeeks()
	if err != nil {
		return f, err
	}
	if totalContacts(weeks) == 0 {
		f.Missing, err = d.noRecentContacts()
		return f, err
	}
	line := weekTimeline(weeks)
	drawing, err := drawn(chart.Columns{
		Labels: line.Labels, Titles: line.Titles, Unfinished: line.Unfinished, Format: chart.Count,
		Series: []chart.Series{{Name: "Contacts", Color: chart.Blue, Values: oldestFirst(weeks, func(w contactWeek) float64 { return float64(w.Contacts) })}},
	}.Draw())
	if err != nil {
		return f, err
	}
	t := table{Caption: "Contacts per week, the newest week first", Head: []string{"Week of", "Contacts", "Answers to us", "Opened again"}}
	for _, w := range weeks {
		t.Rows = append(t.Rows, w.rowOf(counted(w.Contacts), counted(w.OutboundReplies), counted(w.Reopened)))
	}
	f.Summary = contactsSummary(weeks)
	f.Views = []view{{ID: f.ID, Title: f.Title, Drawing: drawing, Table: t}}
	return f, nil
}

func contactsSummary(weeks []contactWeek) string {
	now, before := lastTwo(weeks)
	if now.Partial {
		return fmt.Sprintf("%s so far in the week of %s.", plural(now.Contacts, "contact"), formatDay(now.Start))
	}
	text := plural(now.Contacts, "contact") + " in the week of " + formatDay(now.Start)
	if before != nil {
		text += ", " + change(now.Contacts, before.Contacts)
		if now.Contacts == before.Contacts {
			text += " as"
		} else {
			text += " than"
		}
		text += " in the week before"
	}
	text += "."
	whole := onlyWhole(weeks)
	if busiest := slices.MaxFunc(whole, func(a, b contactWeek) int { return int(a.Contacts - b.Contacts) }); len(whole) > 2 {
		text += fmt.Sprintf(" The busiest of these %d weeks was that of %s, with %s.", len(whole), formatDay(busiest.Start), formatCount(busiest.Contacts))
	}
	return text
}

func (d *desk) perActiveUserFigure() (figure, error) {
	f := figure{ID: "contacts-per-active-user", Title: "Contacts per active user", SQL: perActiveUserQuery, Definition: []string{
		"Contacts of the week divided by the active users of the week: people who have signed up and have at least one event or page view in it. It is the load with growth taken out.",
		"Contacts by users who were not active, and by leads and visitors, stay in the numerator and are counted apart in the table. Where nobody was active there is no number, rather than 0.",
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
	drawing, err := drawn(chart.Panels{
		Labels: line.Labels, Titles: line.Titles, Unfinished: line.Unfinished,
		Panels: []chart.Panel{{Shape: chart.Line, Format: chart.Ratio, Series: chart.Series{
			Name: "Contacts per active user", Color: chart.Teal, Values: oldestFirst(weeks, func(w activeWeek) float64 { return w.PerActiveUser }),
		}}},
	}.Draw())
	if err != nil {
		return f, err
	}
	t := table{
		Caption: "Contacts per active user, the newest week first",
		Head:    []string{"Week of", "Contacts", "Active users", "Contacts per active user", "By users who were not active", "By leads and visitors"},
	}
	for _, w := range weeks {
		t.Rows = append(t.Rows, w.rowOf(counted(w.Contacts), counted(w.ActiveUsers), ratio(w.PerActiveUser), counted(w.ByInactive), counted(w.ByLeads)))
	}
	now, _ := lastTwo(weeks)
	f.Summary = fmt.Sprintf("%s, %s in the week of %s: %s contacts for each active user.",
		plural(now.Contacts, "contact"), plural(now.ActiveUsers, "active user"), formatDay(now.Start), formatRatio(now.PerActiveUser))
	if now.ActiveUsers == 0 {
		f.Summary = fmt.Sprintf("Nobody was active in the week of %s.", formatDay(now.Start))
	}
	f.Views = []view{{ID: f.ID, Title: f.Title, Drawing: drawing, Table: t}}
	return f, nil
}

func (d *desk) responseFigure() (figure, error) {
	f := figure{ID: "first-response", Title: "Time to first response", SQL: responseQuery, Definition: []string{
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
	line := weekTimeline(weeks)
	panels := []chart.Panel{
		{Shape: chart.Line, Format: chart.Duration, Series: chart.Series{Name: "Median", Color: chart.Blue, Values: oldestFirst(weeks, func(w responseWeek) float64 { return w.Median })}},
		{Shape: chart.Line, Format: chart.Duration, Series: chart.Series{Name: "90th percentile", Color: chart.Plum, Values: oldestFirst(weeks, func(w responseWeek) float64 { return w.P90 })}},
		{Shape: chart.Filled, Format: chart.Count, Series: chart.Series{Name: "Not answered", Color: chart.Brown, Values: oldestFirst(weeks, func(w responseWeek) float64 { return float64(w.Unanswered) })}},
	}
	drawing, err := drawn(chart.Panels{Labels: line.Labels, Titles: line.Titles, Unfinished: line.Unfinished, Panels: panels}.Draw())
	if err != nil {
		return f, err
	}
	t := table{
		Caption: "Time to first response, the newest week first",
		Head:    []string{"Week of", "Contacts", "Answered", "Not answered", "By a bot alone", "Median", "90th percentile"},
	}
	for _, w := range weeks {
		t.Rows = append(t.Rows, w.rowOf(counted(w.Contacts), counted(w.Answered), part(w.Unanswered, w.Contacts), counted(w.BotOnly), duration(w.Median), duration(w.P90)))
	}
	now, _ := lastTwo(weeks)
	switch {
	case answered == 0:
		f.Summary = fmt.Sprintf("None of these %s was answered by a person. If some were, look at bots in parley.yaml: whoever is named there is no person.", plural(total, "contact"))
	case now.Contacts == 0:
		f.Summary = noContactsIn(now.period)
	case now.Answered == 0:
		f.Summary = fmt.Sprintf("None of the %s of the week of %s was answered.", plural(now.Contacts, "contact"), formatDay(now.Start))
	default:
		f.Summary = fmt.Sprintf("In the week of %s half of the answered contacts waited %s or less, nine of ten %s or less; %d of %s had no answer.",
			formatDay(now.Start), formatDuration(now.Median), formatDuration(now.P90), now.Unanswered, plural(now.Contacts, "contact"))
	}
	f.Views = []view{{ID: f.ID, Title: f.Title, Drawing: drawing, Table: t}}
	return f, nil
}

// spreadNames are how long people waited, from the fastest on; the last has no end.
var spreadNames = []string{"within 5 min", "5 min to 1 h", "1 h to 8 h", "8 h to 24 h", "after 24 h", "not answered"}

// bands are the contacts of a week by how long they waited, as in spreadNames.
func (w spreadWeek) bands() [6]int64 {
	return [6]int64{w.Within[0], w.Within[1] - w.Within[0], w.Within[2] - w.Within[1], w.Within[3] - w.Within[2], w.Answered - w.Within[3], w.Unanswered}
}

func (d *desk) spreadFigure() (figure, error) {
	f := figure{ID: "first-response-spread", Title: "How long people waited for the first response", SQL: spreadQuery, Definition: []string{
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
	columns := chart.Columns{Labels: line.Labels, Titles: line.Titles, Unfinished: line.Unfinished, Format: chart.Count, Height: 22}
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

func noContactsIn(p period) string {
	return fmt.Sprintf("Nobody got in touch in the week of %s.", formatDay(p.Start))
}

func share(n, whole int64) string {
	if whole == 0 {
		return formatShare(math.NaN())
	}
	return formatShare(float64(n) / float64(whole))
}

package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"parley/reports/chart"
)

var noContacts = missing{
	What:    "No conversation has come in yet.",
	How:     "Send conversations to the topic parley.conversations, or import a file of them, and build:",
	Command: "parley import conversations.json && parley build && parley report",
}

const lastContactQuery = `select contacted_at from contacts order by contacted_at desc limit 1`

// noRecentContacts says why the last weeks show none: there never was any
// conversation, none of them was begun by a person, or the records end before,
// as those of a log that was imported do.
func (d *desk) noRecentContacts() (*missing, error) {
	last, err := ask(d, lastContactQuery, func(r row) time.Time { return r.time("contacted_at") })
	if err != nil {
		return nil, err
	}
	if len(last) == 0 {
		return d.noContactEver()
	}
	day := last[0].In(d.settings.Zone)
	after := time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, d.settings.Zone)
	return &missing{
		What:    fmt.Sprintf("No conversation has come in in these weeks: the last one was on %s.", formatDay(day)),
		How:     "To see the reports as they stood then, write workspace.as_of into parley.yaml, or build once as of that time:",
		Command: "parley build --as-of " + after.UTC().Format(time.RFC3339) + " && parley report",
	}, nil
}

// noContactEver says why no conversation counts as a contact: there is none, or
// all are begun by others than people, as where bots names everyone.
func (d *desk) noContactEver() (*missing, error) {
	list, err := d.leftOut()
	if err != nil {
		return nil, err
	}
	var total int64
	var reasons []string
	for _, l := range list {
		if l.Figure == "contacts_weekly" {
			total += l.N
			reasons = append(reasons, formatCount(l.N)+" "+strings.TrimSuffix(l.words(), ": no contact"))
		}
	}
	if total == 0 {
		return &noContacts, nil
	}
	return &missing{
		What:    fmt.Sprintf("%s, and none is a contact: %s.", counts(total, "conversation has come in", "conversations have come in"), strings.Join(reasons, ", ")),
		How:     botsHow,
		Lines:   botsLines,
		Command: buildAndReport,
	}, nil
}

const (
	buildAndReport = "parley build && parley report"

	// Whoever is named as a bot is no person, so too long a list hides people.
	botsHow   = "A contact is begun by a user or a lead, and answered by a teammate. Whoever bots in parley.yaml names is none of these, whatever the records say: leave only the authors there that are programs, by name or as \"id:…\", for example:"
	botsLines = `bots: ["Helper Bot", "id:815309"]`
)

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
	for _, draw := range []func() (figure, error){
		d.contactsFigure, d.perActiveUserFigure, d.responseFigure, d.spreadFigure, d.replyFigure, d.risenTopicsFigure, d.unansweredFigure,
	} {
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
	f := figure{ID: "contacts-per-week", Title: "Contacts per week", When: d.byWeek(), SQL: contactsQuery, Definition: []string{
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
	if f.LeftOut, err = d.leftOutOf("contacts_weekly"); err != nil {
		return f, err
	}
	line := weekTimeline(weeks)
	drawing, err := drawn(chart.Columns{
		Labels: line.Labels, Titles: line.Titles, Unfinished: line.Unfinished, Format: chart.Count, Marks: d.marks(line),
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

func noContactsIn(p period) string {
	return fmt.Sprintf("Nobody got in touch in the week of %s.", formatDay(p.Start))
}

func share(n, whole int64) string {
	if whole == 0 {
		return formatShare(math.NaN())
	}
	return formatShare(float64(n) / float64(whole))
}

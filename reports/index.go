package reports

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

const leftOutQuery = `select figure, reason, sum(n)::bigint as n,
    coalesce(sum(n) filter (where week_start > settings.as_of - interval 28 day), 0)::bigint as n_28_days
from left_out cross join settings
group by figure, reason
order by figure, reason`

// buildFacts say which build the pages show.
type buildFacts struct {
	ID        string
	AsOf      string
	StartedAt string
	Took      string
	Checks    string
	Rows      []entry
}

// index draws the page that leads to all others.
func (d *desk) index() (*page, error) {
	p := &page{Lede: "How the company talks with its customers, at a glance."}
	contacts, err := d.contactWeeks()
	if err != nil {
		return nil, err
	}
	if now, _ := lastTwo(contacts); now != nil && !now.Partial {
		p.Lede += fmt.Sprintf(" The weekly figures are those of the last whole week, %s.", formatWeek(now.Start))
	}
	weekly, err := d.weeklyCards()
	if err != nil {
		return nil, err
	}
	for _, c := range weekly[:3] {
		c.Link = "weekly.html"
		p.Cards = append(p.Cards, c)
	}
	for _, more := range []func() ([]card, error){d.hourCards, d.revenueCards, d.messageCards, d.segmentCards} {
		cards, err := more()
		if err != nil {
			return nil, err
		}
		p.Cards = append(p.Cards, cards...)
	}
	leftOut, err := d.leftOutFigure()
	p.Figures = []figure{leftOut}
	p.Build = d.buildFacts()
	return p, err
}

func (d *desk) hourCards() ([]card, error) {
	c := card{Label: "Busiest hour", Value: none, Note: "no conversation has come in yet", Link: "contacts-by-hour.html"}
	grid, err := d.busiestGrid()
	if err != nil || grid == nil {
		return []card{c}, err
	}
	best := grid.busiest()
	c.Value = fmt.Sprintf("%s %02d:00", time.Weekday(best.Weekday % 7).String()[:3], best.Hour)
	c.Note = fmt.Sprintf("%s contacts each time %s (%s)", formatRatio(best.PerOccurrence), grid.Span, grid.Zone)
	return []card{c}, nil
}

func (d *desk) revenueCards() ([]card, error) {
	lines, err := d.revenueLines()
	if err != nil || len(lines) == 0 {
		return []card{{Label: "MRR", Value: none, Note: "no company pays yet", Link: "revenue.html"}}, err
	}
	var cards []card
	for _, l := range lines[:min(len(lines), 2)] {
		c := l.card(len(lines) > 1)
		c.Link = "revenue.html"
		cards = append(cards, c)
	}
	return cards, nil
}

func (d *desk) messageCards() ([]card, error) {
	list, err := d.sentMessages()
	c := card{Label: "Messages sent", Value: "0", Raw: "0", Note: "nothing has been sent yet"}
	if len(list) > 0 {
		c = sentCard(list)
	}
	c.Link = "messages.html"
	return []card{c}, err
}

func (d *desk) segmentCards() ([]card, error) {
	list, err := d.segmentSizes()
	c := card{Label: "Segments", Link: "segments.html"}
	if len(list) == 0 {
		c.Value, c.Raw, c.Note = "0", "0", "no segment is defined yet"
	}
	const shown = 4
	for _, s := range list[:min(len(list), shown)] {
		e := entry{Name: s.Name, Value: formatCount(s.Members), Raw: raw(float64(s.Members))}
		if s.Entered > 0 {
			e.Note = "+" + formatCount(s.Entered)
		}
		c.Entries = append(c.Entries, e)
	}
	if len(list) > shown {
		c.Note = fmt.Sprintf("and %d more", len(list)-shown)
	}
	return []card{c}, err
}

func (d *desk) buildFacts() *buildFacts {
	facts := &buildFacts{
		ID: d.build.ID, AsOf: d.formatTime(d.settings.AsOf), StartedAt: d.formatTime(d.build.StartedAt), Took: formatDuration(d.build.Seconds),
		Checks: "All checks held.",
	}
	if n := d.build.ChecksFailed; n > 0 {
		facts.Checks = plural(int64(n), "check") + " did not hold:"
		for _, c := range d.build.Checks {
			facts.Checks += " " + c.Model + " " + c.Check + ";"
		}
	}
	for _, mart := range slices.Sorted(maps.Keys(d.build.Rows)) {
		facts.Rows = append(facts.Rows, entry{Name: mart, Value: formatCount(d.build.Rows[mart]), Raw: fmt.Sprint(d.build.Rows[mart])})
	}
	return facts
}

// leftOutFigure lists what the figures do not count.
func (d *desk) leftOutFigure() (figure, error) {
	f := figure{ID: "left-out", Title: "What the figures leave out", SQL: leftOutQuery, Definition: []string{
		"Each figure leaves something out, by its definition: contacts without an answer have no time to first response, conversations begun by us are no contacts. Here is how many, by figure and reason.",
	}}
	type leftOut struct {
		figure, reason string
		n, lately      int64
	}
	list, err := ask(d, leftOutQuery, func(r row) leftOut {
		return leftOut{r.text("figure"), r.text("reason"), r.count("n"), r.count("n_28_days")}
	})
	if err != nil {
		return f, err
	}
	if len(list) == 0 {
		f.Summary = "Nothing is left out."
		return f, nil
	}
	t := table{Caption: "What is left out, by figure and reason", Head: []string{"Figure", "Reason", "In all", "Last four weeks"}, Words: 2}
	for _, l := range list {
		t.Rows = append(t.Rows, tableRow{Cells: []cell{words(plainly(figureNames, l.figure)), words(plainly(reasonNames, l.reason)), counted(l.n), counted(l.lately)}})
	}
	f.Summary = "No figure is better than what it leaves out."
	f.Views = []view{{ID: f.ID, Title: f.Title, Table: t}}
	return f, nil
}

// The names of left_out, in words. The workspace's own models may add others.
var (
	figureNames = map[string]string{
		"contacts_weekly":          "Contacts per week",
		"first_response_weekly":    "Time to first response",
		"contacts_per_active_user": "Contacts per active user",
		"active_users":             "Active users",
		"team":                     "Team of a contact",
		"topic":                    "Topic of a contact",
	}
	reasonNames = map[string]string{
		"begun_by_teammate":          "begun by a teammate: no contact",
		"begun_by_automation":        "begun by an automatic message: no contact",
		"no_message":                 "nobody has said anything: no contact",
		"unanswered":                 "answered by nobody: no time",
		"bot_only":                   "answered by a bot alone: no time",
		"by_inactive_user":           "by a user who was not active: counted all the same",
		"by_lead":                    "by a lead or visitor: counted all the same",
		"not_signed_up":              "active, but not signed up",
		"no_team":                    "no team",
		"no_topic":                   "no topic",
		"several_teams":              "several teams",
		"several_topics":             "several topics",
		"several_teams_and_topics":   "several teams and topics",
		"several_teams_and_no_topic": "several teams, no topic",
		"several_topics_and_no_team": "several topics, no team",
		"untagged":                   "no message is tagged",
		"not_exactly_one":            "tagged with none, or with several",
	}
)

func plainly(names map[string]string, name string) string {
	if known, ok := names[name]; ok {
		return known
	}
	return spaced(name)
}

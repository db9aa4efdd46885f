package reports

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

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

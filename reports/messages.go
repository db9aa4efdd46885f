package reports

import (
	"fmt"
	"slices"
	"time"

	"parley/reports/chart"
)

const messagesQuery = `select message, decision, count(*) as deliveries,
    count(*) filter (where decided_at > settings.as_of - interval 7 day) as last_7_days,
    max(decided_at) as latest
from deliveries cross join settings
group by message, decision
order by message, decision`

// decided is how often one decision was taken about one message.
type decided struct {
	Message, Decision    string
	Deliveries, LastWeek int64
	Latest               time.Time
}

// sentMessage is one message with all that was decided about it.
type sentMessage struct {
	Name           string
	By             map[string]int64 // decision → deliveries
	Sent, SentWeek int64
	Latest         time.Time // latest decision
}

// decisions in the order of a delivery's life, with words for people.
var decisions = []struct{ name, words string }{
	{"sent", "Sent"},
	{"unsubscribed", "Unsubscribed"},
	{"no_address", "No address"},
	{"failed", "Failed"},
	{"held_out", "Held out"},
	{"capped", "Capped"},
	{"deferred", "Deferred"},
	{"left", "Left the segment"},
	{"stopped", "Stopped"},
	{"unknown", "Unknown"},
}

// charted are the decisions with a colour of their own; all others share one.
var charted = map[string]chart.Color{"sent": chart.Blue, "unsubscribed": chart.Gold, "no_address": chart.Teal, "failed": chart.Plum}

const otherDecisions = "Other"

// sentMessages are the messages, those most often sent first.
func (d *desk) sentMessages() ([]sentMessage, error) {
	rows, err := ask(d, messagesQuery, func(r row) decided {
		return decided{r.text("message"), r.text("decision"), r.count("deliveries"), r.count("last_7_days"), r.time("latest")}
	})
	if err != nil {
		return nil, err
	}
	var list []sentMessage
	for _, r := range rows {
		at := slices.IndexFunc(list, func(m sentMessage) bool { return m.Name == r.Message })
		if at < 0 {
			at, list = len(list), append(list, sentMessage{Name: r.Message, By: map[string]int64{}})
		}
		m := &list[at]
		m.By[r.Decision] += r.Deliveries
		if r.Latest.After(m.Latest) {
			m.Latest = r.Latest
		}
		if r.Decision == "sent" {
			m.Sent, m.SentWeek = m.Sent+r.Deliveries, m.SentWeek+r.LastWeek
		}
	}
	slices.SortStableFunc(list, func(a, b sentMessage) int { return int(b.Sent - a.Sent) })
	return list, nil
}

// occurring are the decisions that were taken about some message: the known ones
// in their order, then any others by name.
func occurring(list []sentMessage) (names, titles []string) {
	for _, known := range decisions {
		if known.name == "sent" || slices.ContainsFunc(list, func(m sentMessage) bool { return m.By[known.name] > 0 }) {
			names, titles = append(names, known.name), append(titles, known.words)
		}
	}
	var others []string
	for _, m := range list {
		for name := range m.By {
			known := slices.ContainsFunc(decisions, func(k struct{ name, words string }) bool { return k.name == name })
			if !known && !slices.Contains(others, name) {
				others = append(others, name)
			}
		}
	}
	slices.Sort(others)
	return append(names, others...), append(titles, others...)
}

func (d *desk) messages() (*page, error) {
	list, err := d.sentMessages()
	if err != nil {
		return nil, err
	}
	p := &page{Lede: "What was sent to people who entered a segment, and what was decided about the rest."}
	f := figure{ID: "messages", Title: "Deliveries by message", SQL: messagesQuery, Definition: []string{
		"A delivery is one message to one person for one reason (the first time they enter the segment, or each time, as the message says). It counts once, under the latest decision about it.",
		"Sent: handed over for delivery. Unsubscribed: the person wants no such messages. No address: nothing is known to send it to. Failed: given up after all tries. Every decision stands in delivery_decisions.",
	}}
	if len(list) == 0 {
		f.Missing = &missing{
			What:    "Nothing has been sent yet.",
			How:     "Write a message (messages/NAME.md, with the segment it is for), look at it, and run; whoever enters the segment from then on gets it:",
			Command: "parley message preview NAME && parley run",
		}
		p.Figures = []figure{f}
		return p, nil
	}
	p.Cards = []card{sentCard(list)}
	var sent, kept int64
	for _, m := range list {
		sent += m.Sent
		for _, n := range m.By {
			kept += n
		}
	}
	kept -= sent
	f.Summary = fmt.Sprintf("Sent %s times, in %s.", formatCount(sent), plural(int64(len(list)), "message"))
	if kept > 0 {
		f.Summary += fmt.Sprintf(" Another %s times nothing was sent: the table says why.", formatCount(kept))
	}
	v, err := d.messagesView(list)
	f.Views = []view{v}
	p.Figures = []figure{f}
	return p, err
}

// sentCard is how much was sent in the last seven days.
func sentCard(list []sentMessage) card {
	var all, week int64
	for _, m := range list {
		all, week = all+m.Sent, week+m.SentWeek
	}
	return card{Label: "Messages sent in 7 days", Value: formatCount(week), Raw: raw(float64(week)), Note: formatCount(all) + " since the beginning"}
}

// mostBars is how many messages a chart shows; the table has them all.
const mostBars = 20

func (d *desk) messagesView(list []sentMessage) (view, error) {
	names, titles := occurring(list)
	shown := list[:min(len(list), mostBars)]
	var bars chart.Bars
	other := chart.Series{Name: otherDecisions, Color: chart.Brown, Values: make([]float64, len(shown))}
	for _, m := range shown {
		bars.Names = append(bars.Names, m.Name)
	}
	bars.Format = chart.Count
	for i, name := range names {
		series := chart.Series{Name: titles[i], Color: charted[name]}
		for at, m := range shown {
			series.Values = append(series.Values, float64(m.By[name]))
			if series.Color == "" {
				other.Values[at] += float64(m.By[name])
			}
		}
		if series.Color != "" {
			bars.Series = append(bars.Series, series)
		}
	}
	if slices.ContainsFunc(other.Values, func(v float64) bool { return v > 0 }) {
		bars.Series = append(bars.Series, other)
	}
	drawing, err := drawn(bars.Draw())
	t := table{Caption: "Deliveries by message and decision", Head: append(append([]string{"Message"}, titles...), "Latest")}
	for _, m := range list {
		r := tableRow{Cells: []cell{words(m.Name)}}
		for _, name := range names {
			r.Cells = append(r.Cells, counted(m.By[name]))
		}
		t.Rows = append(t.Rows, tableRow{Cells: append(r.Cells, words(d.formatTime(m.Latest)))})
	}
	v := view{ID: "messages", Title: "Deliveries by message", Drawing: drawing, Table: t}
	if len(list) > mostBars {
		v.Note = fmt.Sprintf("The chart shows the %d messages sent most often; the table has all %d.", mostBars, len(list))
	}
	return v, err
}

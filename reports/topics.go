package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"parley/reports/chart"
)

const topicsQuery = `with weeks as (
    select week_start, is_partial from contacts_weekly order by week_start desc limit 26
)
select week_start, topics_weekly.team, topics_weekly.topic, coalesce(topics_weekly.messages, 0) as messages, weeks.is_partial
from weeks left join topics_weekly using (week_start)
order by week_start desc, topics_weekly.team, topics_weekly.topic`

const repeatsQuery = `select topic, contacts, repeated, rate
from repeat_contacts
order by contacts desc, topic`

// topicCell is the messages of a week, team and topic; Topic is "" in a week
// without any.
type topicCell struct {
	period
	Team, Topic string
	Messages    int64
}

// drawnTopics is how many topics have a colour of their own; the rest are one.
const drawnTopics = 5

// topics draws the page of what people write about.
func (d *desk) topics() (*page, error) {
	p := &page{Lede: "What people write about, by the topic and the team that each message is tagged with."}
	for _, draw := range []func() (figure, error){d.topicsFigure, d.sentencesFigure, d.repeatsFigure, d.violationsFigure} {
		f, err := draw()
		if err != nil {
			return nil, err
		}
		p.Figures = append(p.Figures, f)
	}
	return p, nil
}

// topicsFigure has a view for all teams, and one for each.
func (d *desk) topicsFigure() (figure, error) {
	f := figure{ID: "topics", Title: "Messages by topic", When: d.byWeek(), Definition: []string{
		"Messages of customers that are tagged with exactly one team and one topic, by the week in which they were written. Each new question or piece of feedback is tagged, so a conversation may hold several; a tag on the conversation as a whole belongs to its first message.",
		"What breaks that rule is not here: it is listed below, to be put right.",
	}}
	if absent, err := d.lacks("topics_weekly"); err != nil || absent != nil {
		f.Missing = absent
		return f, err
	}
	f.SQL = topicsQuery
	var err error
	if f.LeftOut, err = d.leftOutOf("topics_weekly"); err != nil {
		return f, err
	}
	cells, err := ask(d, topicsQuery, func(r row) topicCell {
		return topicCell{weekOf(r), r.text("team"), r.text("topic"), r.count("messages")}
	})
	if err != nil {
		return f, err
	}
	topics, teams := namesByMessages(cells, func(c topicCell) string { return c.Topic }), namesByMessages(cells, func(c topicCell) string { return c.Team })
	if len(topics) == 0 {
		f.Missing, err = d.noTaggedMessages()
		return f, err
	}
	if len(teams) == 0 {
		f.Lacks = append(f.Lacks, noTeams)
	}
	switches := choice{Name: "Team", Options: append([]string{"All teams"}, teams...)}
	for i, team := range append([]string{""}, teams...) {
		v, err := d.topicsView(cells, topics, team)
		if err != nil {
			return f, err
		}
		v.ID, v.Chosen, v.Title = fmt.Sprintf("%s-%d", f.ID, i), []int{i}, "Messages by topic: "+switches.Options[i]
		f.Views = append(f.Views, v)
	}
	f.Switches = []choice{switches}
	var all, first int64
	for _, c := range cells {
		all += c.Messages
		if c.Topic == topics[0] {
			first += c.Messages
		}
	}
	f.Summary = fmt.Sprintf("%s in these weeks; most are about “%s” (%s).", plural(all, "message"), topics[0], share(first, all))
	return f, nil
}

// noTeams stands where messages have topics and no team.
var noTeams = missing{
	What:    "No team is known, so all messages are shown together.",
	How:     "Tag each message with the team that it is for, and say in parley.yaml which of your tags are teams, for example:",
	Lines:   "teams: [billing, onboarding]",
	Command: buildAndReport,
}

// namesByMessages are the names there are, the one with the most messages first.
func namesByMessages(cells []topicCell, name func(topicCell) string) []string {
	counts := map[string]int64{}
	for _, c := range cells {
		if name(c) != "" && c.Messages > 0 {
			counts[name(c)] += c.Messages
		}
	}
	var names []string
	for n := range counts {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b string) int {
		if counts[a] != counts[b] {
			return int(counts[b] - counts[a])
		}
		return strings.Compare(a, b)
	})
	return names
}

// topicWeek is the messages of a week by topic, in the order of the page's topics.
type topicWeek struct {
	period
	Messages []int64
}

func (w topicWeek) when() period { return w.period }

// topicWeeks counts those of one team, or of all ("").
func topicWeeks(cells []topicCell, topics []string, team string) []topicWeek {
	var weeks []topicWeek
	for _, c := range cells {
		if len(weeks) == 0 || !weeks[len(weeks)-1].Start.Equal(c.Start) {
			weeks = append(weeks, topicWeek{c.period, make([]int64, len(topics))})
		}
		if at := slices.Index(topics, c.Topic); at >= 0 && (team == "" || c.Team == team) {
			weeks[len(weeks)-1].Messages[at] += c.Messages
		}
	}
	return weeks
}

func (d *desk) topicsView(cells []topicCell, topics []string, team string) (view, error) {
	weeks := topicWeeks(cells, topics, team)
	line := weekTimeline(weeks)
	columns := chart.Columns{Labels: line.Labels, Titles: line.Titles, Unfinished: line.Unfinished, Format: chart.Count, Height: 22, Marks: d.marks(line)}
	colors := []chart.Color{chart.Blue, chart.Brown, chart.Teal, chart.Plum, chart.Gold, chart.Indigo}
	for i := range min(len(topics), drawnTopics) {
		columns.Series = append(columns.Series, chart.Series{Name: topics[i], Color: colors[i], Values: oldestFirst(weeks, func(w topicWeek) float64 { return float64(w.Messages[i]) })})
	}
	if len(topics) > drawnTopics {
		columns.Series = append(columns.Series, chart.Series{Name: "other topics", Color: colors[drawnTopics], Values: oldestFirst(weeks, func(w topicWeek) float64 {
			var rest int64
			for _, n := range w.Messages[drawnTopics:] {
				rest += n
			}
			return float64(rest)
		})})
	}
	drawing, err := drawn(columns.Draw())
	t := table{Caption: "Messages by topic, the newest week first", Head: append([]string{"Week of", "All"}, topics...)}
	for _, w := range weeks {
		var all int64
		row := make([]cell, 0, len(topics)+1)
		for _, n := range w.Messages {
			all += n
			row = append(row, counted(n))
		}
		t.Rows = append(t.Rows, w.rowOf(append([]cell{counted(all)}, row...)...))
	}
	return view{Drawing: drawing, Table: t}, err
}

func (d *desk) repeatsFigure() (figure, error) {
	f := figure{ID: "repeat-contacts", Title: "Who had to write again", When: d.ofAll(), Definition: []string{
		"Contacts that the same person followed by another within seven days of the first one's last answer by a teammate, by topic of the first. The share is of the contacts of that topic that were answered seven days ago or earlier.",
		"A low share says that an answer settles the matter: next contact avoided.",
	}}
	if absent, err := d.lacks("repeat_contacts"); err != nil || absent != nil {
		f.Missing = absent
		return f, err
	}
	f.SQL = repeatsQuery
	type repeats struct {
		topic              string
		contacts, repeated int64
		rate               float64
	}
	list, err := ask(d, repeatsQuery, func(r row) repeats {
		topic := r.text("topic")
		if topic == "" {
			topic = "no topic"
		}
		return repeats{topic, r.count("contacts"), r.count("repeated"), r.number("rate")}
	})
	if err != nil {
		return f, err
	}
	if len(list) == 0 {
		f.Missing, err = d.noContactEver()
		return f, err
	}
	if f.LeftOut, err = d.leftOutOf("repeat_contacts"); err != nil {
		return f, err
	}
	bars := chart.Bars{Format: chart.Percent, Series: []chart.Series{{Name: "Wrote again", Color: chart.Plum}}}
	t := table{Caption: "Contacts followed by another within seven days, by topic", Head: []string{"Topic", "Contacts", "Wrote again", "Share"}}
	most := repeats{rate: math.NaN()}
	for i, r := range list {
		if i < mostBars {
			bars.Names, bars.Series[0].Values = append(bars.Names, r.topic), append(bars.Series[0].Values, r.rate)
		}
		if math.IsNaN(most.rate) || r.rate > most.rate {
			most = r
		}
		t.Rows = append(t.Rows, tableRow{Cells: []cell{words(r.topic), counted(r.contacts), counted(r.repeated), percent(r.rate)}})
	}
	drawing, err := drawn(bars.Draw())
	if err != nil {
		return f, err
	}
	f.Summary = "No contact had its answer by a teammate seven days ago or earlier, so none can be judged yet."
	if most.repeated > 0 {
		f.Summary = fmt.Sprintf("Most often people write again after “%s”: %s of %s.", most.topic, formatShare(most.rate), plural(most.contacts, "contact"))
	} else if !math.IsNaN(most.rate) {
		f.Summary = "Nobody had to write again."
	}
	f.Views = []view{{ID: f.ID, Title: f.Title, Drawing: drawing, Table: t}}
	return f, nil
}

package reports

import (
	"fmt"

	"parley/reports/chart"
)

const risenTopicsQuery = `with last_week as (
    select max(week_start) as week_start from contacts_weekly where not is_partial
),
counted as (
    select last_week.week_start, topic,
        coalesce(sum(messages) filter (where topics_weekly.week_start = last_week.week_start), 0)::bigint as messages,
        coalesce(sum(messages) filter (where topics_weekly.week_start = last_week.week_start - interval 7 day), 0)::bigint as week_before,
        coalesce(sum(messages) filter (where topics_weekly.week_start < last_week.week_start), 0) / 8.0::double as usual
    from topics_weekly cross join last_week
    where topic is not null and topics_weekly.week_start between last_week.week_start - interval 56 day and last_week.week_start
    group by last_week.week_start, topic
)
select * from counted
order by messages - week_before desc, messages desc, topic`

var noTopics = missing{
	What: "No message of these weeks is tagged with one topic and, where parley.yaml names teams, one team.",
	How:  "Tag each question with one topic and one team where you answer it, and say in parley.yaml which of your tags these are, spelt as you tag; without topics these nine stand there by default:",
	Lines: `topics: [feature request, bug report, unaware, confused, user issue, pricing question, positive user feedback, churn feedback, outage/degradation]
teams: [billing, onboarding]`,
	Command: buildAndReport,
}

// noTaggedMessages says why the last weeks show no topic: nobody wrote, or
// nothing is tagged.
func (d *desk) noTaggedMessages() (*missing, error) {
	contacts, err := d.contactWeeks()
	if err != nil {
		return nil, err
	}
	if totalContacts(contacts) == 0 {
		return d.noRecentContacts()
	}
	return &noTopics, nil
}

// risenTopic is a topic in the last whole week, with what it was before.
type risenTopic struct {
	Topic       string
	Now, Before int64
	Usual       float64 // per week, of the eight before
}

func (d *desk) risenTopics() (week period, topics []risenTopic, err error) {
	topics, err = ask(d, risenTopicsQuery, func(r row) risenTopic {
		week.Start = r.time("week_start")
		return risenTopic{r.text("topic"), r.count("messages"), r.count("week_before"), r.number("usual")}
	})
	return week, topics, err
}

// risenTopicsFigure is what people wrote about in the last whole week, what rose
// most on top.
func (d *desk) risenTopicsFigure() (figure, error) {
	f := figure{ID: "topics-risen", Title: "What people wrote about, and what rose", When: d.byWeek(), Definition: []string{
		"Messages of customers by the topic that they are tagged with, in the last week that is over, beside the week before and the average of the eight weeks before. A conversation may hold several: each new question is tagged.",
		"What rose most against the week before stands on top. Messages without exactly one topic are not here; they are listed under Topics.",
	}}
	if absent, err := d.lacks("topics_weekly"); err != nil || absent != nil {
		f.Missing = absent
		return f, err
	}
	f.SQL = risenTopicsQuery
	week, topics, err := d.risenTopics()
	if err != nil {
		return f, err
	}
	if len(topics) == 0 {
		f.Missing, err = d.noTaggedMessages()
		return f, err
	}
	bars := chart.Bars{Format: chart.Count, Series: []chart.Series{{Name: "Messages", Color: chart.Blue}}}
	t := table{Caption: fmt.Sprintf("Messages by topic, week of %s, what rose most first", formatDay(week.Start)), Head: []string{"Topic", "Messages", "Week before", "Change", "Usual for a week"}}
	for i, topic := range topics {
		if i < mostBars {
			bars.Names = append(bars.Names, topic.Topic)
			bars.Series[0].Values = append(bars.Series[0].Values, float64(topic.Now))
		}
		t.Rows = append(t.Rows, tableRow{Cells: []cell{
			words(topic.Topic), counted(topic.Now), counted(topic.Before), {Text: signed(topic.Now - topic.Before), Raw: fmt.Sprint(topic.Now - topic.Before)}, ratio(topic.Usual),
		}})
	}
	drawing, err := drawn(bars.Draw())
	if err != nil {
		return f, err
	}
	if rose := topics[0]; rose.Now > rose.Before {
		f.Summary = fmt.Sprintf("In the week of %s “%s” rose most: %s after %s the week before.", formatDay(week.Start), rose.Topic, formatCount(rose.Now), formatCount(rose.Before))
	} else {
		f.Summary = fmt.Sprintf("No topic rose in the week of %s.", formatDay(week.Start))
	}
	f.Views = []view{{ID: f.ID, Title: f.Title, Drawing: drawing, Table: t}}
	return f, nil
}

// signed writes a change with its sign: +4, −2, 0.
func signed(n int64) string {
	switch {
	case n > 0:
		return "+" + formatCount(n)
	case n < 0:
		return "−" + formatCount(-n)
	}
	return "0"
}

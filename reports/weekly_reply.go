package reports

import (
	"fmt"
	"math"

	"parley/reports/chart"
)

const replyQuery = `select week_start, replies, median_seconds, p90_seconds, is_partial
from reply_time_weekly
order by week_start desc
limit 26`

type replyWeek struct {
	period
	Replies     int64
	Median, P90 float64 // seconds, NaN where there was no reply
}

func (w replyWeek) when() period { return w.period }

// replyFigure is how long each answer took, not the first alone.
func (d *desk) replyFigure() (figure, error) {
	f := figure{ID: "reply-time", Title: "Time to each reply", When: d.byWeek(), Definition: []string{
		"From the latest message of the customer to the teammate's reply to it, by the clock, in the week of the reply. Several replies in a row are one.",
		"The median is the middle one; nine of ten replies took no longer than the 90th percentile.",
	}}
	if absent, err := d.lacks("reply_time_weekly"); err != nil || absent != nil {
		f.Missing = absent
		return f, err
	}
	f.SQL = replyQuery
	weeks, err := ask(d, replyQuery, func(r row) replyWeek {
		return replyWeek{weekOf(r), r.count("replies"), r.number("median_seconds"), r.number("p90_seconds")}
	})
	if err != nil {
		return f, err
	}
	if f.LeftOut, err = d.leftOutOf("reply_time_weekly"); err != nil {
		return f, err
	}
	total := int64(0)
	for _, w := range weeks {
		total += w.Replies
	}
	if total == 0 {
		f.Missing = &missing{
			What:    "No teammate has replied in these weeks.",
			How:     "A reply is a part with text that the customer can see, written by a teammate. If there were some, look at bots in parley.yaml: whoever is named there is no person. Leave only the authors there that are programs, by name or as \"id:…\", for example:",
			Lines:   botsLines,
			Command: buildAndReport,
		}
		return f, nil
	}
	line := weekTimeline(weeks)
	drawing, err := drawn(chart.Panels{Labels: line.Labels, Titles: line.Titles, Unfinished: line.Unfinished, Marks: d.marks(line), Panels: []chart.Panel{
		{Shape: chart.Line, Format: chart.Duration, Series: chart.Series{Name: "Median", Color: chart.Blue, Values: oldestFirst(weeks, func(w replyWeek) float64 { return w.Median })}},
		{Shape: chart.Line, Format: chart.Duration, Series: chart.Series{Name: "90th percentile", Color: chart.Plum, Values: oldestFirst(weeks, func(w replyWeek) float64 { return w.P90 })}},
	}}.Draw())
	if err != nil {
		return f, err
	}
	t := table{Caption: "Time to each reply, the newest week first", Head: []string{"Week of", "Replies", "Median", "90th percentile"}}
	for _, w := range weeks {
		t.Rows = append(t.Rows, w.rowOf(counted(w.Replies), duration(w.Median), duration(w.P90)))
	}
	now, _ := lastTwo(weeks)
	f.Summary = fmt.Sprintf("Nobody replied in the week of %s.", formatDay(now.Start))
	if !math.IsNaN(now.Median) {
		f.Summary = fmt.Sprintf("%s in the week of %s: half took %s or less, nine of ten %s or less.", counts(now.Replies, "reply", "replies"), formatDay(now.Start), formatDuration(now.Median), formatDuration(now.P90))
	}
	f.Views = []view{{ID: f.ID, Title: f.Title, Drawing: drawing, Table: t}}
	return f, nil
}

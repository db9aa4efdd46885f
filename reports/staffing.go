package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"parley/reports/chart"
)

const staffingQuery = `select weekday, hour, contacts_per_hour, agents_needed, agents_scheduled,
    handling_seconds, answer_within_seconds, target, shrinkage, concurrency
from staffing cross join staffing_settings
order by weekday, hour`

// staffedHour is who is needed and who is there in an hour of the week.
type staffedHour struct {
	Weekday, Hour                       int
	Arrivals, Needed, Scheduled         float64 // NaN: not known
	Handling, Within, Target, Shrinkage float64 // what is assumed, the same in all
	Concurrency                         float64
}

// missing is how many are not there who are needed; where no cover is named, all.
func (h staffedHour) missing() float64 {
	if math.IsNaN(h.Scheduled) {
		return h.Needed
	}
	return max(0, h.Needed-h.Scheduled)
}

func (h staffedHour) span() string {
	return hourCell{Weekday: h.Weekday, Hour: h.Hour}.span()
}

// staffingFigure shows who is not there, who is needed and who is scheduled.
func (d *desk) staffingFigure() (figure, error) {
	f := figure{ID: "staffing", Title: "Who is needed, and who is there", When: d.byClock(), Definition: []string{
		"Needed: the smallest number of people on the roster with whom the target is met, by Erlang C, from the contacts of each hour of the week in the last eight weeks. Scheduled: by cover in parley.yaml. Not covered: needed less scheduled, where that is above 0.",
		"Erlang C is a formula of telephones: everybody waits until someone is free. Agents who write with several people at once, and e-mail that can wait for a quiet hour, bend it.",
	}}
	if absent, err := d.lacks("staffing"); err != nil || absent != nil {
		f.Missing = absent
		return f, err
	}
	f.SQL = staffingQuery
	hours, err := ask(d, staffingQuery, func(r row) staffedHour {
		return staffedHour{
			int(r.count("weekday")), int(r.count("hour")), r.number("contacts_per_hour"), r.number("agents_needed"), r.number("agents_scheduled"),
			r.number("handling_seconds"), r.number("answer_within_seconds"), r.number("target"), r.number("shrinkage"), r.number("concurrency"),
		}
	})
	if err != nil {
		return f, err
	}
	needed, covered := 0.0, false
	for _, h := range hours {
		if h.Weekday < 1 || h.Weekday > 7 || h.Hour < 0 || h.Hour > 23 {
			return f, fmt.Errorf("staffing has an hour %d on weekday %d", h.Hour, h.Weekday)
		}
		if !math.IsNaN(h.Needed) {
			needed += h.Needed
		}
		covered = covered || !math.IsNaN(h.Scheduled)
	}
	if needed == 0 {
		f.Missing, err = d.noRecentContacts()
		return f, err
	}
	f.Switches = []choice{{Name: "People", Options: []string{"Not covered", "Needed", "Scheduled"}}}
	for i, of := range []func(staffedHour) float64{staffedHour.missing, func(h staffedHour) float64 { return h.Needed }, func(h staffedHour) float64 { return h.Scheduled }} {
		v, err := d.staffedView(hours, f.Switches[0].Options[i], of)
		if err != nil {
			return f, err
		}
		v.ID, v.Chosen = fmt.Sprintf("%s-%d", f.ID, i), []int{i}
		if !covered {
			v.Note += " Nobody is scheduled: write office_hours and cover into parley.yaml, as cover: [{schedule: default, agents: 3}], and build."
		}
		f.Views = append(f.Views, v)
	}
	f.Summary = staffingSummary(hours)
	return f, nil
}

func (d *desk) staffedView(hours []staffedHour, name string, of func(staffedHour) float64) (view, error) {
	heat := chart.HeatMap{Name: strings.ToLower(name), Format: chart.Ratio}
	for x := range 24 {
		heat.Columns = append(heat.Columns, fmt.Sprintf("%02d", x))
	}
	t := table{Caption: fmt.Sprintf("%s, by weekday and hour (%s)", name, d.settings.Zone), Head: append([]string{"Day"}, heat.Columns...), Dense: true}
	for i := range 7 {
		day := (d.settings.WeekStarts-1+i)%7 + 1
		values, titles := make([]float64, 24), make([]string, 24)
		for x := range 24 {
			values[x], titles[x] = math.NaN(), staffedHour{Weekday: day, Hour: x}.span()
		}
		for _, h := range hours {
			if h.Weekday == day {
				values[h.Hour] = of(h)
			}
		}
		heat.Rows, heat.Values, heat.Titles = append(heat.Rows, weekday(day)), append(heat.Values, values), append(heat.Titles, titles)
	}
	heat.ScaleEnd = trimZeros(fmt.Sprintf("%.2f", heat.Most()))
	for y, values := range heat.Values {
		row := tableRow{Cells: []cell{words(heat.Rows[y])}}
		for _, v := range values {
			c := cell{Text: none, Heat: heat.Step(v)}
			if !math.IsNaN(v) {
				c.Text, c.Raw = trimZeros(fmt.Sprintf("%.2f", v)), raw(v)
			}
			row.Cells = append(row.Cells, c)
		}
		t.Rows = append(t.Rows, row)
	}
	drawing, err := drawn(heat.Draw())
	a := hours[0]
	note := fmt.Sprintf("Assumed: %s for a contact, %s answered within %s, %s of paid time away, %s at once. These are staffing in parley.yaml.",
		formatDuration(a.Handling), formatShare(a.Target), formatDuration(a.Within), formatShare(a.Shrinkage), counts(int64(math.Round(a.Concurrency)), "conversation", "conversations"))
	return view{Title: name + ", by weekday and hour", Drawing: drawing, Table: t, Note: note}, err
}

// staffingSummary names the hours that are not covered, the worst first.
func staffingSummary(hours []staffedHour) string {
	var open []staffedHour
	for _, h := range hours {
		if h.missing() > 0 {
			open = append(open, h)
		}
	}
	if len(open) == 0 {
		return "Every hour has as many people as it needs."
	}
	slices.SortStableFunc(open, func(a, b staffedHour) int { return cmp.Compare(b.missing(), a.missing()) })
	var named []string
	for _, h := range open[:min(len(open), 5)] {
		named = append(named, fmt.Sprintf("%s (%s)", h.span(), trimZeros(fmt.Sprintf("%.2f", h.missing()))))
	}
	text := fmt.Sprintf("%s of the week %s not covered. Most are missing on %s.", plural(int64(len(open)), "hour"), map[bool]string{true: "is", false: "are"}[len(open) == 1], strings.Join(named, ", "))
	return text
}

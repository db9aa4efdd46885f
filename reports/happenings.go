package reports

import (
	"fmt"
	"slices"
	"time"

	"parley/reports/chart"
)

// Happening is something that happened to the company: a launch, an outage. It
// is drawn on charts over time.
type Happening struct {
	Name string
	At   time.Time
	To   time.Time // its end; the zero time: it has none
}

// marks are the happenings that lie on a chart's axis, the earliest first: A, B, C.
func (d *desk) marks(line timeline) []chart.Mark {
	sorted := slices.SortedStableFunc(slices.Values(d.happenings), func(a, b Happening) int { return a.At.Compare(b.At) })
	var marks []chart.Mark
	for _, h := range sorted {
		at := line.place(h.At.In(d.settings.Zone))
		if at < 0 || h.At.After(d.settings.AsOf) {
			continue
		}
		marks = append(marks, chart.Mark{At: at, Letter: letterOf(len(marks)), Name: d.happeningText(h)})
	}
	return marks
}

// place is the label of the period in which a local time lies, -1 where there is none.
func (t timeline) place(at time.Time) int {
	day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	for i, start := range t.Starts {
		end := start.AddDate(0, 0, 7)
		if i+1 < len(t.Starts) {
			end = t.Starts[i+1]
		}
		if !day.Before(start) && day.Before(end) {
			return i
		}
	}
	return -1
}

// happeningText names it with its time: "Search down, 2 Mar 2026, 10:00 to 14:30".
func (d *desk) happeningText(h Happening) string {
	from, to := h.At.In(d.settings.Zone), h.To.In(d.settings.Zone)
	const day, clock = "2 Jan 2006", "15:04"
	switch {
	case h.To.IsZero():
		return h.Name + ", " + from.Format(day)
	case from.Format(day) == to.Format(day):
		return fmt.Sprintf("%s, %s, %s to %s", h.Name, from.Format(day), from.Format(clock), to.Format(clock))
	}
	return fmt.Sprintf("%s, %s to %s", h.Name, from.Format(day+" "+clock), to.Format(day+" "+clock))
}

// letterOf counts as columns of a sheet do: A … Z, AA, AB.
func letterOf(n int) string {
	letter := string(rune('A' + n%26))
	if n < 26 {
		return letter
	}
	return letterOf(n/26-1) + letter
}

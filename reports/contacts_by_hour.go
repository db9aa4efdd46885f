package reports

import (
	"fmt"
	"math"
	"slices"

	"parley/reports/chart"
)

// hoursQuery gives the hours of the build's zones.
const hoursQuery = `select settings.timezone as zone, weekday, hour, contacts, occurrences, contacts_per_occurrence
from contacts_by_hour cross join settings
union all
select zone, weekday, hour, contacts, occurrences, contacts_per_occurrence
from contacts_by_hour_zones
where zone not in (select timezone from settings)
order by zone, weekday, hour`

// hourCell is one hour of one day of the week, in one zone.
type hourCell struct {
	Zone                  string
	Weekday, Hour         int // 1 Monday … 7 Sunday, 0 … 23
	Contacts, Occurrences int64
	PerOccurrence         float64 // NaN where the hour has not occurred
}

// hourGrid is a week in one zone, [weekday in the week's order][hour].
type hourGrid struct {
	Zone  string
	Span  string // of when: "over 77 weeks, 3 Jan 2025 to 25 Jun 2026"
	Days  []int
	Cells [7][24]hourCell
}

// measure is what is shown of each cell.
type measure struct {
	name, unit string
	format     chart.Format
	of         func(hourCell) float64
	cell       func(hourCell) cell
}

var measures = []measure{
	{"Per occurrence", "contacts each time", chart.Ratio,
		func(c hourCell) float64 { return c.PerOccurrence }, func(c hourCell) cell { return ratio(c.PerOccurrence) }},
	{"In all", "contacts in all", chart.Count,
		func(c hourCell) float64 { return float64(c.Contacts) }, func(c hourCell) cell { return counted(c.Contacts) }},
}

func readHour(r row, zone string, occurrences int64, perOccurrence float64) hourCell {
	c := hourCell{zone, int(r.count("weekday")), int(r.count("hour")), r.count("contacts"), occurrences, perOccurrence}
	if c.Weekday < 1 || c.Weekday > 7 || c.Hour < 0 || c.Hour > 23 {
		r.fail("there is no hour %d on weekday %d", c.Hour, c.Weekday)
	}
	return c
}

// grids are the weeks of all zones over the whole history, the workspace's first.
func (d *desk) grids() ([]hourGrid, error) {
	query, err := d.allHoursQuery()
	if err != nil {
		return nil, err
	}
	cells, err := ask(d, query, func(r row) hourCell {
		return readHour(r, r.text("zone"), r.count("occurrences"), r.number("contacts_per_occurrence"))
	})
	if err != nil {
		return nil, err
	}
	grids := d.gridsOf(cells)
	span, err := d.wholeSpan()
	for i := range grids {
		grids[i].Span = span
	}
	return grids, err
}

// gridsOf lays cells out as weeks, one for each zone, the workspace's first.
func (d *desk) gridsOf(cells []hourCell) []hourGrid {
	var days []int
	for i := range 7 {
		days = append(days, (d.settings.WeekStarts-1+i)%7+1)
	}
	var grids []hourGrid
	for _, c := range cells {
		at := slices.IndexFunc(grids, func(g hourGrid) bool { return g.Zone == c.Zone })
		if at < 0 {
			g := hourGrid{Zone: c.Zone, Days: days}
			for y := range g.Cells {
				for x := range g.Cells[y] {
					g.Cells[y][x] = hourCell{Zone: c.Zone, Weekday: days[y], Hour: x, PerOccurrence: math.NaN()}
				}
			}
			at, grids = len(grids), append(grids, g)
		}
		grids[at].Cells[slices.Index(days, c.Weekday)][c.Hour] = c
	}
	own := d.settings.Zone.String()
	slices.SortStableFunc(grids, func(a, b hourGrid) int { return boolOrder(a.Zone != own) - boolOrder(b.Zone != own) })
	return grids
}

func boolOrder(later bool) int {
	if later {
		return 1
	}
	return 0
}

func (g hourGrid) total() (n int64) {
	for _, day := range g.Cells {
		for _, c := range day {
			n += c.Contacts
		}
	}
	return n
}

// busiest is the cell with the most contacts per occurrence, the first of equals.
func (g hourGrid) busiest() hourCell {
	best := g.Cells[0][0]
	for _, day := range g.Cells {
		for _, c := range day {
			if c.PerOccurrence > best.PerOccurrence || math.IsNaN(best.PerOccurrence) {
				best = c
			}
		}
	}
	return best
}

// span writes an hour with its day: Tuesday 10:00–11:00.
func (c hourCell) span() string {
	return fmt.Sprintf("%s %02d:00–%02d:00", weekday(c.Weekday), c.Hour, c.Hour+1)
}

func (d *desk) contactsByHour() (*page, error) {
	p := &page{Lede: "When people get in touch, by day of the week and hour of the day."}
	recent, err := d.recentHoursFigure()
	if err != nil {
		return nil, err
	}
	if recent != nil {
		p.Figures = append(p.Figures, *recent)
	}
	for _, draw := range []func() (figure, error){d.hoursFigure, d.staffingFigure, d.hiringFigure} {
		f, err := draw()
		if err != nil {
			return nil, err
		}
		p.Figures = append(p.Figures, f)
	}
	return p, nil
}

func (d *desk) hoursFigure() (figure, error) {
	f := figure{ID: "contacts-by-hour", Title: "Contacts by weekday and hour, all of the history", Definition: []string{
		"Contacts by the local weekday and hour in which they started, from the day of the first contact on. A contact is the start of a conversation by a user or a lead.",
		"Per occurrence: divided by how often that hour of that weekday has come round, hours without a contact included. In all: the plain sum. One unusual day long ago counts here as much as any other.",
		"The clock is that of the zone chosen, with its own summer time: in spring one day lacks an hour, in autumn one has an hour twice.",
	}}
	grids, err := d.grids()
	if err != nil {
		return f, err
	}
	if f.SQL, err = d.allHoursQuery(); err != nil {
		return f, err
	}
	if len(grids) == 0 || grids[0].total() == 0 {
		f.Missing = &noContacts
		return f, nil
	}
	f.Summary = grids[0].summary()
	// What was asked for is seen first.
	slices.SortStableFunc(grids, func(a, b hourGrid) int {
		return boolOrder(!slices.Contains(d.zones, a.Zone)) - boolOrder(!slices.Contains(d.zones, b.Zone))
	})
	zones := choice{Name: "Time zone"}
	kinds := choice{Name: "Contacts"}
	for _, m := range measures {
		kinds.Options = append(kinds.Options, m.name)
	}
	for z, g := range grids {
		zones.Options = append(zones.Options, g.Zone)
		for k, m := range measures {
			v, err := g.view(m)
			if err != nil {
				return f, err
			}
			v.ID, v.Chosen = fmt.Sprintf("%s-%d-%d", f.ID, z, k), []int{z, k}
			f.Views = append(f.Views, v)
		}
	}
	f.Switches = []choice{zones, kinds}
	return f, nil
}

// summary reads the workspace's own week.
func (g hourGrid) summary() string {
	best := g.busiest()
	text := fmt.Sprintf("The busiest hour %s: %s, with %s contacts each time (%s).", g.Span, best.span(), formatRatio(best.PerOccurrence), g.Zone)
	var weekend int64
	for y, day := range g.Days {
		if day >= 6 {
			for _, c := range g.Cells[y] {
				weekend += c.Contacts
			}
		}
	}
	return text + fmt.Sprintf(" Saturday and Sunday brought %s of %s.", share(weekend, g.total()), plural(g.total(), "contact"))
}

func (g hourGrid) view(m measure) (view, error) {
	heat := chart.HeatMap{Name: m.unit, Format: m.format}
	for x := range 24 {
		heat.Columns = append(heat.Columns, fmt.Sprintf("%02d", x))
	}
	for y, day := range g.Days {
		heat.Rows = append(heat.Rows, weekday(day))
		var values []float64
		var titles []string
		for _, c := range g.Cells[y] {
			values, titles = append(values, m.of(c)), append(titles, c.span())
		}
		heat.Values, heat.Titles = append(heat.Values, values), append(heat.Titles, titles)
	}
	heat.ScaleEnd = formatRatio(heat.Most())
	drawing, err := drawn(heat.Draw())
	if err != nil {
		return view{}, err
	}
	title := fmt.Sprintf("%s %s (%s)", m.unit, g.Span, g.Zone)
	t := table{Caption: "Contacts by weekday and hour, " + title, Head: append([]string{"Day"}, heat.Columns...), Dense: true}
	if m.format == chart.Count {
		t.Head = append(t.Head, "All")
	}
	for y, day := range g.Days {
		row := tableRow{Cells: []cell{words(weekday(day))}}
		total := int64(0)
		for _, c := range g.Cells[y] {
			cell := m.cell(c)
			cell.Heat = heat.Step(m.of(c))
			row.Cells = append(row.Cells, cell)
			total += c.Contacts
		}
		if m.format == chart.Count {
			row.Cells = append(row.Cells, counted(total))
		}
		t.Rows = append(t.Rows, row)
	}
	return view{Title: "Contacts by weekday and hour: " + title, Drawing: drawing, Table: t}, nil
}

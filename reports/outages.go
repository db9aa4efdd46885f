package reports

import (
	"fmt"
	"math"
	"time"

	"parley/reports/chart"
)

// The columns "from" and "to" are words of SQL, and are quoted.
const outagesQuery = `select outage, "from", "to", contacts, usual_contacts, is_partial
from outage_contacts
order by "from" desc, outage`

// outageContacts is one outage with who wrote while it lasted.
type outageContacts struct {
	Name     string
	From, To time.Time
	Contacts int64
	Usual    float64 // NaN where there is nothing to tell it by
	Partial  bool    // it goes on: Contacts and Usual are up to the build's time
}

// outages draws the page of outages.
func (d *desk) outages() (*page, error) {
	p := &page{Lede: "How many contacts came in while something was down, beside how many do in such hours otherwise."}
	f, err := d.outagesFigure()
	p.Figures = []figure{f}
	return p, err
}

var noOutages = missing{
	What:    "No outage is known.",
	How:     "Write each that had begun by this page's time into parley.yaml; it is then drawn on the charts over time too. For example:",
	Lines:   "outages: [{name: Search down, from: 2026-03-02T10:00:00Z, to: 2026-03-02T14:30:00Z}]",
	Command: buildAndReport,
}

func (d *desk) outagesFigure() (figure, error) {
	f := figure{ID: "outages", Title: "Contacts during outages", When: d.byClock(), Definition: []string{
		"Contacts from an outage's beginning to its end, by the clock. Outages are those that parley.yaml names.",
		"Usual is the mean of the same days of the week and hours one to four weeks before, those left out in which another outage falls. What is beyond it came because of the outage, as near as can be told. People write after an outage too; they are not in it.",
		"An outage that is not over is drawn apart; its figures, and what is usual, are up to this page's time.",
	}}
	if absent, err := d.lacks("outage_contacts"); err != nil || absent != nil {
		f.Missing = absent
		return f, err
	}
	f.SQL = outagesQuery
	list, err := ask(d, outagesQuery, func(r row) outageContacts {
		return outageContacts{r.text("outage"), r.time("from"), r.time("to"), r.count("contacts"), r.number("usual_contacts"), r.flag("is_partial")}
	})
	if err != nil {
		return f, err
	}
	if len(list) == 0 {
		f.Missing = &noOutages
		return f, nil
	}
	bars := chart.Bars{Format: chart.Ratio, UnfinishedName: "outage that is not over", Series: []chart.Series{{Name: "as usual", Color: chart.Blue}, {Name: "more than usual", Color: chart.Brown}}}
	t := table{Caption: "Outages, the newest first", Head: []string{"Outage", "From", "To", "Lasted", "Contacts", "Usual", "Beyond"}, Words: 3}
	for i, o := range list {
		usual := min(float64(o.Contacts), o.Usual)
		if math.IsNaN(o.Usual) {
			usual = float64(o.Contacts)
		}
		if i < mostBars {
			bars.Names = append(bars.Names, o.Name)
			bars.Series[0].Values = append(bars.Series[0].Values, usual)
			bars.Series[1].Values = append(bars.Series[1].Values, float64(o.Contacts)-usual)
			if o.Partial {
				bars.Unfinished = append(bars.Unfinished, i)
			}
		}
		name, to := o.Name, o.To
		if o.Partial {
			name, to = name+", so far", d.settings.AsOf
		}
		lasted := to.Sub(o.From).Seconds()
		t.Rows = append(t.Rows, tableRow{Partial: o.Partial, Cells: []cell{
			words(name), words(d.formatTime(o.From)), words(d.formatTime(o.To)), {Text: formatDuration(lasted), Raw: raw(lasted)},
			counted(o.Contacts), ratio(o.Usual), ratio(float64(o.Contacts) - o.Usual),
		}})
	}
	drawing, err := drawn(bars.Draw())
	if err != nil {
		return f, err
	}
	last := list[0]
	f.Summary = fmt.Sprintf("During %s, %s, %s came in", last.Name, formatDay(last.From.In(d.settings.Zone)), plural(last.Contacts, "contact"))
	if last.Partial {
		f.Summary += " so far"
	}
	if math.IsNaN(last.Usual) {
		f.Summary += "; what is usual in such hours is not known."
	} else {
		f.Summary += fmt.Sprintf(", where %s is usual.", formatRatio(last.Usual))
	}
	v := view{ID: f.ID, Title: f.Title, Drawing: drawing, Table: t}
	if len(list) > mostBars {
		v.Note = fmt.Sprintf("The chart shows the newest %d; the table has all.", mostBars)
	}
	f.Views = []view{v}
	return f, nil
}

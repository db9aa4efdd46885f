package reports

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"time"

	"parley/reports/chart"
)

// page is what the template draws. Every text in it is text: the template
// escapes it, wherever it came from.
type page struct {
	Name, File string
	Lede       string // one sentence: what one sees here
	Cards      []card
	Figures    []figure
	Build      *buildFacts // on the index alone
	Alarm      string      // what is wrong with what the page shows; "": nothing
}

// Asks: some figure of the page has its SQL beside it.
func (p *page) Asks() bool {
	return slices.ContainsFunc(p.Figures, func(f figure) bool { return f.SQL != "" })
}

// Charts: the page needs the script that draws.
func (p *page) Charts() bool {
	for _, f := range p.Figures {
		for _, v := range f.Views {
			if v.Drawing != nil {
				return true
			}
		}
	}
	return false
}

// card is one figure, large, with what it was before.
type card struct {
	Label   string
	Unit    string // before the value: a currency
	Value   string
	Raw     string // the value for programs; "" when the value is no number
	Note    string // what was before, or what is missing
	Change  string
	Link    string // page on which there is more; "" on that page itself
	Spark   *spark
	Entries []entry // instead of a value: several names and numbers
}

type entry struct{ Name, Value, Raw, Note string }

// figure is one answer: a chart, the table of its figures, what they mean, the
// CSV file and the SQL.
type figure struct {
	ID      string // fixed: links and files are named by it
	Title   string
	Summary string   // what the chart shows, in a sentence
	When    string   // by which clock, and where weeks start
	Missing *missing // instead of the views: there is nothing to show
	// Switches choose among the views; each view says which options it is for.
	Switches   []choice
	Views      []view
	Definition []string // paragraphs
	SQL        string
}

// CSV is the file that holds the answer to the figure's SQL.
func (f figure) CSV() string { return f.ID + ".csv" }

// missing says what is not there and how it comes there.
type missing struct {
	What    string
	How     string
	Command string // a line to type; "" when there is none
}

type choice struct {
	Name    string
	Options []string
}

// view is a chart and its table.
type view struct {
	ID      string
	Title   string
	Chosen  []int // option of each switch
	Drawing *chart.Drawing
	Still   template.HTML // the drawing as an SVG: what is seen until the page is live
	Note    string        // reading of this view alone
	Table   table
}

// Shown: the view is the one that is seen first.
func (v view) Shown() bool {
	for _, option := range v.Chosen {
		if option != 0 {
			return false
		}
	}
	return true
}

type table struct {
	Caption string
	Head    []string
	Words   int // so many columns at the start hold words, the others numbers; default 1
	Dense   bool
	Whole   bool // what stands first in a row is a name that people copy: it is not broken
	Rows    []tableRow
}

// WordColumn: the column at index holds words.
func (t table) WordColumn(index int) bool { return index < max(t.Words, 1) }

type tableRow struct {
	Partial bool
	Cells   []cell
}

// cell is one figure as text, with the exact value for programs.
type cell struct {
	Text string
	Raw  string // the exact number; "" when it is none
	Note string // the same for people: 23 min beside 1,380 s
	Heat int    // step of the heat scale, 1 and up; 0: no colour
	Link string // where the text leads; "" nowhere
}

func words(text string) cell { return cell{Text: text} }

func counted(n int64) cell { return cell{Text: formatCount(n), Raw: strconv.FormatInt(n, 10)} }

func ratio(v float64) cell { return cell{Text: formatRatio(v), Raw: raw(v)} }

// duration shows seconds and, beside them, the same for people.
func duration(seconds float64) cell {
	c := cell{Text: formatSeconds(seconds), Raw: raw(seconds)}
	if !math.IsNaN(seconds) && seconds >= 60 {
		c.Note = formatDuration(seconds)
	}
	return c
}

func money(amount, code string) cell { return cell{Text: formatMoney(amount, code), Raw: amount} }

// bareMoney is money where the currency stands in the table's caption.
func bareMoney(amount, code string) cell { return cell{Text: formatAmount(amount, code), Raw: amount} }

// part is a count with its share of a whole.
func part(n, whole int64) cell {
	c := counted(n)
	if whole > 0 {
		c.Note = formatShare(float64(n) / float64(whole))
	}
	return c
}

func raw(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// frame is a page with what stands on every page.
type frame struct {
	*page
	Workspace  string
	Nav        []navItem
	AsOf       string
	AsOfISO    string
	Zone       string
	WeekStarts string
	BuildID    string
	BuiltAt    string
	Checks     string
	ChecksHeld bool
	Catalogue  string
}

type navItem struct {
	Title, File string
	Here        bool
}

func (d *desk) frame(p *page) frame {
	f := frame{
		page:       p,
		Workspace:  d.settings.Name,
		AsOf:       d.formatTime(d.settings.AsOf),
		AsOfISO:    d.settings.AsOf.Format(time.RFC3339),
		Zone:       d.settings.Zone.String(),
		WeekStarts: weekday(d.settings.WeekStarts),
		BuildID:    d.build.ID,
		BuiltAt:    d.formatTime(d.build.StartedAt),
		Checks:     "all its checks held",
		ChecksHeld: d.build.ChecksFailed == 0,
		Catalogue:  d.catalogue,
	}
	if !f.ChecksHeld {
		f.Checks = fmt.Sprintf("%s did not hold", plural(int64(d.build.ChecksFailed), "check"))
	}
	for _, r := range all {
		f.Nav = append(f.Nav, navItem{Title: r.title, File: r.file, Here: r.file == p.File})
	}
	return f
}

// weekday names a day, 1 Monday … 7 Sunday.
func weekday(day int) string { return time.Weekday(day % 7).String() }

// drawn is a view's drawing, or the error that drawing it gave.
func drawn(drawing chart.Drawing, err error) (*chart.Drawing, error) {
	if err != nil {
		return nil, err
	}
	return &drawing, nil
}

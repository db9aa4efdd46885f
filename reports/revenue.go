package reports

import (
	"fmt"
	"slices"
	"strings"

	"parley/reports/chart"
)

const revenueQuery = `select month, currency, starting, new, reactivation, expansion, contraction, churn, ending, customers, started_and_stopped, is_partial
from mrr_monthly
where month > (select max(month) from mrr_monthly) - interval 36 month
order by month desc, currency`

// revenueMonth is one month in one currency; amounts are exact, as text.
type revenueMonth struct {
	period
	Currency                                                           string
	Starting, New, Reactivation, Expansion, Contraction, Churn, Ending string
	Customers, Brief                                                   int64 // brief: paid within the month and at neither end
}

func (m revenueMonth) when() period { return m.period }

// revenueLine is the months of one currency, the newest first.
type revenueLine struct {
	Currency string
	Months   []revenueMonth
}

// revenueLines are the currencies, those with more customers first: amounts of
// different currencies cannot be compared.
func (d *desk) revenueLines() ([]revenueLine, error) {
	months, err := ask(d, revenueQuery, func(r row) revenueMonth {
		return revenueMonth{
			period{Start: r.time("month"), Partial: r.flag("is_partial")}, r.text("currency"),
			r.amount("starting"), r.amount("new"), r.amount("reactivation"), r.amount("expansion"), r.amount("contraction"),
			r.amount("churn"), r.amount("ending"), r.count("customers"), r.count("started_and_stopped"),
		}
	})
	if err != nil {
		return nil, err
	}
	var lines []revenueLine
	for _, m := range months {
		at := slices.IndexFunc(lines, func(l revenueLine) bool { return l.Currency == m.Currency })
		if at < 0 {
			at, lines = len(lines), append(lines, revenueLine{Currency: m.Currency})
		}
		lines[at].Months = append(lines[at].Months, m)
	}
	slices.SortStableFunc(lines, func(a, b revenueLine) int {
		if a.Months[0].Customers != b.Months[0].Customers {
			return int(b.Months[0].Customers - a.Months[0].Customers)
		}
		return strings.Compare(a.Currency, b.Currency)
	})
	return lines, nil
}

func (l revenueLine) name() string {
	if l.Currency == "" {
		return "no currency named"
	}
	return l.Currency
}

func monthTimeline(newestFirst []revenueMonth) timeline {
	var t timeline
	for _, m := range slices.Backward(newestFirst) {
		title := m.Start.Format("January 2006")
		if m.Partial {
			title += ", so far"
			t.Unfinished = "month that is not over"
		}
		t.Labels = append(t.Labels, m.Start.Format("Jan 06"))
		t.Titles = append(t.Titles, title)
	}
	return t
}

func (m revenueMonth) tableRow(cells ...cell) tableRow {
	name := m.Start.Format("January 2006")
	if m.Partial {
		name += ", so far"
	}
	return tableRow{Partial: m.Partial, Cells: append([]cell{words(name)}, cells...)}
}

var noRevenue = missing{
	What:    "No company pays yet, as far as the records say.",
	How:     "Send companies with monthly_spend (and currency), or with subscriptions, to the topic parley.companies, or import a file of them, and build:",
	Command: "parley import companies.json && parley build && parley report",
}

func (d *desk) revenue() (*page, error) {
	lines, err := d.revenueLines()
	if err != nil {
		return nil, err
	}
	p := &page{Lede: "What customers pay each month, and what made it change. Currencies are never added together."}
	for i, l := range lines {
		if i < 4 {
			p.Cards = append(p.Cards, l.card(len(lines) > 1), l.customersCard(len(lines) > 1))
		}
	}
	mrr := figure{ID: "mrr", Title: "Monthly recurring revenue", SQL: revenueQuery, Definition: []string{
		"What companies pay for a month, at the last instant of the local month: monthly_spend, or the sum of their subscriptions brought to a month (a year ÷ 12, a week × 52 ÷ 12, times quantity, discounts taken off, trials 0, one-off charges left out).",
		"Each company counts once, however many users it has. The month that is not over shows the state as of this build.",
	}}
	movements := figure{ID: "mrr-movements", Title: "What made revenue change", SQL: revenueQuery, Definition: []string{
		"New: companies that had never paid before. Reactivation: paid once, then nothing, pay again. Expansion and contraction: pay more or less than a month before. Churn: pay nothing any more.",
		"Always, and checked by the build: starting + new + reactivation + expansion − contraction − churn = ending.",
	}}
	customers := figure{ID: "customers", Title: "Customers", SQL: revenueQuery, Definition: []string{
		"Companies that pay more than nothing at the end of the month, in that currency. Those that started and stopped within one month are in no movement; they are counted beside.",
		"A company that changes its currency is lost in the one and new in the other. In the first month of the records all who pay are new.",
	}}
	if len(lines) == 0 {
		mrr.Missing, movements.Missing, customers.Missing = &noRevenue, &noRevenue, &noRevenue
		p.Figures = []figure{mrr}
		return p, nil
	}
	mrr.Summary, movements.Summary, customers.Summary = lines[0].mrrSummary(), lines[0].movementsSummary(), lines[0].customersSummary()
	for _, f := range []struct {
		figure *figure
		draw   func(revenueLine) (view, error)
	}{{&mrr, revenueLine.mrrView}, {&movements, revenueLine.movementsView}, {&customers, revenueLine.customersView}} {
		currencies := choice{Name: "Currency"}
		for i, l := range lines {
			v, err := f.draw(l)
			if err != nil {
				return nil, err
			}
			v.ID, v.Chosen = fmt.Sprintf("%s-%d", f.figure.ID, i), []int{i}
			v.Title = f.figure.Title + ", " + l.name()
			f.figure.Views = append(f.figure.Views, v)
			currencies.Options = append(currencies.Options, l.name())
		}
		f.figure.Switches = []choice{currencies}
	}
	p.Figures = []figure{mrr, movements, customers}
	return p, nil
}

func (l revenueLine) mrrView() (view, error) {
	line := monthTimeline(l.Months)
	drawing, err := drawn(chart.Columns{
		Labels: line.Labels, Titles: line.Titles, Unfinished: line.Unfinished, Format: chart.Money(l.Currency),
		Series: []chart.Series{{Name: "MRR", Color: chart.Blue, Values: oldestFirst(l.Months, func(m revenueMonth) float64 { return nearest(m.Ending) })}},
	}.Draw())
	t := table{Caption: "Monthly recurring revenue at the end of each month, " + l.name() + ", the newest first", Head: []string{"Month", "MRR", "Customers"}}
	for _, m := range l.Months {
		t.Rows = append(t.Rows, m.tableRow(money(m.Ending, m.Currency), counted(m.Customers)))
	}
	return view{Drawing: drawing, Table: t}, err
}

func (l revenueLine) movementsView() (view, error) {
	line := monthTimeline(l.Months)
	columns := chart.Columns{Labels: line.Labels, Titles: line.Titles, Unfinished: line.Unfinished, Format: chart.Money(l.Currency), Height: 22}
	for _, s := range []struct {
		name  string
		color chart.Color
		sign  float64
		of    func(revenueMonth) string
	}{
		{"New", chart.Blue, 1, func(m revenueMonth) string { return m.New }},
		{"Reactivation", chart.Teal, 1, func(m revenueMonth) string { return m.Reactivation }},
		{"Expansion", chart.Indigo, 1, func(m revenueMonth) string { return m.Expansion }},
		{"Contraction", chart.Gold, -1, func(m revenueMonth) string { return m.Contraction }},
		{"Churn", chart.Brown, -1, func(m revenueMonth) string { return m.Churn }},
	} {
		columns.Series = append(columns.Series, chart.Series{Name: s.name, Color: s.color, Values: oldestFirst(l.Months, func(m revenueMonth) float64 {
			if v := nearest(s.of(m)); v != 0 {
				return s.sign * v
			}
			return 0 // never −0
		})})
	}
	drawing, err := drawn(columns.Draw())
	t := table{
		Caption: "What made revenue change, " + l.name() + ", the newest month first",
		Head:    []string{"Month", "Starting", "New", "Reactivation", "Expansion", "Contraction", "Churn", "Ending"},
	}
	for _, m := range l.Months {
		var cells []cell
		for _, amount := range []string{m.Starting, m.New, m.Reactivation, m.Expansion, negative(m.Contraction), negative(m.Churn), m.Ending} {
			cells = append(cells, bareMoney(amount, m.Currency))
		}
		t.Rows = append(t.Rows, m.tableRow(cells...))
	}
	return view{Drawing: drawing, Table: t}, err
}

func (l revenueLine) customersView() (view, error) {
	line := monthTimeline(l.Months)
	drawing, err := drawn(chart.Panels{
		Labels: line.Labels, Titles: line.Titles, Unfinished: line.Unfinished,
		Panels: []chart.Panel{{Shape: chart.Line, Format: chart.Count, Series: chart.Series{
			Name: "Customers", Color: chart.Teal, Values: oldestFirst(l.Months, func(m revenueMonth) float64 { return float64(m.Customers) }),
		}}},
	}.Draw())
	t := table{Caption: "Customers at the end of each month, " + l.name() + ", the newest first", Head: []string{"Month", "Customers", "Came and went within the month"}}
	for _, m := range l.Months {
		t.Rows = append(t.Rows, m.tableRow(counted(m.Customers), counted(m.Brief)))
	}
	return view{Drawing: drawing, Table: t}, err
}

// at says of when the state of a month is: "at the end of May 2026".
func (m revenueMonth) at() string {
	if m.Partial {
		return "so far in " + m.Start.Format("January 2006")
	}
	return "at the end of " + m.Start.Format("January 2006")
}

func (l revenueLine) mrrSummary() string {
	now := l.Months[0]
	text := fmt.Sprintf("%s a month %s, from %s", formatRoundMoney(now.Ending, l.Currency), now.at(), plural(now.Customers, "customer"))
	if len(l.Months) > 1 {
		before := l.Months[1]
		text += fmt.Sprintf("; %s at the end of %s", formatRoundMoney(before.Ending, l.Currency), before.Start.Format("January"))
	}
	return text + "."
}

func (l revenueLine) movementsSummary() string {
	now, _ := lastTwo(l.Months)
	of := func(amount string) string { return formatRoundMoney(amount, l.Currency) }
	return fmt.Sprintf("In %s: %s new, %s won back, %s more from customers there were; %s less from them, and %s lost.",
		now.Start.Format("January 2006"), of(now.New), of(now.Reactivation), of(now.Expansion), of(now.Contraction), of(now.Churn))
}

func (l revenueLine) customersSummary() string {
	now := l.Months[0]
	text := plural(now.Customers, "customer") + " " + now.at()
	if len(l.Months) > 1 {
		text += fmt.Sprintf("; %s at the end of %s", formatCount(l.Months[1].Customers), l.Months[1].Start.Format("January"))
	}
	return text + "."
}

// card is the newest MRR.
func (l revenueLine) card(several bool) card {
	now := l.Months[0]
	c := card{Label: "MRR", Unit: l.Currency, Value: roundMoney(now.Ending, l.Currency), Raw: now.Ending, Note: now.at()}
	if several {
		c.Label += ", " + l.name()
	}
	if len(l.Months) > 1 {
		c.Note = fmt.Sprintf("%s at the end of %s", formatRoundMoney(l.Months[1].Ending, l.Currency), l.Months[1].Start.Format("January"))
		c.Change = changeOf(nearest(now.Ending), nearest(l.Months[1].Ending))
	}
	c.Spark = newSpark(oldestFirst(l.Months, func(m revenueMonth) float64 { return nearest(m.Ending) }))
	return c
}

func (l revenueLine) customersCard(several bool) card {
	now := l.Months[0]
	c := card{Label: "Customers", Value: formatCount(now.Customers), Raw: raw(float64(now.Customers)), Note: now.at()}
	if several {
		c.Label += ", " + l.name()
	}
	if len(l.Months) > 1 {
		c.Note = fmt.Sprintf("%s at the end of %s", formatCount(l.Months[1].Customers), l.Months[1].Start.Format("January"))
		c.Change = change(now.Customers, l.Months[1].Customers)
	}
	c.Spark = newSpark(oldestFirst(l.Months, func(m revenueMonth) float64 { return float64(m.Customers) }))
	return c
}

package reports

import (
	"fmt"
	"math"

	"parley/reports/chart"
)

const tenureQuery = `select tenure_week, contacts, users_at_risk, contacts_per_user
from contact_tenure
order by tenure_week`

// longestLife is how many weeks of a customer's life the chart shows.
const longestLife = 104

// lifeWeek is a week of a customer's life: 0 is the first after signing up, −1
// all the time before.
type lifeWeek struct {
	Week, Contacts  int64
	AtRisk, PerUser float64 // NaN before signing up, and where nobody is at risk
}

// customerLife draws the page of contacts over a customer's life.
func (d *desk) customerLife() (*page, error) {
	p := &page{Lede: "How often customers write as they grow older, beginning with the week in which they sign up."}
	f, err := d.tenureFigure()
	p.Figures = []figure{f}
	return p, err
}

func (d *desk) tenureFigure() (figure, error) {
	f := figure{ID: "contact-tenure", Title: "Contacts over a customer's life", When: d.sinceSignUp("Weeks of 7 × 24 hours"), Definition: []string{
		"Contacts by whole weeks since the person signed up, divided by the users at risk: those who have been with us for that long by now. A plain count would only show how old the customers are.",
		"What was written before signing up is a row of its own. Towards the right few users are left, and the line jumps: look at how many there are beneath it.",
	}}
	if absent, err := d.lacks("contact_tenure"); err != nil || absent != nil {
		f.Missing = absent
		return f, err
	}
	f.SQL = tenureQuery
	var err error
	if f.LeftOut, err = d.leftOutOf("contact_tenure"); err != nil {
		return f, err
	}
	weeks, err := ask(d, tenureQuery, func(r row) lifeWeek {
		return lifeWeek{r.count("tenure_week"), r.count("contacts"), r.number("users_at_risk"), r.number("contacts_per_user")}
	})
	if err != nil {
		return f, err
	}
	line, contacts := timeline{}, int64(0)
	var rate, atRisk []float64
	t := table{Caption: "Contacts by week of life", Head: []string{"Week", "Contacts", "Users at risk", "Contacts per user"}}
	for _, w := range weeks {
		contacts += w.Contacts
		name := fmt.Sprint(w.Week)
		if w.Week < 0 {
			name = "before signing up"
		} else if w.Week < longestLife {
			line.Labels, line.Titles = append(line.Labels, name), append(line.Titles, "Week "+name+" since signing up")
			rate, atRisk = append(rate, w.PerUser), append(atRisk, w.AtRisk)
		}
		t.Rows = append(t.Rows, tableRow{Cells: []cell{words(name), counted(w.Contacts), {Text: atRiskText(w.AtRisk), Raw: raw(w.AtRisk)}, ratio(w.PerUser)}})
	}
	if len(rate) == 0 && (contacts > 0 || f.LeftOut != "") {
		f.Missing = &missing{
			What:    "No customer has been with us for a whole week yet, or the sign-up of none is known.",
			How:     "The first week of life counts once it is over for somebody. Users need created_at (or signed_up_at), and conversations name them by user_id. If these are missing, send or import them again with them, and build:",
			Command: "parley import users.json && parley import conversations.json && parley build && parley report",
		}
		return f, nil
	}
	if len(rate) == 0 || contacts == 0 {
		f.Missing = &missing{
			What:    "No contact belongs to a customer whose sign-up is known.",
			How:     "Send users with created_at (or signed_up_at) to the topic parley.users, and conversations that name them by user_id, and build:",
			Command: "parley import users.json && parley import conversations.json && parley build && parley report",
		}
		return f, nil
	}
	drawing, err := drawn(chart.Panels{Labels: line.Labels, Titles: line.Titles, Panels: []chart.Panel{
		{Shape: chart.Line, Format: chart.Ratio, Series: chart.Series{Name: "Contacts per user", Color: chart.Teal, Values: rate}},
		{Shape: chart.Filled, Format: chart.Count, Series: chart.Series{Name: "Users at risk", Color: chart.Blue, Values: atRisk}},
	}}.Draw())
	if err != nil {
		return f, err
	}
	f.Summary = lifeSummary(rate)
	v := view{ID: f.ID, Title: f.Title, Drawing: drawing, Table: t}
	if weeks[len(weeks)-1].Week >= longestLife {
		v.Note = fmt.Sprintf("The chart shows the first %d weeks; the table has all.", longestLife)
	}
	f.Views = []view{v}
	return f, nil
}

func atRiskText(users float64) string {
	if math.IsNaN(users) {
		return none
	}
	return formatCount(int64(users))
}

// lifeSummary sets the first week beside the weeks from the fifth to the
// thirteenth, where there are some.
func lifeSummary(rate []float64) string {
	if math.IsNaN(rate[0]) {
		return "Nobody has been a customer for a week yet."
	}
	text := fmt.Sprintf("%s contacts per user in the first week of life", formatRatio(rate[0]))
	later, n := 0.0, 0
	for _, v := range rate[min(len(rate), 4):min(len(rate), 13)] {
		if !math.IsNaN(v) {
			later, n = later+v, n+1
		}
	}
	if n > 0 {
		text += fmt.Sprintf(", and %s a week on average in weeks 4 to %d", formatRatio(later/float64(n)), min(len(rate), 13)-1)
	}
	return text + "."
}

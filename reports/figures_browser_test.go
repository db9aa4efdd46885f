package reports

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// chartNumbers are the numbers of a live chart, series by series; null where there is none.
const chartNumbers = `echarts.getInstanceByDom(document.getElementById('%s-chart')).getOption().series.map(s =>
	s.data.map(d => d !== null && typeof d === 'object' ? d.value : d).map(v => v === '-' || v === undefined ? null : v))`

// The figures of users, topics and outages on the pages, in table and chart, are
// those of the marts.
func TestFiguresOfUsersTopicsAndOutagesInBrowser(t *testing.T) {
	b := browser(t)
	m := lifelike()
	base := serveWithPolicy(t, write(t, m))
	t.Run("new users", func(t *testing.T) { newUsersAreTheMarts(t, b, base, m) })
	t.Run("customer life", func(t *testing.T) {
		v := open(t, b, desk1280, base+"customer-life.html")
		rows := m["contact_tenure"]
		tableIs(t, v, "contact-tenure", rows, 1, 2, 3)
		seriesIs(t, v, "contact-tenure", 0, column(rows[1:], 3)) // the row before signing up is in the table alone
		seriesIs(t, v, "contact-tenure", 1, column(rows[1:], 2))
		v.check(t, base)
	})
	t.Run("topics", func(t *testing.T) { topicsAreTheMarts(t, b, base, m) })
	t.Run("outages", func(t *testing.T) {
		v := open(t, b, desk1280, base+"outages.html")
		// The newest first, with how long it lasted and what is beyond the usual.
		tableIs(t, v, "outages", [][]any{{nil, nil, 4.5 * 3600, 88, 11.25, 76.75}, {nil, nil, 4 * 3600, 3, 3.5, -0.5}}, 0, 1, 2, 3, 4, 5)
		seriesIs(t, v, "outages", 0, []any{11.25, 3})
		seriesIs(t, v, "outages", 1, []any{76.75, 0})
		v.check(t, base)
	})
}

func newUsersAreTheMarts(t *testing.T, b context.Context, base string, m marts) {
	v := open(t, b, desk1280, base+"new-users.html")
	weeks := m["first_week_contact"][:26]
	tableIs(t, v, "first-week-contact", weeks, 1, 2, 3, 4)
	oldest := slices.Clone(weeks)
	slices.Reverse(oldest)
	rates := column(oldest, 4)
	seriesIs(t, v, "first-week-contact", 0, append(slices.Clone(rates[:24]), nil, nil)) // two weeks are not over
	seriesIs(t, v, "first-week-contact", 1, append(make([]any, 24), rates[24:]...))
	days := m["time_to_first_contact"]
	tableIs(t, v, "time-to-first-contact", days, 1, 2, 3, 4)
	seriesIs(t, v, "time-to-first-contact", 0, column(days, 4))
	// The large figures are those of the newest week that is over for all.
	cards := eval[[]string](t, v, `Array.from(document.querySelectorAll('.card data')).map(d => d.value)`)
	if want := []string{fmt.Sprint(weeks[2][1]), fmt.Sprint(weeks[2][4])}; !slices.Equal(cards, want) {
		t.Errorf("the cards show %v, want %v", cards, want)
	}
	v.check(t, base)
}

func topicsAreTheMarts(t *testing.T, b context.Context, base string, m marts) {
	v := open(t, b, desk1280, base+"topics.html")
	heads := eval[[]string](t, v, `Array.from(document.querySelectorAll('#topics-0-view thead th')).slice(2).map(th => th.textContent)`)
	if len(heads) != 7 {
		t.Fatalf("the table has the topics %q", heads)
	}
	teams := eval[[]string](t, v, `Array.from(document.querySelectorAll('#topics .switches span')).map(s => s.textContent)`)
	if len(teams) != 3 || teams[0] != "All teams" {
		t.Fatalf("the teams are %q", teams)
	}
	for view, team := range teams {
		var want [][]any
		for w := range 26 {
			row, sum := make([]any, len(heads)), int64(0)
			for i, topic := range heads {
				n := int64(0)
				for _, cells := range m["topics_weekly"] {
					if cells[0] == date("2026-06-29").AddDate(0, 0, -7*w) && cells[2] == topic && (view == 0 || cells[1] == team) {
						n += cells[3].(int64)
					}
				}
				row[i], sum = n, sum+n
			}
			want = append(want, append([]any{sum}, row...))
		}
		tableIs(t, v, fmt.Sprintf("topics-%d", view), want, 0, 1, 2, 3, 4, 5, 6, 7)
		eval[bool](t, v, fmt.Sprintf(`(() => { document.querySelectorAll('#topics .switches input')[%d].click(); return true })()`, view))
		slices.Reverse(want)
		seriesIs(t, v, fmt.Sprintf("topics-%d", view), 0, column(want, 1)) // the topic with the most messages
	}
	tableIs(t, v, "repeat-contacts", m["repeat_contacts"], 1, 2, 3)
	seriesIs(t, v, "repeat-contacts", 0, column(m["repeat_contacts"], 3))
	v.check(t, base)
}

// tableIs compares a view's table with some columns of a mart's rows; NULL is a
// cell without a number.
func tableIs(t *testing.T, v *visit, view string, rows [][]any, columns ...int) {
	t.Helper()
	got := eval[[][]*float64](t, v, fmt.Sprintf(tableNumbers, view))
	if len(got) != len(rows) || len(rows) == 0 {
		t.Errorf("the table of %s has %d rows, want %d", view, len(got), len(rows))
		return
	}
	for i, row := range rows {
		for k, c := range columns {
			if k >= len(got[i]) || !same(got[i][k], row[c]) {
				t.Errorf("the table of %s, row %d, column %d: not %v", view, i+1, k+1, row[c])
			}
		}
	}
}

// seriesIs compares the numbers of one series of a view's live chart.
func seriesIs(t *testing.T, v *visit, view string, series int, want []any) {
	t.Helper()
	all := eval[[][]*float64](t, v, fmt.Sprintf(chartNumbers, view))
	if series >= len(all) || len(all[series]) != len(want) {
		t.Errorf("the chart of %s has %d series, the one looked for with other than %d numbers", view, len(all), len(want))
		return
	}
	for i, number := range want {
		if !same(all[series][i], number) {
			t.Errorf("the chart of %s, series %d, place %d: not %v", view, series+1, i+1, number)
		}
	}
}

// same: a number of the page is that of a mart, to the last digits of a double.
func same(got *float64, want any) bool {
	number, ok := asNumber(want)
	if !ok {
		return want == nil && got == nil
	}
	return got != nil && math.Abs(*got-number) <= 1e-12*math.Abs(number)
}

func column(rows [][]any, c int) []any {
	var numbers []any
	for _, row := range rows {
		numbers = append(numbers, row[c])
	}
	return numbers
}

// Pages of little and of much input are painted, ask nobody else for anything,
// and fit a phone.
func TestBadInputInBrowser(t *testing.T) {
	b := browser(t)
	withoutTags := conversation()
	withoutTags["topics_weekly"], withoutTags["topic_messages"] = nil, nil
	for name, m := range map[string]marts{"one conversation": conversation(), "no tags": withoutTags, "ten years": tenYears()} {
		base := serveWithPolicy(t, write(t, m))
		for _, file := range supportPages {
			t.Run(name+" "+file, func(t *testing.T) {
				v := open(t, b, screen{scheme: "light", width: 390}, base+file)
				eval[int](t, v, touchCharts)
				if width := eval[int](t, v, `document.documentElement.scrollWidth`); width > 390 {
					t.Errorf("the page is %d pixels wide on a screen of 390", width)
				}
				v.check(t, base)
			})
		}
		if into := os.Getenv("PARLEY_TEST_SCREENSHOTS"); into != "" {
			takePictures(t, b, into, strings.ReplaceAll(name, " ", "-"), base)
		}
	}
}

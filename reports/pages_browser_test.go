package reports

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestPagesInBrowser opens the pages in a real browser. With a folder named in
// PARLEY_TEST_SCREENSHOTS it leaves pictures of them there.
func TestPagesInBrowser(t *testing.T) {
	b := browser(t)
	lively, empty, nasty := write(t, lifelike()), write(t, noRows()), write(t, hostileMarts())
	served := serveWithPolicy(t, lively)
	for name, base := range map[string]string{
		"from disk": fileURL(lively), "served": served, "nothing yet from disk": fileURL(empty), "nothing yet served": serveWithPolicy(t, empty),
		"hostile names served": serveWithPolicy(t, nasty),
	} {
		for _, r := range all {
			t.Run(name+" "+r.file, func(t *testing.T) {
				v := open(t, b, desk1280, base+r.file)
				eval[int](t, v, touchCharts)
				v.check(t, base)
			})
		}
	}
	for name, base := range map[string]string{"lifelike": served, "hostile": serveWithPolicy(t, nasty), "empty": serveWithPolicy(t, empty)} {
		for _, r := range all {
			for _, plain := range []bool{false, true} {
				t.Run(fmt.Sprintf("phone %s %s plain %v", name, r.file, plain), func(t *testing.T) { fitsAPhone(t, b, base+r.file, plain) })
			}
		}
	}
	for _, r := range all {
		for _, scheme := range []string{"light", "dark"} {
			t.Run("contrast "+scheme+" "+r.file, func(t *testing.T) { textIsReadable(t, b, served+r.file, scheme) })
		}
	}
	t.Run("points", func(t *testing.T) { everyPointIsDrawn(t, b, served) })
	t.Run("figures", func(t *testing.T) { figuresAreTheMarts(t, b, served) })
	t.Run("names", func(t *testing.T) { namesAreText(t, b, serveWithPolicy(t, nasty)) })
	t.Run("keyboard", func(t *testing.T) { keyboardReachesAll(t, b, served) })
	t.Run("names of things", func(t *testing.T) { everythingIsNamed(t, b, served) })
	t.Run("scheme", func(t *testing.T) { chartsFollowTheScheme(t, b, served) })
	t.Run("paper", func(t *testing.T) { chartsArePrinted(t, b, served) })
	t.Run("plain", func(t *testing.T) { chartsStandWithoutScripts(t, b, served) })
	t.Run("formats", func(t *testing.T) { scriptsWriteAsPagesDo(t, b, served) })
	if into := os.Getenv("PARLEY_TEST_SCREENSHOTS"); into != "" {
		takePictures(t, b, into, "lifelike", served)
		takePictures(t, b, into, "nothing-yet", serveWithPolicy(t, empty))
	}
}

// check holds what is true of every page.
func (v *visit) check(t *testing.T, base string) {
	t.Helper()
	if empty := eval[[]string](t, v, emptyCharts); len(empty) > 0 {
		t.Errorf("charts that are not painted: %v", empty)
	}
	v.KeepsTo(t, base)
	if requests := v.Requests(); len(requests) < 4 {
		t.Errorf("only %d requests were seen: %v", len(requests), requests)
	}
}

const (
	// touchCharts shows a tooltip on each chart in sight and turns every switch.
	touchCharts = `(() => {
		const inputs = Array.from(document.querySelectorAll('.switches input'));
		inputs.concat(inputs.filter(i => i.value === '0')).forEach(i => i.click());
		let touched = 0;
		document.querySelectorAll('[data-drawn]').forEach(e => {
			const chart = echarts.getInstanceByDom(e);
			chart.getOption().series.forEach((_, seriesIndex) => {
				chart.dispatchAction({type: 'showTip', seriesIndex, dataIndex: 0});
				touched++;
			});
		});
		return touched;
	})()`

	// emptyCharts are the ids of charts in sight whose canvas is of few colours.
	emptyCharts = `Array.from(document.querySelectorAll('[data-chart]')).filter(e => !e.closest('[data-later]')).filter(e => {
		const colors = new Set();
		e.querySelectorAll('canvas').forEach(canvas => {
			const data = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer);
			for (const color of data) colors.add(color);
		});
		return colors.size < 8;
	}).map(e => e.id)`

	// tableNumbers are the exact numbers of a table, row by row.
	tableNumbers = `Array.from(document.querySelectorAll('#%s-view tbody tr')).map(row => Array.from(row.querySelectorAll('td')).map(cell => {
		const data = cell.querySelector('data');
		return data ? Number(data.value) : null;
	}))`
)

// figuresAreTheMarts compares the tables with the rows that the marts were given.
func figuresAreTheMarts(t *testing.T, b context.Context, base string) {
	m := lifelike()
	compare := func(v *visit, id string, rows [][]any, columns ...int) {
		t.Helper()
		got := eval[[][]*float64](t, v, fmt.Sprintf(tableNumbers, id))
		if len(got) != len(rows) || len(rows) == 0 {
			t.Errorf("%s has %d rows, want %d", id, len(got), len(rows))
			return
		}
		for i, row := range rows {
			for j, column := range columns {
				want, ok := asNumber(row[column])
				if !ok || got[i][j] == nil || math.Abs(math.Abs(*got[i][j])-want) > 1e-12*math.Abs(want) {
					t.Errorf("%s, row %d, column %d: not %v", id, i+1, j+1, row[column])
				}
			}
		}
	}
	weekly := open(t, b, desk1280, base+"weekly.html")
	compare(weekly, "contacts-per-week", m["contacts_weekly"][:26], 1, 6, 7)
	compare(weekly, "contacts-per-active-user", m["contacts_weekly"][:26], 1, 2, 3, 4, 5)
	compare(weekly, "first-response", m["first_response_weekly"][:26], 1, 2, 3, 4, 5, 6)
	compare(weekly, "first-response-spread", m["first_response_weekly"][:26], 1, 9, 10, 11, 12)
	revenue := open(t, b, desk1280, base+"revenue.html")
	inDollars := slices.DeleteFunc(slices.Clone(m["mrr_monthly"]), func(row []any) bool { return row[1] != "USD" })
	slices.Reverse(inDollars)
	compare(revenue, "mrr-0", inDollars, 8, 9)
	compare(revenue, "mrr-movements-0", inDollars, 2, 3, 4, 5, 6, 7, 8)
	compare(revenue, "customers-0", inDollars, 9, 10)
	hours := open(t, b, desk1280, base+"contacts-by-hour.html")
	for view, rows := range map[string][][]any{"contacts-by-hour-0-1": m["contacts_by_hour"], "contacts-by-hour-0-0": m["contacts_by_hour"]} {
		column := map[byte]int{'0': 4, '1': 2}[view[len(view)-1]]
		got := slices.Concat(eval[[][]*float64](t, hours, fmt.Sprintf(tableNumbers, view))...)
		cells := len(got) / 7 // a sum stands at the end of each row of counts
		for i, row := range rows {
			if want, _ := asNumber(row[column]); len(got) < 168 || *got[i/24*cells+i%24] != want {
				t.Fatalf("%s: cell %d is not %v", view, i, want)
			}
		}
	}
	// The large figures are those of the last whole week.
	cards := eval[[]string](t, weekly, `Array.from(document.querySelectorAll('.card data')).map(d => d.value)`)
	last := m["first_response_weekly"][1]
	for i, want := range []any{m["contacts_weekly"][1][1], m["contacts_weekly"][1][3], last[5], last[6]} {
		if text := fmt.Sprint(want); cards[i] != text {
			t.Errorf("card %d shows %s, want %s", i+1, cards[i], text)
		}
	}
}

// everyPointIsDrawn: on a phone too, where most labels of an axis are left out,
// each number of a line has its point, that of the week that is not over among them.
func everyPointIsDrawn(t *testing.T, b context.Context, base string) {
	v := open(t, b, screen{scheme: "light", width: 390}, base+"weekly.html")
	got := eval[[]int](t, v, `(() => {
		let points = 0, numbers = 0;
		document.querySelectorAll('[data-drawn]').forEach(e => echarts.getInstanceByDom(e).getModel().getSeriesByType('line').forEach(series => {
			const data = series.getData();
			for (let i = 0; i < data.count(); i++) {
				if (isNaN(data.get('y', i))) continue;
				numbers++;
				if (data.getItemGraphicEl(i)) points++;
			}
		}));
		return [points, numbers];
	})()`)
	if want := 5*26 + 1; got[0] != want || got[1] != want { // one line with a sharp rise, two of three panels, and two of replies
		t.Errorf("%d points are drawn for %d numbers of %d", got[0], got[1], want)
	}
}

// namesAreText: hostile names are read as they were written, and did nothing.
func namesAreText(t *testing.T, b context.Context, base string) {
	v := open(t, b, desk1280, base+"segments.html")
	names := eval[[]string](t, v, `Array.from(document.querySelectorAll('#segments-view tbody th')).map(th => th.textContent)`)
	slices.Reverse(names)
	if !slices.Equal(names, hostile) {
		t.Errorf("the page shows %q", names)
	}
	v = open(t, b, desk1280, base+"messages.html")
	labels := eval[[]string](t, v, `echarts.getInstanceByDom(document.querySelector('[data-chart]')).getOption().yAxis[0].data`)
	slices.Sort(labels)
	if want := slices.Sorted(slices.Values(hostile)); !slices.Equal(labels, want) {
		t.Errorf("the chart shows %q", labels)
	}
}

func keyboardReachesAll(t *testing.T, b context.Context, base string) {
	v := open(t, b, desk1280, base+"contacts-by-hour.html")
	const focused = `(e => (e.textContent || e.value || '').trim().split('\n')[0] || e.name)(document.activeElement)`
	press := func(keys string) { t.Helper(); run(t, v, chromedp.KeyEvent(keys)) }
	press(kb.Tab)
	if got := eval[string](t, v, focused); got != "Skip to the figures" {
		t.Errorf("first comes %q", got)
	}
	var order []string
	for range 22 {
		press(kb.Tab)
		order = append(order, eval[string](t, v, focused))
	}
	for _, want := range []string{"Weekly support", "Table of the figures", "What this counts", "SQL", "CSV of Contacts by weekday and hour, last 8 weeks", "CSV of Contacts by weekday and hour, all of the history"} {
		if !slices.Contains(order, want) {
			t.Errorf("tab does not reach %q: %q", want, order)
		}
	}
	eval[bool](t, v, `document.querySelector('.switches input').focus() || true`)
	if ring := eval[string](t, v, `getComputedStyle(document.querySelector('.switches input:focus-visible + span')).outlineStyle`); ring != "solid" {
		t.Errorf("the focus is shown as %q", ring)
	}
	press(kb.ArrowRight)
	shown := eval[[]string](t, v, `Array.from(document.querySelectorAll('#contacts-by-hour .view')).filter(e => e.offsetHeight > 0).map(e => e.id)`)
	if !slices.Equal(shown, []string{"contacts-by-hour-1-0-view"}) {
		t.Errorf("after an arrow key these views are in sight: %q", shown)
	}
	eval[bool](t, v, `document.querySelector('.definition summary').focus() || true`)
	press(kb.Enter)
	if !eval[bool](t, v, `document.querySelector('.definition').open`) {
		t.Error("enter does not open the definition")
	}
	v.check(t, base)
}

// everythingIsNamed looks for what a screen reader needs.
func everythingIsNamed(t *testing.T, b context.Context, base string) {
	for _, r := range all {
		v := open(t, b, desk1280, base+r.file)
		faults := eval[[]string](t, v, `(() => {
			const faults = [];
			const say = (e, what) => faults.push(what + ': ' + e.outerHTML.slice(0, 120));
			const all = s => Array.from(document.querySelectorAll(s));
			if (!document.documentElement.lang || !document.title) say(document.documentElement, 'no language or title');
			if (all('h1').length !== 1 || all('main').length !== 1 || all('nav[aria-label]').length !== 1) say(document.body, 'landmarks');
			if (all('nav [aria-current=page]').length !== 1) say(document.body, 'no current page');
			all('[role=img], [role=region]').forEach(e => e.getAttribute('aria-label') || say(e, 'no name'));
			all('[role=img]').forEach(e => {
				const by = document.getElementById(e.getAttribute('aria-describedby'));
				(by && by.textContent.trim()) || say(e, 'no description');
			});
			all('table').forEach(t => {
				t.caption && t.caption.textContent.trim() || say(t, 'no caption');
				t.querySelectorAll('thead th:not([scope=col]), tbody th:not([scope=row])').forEach(th => say(th, 'no scope'));
				const wide = t.rows[0].cells.length;
				Array.from(t.rows).forEach(r => r.cells.length === wide || say(r, 'another number of cells'));
			});
			all('.chart').forEach(c => c.closest('.view').querySelector('table') || say(c, 'no table'));
			all('fieldset').forEach(f => f.querySelector('legend') || say(f, 'no legend'));
			const ids = all('[id]').map(e => e.id);
			ids.forEach((id, i) => ids.indexOf(id) === i || faults.push('id twice: ' + id));
			all('a[href]').forEach(a => a.textContent.trim() || say(a, 'no text'));
			return faults;
		})()`)
		for _, fault := range faults {
			t.Errorf("%s: %s", r.file, fault)
		}
	}
}

func chartsFollowTheScheme(t *testing.T, b context.Context, base string) {
	v := open(t, b, desk1280, base+"weekly.html")
	const color = `echarts.getInstanceByDom(document.querySelector('[data-chart]')).getOption().series[0].itemStyle.color`
	if got := eval[string](t, v, color); got != "#2a6aae" {
		t.Errorf("in the light the bars are %s", got)
	}
	call(t, v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
	if got := run(t, v, chromedp.Poll[string](`(c => c === '#8ab8ec' && c)(`+color+`)`)); got != "#8ab8ec" {
		t.Errorf("in the dark the bars are %s", got)
	}
	v.check(t, base)
}

func chartsArePrinted(t *testing.T, b context.Context, base string) {
	v := open(t, b, screen{scheme: "dark", width: 390}, base+"contacts-by-hour.html")
	const dark = `document.querySelectorAll('canvas.on-paper').length`
	eval[bool](t, v, `window.dispatchEvent(new Event('beforeprint'))`)
	if got := eval[int](t, v, dark); got != 3 {
		t.Errorf("%d charts are drawn for paper, want the three in sight", got)
	}
	eval[bool](t, v, `window.dispatchEvent(new Event('afterprint'))`)
	if got := eval[int](t, v, dark); got != 0 {
		t.Errorf("%d charts for paper are left", got)
	}
	if pdf := run(t, v, chromedp.PrintToPDF()); !bytes.HasPrefix(pdf, []byte("%PDF")) || !bytes.Contains(pdf, []byte("/Image")) {
		t.Errorf("%d bytes of paper without a picture", len(pdf))
	}
	v.check(t, base)
}

// chartsStandWithoutScripts: each chart is there as a picture, with its legend
// and its table, in the colours of the scheme; there is nothing to switch.
func chartsStandWithoutScripts(t *testing.T, b context.Context, base string) {
	for scheme, want := range map[string]string{"light": "rgb(42, 106, 174)", "dark": "rgb(138, 184, 236)"} {
		v := open(t, b, screen{scheme: scheme, width: 1280, plain: true}, base+"contacts-by-hour.html")
		call(t, v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: false})
		got := eval[[]int](t, v, `(() => {
			const inSight = s => Array.from(document.querySelectorAll(s)).filter(e => e.offsetHeight > 0 || e.getBoundingClientRect().height > 0).length;
			return [document.querySelectorAll('table').length - inSight('table'), document.querySelectorAll('.chart').length - inSight('.chart > svg'), inSight('.switches'), inSight('canvas')];
		})()`)
		if !slices.Equal(got, []int{0, 0, 0, 0}) {
			t.Errorf("%s, without scripts: tables and pictures out of sight, switches and canvases in sight: %v", scheme, got)
		}
		if cells := eval[int](t, v, `document.querySelectorAll('#contacts-by-hour-0-0-view svg path[fill^="var(--heat-"]').length`); cells != 7*24 {
			t.Errorf("%s: the picture has %d cells", scheme, cells)
		}
		v = open(t, b, screen{scheme: scheme, width: 1280, plain: true}, base+"weekly.html")
		call(t, v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: false})
		if bar := eval[string](t, v, `getComputedStyle(document.querySelector('#contacts-per-week-view svg path[fill="var(--series-1)"]')).fill`); bar != want {
			t.Errorf("%s: the bars of the picture are %s, want %s", scheme, bar, want)
		}
		v.KeepsTo(t, base)
	}
	// Where there are scripts, the live chart has taken the picture's place.
	v := open(t, b, desk1280, base+"weekly.html")
	if left := eval[int](t, v, `document.querySelectorAll('[data-drawn] > svg').length`); left != 0 {
		t.Errorf("%d pictures are left beside live charts", left)
	}
}

// scriptsWriteAsPagesDo: a duration reads the same on an axis and in a table.
func scriptsWriteAsPagesDo(t *testing.T, b context.Context, base string) {
	v := open(t, b, desk1280, base+"weekly.html")
	for seconds, want := range durations {
		if got := eval[string](t, v, fmt.Sprintf(`parleyCharts.formats.duration(%v)`, seconds)); got != want {
			t.Errorf("the script writes %v s as %q, want %q", seconds, got, want)
		}
	}
	for script, want := range map[string]string{
		`count(12345)`: "12,345", `ratio(0.076)`: "0.076", `ratio(0.11)`: "0.110", `ratio(0)`: "0", `ratio(12.5)`: "12.50", `ratio(12.345)`: "12.35", `money(1234.5, 'EUR')`: "EUR 1,234.50", `money(3000, 'EUR')`: "EUR 3,000", `money(2, '')`: "2",
	} {
		if got := eval[string](t, v, `parleyCharts.formats.`+script); got != want {
			t.Errorf("the script writes %s as %q, want %q", script, got, want)
		}
	}
}

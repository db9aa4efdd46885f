package catalogue

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"parley/reports/internal/browsertest"
)

var (
	wide  = browsertest.Screen{Scheme: "light", Width: 1280}
	phone = browsertest.Screen{Scheme: "dark", Width: 390}
)

// someTables are those whose pages are opened: ours, inputs, and the workspace's with all that can be wrong in them.
var someTables = []string{"contacts", "users", "settings", "settled_events", "segment_members", "outages", "stg_events", "good", "twice", "broken", "untyped", "index"}

// TestPagesInBrowser opens the pages in a real browser. With a folder named in
// PARLEY_TEST_SCREENSHOTS it leaves pictures of them there.
func TestPagesInBrowser(t *testing.T) {
	b := browsertest.Start(t)
	dir := write(t, gather(t, models(), true))
	served := browsertest.ServeWithPolicy(t, dir)
	pages := []string{"index.html"}
	for _, name := range someTables {
		pages = append(pages, "tables/"+pageOf(name))
	}
	for name, base := range map[string]string{"from disk": browsertest.FileURL(dir), "served": served} {
		for _, page := range pages {
			t.Run(name+" "+page, func(t *testing.T) {
				v := browsertest.Open(t, b, wide, base+page)
				for _, fault := range browsertest.Eval[[]string](t, v, isNamed) {
					t.Error(fault)
				}
				v.KeepsTo(t, base)
				if n := len(v.Requests()); n < 5 {
					t.Errorf("only %d requests were seen: %v", n, v.Requests())
				}
			})
		}
	}
	for _, page := range pages {
		t.Run("phone "+page, func(t *testing.T) {
			v := browsertest.Open(t, b, phone, served+page)
			if width := browsertest.Eval[int](t, v, `document.documentElement.scrollWidth`); width > 390 {
				t.Errorf("the page is %d pixels wide on a screen of 390", width)
			}
		})
	}
	t.Run("find", func(t *testing.T) { wordsFindTables(t, b, served) })
	t.Run("lineage", func(t *testing.T) { lineageIsDrawn(t, b, served) })
	t.Run("keyboard", func(t *testing.T) { keyboardFollowsTheLineage(t, b, served) })
	t.Run("plain", func(t *testing.T) { allStandsWithoutScripts(t, b, served) })
	t.Run("paper", func(t *testing.T) { pagesArePrinted(t, b, served) })
	t.Run("links", func(t *testing.T) { everyLinkLeadsSomewhere(t, b, dir) })
	if into := os.Getenv("PARLEY_TEST_SCREENSHOTS"); into != "" {
		takePictures(t, b, into, served, pages)
	}
}

// isNamed looks for what a screen reader needs.
const isNamed = `(() => {
	const faults = [];
	const say = (e, what) => faults.push(what + ': ' + e.outerHTML.slice(0, 120));
	const all = s => Array.from(document.querySelectorAll(s));
	if (!document.documentElement.lang || !document.title) say(document.documentElement, 'no language or title');
	if (all('h1').length !== 1 || all('main').length !== 1 || all('nav[aria-label]').length !== 1) say(document.body, 'landmarks');
	all('[role=region], [role=search]').forEach(e => e.getAttribute('aria-label') || say(e, 'no name'));
	all('svg').forEach(e => e.getAttribute('aria-labelledby').split(' ').every(id => document.getElementById(id).textContent.trim()) || say(e, 'no name'));
	all('svg a').forEach(e => e.querySelector('title').textContent.trim() && e.getAttribute('href') || say(e, 'no name or address'));
	all('table').forEach(t => {
		t.caption && t.caption.textContent.trim() || say(t, 'no caption');
		t.querySelectorAll('thead th:not([scope=col]), tbody th:not([scope=row])').forEach(th => say(th, 'no scope'));
		Array.from(t.rows).forEach(r => r.cells.length === t.rows[0].cells.length || say(r, 'another number of cells'));
	});
	all('section[aria-labelledby]').forEach(s => document.getElementById(s.getAttribute('aria-labelledby')) || say(s, 'no heading'));
	all('input').forEach(i => i.labels.length || say(i, 'no label'));
	const ids = all('[id]').map(e => e.id);
	ids.forEach((id, i) => ids.indexOf(id) === i || faults.push('id twice: ' + id));
	all('a[href]').forEach(a => a.textContent.trim() || say(a, 'no text'));
	return faults;
})()`

func wordsFindTables(t *testing.T, b context.Context, base string) {
	v := browsertest.Open(t, b, wide, base+"index.html")
	const shown = `Array.from(document.querySelectorAll('.listed [data-find]')).filter(e => e.offsetHeight > 0).map(e => e.querySelector('th').textContent)`
	all := browsertest.Eval[[]string](t, v, shown)
	browsertest.Eval[bool](t, v, `document.getElementById('find').focus() || true`)
	browsertest.Run(t, v, chromedp.KeyEvent("First Office_seconds"))
	found := browsertest.Eval[[]string](t, v, shown)
	if !slices.Contains(found, "contacts") || slices.Contains(found, "users") || len(all) < 80 || len(found) > 10 {
		t.Errorf("of %d tables are found: %q", len(all), found)
	}
	if status := browsertest.Eval[string](t, v, `document.querySelector('[role=status]').textContent`); !strings.Contains(status, " of ") {
		t.Errorf("a screen reader is told %q", status)
	}
	if headings := browsertest.Eval[[]string](t, v, `Array.from(document.querySelectorAll('.listed h2')).filter(e => e.offsetHeight > 0).map(e => e.textContent)`); slices.Contains(headings, "Settled tables") {
		t.Errorf("empty groups are in sight: %q", headings)
	}
	browsertest.Run(t, v, chromedp.KeyEvent(kb.Enter)) // sends nothing
	browsertest.Eval[bool](t, v, `(i => { i.value = ''; i.dispatchEvent(new Event('input')); return true; })(document.getElementById('find'))`)
	if again := browsertest.Eval[[]string](t, v, shown); len(again) != len(all) {
		t.Errorf("without a word %d tables are shown, %d before", len(again), len(all))
	}
	v.KeepsTo(t, base)
}

// lineageIsDrawn: names lie inside of their boxes, boxes apart, and lines begin
// and end at them, whatever letters the machine has.
func lineageIsDrawn(t *testing.T, b context.Context, base string) {
	for _, page := range []string{"index.html", "tables/contacts.html", "tables/settings.html"} {
		v := browsertest.Open(t, b, wide, base+page)
		faults := browsertest.Eval[[]string](t, v, `(() => {
			const faults = [], boxes = {};
			document.querySelectorAll('svg .node').forEach(node => {
				const box = node.querySelector('rect').getBBox(), text = node.querySelector('text').getBBox();
				boxes[node.dataset.name] = box;
				if (text.x < box.x || text.x + text.width > box.x + box.width || text.y < box.y || text.y + text.height > box.y + box.height) faults.push(node.dataset.name + ' does not fit');
			});
			const list = Object.entries(boxes);
			list.forEach(([a, x], i) => list.slice(i + 1).forEach(([b, y]) => {
				if (x.x < y.x + y.width && y.x < x.x + x.width && x.y < y.y + y.height && y.y < x.y + x.height) faults.push(a + ' overlaps ' + b);
			}));
			document.querySelectorAll('svg .lines path').forEach(path => {
				const from = boxes[path.dataset.from], to = boxes[path.dataset.to];
				const begin = path.getPointAtLength(0), end = path.getPointAtLength(path.getTotalLength());
				const near = (a, b) => Math.abs(a - b) < 1;
				if (!near(begin.x, from.x + from.width) || !near(begin.y, from.y + from.height / 2) || !near(end.x, to.x) || !near(end.y, to.y + to.height / 2)) faults.push('a line from ' + path.dataset.from + ' to ' + path.dataset.to + ' ends elsewhere');
				for (let at = 6; at < path.getTotalLength() - 6; at += 6) {
					const p = path.getPointAtLength(at);
					const hit = list.find(([, box]) => p.x > box.x + 1 && p.x < box.x + box.width - 1 && p.y > box.y + 1 && p.y < box.y + box.height - 1);
					if (hit) { faults.push('a line from ' + path.dataset.from + ' to ' + path.dataset.to + ' runs through ' + hit[0]); break; }
				}
			});
			const svg = document.querySelector('svg').viewBox.baseVal;
			list.forEach(([name, box]) => { if (box.x < 0 || box.y < 0 || box.x + box.width > svg.width || box.y + box.height > svg.height) faults.push(name + ' lies outside'); });
			return faults;
		})()`)
		for _, fault := range faults {
			t.Errorf("%s: %s", page, fault)
		}
	}
}

// keyboardFollowsTheLineage: each table of the drawing has the focus in turn,
// its lines stand out, and Enter opens its page.
func keyboardFollowsTheLineage(t *testing.T, b context.Context, base string) {
	v := browsertest.Open(t, b, wide, base+"tables/contacts.html")
	browsertest.Eval[bool](t, v, `document.querySelector('.lineage').focus() || true`)
	press := func(keys string) { t.Helper(); browsertest.Run(t, v, chromedp.KeyEvent(keys)) }
	press(kb.Tab)
	focused := browsertest.Eval[string](t, v, `document.activeElement.dataset.name`)
	if want := browsertest.Eval[string](t, v, `document.querySelector('svg .node').dataset.name`); focused != want {
		t.Fatalf("tab leads to %q, want the drawing's first, %q", focused, want)
	}
	got := browsertest.Eval[[]string](t, v, `[getComputedStyle(document.activeElement.querySelector('rect')).strokeWidth, String(document.querySelectorAll('.lines .on').length > 0)]`)
	if !slices.Equal(got, []string{"3.5px", "true"}) {
		t.Errorf("the focus is shown by a border of %s, its lines stand out: %s", got[0], got[1])
	}
	browsertest.Eval[bool](t, v, `document.addEventListener('click', e => { e.preventDefault(); window.opened = e.target.closest('a').href.baseVal; }) || true`)
	press(kb.Enter)
	if opened := browsertest.Eval[string](t, v, `window.opened`); opened != pageOf(focused) {
		t.Errorf("enter opens %q, want the page of %s", opened, focused)
	}
}

func allStandsWithoutScripts(t *testing.T, b context.Context, base string) {
	plain := wide
	plain.Plain = true
	v := browsertest.Open(t, b, plain, base+"index.html")
	// The page's own scripts are off; the test's are not.
	const counts = `[document.querySelectorAll('svg .node').length > 50, document.querySelectorAll('.listed tr').length > 80, document.querySelector('.find').offsetHeight === 0, !document.documentElement.classList.contains('js')]`
	if got := browsertest.Eval[[]bool](t, v, counts); !slices.Equal(got, []bool{true, true, true, true}) {
		t.Errorf("without scripts: drawn, listed, nothing that cannot be used, no script: %v", got)
	}
}

func pagesArePrinted(t *testing.T, b context.Context, base string) {
	for _, page := range []string{"index.html", "tables/contacts_weekly.html"} {
		v := browsertest.Open(t, b, browsertest.Screen{Scheme: "dark", Width: 1280}, base+page)
		if pdf := browsertest.Run(t, v, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4))); !bytes.HasPrefix(pdf, []byte("%PDF")) || len(pdf) < 20_000 {
			t.Errorf("%s: %d bytes of paper", page, len(pdf))
		}
		v.KeepsTo(t, base)
	}
}

// everyLinkLeadsSomewhere follows each link of each page, as a server has them beside the reports.
func everyLinkLeadsSomewhere(t *testing.T, b context.Context, dir string) {
	reports := http.NewServeMux()
	reports.Handle("/docs/", http.StripPrefix("/docs/", http.FileServer(http.Dir(dir))))
	reports.HandleFunc("/latest/index.html", func(http.ResponseWriter, *http.Request) {})
	server := httptest.NewServer(reports)
	t.Cleanup(server.Close)
	v := browsertest.Open(t, b, wide, server.URL+"/docs/index.html")
	faults := browsertest.Eval[[]string](t, v, `(() => {
		const faults = [], seen = new Set(), waiting = [location.href];
		while (waiting.length) {
			const at = waiting.pop();
			const answer = new XMLHttpRequest();
			answer.open('GET', at, false);
			answer.send();
			if (answer.status !== 200) { faults.push(answer.status + ' ' + at); continue; }
			const page = new DOMParser().parseFromString(answer.responseText, 'text/html');
			page.querySelectorAll('a[href], link[href], script[src]').forEach(a => {
				const to = new URL(a.getAttribute('href') || a.getAttribute('src'), at);
				to.hash = '';
				if (!seen.has(to.href)) { seen.add(to.href); waiting.push(to.href); }
			});
		}
		return faults.concat(seen.size < 90 ? ['only ' + seen.size + ' links'] : []);
	})()`)
	for _, fault := range faults {
		t.Error(fault)
	}
}

// takePictures draws pages in light, dark, on a phone and on paper into a folder: for people to look at.
func takePictures(t *testing.T, b context.Context, into, base string, pages []string) {
	for _, page := range pages {
		name := "docs-" + strings.ReplaceAll(strings.TrimSuffix(page, ".html"), "/", "-")
		for look, on := range map[string]browsertest.Screen{"light": wide, "dark": {Scheme: "dark", Width: 1280}, "phone": phone} {
			browsertest.Save(t, into, name+"-"+look+".png", browsertest.Run(t, browsertest.Open(t, b, on, base+page), chromedp.FullScreenshot(100)))
		}
		browsertest.Save(t, into, name+".pdf", browsertest.Run(t, browsertest.Open(t, b, wide, base+page), chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4))))
	}
}

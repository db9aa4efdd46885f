package reports

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"parley/sql/warehouse"
)

// openAt opens a page in a browser whose clock stands at an instant.
func openAt(t *testing.T, b context.Context, on screen, now time.Time, address string) *visit {
	t.Helper()
	v := open(t, b, on, "about:blank")
	call(t, v, cdppage.Enable, cdppage.EnableParams{})
	call(t, v, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{
		Source: fmt.Sprintf(`window.clock = %d; Date.now = function () { return window.clock; };`, now.UnixMilli()),
	})
	run(t, v, chromedp.Navigate(address))
	return v
}

// said is what a page says of builds; "" where that is not in sight.
const said = `(e => e.offsetHeight > 0 ? e.firstElementChild.textContent : '')(document.querySelector('[data-standing]'))`

// TestPagesTellOfBuilds opens pages at several times of day, in a real browser.
func TestPagesTellOfBuilds(t *testing.T) {
	b := browser(t)
	ended := testBuild().StartedAt.Add(4 * time.Second) // and due a minute and four seconds later
	const failing = "Builds have been failing since 1 July 2026, 10:31, 3 in a row. These figures are those of the last good one."
	late := func(by string) string {
		return "The last build is " + by + " late: the next one was expected by 1 July 2026, 10:31."
	}
	tests := map[string]struct {
		records []warehouse.Build
		every   time.Duration
		now     time.Time
		want    string
	}{
		"in time":                 {wellBuilt(), time.Minute, ended.Add(90 * time.Second), ""},
		"not late yet":            {wellBuilt(), time.Minute, ended.Add(2*time.Minute + 3*time.Second), ""},
		"a minute late":           {wellBuilt(), time.Minute, ended.Add(2*time.Minute + 4*time.Second), late("1 minute")},
		"days late":               {wellBuilt(), time.Minute, ended.Add(53*time.Hour + 10*time.Minute + 4*time.Second), late("2 days 5 hours")},
		"hours and minutes late":  {wellBuilt(), time.Minute, ended.Add(3*time.Hour + 2*time.Minute + 4*time.Second), late("3 hours 1 minute")},
		"a pinned clock":          {wellBuilt(), 0, ended.AddDate(10, 0, 0), ""},
		"a clock that is behind":  {wellBuilt(), time.Minute, ended.AddDate(-1, 0, 0), ""},
		"failing":                 {thenFailing(), time.Minute, ended.Add(4 * time.Minute), failing},
		"failing, and none tried": {thenFailing(), time.Minute, ended.Add(24 * time.Hour), failing + " None has been tried since 1 July 2026, 10:33."},
	}
	for name, test := range tests {
		dir := writeWith(t, historyIs(wellBuilt(), test.every))
		if err := WriteBuilds(t.Context(), buildsConfig(dir, historyIs(test.records, test.every))); err != nil {
			t.Fatal(err)
		}
		latest := filepath.Join(dir, latestName)
		for how, base := range map[string]string{"by double click": fileURL(latest), "served": serveWithPolicy(t, latest)} {
			for _, file := range []string{"index.html", buildsFile} {
				t.Run(name+", "+how+", "+file, func(t *testing.T) {
					v := openAt(t, b, desk1280, test.now, base+file)
					if got := eval[string](t, v, said); got != test.want {
						t.Errorf("the page says %q, want %q", got, test.want)
					}
					v.ForgetFirst() // the blank page
					v.check(t, base)
				})
			}
		}
	}
	t.Run("a page that stays open", func(t *testing.T) { anOpenPageLearns(t, b, ended) })
	t.Run("a page on its own", func(t *testing.T) { aPageOnItsOwn(t, b, ended) })
	t.Run("without scripts", func(t *testing.T) { withoutScripts(t, b) })
	if into := os.Getenv("PARLEY_TEST_SCREENSHOTS"); into != "" {
		dir := writeWith(t, historyIs(wellBuilt(), time.Minute))
		if err := WriteBuilds(t.Context(), buildsConfig(dir, historyIs(thenFailing(), time.Minute))); err != nil {
			t.Fatal(err)
		}
		base := serveWithPolicy(t, filepath.Join(dir, latestName))
		for look, on := range map[string]screen{"light": desk1280, "dark": {scheme: "dark", width: 1280}, "phone": {scheme: "light", width: 390}} {
			for _, file := range []string{"index", "builds"} {
				v := openAt(t, b, on, ended.Add(time.Hour), base+file+".html")
				eval[bool](t, v, `document.querySelectorAll('details.numbers').forEach(e => e.open = true) || true`)
				save(t, into, "failing-"+file+"-"+look+".png", run(t, v, chromedp.FullScreenshot(100)))
			}
		}
	}
}

// anOpenPageLearns of a build that failed, and of one that was published again, when it is looked at.
func anOpenPageLearns(t *testing.T, b context.Context, ended time.Time) {
	dir := writeWith(t, historyIs(wellBuilt(), time.Minute))
	v := openAt(t, b, desk1280, ended, serveWithPolicy(t, filepath.Join(dir, latestName))+"index.html")
	// In the background a page does not ask; this tab counts as the one in front.
	call(t, v, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	again := append(thenFailing(), aBuild(-4, warehouse.Published))
	for _, step := range []struct {
		records []warehouse.Build
		want    string
	}{{thenFailing(), "Builds have been failing"}, {again, ""}} {
		if err := WriteBuilds(t.Context(), buildsConfig(dir, historyIs(step.records, time.Minute))); err != nil {
			t.Fatal(err)
		}
		eval[bool](t, v, `document.dispatchEvent(new Event('visibilitychange'))`)
		run(t, v, chromedp.Poll[bool](fmt.Sprintf(`(text => %q ? text.startsWith(%q) : text === '')(%s)`, step.want, step.want, said)))
	}
}

// aPageOnItsOwn, taken out of its folder, says nothing that it cannot know.
func aPageOnItsOwn(t *testing.T, b context.Context, ended time.Time) {
	dir := filepath.Join(writeWith(t, historyIs(wellBuilt(), time.Minute)), latestName)
	if err := os.Remove(filepath.Join(dir, standingFile)); err != nil {
		t.Fatal(err)
	}
	v := openAt(t, b, desk1280, ended.AddDate(1, 0, 0), fileURL(dir)+"index.html")
	if got := eval[string](t, v, said); got != "" {
		t.Errorf("it says %q", got)
	}
}

// withoutScripts the page of builds says by itself that they fail, and each page which build it is of.
func withoutScripts(t *testing.T, b context.Context) {
	dir := writeWith(t, historyIs(wellBuilt(), time.Minute))
	if err := WriteBuilds(t.Context(), buildsConfig(dir, historyIs(thenFailing(), time.Minute))); err != nil {
		t.Fatal(err)
	}
	v := open(t, b, screen{scheme: "light", width: 1280, plain: true}, fileURL(filepath.Join(dir, latestName))+buildsFile)
	call(t, v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: false})
	if got := eval[string](t, v, said); got == "" {
		t.Error("the page of builds does not say that they fail")
	}
	has(t, filepath.Join(dir, latestName), "index.html", "of 1 July 2026, 10:30:")
}

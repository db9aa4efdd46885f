package reports

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"parley/reports/internal/browsertest"
)

// screen is what a page is looked at on.
type screen struct {
	scheme string // light or dark
	width  int64  // pixels
	plain  bool   // without JavaScript
}

var desk1280 = screen{scheme: "light", width: 1280}

// visit is a tab in which a page is open.
type visit struct{ *browsertest.Visit }

func browser(t *testing.T) context.Context { t.Helper(); return browsertest.Start(t) }

func open(t *testing.T, browser context.Context, on screen, address string) *visit {
	t.Helper()
	return &visit{browsertest.Open(t, browser, browsertest.Screen{Scheme: on.scheme, Width: on.width, Plain: on.plain}, address)}
}

func call[P, R any](t *testing.T, v *visit, command cdp.Command[P, R], params P) R {
	t.Helper()
	return browsertest.Call(t, v.Visit, command, params)
}

func run[T any](t *testing.T, v *visit, action chromedp.Action[T]) T {
	t.Helper()
	return browsertest.Run(t, v.Visit, action)
}

// eval runs a script in the page and gives its value.
func eval[T any](t *testing.T, v *visit, script string) T {
	t.Helper()
	return browsertest.Eval[T](t, v.Visit, script)
}

func serveWithPolicy(t *testing.T, dir string) string {
	t.Helper()
	return browsertest.ServeWithPolicy(t, dir)
}

func save(t *testing.T, into, name string, content []byte) {
	t.Helper()
	browsertest.Save(t, into, name, content)
}

func fileURL(dir string) string { return browsertest.FileURL(dir) }

// takePictures draws every page in light, dark, on a phone, without scripts and
// on paper into a folder: for people to look at.
func takePictures(t *testing.T, b context.Context, into, name, base string) {
	for _, r := range all {
		file := name + "-" + strings.TrimSuffix(r.file, ".html")
		for look, on := range map[string]screen{
			"light": desk1280, "dark": {scheme: "dark", width: 1280}, "phone": {scheme: "light", width: 390}, "phone-dark": {scheme: "dark", width: 390},
			"plain": {scheme: "light", width: 1280, plain: true},
		} {
			save(t, into, file+"-"+look+".png", run(t, open(t, b, on, base+r.file), chromedp.FullScreenshot(100)))
		}
		save(t, into, file+".pdf", run(t, open(t, b, screen{scheme: "dark", width: 1280}, base+r.file), chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4))))
	}
}

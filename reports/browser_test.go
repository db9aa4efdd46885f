package reports

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// policy lets a page use its own files and nothing else: no script and no style
// that stands in the page.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"

// chromium is the browser to test with, by CHROMIUM or from PATH.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const missing = "no Chromium: install it (Debian's package chromium) or name it in CHROMIUM"
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// browser is one running Chromium; each page opens in a tab of its own.
func browser(t *testing.T) context.Context {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(chromium(t)),
		chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("force-color-profile", "srgb"),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.WSURLReadTimeout(60*time.Second),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return ctx
}

// screen is what a page is looked at on.
type screen struct {
	scheme string // light or dark
	width  int64  // pixels
	plain  bool   // without JavaScript
}

var desk1280 = screen{scheme: "light", width: 1280}

// visit is a tab with all that went wrong in it.
type visit struct {
	ctx context.Context

	mu       sync.Mutex
	faults   []string
	requests []string
}

func open(t *testing.T, browser context.Context, on screen, address string) *visit {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	v := &visit{ctx: ctx}
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, v.notice); err != nil {
		t.Fatal(err)
	}
	call(t, v, network.Enable, network.EnableParams{})
	call(t, v, log.Enable, cdp.Empty{})
	call(t, v, runtime.Enable, cdp.Empty{})
	call(t, v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: on.scheme}},
	})
	call(t, v, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: on.width, Height: 900, DeviceScaleFactor: 1, Mobile: on.width < 600,
	})
	call(t, v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: on.plain})
	run(t, v, chromedp.Navigate(address))
	return v
}

func (v *visit) notice(event any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		v.faults = append(v.faults, "exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		v.faults = append(v.faults, fmt.Sprintf("console.%s: %s", e.Type, e.Args[0].Value))
	case *log.EventEntryAdded:
		v.faults = append(v.faults, fmt.Sprintf("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL))
	case *network.EventLoadingFailed:
		v.faults = append(v.faults, "loading failed: "+e.ErrorText)
	case *network.EventRequestWillBeSent:
		v.requests = append(v.requests, e.Request.URL)
	}
}

func call[P, R any](t *testing.T, v *visit, command cdp.Command[P, R], params P) R {
	t.Helper()
	answer, err := chromedp.Call(v.ctx, command, params)
	if err != nil {
		t.Fatalf("%s: %v", command.Method, err)
	}
	return answer
}

func run[T any](t *testing.T, v *visit, action chromedp.Action[T]) T {
	t.Helper()
	value, err := chromedp.Run(v.ctx, action)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// eval runs a script in the page and gives its value.
func eval[T any](t *testing.T, v *visit, script string) T {
	t.Helper()
	return run(t, v, chromedp.Evaluate[T](script))
}

// serveWithPolicy serves a folder as `parley serve` does: under a policy.
func serveWithPolicy(t *testing.T, dir string) string {
	t.Helper()
	files := http.FileServer(http.Dir(dir))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/"
}

func fileURL(dir string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(dir) + "/"}).String()
}

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

func save(t *testing.T, into, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(into, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(into, name), content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Package browsertest opens pages in a real browser, for tests of pages. It
// does not know what is on them.
package browsertest

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

// Start starts a Chromium, which ends with the test; each page opens in a tab of its own.
func Start(t *testing.T) context.Context {
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

// Screen is what a page is looked at on.
type Screen struct {
	Scheme string // light or dark
	Width  int64  // pixels
	Plain  bool   // without JavaScript
}

// Visit is a tab with all that went wrong in it.
type Visit struct {
	ctx context.Context

	mu       sync.Mutex
	faults   []string
	requests []string
}

// Open opens an address in a tab of a browser that Start started.
func Open(t *testing.T, browser context.Context, on Screen, address string) *Visit {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	v := &Visit{ctx: ctx}
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, v.notice); err != nil {
		t.Fatal(err)
	}
	Call(t, v, network.Enable, network.EnableParams{})
	Call(t, v, log.Enable, cdp.Empty{})
	Call(t, v, runtime.Enable, cdp.Empty{})
	Call(t, v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: on.Scheme}},
	})
	Call(t, v, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: on.Width, Height: 900, DeviceScaleFactor: 1, Mobile: on.Width < 600,
	})
	Call(t, v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: on.Plain})
	Run(t, v, chromedp.Navigate(address))
	return v
}

// Faults are what went wrong so far: exceptions, words on the console, what did not load.
func (v *Visit) Faults() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.faults)
}

// Requests are the addresses that were asked for so far.
func (v *Visit) Requests() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.requests)
}

// ForgetFirst leaves the first request out of account.
func (v *Visit) ForgetFirst() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.requests = v.requests[1:]
}

// KeepsTo holds that nothing went wrong, and that nothing outside of base was asked for.
func (v *Visit) KeepsTo(t *testing.T, base string) {
	t.Helper()
	for _, fault := range v.Faults() {
		t.Error(fault)
	}
	for _, request := range v.Requests() {
		if at, err := url.Parse(request); err != nil || !strings.HasPrefix(request, base) && at.Scheme != "data" {
			t.Errorf("asked for %s, outside of %s", request, base)
		}
	}
}

func (v *Visit) notice(event any) {
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

// Call gives the browser a command of its own protocol.
func Call[P, R any](t *testing.T, v *Visit, command cdp.Command[P, R], params P) R {
	t.Helper()
	answer, err := chromedp.Call(v.ctx, command, params)
	if err != nil {
		t.Fatalf("%s: %v", command.Method, err)
	}
	return answer
}

// Run does an action in the tab.
func Run[T any](t *testing.T, v *Visit, action chromedp.Action[T]) T {
	t.Helper()
	value, err := chromedp.Run(v.ctx, action)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// Eval runs a script in the page and gives its value.
func Eval[T any](t *testing.T, v *Visit, script string) T {
	t.Helper()
	return Run(t, v, chromedp.Evaluate[T](script))
}

// ServeWithPolicy serves a folder as `parley serve` does: under a policy.
func ServeWithPolicy(t *testing.T, dir string) string {
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

// FileURL is how a folder is opened from disk.
func FileURL(dir string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(dir) + "/"}).String()
}

// Save writes a picture into a folder, for people to look at.
func Save(t *testing.T, into, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(into, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(into, name), content, 0o644); err != nil {
		t.Fatal(err)
	}
}

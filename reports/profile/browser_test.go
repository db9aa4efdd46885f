package profile

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"parley/reports/internal/browsertest"
)

// serve answers with the pages of ann's marts, under the policy of `parley serve`.
func serve(t *testing.T) string {
	t.Helper()
	long := strings.Repeat("b", 300) + "@x.example"
	query, _ := marts(t, append(ann,
		fmt.Sprintf("update users set email = '%s' where person_id = 'u:k1'", long),
		fmt.Sprintf("insert into person_keys (person_id, user_id, key_kind, key, first_seen_at) values ('u:k1', 'k1', 'email', '%s', '2026-02-01 08:00:00+00')", long),
		fmt.Sprintf("insert into identity_map (person_id, user_id, key_kind, key, valid_to, why) values ('u:k1', 'k1', 'email', '%s', '2026-05-01 00:00:00+00', 'merged')", long),
	)...)
	look, err := Look()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'")
		if name, ok := strings.CutPrefix(r.URL.Path, "/look/"); ok {
			w.Header().Set("Content-Type", map[bool]string{true: "image/svg+xml", false: "text/css"}[strings.HasSuffix(name, ".svg")])
			_, _ = w.Write(look[name])
			return
		}
		of := OfPerson
		if strings.HasPrefix(r.URL.Path, "/companies/") {
			of = OfCompany
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		p, err := of(r.Context(), query, r.URL.Query().Get("id"), 5)
		if err != nil {
			err = WriteSearch(w, Person, r.URL.Query().Get("id"), err.Error(), settings)
		} else {
			err = p.WriteHTML(w, settings)
		}
		if err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL + "/"
}

// TestProfilesInBrowser opens the pages in a real browser. With a folder named in
// PARLEY_TEST_SCREENSHOTS it leaves pictures of them there.
func TestProfilesInBrowser(t *testing.T) {
	b := browsertest.Start(t)
	base := serve(t)
	for name, path := range map[string]string{"person": "people/?id=7", "long": "people/?id=u:k1", "company": "companies/?id=6", "nobody": "people/?id=" + strings.Repeat("nobody", 50)} {
		for screen, on := range map[string]browsertest.Screen{
			"light": {Scheme: "light", Width: 1280}, "dark": {Scheme: "dark", Width: 1280}, "phone": {Scheme: "light", Width: 390}, "plain": {Scheme: "light", Width: 1280, Plain: true},
		} {
			t.Run(name+" "+screen, func(t *testing.T) {
				v := browsertest.Open(t, b, on, base+path)
				if into := os.Getenv("PARLEY_TEST_SCREENSHOTS"); into != "" {
					browsertest.Save(t, into, name+"-"+screen+".png", browsertest.Run(t, v, chromedp.FullScreenshot(100)))
				}
				v.KeepsTo(t, base)
				if on.Plain {
					return
				}
				if width := browsertest.Eval[int64](t, v, "document.documentElement.scrollWidth"); width > on.Width {
					t.Errorf("the page is %d pixels wide on a screen of %d", width, on.Width)
				}
				tables := "#keys .scroll" // others may have to be scrolled
				if on.Width < 600 {
					tables = ".scroll"
				}
				if cut := browsertest.Eval[int](t, v, `Array.from(document.querySelectorAll('`+tables+`')).filter(e => e.scrollWidth > e.clientWidth).length`); cut > 0 {
					t.Errorf("%d tables are wider than their place", cut)
				}
				if broken := browsertest.Eval[int](t, v, `Array.from(document.querySelectorAll('#keys tbody th bdi, #keys td.moment bdi')).filter(e => e.getClientRects().length > 1).length`); broken > 0 {
					t.Errorf("%d kinds of keys or times are broken over lines", broken)
				}
				if nameless := browsertest.Eval[int](t, v, `Array.from(document.querySelectorAll('a, button, input')).filter(e =>
					!(e.textContent.trim() || e.getAttribute('aria-label') || (e.labels && e.labels.length))).length`); nameless > 0 {
					t.Errorf("%d links or fields have no name", nameless)
				}
			})
		}
	}
}

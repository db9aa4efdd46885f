package server_test

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/cmd/server"
	"parley/sql/warehouse"
)

// start serves a folder with one report on listen, and gives the server's URL.
func start(t *testing.T, listen string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"reports/latest/index.html": "the index", "reports/latest/assets/a.css": "body{}", "reports/2026-06-25/index.html": "an old one", "reports/docs/tables/users.html": "the users", "parley.yaml": "secret",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../parley.yaml", filepath.Join(dir, "reports", "latest", "link.html")); err != nil {
		t.Fatal(err)
	}
	s, err := server.New(t.Context(), server.Config{
		Listen: listen, Reports: filepath.Join(dir, "reports"), Token: "open sesame",
		Open: func(context.Context) (*warehouse.Reader, error) { return nil, warehouse.ErrNoBuild },
	})
	if err != nil {
		t.Fatal(err)
	}
	serve(t, s)
	address, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	return "http://127.0.0.1:" + address.Port()
}

func get(t *testing.T, client *http.Client, method, address, body string, header map[string]string) (int, string, http.Header) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range header {
		if key == "Host" {
			request.Host = value
			continue
		}
		request.Header.Set(key, value)
	}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text), answer.Header
}

func TestOnThisMachine(t *testing.T) {
	t.Parallel()
	base := start(t, "127.0.0.1:0")
	token := map[string]string{"Authorization": "Bearer open sesame"}
	for _, test := range []struct {
		method, path, body string
		header             map[string]string
		status             int
		text               string
	}{
		{"GET", "/", "", nil, 200, "the index"},
		{"GET", "/assets/a.css", "", nil, 200, "body{}"},
		{"GET", "/on/2026-06-25/", "", nil, 200, "an old one"},
		{"GET", "/docs/", "", nil, 404, "<code>parley docs</code>"},
		{"GET", "/docs", "", nil, 404, "<code>parley docs</code>"}, // led on to /docs/
		{"GET", "/docs/tables/users.html", "", nil, 200, "the users"},
		{"GET", "/docs/..%2f..%2fparley.yaml", "", nil, 404, ""},
		{"GET", "/latest/index.html", "", nil, 200, "the index"}, // to which the catalogue's pages lead
		{"GET", "/assets/", "", nil, 404, ""},                    // no listing
		{"GET", "/link.html", "", nil, 404, ""},                  // a link that leads out of the reports
		{"GET", "/..%2f..%2fparley.yaml", "", nil, 404, ""},
		{"GET", "/on/..%2f../parley.yaml", "", nil, 404, ""},
		{"GET", "/healthz", "", nil, 200, "ok"},
		{"GET", "/", "", map[string]string{"Host": "evil.example"}, 421, "only to its own address"},
		{"GET", "/", "", map[string]string{"Host": "localhost:8780"}, 200, "the index"},
		{"POST", "/v1/sql", `{"query": "select 1"}`, nil, 401, "Authorization"},
		{"POST", "/v1/sql", `{"query": "select 1"}`, map[string]string{"Authorization": "Bearer "}, 401, "Authorization"},
		{"POST", "/v1/sql", `{"query": "select 1"}`, token, 404, "no build"},
		{"POST", "/v1/sql", `select 1`, token, 400, `send {\"query\"`},
	} {
		status, text, header := get(t, http.DefaultClient, test.method, base+test.path, test.body, test.header)
		if status != test.status || !strings.Contains(text, test.text) || strings.Contains(text, "secret") {
			t.Errorf("%s %s %v: %d %q, want %d %q", test.method, test.path, test.header, status, text, test.status, test.text)
		}
		if policy := header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") {
			t.Errorf("%s: policy is %q", test.path, policy)
		}
	}
}

func TestBeyondThisMachineTheTokenIsAskedFor(t *testing.T) {
	t.Parallel()
	base := start(t, "0.0.0.0:0")
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	if status, text, _ := get(t, browser, "GET", base+"/", "", nil); status != 401 || strings.Contains(text, "the index") {
		t.Errorf("a stranger gets %d %q", status, text)
	}
	if status, text, _ := get(t, browser, "GET", base+"/docs/tables/users.html", "", nil); status != 401 || strings.Contains(text, "the users") {
		t.Errorf("a stranger gets %d %q of the catalogue", status, text)
	}
	if status, _, _ := get(t, browser, "GET", base+"/healthz", "", nil); status != 200 {
		t.Errorf("health is open: %d", status)
	}
	if status, text, _ := get(t, browser, "GET", base+"/", "", map[string]string{"Authorization": "Bearer open sesame"}); status != 200 || text != "the index" {
		t.Errorf("with the token: %d %q", status, text)
	}
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	if status, text, _ := get(t, browser, "POST", base+"/login", "token=wrong", form); status != 401 || !strings.Contains(text, "not the token") {
		t.Errorf("a wrong token: %d %q", status, text)
	}
	if status, text, _ := get(t, browser, "POST", base+"/login", "token=open+sesame", form); status != 200 || text != "the index" {
		t.Errorf("logging in leads to %d %q", status, text)
	}
	if status, text, _ := get(t, browser, "GET", base+"/on/2026-06-25/", "", nil); status != 200 || text != "an old one" {
		t.Errorf("logged in: %d %q", status, text)
	}
	if status, _, _ := get(t, browser, "POST", base+"/v1/sql", `{"query": "select 1"}`, nil); status != 401 {
		t.Errorf("the cookie is no token for SQL: %d", status)
	}
}

func TestTokenIsMadeOnceAndNeverEmpty(t *testing.T) {
	t.Setenv("PARLEY_TOKEN", "")
	file := filepath.Join(t.TempDir(), ".parley", "token")
	first, err := server.Token(file)
	if err != nil || len(first) < 20 {
		t.Fatalf("%q, %v", first, err)
	}
	if again, err := server.Token(file); err != nil || again != first {
		t.Errorf("%q then %q, %v", first, again, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("readable by others: %v, %v", info.Mode(), err)
	}
	t.Setenv("PARLEY_TOKEN", "mine")
	if token, err := server.Token(file); err != nil || token != "mine" {
		t.Errorf("%q, %v", token, err)
	}
	if _, err := server.New(t.Context(), server.Config{Listen: "127.0.0.1:0"}); err == nil {
		t.Error("an empty token is taken")
	}
}

package server_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/cmd/server"
	"parley/sql/warehouse"
)

// startWithMarts serves one build, whose mart `numbers` holds 0 to 9; closed
// tells of each reader that was closed.
func startWithMarts(t *testing.T, limit time.Duration) (address string, closed <-chan struct{}) {
	t.Helper()
	marts := t.TempDir()
	dir := filepath.Join(marts, "b1")
	if err := os.MkdirAll(filepath.Join(dir, "numbers"), 0o755); err != nil {
		t.Fatal(err)
	}
	engine, err := warehouse.Open(t.Context(), warehouse.Config{MemoryLimit: "256MB", Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = engine.Write(t.Context(), "select range as n, 29.00::decimal(18,2) as price, date '2026-06-22' as day from range(10)", filepath.Join(dir, "numbers", "numbers.parquet"))
	if err := errors.Join(err, engine.Close()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(filepath.Join(dir, warehouse.RecordName), []byte(`{"build_id": "b1"}`), 0o644), os.Symlink("b1", filepath.Join(marts, warehouse.CurrentName))); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{}, 100)
	s, err := server.New(t.Context(), server.Config{
		Listen: "127.0.0.1:0", Reports: t.TempDir(), Token: "open sesame",
		Open: func(ctx context.Context) (*warehouse.Reader, error) {
			context.AfterFunc(ctx, func() { ended <- struct{}{} })
			return warehouse.OpenCurrent(ctx, marts, warehouse.ReaderConfig{Engine: warehouse.Config{MemoryLimit: "128MB", Threads: 1}, TimeLimit: limit})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	serve(t, s)
	return strings.TrimSuffix(s.URL(), "/") + "/v1/sql", ended
}

var sesame = map[string]string{"Authorization": "Bearer open sesame"}

func with(header map[string]string, key, value string) map[string]string {
	more := map[string]string{key: value}
	for k, v := range header {
		more[k] = v
	}
	return more
}

func TestSQL(t *testing.T) {
	t.Parallel()
	address, _ := startWithMarts(t, time.Minute)
	long := `{"query": "select '` + strings.Repeat("x", 1<<20) + `'"}`
	for _, test := range []struct {
		name, accept, body string
		status             int
		mediaType, text    string
	}{
		{"json", "", `{"query": "from numbers limit 2"}`, 200, "application/json", "[\n{\"n\": 0, \"price\": 29.00, \"day\": \"2026-06-22\"},\n{\"n\": 1, \"price\": 29.00, \"day\": \"2026-06-22\"}\n]\n"},
		{"nothing", "*/*", `{"query": "from numbers where n > ?", "values": [100]}`, 200, "application/json", "[]\n"},
		{"csv", "text/csv", `{"query": "select n, null as x from numbers where n >= 9"}`, 200, "text/csv", "n,x\n9,\n"},
		{"the first known", "text/html, text/csv;q=0.9", `{"query": "select 1 as a"}`, 200, "text/csv", "a\n1\n"},
		{"values", "text/csv", `{"query": "select ? as t, ? as n, ? as f, ? as b, ? as nothing, list_contains(?, 'b') as l", "values": ["x'; drop", 3, 1.5, true, null, ["a", "b"]]}`, 200, "text/csv", "t,n,f,b,nothing,l\nx'; drop,3,1.5,true,,true\n"},
		{"a date as text", "text/csv", `{"query": "select count(*) as n from numbers where day = ? and price > ?", "values": ["2026-06-22", 28.5]}`, 200, "text/csv", "n\n10\n"},
		{"not acceptable", "text/html", `{"query": "select 1"}`, 406, "application/json", `{"error":{"message":"an answer comes as application/json, text/csv, application/vnd.apache.arrow.stream, application/vnd.apache.parquet"}}` + "\n"},
		{"its place", "", `{"query": "select n\nfrom number"}`, 400, "application/json", `{"error":{"message":"unknown table \"number\"; did you mean \"numbers\"?","line":2,"column":6}}` + "\n"},
		{"refused", "", `{"query": "drop view numbers"}`, 400, "application/json", `{"error":{"message":"DROP is no query; here one can only read: SELECT, FROM, WITH, VALUES, DESCRIBE, SHOW, SUMMARIZE, EXPLAIN, PIVOT"}}` + "\n"},
		{"its first row fails", "application/vnd.apache.arrow.stream", `{"query": "select error('it <broke>')"}`, 400, "application/json", `{"error":{"message":"it <broke>"}}` + "\n"},
		{"too few values", "", `{"query": "select ?"}`, 400, "application/json", `{"error":{"message":"the statement has 1 parameters and was given 0 values"}}` + "\n"},
		{"an object", "", `{"query": "select ?", "values": [{}]}`, 400, "application/json", `{"error":{"message":"value 1: an object cannot be bound; send text, a number, true, false, null, or a list of them"}}` + "\n"},
		{"a huge number", "", `{"query": "select ?", "values": [99999999999999999999]}`, 400, "application/json", `{"error":{"message":"value 1: 99999999999999999999 has more than 64 bits; send it as text, and cast it in the query"}}` + "\n"},
		{"unknown key", "", `{"query": "select 1", "limit": 3}`, 400, "application/json", `{"error":{"message":"send {\"query\": \"from contacts_weekly where contacts > ?\", \"values\": [10]} (json: unknown field \"limit\")"}}` + "\n"},
		{"two questions", "", `{"query": "select 1"} {}`, 400, "application/json", `{"error":{"message":"send {\"query\": \"from contacts_weekly where contacts > ?\", \"values\": [10]}, and nothing behind it"}}` + "\n"},
		{"too long", "", long, 413, "application/json", `{"error":{"message":"a question has 1048576 bytes at most"}}` + "\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			status, text, header := get(t, http.DefaultClient, "POST", address, test.body, with(sesame, "Accept", test.accept))
			if status != test.status || header.Get("Content-Type") != test.mediaType {
				t.Errorf("%d %s, want %d %s", status, header.Get("Content-Type"), test.status, test.mediaType)
			}
			if diff := cmp.Diff(test.text, text); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSQLInColumns(t *testing.T) {
	t.Parallel()
	address, _ := startWithMarts(t, time.Minute)
	for mediaType, ends := range map[string]string{"application/vnd.apache.arrow.stream": "\xff\xff\xff\xff\x00\x00\x00\x00", "application/vnd.apache.parquet": "PAR1"} {
		status, text, header := get(t, http.DefaultClient, "POST", address, `{"query": "from numbers where n < ?", "values": [5]}`, with(sesame, "Accept", mediaType))
		if status != 200 || header.Get("Content-Type") != mediaType || !strings.HasSuffix(text, ends) {
			t.Errorf("%s: %d %s, %d bytes", mediaType, status, header.Get("Content-Type"), len(text))
		}
	}
}

// ask begins a question and gives its answer, whose body the caller reads.
func ask(t *testing.T, ctx context.Context, address, accept, query string) *http.Response {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range with(sesame, "Accept", accept) {
		request.Header.Set(key, value)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return answer
}

// Rows come for ever: each of them is there before the next is computed.
const endless = "select range as n, repeat('x', 100) as x from range(1000000000000)"

func TestSQLStreams(t *testing.T) {
	t.Parallel()
	address, closed := startWithMarts(t, time.Minute)
	for _, accept := range []string{"application/json", "text/csv", "application/vnd.apache.arrow.stream"} {
		ctx, leave := context.WithCancel(t.Context())
		answer := ask(t, ctx, address, accept, endless)
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", accept, answer.Status)
		}
		if _, err := bufio.NewReader(answer.Body).Peek(1000); err != nil {
			t.Errorf("%s: no first rows: %v", accept, err)
		}
		leave() // the client goes: the query ends
		<-closed
	}
	// More of them than have a place at once: those before have given theirs up.
	for range 5 {
		ctx, leave := context.WithCancel(t.Context())
		if answer := ask(t, ctx, address, "", endless); answer.StatusCode != http.StatusOK {
			t.Errorf("%s", answer.Status)
		}
		leave()
	}
}

func TestSQLThatBreaksIsNotTakenForWhole(t *testing.T) {
	t.Parallel()
	address, _ := startWithMarts(t, time.Minute)
	for _, accept := range []string{"application/json", "text/csv", "application/vnd.apache.arrow.stream"} {
		// Far beyond what the engine computes ahead of the reader.
		answer := ask(t, t.Context(), address, accept, "select case when range = 2000000 then error('it broke') else repeat('x', 100) end as n from range(4000000)")
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", accept, answer.Status)
		}
		n, err := io.Copy(io.Discard, answer.Body)
		if n == 0 || err == nil {
			t.Errorf("%s: %d bytes and then %v, want an error", accept, n, err)
		}
	}
}

func TestSQLWithinItsLimits(t *testing.T) {
	t.Parallel()
	address, _ := startWithMarts(t, time.Minute)
	answer := ask(t, t.Context(), address, "", "select string_agg(repeat('x', 1000), '') from range(1000000)")
	text, err := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusUnprocessableEntity || err != nil || !strings.Contains(string(text), "more memory than it may use") {
		t.Errorf("memory: %s %s, %v", answer.Status, text, err)
	}
	address, _ = startWithMarts(t, time.Millisecond)
	answer = ask(t, t.Context(), address, "", "select count(*) from range(1000000) a, range(1000000) b where a.range + b.range = -1")
	text, err = io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusUnprocessableEntity || err != nil || !strings.Contains(string(text), "longer than it may") {
		t.Errorf("time: %s %s, %v", answer.Status, text, err)
	}
}

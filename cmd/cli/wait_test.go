package cli_test

import (
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// waitFor waits until a file is there, holds a text, or holds a URL that answers,
// with a text where one is given:
//
//	waitfor FILE
//	waitfor FILE text WORD
//	waitfor FILE http PATH [WORD]
func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 0 || len(args) == 2 || len(args) > 4 {
		ts.Fatalf("usage: waitfor FILE [text WORD | http PATH [WORD]]")
	}
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		content, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && len(content) > 0 && holds(string(content), args[1:]) {
			return
		}
		time.Sleep(50 * time.Millisecond) // polling, with a deadline
	}
	ts.Fatalf("waited a minute for %v", args)
}

func holds(content string, what []string) bool {
	switch {
	case len(what) == 0:
		return true
	case what[0] == "text":
		return strings.Contains(content, what[1])
	}
	answer, ok := get(strings.TrimSpace(content) + what[1])
	return ok && (len(what) == 2 || strings.Contains(answer, what[2]))
}

func get(address string) (text string, ok bool) {
	answer, err := http.Get(address) //nolint:noctx // a probe of a test's own server
	if err != nil {
		return "", false
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	return string(content), err == nil && answer.StatusCode == http.StatusOK
}

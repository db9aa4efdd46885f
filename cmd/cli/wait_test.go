package cli_test

import (
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// waitFor waits until a file is there, holds a text, or holds a URL that answers:
//
//	waitfor FILE
//	waitfor FILE text WORD
//	waitfor FILE http PATH
func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 && len(args) != 3 {
		ts.Fatalf("usage: waitfor FILE [text WORD | http PATH]")
	}
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		content, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && len(content) > 0 && (len(args) == 1 || holds(string(content), args[1], args[2])) {
			return
		}
		time.Sleep(50 * time.Millisecond) // polling, with a deadline
	}
	ts.Fatalf("waited a minute for %v", args)
}

func holds(content, how, what string) bool {
	if how == "text" {
		return strings.Contains(content, what)
	}
	return answers(strings.TrimSpace(content) + what)
}

func answers(address string) bool {
	answer, err := http.Get(address) //nolint:noctx // a probe of a test's own server
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

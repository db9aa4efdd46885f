package cli_test

import (
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// waitFor waits until a file is there, or until a URL kept in a file answers:
//
//	waitfor FILE
//	waitfor FILE http PATH
func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 && len(args) != 3 {
		ts.Fatalf("usage: waitfor FILE [http PATH]")
	}
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		content, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && len(content) > 0 && (len(args) == 1 || answers(strings.TrimSpace(string(content))+args[2])) {
			return
		}
		time.Sleep(50 * time.Millisecond) // polling, with a deadline
	}
	ts.Fatalf("waited a minute for %v", args)
}

func answers(address string) bool {
	answer, err := http.Get(address) //nolint:noctx // a probe of a test's own server
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

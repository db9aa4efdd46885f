package message_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"parley/jobs/message"
)

var update = flag.Bool("update", false, "write what messages render to into their cases")

const cases = "../../testdata/messages"

// Each case is one file: a message, a person, and what comes of them: the
// subject, the text and the HTML, or the error.
func TestCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(cases + "/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in %s: %v", cases, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			given, want := map[string]string{}, map[string]string{}
			kept := archive.Files[:0:0]
			for _, part := range archive.Files {
				if strings.HasPrefix(part.Name, "want.") {
					want[part.Name] = string(part.Data)
					continue
				}
				given[part.Name] = string(part.Data)
				kept = append(kept, part)
			}
			got := outcome(t, given)
			if *update {
				archive.Files = kept
				for _, name := range []string{"want.error", "want.subject", "want.txt", "want.html"} {
					if text, ok := got[name]; ok {
						archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(text)})
					}
				}
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func outcome(t *testing.T, given map[string]string) map[string]string {
	t.Helper()
	opts := message.Options{Dir: "messages", Segments: []string{"new-users", "quiet-for-30-days"}}
	if known, ok := given["variables"]; ok {
		opts.Variables = strings.Split(strings.TrimSpace(known), "\n")
	}
	messages, err := message.Load(fstest.MapFS{"welcome.md": {Data: []byte(given["welcome.md"])}}, opts)
	if err != nil {
		return map[string]string{"want.error": err.Error() + "\n"}
	}
	var person message.Person
	decoder := json.NewDecoder(strings.NewReader(given["person.json"]))
	decoder.UseNumber()
	if err := decoder.Decode(&person); err != nil {
		t.Fatal(err)
	}
	rendered, err := messages[0].Render(person)
	if err != nil {
		return map[string]string{"want.error": err.Error() + "\n"}
	}
	return map[string]string{"want.subject": rendered.Subject + "\n", "want.txt": rendered.Text, "want.html": rendered.HTML}
}

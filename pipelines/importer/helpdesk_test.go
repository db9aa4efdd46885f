package importer_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/pipelines/importer"
	"parley/pipelines/record"
)

func mappings(name string) string { return filepath.Join("..", "..", "testdata", "mappings", name) }

// conversations reads the records of a CSV file as lines: the conversation, and
// under it each part in order of time as "time type author reply".
func conversations(t *testing.T, path string, opts importer.Options) ([]string, importer.Summary) {
	t.Helper()
	var lines []string
	summary, err := importer.Read(path, opts, func(item importer.Item) error {
		var row record.Conversation
		if err := row.Decode(item.Value, record.Position{}); err != nil {
			lines = append(lines, err.Error())
			return nil
		}
		_, person := row.Strongest()
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", row.ConversationID, row.State, row.CreatedAt.Format(time.RFC3339), row.EffectiveAt.Format(time.RFC3339), person)))
		var parts []record.Part
		if err := json.Unmarshal([]byte(row.Parts), &parts); err != nil {
			return err
		}
		for _, part := range parts {
			line := fmt.Sprintf("  %s %s %s %s", part.CreatedAt.Format(time.RFC3339Nano), part.Type, part.AuthorType, part.AuthorID)
			if part.IsReply {
				line += " reply"
			}
			lines = append(lines, strings.TrimRight(line, " "))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines, summary
}

// Worked out by hand from testdata/mappings/helpdesk.csv: Rome is an hour
// before UTC in winter and two in summer; 02:30 on 25 March 2012 does not exist
// and moves forward an hour. One row of T-1 stands twice.
func TestHelpDeskLog(t *testing.T) {
	t.Parallel()
	mapping, err := importer.LoadMapping(mappings("helpdesk.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"T-1 closed 2012-03-01T08:00:00Z 2012-03-04T09:00:00Z",
		"  2012-03-01T08:00:00Z source user",
		"  2012-03-01T08:00:00Z note admin Anna",
		"  2012-03-01T08:00:44.5Z comment admin Bruno reply",
		"  2012-03-04T09:00:00Z close admin Anna",
		"T-2 open 2012-10-27T23:30:00Z 2012-10-28T02:30:00Z",
		"  2012-10-27T23:30:00Z source user",
		"  2012-10-27T23:30:00Z comment admin Anna reply",
		"  2012-10-28T02:30:00Z note admin Anna",
		"T-3 open 2012-03-25T01:30:00Z 2012-03-25T01:30:00Z",
		"  2012-03-25T01:30:00Z source user",
		"  2012-03-25T01:30:00Z note admin Carla",
	}
	lines, summary := conversations(t, mappings("helpdesk.csv"), importer.Options{Mapping: mapping})
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(importer.Summary{Records: map[record.Kind]int64{"conversations": 3}, Rows: 7, EqualRows: 1}, summary); diff != "" {
		t.Error(diff)
	}

	// The same through temporary files: the same conversations, in another order.
	spilled, _ := conversations(t, mappings("helpdesk.csv"), importer.Options{Mapping: mapping, MemoryBytes: 1})
	slices.Sort(want)
	slices.Sort(spilled)
	if diff := cmp.Diff(want, spilled); diff != "" {
		t.Error(diff)
	}
}

func TestHelpDeskAttributes(t *testing.T) {
	t.Parallel()
	mapping, err := importer.LoadMapping(mappings("helpdesk.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	_, err = importer.Read(mappings("helpdesk.csv"), importer.Options{Mapping: mapping}, func(item importer.Item) error {
		var row record.Conversation
		err := row.Decode(item.Value, record.Position{})
		got = append(got, row.Rest)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{"custom_attributes":{"product":"mail","seriousness":"high"}}`,
		`{"custom_attributes":{"product":"desk, phone","seriousness":"low"}}`,
		`{"custom_attributes":{"product":"mail"}}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestImportedTwiceIsTheSame(t *testing.T) {
	t.Parallel()
	mapping, err := importer.LoadMapping(mappings("helpdesk.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	first, _ := read(t, mappings("helpdesk.csv"), importer.Options{Mapping: mapping})
	second, _ := read(t, mappings("helpdesk.csv"), importer.Options{Mapping: mapping})
	if diff := cmp.Diff(first, second); diff != "" {
		t.Error(diff)
	}
}

const chatMapping = `kind: conversation
columns: {id: Chat, created_at: At, body: Text, user_id: Customer, author_id: Agent, assigned_to: To, tags: Topics, part_tags: Marks, subject: About, part_id: Row}
parts:
  from: What
  rows: {asked: contact, answered: reply, handed over: assignment, done: close, again: open}
  other: note
`

func TestRowsOfEveryMeaning(t *testing.T) {
	t.Parallel()
	mapping, err := importer.LoadMapping(write(t, "m.yaml", chatMapping))
	if err != nil {
		t.Fatal(err)
	}
	path := write(t, "chat.csv", `Chat,At,What,Text,Customer,Agent,To,Topics,Marks,About,Row
1,2026-01-01T10:05:00Z,done,,,a1,,,,,r5
1,2026-01-01T10:00:00Z,asked,"Where, please?",u1,bot-7,,"billing, bug report","billing,bug report",Invoice,r1
1,2026-01-01T10:01:00Z,handed over,,,a1,a2,,,,r2
1,2026-01-01T10:02:00.5Z,answered,"He said ""there""",,a2,,billing,,Other,r3
1,2026-01-01T10:02:00Z,whispered,hm,,a2,,,,,r4
1,2026-01-01T10:06:00Z,again,,,a1,,,,,r6
`)
	var got record.Conversation
	_, err = importer.Read(path, importer.Options{Mapping: mapping}, func(item importer.Item) error {
		return got.Decode(item.Value, record.Position{})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.UserID != "u1" || got.Subject != "Invoice" || got.State != "open" || got.Tags != `["billing","bug report"]` {
		t.Errorf("%+v", got)
	}
	var parts []record.Part
	if err := json.Unmarshal([]byte(got.Parts), &parts); err != nil {
		t.Fatal(err)
	}
	day := func(minute, second, nano int) time.Time {
		return time.Date(2026, 1, 1, 10, minute, second, nano, time.UTC)
	}
	want := []record.Part{
		{ID: "r1", Type: "comment", AuthorType: "user", AuthorUser: "u1", CreatedAt: day(0, 0, 0), UpdatedAt: day(0, 0, 0), Body: "Where, please?", Tags: []string{"billing", "bug report"}},
		{ID: "r2", Type: "assignment", AuthorType: "admin", AuthorID: "a1", AssignedTo: "a2", CreatedAt: day(1, 0, 0), UpdatedAt: day(1, 0, 0)},
		{ID: "r4", Type: "note", AuthorType: "admin", AuthorID: "a2", CreatedAt: day(2, 0, 0), UpdatedAt: day(2, 0, 0), Body: "hm"},
		{ID: "r3", Type: "comment", AuthorType: "admin", AuthorID: "a2", CreatedAt: day(2, 0, 500000000), UpdatedAt: day(2, 0, 500000000), Body: `He said "there"`, IsReply: true},
		{ID: "r5", Type: "close", AuthorType: "admin", AuthorID: "a1", CreatedAt: day(5, 0, 0), UpdatedAt: day(5, 0, 0)},
		{ID: "r6", Type: "open", AuthorType: "admin", AuthorID: "a1", CreatedAt: day(6, 0, 0), UpdatedAt: day(6, 0, 0)},
	}
	if diff := cmp.Diff(want, parts); diff != "" {
		t.Error(diff)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	path := write(t, "m.yaml", "kind: conversation\ncolumns: {id: Case, created_at: At}\nparts:\n  from: What\n  rows:\n    Take in charge tickets: reply\n    Closed: close\n")
	mapping, err := importer.LoadMapping(path)
	if err != nil {
		t.Fatal(err)
	}
	file := write(t, "log.csv", "Case,At,What\n1,2026-01-01,Take in charge ticket\n1,2026-01-02,Closed\n")
	_, summary := read(t, file, importer.Options{Mapping: mapping})
	want := []string{
		path + `:6:29: no row of ` + file + ` has "Take in charge tickets" in column "What"; did you mean "Take in charge ticket"?`,
		path + `:4:7: no row of ` + file + ` is a contact, so its conversations count as begun by nobody; first: contact puts the person's message at the first row's time`,
	}
	if diff := cmp.Diff(want, summary.Warnings); diff != "" {
		t.Error(diff)
	}
}

func TestManyRowsThroughTemporaryFiles(t *testing.T) {
	t.Parallel()
	mapping, err := importer.LoadMapping(write(t, "m.yaml", "kind: conversation\ncolumns: {id: Case, created_at: At}\nparts: {from: What, first: contact}\n"))
	if err != nil {
		t.Fatal(err)
	}
	// 500 conversations of 6 rows, whose rows stand as far apart as they can.
	var text strings.Builder
	text.WriteString("Case,At,What\n")
	for row := range 6 {
		for id := range 500 {
			fmt.Fprintf(&text, "c%d,%d,step %d\n", id, 1700000000+60*row, row)
		}
	}
	path := write(t, "log.csv", text.String())
	for _, memory := range []int64{0, 50_000} {
		seen := map[string]bool{}
		_, err := importer.Read(path, importer.Options{Mapping: mapping, MemoryBytes: memory}, func(item importer.Item) error {
			var row record.Conversation
			if err := row.Decode(item.Value, record.Position{}); err != nil {
				return err
			}
			var parts []record.Part
			if err := json.Unmarshal([]byte(row.Parts), &parts); err != nil {
				return err
			}
			if seen[item.Key] || len(parts) != 7 {
				t.Errorf("%s comes with %d parts, again: %v", item.Key, len(parts), seen[item.Key])
			}
			seen[item.Key] = true
			return nil
		})
		if err != nil || len(seen) != 500 {
			t.Errorf("%d conversations, %v", len(seen), err)
		}
	}
}

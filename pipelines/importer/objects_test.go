package importer_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"parley/pipelines/importer"
	"parley/pipelines/record"
)

// write makes a file of that name and text, in a folder of the test.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// read gives what is read as "kind key value", one an item.
func read(t *testing.T, path string, opts importer.Options) ([]string, importer.Summary) {
	t.Helper()
	var items []string
	summary, err := importer.Read(path, opts, func(item importer.Item) error {
		items = append(items, fmt.Sprintf("%s %s %s", item.Kind, item.Key, item.Value))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if int(summary.Emitted()) != len(items) {
		t.Errorf("summary counts %d emitted, there are %d", summary.Emitted(), len(items))
	}
	return items, summary
}

const unknownKind = "cannot tell what kind of record this is; give it a type or event_name, or import it with --kind"

func TestReadObjects(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, file, text string
		kind             string
		want             []string
		summary          importer.Summary
	}{
		{"one a line, with an empty line, a bad one and several on one", "a.ndjson",
			"{\"type\":\"user\",\"user_id\":\"u1\"}\n\n{\"type\":\"user\",\"user_id\":\n{\"event_name\":\"e\",\"created_at\":1,\"user_id\":2} {\"type\":\"company\",\"company_id\":3}\r\n", "",
			[]string{
				`users u1 {"type":"user","user_id":"u1"}`,
				`events  {"type":"user","user_id":`,
				`events 2 {"event_name":"e","created_at":1,"user_id":2}`,
				`companies 3 {"type":"company","company_id":3}`,
			},
			importer.Summary{Records: map[record.Kind]int64{"users": 1, "events": 1, "companies": 1}, Refused: 1,
				Problems: []importer.Problem{{Place: "a.ndjson:3", Reason: `the record is not one JSON object: it breaks off after 25 bytes, after "\"type\":\"user\",\"user_id\":"; was it cut short on its way?`, Count: 1}}}},
		{"an array, laid out over lines", "a.json", "[\n  {\n    \"type\": \"user\",\n    \"user_id\": \"a [}\\\" b\"\n  },\n  {\"type\": \"lead\", \"email\": \"x@y.example\"}\n]\n", "",
			[]string{`users a [}" b {"type":"user","user_id":"a [}\" b"}`, `users x@y.example {"type":"lead","email":"x@y.example"}`},
			importer.Summary{Records: map[record.Kind]int64{"users": 2}}},
		{"objects in a row", "a.json", `{"type":"user","user_id":"1"}{"type":"user","user_id":"2"}`, "",
			[]string{`users 1 {"type":"user","user_id":"1"}`, `users 2 {"type":"user","user_id":"2"}`},
			importer.Summary{Records: map[record.Kind]int64{"users": 2}}},
		{"one a line though the file is called json", "a.json", "{\"type\":\"user\",\"user_id\":\"1\"}\nnot JSON\n{\"type\":\"user\",\"user_id\":\"2\"}\n", "",
			[]string{`users 1 {"type":"user","user_id":"1"}`, `events  not JSON`, `users 2 {"type":"user","user_id":"2"}`},
			importer.Summary{Records: map[record.Kind]int64{"users": 2}, Refused: 1,
				Problems: []importer.Problem{{Place: "a.json:2", Reason: `the record is not one JSON object: invalid character 'o' in literal null (expecting 'u') (byte 2, after "n"); JSON has names and texts in double quotes, and no comma before } or ]`, Count: 1}}}},
		{"a byte order mark", "a.json", "\ufeff{\"type\":\"user\",\"user_id\":\"1\"}", "",
			[]string{`users 1 {"type":"user","user_id":"1"}`}, importer.Summary{Records: map[record.Kind]int64{"users": 1}}},
		{"nothing", "a.json", "\n", "", nil, importer.Summary{}},
		{"an array that breaks off", "a.json", "[{\"type\":\"user\",\"user_id\":\"1\"},\n{\"type\":\"user\",", "",
			[]string{`users 1 {"type":"user","user_id":"1"}`, `events  {"type":"user",`},
			importer.Summary{Records: map[record.Kind]int64{"users": 1}, Refused: 1,
				Problems: []importer.Problem{{Place: "a.json:2", Reason: `the record is not one JSON object: it breaks off after 15 bytes, after "{\"type\":\"user\","; was it cut short on its way?`, Count: 1}}}},
		{"no kind can be told", "a.ndjson", "{\"user_id\":\"1\"}\n5\n{\"user_id\":\"2\"}\n", "",
			[]string{
				`events  {"$unreadable":"a.ndjson:1: ` + unknownKind + `","content":{"user_id":"1"}}`,
				`events  5`,
				`events  {"$unreadable":"a.ndjson:3: ` + unknownKind + `","content":{"user_id":"2"}}`,
			},
			importer.Summary{Refused: 3, Problems: []importer.Problem{
				{Place: "a.ndjson:1", Reason: unknownKind, Count: 2},
				{Place: "a.ndjson:2", Reason: "the record is a number, not a JSON object; send one object a record", Count: 1},
			}}},
		{"the kind is asked for, whatever their type means to whoever wrote it", "a.ndjson", "{\"user_id\":\"1\"}\n{\"type\":\"admin\",\"user_id\":\"2\"}\n{\"name\":\"nobody\"}\n", "user",
			[]string{`users 1 {"user_id":"1"}`, `users 2 {"type":"admin","user_id":"2"}`, `users  {"name":"nobody"}`},
			importer.Summary{Records: map[record.Kind]int64{"users": 2}, Refused: 1, Problems: []importer.Problem{
				{Place: "a.ndjson:3", Reason: "a user needs one of user_id, email, anonymous_id or source_id (id in Intercom's objects)", Count: 1}}}},
		{"one part at a time, a tag, and a part that belongs nowhere", "a.ndjson",
			"{\"conversation_id\":1,\"part\":{\"id\":2}}\n{\"tag\":\"vip\",\"at\":1,\"user_id\":\"u\"}\n{\"type\":\"conversation_part\",\"id\":\"3\"}\n", "",
			[]string{`conversations 1 {"conversation_id":1,"part":{"id":2}}`, `tags u {"tag":"vip","at":1,"user_id":"u"}`, `conversations 3 {"type":"conversation_part","id":"3"}`},
			importer.Summary{Records: map[record.Kind]int64{"conversations": 1, "tags": 1}, Refused: 1, Problems: []importer.Problem{
				{Place: "a.ndjson:3", Reason: "a conversation needs id; a part alone needs conversation_id", Count: 1}}}},
		{"not UTF-8", "a.ndjson", "{\"type\":\"user\",\"user_id\":\"\xe9\"}\n", "",
			[]string{"users  {\"type\":\"user\",\"user_id\":\"\xe9\"}"},
			importer.Summary{Refused: 1, Problems: []importer.Problem{{Place: "a.ndjson:1", Reason: `the record is not UTF-8: byte 27 is 0xe9, after "type\":\"user\",\"user_id\":\""; send UTF-8`, Count: 1}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := write(t, test.file, test.text)
			items, summary := read(t, path, importer.Options{Kind: test.kind})
			dir := filepath.Dir(path) + string(filepath.Separator)
			for i := range items {
				items[i] = strings.ReplaceAll(items[i], dir, "")
			}
			for i := range summary.Problems {
				summary.Problems[i].Place = strings.TrimPrefix(summary.Problems[i].Place, dir)
			}
			if diff := cmp.Diff(test.want, items); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.summary, summary, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadIntercom(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		file    string
		want    []string // kind and key
		summary importer.Summary
	}{
		{"user-list.json", []string{"users u1", "users 2"}, importer.Summary{Records: map[record.Kind]int64{"users": 2}}},
		{"contact-list.json", []string{"users u1", "users bb02"}, importer.Summary{Records: map[record.Kind]int64{"users": 2}}},
		{"webhooks.ndjson", []string{"companies 6", "conversations 90", "users u1 deleted", "users bb02 deleted", "tags bb01", "tags aa01"},
			importer.Summary{Records: map[record.Kind]int64{"companies": 1, "conversations": 1, "tags": 2}, Deleted: 2, NotRecords: map[string]int64{"ping": 1}}},
		{"others.json", []string{"events u1"},
			importer.Summary{Records: map[record.Kind]int64{"events": 1}, NotRecords: map[string]int64{"admin": 2, "tag": 1, "error": 1, "user_message": 1, "request": 1}}},
	} {
		t.Run(test.file, func(t *testing.T) {
			t.Parallel()
			var got []string
			removed := 0
			summary, err := importer.Read(filepath.Join("testdata", "intercom", test.file), importer.Options{}, func(item importer.Item) error {
				name := string(item.Kind) + " " + item.Key
				if item.Value == nil {
					name += " deleted"
				}
				got = append(got, name)
				var tag record.Tag
				if item.Kind == record.KindTag && tag.Decode(item.Value, record.Position{}) == nil && tag.Removed {
					removed++
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.summary, summary); diff != "" {
				t.Error(diff)
			}
			if want := map[string]int{"webhooks.ndjson": 1}[test.file]; removed != want {
				t.Errorf("%d tags are taken away, want %d", removed, want)
			}
		})
	}
}

func TestReadPacked(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, _ = zip.Write([]byte("{\"type\":\"user\",\"user_id\":\"1\"}\n{\"type\":\"user\",\"user_id\":\"2\"}\n"))
	_ = zip.Close()
	items, _ := read(t, write(t, "a.ndjson.gz", packed.String()), importer.Options{})
	if len(items) != 2 {
		t.Errorf("%d items, want 2", len(items))
	}
	_, err := importer.Read(write(t, "b.ndjson.gz", packed.String()[:packed.Len()-12]), importer.Options{}, func(importer.Item) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "the compressed file breaks off") {
		t.Errorf("error is %v", err)
	}
}

func TestReadRefusesFiles(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ file, text, kind, want string }{
		{"a.csv", "a,b\n", "", "a CSV file needs a mapping"},
		{"a.json", "{}", "usr", `unknown kind "usr"; there are user, company, event, conversation, tag, enrichment and merge`},
		{"a.json", "\xff\xfe{\x00}\x00", "", "the text is UTF-16; save it as UTF-8"},
		{"a.csv", "PK\x03\x04...", "", "this is a zip archive or a spreadsheet"},
	} {
		_, err := importer.Read(write(t, test.file, test.text), importer.Options{Kind: test.kind}, func(importer.Item) error { return nil })
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error is %v, want %q", test.file, err, test.want)
		}
	}
	if _, err := importer.Read(filepath.Join(t.TempDir(), "none.json"), importer.Options{}, nil); err == nil || !strings.Contains(err.Error(), "there is no such file") {
		t.Errorf("error is %v", err)
	}
}

func TestEmitEndsTheReading(t *testing.T) {
	t.Parallel()
	stop, calls := errors.New("stop"), 0
	_, err := importer.Read(filepath.Join("testdata", "intercom", "user-list.json"), importer.Options{}, func(importer.Item) error {
		calls++
		return stop
	})
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("error is %v after %d calls", err, calls)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"b.ndjson", "a.json", "c.csv.gz", "d.JSONL", "e.tsv", "readme.md", ".hidden.json", "f.gz"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := importer.Files(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range files {
		files[i] = filepath.Base(files[i])
	}
	if want := "a.json b.ndjson c.csv.gz d.JSONL e.tsv"; strings.Join(files, " ") != want {
		t.Errorf("files are %v, want %s", files, want)
	}
	if one, err := importer.Files(filepath.Join(dir, "readme.md")); err != nil || len(one) != 1 {
		t.Errorf("a file by its name: %v, %v", one, err)
	}
	if _, err := importer.Files(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no file here to import") {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := importer.Files(filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), "there is no such file or folder") {
		t.Errorf("no folder: %v", err)
	}
}

func TestConversationThatIsTooLongComesInPieces(t *testing.T) {
	t.Parallel()
	var parts []string
	for i := range 30 {
		parts = append(parts, fmt.Sprintf(`{"type":"conversation_part","id":"%d","part_type":"comment","body":"%s","created_at":%d}`, i, strings.Repeat("x", 100_000), 1700000000+i))
	}
	text := `{"type":"conversation","id":"1","created_at":1700000000,"source":{"id":"s","body":"first"},"conversation_parts":{"conversation_parts":[` + strings.Join(parts, ",") + `]}}`
	seen := map[string]int{}
	pieces := 0
	summary, err := importer.Read(write(t, "a.ndjson", text+"\n"+`{"type":"user","user_id":"u","name":"`+strings.Repeat("x", 1_000_000)+`"}`+"\n"), importer.Options{}, func(item importer.Item) error {
		var row record.Conversation
		if err := row.Decode(item.Value, record.Position{}); err != nil {
			return err
		}
		if len(item.Value) > 1_000_000 || item.Key != "1" {
			t.Errorf("a piece has %d bytes and the key %q", len(item.Value), item.Key)
		}
		var list []record.Part
		if err := json.Unmarshal([]byte(row.Parts), &list); err != nil {
			return err
		}
		for _, part := range list {
			seen[part.ID]++
		}
		pieces++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != 31 || seen["1/source"] != 1 || pieces < 6 {
		t.Errorf("%d parts in %d pieces, want 31 in 6 or more", len(seen), pieces)
	}
	if summary.TooLarge != 1 || len(summary.Problems) != 1 || !strings.Contains(summary.Problems[0].Reason, "it was not taken") {
		t.Errorf("what has no parts to split: %+v", summary)
	}
}

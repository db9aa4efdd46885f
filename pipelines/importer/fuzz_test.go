package importer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"testing"

	"parley/pipelines/record"
	"parley/pipelines/yamlfile"
)

// readObjects reads text as a file of that form, and gives what was emitted.
func readObjects(text []byte, form string) (items []Item, summary Summary, err error) {
	r := &reading{path: "f", emit: func(item Item) error {
		items = append(items, item)
		return nil
	}}
	file := &source{Reader: bufio.NewReaderSize(bytes.NewReader(text), bufferBytes)}
	err = r.objects(file, form)
	return items, r.summary, err
}

// Whatever a file holds: what is emitted is counted, and is either a record or
// refused with a reason.
func FuzzObjects(f *testing.F) {
	for _, seed := range []string{
		"", "{}", "[", "{\n}", "[{\"type\":\"user\",\"user_id\":1},5,\"a\\\"\",null]", "{\"type\":\"list\",\"data\":[{\"type\":\"list\",\"data\":[]}]}\n{\"a\"",
		"{\"type\":\"notification_event\",\"topic\":\"user.deleted\",\"data\":{\"item\":{\"type\":\"user\",\"id\":1}}}", "]]}},,\x1e{\"event_name\":1}", "\"\\",
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, text []byte, lines bool) {
		form := "json"
		if lines {
			form = "lines"
		}
		items, summary, err := readObjects(text, form)
		if err != nil {
			t.Fatal(err)
		}
		refused := int64(0)
		for _, item := range items {
			if item.Value != nil && kindRefusal(item.Kind, item.Value) != "" {
				refused++
			}
		}
		if refused != summary.Refused || int64(len(items)) != summary.Emitted() {
			t.Errorf("%d items, %d of them refused: %+v", len(items), refused, summary)
		}
		if lines && json.Valid(text) && len(bytes.TrimSpace(text)) > 0 && bytes.TrimSpace(text)[0] != '[' && refused > 1 {
			t.Errorf("one value became %d", refused)
		}
	})
}

func FuzzTable(f *testing.F) {
	for _, seed := range []string{"ID,At\n1,2026-01-01\n", "ID,At\n\"1\n\",x\n2", "ID,At\n\"", "ID,At,At\n1,2,3\n", "\"ID\",At\r\n1,\r\n\r\n", "ID;At\n"} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, text []byte, conversations bool) {
		mapping := &Mapping{Kind: record.KindUser, Delimiter: ',', Columns: map[string]string{"user_id": "ID", "created_at": "At"}, file: new(yamlfile.File)}
		if conversations {
			mapping.Kind = record.KindConversation
			mapping.Columns = map[string]string{"id": "ID", "created_at": "At"}
			mapping.Parts = &Parts{From: "ID", First: true, Other: rowNote}
		}
		var items []Item
		var rows int64
		r := &reading{path: "f", emit: func(item Item) error {
			items = append(items, item)
			return nil
		}}
		err := r.table(&source{Reader: bufio.NewReader(bytes.NewReader(text))}, Options{Mapping: mapping})
		if err != nil {
			return // the file as a whole cannot be read
		}
		if int64(len(items)) != r.summary.Emitted() {
			t.Errorf("%d items: %+v", len(items), r.summary)
		}
		for _, item := range items {
			var row record.Conversation
			var parts []record.Part
			switch {
			case !conversations || kindRefusal(item.Kind, item.Value) != "":
				rows++
			case row.Decode(item.Value, record.Position{}) != nil || json.Unmarshal([]byte(row.Parts), &parts) != nil:
				t.Fatalf("%s", item.Value)
			default:
				rows += int64(len(parts)) - 1 // the person's message is no row
			}
		}
		if rows+r.summary.EqualRows != r.summary.Rows {
			t.Errorf("%d rows and %d equal ones came of %d", rows, r.summary.EqualRows, r.summary.Rows)
		}
	})
}

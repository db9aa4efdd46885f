package settle

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"parley/pipelines/record"
)

// wide has a field of each sort that rows have, as a file of a newer schema
// and as one that was written with everything.
type wide struct {
	Part    int32   `parquet:"part,dict"`
	ID      string  `parquet:"id"`
	Word    string  `parquet:"word,optional,dict"`
	At      int64   `parquet:"at,timestamp(microsecond),delta"`
	Ended   *int64  `parquet:"ended,optional,timestamp(microsecond)"`
	Text    *string `parquet:"text,optional"`
	Flag    bool    `parquet:"flag"`
	Perhaps *bool   `parquet:"perhaps,optional"`
	inner
}

type inner struct {
	Deep string `parquet:"deep,optional"`
}

func wideRows(n int) []wide {
	rows := make([]wide, n)
	for i := range rows {
		rows[i] = wide{Part: int32(i % 3), ID: fmt.Sprint("id", i), At: int64(i)*1_000_003 - 5_000_000, Flag: i%2 == 0}
		if i%4 != 0 {
			ended, text, yes := int64(-i), strings.Repeat("é", i%7), i%3 == 0
			rows[i].Word, rows[i].Ended, rows[i].Text, rows[i].Perhaps = fmt.Sprint("word", i%5), &ended, &text, &yes
			rows[i].Deep = fmt.Sprint("deep", i)
		}
	}
	return rows
}

func written[T any](t *testing.T, rows []T, options ...parquet.WriterOption) string {
	t.Helper()
	var content bytes.Buffer
	if err := parquet.Write(&content, rows, options...); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "rows.parquet")
	if err := os.WriteFile(path, content.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// readAll keeps the rows beyond the batches they came in, as settling does.
func readAll[T any](t *testing.T, path string) (rows []T) {
	t.Helper()
	c, err := openRows[T](path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.close(); err != nil {
			t.Error(err)
		}
	}()
	for {
		row, err := c.next()
		if err != nil {
			t.Fatal(err)
		}
		if row == nil {
			return rows
		}
		rows = append(rows, *row)
	}
}

func TestRowsAreReadAsWritten(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, batchRows, 3*batchRows + 7} {
		rows := wideRows(n)
		path := written(t, rows, parquet.MaxRowsPerRowGroup(700), parquet.PageBufferSize(1<<10), parquet.Compression(&parquet.Zstd))
		if diff := cmp.Diff(rows, append([]wide{}, readAll[wide](t, path)...), cmp.AllowUnexported(wide{})); diff != "" {
			t.Errorf("%d rows (-written +read):\n%s", n, diff)
		}
	}
}

func TestColumnsAreAddedAndUnknown(t *testing.T) {
	t.Parallel()
	type old struct {
		ID string `parquet:"id"`
	}
	got := readAll[wide](t, written(t, []old{{"a"}, {"b"}}))
	if diff := cmp.Diff([]wide{{ID: "a"}, {ID: "b"}}, got, cmp.AllowUnexported(wide{})); diff != "" {
		t.Errorf("a file without most columns (-want +got):\n%s", diff)
	}
	ids := readAll[old](t, written(t, wideRows(3)))
	if diff := cmp.Diff([]old{{"id0"}, {"id1"}, {"id2"}}, ids); diff != "" {
		t.Errorf("a file with columns more (-want +got):\n%s", diff)
	}
}

func TestColumnOfAnotherType(t *testing.T) {
	t.Parallel()
	type number struct {
		ID int64 `parquet:"id"`
	}
	type list struct {
		ID []string `parquet:"id"`
	}
	for _, path := range []string{written(t, []number{{1}}), written(t, []list{{[]string{"a"}}})} {
		if _, err := openRows[wide](path); err == nil || !strings.Contains(err.Error(), "column id is ") {
			t.Errorf("error %v, want one that names the column", err)
		}
	}
}

// TestSchemaGrows settles a file of a version that knew less of an event, one
// of this version, and one with a column that this version does not know.
func TestSchemaGrows(t *testing.T) {
	t.Parallel()
	type older struct {
		record.Landed
		EventID    string `parquet:"event_id"`
		EventName  string `parquet:"event_name,dict"`
		OccurredAt int64  `parquet:"occurred_at,timestamp(microsecond)"`
		UserID     string `parquet:"user_id,optional,dict"`
	}
	type newer struct {
		record.Event
		Device string `parquet:"device,optional,dict"`
	}
	l := newLander(t)
	landRows(l, record.KindEvent, []older{{EventID: "old", EventName: "x", OccurredAt: micros(9), UserID: "1"}})
	landRows(l, record.KindEvent, []record.Event{{EventID: "now", EventName: "x", OccurredAt: noon, Keys: record.Keys{UserID: "1"}, URL: "/now"}})
	landRows(l, record.KindEvent, []newer{{record.Event{EventID: "new", EventName: "x", OccurredAt: noon, Keys: record.Keys{UserID: "1"}, URL: "/new"}, "phone"}})
	var got []string
	for _, row := range rowsOf(t, l.settle(), &events) {
		got = append(got, row.EventID+" "+row.UserID+" "+row.URL)
	}
	if diff := cmp.Diff([]string{"old 1 ", "new 1 /new", "now 1 /now"}, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestTagsOfManyConversations lands more conversations in one file than are
// read at once: each keeps its own tags.
func TestTagsOfManyConversations(t *testing.T) {
	t.Parallel()
	l := newLander(t)
	rows := make([]record.Conversation, 2*batchRows)
	for i := range rows {
		rows[i] = record.Conversation{RecordID: fmt.Sprint(i), ConversationID: fmt.Sprintf("%06d", i), EffectiveAt: noon, CreatedAt: noon, Tags: fmt.Sprintf(`["tag %d"]`, i)}
	}
	landRows(l, record.KindConversation, rows)
	got := rowsOf(t, l.settle(), &partTags)
	if len(got) != len(rows) {
		t.Fatalf("%d tags, want %d", len(got), len(rows))
	}
	for i, row := range got {
		if row.Tag != fmt.Sprint("tag ", i) {
			t.Fatalf("conversation %s has %q", row.ConversationID, row.Tag)
		}
	}
}

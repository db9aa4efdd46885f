package landing

import (
	"slices"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"parley/pipelines/lake"
	"parley/pipelines/record"
)

// TestDiscardedRowsDoNotReturn uses one table for file after file, some of which are given up.
func TestDiscardedRowsDoNotReturn(t *testing.T) {
	t.Parallel()
	into, err := lake.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	from := origin{lake: into, topic: "t", day: time.Unix(0, 0)}
	table := newTable[record.Event]("events")
	write := func(ids ...string) {
		t.Helper()
		for _, id := range ids {
			*table.next() = record.Event{EventID: id, EventName: id, Keys: record.Keys{UserID: id}}
			if err := table.keep(from, time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	publish := func(want ...string) {
		t.Helper()
		files, err := table.publish(from, 0, 1)
		if err != nil || len(files) != 1 {
			t.Fatal(files, err)
		}
		rows, err := parquet.ReadFile[record.Event](into.Path(files[0].Path))
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, row := range rows {
			ids = append(ids, row.EventID)
			if row.EventName != row.EventID || row.UserID != row.EventID {
				t.Errorf("%+v is mixed up", row)
			}
		}
		if !slices.Equal(ids, want) || files[0].Rows != int64(len(want)) || !files[0].MinEventAt.IsZero() {
			t.Errorf("%v in %+v, want %v", ids, files[0], want)
		}
	}
	write("a", "b")
	publish("a", "b")
	write("c", "d") // in the batch
	table.discard()
	write("e")
	if err := table.flush(from); err != nil { // in the file
		t.Fatal(err)
	}
	table.discard()
	_ = table.next() // not kept
	write("f", "a")
	publish("f", "a")
	if files, err := table.publish(from, 0, 1); err != nil || len(files) != 0 {
		t.Errorf("a file of nothing: %v, %v", files, err)
	}
}

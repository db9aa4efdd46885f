package landing

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"parley/pipelines/lake"
	"parley/pipelines/record"
)

// DuckDB goes by the schema alone; Spark reads no column that does not say its name again.
func TestEveryFileNamesItsColumns(t *testing.T) {
	t.Parallel()
	l, err := lake.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	from := origin{lake: l, topic: "parley.events", day: at}
	events := newTable[record.Event]("events")
	for n := range int64(3) {
		events.next().EventID = fmt.Sprint(n)
		if err := events.keep(from, at); err != nil {
			t.Fatal(err)
		}
		files, err := events.publish(from, n, n+1)
		if err != nil {
			t.Fatal(err)
		}
		path, err := l.Local(t.Context(), files[0].Path)
		if err != nil {
			t.Fatal(err)
		}
		content, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer content.Close()
		opened, err := parquet.OpenFile(content, files[0].Bytes)
		if err != nil {
			t.Fatal(err)
		}
		for i, column := range opened.Metadata().RowGroups[0].Columns {
			if want, got := opened.Schema().Columns()[i][0], column.MetaData.PathInSchema; len(got) != 1 || got[0] != want {
				t.Errorf("file %d: column %s is called %q", n, want, got)
			}
		}
	}
}

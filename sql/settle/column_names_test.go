package settle

import (
	"os"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// DuckDB goes by the schema alone; Spark reads no column that does not say its name again.
func TestEveryFileNamesItsColumns(t *testing.T) {
	t.Parallel()
	m := settled(t,
		event(`{"id":"a","event_name":"logged_in","created_at":"2026-03-01T00:00:00Z","user_id":1}`),
		event(`{"id":"b","event_name":"logged_in","created_at":"2026-03-02T00:00:00Z","user_id":1}`),
		event(`{"id":"c","event_name":"logged_in","created_at":"2026-03-03T00:00:00Z","user_id":1}`),
	)
	files := m.Tables[events.name]
	if len(files) != 3 {
		t.Fatalf("%d files of events, want one for each date", len(files))
	}
	for _, path := range files {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			t.Fatal(err)
		}
		opened, err := parquet.OpenFile(file, info.Size())
		if err != nil {
			t.Fatal(err)
		}
		for i, column := range opened.Metadata().RowGroups[0].Columns {
			if want, got := opened.Schema().Columns()[i][0], column.MetaData.PathInSchema; len(got) != 1 || got[0] != want {
				t.Errorf("%s: column %s is called %q", path, want, got)
			}
		}
	}
}

package build

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/pipelines/broker"
	"parley/pipelines/demo"
	"parley/pipelines/lake"
	"parley/pipelines/landing"
	"parley/pipelines/record"
	"parley/sql/officehours"
	"parley/sql/warehouse"
	"parley/sql/warehouse/spark"
	"parley/sql/warehouse/spark/sparktest"
)

// alike compares every mart of two builds: its columns with their types, and its
// rows, in any order, doubles to 1e-9 relative.
func alike(t *testing.T, one, other string) {
	t.Helper()
	engine, err := warehouse.Open(t.Context(), warehouse.Config{MemoryLimit: "1GB", Threads: 1, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	marts := martsIn(t, one)
	if diff := cmp.Diff(marts, martsIn(t, other)); diff != "" {
		t.Errorf("marts: %s", diff)
	}
	for _, mart := range marts {
		t.Run(mart, func(t *testing.T) {
			ones, others := sortedRows(t, engine, filepath.Join(one, mart)), sortedRows(t, engine, filepath.Join(other, mart))
			if diff := cmp.Diff(ones.Columns, others.Columns); diff != "" {
				t.Fatalf("columns: %s", diff)
			}
			if len(ones.Rows) != len(others.Rows) {
				t.Errorf("%d rows and %d rows", len(ones.Rows), len(others.Rows))
			}
			different := 0
			for i := range min(len(ones.Rows), len(others.Rows)) {
				if diff := cmp.Diff(ones.Rows[i], others.Rows[i], cmp.Comparer(nearly)); diff != "" {
					if different++; different <= 3 {
						t.Errorf("row %d of %v: %s", i, ones.Columns, diff)
					}
				}
			}
			if different > 0 {
				t.Errorf("%d of %d rows differ", different, len(ones.Rows))
			}
		})
	}
}

// readBySpark counts the rows of each mart as the README tells users of Spark to read it.
func readBySpark(t *testing.T, address string, built Result) {
	t.Helper()
	engine, err := spark.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	for mart, rows := range built.Build.Rows {
		answer, err := engine.Query(t.Context(), "select count(*) from parquet.`"+filepath.Join(filepath.Dir(built.Dir), warehouse.CurrentName, mart)+"`")
		if err != nil {
			t.Errorf("%s: %v", mart, err)
		} else if answer.Rows[0][0] != rows {
			t.Errorf("%s: Spark counts %v rows, the build %d", mart, answer.Rows[0][0], rows)
		}
	}
}

// sortedRows are the rows of a mart, doubles last in what they are sorted by.
func sortedRows(t *testing.T, engine *warehouse.DuckDB, dir string) *warehouse.Table {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.parquet"))
	if err != nil || len(files) == 0 {
		t.Fatalf("files of %s: %v, %v", dir, files, err)
	}
	if err := engine.ViewFiles(t.Context(), "compared", files); err != nil {
		t.Fatal(err)
	}
	columns, err := engine.Describe(t.Context(), "from compared")
	if err != nil {
		t.Fatal(err)
	}
	var exact, rounded []string
	for i, c := range columns {
		if place := fmt.Sprint(i + 1); c.Type == "DOUBLE" {
			rounded = append(rounded, place)
		} else {
			exact = append(exact, place)
		}
	}
	table, err := engine.Query(t.Context(), "select * from compared order by "+strings.Join(append(exact, rounded...), ", "))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func nearly(a, b float64) bool {
	return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b))
}

// asOf is the instant of the builds that are compared: a Thursday, between two changes of clocks.
var asOf = time.Date(2026, 6, 25, 18, 0, 0, 0, time.UTC)

// brought are records as a producer sends them.
type brought []broker.Message

// demoRecords are the history of a small company.
func demoRecords(t *testing.T, users int) (records brought) {
	t.Helper()
	config := demo.Config{AsOf: asOf, Seed: 1, Users: users, Companies: max(1, users/8), Conversations: 2 * users}
	err := demo.Generate(config, func(r demo.Record) error {
		records = append(records, broker.Message{Kind: r.Kind, Key: r.Key, Value: r.Value, At: r.At})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// oddRecords are those of testdata/odd: late and twice, with nulls, huge
// numbers, days on which clocks change, and texts that end texts. One without a
// value is a deletion.
func oddRecords(t *testing.T) (records brought) {
	t.Helper()
	file, err := os.Open("../../testdata/odd/records.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := json.NewDecoder(file)
	for at := asOf.Add(-time.Hour); ; at = at.Add(time.Second) {
		var line struct {
			Kind  record.Kind
			Key   string
			Value json.RawMessage
			At    time.Time
		}
		if err := lines.Decode(&line); errors.Is(err, io.EOF) {
			return records
		} else if err != nil {
			t.Fatal(err)
		}
		message := broker.Message{Kind: line.Kind, Key: line.Key, Value: line.Value, At: line.At}
		if message.Key == "" {
			message.Key = "odd"
		}
		if message.At.IsZero() {
			message.At = at
		}
		records = append(records, message)
	}
}

// lakeOf lands records in a lake of their own, and none of them among the dead letters.
func lakeOf(t *testing.T, records brought) *lake.Lake {
	t.Helper()
	l, err := lake.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b, err := broker.Open(t.Context(), broker.Config{Dir: t.TempDir(), TopicPrefix: "parley.", Partitions: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.Produce(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	landed, err := landing.Once(t.Context(), landing.Config{Addrs: b.Addrs(), TopicPrefix: "parley.", Lake: l, Now: func() time.Time { return asOf }})
	if err != nil {
		t.Fatal(err)
	}
	if landed.Dead > 0 {
		t.Fatalf("%d of the records are dead letters", landed.Dead)
	}
	return l
}

func TestEnginesGiveTheSameMarts(t *testing.T) {
	t.Parallel()
	address := sparktest.Address(t)
	for name, records := range map[string]brought{"demo and odd": append(demoRecords(t, 100), oddRecords(t)...), "empty": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := Config{
				Lake: lakeOf(t, records), AsOf: asOf, Now: func() time.Time { return asOf },
				Settings: Settings{
					Name: `it's \ "odd" ❤️`, Timezone: "Europe/Dublin", WeekStarts: "sunday", Bots: []string{"Fin", "id:815309", `\'`},
					Teams: []string{"billing", "Scheduling", `back\slash`}, Topics: []string{"bug report", "feature request"},
					Zones:       []string{"America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"},
					Outages:     []Outage{{Name: `o'\`, From: asOf.AddDate(0, -2, 0), To: asOf.AddDate(0, -2, 1)}, {Name: "now", From: asOf.Add(-time.Hour), To: asOf.Add(time.Hour)}},
					OfficeHours: officeSchedule(t), Cover: []officehours.Cover{{Schedule: *officeSchedule(t), Agents: 1.5}},
				},
				Engine: warehouse.Config{MemoryLimit: "1GB", Threads: 1},
			}
			here, err := Run(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			cfg.Spark = address
			there, err := Run(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			alike(t, here.Dir, there.Dir)
			// What Spark has left is not gone on from here.
			cfg.Spark = ""
			back, err := Run(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			alike(t, here.Dir, back.Dir)
			readBySpark(t, address, here)
		})
	}
}

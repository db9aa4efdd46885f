package settle

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/pipelines/lake"
	"parley/pipelines/record"
	"parley/sql/warehouse"
)

// The small files of BenchmarkSmallFiles: as many as ten days of landing leave.
const (
	smallFiles     = 100
	smallFileRows  = 10_000
	smallFileDates = 10
)

// BenchmarkSmallFiles settles 100 landed files of a million events of ten
// dates, of which one in a hundred was sent twice and one in twenty came late, and has
// DuckDB alone do the same: read them, keep the first of each id, sort, and
// write a Parquet file for each date, durably. Each does it five times, in turn
// and in a process of its own. The ratio is of the medians.
func BenchmarkSmallFiles(b *testing.B) {
	if by := os.Getenv("PARLEY_BENCH_SETTLES"); by != "" {
		settleSmallFiles(b, by, os.Getenv("PARLEY_BENCH_LAKE"))
		return
	}
	l := newLander(b)
	landSmallFiles(l)
	const rounds = 5
	for b.Loop() {
		spent := map[string][]costs{}
		for range rounds {
			for _, by := range []string{"settle", "duckdb"} {
				spent[by] = append(spent[by], costOf(b, by, l.lake.Root()))
			}
		}
		for _, by := range []string{"settle", "duckdb"} {
			slices.SortFunc(spent[by], func(a, b costs) int { return int(a.Took - b.Took) })
			most := slices.MaxFunc(spent[by], func(a, b costs) int { return int(a.Peak - b.Peak) })
			b.ReportMetric(spent[by][rounds/2].Took.Seconds(), by+"-s")
			b.ReportMetric(float64(most.Peak)/(1<<20), by+"-MB")
		}
		b.ReportMetric(float64(spent["settle"][rounds/2].Took)/float64(spent["duckdb"][rounds/2].Took), "ratio")
	}
}

// costs are what one process needed.
type costs struct {
	Took time.Duration
	Peak int64 // bytes that the process held at most
	Rows int64 // that it wrote
}

// costOf has another process settle.
func costOf(b *testing.B, by, root string) (spent costs) {
	b.Helper()
	for _, folder := range []string{settledFolder, "duckdb"} {
		if err := os.RemoveAll(filepath.Join(root, folder)); err != nil {
			b.Fatal(err)
		}
	}
	report := filepath.Join(b.TempDir(), "costs.json")
	command := exec.Command(os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkSmallFiles$", "-test.benchtime=1x")
	command.Env = append(os.Environ(), "PARLEY_BENCH_SETTLES="+by, "PARLEY_BENCH_LAKE="+root, "PARLEY_BENCH_COSTS="+report)
	if output, err := command.CombinedOutput(); err != nil {
		b.Fatalf("%s: %v: %s", by, err, output)
	}
	content, err := os.ReadFile(report)
	if err == nil {
		err = json.Unmarshal(content, &spent)
	}
	if err != nil {
		b.Fatal(err)
	}
	if spent.Rows != smallFiles*smallFileRows*99/100 {
		b.Errorf("%s wrote %d rows, want each event once", by, spent.Rows)
	}
	return spent
}

// settleSmallFiles is what the other process does.
func settleSmallFiles(b *testing.B, by, root string) {
	l, err := lake.Open(root)
	if err != nil {
		b.Fatal(err)
	}
	var spent costs
	switch by {
	case "settle":
		start := time.Now()
		m, err := Run(context.Background(), Config{Lake: l})
		if err != nil {
			b.Fatal(err)
		}
		spent.Took = time.Since(start)
		for _, f := range m.Files[events.name] {
			spent.Rows += f.Rows
		}
	default:
		spent = copyByDuckDB(b, l)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	_, text, _ := strings.Cut(string(status), "VmHWM:")
	peak, err := strconv.ParseInt(strings.Fields(text)[0], 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	spent.Peak = peak << 10
	content, err := json.Marshal(spent)
	if err == nil {
		err = os.WriteFile(os.Getenv("PARLEY_BENCH_COSTS"), content, 0o666)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// copyByDuckDB writes the files as DuckDB does it fastest: in one statement.
func copyByDuckDB(b *testing.B, l *lake.Lake) costs {
	b.Helper()
	ctx := context.Background()
	files, err := l.Files(string(record.KindEvent))
	if err != nil {
		b.Fatal(err)
	}
	var paths []string
	for _, f := range files {
		paths = append(paths, warehouse.Literal(l.Path(f.Path)))
	}
	engine, err := warehouse.Open(ctx, warehouse.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer engine.Close()
	folder := l.Path("duckdb")
	start := time.Now()
	made, err := engine.Query(ctx, `copy (select event_id, event_name, occurred_at,
		case when user_id is not null then 'user_id' when email is not null then 'email' when source_id is not null then 'source_id'
		when anonymous_id is not null then 'anonymous_id' end as key_kind, coalesce(user_id, email, source_id, anonymous_id) as "key",
		user_id, email, source_id, anonymous_id, company_id, url, referrer, utm_source, utm_medium, utm_campaign, utm_term, utm_content, ip, metadata,
		occurred_at::date as part
		from read_parquet([`+strings.Join(paths, ", ")+`])
		qualify row_number() over (partition by event_id order by occurred_at) = 1
		order by occurred_at, event_id) to `+warehouse.Literal(folder)+` (format parquet, compression zstd, partition_by (part))`)
	if err != nil {
		b.Fatal(err)
	}
	written, err := filepath.Glob(filepath.Join(folder, "*", "*.parquet"))
	if err == nil {
		err = syncAll(written)
	}
	if err != nil || len(written) != smallFileDates {
		b.Fatalf("%d files, error %v; want one for each date", len(written), err)
	}
	return costs{Took: time.Since(start), Rows: made.Rows[0][0].(int64)}
}

func landSmallFiles(l *lander) {
	l.t.Helper()
	random := rand.New(rand.NewPCG(7, 7))
	first := benchEnd.AddDate(0, 0, -smallFileDates)
	span := smallFileDates * 24 * time.Hour
	var all int
	for file := range smallFiles {
		rows := make([]record.Event, smallFileRows)
		for i := range rows {
			if i%100 == 99 { // a producer's second try
				rows[i] = rows[i-random.IntN(99)-1]
				continue
			}
			at := first.Add(time.Duration(file)*span/smallFiles + time.Duration(random.Int64N(int64(span/smallFiles))))
			if i%20 == 0 {
				at = first.Add(time.Duration(random.Int64N(int64(span))))
			}
			rows[i] = benchEvent(random, fmt.Sprintf("evt-%08x%08x", random.Uint32(), all), at.Truncate(time.Microsecond), 3)
			all++
		}
		landRows(l, record.KindEvent, rows)
	}
}

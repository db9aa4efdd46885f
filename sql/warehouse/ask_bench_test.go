package warehouse

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// benchMart publishes a build whose mart has PARLEY_BENCH_ROWS rows, a million by default.
func benchMart(b *testing.B) (marts, file string) {
	b.Helper()
	rows := 1_000_000
	if text := os.Getenv("PARLEY_BENCH_ROWS"); text != "" {
		var err error
		if rows, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	marts, _ = manyFiles(b, 1, 0)
	d, err := Open(context.Background(), Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	file = filepath.Join(marts, "b1", "mart0", "0000.parquet")
	if err := os.Remove(file); err != nil {
		b.Fatal(err)
	}
	query := `select range as n, hash(range) % 1000 as k, 'word ' || hash(range) % 100000 as word,
		timestamptz '2026-01-01 00:00:00+00' + to_seconds(range) as seen_at, (range % 10000 / 100)::decimal(18,2) as price from range(` + strconv.Itoa(rows) + `)`
	if _, err := d.Write(context.Background(), query, file); err != nil {
		b.Fatal(err)
	}
	return marts, file
}

// BenchmarkMartQuery asks a mart by a Reader and by DuckDB itself over the same
// file, turn by turn, and tells the ratio of the two.
func BenchmarkMartQuery(b *testing.B) {
	marts, file := benchMart(b)
	r, err := OpenCurrent(context.Background(), marts, ReaderConfig{})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		b.Fatal(err)
	}
	plain := sql.OpenDB(connector)
	defer plain.Close()
	for name, query := range map[string]string{
		"few rows":  "select k, count(*), sum(price), max(seen_at) from %s group by k order by k limit 10",
		"many rows": "select n, k, word, seen_at, price from %s where k < 200",
	} {
		b.Run(name, func(b *testing.B) {
			var ours, theirs time.Duration
			for b.Loop() {
				began := time.Now()
				rows, err := r.Rows(context.Background(), fmt.Sprintf(query, "mart0"))
				if err != nil {
					b.Fatal(err)
				}
				for rows.Next() {
				}
				if err := rows.Err(); err != nil {
					b.Fatal(err)
				}
				rows.Close()
				ours += time.Since(began)
				began = time.Now()
				theirRows, err := plain.QueryContext(context.Background(), fmt.Sprintf(query, "read_parquet("+Literal(file)+")"))
				if err != nil {
					b.Fatal(err)
				}
				kinds, _ := theirRows.Columns()
				values := make([]any, len(kinds))
				for i := range values {
					values[i] = new(any)
				}
				for theirRows.Next() {
					if err := theirRows.Scan(values...); err != nil {
						b.Fatal(err)
					}
				}
				if err := theirRows.Err(); err != nil {
					b.Fatal(err)
				}
				theirRows.Close() //nolint:sqlclosecheck // within the time that is measured
				theirs += time.Since(began)
			}
			b.ReportMetric(ours.Seconds()*1000/float64(b.N), "reader-ms")
			b.ReportMetric(theirs.Seconds()*1000/float64(b.N), "duckdb-ms")
			b.ReportMetric(ours.Seconds()/theirs.Seconds(), "ratio")
		})
	}
}

// BenchmarkAnswers writes all rows of a mart in each way that an answer leaves.
func BenchmarkAnswers(b *testing.B) {
	marts, _ := benchMart(b)
	r, err := OpenCurrent(context.Background(), marts, ReaderConfig{})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	const query = "from mart0"
	for name, ask := range map[string]func() error{
		"rows": func() error {
			rows, err := r.Rows(context.Background(), query)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
			}
			return rows.Err()
		},
		"arrow": func() error {
			batches, err := r.Arrow(context.Background(), query)
			if err != nil {
				return err
			}
			defer batches.Close()
			return batches.Write(io.Discard, nil)
		},
		"parquet": func() error {
			file, err := r.Parquet(context.Background(), query)
			if err != nil {
				return err
			}
			defer file.Close()
			_, err = io.Copy(io.Discard, file)
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := ask(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package attribute

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"parley/sql/warehouse"
)

// BenchmarkUsersWithAttributes lays 200 attributes of PARLEY_BENCH_PEOPLE people,
// 20,000 by default, out as columns, and writes them beside 20 columns of ours, as
// the model users does. It tells how long that is beside a plain copy, by the
// engine, of the table that comes of it, and how much memory the process held at most.
func BenchmarkUsersWithAttributes(b *testing.B) {
	ctx := context.Background()
	people := 20_000
	if text := os.Getenv("PARLEY_BENCH_PEOPLE"); text != "" {
		var err error
		if people, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	dir := b.TempDir()
	engine, err := warehouse.Open(ctx, warehouse.Config{TempDir: filepath.Join(dir, "spill"), MemoryLimit: os.Getenv("PARLEY_BENCH_MEMORY")})
	if err != nil {
		b.Fatal(err)
	}
	defer engine.Close()
	run := func(query string, values ...any) {
		b.Helper()
		if err := engine.Exec(ctx, query, values...); err != nil {
			b.Fatalf("%s: %v", query, err)
		}
	}
	file := func(name string) string { return filepath.Join(dir, name+".parquet") }
	write := func(query, name string) {
		b.Helper()
		if _, err := engine.Write(ctx, query, file(name)); err != nil {
			b.Fatal(err)
		}
	}
	// A fifth each: text of few values, text of many, numbers, yes or no, times.
	write(fmt.Sprintf(`select 'u:' || person as person_id, 'attribute ' || attribute as name,
			case attribute %% 5 when 0 then 'plan ' || (hash(person, attribute) %% 7) when 1 then 'text ' || (hash(person, attribute) %% 100000)
				when 2 then (hash(person, attribute) %% 10000)::varchar when 3 then (hash(person, attribute) %% 2 = 0)::varchar
				else strftime(timestamp '2026-01-01' + to_seconds((hash(person, attribute) %% 10000000)::bigint), '%%Y-%%m-%%dT%%H:%%M:%%SZ') end as value,
			case attribute %% 5 when 0 then 'text' when 1 then 'text' when 2 then 'number' when 3 then 'boolean' else 'time' end as value_type
		from range(%d) as people(person), range(200) as attributes(attribute)`, people), "latest")
	write(fmt.Sprintf(`select 'u:' || person as person_id, %s from range(%d) as people(person)`, ours(), people), "named")
	run("create view int_person_attributes__latest as from " + warehouse.FromFiles([]string{file("latest")}))
	run("create view named as from " + warehouse.FromFiles([]string{file("named")}))
	layout := layoutOf(Person)
	var laid, written, copied time.Duration
	b.ResetTimer()
	for b.Loop() {
		began := time.Now()
		query, err := layout.SQL(ctx, engine)
		if err != nil {
			b.Fatal(err)
		}
		write(query, "wide")
		laid += time.Since(began)
		run("create or replace view person_attributes_wide as from " + warehouse.FromFiles([]string{file("wide")}))
		began = time.Now()
		write("select * from named left join person_attributes_wide using (person_id)", "users")
		written += time.Since(began)
		began = time.Now()
		write("from "+warehouse.FromFiles([]string{file("users")}), "copy")
		copied += time.Since(began)
	}
	n := float64(b.N)
	b.ReportMetric(laid.Seconds()/n, "lay-out-s")
	b.ReportMetric(written.Seconds()/n, "users-s")
	b.ReportMetric(copied.Seconds()/n, "copy-s")
	b.ReportMetric((laid+written).Seconds()/copied.Seconds(), "both/copy")
	b.ReportMetric(written.Seconds()/copied.Seconds(), "users/copy")
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(usage.Maxrss)/1024, "peak-MB")
}

func ours() string {
	var columns string
	for i := range 20 {
		columns += fmt.Sprintf("case when person %% 3 = 0 then null else 'ours ' || (hash(person, %d) %% 1000) end as ours_%d, ", i, i)
	}
	return columns[:len(columns)-2]
}

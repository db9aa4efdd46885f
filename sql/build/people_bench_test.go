package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"parley/sql/warehouse"
)

// BenchmarkIdentity says whose each of 5.6 million keys is, by 10 million links,
// each a row of settled_person_keys: of a million people two in three have a
// user_id, an e-mail address and four cookies, one is a lead with an address and
// four cookies, and most of these were seen together on several dates; one in a
// hundred uses a machine that others use too. Beside it, in the same session,
// DuckDB reads the same links and groups them once. Then a thousandth of new
// links comes, half of them with keys never seen before; changed-rows is what
// that changes. PARLEY_BENCH_PEOPLE is the number of people.
func BenchmarkIdentity(b *testing.B) {
	ctx := context.Background()
	number := 1_000_000
	if text := os.Getenv("PARLEY_BENCH_PEOPLE"); text != "" {
		var err error
		if number, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	var group, whole, again time.Duration
	for b.Loop() {
		b.StopTimer()
		engine, err := warehouse.Open(ctx, warehouse.Config{})
		if err != nil {
			b.Fatal(err)
		}
		dir := b.TempDir()
		links := writeLinks(b, engine, dir, number)
		if err := engine.CreateSource(ctx, personMerges, nil); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		began := time.Now()
		if _, err := engine.Query(ctx, "select count(*), min(first_at), max(last_at) from (select user_id, email, source_id, anonymous_id, min(first_at) as first_at, max(last_at) as last_at from "+warehouse.FromFiles(links[:1])+" group by all)"); err != nil {
			b.Fatal(err)
		}
		group += time.Since(began)

		first := &people{engine: engine, dir: filepath.Join(dir, "first"), work: dir, asOf: "timestamptz '2026-07-01'"}
		see(b, engine, links[:1])
		began = time.Now()
		made, err := first.anew(ctx)
		if err != nil {
			b.Fatal(err)
		}
		whole += time.Since(began)
		peak := peakMemory()

		second := &people{engine: engine, dir: filepath.Join(dir, "second"), work: dir, asOf: first.asOf, former: first.dir, formerAsOf: first.asOf, came: links[1:]}
		see(b, engine, links)
		began = time.Now()
		if in, err := second.update(ctx); err != nil || !in.Followed {
			b.Fatal(in, err)
		}
		again += time.Since(began)
		b.StopTimer()
		changed, err := second.count(ctx, "people.changed")
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(changed), "changed-rows")
		b.ReportMetric(float64(made.Files[0].Rows), "rows")
		b.ReportMetric(float64(peak)/1e6, "peak-MB")
		if err := engine.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	n := float64(b.N)
	b.ReportMetric(group.Seconds()/n, "group-s")
	b.ReportMetric(whole.Seconds()/n, "map-s")
	b.ReportMetric(whole.Seconds()/group.Seconds(), "map/group")
	b.ReportMetric(again.Seconds()/n, "again-s")
	b.ReportMetric(again.Seconds()/whole.Seconds(), "again/map")
}

// see names the files of links as what has been settled.
func see(b *testing.B, engine *warehouse.DuckDB, files []string) {
	b.Helper()
	if err := engine.ViewFiles(context.Background(), personKeys, files); err != nil {
		b.Fatal(err)
	}
}

// writeLinks writes two files of links: ten for each of so many people, and a
// thousandth of that, which is new.
func writeLinks(b *testing.B, engine *warehouse.DuckDB, dir string, people int) (files []string) {
	b.Helper()
	const links = `select
			case when who % 3 > 0 and what % 10 < 8 then 'user-' || who end as user_id,
			case when what % 10 in (0, 1, 8, 9) or who % 3 = 0 and what % 10 < 4 then 'person' || who || '@company' || who % 1000 || '.example' end as email,
			cast(null as varchar) as source_id,
			case when who % 100 = 1 and what % 10 = 7 then 'shared-' || who // 300 when what % 10 > 1 or who % 3 = 0 then md5(who || ' ' || what % 4) end as anonymous_id,
			timestamptz '2026-01-01' + interval 1 hour * (hash(what, who) % 4000) as first_at,
			first_at + interval 1 minute as last_at`
	for i, from := range []string{
		fmt.Sprintf("(select i %% %[1]d as who, i // %[1]d as what from range(%[1]d * 10) t(i))", people),
		fmt.Sprintf("(select case when i %% 2 = 0 then i * 97 %% %[1]d else i + %[1]d end as who, i %% 14 as what from range(%[1]d // 100) t(i))", people),
	} {
		path := filepath.Join(dir, fmt.Sprintf("links-%d.parquet", i))
		if _, err := engine.Write(context.Background(), links+" from "+from, path); err != nil {
			b.Fatal(err)
		}
		files = append(files, path)
	}
	return files
}

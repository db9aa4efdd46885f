package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"parley/pipelines/lake"
	"parley/sql/settle"
	"parley/sql/transform"
	"parley/sql/warehouse"
)

// generated are the SELECTs of a year and a half of settled rows, for n events
// of n/20 people in n/200 companies, with n/60 conversations of three parts each.
var generated = map[string]string{
	"settled_events": `select 'e' || i as event_id, case when i %% 3 = 0 then 'shift_created' else 'page_view' end as event_name,
		timestamptz '2025-01-01 00:00:00+00' + to_seconds((i * 46656000.0 / %[1]d)::bigint) as occurred_at, 'user_id' as key_kind, (hash(i) %% (%[1]d // 20 + 1))::varchar as key,
		'https://app.example.com/p/' || i %% 50 as url, case when i %% 7 = 0 then 'google' end as utm_source, '{"n":1}' as metadata from range(%[1]d) t(i)`,
	"settled_person_keys": `select i::varchar as user_id, 'p' || i || '@example.com' as email,
		timestamptz '2025-01-01 00:00:00+00' as first_at, timestamptz '2026-06-01 00:00:00+00' as last_at from range(%[1]d // 20 + 1) t(i)`,
	"settled_person_attributes": `select 'user_id' as key_kind, i::varchar as key, a.name, case a.name when 'name' then 'Person ' || i when 'email' then 'p' || i || '@example.com' else '2025-01-01T00:00:00Z' end as value,
		case a.name when 'signed_up_at' then 'time' else 'text' end as value_type, false as is_custom, timestamptz '2025-01-01 00:00:00+00' as at, '0' as seq
		from range(%[1]d // 20 + 1) t(i), (values ('name'), ('email'), ('signed_up_at')) a(name)`,
	"settled_memberships": `select 'user_id' as key_kind, i::varchar as key, (i // 10)::varchar as company_id, timestamptz '2025-01-01 00:00:00+00' as at, false as removed from range(%[1]d // 20 + 1) t(i)`,
	"settled_company_attributes": `select i::varchar as company_id, a.name, case a.name when 'monthly_spend' then (29 + i %% 5)::varchar else 'USD' end as value, 'text' as value_type, false as is_custom,
		timestamptz '2025-01-01 00:00:00+00' as at, '0' as seq from range(%[1]d // 200 + 1) t(i), (values ('monthly_spend'), ('currency')) a(name)`,
	"settled_conversations": `select i::varchar as conversation_id, 'user_id' as key_kind, (hash(i) %% (%[1]d // 20 + 1))::varchar as key, 'web' as channel,
		timestamptz '2025-01-01 00:00:00+00' + to_seconds((i * 46656000.0 / (%[1]d // 60 + 1))::bigint) as created_at, created_at as updated_at from range(%[1]d // 60 + 1) t(i)`,
	"settled_conversation_parts": `select p || '-' || i as part_id, i::varchar as conversation_id, case p when 0 then 'source' when 1 then 'comment' else 'close' end as part_type,
		case p when 0 then 'user' else 'admin' end as author_type, case p when 0 then 'x' else 'agent' end as author_id,
		timestamptz '2025-01-01 00:00:00+00' + to_seconds((i * 46656000.0 / (%[1]d // 60 + 1))::bigint + p * 1800) as created_at, created_at as updated_at,
		'<p>text</p>' as body, p < 2 as has_text, false as is_reply, p = 0 as is_source from range(%[1]d // 60 + 1) t(i), range(3) q(p)`,
}

// settled writes the generated rows as settled tables: events in a file for
// each month, all else in one. Tables that are not generated are empty.
func settled(b *testing.B, dir string, n int) *settle.Manifest {
	b.Helper()
	ctx := context.Background()
	engine, err := warehouse.Open(ctx, warehouse.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer engine.Close()
	m := &settle.Manifest{Version: 1, Tables: map[string][]string{}}
	for _, schema := range warehouse.SourceSchemas() {
		if err := engine.CreateSource(ctx, schema.Table, nil); err != nil {
			b.Fatal(err)
		}
		if query := generated[schema.Table]; query != "" {
			if err := engine.Exec(ctx, "insert into "+schema.Table+" by name "+fmt.Sprintf(query, n)); err != nil {
				b.Fatal(err)
			}
		}
		wheres := []string{"true"}
		if schema.Table == "settled_events" {
			wheres = nil
			for month := range 18 {
				first := time.Date(2025, time.January+time.Month(month), 1, 0, 0, 0, 0, time.UTC)
				wheres = append(wheres, fmt.Sprintf("occurred_at >= timestamptz '%s' and occurred_at < timestamptz '%s'", first.Format(time.RFC3339), first.AddDate(0, 1, 0).Format(time.RFC3339)))
			}
		}
		for i, where := range wheres {
			path := filepath.Join(dir, fmt.Sprintf("%s-%d.parquet", schema.Table, i))
			if _, err := engine.Write(ctx, "select * from "+schema.Table+" where "+where, path); err != nil {
				b.Fatal(err)
			}
			m.Tables[schema.Table] = append(m.Tables[schema.Table], path)
		}
	}
	return m
}

// BenchmarkBuild builds all of our marts from settled rows: PARLEY_BENCH_EVENTS
// of them, 100,000 by default. It tells the time of the same SELECTs alone,
// without checks or a record, and the ratio of the two.
func BenchmarkBuild(b *testing.B) {
	n := 100_000
	if text := os.Getenv("PARLEY_BENCH_EVENTS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	l, err := lake.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	manifest := settled(b, b.TempDir(), n)
	cfg := Config{Lake: l, Now: time.Now, AsOf: time.Date(2026, 6, 25, 0, 0, 0, 0, time.UTC), Settings: Settings{Keep: 2}}
	cfg.parts.settle = func(context.Context, settle.Config) (*settle.Manifest, error) { return manifest, nil }
	var whole, alone time.Duration
	var peak int64
	for b.Loop() {
		began := time.Now()
		result, err := Run(context.Background(), cfg)
		if err != nil {
			b.Fatal(err)
		}
		whole += time.Since(began)
		peak = result.Build.PeakMemory
		alone += selects(b, cfg, manifest)
	}
	b.ReportMetric(whole.Seconds()/float64(b.N), "build-s")
	b.ReportMetric(alone.Seconds()/float64(b.N), "selects-s")
	b.ReportMetric(whole.Seconds()/alone.Seconds(), "ratio")
	b.ReportMetric(float64(peak)/1e6, "peak-MB")
}

// selects runs the models' SELECTs into Parquet in one session, and nothing else.
func selects(b *testing.B, cfg Config, manifest *settle.Manifest) time.Duration {
	b.Helper()
	ctx := context.Background()
	engine, err := warehouse.Open(ctx, warehouse.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer engine.Close()
	made := &building{cfg: cfg, dir: b.TempDir(), work: b.TempDir()}
	made.record.AsOf, made.record.Rows = cfg.AsOf, map[string]int64{}
	if err := made.inputs(ctx, engine, manifest); err != nil {
		b.Fatal(err)
	}
	graph, err := loadOurs(ctx, engine)
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	for _, m := range graph.Models {
		if m.Layer == transform.Staging {
			err = engine.View(ctx, m.Name, m.SQL)
		} else {
			path := filepath.Join(made.work, m.Name+".parquet")
			if _, err = engine.Write(ctx, m.SQL, path); err == nil {
				err = engine.ViewFiles(ctx, m.Name, []string{path})
			}
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(began)
}

func loadOurs(ctx context.Context, engine *warehouse.DuckDB) (*transform.Graph, error) {
	macros, err := engine.TableMacros(ctx)
	if err != nil {
		return nil, err
	}
	ours := parts{}.orOurs()
	return transform.Load(ctx, engine, transform.Sources{Ours: ours.models, Checks: ours.checks, Inputs: warehouse.SourceTables(), Allowed: macros})
}

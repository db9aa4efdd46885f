package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"parley/pipelines/lake"
	"parley/pipelines/sample"
	"parley/sql/settle"
	"parley/sql/transform"
	"parley/sql/warehouse"
)

// BenchmarkBuild settles and builds a company of 540 days, of PARLEY_BENCH_EVENTS
// events, 120,000 by default, with a twentieth of that of people; then, after a
// thousandth of new records on the last three days and five older ones, once
// more from what the first build left. It tells the time of the models' SELECTs alone,
// as COPY to Parquet in one session over the same settled files, and the ratios.
// With PARLEY_BENCH_LAKE=folder the records are landed there once, and stay.
func BenchmarkBuild(b *testing.B) {
	ctx := context.Background()
	config, err := sample.FromEnv(120_000)
	if err != nil {
		b.Fatal(err)
	}
	var settling, whole, alone, again time.Duration
	var peak int64
	for round := 1; b.Loop(); round++ {
		b.StopTimer()
		l := sampleLake(b, config)
		cfg := Config{Lake: l, Now: time.Now, AsOf: sample.End, Settings: Settings{Keep: 2, Timezone: "Europe/Dublin"}}
		b.StartTimer()
		began := time.Now()
		manifest, err := settle.Run(ctx, settle.Config{Lake: l})
		if err != nil {
			b.Fatal(err)
		}
		settling += time.Since(began)
		began = time.Now()
		first, err := Run(ctx, cfg)
		if err != nil {
			b.Fatal(err)
		}
		whole += time.Since(began)
		tellModels(b, first)
		alone += selects(b, cfg, manifest)
		if _, err := sample.LandMore(ctx, l, config, round); err != nil {
			b.Fatal(err)
		}
		cfg.AsOf = sample.End.Add(time.Hour)
		began = time.Now()
		second, err := Run(ctx, cfg)
		if err != nil {
			b.Fatal(err)
		}
		again += time.Since(began)
		tellModels(b, second)
		peak = second.Build.PeakMemory
	}
	n := float64(b.N)
	b.ReportMetric(settling.Seconds()/n, "settle-s")
	b.ReportMetric(whole.Seconds()/n, "build-s")
	b.ReportMetric(alone.Seconds()/n, "selects-s")
	b.ReportMetric(whole.Seconds()/alone.Seconds(), "build/selects")
	b.ReportMetric(again.Seconds()/n, "again-s")
	b.ReportMetric(again.Seconds()/whole.Seconds(), "again/build")
	b.ReportMetric(float64(peak)/1e6, "peak-MB")
}

// tellModels lists what took longest in a build.
func tellModels(b *testing.B, result Result) {
	b.Helper()
	models := result.Build.Models
	sort.SliceStable(models, func(i, j int) bool { return models[i].Seconds > models[j].Seconds })
	var told strings.Builder
	fmt.Fprintf(&told, "%v", result.Build.Steps)
	for _, m := range models[:min(len(models), 25)] {
		fmt.Fprintf(&told, "\n%6.2f s %s: %s, %s", m.Seconds, m.Name, m.How, m.Reason)
	}
	fmt.Fprintln(os.Stderr, told.String())
}

// sampleLake is a lake with the sample's records: a new one, or a copy, by
// links, of the one that is kept.
func sampleLake(b *testing.B, config sample.Config) *lake.Lake {
	b.Helper()
	kept := os.Getenv("PARLEY_BENCH_LAKE")
	root := b.TempDir()
	if kept == "" {
		kept = root
	}
	l, err := lake.Open(kept)
	if err != nil {
		b.Fatal(err)
	}
	if entries, err := l.Entries(nil); err != nil || len(entries) == 0 {
		if _, err := sample.Land(context.Background(), l, config); err != nil {
			b.Fatal(err)
		}
	}
	if kept == root {
		return l
	}
	err = filepath.WalkDir(kept, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(root, path[len(kept):])
		if entry.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		return os.Link(path, to)
	})
	if err != nil {
		b.Fatal(err)
	}
	if l, err = lake.Open(root); err != nil {
		b.Fatal(err)
	}
	return l
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
	began := time.Now()
	for table, paths := range manifest.Tables {
		if err := engine.ViewFiles(ctx, table, paths); err != nil {
			b.Fatal(err)
		}
	}
	if err := made.chosen(ctx, engine, map[string]transform.Input{}); err != nil {
		b.Fatal(err)
	}
	if _, err := made.whoIsWho(ctx, engine, manifest); err != nil {
		b.Fatal(err)
	}
	if _, err := made.placeAddresses(ctx, engine, manifest); err != nil {
		b.Fatal(err)
	}
	graph, err := loadOurs(ctx, engine)
	if err != nil {
		b.Fatal(err)
	}
	for _, m := range graph.Models {
		if err := m.Write(ctx); err != nil {
			b.Fatal(err)
		}
		if m.Layer == transform.Staging {
			err = engine.View(ctx, m.Name, m.SQL)
		} else {
			path := filepath.Join(made.work, m.Name+".parquet")
			if _, err = engine.Write(ctx, m.SQL, path); err == nil {
				err = engine.ViewFiles(ctx, m.Name, []string{path})
			}
		}
		if err != nil {
			b.Fatal(fmt.Errorf("%s: %w", m.Name, err))
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
	return transform.Load(ctx, engine, transform.Sources{Ours: ours.models, Checks: ours.checks, Inputs: withoutMade(warehouse.SourceTables()), Made: attributes(engine), Allowed: macros})
}

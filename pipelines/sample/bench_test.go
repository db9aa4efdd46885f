package sample_test

import (
	"context"
	"testing"

	"parley/pipelines/sample"
)

// BenchmarkLand lands a history of PARLEY_BENCH_EVENTS events, 120,000 by default.
func BenchmarkLand(b *testing.B) {
	config, err := sample.FromEnv(120_000)
	if err != nil {
		b.Fatal(err)
	}
	var rows int64
	for b.Loop() {
		n, err := sample.Land(context.Background(), landed(b), config)
		if err != nil {
			b.Fatal(err)
		}
		rows += n
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

package landing

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"parley/pipelines/broker"
)

// tabulate adds to the file PARLEY_BENCH_TABLE a table for README.md.
func tabulate(b *testing.B, config broker.Config, records int, ways []*way) {
	b.Helper()
	var table strings.Builder
	fmt.Fprintf(&table, "%s, %d records of some 340 bytes, %d processors, %s; the median of %d rounds:\n\n", brokerName(config), records, runtime.NumCPU(), runtime.Version(), len(ways[0].costs))
	fmt.Fprintln(&table, "| way | records/s | of the limit | records for a second of processor | memory at most | processors it had | the broker had |")
	fmt.Fprintln(&table, "|---|---|---|---|---|---|---|")
	others := 0.0
	for _, way := range ways {
		fmt.Fprintf(&table, "| %s | %.0f,000 | %.0f %% | %.0f,000 | %.0f MB | %.1f | %.1f |\n", way.title, way.rate()/1e3, 100*way.against(ways[0]),
			median(way.costs, cost.thrift)/1e3, way.peak()/1e6, median(way.costs, cost.processors), median(way.costs, func(c cost) float64 { return c.broker }))
		others = max(others, median(way.costs, func(c cost) float64 { return c.others }))
	}
	if others > 0.1 {
		fmt.Fprintf(&table, "\nThe machine was not quiet: other processes had up to %.1f processors.\n", others)
	}
	for _, ratio := range [][2]string{{"4p", "reader"}, {"4p", "spark"}, {"4p", "spark-batches"}, {"4p-batches", "spark-batches"}} {
		named := func(name string) int {
			return slices.IndexFunc(ways, func(w *way) bool { return w.name == name })
		}
		if ours, theirs := named(ratio[0]), named(ratio[1]); ours >= 0 && theirs >= 0 {
			ours, theirs := ways[ours], ways[theirs]
			fmt.Fprintf(&table, "\n%s: %.1f times as fast as %s.", ours.title, ours.against(theirs), theirs.title)
		}
	}
	publishTable(b, table.String()+"\n")
}

// brokerName is for a table.
func brokerName(config broker.Config) string {
	if len(config.Brokers) == 0 {
		return "The embedded broker"
	}
	return "Apache Kafka"
}

func publishTable(b testing.TB, text string) {
	b.Helper()
	name := os.Getenv("PARLEY_BENCH_TABLE")
	if name == "" {
		return
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(text + "\n"); err != nil {
		b.Fatal(err)
	}
}

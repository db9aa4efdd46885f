package cli

import (
	"time"

	"github.com/spf13/cobra"

	"parley/cmd/output"
	"parley/pipelines/lake"
)

func (a *app) lakeCommand() *cobra.Command {
	return parent("lake", "See what has landed", &cobra.Command{
		Use: "status", Short: "Show for each topic and partition what has landed, by the lake's log", Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.lakeStatus() },
	})
}

// landedSoFar sums up one partition's entries of the log.
type landedSoFar struct {
	topic                                    string
	partition                                int32
	end, rows, dead, tombstones, files, size int64
	last                                     time.Time
}

func (a *app) lakeStatus() error {
	ws, err := a.open()
	if err != nil {
		return err
	}
	store, err := ws.OpenLake()
	if err != nil {
		return err
	}
	entries, err := store.Entries(nil)
	if err != nil {
		return err
	}
	r := output.Rows{
		Columns: []string{"topic", "partition", "next_offset", "records", "dead_letters", "tombstones", "files", "bytes", "last_landed_at"},
		Empty:   "nothing has landed yet; put records in with `parley import`, or name your Kafka in parley.yaml",
	}
	for _, p := range sumByPartition(entries) {
		r.Rows = append(r.Rows, []any{p.topic, p.partition, p.end, p.rows, p.dead, p.tombstones, p.files, p.size, p.last})
	}
	return a.print(r)
}

// sumByPartition sums up entries, which stand in the order of topic and partition.
func sumByPartition(entries []lake.Entry) []landedSoFar {
	var sums []landedSoFar
	for _, entry := range entries {
		if last := len(sums) - 1; last < 0 || sums[last].topic != entry.Topic || sums[last].partition != entry.Partition {
			sums = append(sums, landedSoFar{topic: entry.Topic, partition: entry.Partition})
		}
		sum := &sums[len(sums)-1]
		sum.end, sum.last = entry.End, entry.At
		sum.rows += entry.Rows
		sum.dead += entry.Dead
		sum.tombstones += entry.Tombstones
		for _, file := range entry.Files {
			sum.files++
			sum.size += file.Bytes
		}
	}
	return sums
}

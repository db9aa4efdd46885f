package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"parley/cmd/output"
	"parley/cmd/workspace"
	"parley/pipelines/broker"
	"parley/sql/settle"
)

func (a *app) lakeCommand() *cobra.Command {
	verify := &cobra.Command{
		Use: "verify", Short: "Prove that every record has landed once, and every file is whole", Args: noArgs,
		Long: `Read the whole log and look at every file that it lists: each entry adds up, each begins where the one before
ended, and each file is there with its size. --deep reads the files too: their hashes, and the place of every row.
It changes nothing, and may run at any time. The status is 1 if anything is wrong; each fault says what to do.`,
	}
	deep := verify.Flags().Bool("deep", false, "read every file, not its size alone")
	verify.RunE = func(cmd *cobra.Command, _ []string) error { return a.verifyLake(cmd.Context(), *deep) }
	return parent("lake", "See what has landed, prove it, and look after the lake", &cobra.Command{
		Use: "status", Short: "Show for each topic and partition what has landed, and what waits on Kafka", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.lakeStatus(cmd.Context()) },
	}, verify, &cobra.Command{
		Use: "checkpoint", Short: "Let one file of the log stand for many old ones; `parley run` does so every hour", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.checkpointLake(cmd.Context()) },
	}, &cobra.Command{
		Use: "collect", Short: "Remove the files that crashes have left; `parley run` does so every day", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.collectLake(cmd.Context()) },
	})
}

var lakeStatusColumns = []string{"topic", "partition", "epoch", "next_offset", "lag", "records", "dead_letters", "tombstones",
	"skipped", "gaps", "gone", "files", "small_files", "bytes", "last_landed_at"}

func (a *app) lakeStatus(ctx context.Context) error {
	ws, store, err := a.openLake()
	if err != nil {
		return err
	}
	logs, err := store.Summary(ctx)
	if err != nil {
		return err
	}
	kafka := a.offsets(ctx, ws)
	r := output.Rows{Columns: lakeStatusColumns, Empty: "nothing has landed yet; put records in with `parley import`, or name your Kafka in parley.yaml"}
	type partition struct {
		topic string
		id    int32
	}
	epoch := map[partition]int32{} // in which the partition is now
	for _, log := range logs {
		epoch[partition{log.Topic, log.Partition}] = log.Epoch // the highest comes last
	}
	for _, log := range logs {
		var lag any
		if has, known := kafka[log.Topic][log.Partition]; known && log.Epoch == epoch[partition{log.Topic, log.Partition}] {
			lag = lagBehind(log.End, has)
			delete(kafka[log.Topic], log.Partition)
		}
		r.Rows = append(r.Rows, []any{log.Topic, log.Partition, log.Epoch, log.End, lag, log.Rows, log.Dead, log.Tombstones,
			log.Skipped, log.Gaps, log.Gone, log.Files, log.SmallFiles, log.Bytes, log.LastAt})
	}
	for topic, partitions := range sorted(kafka) {
		for partition, has := range sorted(partitions) {
			if has.End > has.First { // nothing of it has landed yet
				r.Rows = append(r.Rows, []any{topic, partition, 0, 0, has.End - has.First, 0, 0, 0, 0, 0, 0, 0, 0, 0, nil})
			}
		}
	}
	if a.forPeople() {
		r = withoutZeros(r, "epoch", "tombstones", "skipped", "gaps", "gone")
	}
	if err := a.print(r); err != nil {
		return err
	}
	settled, err := settle.Current(store)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, file := range settled.SetAside {
		a.say("set aside since %s: %s: %s", formatTime(file.Since), file.Path, file.Reason)
	}
	return nil
}

// withoutZeros leaves those of the named columns out in which nothing but 0 stands.
func withoutZeros(r output.Rows, names ...string) output.Rows {
	for at := len(r.Columns) - 1; at >= 0; at-- {
		notZero := func(row []any) bool { return fmt.Sprint(row[at]) != "0" }
		if !slices.Contains(names, r.Columns[at]) || slices.ContainsFunc(r.Rows, notZero) {
			continue
		}
		r.Columns = slices.Delete(slices.Clone(r.Columns), at, at+1)
		for i, row := range r.Rows {
			r.Rows[i] = slices.Delete(row, at, at+1)
		}
	}
	return r
}

// lagBehind is how many offsets are still to land.
func lagBehind(end int64, has broker.Offsets) int64 {
	if has.End < end {
		end = 0 // the topic was made anew: it lands from its beginning
	}
	return has.End - max(end, has.First)
}

// offsets are what Kafka has; nothing, and a word of it, if it does not answer soon.
func (a *app) offsets(ctx context.Context, ws *workspace.Workspace) map[string]map[int32]broker.Offsets {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	config, err := a.brokerConfig(ws)
	if err != nil {
		a.say("the lag is not known: %v", err)
		return nil
	}
	b, err := broker.Open(ctx, config)
	if err != nil {
		a.say("the lag is not known: %v", err)
		return nil
	}
	defer b.Close()
	has, err := b.Offsets(ctx)
	if err != nil {
		a.say("the lag is not known: %v", err)
		return nil
	}
	return has
}

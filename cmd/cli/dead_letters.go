package cli

import (
	"context"

	"github.com/spf13/cobra"

	"parley/cmd/output"
	"parley/pipelines/lake"
	"parley/sql/warehouse"
)

func (a *app) deadLettersCommand() *cobra.Command {
	return parent("dead-letters", "See the records that could not be read", &cobra.Command{
		Use: "list", Short: "List them: where each stood, what is wrong with it, and what it holds", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listDeadLetters(cmd.Context()) },
	})
}

// listDeadLetters asks the lake, not a build: a record is to be seen as soon as it has landed.
func (a *app) listDeadLetters(ctx context.Context) error {
	ws, err := a.open()
	if err != nil {
		return err
	}
	store, err := ws.OpenLake()
	if err != nil {
		return err
	}
	files, err := store.Files(lake.DeadLetters)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return a.print(output.Rows{Columns: deadLetterColumns, Empty: "no dead letters"})
	}
	paths := make([]string, len(files))
	for i, file := range files {
		if paths[i], err = store.Local(ctx, file.Path); err != nil {
			return err
		}
	}
	engine, err := warehouse.Open(ctx, warehouse.Config{})
	if err != nil {
		return err
	}
	defer engine.Close()
	if err := engine.ViewFiles(ctx, "dead_letters", paths); err != nil {
		return err
	}
	letters, err := engine.Query(ctx, `select topic, kafka_partition as partition, kafka_offset as offset, kafka_at as at, reason, key, value
		from dead_letters order by kafka_at, topic, kafka_partition, kafka_offset`)
	if err != nil {
		return err
	}
	return a.print(output.Answer(letters))
}

var deadLetterColumns = []string{"topic", "partition", "offset", "at", "reason", "key", "value"}

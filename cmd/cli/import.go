package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/cmd/output"
	"parley/cmd/workspace"
	"parley/pipelines/broker"
	"parley/pipelines/importer"
)

// importBatch is how many records are handed to Kafka at once.
const importBatch = 10_000

func (a *app) importCommand() *cobra.Command {
	var kind, mapping string
	cmd := &cobra.Command{
		Use:   "import FILE|DIR",
		Short: "Put records from files on Kafka",
		Long: `Put records from files on Kafka: NDJSON and JSON (Intercom's objects of both generations as they are,
lists and webhook envelopes too), and any CSV by a mapping file. Files that end in .gz are opened.

It ends once the records would survive a crash. What cannot be read is kept among the dead
letters when it lands, counted and explained; see parley dead-letters list.

To import a file again is safe: what comes twice under one id counts once. A record without an id of its own
counts once by its content: three events that are equal in every field are one.`,
		Example: "  parley import export/\n  parley import people.ndjson --kind user\n  parley import tickets.csv.gz --mapping helpdesk.yaml",
		Args:    exactly("a file or a folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runImport(cmd.Context(), args[0], kind, mapping)
		},
	}
	cmd.Flags().StringVar(&kind, "kind", "", "what the records are, where they do not say it: `user`, company, event, conversation, tag, merge or enrichment")
	cmd.Flags().StringVar(&mapping, "mapping", "", "how to read a CSV: a mapping `file`")
	return cmd
}

func (a *app) runImport(ctx context.Context, path, kind, mappingPath string) error {
	ws, err := a.open()
	if err != nil {
		return err
	}
	options := importer.Options{Kind: kind, Timezone: ws.Location()}
	if mappingPath != "" {
		if options.Mapping, err = importer.LoadMapping(mappingPath); err != nil {
			return err
		}
	}
	files, err := importer.Files(path)
	if err != nil {
		return err
	}
	if options.Mapping != nil {
		for _, file := range files {
			if name := strings.TrimSuffix(strings.ToLower(file), ".gz"); !strings.HasSuffix(name, ".csv") && !strings.HasSuffix(name, ".tsv") {
				return usagef("%s: a mapping is for CSV; import this file without --mapping", file)
			}
		}
	}
	var total importer.Summary
	config, err := a.brokerConfig(ws)
	if err != nil {
		return err
	}
	config.Patience = 30 * time.Second // a broker that restarts takes half of it
	err = broker.Do(ctx, config, func(ctx context.Context, b *broker.Broker) error {
		// Begun again when a borrowed broker goes away: records keep their ids, so none counts twice.
		total = importer.Summary{}
		if err := a.ensureTopics(ctx, b); err != nil {
			return err
		}
		for _, file := range files {
			summary, err := a.importFile(ctx, ws, b, file, options)
			if err != nil {
				return err
			}
			total.Add(summary)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return a.printImport(total)
}

func (a *app) importFile(ctx context.Context, ws *workspace.Workspace, b *broker.Broker, file string, options importer.Options) (importer.Summary, error) {
	meter := a.meter("importing "+file, "records")
	defer meter.done()
	batch := make([]broker.Message, 0, importBatch)
	flush := func() error {
		if err := b.Produce(ctx, batch); err != nil {
			if broker.Lost(err) && !b.Embedded() {
				return fmt.Errorf("import %s: %w; to import it again is safe: records that come twice count once", file, err)
			}
			return fmt.Errorf("import %s: %w", file, err)
		}
		meter.add(len(batch))
		batch = batch[:0]
		return nil
	}
	summary, err := importer.Read(file, options, func(item importer.Item) error {
		batch = append(batch, broker.Message{Kind: item.Kind, Key: item.Key, Value: item.Value, At: ws.Now()})
		if len(batch) < importBatch {
			return nil
		}
		return flush()
	})
	if err != nil {
		return summary, err
	}
	return summary, flush()
}

func (a *app) printImport(total importer.Summary) error {
	r := output.Rows{Columns: []string{"kind", "records"}, Empty: "no record that can be read"}
	for kind, count := range sorted(total.Records) {
		r.Rows = append(r.Rows, []any{string(kind), count})
	}
	if err := a.print(r); err != nil {
		return err
	}
	for name, count := range sorted(total.NotRecords) {
		a.say("%s × %s: not a record of Parley's, left out", grouped(count), name)
	}
	if total.EqualRows > 0 {
		a.say("%s of %s: equal to another of their conversation, counted once", plural(total.EqualRows, "row", "rows"), grouped(total.Rows))
	}
	for _, warning := range total.Warnings {
		a.say("%s", warning)
	}
	if total.Refused > 0 {
		a.say("%s could not be read; they are kept, and listed by `parley dead-letters list` once they have landed", grouped(total.Refused))
	}
	if total.TooLarge > 0 {
		a.say("%s left out: longer than a message on Kafka may be", plural(total.TooLarge, "record was", "records were"))
	}
	for _, problem := range total.Problems {
		a.say("  %s", problem)
	}
	if total.TooLarge > 0 {
		return fmt.Errorf("%s left out", plural(total.TooLarge, "record was", "records were"))
	}
	return nil
}

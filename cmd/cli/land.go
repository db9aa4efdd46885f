package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"parley/cmd/output"
	"parley/cmd/workspace"
	"parley/pipelines/broker"
	"parley/pipelines/lake"
	"parley/pipelines/landing"
)

func (a *app) landCommand() *cobra.Command {
	var once bool
	cmd := &cobra.Command{
		Use:   "land",
		Short: "Land records from Kafka as Parquet files, until stopped",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withBroker(cmd.Context(), once, func(ctx context.Context, ws *workspace.Workspace, b *broker.Broker) error {
				if !once {
					return a.land(ctx, ws, b)
				}
				summary, err := a.landOnce(ctx, ws, b)
				if err != nil {
					return err
				}
				return a.printLanded(summary)
			})
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "land what is there now, and end")
	return cmd
}

func (a *app) landingConfig(ws *workspace.Workspace, b *broker.Broker, store *lake.Lake) landing.Config {
	return landing.Config{
		Addrs:       b.Addrs(),
		Security:    b.Security(),
		TopicPrefix: ws.Config.Kafka.TopicPrefix,
		Lake:        store,
		Logger:      a.log,
	}
}

// land lands until ctx ends.
func (a *app) land(ctx context.Context, ws *workspace.Workspace, b *broker.Broker) error {
	store, err := lake.Open(ws.LakeDir())
	if err != nil {
		return err
	}
	config := a.landingConfig(ws, b, store)
	config.RotateEvery = min(10*time.Second, ws.Config.Build.Every.Value())
	if b.Embedded() && !b.Owner() {
		// The process that runs the broker may end; then another is opened, elsewhere.
		config.Patience = 5 * time.Second
	}
	return landing.Run(ctx, config)
}

func (a *app) printLanded(summary landing.Summary) error {
	r := output.Rows{Columns: []string{"kind", "records"}, Empty: "nothing new on Kafka"}
	for kind, rows := range sorted(summary.Rows) {
		r.Rows = append(r.Rows, []any{string(kind), rows})
	}
	if err := a.print(r); err != nil {
		return err
	}
	if summary.Dead > 0 {
		a.say("%s records could not be read; they are kept: parley dead-letters list", grouped(summary.Dead))
	}
	return nil
}

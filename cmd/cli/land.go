package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"parley/cmd/output"
	"parley/cmd/server"
	"parley/cmd/workspace"
	"parley/pipelines/broker"
	"parley/pipelines/lake"
	"parley/pipelines/landing"
)

func (a *app) landCommand() *cobra.Command {
	var once bool
	var metrics string
	cmd := &cobra.Command{
		Use:   "land",
		Short: "Land records from Kafka as Parquet files, until stopped",
		Long: `Land records from Kafka as Parquet files, until stopped. Any number of processes may land the same topics:
they share the partitions, and each record lands once.

A record waits ten seconds at the most until its file ends and counts, or build.every of parley.yaml if that is
shorter. With --once the files end when all that was there has been read.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if metrics == "" {
				return a.withBroker(cmd.Context(), once, a.landAs(once))
			}
			a.figures = newFigures().withLanding()
			pages, err := server.NewMetrics(cmd.Context(), metrics, a.figures.registry, a.log)
			if err != nil {
				return asUsage(err)
			}
			a.say("metrics at %smetrics", pages.URL())
			serving, stop := context.WithCancel(cmd.Context())
			group, ctx := errgroup.WithContext(cmd.Context())
			group.Go(func() error { return pages.Serve(serving) })
			group.Go(func() error {
				defer stop()
				return a.withBroker(ctx, once, a.landAs(once))
			})
			return group.Wait()
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "land what is there now, and end")
	cmd.Flags().StringVar(&metrics, "metrics", "", "give Prometheus metrics at /metrics on this `address` of this machine, as 127.0.0.1:9464")
	return cmd
}

// landAs lands what is there now, or else until it is stopped.
func (a *app) landAs(once bool) func(context.Context, *workspace.Workspace, *broker.Broker) error {
	if !once {
		return a.land
	}
	return func(ctx context.Context, ws *workspace.Workspace, b *broker.Broker) error {
		summary, err := a.landOnce(ctx, ws, b)
		if err != nil {
			return err
		}
		return a.printLanded(summary)
	}
}

func (a *app) landingConfig(ws *workspace.Workspace, b *broker.Broker, store *lake.Lake) landing.Config {
	var patience time.Duration
	if b.Embedded() && !b.Owner() {
		// The process that runs the broker may end; then another is opened, elsewhere.
		patience = time.Second
	}
	return landing.Config{
		Addrs:       b.Addrs(),
		Patience:    patience,
		Security:    b.Security(),
		TopicPrefix: ws.Config.Kafka.TopicPrefix,
		Lake:        store,
		Metrics:     a.figures.ofLanding(),
		Logger:      a.log,
	}
}

// land lands until ctx ends.
func (a *app) land(ctx context.Context, ws *workspace.Workspace, b *broker.Broker) error {
	store, err := ws.OpenLake()
	if err != nil {
		return err
	}
	config := a.landingConfig(ws, b, store)
	progress, done := a.landingProgress()
	defer done()
	config.Progress = progress
	config.RotateEvery = min(10*time.Second, ws.Config.Build.Every.Value())
	return landing.Run(ctx, config)
}

func (a *app) printLanded(summary landing.Summary) error {
	r := output.Rows{Columns: []string{"kind", "records"}, Empty: "nothing new on Kafka"}
	if summary.Dead+summary.Tombstones > 0 {
		r.Empty = "no new rows"
	}
	for kind, rows := range sorted(summary.Rows) {
		r.Rows = append(r.Rows, []any{string(kind), rows})
	}
	if err := a.print(r); err != nil {
		return err
	}
	if summary.Dead > 0 {
		a.say("%s could not be read, and kept: parley dead-letters list", plural(summary.Dead, "record", "records"))
	}
	return nil
}

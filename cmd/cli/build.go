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
	"parley/pipelines/landing"
	"parley/sql/build"
)

func (a *app) buildCommand() *cobra.Command {
	var asOf string
	cmd := &cobra.Command{
		Use:   "build",
		Short: "Land what waits, and build the marts",
		Long: `Land what waits in the embedded broker, settle it, and build the marts as of one instant.
A build becomes current in one step, when all of it is there and its checks hold; until then, and if it
fails, readers keep the last one.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, err := parseAsOf(asOf)
			if err != nil {
				return err
			}
			ws, err := a.open()
			if err != nil {
				return err
			}
			if at.After(time.Now()) {
				return usagef("--as-of %s lies in the future; a build sees what has happened by an instant that is over", asOf)
			}
			if len(ws.Config.Kafka.Brokers) > 0 {
				a.say("what has landed is built; records on Kafka land by `parley land`, or `parley run`")
			} else {
				err := a.withBroker(cmd.Context(), true, func(ctx context.Context, ws *workspace.Workspace, b *broker.Broker) error {
					_, err := a.landOnce(ctx, ws, b)
					return err
				})
				if err != nil {
					return err
				}
			}
			if err := a.warnOfModels(ws); err != nil {
				return err
			}
			built, err := a.build(cmd.Context(), ws, at)
			if err != nil {
				return err
			}
			if err := a.printBuild(built); err != nil {
				return err
			}
			a.say("the reports are drawn anew by `parley report`")
			return nil
		},
	}
	cmd.Flags().StringVar(&asOf, "as-of", "", "build as of this `instant`, as 2026-06-30T00:00:00Z (default: workspace.as_of, else now)")
	return cmd
}

func parseAsOf(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, usagef("--as-of %s is no instant; write 2026-06-30T00:00:00Z", text)
	}
	return at.UTC(), nil
}

// landOnce lands what is on Kafka now and has not landed yet.
func (a *app) landOnce(ctx context.Context, ws *workspace.Workspace, b *broker.Broker) (landing.Summary, error) {
	store, err := ws.OpenLake()
	if err != nil {
		return landing.Summary{}, err
	}
	config := a.landingConfig(ws, b, store)
	progress, done := a.landingProgress()
	defer done()
	config.Progress = progress
	return landing.Once(ctx, config)
}

// build builds the marts as of an instant; zero is the workspace's clock.
func (a *app) build(ctx context.Context, ws *workspace.Workspace, asOf time.Time) (build.Result, error) {
	store, err := ws.OpenLake()
	if err != nil {
		return build.Result{}, err
	}
	if asOf.IsZero() {
		asOf = ws.Now()
	}
	steps := a.steps("building")
	defer steps.done()
	config, faults := a.buildConfig(ws, store)
	config.AsOf = asOf
	config.Progress = func(p build.Progress) { steps.at(strings.TrimSpace(p.Step+" "+p.What), p.Done, p.Total) }
	built, err := build.Run(ctx, config)
	if faults != nil {
		built.Faults = append(built.Faults, faults)
	}
	return built, err
}

func (a *app) printBuild(built build.Result) error {
	r := output.Rows{Columns: []string{"mart", "rows"}}
	for mart, rows := range sorted(built.Build.Rows) {
		r.Rows = append(r.Rows, []any{mart, rows})
	}
	if err := a.print(r); err != nil {
		return err
	}
	for _, fault := range built.Faults {
		a.say("%v", fault)
	}
	for _, warning := range built.Warnings {
		a.say("%s:%d: the check %s does not hold for %s of %s", warning.File, warning.Line, warning.Check, plural(warning.Failed, "row", "rows"), warning.Model)
	}
	a.say("build %s as of %s: %d marts in %.1f s", built.Build.ID, formatTime(built.Build.AsOf), len(built.Build.Rows), built.Build.Seconds)
	if len(built.Faults) > 0 {
		return fmt.Errorf("the build is published, but without what is wrong in the workspace's own files")
	}
	return nil
}

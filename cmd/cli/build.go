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
	var asOf, show, mart string
	var list, diff, plan bool
	var limit int
	var how howToBuild
	cmd := &cobra.Command{
		Use:   "build",
		Short: "Land what waits, and build the marts; list, show and compare builds",
		Long: `Land what waits in the embedded broker, settle it, and build the marts as of one instant.
A build becomes current in one step, when all of it is there and its checks hold; until then, and if it
fails, readers keep the last one.

A model is brought up to date by what has landed since the last build, where its header says how; --full computes
everything from nothing. --select runs some models over the records of the current build, at its instant, and leaves
all others as they are: NAME, NAME+ with what reads it, +NAME with what it reads, several parted by commas.

  parley build --plan                      what a build would do with each model, and why
  parley build --list                      the builds there were, failed ones too
  parley build --show ID                   one of them: errors, checks that did not hold, where the rows are kept
  parley build --diff [BEFORE [AFTER]]     what is different in the marts of two builds that are still there
  parley build --diff --mart NAME          the rows of one mart that are different

An id may be cut short; current is the current build. Without AFTER it is the current build that is compared, and
without BEFORE it is compared with the one before it. Rows are matched by the model's key; doubles that are the same
to a billionth are the same.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if !diff {
				return noArgs(cmd, args)
			}
			if len(args) > 2 {
				return usagef("--diff compares two builds; %d are named", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case limit < 0:
				return usagef("--limit %d is no number of rows; 0 is all of them", limit)
			case mart != "" && !diff:
				return usagef("--mart names whose rows --diff shows; write parley build --diff --mart %s", mart)
			case cmd.Flags().Changed("limit") && !list && mart == "":
				return usagef("--limit is for --list and --diff --mart")
			case list:
				return a.listBuilds(limit)
			case cmd.Flags().Changed("show"):
				return a.showBuild(show)
			case diff:
				return a.diffBuilds(cmd.Context(), args, mart, limit)
			}
			at, err := parseAsOf(asOf)
			if err != nil {
				return err
			}
			how.selected = words(how.selected)
			if cmd.Flags().Changed("select") && len(how.selected) == 0 {
				return usagef("--select names no model; write parley build --select contacts+")
			}
			if plan {
				return a.planBuild(cmd.Context(), at, how)
			}
			return a.landAndBuild(cmd.Context(), at, asOf, how)
		},
	}
	cmd.Flags().StringVar(&asOf, "as-of", "", "build as of this `instant`, as 2026-06-30T00:00:00Z (default: workspace.as_of, else now)")
	cmd.Flags().BoolVar(&how.full, "full", false, "compute everything from nothing")
	cmd.Flags().StringSliceVar(&how.selected, "select", nil, "run these `models` alone")
	cmd.Flags().BoolVar(&plan, "plan", false, "build nothing; say what would run, and why")
	cmd.Flags().BoolVar(&list, "list", false, "build nothing; list the builds there were, the newest first")
	cmd.Flags().StringVar(&show, "show", "", "build nothing; show all that is known of the build with this `id`")
	cmd.Flags().BoolVar(&diff, "diff", false, "build nothing; compare two builds")
	cmd.Flags().StringVar(&mart, "mart", "", "with --diff: show the rows of this `mart`")
	cmd.Flags().IntVar(&limit, "limit", 50, "with --list and --diff --mart: at most so many; 0 for all")
	cmd.MarkFlagsMutuallyExclusive("as-of", "list", "show", "diff", "select")
	for _, looks := range []string{"list", "show", "diff"} {
		cmd.MarkFlagsMutuallyExclusive("plan", looks)
		cmd.MarkFlagsMutuallyExclusive("full", looks)
	}
	return cmd
}

// landAndBuild lands what waits in the embedded broker, and builds.
func (a *app) landAndBuild(ctx context.Context, at time.Time, asOf string, how howToBuild) error {
	ws, err := a.open()
	if err != nil {
		return err
	}
	if at.After(time.Now()) {
		return usagef("--as-of %s lies in the future; a build sees what has happened by an instant that is over", asOf)
	}
	switch {
	case len(how.selected) > 0: // the records are those of the current build
	case len(ws.Config.Kafka.Brokers) > 0:
		a.say("what has landed is built; records on Kafka land by `parley land`, or `parley run`")
	default:
		err := a.withBroker(ctx, true, func(ctx context.Context, ws *workspace.Workspace, b *broker.Broker) error {
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
	built, err := a.build(ctx, ws, at, how)
	if err != nil {
		return err
	}
	if err := a.printBuild(built); err != nil {
		return err
	}
	a.say("the reports are drawn anew by `parley report`")
	return nil
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
func (a *app) build(ctx context.Context, ws *workspace.Workspace, asOf time.Time, how howToBuild) (build.Result, error) {
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
	config.AsOf, config.Full, config.Select = asOf, how.full, how.selected
	config.Progress = func(p build.Progress) { steps.at(strings.TrimSpace(p.Step+" "+p.What), p.Done, p.Total) }
	built, err := build.Run(ctx, config)
	if shown := a.showAttempt(ctx, ws, store); shown != nil {
		a.say("the page of builds could not be drawn: %v", shown)
	}
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
		a.say("%s:%d: the check %s does not hold: %s", warning.File, warning.Line, warning.Name(), saysOf(warning))
	}
	if built.Build.MadeAgain != "" {
		a.say("everything was made anew: %s", built.Build.MadeAgain)
	}
	a.say("build %s as of %s: %d marts in %.1f s, of %s that landed since the build before",
		built.Build.ID, formatTime(built.Build.AsOf), len(built.Build.Rows), built.Build.Seconds, plural(built.Build.LandedRecords(), "record", "records"))
	if len(built.Faults) > 0 {
		return fmt.Errorf("the build is published, but without what is wrong in the workspace's own files")
	}
	return nil
}

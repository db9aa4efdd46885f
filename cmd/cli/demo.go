package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"parley/cmd/workspace"
	"parley/jobs"
	"parley/pipelines/broker"
	"parley/pipelines/demo"
	"parley/pipelines/lake"
)

// demoDate is the instant at which the demo company stands, a Thursday evening:
// the week and the month are partial, as in life.
var demoDate = time.Date(2026, 6, 25, 18, 0, 0, 0, time.UTC)

// demoSeed makes the demo company the same everywhere.
const demoSeed = 20260625

func (a *app) demoCommand() *cobra.Command {
	config := demo.Config{Seed: demoSeed}
	asOf := demoDate.Format(time.RFC3339)
	cmd := &cobra.Command{
		Use:   "demo [DIR]",
		Short: "Run the whole way on a demo company, and say where to look",
		Long: `Run the whole way on a demo company, in one process on embedded parts: make its records of 18 months, produce
them over Kafka's protocol, land them as Parquet, build the marts as of a week ago and as of today, find who entered the
segments in between, send those people messages (as .eml files), take back through Kafka what was sent, and draw the
reports. Afterwards DIR (default: demo) is a workspace in which all commands work, its clock pinned. Run again, it
sends nothing twice.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("parley demo takes one folder; see `parley demo --help`")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "demo"
			if len(args) == 1 {
				dir = args[0]
			}
			at, err := parseAsOf(asOf)
			if err != nil {
				return err
			}
			config.AsOf = at
			return a.demo(cmd.Context(), a.inDir(dir), config)
		},
	}
	cmd.Flags().StringVar(&asOf, "as-of", asOf, "the `instant` that the new workspace is pinned to")
	cmd.Flags().IntVar(&config.Users, "users", 0, "how many people the company has (default 3000)")
	cmd.Flags().IntVar(&config.Companies, "companies", 0, "how many companies they are in (default 300)")
	cmd.Flags().IntVar(&config.Conversations, "conversations", 0, "how many conversations there were (default 6000)")
	return cmd
}

// demoStage is how far the demo has come; each stage is reached once, also
// across runs that were interrupted.
type demoStage int

const (
	demoBegun     demoStage = iota
	historyThere            // the records up to a week ago are on Kafka
	baselineBuilt           // the marts as of a week ago were built: who is in a segment by then has not entered it
	lastWeekThere           // the records of the last week are on Kafka
)

type demoRun struct {
	a      *app
	ws     *workspace.Workspace
	broker *broker.Broker
	config demo.Config
	stage  demoStage
}

func (a *app) demo(ctx context.Context, dir string, config demo.Config) error {
	story, err := demo.Facts(config)
	if err != nil {
		return err
	}
	if err := markDemo(dir); err != nil {
		return err
	}
	if err := workspace.CreateDemo(dir, story); err != nil {
		return err
	}
	a.dir = dir
	ws, err := a.open()
	if err != nil {
		return err
	}
	config.AsOf = ws.Now() // of an earlier run, if there was one
	records, err := a.brokerConfig(ws)
	if err != nil {
		return err
	}
	return broker.Do(ctx, records, func(ctx context.Context, b *broker.Broker) error {
		run := &demoRun{a: a, ws: ws, broker: b, config: config}
		if err := run.all(ctx); err != nil {
			return err
		}
		return a.printDemo(ctx, ws, dir)
	})
}

// stageFile says that a workspace is a demo, and how far it has come.
func stageFile(dir string) string { return filepath.Join(dir, ".parley", "demo.json") }

// markDemo marks dir as a demo before it becomes a workspace. A workspace that
// is none is refused: the demo's records do not belong among a company's own.
func markDemo(dir string) error {
	if _, err := os.Stat(stageFile(dir)); err == nil {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, workspace.ConfigFile)); err == nil {
		return usagef("%s is a workspace of your own; the demo wants a folder of its own, as in `parley demo demo`", dir)
	}
	return lake.ReplaceFile(stageFile(dir), []byte("0\n"))
}

func (r *demoRun) all(ctx context.Context) error {
	if err := r.readStage(); err != nil {
		return err
	}
	if _, err := r.broker.EnsureTopics(ctx); err != nil {
		return err
	}
	weekAgo := r.config.AsOf.AddDate(0, 0, -7)
	for _, step := range []struct {
		reaches demoStage
		do      func() error
	}{
		{historyThere, func() error { return r.produce(ctx, "the history", time.Time{}, weekAgo) }},
		{baselineBuilt, func() error { return r.landAndBuild(ctx, "a week ago", weekAgo) }},
		{lastWeekThere, func() error { return r.produce(ctx, "the last week", weekAgo, r.config.AsOf) }},
	} {
		if r.stage >= step.reaches {
			continue
		}
		if err := step.do(); err != nil {
			return err
		}
		if err := r.reach(step.reaches); err != nil {
			return err
		}
	}
	if err := r.landAndBuild(ctx, "today", r.config.AsOf); err != nil {
		return err
	}
	if err := r.send(ctx); err != nil {
		return err
	}
	// What was decided comes back, also what a run that was killed had not reported yet.
	back, err := r.land(ctx)
	if err != nil {
		return err
	}
	if back > 0 {
		if err := r.build(ctx, "today, with what was sent", r.config.AsOf); err != nil {
			return err
		}
	}
	return r.a.timed("drawing the reports", func() (string, error) {
		written, err := r.a.draw(ctx, r.ws)
		return fmt.Sprintf("%d pages", len(written.Pages)), err
	})
}

// produce puts the records from one instant up to another on Kafka.
func (r *demoRun) produce(ctx context.Context, what string, from, to time.Time) error {
	return r.a.timed("producing "+what, func() (string, error) {
		meter := r.a.meter("producing "+what, "records")
		defer meter.finish()
		batch := make([]broker.Message, 0, importBatch)
		flush := func() error {
			err := r.broker.Produce(ctx, batch)
			meter.add(len(batch))
			batch = batch[:0]
			return err
		}
		err := demo.Generate(r.config, func(made demo.Record) error {
			if made.At.Before(from) || !made.At.Before(to) {
				return nil
			}
			batch = append(batch, broker.Message{Kind: made.Kind, Key: made.Key, Value: made.Value, At: made.At})
			if len(batch) < importBatch {
				return nil
			}
			return flush()
		})
		if err == nil {
			err = flush()
		}
		return grouped(meter.count) + " records", err
	})
}

func (r *demoRun) landAndBuild(ctx context.Context, when string, asOf time.Time) error {
	if _, err := r.land(ctx); err != nil {
		return err
	}
	return r.build(ctx, when, asOf)
}

// land lands what is on Kafka and counts its records.
func (r *demoRun) land(ctx context.Context) (rows int64, err error) {
	err = r.a.timed("landing what is on Kafka", func() (string, error) {
		summary, err := r.a.landOnce(ctx, r.ws, r.broker)
		for _, n := range summary.Rows {
			rows += n
		}
		return grouped(rows) + " records", err
	})
	return rows, err
}

func (r *demoRun) build(ctx context.Context, when string, asOf time.Time) error {
	return r.a.timed("building the marts as of "+when, func() (string, error) {
		built, err := r.a.build(ctx, r.ws, asOf, howToBuild{})
		return fmt.Sprintf("%d marts", len(built.Build.Rows)), err
	})
}

func (r *demoRun) send(ctx context.Context) error {
	return r.a.timed("writing to who entered segments", func() (string, error) {
		sent, err := r.a.sendEntered(ctx, r.ws, r.broker)
		return plural(sent[jobs.Sent], "message", "messages"), err
	})
}

func (r *demoRun) readStage() error {
	text, err := os.ReadFile(stageFile(r.ws.Dir))
	if err == nil {
		err = json.Unmarshal(text, &r.stage)
	}
	if err != nil {
		return fmt.Errorf("read how far the demo has come: %w; remove the folder %s to begin anew", err, r.ws.Dir)
	}
	return nil
}

func (r *demoRun) reach(stage demoStage) error {
	r.stage = stage
	return lake.ReplaceFile(stageFile(r.ws.Dir), fmt.Appendf(nil, "%d\n", stage))
}

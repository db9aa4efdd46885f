package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"parley/cmd/workspace"
	"parley/jobs"
	"parley/pipelines/broker"
)

func (a *app) runCommand() *cobra.Command {
	var once bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Do all of it in one process until stopped: land, build, send, report, serve",
		Long: `Do all of it in one process until stopped: land, build, send, report, serve.
A record waits ten seconds at the most until its file ends and counts, or build.every of parley.yaml if that is
shorter; the next build after that has it.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			work := a.runAll
			if once {
				work = a.runOnce
			} else {
				a.figures = newFigures().withLanding()
			}
			return a.withBroker(cmd.Context(), once, work)
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "do what there is to do now, and end")
	return cmd
}

// runAll does everything until ctx ends or a part of it cannot go on.
func (a *app) runAll(ctx context.Context, ws *workspace.Workspace, b *broker.Broker) error {
	// What waits lands before the first build: a history that was just imported is
	// to be the segments' baseline as a whole.
	if _, err := a.landOnce(ctx, ws, b); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	pages, err := a.listen(ctx, ws, "")
	switch {
	case errors.Is(err, syscall.EADDRINUSE): // by `parley serve`, as like as not
		a.say("not serving pages, all else goes on: %v", err)
	case err != nil:
		return err
	default:
		group.Go(func() error { return pages.Serve(ctx) })
	}
	group.Go(func() error { return a.land(ctx, ws, b) })
	group.Go(func() error { return a.work(ctx, ws, b) })
	a.say("running in %s: landing, building every %s, sending to %s; ctrl-C stops", ws.Dir, ws.Config.Build.Every, whereTo(ws))
	return group.Wait()
}

// runOnce goes the whole way once: land, build, send, take back what was sent, report.
func (a *app) runOnce(ctx context.Context, ws *workspace.Workspace, b *broker.Broker) error {
	if _, err := a.landOnce(ctx, ws, b); err != nil {
		return err
	}
	built, err := a.build(ctx, ws, time.Time{}, howToBuild{})
	if err != nil {
		return err
	}
	sent, err := a.sendEntered(ctx, ws, b)
	if err != nil {
		return err
	}
	// What was decided comes back, also what a run that was killed had not reported yet.
	back, err := a.landOnce(ctx, ws, b)
	if err != nil {
		return err
	}
	if len(back.Rows) > 0 {
		if built, err = a.build(ctx, ws, time.Time{}, howToBuild{}); err != nil {
			return err
		}
	}
	if _, err := a.draw(ctx, ws); err != nil {
		return err
	}
	if err := a.sendDueLetter(ctx, ws, b); err != nil {
		return err
	}
	if err := a.printBuild(built); err != nil {
		return err
	}
	a.say("%s; reports in %s", decided(sent, whereTo(ws)), ws.Path("reports", "latest"))
	return nil
}

// sendDueLetter sends the weekly report to those of parley.yaml who have not had it.
func (a *app) sendDueLetter(ctx context.Context, ws *workspace.Workspace, b *broker.Broker) error {
	if len(ws.Config.Reports.Recipients) == 0 {
		return nil
	}
	queue, _, done, err := a.openQueue(ctx, ws, b)
	if err != nil {
		return err
	}
	defer done()
	if _, err := queue.AnnounceLetter(ctx); err != nil {
		return err
	}
	if err := queue.Drain(ctx); err != nil {
		return fmt.Errorf("send the weekly report: %w", err)
	}
	return nil
}

// sendEntered announces who has entered segments and sends until nothing is
// left to send now; it returns how many deliveries came to which decision.
func (a *app) sendEntered(ctx context.Context, ws *workspace.Workspace, b *broker.Broker) (map[string]int64, error) {
	queue, desk, done, err := a.openQueue(ctx, ws, b)
	if err != nil {
		return nil, err
	}
	defer done()
	entries, err := desk.entries(ctx)
	if err != nil {
		return nil, err
	}
	before, err := queue.Tallies(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := queue.Announce(ctx, entries); err != nil {
		return nil, err
	}
	if err := queue.Drain(ctx); err != nil {
		return nil, fmt.Errorf("send: %w", err)
	}
	after, err := queue.Tallies(ctx)
	if err != nil {
		return nil, err
	}
	return newDecisions(before, after), nil
}

// newDecisions counts by decision what came between two tallies of the ledger.
func newDecisions(before, after []jobs.Tally) map[string]int64 {
	counts := map[string]int64{}
	for _, tally := range after {
		counts[tally.Decision] += tally.Count
	}
	for _, tally := range before {
		counts[tally.Decision] -= tally.Count
	}
	maps.DeleteFunc(counts, func(decision string, n int64) bool { return n <= 0 || decision == "" })
	return counts
}

// decided says in words what was decided: "3 new messages sent to outbox (and 1 no_address)".
func decided(counts map[string]int64, sentTo string) string {
	var others []string
	for decision, n := range sorted(counts) {
		if decision != jobs.Sent {
			others = append(others, fmt.Sprintf("%s %s", grouped(n), decision))
		}
	}
	text := plural(counts[jobs.Sent], "new message", "new messages") + " in " + sentTo
	if len(others) > 0 {
		text += " (not sent: " + strings.Join(others, ", ") + ")"
	}
	return text
}

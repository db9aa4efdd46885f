package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// buildMarts is the job that builds the marts anew. After it who has entered
// segments is announced, and the reports are drawn.
type buildMarts struct{}

// Kind is the job's name in River.
func (buildMarts) Kind() string { return "build_marts" }

// InsertOpts let one job of this kind wait or run.
func (buildMarts) InsertOpts() river.InsertOpts { return oneAtATime(queueMarts) }

type martsBuilder struct {
	river.WorkerDefaults[buildMarts]
	queue *Queue
}

func (b *martsBuilder) Timeout(*river.Job[buildMarts]) time.Duration {
	return b.queue.config.BuildTimeout
}

func (b *martsBuilder) Work(ctx context.Context, _ *river.Job[buildMarts]) error {
	q := b.queue
	if err := q.work.Build(ctx); err != nil {
		return err
	}
	return q.store.inTx(ctx, func(tx transaction) error {
		return tx.enqueue(ctx, river.InsertManyParams{Args: announceEntries{}}, river.InsertManyParams{Args: drawReports{}})
	})
}

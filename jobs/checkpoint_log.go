package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// checkpointLog is the job that keeps the lake's log short.
type checkpointLog struct{}

// Kind is the job's name in River.
func (checkpointLog) Kind() string { return "checkpoint_log" }

// InsertOpts let one job of this kind wait or run.
func (checkpointLog) InsertOpts() river.InsertOpts { return oneAtATime(queueLake) }

type logCheckpointer struct {
	river.WorkerDefaults[checkpointLog]
	queue *Queue
}

func (c *logCheckpointer) Timeout(*river.Job[checkpointLog]) time.Duration {
	return c.queue.config.BuildTimeout
}

func (c *logCheckpointer) Work(ctx context.Context, _ *river.Job[checkpointLog]) error {
	if c.queue.work.Checkpoint == nil {
		return nil
	}
	return c.queue.work.Checkpoint(ctx)
}

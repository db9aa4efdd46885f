package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// collectOrphans is the job that removes files which crashes have left in the
// lake and no entry of its log lists.
type collectOrphans struct{}

// Kind is the job's name in River.
func (collectOrphans) Kind() string { return "collect_orphans" }

// InsertOpts let one job of this kind wait or run.
func (collectOrphans) InsertOpts() river.InsertOpts { return oneAtATime(queueLake) }

type orphanCollector struct {
	river.WorkerDefaults[collectOrphans]
	queue *Queue
}

func (c *orphanCollector) Timeout(*river.Job[collectOrphans]) time.Duration {
	return c.queue.config.BuildTimeout
}

func (c *orphanCollector) Work(ctx context.Context, _ *river.Job[collectOrphans]) error {
	if c.queue.work.Collect == nil {
		return nil
	}
	return c.queue.work.Collect(ctx)
}

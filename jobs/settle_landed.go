package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// settleLanded is the job that settles what has landed. A build settles by
// itself too; this one keeps the lake compact also while builds fail, and makes
// the next build shorter.
type settleLanded struct{}

// Kind is the job's name in River.
func (settleLanded) Kind() string { return "settle_landed" }

// InsertOpts let one job of this kind wait or run. It stands in line with
// builds: both read and write the settled tables.
func (settleLanded) InsertOpts() river.InsertOpts { return oneAtATime(queueMarts) }

type landedSettler struct {
	river.WorkerDefaults[settleLanded]
	queue *Queue
}

func (s *landedSettler) Timeout(*river.Job[settleLanded]) time.Duration {
	return s.queue.config.BuildTimeout
}

func (s *landedSettler) Work(ctx context.Context, _ *river.Job[settleLanded]) error {
	if s.queue.work.Settle == nil {
		return nil
	}
	return s.queue.work.Settle(ctx)
}

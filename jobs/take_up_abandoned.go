package jobs

import (
	"context"

	"github.com/riverqueue/river"
)

// takeUpAbandoned is the job that puts back what other processes had begun when
// they were killed. At its own start each process does so too.
type takeUpAbandoned struct{}

// Kind is the job's name in River.
func (takeUpAbandoned) Kind() string { return "take_up_abandoned" }

// InsertOpts let one job of this kind wait or run.
func (takeUpAbandoned) InsertOpts() river.InsertOpts { return oneAtATime(queueUpkeep) }

type abandonedTaker struct {
	river.WorkerDefaults[takeUpAbandoned]
	queue *Queue
}

func (a *abandonedTaker) Work(ctx context.Context, _ *river.Job[takeUpAbandoned]) error {
	count, err := a.queue.store.abandoned(ctx)
	if count > 0 {
		a.queue.log.Warn("took up jobs of processes that are gone", "jobs", count)
	}
	return err
}

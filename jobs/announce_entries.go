package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// announceEntries is the job that announces who has entered segments.
type announceEntries struct{}

// Kind is the job's name in River.
func (announceEntries) Kind() string { return "announce_entries" }

// InsertOpts let one job of this kind wait or run.
func (announceEntries) InsertOpts() river.InsertOpts { return oneAtATime(queueMarts) }

type entryAnnouncer struct {
	river.WorkerDefaults[announceEntries]
	queue *Queue
}

func (a *entryAnnouncer) Timeout(*river.Job[announceEntries]) time.Duration {
	return a.queue.config.BuildTimeout
}

func (a *entryAnnouncer) Work(ctx context.Context, _ *river.Job[announceEntries]) error {
	q := a.queue
	if q.work.Entries == nil {
		return nil
	}
	entries, err := q.work.Entries(ctx)
	if err != nil {
		return err
	}
	announced, err := q.Announce(ctx, entries)
	if announced.New > 0 {
		q.log.Info("messages announced", "new", announced.New, "by", announced.By)
	}
	return err
}

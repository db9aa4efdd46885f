package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// drawReports is the job that draws the reports from the current marts. After it
// the letter that is due is sent to those who have not got it.
type drawReports struct{}

// Kind is the job's name in River.
func (drawReports) Kind() string { return "draw_reports" }

// InsertOpts let one job of this kind wait or run.
func (drawReports) InsertOpts() river.InsertOpts { return oneAtATime(queueMarts) }

type reportDrawer struct {
	river.WorkerDefaults[drawReports]
	queue *Queue
}

func (d *reportDrawer) Timeout(*river.Job[drawReports]) time.Duration {
	return d.queue.config.BuildTimeout
}

func (d *reportDrawer) Work(ctx context.Context, _ *river.Job[drawReports]) error {
	if d.queue.work.Draw != nil {
		if err := d.queue.work.Draw(ctx); err != nil {
			return err
		}
	}
	_, err := d.queue.AnnounceLetter(ctx)
	return err
}

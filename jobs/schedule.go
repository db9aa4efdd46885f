package jobs

import (
	"context"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// River's queues, by what may run at once: messages beside each other, what
// reads and writes marts one after the other, and so what looks after the lake's
// log and files, which may take long.
const (
	queueMessages = "messages"
	queueMarts    = "marts"
	queueLake     = "lake"
	queueUpkeep   = "upkeep"
)

// drainQueues are the queues of a process that sends and reports alone.
var drainQueues = []string{queueMessages, queueUpkeep}

// queues are those that this process works: one that cannot build leaves builds to others.
func (q *Queue) queues() []string {
	queues := slices.Clone(drainQueues)
	if q.work.Build != nil {
		queues = append(queues, queueMarts)
	}
	if q.work.Checkpoint != nil || q.work.Collect != nil {
		queues = append(queues, queueLake)
	}
	return queues
}

// oneAtATime are the options of a kind of which one job waits or runs, in all
// processes together. Finished ones do not count, as they would by default. It is
// tried once: the next one on the schedule takes its place.
func oneAtATime(queue string) river.InsertOpts {
	return river.InsertOpts{Queue: queue, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	}}}
}

// schedule is what comes again and again while the queue is started: settling;
// builds, whose jobs are followed by announcing and drawing; and upkeep. The
// first of each comes at the start: a process that never lives for a day
// collects all the same.
//
// A build comes also when nothing has landed: time passes in it. Segments ask
// how long ago something was, weeks end, sessions too, and the marts say as of when they are.
func (q *Queue) schedule() []*river.PeriodicJob {
	scheduled := []*river.PeriodicJob{
		every(time.Minute, reportDecisions{}),
		every(time.Minute, takeUpAbandoned{}),
	}
	if q.work.Build != nil && q.work.Settle != nil {
		scheduled = append(scheduled, every(q.config.BuildEvery, settleLanded{}))
	}
	if q.work.Build != nil {
		scheduled = append(scheduled, every(q.config.BuildEvery, buildMarts{}))
	}
	if q.work.Checkpoint != nil {
		scheduled = append(scheduled, every(time.Hour, checkpointLog{}))
	}
	if q.work.Collect != nil {
		scheduled = append(scheduled, every(24*time.Hour, collectOrphans{}))
	}
	return scheduled
}

func every(interval time.Duration, args river.JobArgs) *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(interval),
		func() (river.JobArgs, *river.InsertOpts) { return args, nil }, &river.PeriodicJobOpts{RunOnStart: true})
}

// startWorker starts to work what is due in these queues and what is scheduled.
// poll is how often it looks for jobs that nothing tells it of: those that were put off.
func (q *Queue) startWorker(ctx context.Context, queues []string, scheduled []*river.PeriodicJob, poll time.Duration) (worker, error) {
	if _, err := q.store.abandoned(ctx); err != nil {
		return nil, err
	}
	if _, err := q.store.due(ctx); err != nil {
		return nil, err
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &messageSender{queue: q})
	river.AddWorker(workers, &decisionReporter{queue: q})
	river.AddWorker(workers, &martsBuilder{queue: q})
	river.AddWorker(workers, &entryAnnouncer{queue: q})
	river.AddWorker(workers, &reportDrawer{queue: q})
	river.AddWorker(workers, &letterSender{queue: q})
	river.AddWorker(workers, &abandonedTaker{queue: q})
	river.AddWorker(workers, &landedSettler{queue: q})
	river.AddWorker(workers, &logCheckpointer{queue: q})
	river.AddWorker(workers, &orphanCollector{queue: q})
	atOnce := map[string]river.QueueConfig{}
	for _, name := range queues {
		atOnce[name] = river.QueueConfig{MaxWorkers: 1}
		if name == queueMessages {
			atOnce[name] = river.QueueConfig{MaxWorkers: q.config.Senders}
		}
	}
	return q.store.work(ctx, &river.Config{
		Queues:            atOnce,
		Workers:           workers,
		PeriodicJobs:      scheduled,
		SoftStopTimeout:   q.config.StopTimeout,
		FetchCooldown:     5 * time.Millisecond,
		FetchPollInterval: poll,
		// River leaves jobs alone that have not run longer than their own timeout, so
		// this is for those that outlive it.
		RescueStuckJobsAfter: 10 * time.Minute,
		ErrorHandler:         failures{q},
	})
}

// failures logs what a job's error would otherwise tell nobody.
type failures struct{ queue *Queue }

// HandleError logs a job's error.
func (f failures) HandleError(_ context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	f.queue.log.Warn("a job failed", "job", job.Kind, "attempt", job.Attempt, "of", job.MaxAttempts, "error", err)
	return nil
}

// HandlePanic logs a job's panic.
func (f failures) HandlePanic(_ context.Context, job *rivertype.JobRow, value any, trace string) *river.ErrorHandlerResult {
	f.queue.log.Error("a job panicked", "job", job.Kind, "attempt", job.Attempt, "of", job.MaxAttempts, "panic", value, "trace", trace)
	return nil
}

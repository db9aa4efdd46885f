package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Drain sends and reports until nothing is left that could be sent now. A
// message that failed and is to be tried later does not keep it, nor do builds,
// which are the schedule's. If the queue is not started, it is for that time,
// without its schedule. What could not be reported is an error; it is reported the
// next time.
func (q *Queue) Drain(ctx context.Context) (err error) {
	q.mu.Lock()
	if q.running == nil {
		q.running, err = q.startWorker(ctx, drainQueues, nil, 100*time.Millisecond)
		defer func() {
			err = errors.Join(err, q.Stop(context.WithoutCancel(ctx)))
		}()
	}
	q.mu.Unlock()
	if err == nil {
		err = q.waitUntilIdle(ctx)
	}
	if err == nil {
		// The job that reports may have looked a moment before the last decision, or have failed.
		err = q.report(ctx)
	}
	if err != nil {
		return fmt.Errorf("drain the queue: %w", err)
	}
	return nil
}

func (q *Queue) waitUntilIdle(ctx context.Context) error {
	const pause = 20 * time.Millisecond
	const aSecond = int(time.Second / pause)
	for round := 1; ; round++ {
		if round%aSecond == 0 {
			// A process that was killed a moment before the start may have looked alive then.
			if _, err := q.store.abandoned(ctx); err != nil {
				return err
			}
		}
		moved, err := q.store.due(ctx)
		if err != nil {
			return err
		}
		left, _, err := single[int64](ctx, q.store, `SELECT count(*) FROM river_job WHERE state IN ('available', 'running') AND queue IN ($1, $2)`, queueMessages, queueUpkeep)
		if err != nil {
			return err
		}
		if left == 0 && moved == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// Tally is how many deliveries of a message have come to a decision; "" is none yet.
type Tally struct {
	Message  string
	Decision string
	Count    int64
}

// Tallies counts all deliveries in the ledger, sorted by message and decision.
func (q *Queue) Tallies(ctx context.Context) ([]Tally, error) {
	return collect(ctx, q.store, func(scan func(...any) error) (t Tally, err error) {
		return t, scan(&t.Message, &t.Decision, &t.Count)
	}, `SELECT message, decision, count(*) FROM parley_deliveries GROUP BY message, decision ORDER BY message, decision`)
}

package jobs

import "context"

// State is how many jobs of a kind are in one of River's states.
type State struct {
	Job   string // the kind's name in River
	State string // available, running, retryable, scheduled, cancelled, discarded
	Count int64
}

// States counts the jobs that are not completed, sorted by job and state. A job
// that failed for good is discarded, and forgotten after a week.
func (q *Queue) States(ctx context.Context) ([]State, error) {
	return collect(ctx, q.store, func(scan func(...any) error) (s State, err error) {
		return s, scan(&s.Job, &s.State, &s.Count)
	}, `SELECT kind, CAST(state AS text), count(*) FROM river_job WHERE state <> 'completed' GROUP BY kind, state ORDER BY kind, state`)
}

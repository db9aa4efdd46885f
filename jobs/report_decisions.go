package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"parley/pipelines/record"
)

// reportDecisions is the job that makes decisions known outside. One at a time
// reports all there are; one that fails is not tried again, for the next decision
// or the next minute brings another.
type reportDecisions struct{}

// Kind is the job's name in River.
func (reportDecisions) Kind() string { return "report_decisions" }

// InsertOpts let one job of this kind wait or run.
func (reportDecisions) InsertOpts() river.InsertOpts { return oneAtATime(queueUpkeep) }

type decisionReporter struct {
	river.WorkerDefaults[reportDecisions]
	queue *Queue
}

func (r *decisionReporter) Timeout(*river.Job[reportDecisions]) time.Duration { return 5 * time.Minute }

func (r *decisionReporter) Work(ctx context.Context, _ *river.Job[reportDecisions]) error {
	return r.queue.report(ctx)
}

// report passes every decision on that has not been, the oldest first. After a
// crash in its middle some are passed on again, under the same DecisionID.
func (q *Queue) report(ctx context.Context) error {
	const batch = 500
	for {
		decisions, err := q.unreported(ctx, batch)
		if err != nil {
			return fmt.Errorf("read decisions to report: %w", err)
		}
		if len(decisions) == 0 {
			return nil
		}
		if err := q.work.Report(ctx, decisions); err != nil {
			return fmt.Errorf("report %d decisions: %w", len(decisions), err)
		}
		args := []any{stamp(q.now())}
		for _, decision := range decisions {
			args = append(args, decision.DecisionID)
		}
		_, err = q.store.exec(context.WithoutCancel(ctx), `UPDATE parley_decisions SET reported_at = $1 WHERE decision_id IN `+listAfterOne(len(decisions)), args...)
		if err != nil {
			return fmt.Errorf("write down that decisions are reported: %w", err)
		}
	}
}

// listAfterOne is ($2, $3, …) for n values.
func listAfterOne(n int) string {
	out := []byte{'('}
	for i := range n {
		if i > 0 {
			out = append(out, ", "...)
		}
		out = fmt.Appendf(out, "$%d", i+2)
	}
	return string(append(out, ')'))
}

func (q *Queue) unreported(ctx context.Context, most int) ([]record.Delivery, error) {
	return collect(ctx, q.store, func(scan func(...any) error) (record.Delivery, error) {
		var r record.Delivery
		var decidedAt, sentAt string
		err := scan(&r.DecisionID, &r.Message, &r.PersonID, &r.UserID, &r.Email, &r.Entry, &r.Segment, &r.Channel, &r.Decision, &r.Reason, &r.Subject, &decidedAt, &sentAt)
		if err != nil {
			return r, err
		}
		if r.DecidedAt, err = unstamp(decidedAt); err != nil {
			return r, err
		}
		r.SentAt, err = unstamp(sentAt)
		return r, err
	}, `SELECT decision_id, message, person_id, user_id, email, entry, segment, channel, c.decision, reason, subject, decided_at, sent_at
		FROM parley_decisions AS c JOIN parley_deliveries AS d ON d.delivery_id = c.delivery_id
		WHERE reported_at = '' ORDER BY decided_at, decision_id LIMIT $1`, most)
}

package jobs

import (
	"context"
	"fmt"
	"time"

	"parley/jobs/delivery"
)

// handovers is the journal of what is handed over by a way that cannot tell
// afterwards: a table of the queue's, so that all its processes share it.
type handovers struct{ queue *Queue }

var _ delivery.Journal = handovers{}

func (h handovers) Begin(ctx context.Context, id string) (before delivery.Handover, err error) {
	q := h.queue
	begun, err := q.store.exec(ctx, `INSERT INTO parley_handovers (delivery_id, begun_at) VALUES ($1, $2) ON CONFLICT (delivery_id) DO NOTHING`, id, stamp(q.now()))
	if err != nil {
		return before, fmt.Errorf("write down that %s is handed over: %w", id, err)
	}
	if begun == 1 {
		return delivery.NotBegun, nil
	}
	sentAt, known, err := single[string](ctx, q.store, `SELECT sent_at FROM parley_handovers WHERE delivery_id = $1`, id)
	if err != nil {
		return before, fmt.Errorf("look whether %s was handed over: %w", id, err)
	}
	before.Begun = true
	if known && sentAt != "" {
		before.SentAt, err = unstamp(sentAt)
	}
	return before, err
}

func (h handovers) Done(ctx context.Context, id string, sentAt time.Time) error {
	if _, err := h.queue.store.exec(ctx, `UPDATE parley_handovers SET sent_at = $1 WHERE delivery_id = $2`, stamp(sentAt), id); err != nil {
		return fmt.Errorf("write down that %s was handed over: %w", id, err)
	}
	return nil
}

func (h handovers) Undo(ctx context.Context, id string) error {
	if _, err := h.queue.store.exec(ctx, `DELETE FROM parley_handovers WHERE delivery_id = $1 AND sent_at = ''`, id); err != nil {
		return fmt.Errorf("forget that %s was to be handed over: %w", id, err)
	}
	return nil
}

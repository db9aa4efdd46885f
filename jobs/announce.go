package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"parley/jobs/delivery"
	"parley/jobs/message"
)

// Entries are who is in segments and who has entered them, as the build of
// AsOf sees it.
type Entries struct {
	AsOf time.Time // zero: there is no build yet, and so nobody to announce
	// Entered are the entries into segments. Those that were announced before, or
	// that came before a message was first announced, are nothing new: so all
	// there ever were may be passed.
	Entered []Entry
	// Members are all who are in segments now. Only messages with include_existing
	// look at them; without any such message they may be left out.
	Members []Entry
}

// Entry is one person's entry into a segment: a row of segment_changes, or of
// segment_members, with what is known of the person.
type Entry struct {
	Segment    string
	EnteredAt  time.Time // changed_at of segment_changes, entered_at of segment_members
	Definition string    // hash of the segment's definition
	RunID      string
	Person     message.Person // its PersonID is the entry's
}

// Announced counts what an announcement did.
type Announced struct {
	New   int            // deliveries written to the ledger and enqueued
	Known int            // entries that have a delivery already
	By    map[string]int // new deliveries by message
}

// Announce writes a delivery for each active message and each person who has
// entered its segment, and enqueues its sending, in one transaction: after an
// error or a crash nothing of it has happened, and it can be called again.
//
// A message goes to entries from the AsOf of the first announcement that sees it
// active on, not to older ones; include_existing adds those who are members now.
// If a message's file cannot be read, the others are announced, and the error says so.
func (q *Queue) Announce(ctx context.Context, entries Entries) (Announced, error) {
	if entries.AsOf.IsZero() {
		if len(entries.Entered)+len(entries.Members) > 0 {
			return Announced{}, errors.New("announce entries: AsOf is missing")
		}
		return Announced{}, nil
	}
	messages, unread := q.work.Messages(ctx)
	announced := Announced{By: map[string]int{}}
	err := q.store.inTx(ctx, func(tx transaction) error {
		for _, m := range messages {
			starts, active, err := q.starts(ctx, tx, m, entries.AsOf)
			if err != nil {
				return err
			}
			if !active {
				continue
			}
			due := entriesFor(m, entries, starts)
			for batch := range slices.Chunk(due, 200) {
				ids, err := q.insertDeliveries(ctx, tx, m, batch)
				if err != nil {
					return err
				}
				jobs := make([]river.InsertManyParams, len(ids))
				for i, id := range ids {
					jobs[i] = river.InsertManyParams{Args: sendMessage{DeliveryID: id}, InsertOpts: &river.InsertOpts{MaxAttempts: q.config.Attempts}}
				}
				if err := tx.enqueue(ctx, jobs...); err != nil {
					return err
				}
				announced.New += len(ids)
				announced.By[m.Name] += len(ids)
				announced.Known += len(batch) - len(ids)
			}
		}
		return nil
	})
	if err != nil {
		return Announced{}, fmt.Errorf("announce entries: %w", err)
	}
	if unread != nil {
		return announced, fmt.Errorf("announce entries: %w", unread)
	}
	return announced, nil
}

// starts is since when a message is announced: it is written down the first
// time, and forgotten when the message is switched off or changes its segment.
func (q *Queue) starts(ctx context.Context, tx transaction, m *message.Message, asOf time.Time) (time.Time, bool, error) {
	if _, err := tx.exec(ctx, `DELETE FROM parley_messages WHERE message = $1 AND (segment <> $2 OR $3 = 0)`, m.Name, m.Segment, oneIf(m.Active)); err != nil {
		return time.Time{}, false, err
	}
	if !m.Active {
		return time.Time{}, false, nil
	}
	if _, err := tx.exec(ctx, `INSERT INTO parley_messages (message, segment, starts_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, m.Name, m.Segment, stamp(asOf)); err != nil {
		return time.Time{}, false, err
	}
	text, _, err := single[string](ctx, tx, `SELECT starts_at FROM parley_messages WHERE message = $1`, m.Name)
	if err != nil {
		return time.Time{}, false, err
	}
	starts, err := unstamp(text)
	return starts, true, err
}

func oneIf(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// entriesFor are the entries that the message answers, the earliest first.
func entriesFor(m *message.Message, entries Entries, starts time.Time) []Entry {
	var due []Entry
	for _, entry := range entries.Entered {
		if entry.Segment == m.Segment && !entry.EnteredAt.Before(starts) {
			due = append(due, entry)
		}
	}
	if m.IncludeExisting {
		for _, entry := range entries.Members {
			if entry.Segment == m.Segment {
				due = append(due, entry)
			}
		}
	}
	slices.SortStableFunc(due, func(a, b Entry) int {
		if byTime := a.EnteredAt.Compare(b.EnteredAt); byTime != 0 {
			return byTime
		}
		return strings.Compare(a.Person.PersonID, b.Person.PersonID)
	})
	return due
}

// insertDeliveries writes the ledger rows that are not there yet, and returns their IDs.
func (q *Queue) insertDeliveries(ctx context.Context, tx transaction, m *message.Message, batch []Entry) ([]string, error) {
	announcedAt := stamp(q.now())
	var values []any
	for _, entry := range batch {
		if entry.Person.PersonID == "" {
			return nil, fmt.Errorf("an entry into %s has no person_id", entry.Segment)
		}
		name := "once"
		if m.Repeat == message.EachEntry {
			name = entry.EnteredAt.UTC().Format(time.RFC3339Nano)
		}
		person, err := json.Marshal(entry.Person)
		if err != nil {
			return nil, fmt.Errorf("keep what is known of %s: %w", entry.Person.PersonID, err)
		}
		values = append(values, delivery.ID(m.Name, entry.Person.PersonID, name), m.Name, entry.Person.PersonID, name, m.Segment,
			entry.Definition, entry.RunID, stamp(entry.EnteredAt), announcedAt, entry.Person.UserID, string(person))
	}
	query := `INSERT INTO parley_deliveries (delivery_id, message, person_id, entry, segment, definition, run_id, entered_at, announced_at, user_id, person)
		VALUES ` + placeholders(len(batch), 11) + ` ON CONFLICT DO NOTHING RETURNING delivery_id`
	return collect(ctx, tx, func(scan func(...any) error) (id string, err error) { return id, scan(&id) }, query, values...)
}

// placeholders is ($1, $2), ($3, $4), … for so many rows of so many columns.
func placeholders(rows, columns int) string {
	var out strings.Builder
	for i := range rows * columns {
		switch {
		case i == 0:
			out.WriteString("(")
		case i%columns == 0:
			out.WriteString("), (")
		default:
			out.WriteString(", ")
		}
		fmt.Fprintf(&out, "$%d", i+1)
	}
	out.WriteString(")")
	return out.String()
}

const stampLayout = "2006-01-02T15:04:05.000000Z"

// stamp writes a time for the ledger: UTC, to the microsecond, so that text sorts as time.
func stamp(t time.Time) string { return t.UTC().Format(stampLayout) }

func unstamp(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(stampLayout, text)
	if err != nil {
		return time.Time{}, errors.New("the ledger holds a time that is none: " + text)
	}
	return t, nil
}

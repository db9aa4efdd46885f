package settle

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// writeEvents merges the new events into the files of their dates.
func (r *run) writeEvents(ctx context.Context, g *gathers) error {
	if !g.events.empty() {
		if err := r.writeDays(ctx, g); err != nil {
			return err
		}
	}
	r.mu.Lock()
	files := r.state.Tables[events.name]
	if len(files) > 1 { // the file without rows has done its service
		r.state.Tables[events.name] = slices.DeleteFunc(files, func(f file) bool { return f.Part == "" })
	}
	r.mu.Unlock()
	if len(files) > 0 {
		return nil
	}
	out := newOutput(r, &events)
	defer out.abandon()
	if err := out.begin(""); err != nil {
		return err
	}
	return out.finish()
}

func (r *run) writeDays(ctx context.Context, g *gathers) error {
	conflicts, evictions, err := r.settleIDs(g.eventIDs)
	if err != nil {
		return err
	}
	if len(g.events.runs) == 0 {
		return r.writeHeldDays(ctx, g.events.take(), conflicts, evictions)
	}
	return r.writeStreamedDays(ctx, g.events, conflicts, evictions)
}

// writeHeldDays writes the dates of events that all fit into memory, several
// dates at a time.
func (r *run) writeHeldDays(ctx context.Context, held []*heldEvent, conflicts conflicts, evictions map[date]bool) error {
	days := map[date][]*heldEvent{}
	for day := range evictions {
		days[day] = nil
	}
	for _, event := range held {
		day := dateOf(event.At)
		days[day] = append(days[day], event)
	}
	writers := min(runtime.GOMAXPROCS(0), len(days))
	outs := make(chan *output[eventRow], writers) // those that nobody writes with
	for range writers {
		outs <- newOutput(r, &events)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for day, rows := range days {
		group.Go(func() error {
			out := <-outs
			defer func() { outs <- out }()
			slices.SortFunc(rows, heldEvents.compare)
			return r.writeDay(ctx, out, day, &heldCursor{rows: &memoryCursor[heldEvent]{rows: rows}}, conflicts)
		})
	}
	return group.Wait()
}

// writeStreamedDays writes the dates of events that lie in files on the way,
// one after the other as they come from there.
func (r *run) writeStreamedDays(ctx context.Context, g *gather[heldEvent], conflicts conflicts, evictions map[date]bool) (err error) {
	out := newOutput(r, &events)
	gathered, err := g.cursors()
	defer func() {
		for _, c := range gathered {
			err = errors.Join(err, c.close())
		}
	}()
	if err != nil {
		return err
	}
	ahead := &lookahead[eventRow]{rows: &heldCursor{rows: newFolded(&heldEvents, false, gathered...)}}
	for {
		row, err := ahead.peek()
		if err != nil {
			return fmt.Errorf("settle %s: %w", events.name, err)
		}
		if row == nil {
			break
		}
		date := dateOf(row.OccurredAt)
		delete(evictions, date)
		if err := r.writeDay(ctx, out, date, &dateCursor{ahead, date}, conflicts); err != nil {
			return err
		}
	}
	for date := range evictions {
		if err := r.writeDay(ctx, out, date, &memoryCursor[eventRow]{}, conflicts); err != nil {
			return err
		}
	}
	return nil
}

// settleIDs compares the ids of the new events with all settled ones. It gives
// the ids that came with several times, and the dates of settled events that
// lose by that.
func (r *run) settleIDs(g *idGather) (conflicts, map[date]bool, error) {
	temp := filepath.Join(r.temp, "event_ids.tmp")
	resolved, err := g.resolve(r.state.IDs, r.root, temp)
	if err != nil {
		return nil, nil, err
	}
	rows := resolved.ids.count
	bytes, err := resolved.ids.finish()
	if err != nil {
		return nil, nil, err
	}
	if rows > 0 {
		name := fmt.Sprintf("%s/event_ids/%020d-%s.ids", settledFolder, r.state.Version, r.attempt)
		r.mu.Lock()
		r.state.IDs = slices.DeleteFunc(r.state.IDs, func(f file) bool { return slices.Contains(resolved.replaced, f) })
		r.state.IDs = append(r.state.IDs, file{Path: name, Rows: rows, Bytes: bytes})
		r.made = append(r.made, madeFile{temp, filepath.Join(r.root, filepath.FromSlash(name))})
		r.mu.Unlock()
	}
	evictions := map[date]bool{}
	for _, at := range resolved.evicted {
		evictions[dateOf(at)] = true
	}
	return resolved.conflicts, evictions, nil
}

// writeDay merges fresh, the new events of a date in order, with the file of
// the date.
func (r *run) writeDay(ctx context.Context, out *output[eventRow], day date, fresh cursor[eventRow], conflicts conflicts) (err error) {
	part := day.String()
	cursors := []cursor[eventRow]{fresh}
	old, hasOld := r.file(events.name, part)
	if hasOld {
		c, err := openSettled[eventRow](r, old)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, c.close()) }()
		cursors = []cursor[eventRow]{c, fresh}
	}
	if err := out.begin(part); err != nil {
		return err
	}
	defer out.abandon()
	rows, changed := newFolded(&events, hasOld, cursors...), false
	for {
		row, err := rows.next()
		if err != nil {
			return fmt.Errorf("settle %s of %s: %w", events.name, part, err)
		}
		if row == nil {
			break
		}
		if conflicts.loses(row) {
			changed = changed || rows.old
			continue
		}
		changed = changed || rows.fresh
		if err := out.write(ctx, row); err != nil {
			return err
		}
	}
	switch {
	case !changed:
		return nil
	case out.rows.count == 0:
		r.remove(events.name, part)
		return nil
	}
	return out.finish()
}

// lookahead shows the next row before it is taken.
type lookahead[T any] struct {
	rows   cursor[T]
	head   *T
	loaded bool
}

func (l *lookahead[T]) peek() (row *T, err error) {
	if !l.loaded {
		if l.head, err = l.rows.next(); err != nil {
			return nil, err
		}
		l.loaded = true
	}
	return l.head, nil
}

// dateCursor gives the rows of one date.
type dateCursor struct {
	rows *lookahead[eventRow]
	date date
}

func (c *dateCursor) next() (*eventRow, error) {
	row, err := c.rows.peek()
	if err != nil || row == nil || dateOf(row.OccurredAt) != c.date {
		return nil, err
	}
	c.rows.loaded = false
	return row, nil
}

func (c *dateCursor) close() error { return nil }

// date is a UTC date: days since 1970.
type date int64

func dateOf(micros int64) date {
	const day = 24 * 60 * 60 * 1_000_000
	days := micros / day
	if micros%day < 0 {
		days--
	}
	return date(days)
}

func (d date) String() string { return time.Unix(int64(d)*24*60*60, 0).UTC().Format(time.DateOnly) }

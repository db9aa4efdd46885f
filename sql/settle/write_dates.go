package settle

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// dated merges the new rows of a table, T, into the files of their dates. H is
// the form in which new rows are held until then.
type dated[H, T any] struct {
	run    *run
	table  *table[T]
	gather *gather[H]
	unpack func(cursor[H]) cursor[T]

	// drop says which rows of a date must go after all. Nil: none.
	drop func(*T, date) bool

	// also are dates whose file may have such rows, without new ones.
	also map[date]bool

	// derive makes what is written from the table's rows as they stand. Nil: nothing is.
	derive func() derived[T]
}

// derived is a table whose file of a date is made of the rows of another
// table's, and changes only with it.
type derived[T any] interface {
	begin(date) error
	take(context.Context, *T) error
	finish() error // the file replaces the one there was, or, without rows, takes it away
	abandon()      // gives up a file that was begun and not finished
}

func plainly[T any](r *run, g *gather[T]) *dated[T, T] {
	return &dated[T, T]{run: r, table: g.table, gather: g, unpack: func(c cursor[T]) cursor[T] { return c }}
}

// write does so, and sees to it that the table has a file at all.
func (d *dated[H, T]) write(ctx context.Context) error {
	var err error
	switch {
	case len(d.gather.runs) > 0:
		err = d.writeStreamed(ctx)
	case !d.gather.empty() || len(d.also) > 0:
		err = d.writeHeld(ctx)
	}
	if err != nil {
		return err
	}
	return d.run.neverWithout(d.table.name, func() error { return writeEmpty(d.run, d.table) })
}

// writeHeld writes the dates of rows that all fit into memory, several dates
// at a time.
func (d *dated[H, T]) writeHeld(ctx context.Context) error {
	days := map[date][]*H{}
	for day := range d.also {
		days[day] = nil
	}
	for _, row := range d.gather.take() {
		day := d.gather.table.date(row)
		days[day] = append(days[day], row)
	}
	writers := min(runtime.GOMAXPROCS(0), len(days))
	outs := make(chan *dateWriter[T], writers) // those that nobody writes with
	for range writers {
		outs <- d.writer()
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for day, rows := range days {
		group.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			out := <-outs
			defer func() { outs <- out }()
			slices.SortFunc(rows, d.gather.table.compare)
			return out.write(ctx, day, d.unpack(&memoryCursor[H]{rows: rows}))
		})
	}
	return group.Wait()
}

// writeStreamed writes the dates of rows that lie in files on the way, one
// after the other as they come from there.
func (d *dated[H, T]) writeStreamed(ctx context.Context) (err error) {
	gathered, err := d.gather.cursors()
	defer func() {
		for _, c := range gathered {
			err = errors.Join(err, c.close())
		}
	}()
	if err != nil {
		return err
	}
	out := d.writer()
	ahead := &lookahead[T]{rows: d.unpack(newFolded(d.gather.ordered, false, gathered...))}
	left := map[date]bool{}
	for day := range d.also {
		left[day] = true
	}
	for {
		row, err := ahead.peek()
		if err != nil {
			return fmt.Errorf("settle %s: %w", d.table.name, err)
		}
		if row == nil {
			break
		}
		day := d.table.date(row)
		delete(left, day)
		if err := out.write(ctx, day, &dateCursor[T]{ahead, d.table, day}); err != nil {
			return err
		}
	}
	for day := range left {
		if err := out.write(ctx, day, &memoryCursor[T]{}); err != nil {
			return err
		}
	}
	return nil
}

func (d *dated[H, T]) writer() *dateWriter[T] {
	w := &dateWriter[T]{run: d.run, out: newOutput(d.run, d.table), drop: d.drop}
	if d.derive != nil {
		w.derived = d.derive()
	}
	return w
}

// dateWriter writes the file of one date after the other.
type dateWriter[T any] struct {
	run     *run
	out     *output[T]
	drop    func(*T, date) bool
	derived derived[T] // nil: none
}

// write merges fresh, the new rows of a date in order, with the file of the date.
func (w *dateWriter[T]) write(ctx context.Context, day date, fresh cursor[T]) (err error) {
	part, table := day.String(), w.out.table
	cursors := []cursor[T]{fresh}
	old, hasOld := w.run.file(table.name, part)
	if hasOld {
		c, err := openSettled[T](w.run, old)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, c.close()) }()
		cursors = []cursor[T]{c, fresh}
	}
	if err := w.out.begin(part); err != nil {
		return err
	}
	defer w.out.abandon()
	if w.derived != nil {
		if err := w.derived.begin(day); err != nil {
			return err
		}
		defer w.derived.abandon()
	}
	rows, changed := newFolded(table, hasOld, cursors...), false
	for {
		row, err := rows.next()
		if err != nil {
			return fmt.Errorf("settle %s of %s: %w", table.name, part, err)
		}
		if row == nil {
			break
		}
		if w.drop != nil && w.drop(row, day) {
			changed = changed || rows.old
			continue
		}
		changed = changed || rows.fresh
		if err := w.out.write(ctx, row); err != nil {
			return err
		}
		if w.derived != nil {
			if err := w.derived.take(ctx, row); err != nil {
				return err
			}
		}
	}
	if !changed {
		return nil
	}
	if w.derived != nil {
		if err := w.derived.finish(); err != nil {
			return err
		}
	}
	return w.out.finish()
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
type dateCursor[T any] struct {
	rows  *lookahead[T]
	table *table[T]
	day   date
}

func (c *dateCursor[T]) next() (*T, error) {
	row, err := c.rows.peek()
	if err != nil || row == nil || c.table.date(row) != c.day {
		return nil, err
	}
	c.rows.loaded = false
	return row, nil
}

func (c *dateCursor[T]) close() error { return nil }

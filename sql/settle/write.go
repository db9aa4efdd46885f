package settle

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// writes are the steps that merge what is gathered into the tables. A date
// that nothing changes keeps its file.
func (r *run) writes(g *gathers) []func(context.Context) error {
	events := &dated[heldEvent, eventRow]{run: r, table: &events, gather: g.events,
		unpack: func(rows cursor[heldEvent]) cursor[eventRow] { return &heldCursor{rows: rows} }}
	return []func(context.Context) error{
		func(ctx context.Context) error {
			return writeIdentified(ctx, events, g.eventIDs, func(e *eventRow) (string, int64) { return e.EventID, e.OccurredAt })
		},
		func(ctx context.Context) error { return r.writeConversations(ctx, g) },
		plainly(r, g.personAttributes).write,
		plainly(r, g.personKeys).write,
		plainly(r, g.memberships).write,
		plainly(r, g.companyAttributes).write,
		plainly(r, g.companyKeys).write,
		plainly(r, g.subscriptions).write,
		plainly(r, g.subscriptionLists).write,
		plainly(r, g.tags).write,
		plainly(r, g.enrichments).write,
		func(ctx context.Context) error {
			return writeIdentified(ctx, plainly(r, g.deliveries), g.deliveryIDs, func(d *deliveryRow) (string, int64) { return d.DecisionID, d.DecidedAt })
		},
		plainly(r, g.tombstones).write,
		plainly(r, g.personMerges).write,
	}
}

// write does all of the steps.
func (r *run) write(ctx context.Context, writes []func(context.Context) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, write := range writes {
		group.Go(func() error {
			err := write(ctx)
			if err == nil {
				r.worked()
			}
			return err
		})
	}
	return group.Wait()
}

// openNow reads the part's file as it is in the version that is being made; no
// rows if there is none.
func openNow[T any](r *run, table, part string) (cursor[T], error) {
	r.mu.Lock()
	temp := r.changed[table][part]
	r.mu.Unlock()
	if temp != "" {
		return openRows[T](temp)
	}
	if f, ok := r.file(table, part); ok {
		return openSettled[T](r, f)
	}
	return &memoryCursor[T]{}, nil
}

// settledCursor reads a file of the version that is to be replaced.
type settledCursor[T any] struct {
	rows *fileCursor[T]
	path string
}

func openSettled[T any](r *run, f file) (*settledCursor[T], error) {
	path := filepath.Join(r.root, filepath.FromSlash(f.Path))
	rows, err := openRows[T](path)
	if err != nil {
		return nil, settledDamage(path, err)
	}
	return &settledCursor[T]{rows, path}, nil
}

func (c *settledCursor[T]) next() (*T, error) {
	row, err := c.rows.next()
	if err != nil {
		return nil, settledDamage(c.path, err)
	}
	return row, nil
}

func (c *settledCursor[T]) close() error { return c.rows.close() }

// output writes files of one table for the version that is being made.
type output[T any] struct {
	run   *run
	table *table[T]
	rows  *fileWriter[T]
	part  string
	temp  string
}

func newOutput[T any](r *run, t *table[T]) *output[T] {
	return &output[T]{run: r, table: t, rows: newFileWriter(t)}
}

func (o *output[T]) begin(part string) error {
	o.part = part
	o.temp = filepath.Join(o.run.temp, o.table.name+"."+part+".tmp")
	if err := o.rows.create(o.temp); err != nil {
		return fmt.Errorf("settle %s: %w", o.table.name, err)
	}
	return nil
}

func (o *output[T]) write(ctx context.Context, row *T) error {
	if err := o.rows.write(row); err != nil {
		return fmt.Errorf("settle %s: write: %w", o.table.name, err)
	}
	if o.rows.count%batchRows == 0 && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// finish puts the file into the version. Without rows there is none.
func (o *output[T]) finish() error {
	rows := o.rows.count
	if rows == 0 && o.part != "" {
		o.run.remove(o.table.name, o.part)
		return nil
	}
	written, bytes, err := o.rows.finish()
	if err != nil {
		return fmt.Errorf("settle %s: write: %w", o.table.name, err)
	}
	o.run.keep(written)
	o.run.step("file written")
	o.run.add(o.table.name, o.temp, file{Part: o.part, Rows: rows, Bytes: bytes})
	return nil
}

// abandon gives up the file that was begun and not finished, if there is one.
func (o *output[T]) abandon() { o.rows.abandon() }

// file is the file of the table's part, as it was before or as it was made.
func (r *run) file(table, part string) (file, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, ok := r.files[table][part]
	return f, ok
}

// add puts the file that was made at temp in the place of the one of its part.
func (r *run) add(table, temp string, f file) {
	name := fmt.Sprintf("%020d-%s.parquet", r.state.Version, r.attempt)
	if f.Part != "" {
		name = f.Part + "." + name
	}
	f.Path = strings.Join([]string{settledFolder, table, name}, "/")
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.files[table] == nil {
		r.files[table] = map[string]file{}
	}
	r.files[table][f.Part] = f
	r.change(table, f.Part, temp)
	r.made = append(r.made, madeFile{temp, filepath.Join(r.root, filepath.FromSlash(f.Path))})
}

// remove takes the file of the table's part out of the version.
func (r *run) remove(table, part string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.files[table][part]; ok {
		delete(r.files[table], part)
		r.change(table, part, "")
	}
}

func (r *run) change(table, part, temp string) {
	if r.changed[table] == nil {
		r.changed[table] = map[string]string{}
	}
	r.changed[table][part] = temp
}

// neverWithout sees to it that a table has a file: one without rows if it has
// no rows, which goes when it has.
func (r *run) neverWithout(table string, writeEmpty func() error) error {
	r.mu.Lock()
	files := r.files[table]
	n := len(files)
	if n > 1 {
		delete(files, "")
	}
	r.mu.Unlock()
	if n > 0 {
		return nil
	}
	return writeEmpty()
}

func writeEmpty[T any](r *run, t *table[T]) error {
	out := newOutput(r, t)
	defer out.abandon()
	if err := out.begin(""); err != nil {
		return err
	}
	return out.finish()
}

// keep makes the file durable while others are written, and closes it. A disk
// writes many files at once much faster than one after the other.
func (r *run) keep(written *os.File) {
	r.syncs.Go(func() error { return errors.Join(written.Sync(), written.Close()) })
}

// place gives the files that were made their names, durably.
func (r *run) place() error {
	if err := r.syncs.Wait(); err != nil {
		return err
	}
	folders := map[string]bool{filepath.Join(r.root, settledFolder): true, r.root: true}
	for _, made := range r.made {
		r.step("place file")
		folder := filepath.Dir(made.path)
		if !folders[folder] {
			if err := os.MkdirAll(folder, 0o777); err != nil {
				return err
			}
			folders[folder] = true
		}
		if err := os.Rename(made.temp, made.path); err != nil {
			return err
		}
	}
	return syncAll(slices.Collect(maps.Keys(folders)))
}

// syncAll makes files and folders durable.
func syncAll(paths []string) error {
	var group errgroup.Group
	group.SetLimit(32)
	for _, path := range paths {
		group.Go(func() error {
			file, err := os.Open(path)
			if err != nil {
				return err
			}
			return errors.Join(file.Sync(), file.Close())
		})
	}
	return group.Wait()
}

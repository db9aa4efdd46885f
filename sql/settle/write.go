package settle

import (
	"cmp"
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

// The tags of parts and those of conversations come from two tables and lie in
// a file each.
const (
	tagsOfParts         = "parts"
	tagsOfConversations = "conversations"
)

// writes are the steps that merge what is gathered into the tables. A table
// that nothing changes keeps its files.
func (r *run) writes(g *gathers) []func(context.Context) error {
	return []func(context.Context) error{
		func(ctx context.Context) error { return r.writeEvents(ctx, g) },
		func(ctx context.Context) error { return r.writeParts(ctx, g.parts) },
		func(ctx context.Context) error { return r.writeConversations(ctx, g.conversationRecords) },
		rewriting(r, g.personAttributes),
		rewriting(r, g.personKeys),
		rewriting(r, g.memberships),
		rewriting(r, g.companyAttributes),
		rewriting(r, g.companyKeys),
		rewriting(r, g.subscriptions),
		rewriting(r, g.subscriptionLists),
		rewriting(r, g.tags),
		rewriting(r, g.deliveries),
		rewriting(r, g.tombstones),
	}
}

func rewriting[T any](r *run, g *gather[T]) func(context.Context) error {
	return func(ctx context.Context) error { return rewrite(ctx, r, g, nil) }
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

// derived are tables that are made of the rows of another while that one is
// written, and change only with it.
type derived[T any] interface {
	begin() error
	take(*T) error
	finish() error
}

// rewrite merges what was gathered with the one file of its table. more may be nil.
func rewrite[T any](ctx context.Context, r *run, g *gather[T], more derived[T]) (err error) {
	old, hasOld := r.file(g.table.name, "")
	if hasOld && g.empty() {
		return nil
	}
	var cursors []cursor[T]
	defer func() {
		for _, c := range cursors {
			err = errors.Join(err, c.close())
		}
	}()
	if hasOld {
		c, err := openSettled[T](r, old)
		if err != nil {
			return err
		}
		cursors = append(cursors, c)
	}
	gathered, err := g.cursors()
	cursors = append(cursors, gathered...)
	if err != nil {
		return err
	}
	out := newOutput(r, g.table)
	defer out.abandon()
	if err := out.begin(""); err != nil {
		return err
	}
	if more != nil {
		if err := more.begin(); err != nil {
			return err
		}
	}
	rows, changed := newFolded(g.table, hasOld, cursors...), !hasOld
	for {
		row, err := rows.next()
		if err != nil {
			return fmt.Errorf("settle %s: %w", g.table.name, err)
		}
		if row == nil {
			break
		}
		changed = changed || rows.fresh
		if err := out.write(ctx, row); err != nil {
			return err
		}
		if more != nil {
			if err := more.take(row); err != nil {
				return err
			}
		}
	}
	if !changed {
		return nil
	}
	if more != nil {
		if err := more.finish(); err != nil {
			return err
		}
	}
	return out.finish()
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

// settledDamage is an error with a settled file, and what to do about it.
func settledDamage(path string, err error) error {
	folder, _, _ := strings.Cut(filepath.ToSlash(path), "/"+settledFolder+"/")
	return fmt.Errorf("read %s: %w; remove the folder %s/%s: it is made again from what landed", path, err, folder, settledFolder)
}

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

func (o *output[T]) finish() error {
	rows := o.rows.count
	bytes, err := o.rows.finish()
	if err != nil {
		return fmt.Errorf("settle %s: write: %w", o.table.name, err)
	}
	o.run.step("file written")
	o.run.add(o.table.name, o.temp, file{Part: o.part, Rows: rows, Bytes: bytes})
	return nil
}

// abandon gives up the file that was begun and not finished, if there is one.
func (o *output[T]) abandon() { o.rows.abandon() }

// file is the file of the table's part in the version before.
func (r *run) file(table, part string) (file, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.state.Tables[table] {
		if f.Part == part {
			return f, true
		}
	}
	return file{}, false
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
	files := slices.DeleteFunc(r.state.Tables[table], func(old file) bool { return old.Part == f.Part })
	files = append(files, f)
	slices.SortFunc(files, func(a, b file) int { return cmp.Compare(a.Part, b.Part) })
	r.state.Tables[table] = files
	r.made = append(r.made, madeFile{temp, filepath.Join(r.root, filepath.FromSlash(f.Path))})
}

// remove takes the file of the table's part out of the version.
func (r *run) remove(table, part string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.Tables[table] = slices.DeleteFunc(r.state.Tables[table], func(f file) bool { return f.Part == part })
}

// place gives the files that were made their names, durably. A disk writes
// many files at once much faster than one after the other.
func (r *run) place() error {
	paths := make([]string, 0, len(r.made))
	for _, made := range r.made {
		paths = append(paths, made.temp)
	}
	if err := syncAll(paths); err != nil {
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

package transform

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"parley/sql/warehouse"
)

// partRows is about how many rows a part has: enough that files are not too
// many, and few enough that writing some anew is quick.
const partRows = 25_000

// batchRows is about how many rows of a model by date are computed at once: each
// time, what its rows are joined with is read anew.
const batchRows = 4_000_000

// folder is where a model's files lie, relative to the build's folder.
func (m *Model) folder() string {
	if m.Layer == Mart {
		return m.Name
	}
	return filepath.Join(StateDir, m.Name)
}

// file is the path of one of a model's files, relative to the build's folder.
func (m *Model) file(name string) string { return filepath.Join(m.folder(), name+".parquet") }

// parted tells whether the rows lie in parts by date.
func (m *Model) parted() bool { return m.Header.Increment != nil && m.Header.Increment.Parts != "" }

// overlaid tells whether new rows are kept beside the old ones, as a delta:
// what only models read, by key, need not be one file.
func (m *Model) overlaid() bool {
	return m.Header.Increment != nil && m.Layer != Mart && !m.parted()
}

// writeWhole runs a SELECT into as many files of the model as the engine makes of it.
func (r *run) writeWhole(ctx context.Context, m *Model, query string) ([]part, error) {
	path := filepath.Join(r.to.Dir, m.file(m.Name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	written, err := r.engine.WriteFiles(ctx, query, path)
	if err != nil {
		return nil, err
	}
	parts := make([]part, len(written))
	for i, w := range written {
		parts[i] = part{File: filepath.Join(m.folder(), filepath.Base(w.Path)), Rows: w.Rows}
	}
	return parts, nil
}

// write runs a SELECT into a file of the model.
func (r *run) write(ctx context.Context, m *Model, query, name string) (part, error) {
	return r.writeOn(ctx, r.tables, m, query, name)
}

func (r *run) writeOn(ctx context.Context, engine Tables, m *Model, query, name string) (part, error) {
	p := part{File: m.file(name)}
	path := filepath.Join(r.to.Dir, p.File)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return p, err
	}
	var err error
	p.Rows, err = engine.Write(ctx, query, path)
	return p, err
}

// link puts a file of the last build into this one: files are never written again.
func (r *run) link(file string) error {
	path := filepath.Join(r.to.Dir, file)
	err := os.Link(filepath.Join(r.former.dir, file), path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o755); err == nil {
			err = os.Link(filepath.Join(r.former.dir, file), path)
		}
	}
	if err != nil {
		return fmt.Errorf("go on with %s of the last build: %w", file, err)
	}
	return nil
}

// reuse goes on with all files of the last build.
func (r *run) reuse(s stored) (stored, error) {
	for _, p := range s.Parts {
		if err := r.link(p.File); err != nil {
			return s, err
		}
	}
	if s.Delta != nil {
		if err := errors.Join(r.link(s.Delta.File), r.link(s.Delta.Keys)); err != nil {
			return s, err
		}
	}
	return s, nil
}

// day is a UTC date and how many rows have it.
type day struct {
	date string
	rows int64
}

// The first and the last date that a part is named by: rows without a date are
// taken to be of the first, dates beyond either are taken to be that one.
const firstDay, lastDay = "0001-01-01", "9999-12-31"

// clamped is the expression of a column's UTC date from firstDay to lastDay. A
// cast of an instant to its date would ask the calendar for each row.
func clamped(column string) string {
	name := warehouse.Ident(column)
	return fmt.Sprintf("coalesce(least(greatest(cast(make_timestamp(epoch_us(%[1]s)) as date), date '%[2]s'), date '%[3]s'), case when %[1]s > date '%[3]s' then date '%[3]s' end, date '%[2]s')", name, firstDay, lastDay)
}

// days counts the rows of a table by date, the earliest first.
func (r *run) days(ctx context.Context, table, column, where string) ([]day, error) {
	answer, err := r.engine.Query(ctx, "select cast(day as varchar) as day, rows from (select "+clamped(column)+" as day, count(*) as rows from "+table+where+" group by 1) order by 1")
	if err != nil {
		return nil, err
	}
	days := make([]day, len(answer.Rows))
	for i, row := range answer.Rows {
		days[i].date, _ = row[0].(string)
		days[i].rows, _ = row[1].(int64)
	}
	return days, nil
}

// daysOfFiles counts the rows of an input by the dates of its files; false where
// a file may hold several.
func (r *run) daysOfFiles(table string) ([]day, bool) {
	files := r.opts.Inputs[table].Files
	days := make([]day, len(files))
	for i, f := range files {
		if f.Date == "" {
			return nil, false
		}
		days[i] = day{f.Date, f.Rows}
	}
	return together(days), len(files) > 0
}

// lay puts days into parts of about as many rows as a part is to have.
func (r *run) lay(days []day) []part {
	size := cmp.Or(r.opts.PartRows, partRows)
	var parts []part
	for _, d := range days {
		last := len(parts) - 1
		if last >= 0 && parts[last].Rows+d.rows/2 < size {
			parts[last].Rows += d.rows
			continue
		}
		parts = append(parts, part{From: d.date, Rows: d.rows})
	}
	return parts
}

// span is a half-open range of dates; "" is open, and a row without a date
// comes before all.
type span struct{ from, to string }

// spanOf is the range that part i of parts holds.
func spanOf(parts []part, i int) (s span) {
	if i > 0 {
		s.from = parts[i].From
	}
	if i+1 < len(parts) {
		s.to = parts[i+1].From
	}
	return s
}

// holds is the condition that a column of the kind lies in the range.
func (s span) holds(column, kind string) string {
	at := func(date string) string {
		if kind == "DATE" {
			return "date '" + date + "'"
		}
		return "timestamptz '" + date + " 00:00:00+00'"
	}
	name := warehouse.Ident(column)
	switch {
	case s.from == "" && s.to == "":
		return "true"
	case s.from == "":
		return fmt.Sprintf("(%[1]s is null or %[1]s < %[2]s)", name, at(s.to))
	case s.to == "":
		return name + " >= " + at(s.from)
	}
	return fmt.Sprintf("%[1]s >= %[2]s and %[1]s < %[3]s", name, at(s.from), at(s.to))
}

// partAt is the part that holds a date.
func partAt(parts []part, date string) int {
	at, found := slices.BinarySearchFunc(parts, date, func(p part, date string) int { return strings.Compare(p.From, date) })
	if found || at == 0 {
		return at
	}
	return at - 1
}

// writeParts writes the rows of table that lie within a range of dates, which
// days counts, into new parts.
// Several are written at once: a small file keeps one processor busy.
func (r *run) writeParts(ctx context.Context, m *Model, table, kind string, within span, days []day) ([]part, error) {
	parts := r.lay(days)
	column := m.Header.Increment.Parts
	group, inGroup := errgroup.WithContext(ctx)
	group.SetLimit(max(2, runtime.GOMAXPROCS(0)))
	for i := range parts {
		group.Go(func() error {
			s := spanOf(parts, i)
			if i == 0 {
				s.from = within.from
			}
			if i+1 == len(parts) {
				s.to = within.to
			}
			written, err := r.writeOn(inGroup, r.turn.tables, m, "select * from "+table+" where "+s.holds(column, kind), parts[i].From)
			if err == nil && written.Rows != parts[i].Rows {
				err = fmt.Errorf("part %s has %d rows, and should have %d", parts[i].From, written.Rows, parts[i].Rows)
			}
			parts[i].File = written.File
			return err
		})
	}
	var err error
	r.turn.aside(func() { err = group.Wait() })
	return parts, err
}

// emptyPart is a file without rows: a table is never without a file.
func (r *run) emptyPart(ctx context.Context, m *Model, table string) ([]part, error) {
	p, err := r.write(ctx, m, "select * from "+table+" where false", firstDay)
	p.From = firstDay
	return []part{p}, err
}

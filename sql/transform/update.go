package transform

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"parley/sql/warehouse"
)

// update makes a model's rows of this build, in the way that was decided.
func (r *run) update(ctx context.Context, m *Model, w way, columns []warehouse.Column) (stored, error) {
	switch w.how {
	case byReuse:
		return r.reuse(r.former.Models[m.Name].stored)
	case byKeys:
		return r.updateKeys(ctx, m, columns)
	case byDates:
		return r.updateDates(ctx, m, columns)
	}
	return r.makeWhole(ctx, m, columns)
}

// makeWhole runs the model over everything.
func (r *run) makeWhole(ctx context.Context, m *Model, columns []warehouse.Column) (stored, error) {
	switch {
	case r.tables == nil || !m.parted():
		query, before, err := ordered(m, columns)
		if err != nil {
			return stored{}, err
		}
		parts, err := r.writeWhole(ctx, m, query)
		if err != nil {
			return stored{}, placeAfter(before, m.SQL, err)
		}
		return stored{Parts: parts}, nil
	case m.Header.Increment.ByDate:
		return r.makeByDate(ctx, m, columns)
	}
	if err := r.compute(ctx, m.SQL, m.SQL); err != nil {
		return stored{}, err
	}
	parts, err := r.partsOfNewRows(ctx, m, columns)
	return stored{Parts: parts}, err
}

// compute makes the table newRows of a SELECT, in which text stands.
func (r *run) compute(ctx context.Context, query, text string) error {
	before := "create or replace table " + r.newRows() + " as "
	return placeAfter(len(before), text, r.tables.Exec(ctx, before+withoutEnd(query)))
}

// partsOfNewRows writes newRows into parts.
func (r *run) partsOfNewRows(ctx context.Context, m *Model, columns []warehouse.Column) ([]part, error) {
	days, err := r.days(ctx, r.newRows(), m.Header.Increment.Parts, "")
	if err != nil {
		return nil, err
	}
	if len(days) == 0 {
		return r.emptyPart(ctx, m, r.newRows())
	}
	return r.writeParts(ctx, m, r.newRows(), kindOf(columns, m.Header.Increment.Parts), span{}, days)
}

// dirtyParts are the indexes of the parts that hold one of the days, in order.
func dirtyParts(parts []part, days []day) []int {
	var dirty []int
	for _, d := range days {
		dirty = append(dirty, partAt(parts, d.date))
	}
	slices.Sort(dirty)
	return slices.Compact(dirty)
}

// formerParts is what reads some parts of the last build.
func (r *run) formerParts(parts []part, which []int) string {
	files := make([]string, len(which))
	for k, i := range which {
		files[k] = filepath.Join(r.former.dir, parts[i].File)
	}
	return warehouse.FromFiles(files)
}

// replaceParts goes on with the parts of the last build, but for the dirty
// ones, for which table has the rows.
func (r *run) replaceParts(ctx context.Context, m *Model, then stored, dirty []int, table string, columns []warehouse.Column) (stored, error) {
	kind := kindOf(columns, m.Header.Increment.Parts)
	var now []part
	for i, p := range then.Parts {
		if !slices.Contains(dirty, i) {
			if err := r.link(p.File); err != nil {
				return stored{}, err
			}
			now = append(now, p)
			continue
		}
		within := spanOf(then.Parts, i)
		days, err := r.days(ctx, table, m.Header.Increment.Parts, " where "+within.holds(m.Header.Increment.Parts, kind))
		if err != nil {
			return stored{}, err
		}
		parts, err := r.writeParts(ctx, m, table, kind, within, days)
		if err != nil {
			return stored{}, err
		}
		now = append(now, parts...)
	}
	var err error
	if len(now) == 0 {
		now, err = r.emptyPart(ctx, m, table)
	}
	return stored{Parts: now}, err
}

// updateKeys computes the rows of the touched keys and puts them in the place
// of those they had.
func (r *run) updateKeys(ctx context.Context, m *Model, columns []warehouse.Column) (stored, error) {
	keys := columnList(m.Header.Increment.By)
	query, err := r.limitedSQL(ctx, m, func(name string) (string, held, error) {
		if !slices.Contains(m.Reads, name) {
			return "", "", nil
		}
		of, err := r.engine.Describe(ctx, "select * from "+warehouse.Ident(name))
		if err != nil || !hasAll(of, m.Header.Increment.By) {
			return "", "", err
		}
		return fmt.Sprintf("select %s from %s semi join %s using (%s)", needed(m, of, columns), inMain(name), r.touchedKeys(), keys), table, nil
	})
	if err != nil {
		return stored{}, err
	}
	if err := r.compute(ctx, "select * from (\n"+query+"\n) semi join "+r.touchedKeys()+" using ("+keys+")", m.SQL); err != nil {
		return stored{}, err
	}
	if err := r.viewFormer(ctx, m.Name); err != nil {
		return stored{}, err
	}
	former := formerSchema + "." + warehouse.Ident(m.Name)
	touchedFormer := "(select * from " + former + " semi join " + r.touchedKeys() + " using (" + keys + "))"
	c, err := r.keepChanged(ctx, m.Name, difference(touchedFormer, r.newRows()), "rows of "+m.Name+" differ")
	if err != nil {
		return stored{}, err
	}
	r.changes[m.Name] = c
	then := r.former.Models[m.Name].stored
	switch {
	case c.extent == nothing:
		return r.reuse(then)
	case m.overlaid():
		return r.overlay(ctx, m, then)
	case m.parted():
		return r.mergeParts(ctx, m, then, columns)
	}
	merged := *m
	merged.SQL = "select * from " + former + " anti join " + r.touchedKeys() + " using (" + keys + ") union all select * from " + r.newRows()
	whole, _, err := ordered(&merged, columns)
	if err != nil {
		return stored{}, err
	}
	p, err := r.write(ctx, m, whole, m.Name)
	return stored{Parts: []part{p}}, err
}

var word = regexp.MustCompile(`[A-Za-z_][A-Za-z_0-9]*`)

// needed lists the columns of a table that a model may read: those whose names
// stand in its text, or among its own columns, which a star can bring there. A
// workspace's model may say anything, and gets them all.
func needed(m *Model, of, own []warehouse.Column) string {
	if m.Own {
		return "*"
	}
	known := map[string]bool{}
	for _, name := range word.FindAllString(withoutComments(m.SQL), -1) {
		known[strings.ToLower(name)] = true
	}
	for _, c := range own {
		known[strings.ToLower(c.Name)] = true
	}
	for _, name := range m.Header.Increment.By {
		known[strings.ToLower(name)] = true
	}
	var names []string
	for _, c := range of {
		if known[strings.ToLower(c.Name)] || word.FindString(c.Name) != c.Name { // what is no word is not looked for
			names = append(names, warehouse.Ident(c.Name))
		}
	}
	return strings.Join(names, ", ")
}

// mergeParts writes those parts anew in which a row differs.
func (r *run) mergeParts(ctx context.Context, m *Model, then stored, columns []warehouse.Column) (stored, error) {
	i := m.Header.Increment
	touched, err := r.days(ctx, changedTable(m.Name), i.Parts, "")
	if err != nil {
		return stored{}, err
	}
	dirty := dirtyParts(then.Parts, touched)
	kind := kindOf(columns, i.Parts)
	spans := make([]string, len(dirty))
	for k, at := range dirty {
		spans[k] = spanOf(then.Parts, at).holds(i.Parts, kind)
	}
	merged := r.lane.work("merged")
	err = r.tables.Exec(ctx, fmt.Sprintf("create or replace table %s as select * from %s as old anti join %s using (%s) union all select * from %s where %s",
		merged, r.formerParts(then.Parts, dirty), r.touchedKeys(), columnList(i.By), r.newRows(), strings.Join(spans, " or ")))
	if err != nil {
		return stored{}, err
	}
	return r.replaceParts(ctx, m, then, dirty, merged, columns)
}

// mostOverlaid is how many rows of a base one row of its delta may stand for,
// before both are written as one.
const mostOverlaid = 10

// overlay keeps the new rows in a delta over the base, together with those of
// the delta there was.
func (r *run) overlay(ctx context.Context, m *Model, then stored) (stored, error) {
	keys := columnList(m.Header.Increment.By)
	allKeys, rows := "select * from "+r.touchedKeys(), "select * from "+r.newRows()
	if d := then.Delta; d != nil {
		at := func(file string) string { return warehouse.FromFiles([]string{filepath.Join(r.former.dir, file)}) }
		allKeys += " union select * from " + at(d.Keys)
		rows += " union all select * from " + at(d.File) + " as old anti join " + r.touchedKeys() + " using (" + keys + ")"
	}
	written, err := r.write(ctx, m, rows, m.Name+".delta")
	if err != nil {
		return stored{}, err
	}
	keyFile, err := r.write(ctx, m, allKeys, m.Name+".keys")
	if err != nil {
		return stored{}, err
	}
	now := stored{Parts: then.Parts, Delta: &delta{Keys: keyFile.File, File: written.File, Rows: written.Rows}}
	if max(written.Rows, keyFile.Rows)*mostOverlaid <= then.rows() {
		return now, r.link(then.Parts[0].File)
	}
	if err := errors.Join(os.Remove(filepath.Join(r.to.Dir, written.File)), os.Remove(filepath.Join(r.to.Dir, keyFile.File))); err != nil {
		return stored{}, err
	}
	p, err := r.write(ctx, m, fmt.Sprintf("select * from %s anti join %s using (%s) union all select * from %s",
		formerSchema+"."+warehouse.Ident(m.Name), r.touchedKeys(), keys, r.newRows()), m.Name)
	return stored{Parts: []part{p}}, err
}

// kindOf is the engine's type of a column.
func kindOf(columns []warehouse.Column, name string) string {
	for _, c := range columns {
		if strings.EqualFold(c.Name, name) {
			return c.Type
		}
	}
	return ""
}

func (r *run) kindIn(ctx context.Context, table, column string) (string, error) {
	columns, err := r.engine.Describe(ctx, "select * from "+warehouse.Ident(table))
	return kindOf(columns, column), err
}

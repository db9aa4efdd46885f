package transform

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"parley/sql/warehouse"
)

// makeByDate runs a model by date over all dates, some at a time, so that what
// is held does not grow with the history.
func (r *run) makeByDate(ctx context.Context, m *Model, columns []warehouse.Column) (stored, error) {
	of := m.Header.Increment.Of
	column, err := r.dateColumn(m)
	if err != nil {
		return stored{}, err
	}
	days, known := r.daysOfFiles(of)
	if !known {
		days, known = r.counted[of]
	}
	if !known {
		if days, err = r.days(ctx, warehouse.Ident(of), column, ""); err != nil {
			return stored{}, err
		}
	}
	kind, err := r.kindIn(ctx, of, column)
	if err != nil {
		return stored{}, err
	}
	batches := batchesOf(days)
	var all []part
	var own []day
	for i, batch := range batches {
		s := span{from: batch[0].date}
		if i == 0 {
			s.from = ""
		}
		if i+1 < len(batches) {
			s.to = batches[i+1][0].date
		}
		if err := r.computeDates(ctx, m, inMain(of), []span{s}, column, kind); err != nil {
			return stored{}, err
		}
		found, err := r.days(ctx, r.newRows(), m.Header.Increment.Parts, "")
		if err != nil {
			return stored{}, err
		}
		parts, err := r.writeParts(ctx, m, r.newRows(), kindOf(columns, m.Header.Increment.Parts), span{}, found)
		if err != nil {
			return stored{}, err
		}
		all, own = append(all, parts...), append(own, found...)
	}
	r.counted[m.Name] = together(own)
	if len(all) == 0 {
		if err := r.compute(ctx, m.SQL, m.SQL); err != nil {
			return stored{}, err
		}
		all, err = r.emptyPart(ctx, m, r.newRows())
	}
	return stored{Parts: all}, err
}

// together puts the counts of each date into one, in the order of dates.
func together(days []day) []day {
	rows := map[string]int64{}
	for _, d := range days {
		rows[d.date] += d.rows
	}
	all := make([]day, 0, len(rows))
	for _, date := range slices.Sorted(maps.Keys(rows)) {
		all = append(all, day{date, rows[date]})
	}
	return all
}

// batchesOf puts days together to about batchRows.
func batchesOf(days []day) [][]day {
	var batches [][]day
	var held int64
	for _, d := range days {
		if len(batches) == 0 || held+d.rows > batchRows {
			batches, held = append(batches, nil), 0
		}
		last := len(batches) - 1
		batches[last] = append(batches[last], d)
		held += d.rows
	}
	return batches
}

// computeDates makes newRows of the dates in spans of the table that the model
// goes by, which it reads from.
func (r *run) computeDates(ctx context.Context, m *Model, from string, spans []span, column, kind string) error {
	of := m.Header.Increment.Of
	query, err := r.limitedSQL(ctx, m, func(name string) (string, held, error) {
		if name != of {
			return "", "", nil
		}
		holds := make([]string, len(spans))
		for i, s := range spans {
			holds[i] = s.holds(column, kind)
		}
		return "select * from " + from + " where " + strings.Join(holds, " or "), view, nil
	})
	if err != nil {
		return err
	}
	return r.compute(ctx, query, m.SQL)
}

// rowsAround is what a SELECT reads those files of a table from that may hold a
// row of the ranges.
func (r *run) rowsAround(table string, spans []span) string {
	var files []string
	overlaps := func(s span) bool {
		return slices.ContainsFunc(spans, func(other span) bool {
			return (other.to == "" || s.from < other.to) && (s.to == "" || other.from < s.to)
		})
	}
	if now, ok := r.next.Models[table]; ok && now.Delta == nil {
		for i, p := range now.Parts {
			if len(now.Parts) == 1 || overlaps(spanOf(now.Parts, i)) {
				files = append(files, filepath.Join(r.to.Dir, p.File))
			}
		}
	}
	for _, f := range r.opts.Inputs[table].Files {
		if f.Date == "" || overlaps(span{f.Date, f.Date + "~"}) {
			files = append(files, f.Path)
		}
	}
	if len(files) == 0 {
		return inMain(table)
	}
	return warehouse.FromFiles(files)
}

// updateDates computes the touched dates, and writes the parts that hold them.
func (r *run) updateDates(ctx context.Context, m *Model, columns []warehouse.Column) (stored, error) {
	then := r.former.Models[m.Name].stored
	touched, err := r.days(ctx, r.touchedKeys(), "day", "")
	if err != nil {
		return stored{}, err
	}
	dirty := dirtyParts(then.Parts, touched)
	var rows int64
	spans := make([]span, len(dirty))
	for k, i := range dirty {
		rows += then.Parts[i].Rows
		spans[k] = spanOf(then.Parts, i)
	}
	if rows > mostCompared {
		r.ways[m.Name] = way{byWhole, "most of it is touched"}
		return r.makeByDate(ctx, m, columns)
	}
	column, err := r.dateColumn(m)
	if err != nil {
		return stored{}, err
	}
	kind, err := r.kindIn(ctx, m.Header.Increment.Of, column)
	if err != nil {
		return stored{}, err
	}
	if err := r.computeDates(ctx, m, r.rowsAround(m.Header.Increment.Of, spans), spans, column, kind); err != nil {
		return stored{}, err
	}
	former := r.formerParts(then.Parts, dirty)
	c, err := r.keepChanged(ctx, m.Name, difference(former, r.newRows()), "rows of "+m.Name+" differ")
	if err != nil {
		return stored{}, err
	}
	r.changes[m.Name] = c
	if c.extent == nothing {
		return r.reuse(then)
	}
	return r.replaceParts(ctx, m, then, dirty, r.newRows(), columns)
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"parley/cmd/output"
	"parley/sql/build"
	"parley/sql/warehouse"
)

// diffBuilds compares two builds that are still there: all their marts, or the
// rows of one, at most so many (0: all).
func (a *app) diffBuilds(ctx context.Context, args []string, mart string, limit int) (err error) {
	_, store, err := a.openLake()
	if err != nil {
		return err
	}
	names := slices.Concat(args, []string{"", ""})
	comparison, err := build.Compare(ctx, store, warehouse.Config{}, names[0], names[1])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, comparison.Close()) }()
	a.say("from build %s, as of %s\n  to build %s, as of %s",
		comparison.Before.ID, formatTime(comparison.Before.AsOf), comparison.After.ID, formatTime(comparison.After.AsOf))
	if mart != "" {
		if limit == 0 {
			limit = math.MaxInt32
		}
		table, err := comparison.Rows(ctx, mart, limit)
		if err != nil {
			return err
		}
		r := output.Answer(table)
		r.Empty = "no row of " + mart + " is different"
		return a.print(r)
	}
	marts, err := comparison.Marts(ctx)
	if err != nil {
		return err
	}
	r := output.Rows{
		Columns: []string{"mart", "rows_before", "rows_after", "added", "removed", "changed", "key", "columns"},
		Empty:   "neither build has a mart",
	}
	for _, d := range marts {
		if a.forPeople() && d.Same() {
			continue
		}
		key := strings.Join(d.Key, ", ")
		if a.forPeople() && key == "" {
			key = "(whole rows)"
		}
		r.Rows = append(r.Rows, []any{d.Mart, orNone(d.RowsBefore), orNone(d.RowsAfter), d.Added, d.Removed, d.Changed, key, columnChanges(d)})
	}
	if a.forPeople() {
		r.Empty = "nothing is different"
		if same := len(marts) - len(r.Rows); same > 0 {
			defer a.say("%s the same", plural(int64(same), "mart is", "marts are"))
		}
	}
	return a.print(r)
}

// orNone is a number of rows, nothing where there is no mart.
func orNone(rows int64) any {
	if rows < 0 {
		return nil
	}
	return rows
}

// columnChanges says which columns came (+), went (-) and have another type.
func columnChanges(d build.MartDiff) string {
	var parts []string
	for _, name := range d.ColumnsAdded {
		parts = append(parts, "+"+name)
	}
	for _, name := range d.ColumnsRemoved {
		parts = append(parts, "-"+name)
	}
	for _, t := range d.Types {
		parts = append(parts, fmt.Sprintf("%s: %s → %s", t.Column, t.Before, t.After))
	}
	return strings.Join(parts, ", ")
}

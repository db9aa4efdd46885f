package transform

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"parley/sql/warehouse"
)

// extent is how much of a table has changed since the last build.
type extent int

const (
	nothing    extent = iota
	some              // the rows that came, went or were different stand in changed.<table>
	everything        // all of it may have
)

// change is what has become of a table since the last build.
type change struct {
	extent extent
	reason string // in words, for whoever asks why a model runs
}

const (
	changedSchema = "changed" // tables of the rows that changed, under the names of the tables
	formerSchema  = "former"  // the models' rows in the last build

	spannedSchema = "spanned" // of the time between the two builds

	momentsTable = spannedSchema + ".moments" // one row: former_as_of, as_of, and of the two low, high
)

// Comparing costs about as much as computing: what has more rows than this, or
// is for the most part new, is taken to have changed as a whole.
const mostCompared = 4_000_000

// changed says what has become of a base table. The answer is kept.
func (r *run) changed(ctx context.Context, name string) (change, error) {
	defer r.turn.alone("what changed in " + name)()
	if known, ok := r.changes[name]; ok {
		return known, nil
	}
	var c change
	var err error
	switch in, ok := r.opts.Inputs[name]; {
	case r.former == nil:
		c = change{everything, "there is no former build to go on from"}
	case r.graph.model(name) != nil:
		c, err = r.compareModel(ctx, name)
	case !ok:
		c = change{everything, name + " is not followed"}
	case in.Followed && in.Changed == "":
	case in.Followed:
		c, err = r.keepChanged(ctx, name, in.Changed, "rows of "+name+" differ")
	case len(in.Files) == 0:
		if r.former.Inputs[name].Content != in.Content {
			c = change{everything, name + " is another"}
		}
	default:
		c, err = r.compareInput(ctx, name, in, r.former.Inputs[name])
	}
	if err != nil {
		return change{}, err
	}
	r.changes[name] = c
	return c, nil
}

// compareInput compares the files of an input that are not the same, and finds
// the rows that are seen, or no more, because as_of has moved.
func (r *run) compareInput(ctx context.Context, name string, now, then Input) (change, error) {
	came, went := apart(now.Files, then.Files), apart(then.Files, now.Files)
	moved := len(now.Seen) > 0 && !r.opts.AsOf.Equal(r.former.AsOf)
	if len(came)+len(went) == 0 && !moved {
		return change{}, nil
	}
	if len(then.Files) == 0 {
		return change{everything, name + " was not kept"}, nil
	}
	if column := r.readByDate(name); column != "" {
		return r.changedDates(ctx, name, column, came, went, now, moved)
	}
	if rowsOf(came)+rowsOf(went) > mostCompared {
		return change{everything, fmt.Sprintf("most of %s is new", name)}, nil
	}
	for _, f := range went {
		if !exists(f.Path) {
			return change{everything, fmt.Sprintf("what %s held in the last build is gone", name)}, nil
		}
	}
	var parts []string
	switch {
	case len(came) > 0 && len(went) > 0:
		// Attributes are columns: one that is new, or gone, is no row that differs.
		same, err := r.sameColumns(ctx, warehouse.FromFiles(paths(went)), warehouse.FromFiles(paths(came)))
		if err != nil {
			return change{}, err
		}
		if !same {
			return change{everything, name + " has other columns"}, nil
		}
		parts = append(parts, difference(warehouse.FromFiles(paths(went)), warehouse.FromFiles(paths(came))))
	case len(came)+len(went) > 0:
		parts = append(parts, "select * from "+warehouse.FromFiles(paths(append(came, went...))))
	}
	if moved {
		between := make([]string, len(now.Seen))
		for i, column := range now.Seen {
			between[i] = fmt.Sprintf("%[1]s > moments.low and %[1]s <= moments.high", warehouse.Ident(column))
		}
		parts = append(parts, "select seen.* from "+inMain(name)+" as seen cross join "+momentsTable+" where "+strings.Join(between, " or "))
	}
	return r.keepChanged(ctx, name, strings.Join(parts, " union all "), plural(len(came), "file")+" of "+name+" new")
}

// readByDate is the column with the dates of an input that only models by its
// dates read; "": others do too. Of such an input only the dates count.
func (r *run) readByDate(input string) string {
	found := false
	for _, m := range r.graph.Models {
		bases, _ := r.graph.behind(m)
		if !slices.Contains(bases, input) || m.Layer == Staging && len(m.Header.Checks) == 0 {
			continue
		}
		if i := m.Header.Increment; i == nil || !i.ByDate || i.Of != input || i.touch(input) != nil {
			return ""
		}
		found = true
	}
	if in := r.opts.Inputs[input]; found && len(in.Seen) == 1 {
		return in.Seen[0]
	}
	return ""
}

// changedDates finds the dates of files that are not the same, and those
// between which as_of has moved.
func (r *run) changedDates(ctx context.Context, name, column string, came, went []InputFile, now Input, moved bool) (change, error) {
	dates := "select distinct " + clamped(column) + " as " + warehouse.Ident(column) + " from "
	var parts []string
	if files := append(slices.Clone(came), went...); len(files) > 0 {
		for _, f := range went {
			if !exists(f.Path) {
				return change{everything, fmt.Sprintf("what %s held in the last build is gone", name)}, nil
			}
		}
		parts = append(parts, dates+warehouse.FromFiles(paths(files)))
	}
	if files := r.between(now.Files); moved && len(files) > 0 {
		parts = append(parts, fmt.Sprintf("%s %s as seen cross join %s where %[4]s > moments.low and %[4]s <= moments.high", dates, warehouse.FromFiles(paths(files)), momentsTable, warehouse.Ident(column)))
	}
	if len(parts) == 0 {
		return change{}, nil
	}
	return r.keepChanged(ctx, name, strings.Join(parts, " union "), plural(len(came), "file")+" of "+name+" new")
}

// between are the files that may hold a row of an instant between the last
// build's as_of and this one's.
func (r *run) between(files []InputFile) []InputFile {
	low, high := r.former.AsOf, r.opts.AsOf
	if high.Before(low) {
		low, high = high, low
	}
	return slices.DeleteFunc(slices.Clone(files), func(f InputFile) bool {
		return f.Date != "" && (f.Date < low.UTC().Format(time.DateOnly) || f.Date > high.UTC().Format(time.DateOnly))
	})
}

// compareModel compares a model's rows with those of the last build.
func (r *run) compareModel(ctx context.Context, name string) (change, error) {
	then, ok := r.former.Models[name]
	now := r.next.Models[name]
	switch {
	case !ok:
		return change{everything, name + " is new"}, nil
	case max(now.rows(), then.rows()) > mostCompared:
		return change{everything, name + " was made anew"}, nil
	}
	if err := r.viewFormer(ctx, name); err != nil {
		return change{}, err
	}
	former := formerSchema + "." + warehouse.Ident(name)
	same, err := r.sameColumns(ctx, former, warehouse.Ident(name))
	if err != nil {
		return change{}, err
	}
	if !same {
		return change{everything, name + " has other columns"}, nil
	}
	return r.keepChanged(ctx, name, difference(former, warehouse.Ident(name)), "rows of "+name+" differ")
}

// sameColumns says whether two tables have the same columns, of the same types,
// in the same order: only then their rows can be compared.
func (r *run) sameColumns(ctx context.Context, a, b string) (bool, error) {
	var columns [2][]warehouse.Column
	for i, table := range []string{a, b} {
		var err error
		if columns[i], err = r.engine.Describe(ctx, "select * from "+table); err != nil {
			return false, err
		}
	}
	return slices.Equal(columns[0], columns[1]), nil
}

// keepChanged makes the table of the rows that changed, of the SELECT that gives them.
func (r *run) keepChanged(ctx context.Context, name, query, reason string) (change, error) {
	table := changedSchema + "." + warehouse.Ident(name)
	if err := r.tables.Exec(ctx, "create or replace table "+table+" as "+query); err != nil {
		return change{}, fmt.Errorf("find what changed in %s: %w", name, err)
	}
	answer, err := r.engine.Query(ctx, "select count(*) from "+table)
	if err != nil {
		return change{}, err
	}
	if n, _ := answer.Rows[0][0].(int64); n > 0 {
		return change{some, fmt.Sprintf("%s (%s)", reason, plural(int(n), "row"))}, nil
	}
	return change{}, nil
}

// difference is the SELECT of the rows that one of two tables has more often
// than the other, each once.
func difference(a, b string) string {
	const side = `"which of the two"` // no column of a model is called so
	return fmt.Sprintf("select * exclude (%[1]s) from (select *, 1 as %[1]s from %[2]s union all select *, -1 as %[1]s from %[3]s) group by all having sum(%[1]s) <> 0", side, a, b)
}

// viewFormer names a model's rows in the last build.
func (r *run) viewFormer(ctx context.Context, name string) error {
	defer r.turn.alone("former " + name)()
	if r.viewed[name] {
		return nil
	}
	r.viewed[name] = true
	return r.viewStored(ctx, formerSchema+"."+warehouse.Ident(name), r.former.dir, r.former.Models[name].stored, r.graph.model(name))
}

// viewStored names rows that lie in files, a delta over its base.
func (r *run) viewStored(ctx context.Context, name, dir string, s stored, m *Model) error {
	files := make([]string, len(s.Parts))
	for i, p := range s.Parts {
		files[i] = filepath.Join(dir, p.File)
	}
	query := "select * from " + warehouse.FromFiles(files)
	if s.Delta != nil {
		keys := columnList(m.Header.Increment.By)
		query += fmt.Sprintf(" as base anti join %s as gone using (%s) union all select * from %s",
			warehouse.FromFiles([]string{filepath.Join(dir, s.Delta.Keys)}), keys, warehouse.FromFiles([]string{filepath.Join(dir, s.Delta.File)}))
	}
	return r.tables.Exec(ctx, "create or replace view "+name+" as "+query)
}

// apart are the files of a that b has not.
func apart(a, b []InputFile) []InputFile {
	known := make(map[string]bool, len(b))
	for _, f := range b {
		known[f.Path] = true
	}
	return slices.DeleteFunc(slices.Clone(a), func(f InputFile) bool { return known[f.Path] })
}

func rowsOf(files []InputFile) int64 {
	var n int64
	for _, f := range files {
		n += f.Rows
	}
	return n
}

func paths(files []InputFile) []string {
	list := make([]string, len(files))
	for i, f := range files {
		list[i] = f.Path
	}
	return list
}

func columnList(names []string) string { return strings.Join(each(names, warehouse.Ident), ", ") }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

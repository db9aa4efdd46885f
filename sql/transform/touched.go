package transform

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"parley/sql/warehouse"
)

// way is how a model is brought up to date, and why.
type way struct {
	how    how
	reason string
}

type how string

const (
	byReuse how = "unchanged" // its files are those of the last build
	byKeys  how = "keys"      // the rows of the keys that were touched
	byDates how = "dates"     // the rows of the dates that were touched
	byWhole how = "whole"     // all rows
)

// Where as many keys are touched as a model has rows, times mostTouched, running
// it over everything costs no more. Few rows made of many count as a tenth of those.
const mostTouched = 1.0 / 3

// wayOf decides how a model is brought up to date. Where it is by keys or dates,
// these stand in touchedKeys.
func (r *run) wayOf(ctx context.Context, m *Model) (way, error) {
	if r.tables == nil || r.former == nil {
		return way{byWhole, "there is no former build to go on from"}, nil
	}
	if reason := r.differs(m); reason != "" {
		return way{byWhole, reason}, nil
	}
	bases, _ := r.graph.behind(m)
	var reasons []string
	for _, base := range bases {
		c, err := r.changed(ctx, base)
		if err != nil {
			return way{}, err
		}
		if base == settingsTable && c.extent == nothing && m.readsAsOf() && !r.opts.AsOf.Equal(r.former.AsOf) {
			c = change{some, "as_of has moved"}
		}
		if c.extent == nothing {
			continue
		}
		known, err := r.touch(ctx, m, base, c, len(reasons) == 0)
		if err != nil {
			return way{}, err
		}
		if !known {
			return way{byWhole, c.reason}, nil
		}
		reasons = append(reasons, c.reason)
	}
	if len(reasons) == 0 {
		return way{byReuse, "nothing that it reads has changed"}, nil
	}
	return r.weigh(ctx, m, strings.Join(reasons, ", "))
}

// differs says why a model runs over everything whatever has changed in what it
// reads; "": it does not.
func (r *run) differs(m *Model) string {
	then, ok := r.former.Models[m.Name]
	switch {
	case !ok:
		return "it is new"
	case m.restless != "":
		return "it uses " + m.restless + ", which is another at each run"
	case m.SQL != "" && then.Fingerprint != r.fingerprint(m): // one without a text yet is looked at when it has one
		return "its text, or what the workspace has chosen of what it reads, is another"
	}
	return ""
}

// touch puts the keys that a change in base touches into touchedKeys, which it
// makes if they are the first; known is false where they cannot be told.
func (r *run) touch(ctx context.Context, m *Model, base string, c change, first bool) (known bool, err error) {
	if known, err = r.canTouch(ctx, m, base, c); !known || err != nil {
		return false, err
	}
	i := m.Header.Increment
	var queries []string
	switch touch := i.touch(base); {
	case touch != nil:
		query, err := r.touchSQL(ctx, m, touch)
		if err != nil {
			return false, err
		}
		queries = []string{query}
	case i.ByDate:
		column, err := r.dateColumn(m)
		if err != nil {
			return false, err
		}
		queries = []string{fmt.Sprintf("select cast(%s as date) from %s", warehouse.Ident(column), changedTable(base))}
	default:
		if queries, err = r.keysThrough(ctx, m, base); err != nil {
			return false, err
		}
	}
	for _, query := range queries {
		statement := "insert into " + r.touchedKeys() + " "
		if first {
			names := columnList(i.By)
			if i.ByDate {
				names = "day"
			}
			statement, first = "create or replace table "+r.touchedKeys()+"("+names+") as ", false
		}
		if err := r.tables.Exec(ctx, statement+query); err != nil {
			return false, fmt.Errorf("%s: find what a change in %s touches: %w", m.File, base, err)
		}
	}
	return true, nil
}

// canTouch tells whether the header says, or the columns tell, which keys a
// change in base touches.
func (r *run) canTouch(ctx context.Context, m *Model, base string, c change) (bool, error) {
	i := m.Header.Increment
	switch {
	case i == nil || c.extent == everything:
		return false, nil
	case i.touch(base) != nil:
		return true, nil
	case base == settingsTable:
		return false, nil
	case i.ByDate:
		return base == i.Of, nil
	}
	for _, name := range m.Reads {
		if !r.readsThrough(name, base) {
			continue
		}
		if has, err := r.hasColumns(ctx, inMain(name), i.By); err != nil || !has {
			return false, err
		}
	}
	return true, nil
}

func changedTable(name string) string { return changedSchema + "." + warehouse.Ident(name) }

// touchSQL is the header's own SELECT, with changed, former and moments read
// from where they are for this table and this model.
func (r *run) touchSQL(ctx context.Context, m *Model, touch *Touch) (string, error) {
	if err := r.viewFormer(ctx, m.Name); err != nil {
		return "", err
	}
	parsed, err := r.tables.Parse(ctx, touch.SQL)
	if err != nil {
		return "", &Fault{Model: m.Name, File: m.File, Line: touch.Line, Text: err.Error() + "; correct the SELECT of the touch"}
	}
	own := map[string]string{"moments": momentsTable}
	for word, table := range map[string]string{"changed": changedTable(touch.Table), "former": formerSchema + "." + warehouse.Ident(m.Name)} {
		if touch.Table == settingsTable && word == "changed" {
			continue
		}
		own[word] = r.lane.work(word)
		if err := r.tables.Exec(ctx, "create or replace view "+own[word]+" as select * from "+table); err != nil {
			return "", err
		}
	}
	return replaceTables(touch.SQL, parsed, func(name string) string { return own[name] }), nil
}

// keysThrough are the SELECTs of the keys that the changed rows of base have in
// what the model reads: in base itself, or in the views over it, which are run
// over the changed rows alone.
func (r *run) keysThrough(ctx context.Context, m *Model, base string) ([]string, error) {
	names := columnList(m.Header.Increment.By)
	through := r.through(ctx, func(name string) (string, held, error) {
		if name == base {
			return "select * from " + changedTable(base), view, nil
		}
		if name == settingsTable {
			// Rows that as_of no longer lets be seen have changed as well.
			return "select settings.* replace (moments.high as as_of) from " + inMain(settingsTable) + " as settings cross join " + momentsTable, view, nil
		}
		return "", "", nil
	})
	var queries []string
	for _, name := range m.Reads {
		if !r.readsThrough(name, base) {
			continue
		}
		if _, err := through.view(name); err != nil {
			return nil, err
		}
		queries = append(queries, "select "+names+" from "+r.lane.touched(name))
	}
	return queries, nil
}

// readsThrough tells whether name is base, or a view over it.
func (r *run) readsThrough(name, base string) bool {
	m := r.graph.model(name)
	return name == base || m != nil && m.Layer == Staging &&
		slices.ContainsFunc(m.Reads, func(below string) bool { return r.readsThrough(below, base) })
}

// dateColumn is the column of the table `of` by whose UTC date its rows belong
// to the model's: its own parts' column, or the first that says when a row is seen.
func (r *run) dateColumn(m *Model) (string, error) {
	of := m.Header.Increment.Of
	if other := r.graph.model(of); other != nil && other.Header.Increment != nil && other.Header.Increment.Parts != "" {
		return other.Header.Increment.Parts, nil
	}
	if in, ok := r.opts.Inputs[of]; ok && len(in.Seen) > 0 {
		return in.Seen[0], nil
	}
	return "", &Fault{Model: m.Name, File: m.File, Line: m.Header.Increment.Line,
		Text: of + " has no dates of its own; name a settled table, or a model with `-- parts: date(…)`"}
}

// weigh takes each touched key once, and decides by their number.
func (r *run) weigh(ctx context.Context, m *Model, reason string) (way, error) {
	if err := r.tables.Exec(ctx, "create or replace table "+r.touchedKeys()+" as select distinct * from "+r.touchedKeys()); err != nil {
		return way{}, err
	}
	answer, err := r.engine.Query(ctx, "select count(*) from "+r.touchedKeys())
	if err != nil {
		return way{}, err
	}
	n, _ := answer.Rows[0][0].(int64)
	then := r.former.Models[m.Name]
	switch {
	case n == 0:
		return way{byReuse, "what changed touches none of its rows"}, nil
	case m.Header.Increment.ByDate:
		return way{byDates, fmt.Sprintf("%s touched: %s", plural(int(n), "date"), reason)}, nil
	case float64(n) > cmp.Or(r.opts.MostTouched, mostTouched)*float64(max(then.rows(), r.mostRead(m)/10)):
		return way{byWhole, "most of it is touched: " + reason}, nil
	}
	return way{byKeys, fmt.Sprintf("%s touched: %s", plural(int(n), "key"), reason)}, nil
}

// mostRead is how many rows the largest of the tables has that a model's rows are made of.
func (r *run) mostRead(m *Model) int64 {
	var most int64
	bases, _ := r.graph.behind(m)
	for _, base := range bases {
		if now, ok := r.next.Models[base]; ok {
			most = max(most, now.rows())
		} else {
			most = max(most, rowsOf(r.opts.Inputs[base].Files))
		}
	}
	return most
}

// hasColumns tells whether a table has all of the columns.
func (r *run) hasColumns(ctx context.Context, table string, names []string) (bool, error) {
	columns, err := r.engine.Describe(ctx, "select * from "+table)
	return err == nil && hasAll(columns, names), err
}

func hasAll(columns []warehouse.Column, names []string) bool {
	for _, name := range names {
		if !slices.ContainsFunc(columns, func(c warehouse.Column) bool { return strings.EqualFold(c.Name, name) }) {
			return false
		}
	}
	return true
}

package transform

import (
	"context"
	"strings"

	"parley/sql/warehouse"
)

// through makes, among what is touched, views under the names of tables that hold
// only some of their rows, and those of the views that read such a table.
type through struct {
	ctx  context.Context
	run  *run
	rows func(name string) (query string, as held, err error) // of a table that is limited; "": it is not
	over map[string]bool                                      // name → there is a view among what is touched
}

func (r *run) through(ctx context.Context, rows func(name string) (string, held, error)) *through {
	return &through{ctx: ctx, run: r, rows: rows, over: map[string]bool{}}
}

// view makes the view of that name, if something behind it is limited.
func (t *through) view(name string) (made bool, err error) {
	if made, known := t.over[name]; known {
		return made, nil
	}
	t.over[name] = false
	query, as, err := t.rows(name)
	if err != nil {
		return false, err
	}
	if m := t.run.graph.model(name); query == "" && m != nil && m.Layer == Staging {
		for _, below := range m.Reads {
			made, err := t.view(below)
			if err != nil {
				return false, err
			}
			t.over[name] = t.over[name] || made
		}
		if t.over[name] {
			if query, err = t.selectOf(m); err != nil {
				return false, err
			}
			as = view
		}
	}
	if query == "" {
		return false, nil
	}
	t.over[name] = true
	return true, t.run.hold(t.ctx, name, query, as)
}

// hold gives the rows of a SELECT the name of a table, among what is touched: as a
// table where a model may go through them several times.
func (r *run) hold(ctx context.Context, name, query string, as held) error {
	before := view
	if r.lane.holds[name] != "" {
		before = r.lane.holds[name]
	}
	if before != as {
		if err := r.tables.Exec(ctx, "drop "+string(before)+" if exists "+r.lane.touched(name)); err != nil {
			return err
		}
	}
	r.lane.holds[name] = as
	return r.tables.Exec(ctx, "create or replace "+string(as)+" "+r.lane.touched(name)+" as "+query)
}

type held string

const (
	view  held = "view"
	table held = "table"
)

// selectOf is the model's SELECT over the views there are.
func (t *through) selectOf(m *Model) (string, error) {
	parsed, err := t.run.tables.Parse(t.ctx, m.SQL)
	if err != nil {
		return "", err
	}
	return withoutEnd(replaceTables(m.SQL, parsed, func(name string) string {
		if t.over[name] {
			return t.run.lane.touched(name)
		}
		return inMain(name)
	})), nil
}

// inMain names a table so that it means the whole one, also among what is touched,
// where others of the same name may stand.
func inMain(name string) string { return "main." + warehouse.Ident(name) }

// limitedSQL is the model's SELECT over what it reads, of which rows limits some.
func (r *run) limitedSQL(ctx context.Context, m *Model, rows func(name string) (string, held, error)) (string, error) {
	t := r.through(ctx, rows)
	for _, name := range m.Reads {
		if _, err := t.view(name); err != nil {
			return "", err
		}
	}
	return t.selectOf(m)
}

// replaceTables puts other tables in the place of those that with knows.
func replaceTables(query string, parsed *warehouse.Parsed, with func(name string) string) string {
	var b strings.Builder
	at := 0
	for _, t := range parsed.Tables {
		if t.Offset < at || t.Schema != "" {
			continue
		}
		other := with(strings.ToLower(t.Name))
		if other == "" {
			continue
		}
		b.WriteString(query[at:t.Offset])
		b.WriteString(other)
		at = t.Offset + len(t.Name)
		if query[t.Offset] == '"' {
			at += 2
		}
	}
	b.WriteString(query[at:])
	return b.String()
}

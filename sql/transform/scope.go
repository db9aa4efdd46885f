package transform

import (
	"context"
	"slices"
	"strings"

	"parley/sql/warehouse"
)

// scope is where a check has to look for rows that break it, given that it held
// in the last build. What is found there is looked for once more in the whole
// table, so that the answer is always about that.
type scope struct {
	whole bool   // anywhere
	rows  string // a table of all rows that are new or different, and maybe of more; "": there are none
}

// scopeOf is where the checks of a model that has been brought up to date have to look.
func (r *run) scopeOf(ctx context.Context, m *Model) (scope, error) {
	if r.former == nil || r.tables == nil {
		return scope{whole: true}, nil
	}
	if m.Layer == Staging {
		return r.scopeOfView(ctx, m)
	}
	switch r.ways[m.Name].how {
	case byReuse:
		return scope{}, nil
	case byKeys, byDates:
		if c := r.changes[m.Name]; c.extent == nothing {
			return scope{}, nil
		}
		return scope{rows: changedTable(m.Name)}, nil
	}
	return scope{whole: true}, nil
}

// scopeOfView runs a view over the rows that have changed in what it reads.
func (r *run) scopeOfView(ctx context.Context, m *Model) (scope, error) {
	if r.former.Models[m.Name].Fingerprint != r.fingerprint(m) {
		return scope{whole: true}, nil
	}
	bases, _ := r.graph.behind(m)
	var found []string
	for _, base := range bases {
		c, err := r.changed(ctx, base)
		if err != nil {
			return scope{}, err
		}
		switch c.extent {
		case everything:
			return scope{whole: true}, nil
		case some:
			found = append(found, base)
		}
	}
	if len(found) == 0 {
		return scope{}, nil
	}
	if len(found) > 1 || !slices.Contains(m.Reads, found[0]) {
		return scope{whole: true}, nil
	}
	through := r.through(ctx, func(name string) (string, held, error) {
		if name == found[0] {
			return "select * from " + changedTable(name), view, nil
		}
		return "", "", nil
	})
	if _, err := through.view(m.Name); err != nil {
		return scope{}, err
	}
	return scope{rows: r.lane.touched(m.Name)}, nil
}

// suspect are the checks that some row may break by now: those that did not
// hold in the last build, and those that what is new breaks.
func (r *run) suspect(ctx context.Context, m *Model, checks []Check) ([]Check, error) {
	s, err := r.scopeOf(ctx, m)
	if err != nil || s.whole {
		return checks, err
	}
	var suspects []Check
	for _, c := range checks {
		broken, err := r.mayBreak(ctx, m, c, s)
		if err != nil {
			return nil, err
		}
		if broken {
			suspects = append(suspects, c)
		}
	}
	return suspects, nil
}

func (r *run) mayBreak(ctx context.Context, m *Model, c Check, s scope) (bool, error) {
	if slices.Contains(r.former.Models[m.Name].Broken, c.Name()) || c.Rule == Fresh { // time alone breaks it
		return true, nil
	}
	if c.Rule == Relation {
		// Rows can break it because the other table has lost some.
		other, err := r.changed(ctx, c.Table)
		if err != nil || other.extent != nothing {
			return true, err
		}
	}
	if s.rows == "" {
		return false, nil
	}
	query, values := c.failingIn(s.rows)
	if c.Rule == Unique {
		query = "select 1 from " + warehouse.Ident(m.Name) + " as each_row semi join " + s.rows + " as new_row on " + sameKey(c) +
			" group by " + strings.Join(each(c.Columns, func(name string) string { return "each_row." + warehouse.Ident(name) }), ", ") + " having count(*) > 1"
	}
	answer, err := r.engine.Query(ctx, "select count(*) from (\n"+query+"\n)", values...)
	if err != nil {
		return true, nil //nolint:nilerr // the check itself says what is wrong with it
	}
	n, _ := answer.Rows[0][0].(int64)
	return n > 0, nil
}

// sameKey is the condition that two rows have the same values. Nulls are equal in
// a key, and to no other value where a column alone is to be unique.
func sameKey(c Check) string {
	equal := "is not distinct from"
	if len(c.Columns) == 1 && !c.IsKey {
		equal = "="
	}
	return strings.Join(each(c.Columns, func(name string) string {
		return "each_row." + warehouse.Ident(name) + " " + equal + " new_row." + warehouse.Ident(name)
	}), " and ")
}

func each(names []string, f func(string) string) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = f(name)
	}
	return list
}

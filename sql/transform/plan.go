package transform

import (
	"context"
	"fmt"
	"strings"

	"parley/sql/warehouse"
)

// Planned is what a run would do with a model.
type Planned struct {
	Model  *Model
	How    string // unchanged, keys, dates, whole; "" for a view, and for a model that was not selected
	Reason string // why so, in words
}

// Plan says what Run would do, and why, without doing it. A model that reads one
// whose rows may change is said to run: whether they do is known only then. The
// engine has all inputs, as for Run; nothing is written.
func (g *Graph) Plan(ctx context.Context, engine Tables, to Place, opts Options) ([]Planned, error) {
	r, err := g.begin(ctx, engine, to, opts)
	if err != nil {
		return nil, err
	}
	p := &planner{run: r, moves: map[string]bool{}}
	plan := make([]Planned, 0, len(g.Models))
	for _, m := range g.Models {
		planned, err := p.model(ctx, m)
		if err != nil && m.Own && ctx.Err() == nil {
			// Nothing but what hangs below it is stopped by it, and the plan says so.
			planned, err = Planned{Model: m, Reason: fileError(m, err).Error()}, r.tables.Exec(ctx, "create or replace view "+warehouse.Ident(m.Name)+" as select null as nothing where false")
		}
		if err != nil {
			return nil, err
		}
		plan = append(plan, planned)
	}
	return plan, nil
}

type planner struct {
	run   *run
	moves map[string]bool // models whose rows may be others than in the last build
}

func (p *planner) model(ctx context.Context, m *Model) (Planned, error) {
	planned := Planned{Model: m}
	r := p.run
	if m.Layer == Staging {
		return planned, r.engine.View(ctx, m.Name, m.SQL)
	}
	if !r.selected(m) {
		planned.Reason = notSelected
		return planned, p.name(ctx, m)
	}
	w, err := p.wayOf(ctx, m)
	if err != nil {
		return planned, err
	}
	planned.How, planned.Reason = string(w.how), w.reason
	p.moves[m.Name] = w.how != byReuse
	return planned, p.name(ctx, m)
}

// name gives a model's table a name, so that its columns are known: its former
// rows, or where there are none the SELECT itself.
func (p *planner) name(ctx context.Context, m *Model) error {
	r := p.run
	if r.former != nil {
		if then, ok := r.former.Models[m.Name]; ok {
			return r.viewStored(ctx, warehouse.Ident(m.Name), r.former.dir, then.stored, m)
		}
	}
	if m.made != nil { // written when what it reads is there: the columns that it has whatever that is
		return r.tables.Exec(ctx, "create or replace view "+warehouse.Ident(m.Name)+" as "+withoutRows(m.Name))
	}
	return fileError(m, r.engine.View(ctx, m.Name, m.SQL))
}

// withoutRows is a SELECT of no row with the columns of a source table.
func withoutRows(table string) string {
	var columns []string
	for _, source := range warehouse.SourceSchemas() {
		if source.Table != table {
			continue
		}
		for _, c := range source.Columns {
			columns = append(columns, "cast(null as "+c.Type+") as "+warehouse.Ident(c.Name))
		}
	}
	if len(columns) == 0 {
		columns = []string{"null"}
	}
	return "select " + strings.Join(columns, ", ") + " where false"
}

func (p *planner) wayOf(ctx context.Context, m *Model) (way, error) {
	r := p.run
	if r.former == nil {
		return way{byWhole, "there is no former build to go on from"}, nil
	}
	if reason := r.differs(m); reason != "" {
		return way{byWhole, reason}, nil
	}
	bases, _ := r.graph.behind(m)
	var reasons []string
	whole := false
	for _, base := range bases {
		c, err := p.changed(ctx, m, base)
		if err != nil {
			return way{}, err
		}
		if c.extent == nothing {
			continue
		}
		known, err := r.canTouch(ctx, m, base, c)
		if err != nil {
			return way{}, err
		}
		whole = whole || !known
		reasons = append(reasons, c.reason)
	}
	reason := strings.Join(reasons, ", ")
	switch {
	case len(reasons) == 0:
		return way{byReuse, "nothing that it reads has changed"}, nil
	case whole:
		return way{byWhole, reason}, nil
	case m.Header.Increment.ByDate:
		return way{byDates, reason}, nil
	}
	return way{byKeys, reason}, nil
}

func (p *planner) changed(ctx context.Context, m *Model, base string) (change, error) {
	if p.run.graph.model(base) == nil {
		c, err := p.run.changed(ctx, base)
		if base == settingsTable && c.extent == nothing && m.readsAsOf() && !p.run.opts.AsOf.Equal(p.run.former.AsOf) {
			c = change{some, "as_of has moved"}
		}
		return c, err
	}
	if p.moves[base] {
		return change{some, fmt.Sprintf("%s may change", base)}, nil
	}
	return change{}, nil
}

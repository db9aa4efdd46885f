package transform

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"parley/sql/warehouse"
)

// lane is what one of the models that run at once has to itself in the engine: a
// schema for what it needs on the way, and one for what it reads, limited to
// what was touched.
type lane struct {
	number int
	holds  map[string]held // what stands among what is touched
}

func (l lane) workSchema() string    { return fmt.Sprintf("work%d", l.number) }
func (l lane) touchedSchema() string { return fmt.Sprintf("touched%d", l.number) }

func (l lane) work(name string) string    { return l.workSchema() + "." + name }
func (l lane) touched(name string) string { return l.touchedSchema() + "." + warehouse.Ident(name) }

// newRows is the table of the rows that were computed for the touched keys or dates.
func (r *run) newRows() string { return r.lane.work("rows") }

// touchedKeys is the table of the keys, or dates, that something has touched for
// the model that is being run.
func (r *run) touchedKeys() string { return r.lane.work("keys") }

// lanes is how many models run at once.
func (o Options) lanes() int {
	if o.Parallel > 0 {
		return o.Parallel
	}
	return min(runtime.GOMAXPROCS(0), 4)
}

// inLane is the run as one lane sees it: all that is known is the same.
func (r *run) inLane(ctx context.Context, number int) (*run, error) {
	own := *r
	own.lane, own.later = lane{number: number, holds: map[string]held{}}, nil
	if r.tables == nil {
		return &own, nil
	}
	for _, schema := range []string{own.lane.workSchema(), own.lane.touchedSchema()} {
		if err := r.tables.Exec(ctx, "create schema if not exists "+schema); err != nil {
			return nil, err
		}
	}
	return &own, nil
}

// models runs every model once what it reads is there, several at once. What
// comes of it is told in the order of the graph, however it went.
func (r *run) models(ctx context.Context) error {
	order := newOrder(r.graph)
	ready := sync.NewCond(&r.turn.mu)
	lanes := 1
	if r.tables != nil {
		lanes = r.opts.lanes()
	}
	all := make([]*run, lanes)
	for number := range all {
		var err error
		if all[number], err = r.inLane(ctx, number); err != nil {
			return err
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, own := range all {
		group.Go(func() error {
			r.turn.mu.Lock()
			defer r.turn.mu.Unlock()
			// One that stops lets the others see that there is nothing left to wait for.
			defer ready.Broadcast()
			err := own.work(ctx, order, ready)
			r.later = append(r.later, own.later...)
			return err
		})
	}
	var err error
	r.turn.aside(func() { err = group.Wait() })
	place := func(m *Model) int { return order.place[m.Name] }
	slices.SortStableFunc(r.result.Models, func(a, b ModelRun) int { return place(a.Model) - place(b.Model) })
	slices.SortStableFunc(r.result.Checks, func(a, b Outcome) int { return order.place[a.Model] - order.place[b.Model] })
	slices.SortStableFunc(r.later, func(a, b laterCheck) int { return place(a.model) - place(b.model) })
	return err
}

// work runs models until none is left.
func (r *run) work(ctx context.Context, order *order, ready *sync.Cond) error {
	for {
		m := order.next()
		switch {
		case order.stopped || m == nil && order.begun == len(r.graph.Models):
			return nil
		case m == nil:
			ready.Wait()
			continue
		}
		if r.opts.Progress != nil {
			r.opts.Progress(order.begun-1, len(r.graph.Models)+len(r.graph.Checks), m.Name)
		}
		if err := r.model(ctx, m); err != nil {
			order.stopped = true
			return err
		}
		order.done(m)
		ready.Broadcast()
	}
}

// order is which models can run by now.
type order struct {
	models  []*Model
	place   map[string]int      // in the graph
	height  map[string]int      // of the longest chain of models that waits for it
	after   map[string][]*Model // who waits for it
	waits   map[string]int      // for how many it still waits
	begun   int
	taken   map[string]bool
	stopped bool // one has ended the run
}

func newOrder(g *Graph) *order {
	o := &order{models: g.Models, place: map[string]int{}, height: map[string]int{}, after: map[string][]*Model{}, waits: map[string]int{}, taken: map[string]bool{}}
	for i, m := range g.Models {
		o.place[m.Name] = i
	}
	for i, m := range g.Models {
		before := append(slices.Clone(m.Reads), m.touchReads...)
		for _, c := range m.Header.Checks {
			// Related to what comes later, it is checked at the end.
			if c.Rule == Relation {
				before = append(before, c.Table)
			}
		}
		slices.Sort(before)
		for _, name := range slices.Compact(before) {
			if at, ok := o.place[strings.ToLower(name)]; ok && at < i {
				o.waits[m.Name]++
				o.after[g.Models[at].Name] = append(o.after[g.Models[at].Name], m)
			}
		}
	}
	for _, m := range slices.Backward(g.Models) {
		for _, above := range o.after[m.Name] {
			o.height[m.Name] = max(o.height[m.Name], o.height[above.Name]+1)
		}
	}
	return o
}

// next takes the model for which most wait, one after the other; nil: none can run.
func (o *order) next() *Model {
	var best *Model
	for _, m := range o.models {
		if !o.taken[m.Name] && o.waits[m.Name] == 0 && (best == nil || o.height[m.Name] > o.height[best.Name]) {
			best = m
		}
	}
	if best != nil {
		o.taken[best.Name] = true
		o.begun++
	}
	return best
}

func (o *order) done(m *Model) {
	for _, above := range o.after[m.Name] {
		o.waits[above.Name]--
	}
}

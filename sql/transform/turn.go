package transform

import (
	"context"
	"sync"

	"parley/sql/warehouse"
)

// turn lets one model at a time work on what a run knows, and gives way while the
// engine works: what takes time goes on at once, and no map is written by two.
type turn struct {
	mu     sync.Mutex
	tables Tables                   // the engine for whoever has no turn; nil: it holds no tables
	busy   map[string]chan struct{} // by name of what is being made: closed when it is
}

// aside does work, while others have their turn.
func (t *turn) aside(work func()) {
	t.mu.Unlock()
	defer t.mu.Lock()
	work()
}

// alone waits until nobody else makes what has that name.
func (t *turn) alone(name string) (done func()) {
	for {
		other, taken := t.busy[name]
		if !taken {
			mine := make(chan struct{})
			t.busy[name] = mine
			return func() {
				delete(t.busy, name)
				close(mine)
			}
		}
		t.aside(func() { <-other })
	}
}

// giving is an engine that gives the turn away while it works.
type giving struct {
	turn   *turn
	engine Engine
}

func (g giving) Describe(ctx context.Context, query string) (columns []warehouse.Column, err error) {
	g.turn.aside(func() { columns, err = g.engine.Describe(ctx, query) })
	return columns, err
}

func (g giving) View(ctx context.Context, name, query string) (err error) {
	g.turn.aside(func() { err = g.engine.View(ctx, name, query) })
	return err
}

func (g giving) ViewFiles(ctx context.Context, name string, paths []string) (err error) {
	g.turn.aside(func() { err = g.engine.ViewFiles(ctx, name, paths) })
	return err
}

func (g giving) WriteFiles(ctx context.Context, query, path string) (files []warehouse.Written, err error) {
	g.turn.aside(func() { files, err = g.engine.WriteFiles(ctx, query, path) })
	return files, err
}

func (g giving) Query(ctx context.Context, query string, args ...any) (answer *warehouse.Table, err error) {
	g.turn.aside(func() { answer, err = g.engine.Query(ctx, query, args...) })
	return answer, err
}

// givingTables is the same of an engine that holds tables.
type givingTables struct {
	giving
	tables Tables
}

func (g givingTables) Parse(ctx context.Context, query string) (parsed *warehouse.Parsed, err error) {
	g.turn.aside(func() { parsed, err = g.tables.Parse(ctx, query) })
	return parsed, err
}

func (g givingTables) Write(ctx context.Context, query, path string) (rows int64, err error) {
	g.turn.aside(func() { rows, err = g.tables.Write(ctx, query, path) })
	return rows, err
}

func (g givingTables) Exec(ctx context.Context, query string, args ...any) (err error) {
	g.turn.aside(func() { err = g.tables.Exec(ctx, query, args...) })
	return err
}

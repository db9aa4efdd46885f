package settle

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/parquet-go/parquet-go"
)

// budget counts the bytes of rows that are held in memory, over all tables.
type budget struct {
	limit int64
	held  atomic.Int64
}

// newGather is a gather whose files on the way lie in dir, under names that
// begin with the table's.
func newGather[T any](t *table[T], b *budget, dir string) *gather[T] {
	return &gather[T]{table: t, ordered: t.byDate(), name: t.name, budget: b, dir: dir}
}

// gather collects the new rows of one table, from several goroutines, until
// they are merged. Above the budget it sorts what it holds and puts it into a
// file, so that memory does not grow with what has landed.
type gather[T any] struct {
	table   *table[T]
	ordered *table[T] // in the order in which rows are handed over
	name    string    // of the files made on the way
	budget  *budget
	dir     string // where those lie

	// place sets what rows in files on the way have lost: where they belong.
	// Nil: they know it themselves.
	place func(*T)

	mu     sync.Mutex
	chunks [][]T
	bytes  int64
	runs   []string // files, each sorted
}

// add takes the rows, which are then the gather's own.
func (g *gather[T]) add(rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	var zero T
	bytes := int64(len(rows)) * int64(unsafe.Sizeof(zero))
	if g.table.text != nil {
		for i := range rows {
			bytes += int64(g.table.text(&rows[i]))
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.chunks = append(g.chunks, rows)
	g.bytes += bytes
	// Only who holds a good share makes room: many small files would be slow to merge.
	if g.budget.held.Add(bytes) > g.budget.limit && g.bytes > g.budget.limit/8 {
		return g.spill()
	}
	return nil
}

func (g *gather[T]) empty() bool { return len(g.chunks) == 0 && len(g.runs) == 0 }

// spill writes what is held into a file of its own. The lock is held.
func (g *gather[T]) spill() (err error) {
	path := filepath.Join(g.dir, fmt.Sprintf("%s-%d.run", g.name, len(g.runs)))
	// Small pages: when they are merged, a page of each column of each file is held.
	w := newFileWriter(g.table, parquet.PageBufferSize(32<<10))
	defer w.abandon()
	if err := w.create(path); err != nil {
		return fmt.Errorf("settle %s: %w", g.table.name, err)
	}
	rows := newFolded(g.ordered, false, g.sorted())
	for {
		row, err := rows.next()
		if err == nil && row != nil {
			err = w.write(row)
		}
		if err != nil {
			return fmt.Errorf("settle %s: write %s: %w", g.table.name, path, err)
		}
		if row == nil {
			break
		}
	}
	file, _, err := w.finish()
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		return fmt.Errorf("settle %s: write %s: %w", g.table.name, path, err)
	}
	g.runs = append(g.runs, path)
	return nil
}

// sorted hands over what is held, in order, and forgets it.
func (g *gather[T]) sorted() cursor[T] {
	rows := g.take()
	slices.SortFunc(rows, g.ordered.compare)
	return &memoryCursor[T]{rows: rows}
}

// take hands over what is held, in no order, and forgets it.
func (g *gather[T]) take() []*T {
	n := 0
	for _, chunk := range g.chunks {
		n += len(chunk)
	}
	rows := make([]*T, 0, n)
	for _, chunk := range g.chunks {
		for i := range chunk {
			rows = append(rows, &chunk[i])
		}
	}
	g.budget.held.Add(-g.bytes)
	g.chunks, g.bytes = nil, 0
	return rows
}

// cursors are those of everything gathered. The caller closes them.
func (g *gather[T]) cursors() (all []cursor[T], err error) {
	for _, path := range g.runs {
		c, err := openRows[T](path)
		if err != nil {
			return all, fmt.Errorf("settle %s: read %s: %w", g.table.name, path, err)
		}
		if g.place == nil {
			all = append(all, c)
		} else {
			all = append(all, placedCursor[T]{c, g.place})
		}
	}
	return append(all, g.sorted()), nil
}

// memoryCursor goes through sorted rows in memory.
type memoryCursor[T any] struct {
	rows []*T
	at   int
}

func (c *memoryCursor[T]) next() (*T, error) {
	if c.at == len(c.rows) {
		return nil, nil
	}
	c.at++
	return c.rows[c.at-1], nil
}

func (c *memoryCursor[T]) close() error {
	c.rows = nil
	return nil
}

package settle

import "errors"

// merged goes through the rows of several sorted cursors as one, in order. Of
// reports of one row it gives those of the first cursor first.
type merged[T any] struct {
	table   *table[T]
	cursors []cursor[T]
	heads   []*T
	heap    []int // of indexes in heads, the smallest row on top
	begun   bool
}

func newMerged[T any](t *table[T], cursors ...cursor[T]) *merged[T] {
	return &merged[T]{table: t, cursors: cursors, heads: make([]*T, len(cursors))}
}

// next gives the next row and the index of its cursor, nil at the end.
func (m *merged[T]) next() (row *T, from int, err error) {
	if !m.begun {
		m.begun = true
		for i := range m.cursors {
			if m.heads[i], err = m.cursors[i].next(); err != nil {
				return nil, i, err
			}
			if m.heads[i] != nil {
				m.push(i)
			}
		}
	} else if len(m.heap) > 0 {
		top := m.heap[0]
		if m.heads[top], err = m.cursors[top].next(); err != nil {
			return nil, top, err
		}
		if m.heads[top] == nil {
			last := len(m.heap) - 1
			m.heap[0] = m.heap[last]
			m.heap = m.heap[:last]
		}
		m.sink()
	}
	if len(m.heap) == 0 {
		return nil, -1, nil
	}
	return m.heads[m.heap[0]], m.heap[0], nil
}

func (m *merged[T]) before(a, b int) bool {
	c := m.table.compare(m.heads[a], m.heads[b])
	return c < 0 || c == 0 && a < b
}

func (m *merged[T]) push(i int) {
	m.heap = append(m.heap, i)
	for at := len(m.heap) - 1; at > 0; {
		parent := (at - 1) / 2
		if !m.before(m.heap[at], m.heap[parent]) {
			return
		}
		m.heap[at], m.heap[parent] = m.heap[parent], m.heap[at]
		at = parent
	}
}

func (m *merged[T]) sink() {
	for at := 0; ; {
		least := at
		for child := 2*at + 1; child <= 2*at+2 && child < len(m.heap); child++ {
			if m.before(m.heap[child], m.heap[least]) {
				least = child
			}
		}
		if least == at {
			return
		}
		m.heap[at], m.heap[least] = m.heap[least], m.heap[at]
		at = least
	}
}

// folded is a cursor that gives each row once, all reports of it merged. Where
// hasOld is set, the rows of the first cursor are those of the file that is to
// be replaced, and old and fresh say how the last row given stands to it.
type folded[T any] struct {
	rows   *merged[T]
	hasOld bool

	row   T
	old   bool // the old file has the row
	fresh bool // but not like this, or not at all

	begun       bool
	pending     *T
	pendingFrom int
}

func newFolded[T any](t *table[T], hasOld bool, cursors ...cursor[T]) *folded[T] {
	return &folded[T]{rows: newMerged(t, cursors...), hasOld: hasOld}
}

func (f *folded[T]) next() (row *T, err error) {
	if !f.begun {
		f.begun = true
		if err := f.advance(); err != nil {
			return nil, err
		}
	}
	if f.pending == nil {
		return nil, nil
	}
	f.row = *f.pending
	f.old = f.hasOld && f.pendingFrom == 0
	f.fresh = !f.old
	for {
		if err := f.advance(); err != nil {
			return nil, err
		}
		if f.pending == nil || f.rows.table.compare(&f.row, f.pending) != 0 {
			return &f.row, nil
		}
		if f.rows.table.mergeInto(&f.row, f.pending) {
			f.fresh = true
		}
	}
}

func (f *folded[T]) advance() (err error) {
	f.pending, f.pendingFrom, err = f.rows.next()
	return err
}

func (f *folded[T]) close() error {
	var errs []error
	for _, c := range f.rows.cursors {
		errs = append(errs, c.close())
	}
	return errors.Join(errs...)
}

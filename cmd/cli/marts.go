package cli

import (
	"context"
	"errors"
	"sync"

	"parley/cmd/workspace"
	"parley/sql/warehouse"
)

// marts hands out the current build to work that asks often: it is opened again
// only when another one has become current.
type marts struct {
	a  *app
	ws *workspace.Workspace

	mu     sync.Mutex
	dir    string
	reader *warehouse.Reader
}

// use runs work with the current build. The error is warehouse.ErrNoBuild when there is none.
func (m *marts) use(ctx context.Context, work func(*warehouse.Reader) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	dir, err := warehouse.CurrentDir(m.ws.MartsDir())
	if err != nil {
		return err
	}
	if dir != m.dir {
		reader, err := m.a.reader(ctx, m.ws)
		if err != nil {
			return err
		}
		err = m.closeReader()
		m.dir, m.reader = dir, reader
		if err != nil {
			return err
		}
	}
	return work(m.reader)
}

func (m *marts) close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.closeReader()
}

func (m *marts) closeReader() error {
	if m.reader == nil {
		return nil
	}
	err := m.reader.Close()
	m.reader, m.dir = nil, ""
	return err
}

// isNoBuild says that nothing has been built yet, which is no fault.
func isNoBuild(err error) bool { return errors.Is(err, warehouse.ErrNoBuild) }

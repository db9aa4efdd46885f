package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"

	"github.com/riverqueue/river/riverdriver/riversqlite"
	_ "modernc.org/sqlite" // the driver called sqlite

	"parley/pipelines/lake"
)

// openSQLite opens the file at path for this process alone.
func openSQLite(ctx context.Context, path string, log *slog.Logger) (_ store, err error) {
	unlock, err := lake.Lock(path + ".lock")
	if err != nil {
		var locked *lake.LockedError
		if errors.As(err, &locked) {
			return nil, fmt.Errorf("%w; a SQLite queue belongs to one process: stop that one, or put the queue into PostgreSQL", err)
		}
		return nil, err
	}
	// synchronous=FULL: what is committed survives a loss of power. One connection:
	// River works in parallel, and SQLite has one writer. _txlock: a transaction that
	// will write says so at once, so that it never fails in its middle.
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{
		"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(10000)", "foreign_keys(ON)"},
		"_txlock": {"immediate"},
	}.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		unlock()
		return nil, err
	}
	db.SetMaxOpenConns(1)
	release := func() error {
		defer unlock()
		return db.Close()
	}
	e := &engine[*sql.Tx]{
		session:  sqlSession{db},
		driver:   riversqlite.New(db),
		clientID: newClientID(),
		log:      log,
		release:  release,
		alone:    func(_ context.Context, do func() error) error { return do() }, // the lock sees to it
	}
	e.alive = func(_ context.Context, clientID string) (bool, error) { return clientID == e.clientID, nil }
	e.begin = func(ctx context.Context, do func(*sql.Tx, session) error) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if err := do(tx, sqlSession{tx}); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		return tx.Commit()
	}
	if err := e.prepare(ctx); err != nil {
		return nil, errors.Join(err, release())
	}
	// Whoever led was the last process to have the file: waiting for its term to end would be in vain.
	if _, err := e.exec(ctx, "DELETE FROM river_leader"); err != nil {
		return nil, errors.Join(err, release())
	}
	return e, nil
}

// sqlSession is a session over database/sql.
type sqlSession struct {
	on interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	}
}

func (s sqlSession) exec(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := s.on.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (s sqlSession) query(ctx context.Context, each func(func(...any) error) error, query string, args ...any) error {
	rows, err := s.on.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

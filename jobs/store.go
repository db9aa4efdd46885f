package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"
)

// session runs SQL. Parameters are $1, $2, …, which SQLite and PostgreSQL both know.
type session interface {
	// exec returns how many rows it changed.
	exec(ctx context.Context, query string, args ...any) (int64, error)
	// query calls each for every row.
	query(ctx context.Context, each func(scan func(into ...any) error) error, query string, args ...any) error
}

// transaction is a session that can also enqueue jobs: all of it happens or none.
type transaction interface {
	session
	enqueue(ctx context.Context, inserts ...river.InsertManyParams) error
}

// worker is a started River client.
type worker interface {
	Stop(ctx context.Context) error
}

// store is the database of one queue, of either kind. On SQLite it has one
// connection: whoever holds a transaction must not use the store beside it.
type store interface {
	session
	inTx(ctx context.Context, do func(tx transaction) error) error
	// work starts a River client with this configuration.
	work(ctx context.Context, config *river.Config) (worker, error)
	// abandoned puts jobs back whose process is gone, and returns how many.
	abandoned(ctx context.Context) (int, error)
	// due makes jobs available whose time has come, and returns how many.
	due(ctx context.Context) (int, error)
	close() error
}

func openStore(ctx context.Context, at location, log *slog.Logger) (store, error) {
	if at.file != "" {
		return openSQLite(ctx, at.file, log)
	}
	return openPostgres(ctx, at.postgres, log)
}

// engine is what both kinds of database share: River over transactions of type Tx.
type engine[Tx any] struct {
	session
	driver   riverdriver.Driver[Tx]
	inserter *river.Client[Tx] // enqueues, works nothing
	clientID string
	log      *slog.Logger
	begin    func(ctx context.Context, do func(tx Tx, s session) error) error
	alone    func(ctx context.Context, do func() error) error // no other process does such a thing meanwhile
	alive    func(ctx context.Context, clientID string) (bool, error)
	release  func() error
}

// prepare brings River's tables and Parley's up to date.
func (e *engine[Tx]) prepare(ctx context.Context) error {
	err := e.alone(ctx, func() error {
		migrator, err := rivermigrate.New(e.driver, &rivermigrate.Config{Logger: quiet(e.log)})
		if err != nil {
			return err
		}
		if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
			return fmt.Errorf("migrate River's tables: %w", err)
		}
		return migrate(ctx, e)
	})
	if err != nil {
		return err
	}
	e.inserter, err = river.NewClient(e.driver, &river.Config{ID: e.clientID + "-inserts", Logger: quiet(e.log)})
	return err
}

func (e *engine[Tx]) inTx(ctx context.Context, do func(transaction) error) error {
	return e.begin(ctx, func(tx Tx, s session) error { return do(&engineTx[Tx]{session: s, tx: tx, client: e.inserter}) })
}

type engineTx[Tx any] struct {
	session
	tx     Tx
	client *river.Client[Tx]
}

func (t *engineTx[Tx]) enqueue(ctx context.Context, inserts ...river.InsertManyParams) error {
	if len(inserts) == 0 {
		return nil
	}
	_, err := t.client.InsertManyTx(ctx, t.tx, inserts)
	return err
}

func (e *engine[Tx]) work(ctx context.Context, config *river.Config) (worker, error) {
	config.ID = e.clientID
	config.Logger = quiet(e.log)
	client, err := river.NewClient(e.driver, config)
	if err != nil {
		return nil, err
	}
	if err := client.Start(ctx); err != nil {
		return nil, err
	}
	return client, nil
}

// abandoned puts jobs back that are marked as running by a process that is gone. River
// itself would do so an hour after they began.
func (e *engine[Tx]) abandoned(ctx context.Context) (count int, err error) {
	err = e.alone(ctx, func() error {
		const batch = 500
		exec, now, after := e.driver.GetExecutor(), time.Now().UTC(), int64(0)
		horizon := now.Add(24 * time.Hour) // every job that runs, however lately it began
		for {
			jobs, err := exec.JobGetStuck(ctx, &riverdriver.JobGetStuckParams{AfterID: after, Max: batch, StuckHorizon: horizon})
			if err != nil {
				return err
			}
			rescue := riverdriver.JobRescueManyParams{StuckHorizon: horizon}
			for _, job := range jobs {
				after = job.ID
				if len(job.AttemptedBy) > 0 {
					alive, err := e.alive(ctx, job.AttemptedBy[len(job.AttemptedBy)-1])
					if err != nil {
						return err
					}
					if alive {
						continue
					}
				}
				rescue.ID = append(rescue.ID, job.ID)
				rescue.Error = append(rescue.Error, fmt.Appendf(nil, `{"at":%q,"attempt":%d,"error":"the process that ran it is gone","trace":""}`, now.Format(time.RFC3339Nano), job.Attempt))
				rescue.FinalizedAt = append(rescue.FinalizedAt, nil)
				rescue.ScheduledAt = append(rescue.ScheduledAt, now)
				rescue.State = append(rescue.State, "available")
			}
			if len(rescue.ID) > 0 {
				if _, err := exec.JobRescueMany(ctx, &rescue); err != nil {
					return err
				}
				count += len(rescue.ID)
			}
			if len(jobs) < batch {
				return nil
			}
		}
	})
	if err != nil {
		return count, fmt.Errorf("take up the jobs of processes that are gone: %w", err)
	}
	return count, nil
}

func (e *engine[Tx]) due(ctx context.Context) (int, error) {
	now := time.Now().UTC()
	moved, err := e.driver.GetExecutor().JobSchedule(ctx, &riverdriver.JobScheduleParams{Max: 10_000, Now: &now})
	return len(moved), err
}

func (e *engine[Tx]) close() error { return e.release() }

// quiet passes on River's warnings and errors: what it says beyond them is of no use to an operator.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(warnings{log.Handler()}) }

type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }

// collect reads all rows of a query into a slice.
func collect[T any](ctx context.Context, s session, read func(scan func(into ...any) error) (T, error), query string, args ...any) ([]T, error) {
	var all []T
	err := s.query(ctx, func(scan func(...any) error) error {
		one, err := read(scan)
		all = append(all, one)
		return err
	}, query, args...)
	return all, err
}

// single reads one value; ok is false when there is no row.
func single[T any](ctx context.Context, s session, query string, args ...any) (value T, ok bool, err error) {
	all, err := collect(ctx, s, func(scan func(...any) error) (one T, err error) { return one, scan(&one) }, query, args...)
	if err != nil || len(all) == 0 {
		return value, false, err
	}
	if len(all) > 1 {
		return value, false, errors.New("more than one row")
	}
	return all[0], true, nil
}

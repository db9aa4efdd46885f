package jobs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"os"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// openPostgres opens a database that any number of processes share.
func openPostgres(ctx context.Context, url string, log *slog.Logger) (_ store, err error) {
	poolConfig, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	const enough = 8 // River listens on one connection, and each sender holds one for a moment
	poolConfig.MaxConns = max(poolConfig.MaxConns, enough)
	pool, err := pgxpool.NewWithConfig(ctx, poolConfig)
	if err != nil {
		return nil, err
	}
	presence, err := announcePresence(ctx, poolConfig.ConnConfig)
	if err != nil {
		pool.Close()
		return nil, err
	}
	release := func() error {
		err := presence.leave()
		pool.Close()
		return err
	}
	e := &engine[pgx.Tx]{
		session:  pgxSession{pool},
		driver:   riverpgxv5.New(pool),
		clientID: presence.clientID,
		log:      log,
		release:  release,
		alone:    presence.alone,
		alive:    presence.alive,
	}
	e.begin = func(ctx context.Context, do func(pgx.Tx, session) error) error {
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return do(tx, pgxSession{tx}) })
	}
	if err := e.prepare(ctx); err != nil {
		return nil, errors.Join(err, release())
	}
	return e, nil
}

// presence shows that this process is there: PostgreSQL holds an advisory lock
// for it for as long as its connection lives, so for a process that was killed
// no longer than that.
type presence struct {
	clientID string
	config   *pgx.ConnConfig
	mu       sync.Mutex // a connection does one thing at a time
	conn     *pgx.Conn
}

func announcePresence(ctx context.Context, config *pgx.ConnConfig) (*presence, error) {
	p := &presence{clientID: newClientID(), config: config}
	_, err := p.connection(ctx)
	return p, err
}

// connection is the one that holds the lock. One that was lost is made anew: until
// then others may take this process for gone and take up its jobs, which is no
// harm but that they run twice.
func (p *presence) connection(ctx context.Context) (*pgx.Conn, error) {
	if p.conn != nil && !p.conn.IsClosed() {
		return p.conn, nil
	}
	conn, err := pgx.ConnectConfig(ctx, p.config)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", advisoryKey(p.clientID)); err != nil {
		return nil, errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
	}
	p.conn = conn
	return conn, nil
}

func (p *presence) leave() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conn.Close(context.Background())
}

// alive says whether the process of a client is there. It is called from within alone.
func (p *presence) alive(ctx context.Context, clientID string) (bool, error) {
	if clientID == p.clientID {
		return true, nil
	}
	var free bool
	key := advisoryKey(clientID)
	if err := p.conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", key).Scan(&free); err != nil {
		return false, err
	}
	if !free {
		return true, nil
	}
	_, err := p.conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", key)
	return false, err
}

// alone runs do while no other process runs anything by alone.
func (p *presence) alone(ctx context.Context, do func() error) (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	conn, err := p.connection(ctx)
	if err != nil {
		return err
	}
	key := advisoryKey("alone")
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", key); err != nil {
		return err
	}
	defer func() {
		_, unlockErr := conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", key)
		err = errors.Join(err, unlockErr)
	}()
	return do()
}

func advisoryKey(name string) int64 {
	hash := fnv.New64a()
	hash.Write([]byte("parley " + name))
	return int64(hash.Sum64()) //nolint:gosec // any 64 bits will do
}

// newClientID names this opening of a queue: where it runs, for people, and a
// random end that no other has.
func newClientID() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	host = strings.Map(func(letter rune) rune {
		if letter >= 'a' && letter <= 'z' || letter >= 'A' && letter <= 'Z' || letter >= '0' && letter <= '9' {
			return letter
		}
		return '_'
	}, host)
	return fmt.Sprintf("%.40s-%d-%s", host, os.Getpid(), strings.ToLower(rand.Text()[:16]))
}

// pgxSession is a session over pgx.
type pgxSession struct {
	on interface {
		Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error)
		Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
	}
}

func (s pgxSession) exec(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := s.on.Exec(ctx, query, args...)
	return tag.RowsAffected(), err
}

func (s pgxSession) query(ctx context.Context, each func(func(...any) error) error, query string, args ...any) error {
	rows, err := s.on.Query(ctx, query, args...)
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

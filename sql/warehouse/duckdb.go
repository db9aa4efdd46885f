package warehouse

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"parley/sql/dialect"
)

// DuckDB is one engine in memory. Its methods may be called from many
// goroutines at once; what one makes, all see.
type DuckDB struct {
	db       *sql.DB
	ownsTemp string // folder to remove on Close; "" when the caller gave one
}

// Open starts an engine: memory limited, time zone UTC, the dialect's macros
// loaded, no extension fetched from anywhere.
func Open(ctx context.Context, cfg Config) (*DuckDB, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	connector, err := duckdb.NewConnector("", func(conn driver.ExecerContext) error {
		// An answer is computed while it is read; with the engine's own 1 MB its
		// threads wait for the reader most of the time. Once settings are locked a
		// further connection has to do with that: see warm.
		_, err := conn.ExecContext(context.Background(), "set streaming_buffer_size = '16MB'", nil)
		if err != nil && strings.Contains(err.Error(), "has been locked") {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("start the engine: %w", err)
	}
	d := &DuckDB{db: sql.OpenDB(connector)}
	if err := d.configure(ctx, cfg); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	if err := d.Exec(ctx, dialect.DuckDB); err != nil {
		return nil, errors.Join(fmt.Errorf("load the dialect's macros: %w", err), d.Close())
	}
	return d, nil
}

// warm opens so many connections, which are then kept.
func (d *DuckDB) warm(ctx context.Context, connections int) (err error) {
	d.db.SetMaxIdleConns(connections)
	open := make([]*sql.Conn, 0, connections)
	for range connections {
		conn, connErr := d.db.Conn(ctx)
		if err = errors.Join(err, connErr); connErr == nil {
			open = append(open, conn)
		}
	}
	for _, conn := range open {
		err = errors.Join(err, conn.Close()) // back into the pool
	}
	return err
}

func (d *DuckDB) configure(ctx context.Context, cfg Config) error {
	limit := cfg.MemoryLimit
	if limit == "" {
		half, err := d.halfOfMemory(ctx)
		if err != nil {
			return err
		}
		limit = fmt.Sprintf("%dB", half)
	}
	temp := cfg.TempDir
	if temp == "" {
		made, err := os.MkdirTemp("", "parley-engine-")
		if err != nil {
			return fmt.Errorf("make a folder for what does not fit in memory: %w", err)
		}
		d.ownsTemp, temp = made, made
	}
	temp, err := filepath.Abs(temp)
	if err != nil {
		return err
	}
	settings := []string{
		"set global memory_limit = " + Literal(strings.TrimSpace(limit)),
		"set global temp_directory = " + Literal(temp),
		"set global TimeZone = 'UTC'",
		"set global errors_as_json = true",
		// The order of rows is what a query asks for, never what happens to be;
		// keeping the accidental one costs memory.
		"set global preserve_insertion_order = false",
		// Files are never written again under the same name, and models read the same ones many times.
		"set global parquet_metadata_cache = true",
		"set global autoinstall_known_extensions = false",
		"set global autoload_known_extensions = false",
		"set global allow_community_extensions = false",
	}
	if cfg.Threads > 0 {
		settings = append(settings, fmt.Sprintf("set global threads = %d", cfg.Threads))
	}
	for _, s := range settings {
		if err := d.Exec(ctx, s); err != nil {
			return fmt.Errorf("configure the engine: %s: %w", s, err)
		}
	}
	return nil
}

// halfOfMemory is half of what the machine has, or of what its control group
// allows: the engine's own default is 80 % of that.
func (d *DuckDB) halfOfMemory(ctx context.Context) (int64, error) {
	t, err := d.Query(ctx, "select current_setting('memory_limit')")
	if err != nil {
		return 0, err
	}
	text, _ := t.Rows[0][0].(string)
	limit, err := parseSize(text)
	if err != nil {
		return 0, fmt.Errorf("read the engine's memory limit: %w", err)
	}
	return limit * 5 / 8, nil
}

// Dialect is a word for the engine's version and the text of its macros: with
// another one the same SELECT may give other rows.
func (d *DuckDB) Dialect(ctx context.Context) (string, error) {
	t, err := d.Query(ctx, "select version()")
	if err != nil {
		return "", err
	}
	version, _ := t.Rows[0][0].(string)
	return fmt.Sprintf("duckdb %s %x", version, sha256.Sum256([]byte(dialect.DuckDB))), nil
}

// Close ends the engine; what was in memory is gone.
func (d *DuckDB) Close() error {
	err := d.db.Close()
	if d.ownsTemp != "" {
		err = errors.Join(err, os.RemoveAll(d.ownsTemp))
	}
	return err
}

// Exec runs a statement, or several without values, and gives no rows back.
func (d *DuckDB) Exec(ctx context.Context, query string, args ...any) error {
	_, err := d.db.ExecContext(ctx, query, args...)
	return queryError(ctx, query, err)
}

// Query runs one statement and gives its whole answer. Values are bound to
// its parameters, one for each: a value too many or too few is an error.
func (d *DuckDB) Query(ctx context.Context, query string, args ...any) (*Table, error) {
	rows, err := d.Rows(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return rows.table()
}

// Rows runs one statement and gives its answer row by row. The caller closes it.
func (d *DuckDB) Rows(ctx context.Context, query string, args ...any) (*Rows, error) {
	return onConnection(ctx, d, query, args, openRows)
}

// onConnection opens an answer on a connection of its own, which goes back when
// the answer is closed.
func onConnection[A any](
	ctx context.Context, d *DuckDB, query string, args []any,
	open func(context.Context, *sql.Conn, string, []any, func() error) (A, error),
) (answer A, err error) {
	conn, err := d.db.Conn(ctx)
	if err != nil {
		return answer, queryError(ctx, query, fmt.Errorf("connect to the engine: %w", err))
	}
	answer, err = open(ctx, conn, query, args, conn.Close)
	if err != nil {
		return answer, errors.Join(err, conn.Close())
	}
	return answer, nil
}

// Session is one connection to the engine: what is temporary there, only it sees.
type Session struct {
	conn *sql.Conn
}

// Session opens a session. The caller closes it.
func (d *DuckDB) Session(ctx context.Context) (*Session, error) {
	conn, err := d.db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to the engine: %w", err)
	}
	return &Session{conn: conn}, nil
}

// Exec runs a statement, or several without values, and gives no rows back.
func (s *Session) Exec(ctx context.Context, query string, args ...any) error {
	_, err := s.conn.ExecContext(ctx, query, args...)
	return queryError(ctx, query, err)
}

// Query runs one statement and gives its whole answer.
func (s *Session) Query(ctx context.Context, query string, args ...any) (*Table, error) {
	rows, err := openRows(ctx, s.conn, query, args, nil)
	if err != nil {
		return nil, err
	}
	return rows.table()
}

// Close ends the session, and with it all that was temporary.
func (s *Session) Close() error {
	// The pool would hand the connection on with its temporary tables: taken out of it.
	err := s.conn.Raw(func(any) error { return driver.ErrBadConn })
	if errors.Is(err, driver.ErrBadConn) {
		err = nil
	}
	if closing := s.conn.Close(); !errors.Is(closing, sql.ErrConnDone) {
		err = errors.Join(err, closing)
	}
	return err
}

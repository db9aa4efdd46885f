package warehouse

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"parley/pipelines/yamlfile"
)

// Query runs one reading statement (SELECT, FROM, WITH, VALUES, DESCRIBE, SHOW,
// SUMMARIZE, PIVOT, or EXPLAIN of one) and gives its whole answer. Any other is
// refused before it runs, with a *RefusedError. Values are bound to the
// statement's parameters, one for each.
func (r *Reader) Query(ctx context.Context, query string, args ...any) (*Table, error) {
	rows, err := r.Rows(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return rows.table()
}

// Rows is as Query, row by row, as the engine computes them: an answer of any
// size holds little memory. The first rows are computed before it returns. The
// caller closes the rows; the time limit counts until then.
func (r *Reader) Rows(ctx context.Context, query string, args ...any) (*Rows, error) {
	ctx, cancel, err := r.admit(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := onConnection(ctx, r.engine, query, args, openRows)
	if err != nil {
		cancel()
		return nil, r.explain(err)
	}
	release := rows.release
	rows.release = func() error { cancel(); return release() }
	return rows, nil
}

// Arrow is as Rows, in Arrow's columns. Integers of more than 64 bits are
// decimals of 38 digits; types that Arrow does not have (bits, times of day with
// an offset, unions, …) are text.
func (r *Reader) Arrow(ctx context.Context, query string, args ...any) (*Batches, error) {
	ctx, cancel, err := r.admit(ctx, query)
	if err != nil {
		return nil, err
	}
	batches, err := onConnection(ctx, r.engine, query, args, openBatches)
	if err != nil {
		cancel()
		return nil, r.explain(err)
	}
	release := batches.release
	batches.release = func() error { cancel(); return release() }
	return batches, nil
}

// Parquet is as Query, and gives the whole answer as a Parquet file, from its
// beginning, that nobody else can see and that is gone when it is closed.
// Columns have the types that Arrow gives them, and intervals are text.
func (r *Reader) Parquet(ctx context.Context, query string, args ...any) (file *os.File, err error) {
	ctx, cancel, err := r.admit(ctx, query)
	if err != nil {
		return nil, err
	}
	defer cancel()
	place, err := os.MkdirTemp(r.answers, "")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the answer: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(place)) }()
	text, err := r.engine.reshaped(ctx, query, asParquet)
	if err != nil {
		return nil, r.explain(err)
	}
	path := filepath.Join(place, "answer"+parquetSuffix)
	if _, err := r.engine.write(ctx, text, path, args...); err != nil {
		return nil, r.explain(err)
	}
	return os.Open(path)
}

// admit refuses a query that does more than read, and sets the reader's limit
// of time, which cancel ends.
func (r *Reader) admit(ctx context.Context, query string) (context.Context, context.CancelFunc, error) {
	if err := requireRead(ctx, r.engine, r.macros, query); err != nil {
		return ctx, nil, err
	}
	if err := r.builds.fill(ctx, r.engine, query); err != nil {
		return ctx, nil, err
	}
	if r.limit <= 0 {
		limited, cancel := context.WithCancel(ctx)
		return limited, cancel, nil
	}
	limited, cancel := context.WithTimeoutCause(ctx, r.limit, fmt.Errorf("%w: its limit is %s", ErrTimeLimit, r.limit))
	return limited, cancel, nil
}

// explain names the nearest of the build's tables where a query names none of
// them; the engine itself would suggest some of its own.
func (r *Reader) explain(err error) error {
	var fault *QueryError
	if !errors.As(err, &fault) {
		return err
	}
	m := missingTable.FindStringSubmatch(fault.Message)
	if m == nil {
		return err
	}
	told := *fault
	told.Message = fmt.Sprintf("unknown table %q%s", m[1], yamlfile.DidYouMean(m[1], r.Tables()))
	if !strings.Contains(told.Message, "did you mean") {
		told.Message += "; `show tables` lists those there are"
	}
	return &told
}

var missingTable = regexp.MustCompile(`^Table with name (.+) does not exist!`)

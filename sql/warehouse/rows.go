package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/duckdb/duckdb-go/v2"
)

// Rows is the answer to a query, read row by row:
//
//	for rows.Next() { use(rows.Row()) }
//	if err := rows.Err(); err != nil { … }
type Rows struct {
	ctx     context.Context
	query   string
	rows    *sql.Rows
	columns []Column
	values  []any
	into    []any
	err     error
	release func() error
}

// openRows runs query on conn; release is called once, by Close.
func openRows(ctx context.Context, conn *sql.Conn, query string, args []any, release func() error) (*Rows, error) {
	if err := countParameters(conn, query, len(args)); err != nil {
		return nil, queryError(ctx, query, err)
	}
	found, err := conn.QueryContext(ctx, query, args...) //nolint:rowserrcheck // by Rows.Next
	if err != nil {
		return nil, queryError(ctx, query, err)
	}
	kinds, err := found.ColumnTypes()
	if err != nil {
		return nil, errors.Join(err, found.Close()) //nolint:sqlclosecheck // else by Rows.Close
	}
	r := &Rows{ctx: ctx, query: query, rows: found, release: release, values: make([]any, len(kinds)), into: make([]any, len(kinds))}
	for i, k := range kinds {
		r.columns = append(r.columns, Column{Name: k.Name(), Type: k.DatabaseTypeName()})
		r.into[i] = &r.values[i]
	}
	return r, nil
}

// countParameters refuses a statement whose parameters and values differ in
// number: the driver itself drops values that are too many without a word. A
// statement with none is left to the engine, which reports its faults when run.
func countParameters(conn *sql.Conn, query string, values int) error {
	if values == 0 {
		return nil
	}
	return conn.Raw(func(driverConn any) error {
		prepared, err := driverConn.(*duckdb.Conn).Prepare(query)
		if err != nil {
			return err
		}
		defer prepared.Close()
		if wanted := prepared.NumInput(); wanted != values {
			return fmt.Errorf("the statement has %d parameters and was given %d values", wanted, values)
		}
		return nil
	})
}

// Columns are the answer's columns, in order.
func (r *Rows) Columns() []Column { return r.columns }

// Next goes to the next row; false at the end, or on an error that Err tells.
func (r *Rows) Next() bool {
	if r.err != nil || !r.rows.Next() {
		return false
	}
	if r.err = r.rows.Scan(r.into...); r.err != nil {
		return false
	}
	for i, v := range r.values {
		r.values[i] = plainValue(v, r.columns[i].Type)
	}
	return true
}

// Row is the present row. It is overwritten by the next call of Next.
func (r *Rows) Row() []any { return r.values }

// Err is what ended the reading early, if anything did.
func (r *Rows) Err() error {
	err := r.err
	if err == nil {
		err = r.rows.Err()
	}
	return queryError(r.ctx, r.query, err)
}

// Close frees the answer. It may be called more than once.
func (r *Rows) Close() error {
	err := r.rows.Close()
	if r.release != nil {
		err = errors.Join(err, r.release())
		r.release = nil
	}
	return err
}

func (r *Rows) table() (*Table, error) {
	t := &Table{Columns: r.columns, Rows: [][]any{}}
	for r.Next() {
		t.Rows = append(t.Rows, append([]any(nil), r.values...))
	}
	if err := errors.Join(r.Err(), r.Close()); err != nil {
		return nil, err
	}
	return t, nil
}

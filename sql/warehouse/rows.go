package warehouse

import (
	"context"
	"database/sql"
	"errors"

	"github.com/apache/arrow-go/v18/arrow"
)

// Rows is the answer to a query, read row by row as the engine computes it:
//
//	for rows.Next() { use(rows.Row()) }
//	if err := rows.Err(); err != nil { … }
type Rows struct {
	ctx     context.Context
	query   string
	stream  *stream
	batch   arrow.RecordBatch
	read    []func(row int) any // of each column of the batch
	at      int                 // row of the batch
	values  []any
	err     error
	release func() error
}

// openRows runs query on conn, up to its first rows; release is called once, by Close.
func openRows(ctx context.Context, conn *sql.Conn, query string, args []any, release func() error) (*Rows, error) {
	s, err := openStream(ctx, conn, query, args, asRows)
	if err != nil {
		return nil, err
	}
	return &Rows{ctx: ctx, query: query, stream: s, release: release, values: make([]any, len(s.columns)), read: make([]func(int) any, len(s.columns))}, nil
}

// Columns are the answer's columns, in order.
func (r *Rows) Columns() []Column { return r.stream.columns }

// Next goes to the next row; false at the end, or on an error that Err tells.
func (r *Rows) Next() bool {
	r.at++
	for r.batch == nil || r.at >= int(r.batch.NumRows()) {
		if r.err != nil || !r.nextBatch() {
			return false
		}
	}
	for i, read := range r.read {
		r.values[i] = read(r.at)
	}
	return true
}

func (r *Rows) nextBatch() bool {
	r.drop()
	r.at = 0
	if r.batch, r.err = r.stream.next(); r.batch == nil {
		return false
	}
	for i, column := range r.batch.Columns() {
		r.read[i] = valuesOf(column, r.stream.columns[i].Type)
	}
	return true
}

func (r *Rows) drop() {
	if r.batch != nil {
		r.batch.Release()
		r.batch = nil
	}
}

// AtHand is how many rows Next gives without waiting for the engine.
func (r *Rows) AtHand() int {
	if r.batch == nil {
		return 0
	}
	return max(int(r.batch.NumRows())-1-r.at, 0)
}

// Row is the present row. It is overwritten by the next call of Next; the values
// in it stay.
func (r *Rows) Row() []any { return r.values }

// Err is what ended the reading early, if anything did.
func (r *Rows) Err() error { return queryError(r.ctx, r.query, r.err) }

// Close frees the answer, and stops what is still computed of it. It may be
// called more than once.
func (r *Rows) Close() error {
	r.drop()
	err := r.stream.close()
	if r.release != nil {
		err = errors.Join(err, r.release())
		r.release = nil
	}
	return err
}

func (r *Rows) table() (*Table, error) {
	t := &Table{Columns: r.Columns(), Rows: [][]any{}}
	for r.Next() {
		t.Rows = append(t.Rows, append([]any(nil), r.values...))
	}
	if err := errors.Join(r.Err(), r.Close()); err != nil {
		return nil, err
	}
	return t, nil
}

package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// mostMerged is how many of the engine's batches, of 2,048 rows, are put
// together into one: readers work best on larger ones.
const mostMerged = 32

// Batches is the answer to a query in Arrow's columns, as the engine computes it.
type Batches struct {
	ctx     context.Context
	query   string
	stream  *stream
	release func() error
}

// openBatches runs query on conn, up to its first rows; release is called once, by Close.
func openBatches(ctx context.Context, conn *sql.Conn, query string, args []any, release func() error) (*Batches, error) {
	s, err := openStream(ctx, conn, query, args, asArrow)
	if err != nil {
		return nil, err
	}
	return &Batches{ctx: ctx, query: query, stream: s, release: release}, nil
}

// Write writes the answer to w as a stream of Arrow's IPC format, the first
// rows at once. A stream that does not end with the format's mark of the end is
// not whole: so it is after an error. written is called after each batch; nil: not.
func (b *Batches) Write(w io.Writer, written func() error) error {
	writer := ipc.NewWriter(w, ipc.WithSchema(b.stream.schema))
	for most := 1; ; most = min(2*most, mostMerged) {
		batch, err := b.merged(most)
		if err != nil {
			return queryError(b.ctx, b.query, err)
		}
		if batch == nil {
			return writer.Close()
		}
		err = writer.Write(batch)
		batch.Release()
		if err != nil {
			return fmt.Errorf("write the answer: %w", err)
		}
		if written != nil {
			if err := written(); err != nil {
				return err
			}
		}
	}
}

// merged is the next batches in one, most of them at most; nil at the end.
func (b *Batches) merged(most int) (arrow.RecordBatch, error) {
	var batches []arrow.RecordBatch
	defer func() {
		for _, batch := range batches {
			batch.Release()
		}
	}()
	rows := int64(0)
	for len(batches) < most {
		batch, err := b.stream.next()
		if err != nil {
			return nil, err
		}
		if batch == nil {
			break
		}
		batches = append(batches, batch)
		rows += batch.NumRows()
	}
	switch len(batches) {
	case 0:
		return nil, nil
	case 1:
		batches[0].Retain()
		return batches[0], nil
	}
	columns := make([]arrow.Array, len(b.stream.columns))
	for i := range columns {
		parts := make([]arrow.Array, len(batches))
		for k, batch := range batches {
			parts[k] = batch.Column(i)
		}
		var err error
		if columns[i], err = array.Concatenate(parts, memory.DefaultAllocator); err != nil {
			return nil, err
		}
		defer columns[i].Release()
	}
	return array.NewRecordBatch(b.stream.schema, columns, rows), nil
}

// Close frees the answer, and stops what is still computed of it. It may be
// called more than once.
func (b *Batches) Close() error {
	err := b.stream.close()
	if b.release != nil {
		err = errors.Join(err, b.release())
		b.release = nil
	}
	return err
}

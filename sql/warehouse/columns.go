package warehouse

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"golang.org/x/sync/errgroup"
)

// Columns are some rows of an answer, column by column, as the engine holds
// them: nothing is copied. They hold until the function that was given them returns.
type Columns struct {
	batch arrow.RecordBatch
}

// Len is the number of rows.
func (c Columns) Len() int { return int(c.batch.NumRows()) }

// Text is a column of text.
type Text struct {
	values *array.String
}

// Text is the column at index i, which must be VARCHAR.
func (c Columns) Text(i int) Text { return Text{c.batch.Column(i).(*array.String)} }

// At is the text in a row, "" where it is NULL.
func (t Text) At(row int) string {
	if t.values.IsNull(row) {
		return ""
	}
	return t.values.Value(row)
}

// Instants is a column of instants.
type Instants struct {
	values []arrow.Timestamp
}

// Instants is the column at index i, which must be TIMESTAMPTZ and hold no NULL.
func (c Columns) Instants(i int) Instants {
	return Instants{c.batch.Column(i).(*array.Timestamp).TimestampValues()}
}

// At is the instant in a row, in microseconds since 1970-01-01 UTC.
func (t Instants) At(row int) int64 { return int64(t.values[row]) }

// Numbers is the column at index i, which must be BIGINT and hold no NULL.
func (c Columns) Numbers(i int) []int64 { return c.batch.Column(i).(*array.Int64).Int64Values() }

// Flag is the value in a row of the column at index i, which must be BOOLEAN.
func (c Columns) Flag(i, row int) bool { return c.batch.Column(i).(*array.Boolean).Value(row) }

// EachColumns runs a query and gives its rows to take, some 2,000 at a time, in
// no order, while the engine computes the next ones. The first error of take ends it.
func (d *DuckDB) EachColumns(ctx context.Context, query string, take func(Columns) error) error {
	return d.ManyColumns(ctx, query, func(batches []Columns) error {
		for _, rows := range batches {
			if err := take(rows); err != nil {
				return err
			}
		}
		return nil
	})
}

// ManyColumns is EachColumns that gives up to 32 such batches at once, for
// whoever goes through their columns at the same time.
func (d *DuckDB) ManyColumns(ctx context.Context, query string, take func([]Columns) error) (err error) {
	answer, err := onConnection(ctx, d, query, nil, openBatches)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, answer.Close()) }()
	group, ctx := errgroup.WithContext(ctx)
	read := make(chan []Columns, 1)
	group.Go(func() error {
		defer close(read)
		for {
			batches, err := answer.next(mostMerged)
			if err != nil || len(batches) == 0 {
				return queryError(ctx, query, err)
			}
			select {
			case read <- batches:
			case <-ctx.Done(): // take has failed, or the caller gives up
				release(batches)
				return context.Cause(ctx)
			}
		}
	})
	group.Go(func() error {
		for batches := range read {
			err := take(batches)
			release(batches)
			if err != nil {
				return fmt.Errorf("read columns: %w", err)
			}
		}
		return nil
	})
	err = group.Wait()
	for batches := range read {
		release(batches)
	}
	return err
}

// next are the next batches, most of them at most; none at the end.
func (b *Batches) next(most int) (batches []Columns, err error) {
	for len(batches) < most {
		batch, err := b.stream.next()
		if err != nil {
			release(batches)
			return nil, err
		}
		if batch == nil {
			break
		}
		batches = append(batches, Columns{batch})
	}
	return batches, nil
}

func release(batches []Columns) {
	for _, c := range batches {
		c.batch.Release()
	}
}

package warehouse

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
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

// Days is a column of dates.
type Days struct {
	values []arrow.Date32
}

// Days is the column at index i, which must be DATE and hold no NULL.
func (c Columns) Days(i int) Days { return Days{c.batch.Column(i).(*array.Date32).Date32Values()} }

// At is the day in a row, counted from 1970-01-01.
func (d Days) At(row int) int32 { return int32(d.values[row]) }

// Numbers is the column at index i, which must be BIGINT and hold no NULL.
func (c Columns) Numbers(i int) []int64 { return c.batch.Column(i).(*array.Int64).Int64Values() }

// Flag is the value in a row of the column at index i, which must be BOOLEAN.
func (c Columns) Flag(i, row int) bool { return c.batch.Column(i).(*array.Boolean).Value(row) }

// EachColumns runs a query and gives its rows to take, some 60,000 at a time,
// in no order. The first error of take ends it.
func (d *DuckDB) EachColumns(ctx context.Context, query string, take func(Columns) error) (err error) {
	answer, err := onConnection(ctx, d, query, nil, openBatches)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, answer.Close()) }()
	for {
		batch, err := answer.merged(mostMerged)
		if err != nil {
			return queryError(ctx, query, err)
		}
		if batch == nil {
			return nil
		}
		err = take(Columns{batch})
		batch.Release()
		if err != nil {
			return fmt.Errorf("read columns: %w", err)
		}
	}
}

package warehouse

/*
#include <stdlib.h>

struct ArrowStream { void *get_schema, *get_next, *get_last_error, *release, *private_data; };
extern int duckdb_arrow_scan(void *connection, const char *table_name, struct ArrowStream **stream);
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/cdata"
	"github.com/apache/arrow-go/v18/arrow/memory/mallocator"
	"github.com/duckdb/duckdb-go/v2"
)

// handedOver is how many rows are given to the engine at once.
const handedOver = 32 << 10

// NewRows are rows that are made in the program and on their way to the engine,
// column by column: each method adds to one column, and every column of a row
// gets one value.
type NewRows struct {
	builders []array.Builder
}

// Text adds text to the column at index i, which is VARCHAR.
func (r *NewRows) Text(i int, value string) { r.builders[i].(*array.StringBuilder).Append(value) }

// Bytes is Text of bytes, which are copied.
func (r *NewRows) Bytes(i int, value []byte) {
	r.builders[i].(*array.StringBuilder).BinaryBuilder.Append(value)
}

// Number adds to the column at index i, which is BIGINT.
func (r *NewRows) Number(i int, value int64) { r.builders[i].(*array.Int64Builder).Append(value) }

// Day adds a day since 1970-01-01 to the column at index i, which is DATE.
func (r *NewRows) Day(i int, day int32) {
	r.builders[i].(*array.Date32Builder).Append(arrow.Date32(day))
}

// Flag adds to the column at index i, which is BOOLEAN.
func (r *NewRows) Flag(i int, value bool) { r.builders[i].(*array.BooleanBuilder).Append(value) }

// Null adds NULL to the column at index i.
func (r *NewRows) Null(i int) { r.builders[i].AppendNull() }

var arrowTypes = map[string]arrow.DataType{
	"VARCHAR": arrow.BinaryTypes.String, "BIGINT": arrow.PrimitiveTypes.Int64, "DATE": arrow.FixedWidthTypes.Date32, "BOOLEAN": arrow.FixedWidthTypes.Boolean,
}

// WriteRows writes rows that are made in the program to one Parquet file, as
// Write does, but compressed for speed: nobody but the engine is to read it. Columns are VARCHAR, BIGINT, DATE or BOOLEAN. fill adds the row at an
// index below count, or none; it is asked for each in turn, by one
// goroutine at a time.
func (d *DuckDB) WriteRows(ctx context.Context, path string, columns []Column, count int, fill func(r *NewRows, row int)) (written int64, err error) {
	fields := make([]arrow.Field, len(columns))
	for i, c := range columns {
		fields[i] = arrow.Field{Name: c.Name, Type: arrowTypes[c.Type], Nullable: true}
		if fields[i].Type == nil {
			return 0, fmt.Errorf("write %s: column %s is %s, which is not handed over", path, c.Name, c.Type)
		}
	}
	session, err := d.Session(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	// The engine reads them where they are: they lie in its memory, not in Go's.
	rows := &rowReader{RecordBuilder: array.NewRecordBuilder(mallocator.NewMallocator(), arrow.NewSchema(fields, nil)), count: count, fill: fill, references: 1}
	stream := (*C.struct_ArrowStream)(C.calloc(1, C.sizeof_struct_ArrowStream))
	defer C.free(unsafe.Pointer(stream))
	exported := (*cdata.CArrowArrayStream)(unsafe.Pointer(stream))
	cdata.ExportRecordReader(rows, exported)
	defer cdata.ReleaseCArrowArrayStream(exported)
	err = session.conn.Raw(func(driverConn any) error {
		name := C.CString("new_rows")
		defer C.free(unsafe.Pointer(name))
		connection := handle(driverConn.(*duckdb.Conn), "conn")
		if C.duckdb_arrow_scan(connection, name, (**C.struct_ArrowStream)(unsafe.Pointer(stream))) != 0 { //nolint:gocritic // cgo's own check of pointers is meant
			return errors.New("the engine does not take them")
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("hand over rows for %s: %w", path, err)
	}
	return writeOn(ctx, session.Query, "snappy", "select * from new_rows", path)
}

// rowReader makes rows when the engine asks for them.
type rowReader struct {
	*array.RecordBuilder
	count, next int
	fill        func(*NewRows, int)
	ahead       chan arrow.RecordBatch // made while the engine takes the last one; nil: not begun
	batch       arrow.RecordBatch
	references  int
}

// Next makes the next rows, and says whether there were any.
func (r *rowReader) Next() bool {
	r.let()
	if r.ahead == nil {
		r.ahead = make(chan arrow.RecordBatch, 1)
		r.begin()
	}
	r.batch = <-r.ahead
	if r.batch == nil {
		r.ahead <- nil // for whoever asks once more
		return false
	}
	r.begin()
	return true
}

// begin makes the rows after those that were asked for; nil at the end. One
// goroutine at a time does so: the next is begun when its rows were taken.
func (r *rowReader) begin() {
	go func() {
		if r.next == r.count {
			r.ahead <- nil
			return
		}
		rows := &NewRows{builders: r.Fields()}
		for end := min(r.next+handedOver, r.count); r.next < end; r.next++ {
			r.fill(rows, r.next)
		}
		r.ahead <- r.NewRecordBatch()
	}()
}

func (r *rowReader) let() {
	if r.batch != nil {
		r.batch.Release()
		r.batch = nil
	}
}

// RecordBatch is what Next has made.
func (r *rowReader) RecordBatch() arrow.RecordBatch { return r.batch }

// Record is the older name of RecordBatch.
func (r *rowReader) Record() arrow.RecordBatch { return r.batch }

// Err is always nil: making rows does not fail.
func (r *rowReader) Err() error { return nil }

// Retain counts one user more.
func (r *rowReader) Retain() { r.references++ }

// Release counts one user less; with the last all is freed.
func (r *rowReader) Release() {
	if r.references--; r.references == 0 {
		r.let()
		if r.ahead != nil {
			if batch := <-r.ahead; batch != nil { // that nobody takes any more
				batch.Release()
			}
		}
		r.RecordBuilder.Release()
	}
}

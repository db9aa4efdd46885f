package warehouse

/*
#include <stdint.h>
#include <stdlib.h>

// The part of the engine's C interface that the driver leaves out, or keeps
// behind a build tag. The driver links the library.
struct ArrowSchema { const char *format, *name, *metadata; int64_t flags, n_children; struct ArrowSchema **children, *dictionary; void *release, *private_data; };
struct ArrowArray { int64_t length, null_count, offset, n_buffers, n_children; const void **buffers; struct ArrowArray **children, *dictionary; void *release, *private_data; };
extern int duckdb_pending_prepared_streaming(void *statement, void **pending);
extern void duckdb_connection_get_arrow_options(void *connection, void **options);
extern void duckdb_destroy_arrow_options(void **options);
extern void *duckdb_to_arrow_schema(void *options, void **types, const char **names, uint64_t columns, struct ArrowSchema *schema);
extern void *duckdb_data_chunk_to_arrow(void *options, void *chunk, struct ArrowArray *array);
*/
import "C"

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"time"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/cdata"
	"github.com/duckdb/duckdb-go/v2"
	"github.com/duckdb/duckdb-go/v2/mapping"
)

// stream is the answer to a statement in batches, each computed when it is
// asked for. The rows that the driver itself gives are a whole answer first,
// held outside of the engine's memory limit.
type stream struct {
	schema  *arrow.Schema
	columns []Column          // with the types that the query gives; see shape
	first   arrow.RecordBatch // read already; nil: none
	ended   bool

	ctx        context.Context
	connection mapping.Connection
	statement  *duckdb.Stmt
	result     mapping.Result
	options    unsafe.Pointer
}

// openStream runs query on conn, up to its first rows. Until the stream is
// closed, nothing else may run there.
func openStream(ctx context.Context, conn *sql.Conn, query string, args []any, as shape) (s *stream, err error) {
	err = conn.Raw(func(driverConn any) error {
		s, err = startStream(ctx, driverConn.(*duckdb.Conn), query, args, as)
		return err
	})
	return s, queryError(ctx, query, err)
}

func startStream(ctx context.Context, conn *duckdb.Conn, query string, args []any, as shape) (_ *stream, err error) {
	s := &stream{ctx: ctx, connection: mapping.Connection{Ptr: handle(conn, "conn")}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err := s.prepare(ctx, conn, query); err != nil {
		return nil, err
	}
	text, types := as.reshape(s.statement, query)
	if text != query {
		if err := errors.Join(s.statement.Close(), s.prepare(ctx, conn, text)); err != nil {
			return nil, err
		}
	}
	if err := bind(ctx, conn, s.statement, args); err != nil {
		return nil, err
	}
	if err := s.interruptible(s.execute); err != nil {
		return nil, err
	}
	if err := s.describe(); err != nil {
		return nil, err
	}
	if text != query {
		for i := range s.columns {
			s.columns[i].Type = types[i]
		}
	}
	s.first, err = s.fetch()
	return s, err
}

func (s *stream) prepare(ctx context.Context, conn *duckdb.Conn, query string) error {
	prepared, err := conn.PrepareContext(ctx, query)
	if err != nil {
		return err
	}
	s.statement = prepared.(*duckdb.Stmt)
	return nil
}

// handle is the engine's own pointer behind one of the driver's values, which
// the driver keeps to itself.
func handle(of any, field string) unsafe.Pointer {
	inner := reflect.Indirect(reflect.ValueOf(of).Elem().FieldByName(field))
	return inner.FieldByName("Ptr").UnsafePointer()
}

// bind gives a statement its values. It refuses those that are too many or too
// few: the driver itself drops some without a word.
func bind(ctx context.Context, conn *duckdb.Conn, statement *duckdb.Stmt, args []any) error {
	if wanted := statement.NumInput(); wanted != len(args) {
		return fmt.Errorf("the statement has %d parameters and was given %d values", wanted, len(args))
	}
	if len(args) == 0 {
		return nil
	}
	values := make([]driver.NamedValue, len(args))
	for i, value := range args {
		values[i] = driver.NamedValue{Ordinal: i + 1, Value: value}
		err := conn.CheckNamedValue(&values[i])
		if errors.Is(err, driver.ErrSkip) {
			values[i].Value, err = driver.DefaultParameterConverter.ConvertValue(value)
		}
		if err != nil {
			return fmt.Errorf("value %d: %w", i+1, err)
		}
	}
	return statement.BindWithCtx(ctx, values)
}

// execute begins the statement.
func (s *stream) execute() error {
	var handleOfPending unsafe.Pointer
	state := C.duckdb_pending_prepared_streaming(handle(s.statement, "preparedStmt"), &handleOfPending) //nolint:gocritic // cgo's own check of pointers is meant
	pending := mapping.PendingResult{Ptr: handleOfPending}
	defer mapping.DestroyPending(&pending)
	if state != 0 {
		return fault(mapping.PendingError(pending))
	}
	if mapping.ExecutePending(pending, &s.result) == mapping.StateError {
		return fault(mapping.ResultError(&s.result))
	}
	return nil
}

// describe reads what the answer's columns are.
func (s *stream) describe() error {
	C.duckdb_connection_get_arrow_options(s.connection.Ptr, &s.options) //nolint:gocritic // as above
	count := int(mapping.ColumnCount(&s.result))
	// In the engine's memory, not in Go's: they hold pointers.
	pointers := (*[1 << 20]unsafe.Pointer)(C.calloc(C.size_t(2*count+1), C.size_t(unsafe.Sizeof(uintptr(0)))))[: 2*count+1 : 2*count+1]
	defer C.free(unsafe.Pointer(&pointers[0]))
	types, names := pointers[:count:count], pointers[count:]
	for i := range count {
		kind := mapping.ColumnLogicalType(&s.result, mapping.IdxT(i))
		defer mapping.DestroyLogicalType(&kind)
		name := mapping.ColumnName(&s.result, mapping.IdxT(i))
		s.columns = append(s.columns, Column{Name: name, Type: typeName(kind)})
		types[i], names[i] = kind.Ptr, unsafe.Pointer(C.CString(name))
		defer C.free(names[i])
	}
	schema := (*C.struct_ArrowSchema)(C.calloc(1, C.sizeof_struct_ArrowSchema))
	defer C.free(unsafe.Pointer(schema))
	known := (*cdata.CArrowSchema)(unsafe.Pointer(schema))
	refused := C.duckdb_to_arrow_schema(s.options, (*unsafe.Pointer)(unsafe.Pointer(&pointers[0])), (**C.char)(unsafe.Pointer(&names[0])), C.uint64_t(count), schema)
	if err := taken(refused); err != nil {
		return err
	}
	defer cdata.ReleaseCArrowSchema(known)
	var err error
	s.schema, err = cdata.ImportCArrowSchema(known)
	return err
}

// next is the next batch of rows, nil at the end. The caller releases it.
func (s *stream) next() (arrow.RecordBatch, error) {
	if batch := s.first; batch != nil {
		s.first = nil
		return batch, nil
	}
	if s.ended {
		return nil, nil
	}
	return s.fetch()
}

func (s *stream) fetch() (batch arrow.RecordBatch, err error) {
	err = s.interruptible(func() error {
		chunk := mapping.FetchChunk(s.result)
		if chunk.Ptr == nil {
			s.ended = true
			return fault(mapping.ResultError(&s.result))
		}
		defer mapping.DestroyDataChunk(&chunk)
		array := (*C.struct_ArrowArray)(C.calloc(1, C.sizeof_struct_ArrowArray))
		defer C.free(unsafe.Pointer(array))
		if err := taken(C.duckdb_data_chunk_to_arrow(s.options, chunk.Ptr, array)); err != nil {
			return err
		}
		batch, err = cdata.ImportCRecordBatchWithSchema((*cdata.CArrowArray)(unsafe.Pointer(array)), s.schema)
		return err
	})
	return batch, err
}

// fault is what the engine says went wrong, nil if it says nothing.
func fault(text string) error {
	if text == "" {
		return nil
	}
	return &duckdb.Error{Msg: text}
}

// taken takes an error out of the engine's hands.
func taken(refused unsafe.Pointer) error {
	said := mapping.ErrorData{Ptr: refused}
	if refused == nil {
		return nil
	}
	defer mapping.DestroyErrorData(&said)
	if !mapping.ErrorDataHasError(said) {
		return nil
	}
	return fault(mapping.ErrorDataMessage(said))
}

// interruptible runs work, which the end of the stream's context stops. The
// engine forgets an interrupt that comes between two of its steps: it is told
// again until work has ended.
func (s *stream) interruptible(work func() error) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	ended := make(chan struct{})
	told := make(chan struct{})
	go func() {
		defer close(told)
		select {
		case <-ended:
			return
		case <-s.ctx.Done():
		}
		again := time.NewTicker(10 * time.Millisecond)
		defer again.Stop()
		for {
			mapping.Interrupt(s.connection)
			select {
			case <-ended:
				return
			case <-again.C:
			}
		}
	}()
	err := work()
	close(ended)
	<-told // else it might stop what runs next on the connection
	return err
}

// close frees what the engine still holds of the answer. It may be called more than once.
func (s *stream) close() error {
	if s.first != nil {
		s.first.Release()
		s.first = nil
	}
	mapping.DestroyResult(&s.result)
	if s.options != nil {
		C.duckdb_destroy_arrow_options(&s.options) //nolint:gocritic // as above
	}
	if s.statement == nil {
		return nil
	}
	err := s.statement.Close()
	s.statement = nil
	return err
}

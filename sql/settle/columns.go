package settle

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unsafe"

	"github.com/parquet-go/parquet-go"
)

// columnsReader reads the rows of a Parquet file into structs, a column at a
// time: several times as fast as row by row. Fields that have no column in the
// file, which is then of an older schema, stay as they are, as do those whose
// column has no value; columns that have no field are not read.
type columnsReader[T any] struct {
	groups  []parquet.RowGroup // those that are still to be read
	columns []columnOf
	values  []parquet.Value
	left    int64 // rows of the group that is being read
}

// columnOf is a column of the file and the field of the struct that takes it.
// The field is found by where it lies in the struct: by reflection, setting it
// would take longer than reading it.
type columnOf struct {
	name       string
	offset     uintptr
	kind       reflect.Kind
	isOptional bool // a pointer
	leaf       int  // among the file's columns
	reader     parquet.ColumnChunkValueReader
}

// physical is how the values of a field are kept in a file.
var physical = map[reflect.Kind]parquet.Kind{
	reflect.String: parquet.ByteArray, reflect.Int64: parquet.Int64, reflect.Int32: parquet.Int32, reflect.Bool: parquet.Boolean,
}

func newColumnsReader[T any](file *parquet.File) (*columnsReader[T], error) {
	r := &columnsReader[T]{groups: file.RowGroups()}
	row := reflect.TypeFor[T]()
	for _, field := range reflect.VisibleFields(row) {
		name, _, _ := strings.Cut(field.Tag.Get("parquet"), ",")
		leaf, ok := file.Schema().Lookup(name)
		if name == "" || !ok { // an embedded struct, whose fields come by themselves
			continue
		}
		kind, isOptional := field.Type.Kind(), field.Type.Kind() == reflect.Pointer
		if isOptional {
			kind = field.Type.Elem().Kind()
		}
		if found := leaf.Node.Type().Kind(); found != physical[kind] || leaf.MaxRepetitionLevel > 0 {
			return nil, fmt.Errorf("column %s is %s, not %s as expected", name, leaf.Node, kind)
		}
		offset := uintptr(0)
		for at, within := 0, row; at < len(field.Index); at++ { // through the structs that it is embedded in
			step := within.Field(field.Index[at])
			offset, within = offset+step.Offset, step.Type
		}
		r.columns = append(r.columns, columnOf{name: name, offset: offset, kind: kind, isOptional: isOptional, leaf: leaf.ColumnIndex})
	}
	return r, nil
}

// read reads the next rows into batch, whose rows are zero, and says how many;
// io.EOF if there are none.
func (r *columnsReader[T]) read(batch []T) (int, error) {
	for r.left == 0 {
		if err := r.nextGroup(); err != nil {
			return 0, err
		}
	}
	n := int(min(int64(len(batch)), r.left))
	if len(r.values) < n {
		r.values = make([]parquet.Value, n)
	}
	for i := range r.columns {
		//nolint:gosec // the fields' kinds and places were checked when the reader was made
		if err := r.columns[i].read(unsafe.Pointer(unsafe.SliceData(batch)), unsafe.Sizeof(batch[0]), r.values[:n]); err != nil {
			return 0, fmt.Errorf("column %s: %w", r.columns[i].name, err)
		}
	}
	r.left -= int64(n)
	return n, nil
}

func (r *columnsReader[T]) nextGroup() error {
	if err := r.close(); err != nil {
		return err
	}
	if len(r.groups) == 0 {
		return io.EOF
	}
	group := r.groups[0]
	r.groups, r.left = r.groups[1:], group.NumRows()
	chunks := group.ColumnChunks()
	for i := range r.columns {
		r.columns[i].reader = parquet.NewColumnChunkValueReader(chunks[r.columns[i].leaf])
	}
	return nil
}

// close lets go of the group that is being read.
func (r *columnsReader[T]) close() (err error) {
	for i := range r.columns {
		if reader := r.columns[i].reader; reader != nil {
			r.columns[i].reader = nil
			if closeErr := reader.Close(); err == nil {
				err = closeErr
			}
		}
	}
	return err
}

// read reads one value for each of the rows, which lie size bytes apart from
// first on.
func (c *columnOf) read(first unsafe.Pointer, size uintptr, values []parquet.Value) error {
	for at := 0; at < len(values); {
		n, err := c.reader.ReadValues(values[at:])
		if n == 0 {
			if err == nil || errors.Is(err, io.EOF) { // fewer values than rows
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		// What the values refer to holds until the next call.
		c.set(unsafe.Add(first, uintptr(at)*size+c.offset), size, values[at:at+n])
		at += n
	}
	return nil
}

// set puts the values into fields that lie size bytes apart.
func (c *columnOf) set(field unsafe.Pointer, size uintptr, values []parquet.Value) {
	switch c.kind {
	case reflect.String:
		// One copy for all texts, of which the rows get their parts.
		var copied strings.Builder
		length := 0
		for i := range values {
			if !values[i].IsNull() {
				length += len(values[i].ByteArray())
			}
		}
		copied.Grow(length)
		for i := range values {
			if !values[i].IsNull() {
				copied.Write(values[i].ByteArray())
			}
		}
		texts := copied.String()
		setEach(c, field, size, values, func(value *parquet.Value) string {
			text := texts[:len(value.ByteArray())]
			texts = texts[len(text):]
			return text
		})
	case reflect.Int64:
		setEach(c, field, size, values, (*parquet.Value).Int64)
	case reflect.Int32:
		setEach(c, field, size, values, (*parquet.Value).Int32)
	case reflect.Bool:
		setEach(c, field, size, values, (*parquet.Value).Boolean)
	}
}

func setEach[V any](c *columnOf, field unsafe.Pointer, size uintptr, values []parquet.Value, of func(*parquet.Value) V) {
	for i := range values {
		if values[i].IsNull() {
			continue
		}
		at := unsafe.Add(field, uintptr(i)*size)
		if c.isOptional {
			value := of(&values[i])
			*(**V)(at) = &value
		} else {
			*(*V)(at) = of(&values[i])
		}
	}
}

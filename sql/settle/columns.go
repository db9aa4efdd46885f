package settle

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

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
type columnOf struct {
	name   string
	field  []int
	leaf   int // among the file's columns
	reader parquet.ColumnChunkValueReader
}

// physical is how the values of a field are kept in a file.
var physical = map[reflect.Kind]parquet.Kind{
	reflect.String: parquet.ByteArray, reflect.Int64: parquet.Int64, reflect.Int32: parquet.Int32, reflect.Bool: parquet.Boolean,
}

func newColumnsReader[T any](file *parquet.File) (*columnsReader[T], error) {
	r := &columnsReader[T]{groups: file.RowGroups()}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		name, _, _ := strings.Cut(field.Tag.Get("parquet"), ",")
		leaf, ok := file.Schema().Lookup(name)
		if name == "" || !ok { // an embedded struct, whose fields come by themselves
			continue
		}
		kind := field.Type.Kind()
		if kind == reflect.Pointer {
			kind = field.Type.Elem().Kind()
		}
		if found := leaf.Node.Type().Kind(); found != physical[kind] || leaf.MaxRepetitionLevel > 0 {
			return nil, fmt.Errorf("column %s is %s, not %s as expected", name, leaf.Node, kind)
		}
		r.columns = append(r.columns, columnOf{name: name, field: field.Index, leaf: leaf.ColumnIndex})
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
	rows := reflect.ValueOf(batch[:n])
	if len(r.values) < n {
		r.values = make([]parquet.Value, n)
	}
	for i := range r.columns {
		if err := r.columns[i].read(rows, r.values[:n]); err != nil {
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

// read reads one value for each of rows.
func (c *columnOf) read(rows reflect.Value, values []parquet.Value) error {
	for at := 0; at < len(values); {
		n, err := c.reader.ReadValues(values[at:])
		if n == 0 {
			if err == nil || errors.Is(err, io.EOF) { // fewer values than rows
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		// What the values refer to holds until the next call.
		c.set(rows.Slice(at, at+n), values[at:at+n])
		at += n
	}
	return nil
}

func (c *columnOf) set(rows reflect.Value, values []parquet.Value) {
	// One copy for all texts, of which the rows get their parts.
	var copied strings.Builder
	size := 0
	for i := range values {
		if values[i].Kind() == parquet.ByteArray {
			size += len(values[i].ByteArray())
		}
	}
	copied.Grow(size)
	for i := range values {
		if values[i].Kind() == parquet.ByteArray {
			copied.Write(values[i].ByteArray())
		}
	}
	texts := copied.String()
	for i := range values {
		if values[i].IsNull() {
			continue
		}
		field := rows.Index(i).FieldByIndex(c.field)
		if field.Kind() == reflect.Pointer {
			field.Set(reflect.New(field.Type().Elem()))
			field = field.Elem()
		}
		switch value := values[i]; value.Kind() {
		case parquet.ByteArray:
			n := len(value.ByteArray())
			field.SetString(texts[:n])
			texts = texts[n:]
		case parquet.Boolean:
			field.SetBool(value.Boolean())
		case parquet.Int32:
			field.SetInt(int64(value.Int32()))
		default:
			field.SetInt(value.Int64())
		}
	}
}

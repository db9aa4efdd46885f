package spark

import (
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"parley/sql/warehouse"
)

// columnType is the name of a column's type as DuckDB has it, so that a table
// reads the same whichever engine answered.
func columnType(t arrow.DataType) string {
	switch x := t.(type) {
	case *arrow.BooleanType:
		return "BOOLEAN"
	case *arrow.Int8Type:
		return "TINYINT"
	case *arrow.Int16Type:
		return "SMALLINT"
	case *arrow.Int32Type:
		return "INTEGER"
	case *arrow.Int64Type:
		return "BIGINT"
	case *arrow.Float32Type:
		return "FLOAT"
	case *arrow.Float64Type:
		return "DOUBLE"
	case *arrow.StringType:
		return "VARCHAR"
	case *arrow.BinaryType:
		return "BLOB"
	case *arrow.Date32Type:
		return "DATE"
	case *arrow.TimestampType:
		if x.TimeZone == "" {
			return "TIMESTAMP"
		}
		return "TIMESTAMP WITH TIME ZONE"
	case arrow.DecimalType:
		return fmt.Sprintf("DECIMAL(%d,%d)", x.GetPrecision(), x.GetScale())
	case *arrow.ListType:
		return columnType(x.Elem()) + "[]"
	case *arrow.NullType:
		return `"NULL"`
	}
	return t.String()
}

// tableOf turns an answer into plain values, as warehouse.Table lists them.
func tableOf(answer arrow.Table) (*warehouse.Table, error) {
	t := &warehouse.Table{Rows: make([][]any, answer.NumRows())}
	for i := range t.Rows {
		t.Rows[i] = make([]any, answer.NumCols())
	}
	for c, field := range answer.Schema().Fields() {
		t.Columns = append(t.Columns, warehouse.Column{Name: field.Name, Type: columnType(field.Type)})
		row := 0
		for _, chunk := range answer.Column(c).Data().Chunks() {
			for i := range chunk.Len() {
				value, err := plainValue(chunk, i)
				if err != nil {
					return nil, fmt.Errorf("column %s: %w", field.Name, err)
				}
				t.Rows[row][c] = value
				row++
			}
		}
	}
	return t, nil
}

func plainValue(values arrow.Array, i int) (any, error) {
	if values.IsNull(i) {
		return nil, nil
	}
	switch v := values.(type) {
	case *array.Null:
		return nil, nil
	case *array.Boolean:
		return v.Value(i), nil
	case *array.Int8:
		return v.Value(i), nil
	case *array.Int16:
		return v.Value(i), nil
	case *array.Int32:
		return v.Value(i), nil
	case *array.Int64:
		return v.Value(i), nil
	case *array.Float32:
		return float64(v.Value(i)), nil
	case *array.Float64:
		return v.Value(i), nil
	case *array.String:
		return v.Value(i), nil
	case *array.Binary:
		return append([]byte{}, v.Value(i)...), nil
	case *array.Date32:
		return v.Value(i).ToTime(), nil
	case *array.Timestamp:
		return time.UnixMicro(int64(v.Value(i))).UTC(), nil // Spark's are of microseconds
	case *array.Decimal128:
		return warehouse.Decimal(v.Value(i).ToString(v.DataType().(arrow.DecimalType).GetScale())), nil
	case *array.List:
		from, to := v.ValueOffsets(i)
		list := make([]any, 0, to-from)
		for k := from; k < to; k++ {
			value, err := plainValue(v.ListValues(), int(k))
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	}
	return nil, fmt.Errorf("a value of type %s is not read from Spark; cast it to a string", values.DataType())
}

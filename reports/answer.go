package reports

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"parley/sql/warehouse"
)

// row reads the cells of one row of an answer by the names of its columns. The
// first cell that is not what it should be is kept as the answer's error.
type row struct {
	table *warehouse.Table
	cells []any
	err   *error
}

// readRows turns each row of an answer into a T.
func readRows[T any](table *warehouse.Table, read func(row) T) ([]T, error) {
	var err error
	list := make([]T, 0, len(table.Rows))
	for _, cells := range table.Rows {
		list = append(list, read(row{table: table, cells: cells, err: &err}))
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (r row) cell(name string) any {
	at := r.table.Index(name)
	if at < 0 || at >= len(r.cells) {
		r.fail("the answer has no column %s", name)
		return nil
	}
	return r.cells[at]
}

func (r row) fail(format string, args ...any) {
	if *r.err == nil {
		*r.err = fmt.Errorf(format, args...)
	}
}

// count is a whole number; NULL is none and an error.
func (r row) count(name string) int64 {
	v := r.number(name)
	if math.IsNaN(v) || v != math.Trunc(v) {
		r.fail("column %s holds %v, not a whole number", name, r.cell(name))
		return 0
	}
	return int64(v)
}

// number is a number, NaN where there is none.
func (r row) number(name string) float64 {
	cell := r.cell(name)
	if cell == nil {
		return math.NaN()
	}
	v, ok := asNumber(cell)
	if !ok {
		r.fail("column %s holds %v, not a number", name, cell)
	}
	return v
}

// amount is an exact number as text, "" where there is none.
func (r row) amount(name string) string {
	switch v := r.cell(name).(type) {
	case nil:
		return ""
	case warehouse.Decimal:
		return string(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		if _, ok := asNumber(v); !ok {
			r.fail("column %s holds %v, not an amount", name, v)
			return ""
		}
		return fmt.Sprint(v)
	}
}

// text is a text, "" where there is none.
func (r row) text(name string) string {
	switch v := r.cell(name).(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		r.fail("column %s holds %v, not a text", name, v)
		return ""
	}
}

// time is an instant or a date, the zero time where there is none.
func (r row) time(name string) time.Time {
	switch v := r.cell(name).(type) {
	case nil:
		return time.Time{}
	case time.Time:
		return v
	default:
		r.fail("column %s holds %v, not a time", name, v)
		return time.Time{}
	}
}

func (r row) flag(name string) bool {
	v, ok := r.cell(name).(bool)
	if !ok {
		r.fail("column %s holds %v, not true or false", name, r.cell(name))
	}
	return v
}

func asNumber(cell any) (float64, bool) {
	switch v := cell.(type) {
	case float64:
		return v, true
	case warehouse.Decimal:
		return v.Float64(), true
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		return f, true
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		f, err := strconv.ParseFloat(fmt.Sprint(v), 64)
		return f, err == nil
	}
	return 0, false
}

// csvCell writes a cell for a file: exact, empty for NULL, times in UTC.
func csvCell(cell any, kind string) string {
	switch v := cell.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Time:
		if strings.EqualFold(kind, "DATE") {
			return v.Format("2006-01-02")
		}
		return v.UTC().Format(time.RFC3339Nano)
	}
	return fmt.Sprint(cell)
}

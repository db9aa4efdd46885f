package warehouse

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// valuesOf reads a column's values as those that Table lists. kind is the
// engine's name of the column's type; inside of lists, structs and maps it is "".
func valuesOf(column arrow.Array, kind string) func(row int) any {
	read := presentValues(column, kind)
	if column.NullN() == 0 {
		return read
	}
	return func(row int) any {
		if column.IsNull(row) {
			return nil
		}
		return read(row)
	}
}

func presentValues(column arrow.Array, kind string) func(row int) any {
	switch c := column.(type) {
	case *array.Boolean:
		return func(row int) any { return c.Value(row) }
	case *array.Int8:
		return func(row int) any { return c.Value(row) }
	case *array.Int16:
		return func(row int) any { return c.Value(row) }
	case *array.Int32:
		return func(row int) any { return c.Value(row) }
	case *array.Int64:
		return func(row int) any { return c.Value(row) }
	case *array.Uint8:
		return func(row int) any { return c.Value(row) }
	case *array.Uint16:
		return func(row int) any { return c.Value(row) }
	case *array.Uint32:
		return func(row int) any { return c.Value(row) }
	case *array.Uint64:
		return func(row int) any { return c.Value(row) }
	case *array.Float32:
		return func(row int) any { return float64(c.Value(row)) }
	case *array.Float64:
		return func(row int) any { return c.Value(row) }
	case *array.Decimal128:
		scale := c.DataType().(*arrow.Decimal128Type).Scale
		if kind == "HUGEINT" {
			return func(row int) any { return c.Value(row).BigInt() }
		}
		return func(row int) any {
			value := c.Value(row)
			if low := int64(value.LowBits()); value.HighBits() == low>>63 && low != math.MinInt64 { // as most are
				return digitsOf(strconv.FormatInt(max(low, -low), 10), int(scale), low < 0)
			}
			return decimalText(value.BigInt(), int(scale))
		}
	case *array.String:
		if kind == "UHUGEINT" || kind == "BIGNUM" { // by asRows
			return func(row int) any { return Decimal(strings.Clone(c.Value(row))) }
		}
		// Copied: the column's memory is the engine's.
		return func(row int) any { return strings.Clone(c.Value(row)) }
	case *array.Binary:
		return func(row int) any { return append([]byte{}, c.Value(row)...) }
	case *array.Date32:
		return func(row int) any { return dateValue(int64(c.Value(row))) }
	case *array.Timestamp:
		return timestamps(c)
	case *array.Time64:
		unit := c.DataType().(*arrow.Time64Type).Unit.Multiplier()
		return func(row int) any { return clockText(time.Duration(c.Value(row)) * unit) }
	case *array.Dictionary:
		read := valuesOf(c.Dictionary(), "")
		return func(row int) any { return read(c.GetValueIndex(row)) }
	case *array.SparseUnion:
		members := make([]func(int) any, c.NumFields())
		for i := range members {
			members[i] = valuesOf(c.Field(i), "")
		}
		return func(row int) any { return members[c.ChildID(row)](row) }
	case *array.Struct:
		return structs(c)
	case *array.Map:
		return mapped(c)
	case array.ListLike:
		read := valuesOf(c.ListValues(), "")
		return func(row int) any {
			from, to := c.ValueOffsets(row)
			list := make([]any, 0, to-from)
			for i := from; i < to; i++ {
				list = append(list, read(int(i)))
			}
			return list
		}
	}
	return func(row int) any { return column.ValueStr(row) }
}

func structs(c *array.Struct) func(row int) any {
	fields := c.DataType().(*arrow.StructType).Fields()
	read := make([]func(int) any, len(fields))
	for i := range fields {
		read[i] = valuesOf(c.Field(i), "")
	}
	return func(row int) any {
		object := make(map[string]any, len(fields))
		for i, field := range fields {
			object[field.Name] = read[i](row)
		}
		return object
	}
}

func mapped(c *array.Map) func(row int) any {
	keys, items := valuesOf(c.Keys(), ""), valuesOf(c.Items(), "")
	return func(row int) any {
		from, to := c.ValueOffsets(row)
		object := make(map[string]any, to-from)
		for i := int(from); i < int(to); i++ {
			object[fmt.Sprint(keys(i))] = items(i)
		}
		return object
	}
}

// timestamps are instants in UTC.
func timestamps(c *array.Timestamp) func(row int) any {
	unit := c.DataType().(*arrow.TimestampType).Unit
	return func(row int) any {
		at := int64(c.Value(row))
		switch {
		case at == math.MaxInt64:
			return "infinity"
		case at == -math.MaxInt64:
			return "-infinity"
		}
		perSecond := int64(time.Second / unit.Multiplier())
		seconds, rest := at/perSecond, at%perSecond
		instant := time.Unix(seconds, rest*int64(unit.Multiplier())).UTC()
		if printable(instant) {
			return instant
		}
		return instant.Format("2006-01-02 15:04:05.999999")
	}
}

// dateValue is the date so many days after the first of 1970, at midnight in UTC.
func dateValue(days int64) any {
	switch days {
	case math.MaxInt32:
		return "infinity"
	case -math.MaxInt32:
		return "-infinity"
	}
	date := time.Unix(days*24*3600, 0).UTC()
	if printable(date) {
		return date
	}
	return date.Format(time.DateOnly)
}

// printable says whether Go's JSON can print a time's year; others are text.
func printable(t time.Time) bool { return t.Year() >= 0 && t.Year() <= 9999 }

// clockText is a time of day, which ends with 24:00:00.
func clockText(since time.Duration) string {
	if since == 24*time.Hour {
		return "24:00:00"
	}
	return time.Time{}.Add(since).Format("15:04:05.999999999")
}

func decimalText(unscaled *big.Int, scale int) Decimal {
	return digitsOf(new(big.Int).Abs(unscaled).String(), scale, unscaled.Sign() < 0)
}

// digitsOf puts the point into the digits of a decimal.
func digitsOf(digits string, scale int, negative bool) Decimal {
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale-len(digits)+1) + digits
	}
	if scale > 0 {
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if negative {
		digits = "-" + digits
	}
	return Decimal(digits)
}

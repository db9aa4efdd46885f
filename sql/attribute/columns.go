package attribute

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"parley/sql/warehouse"
)

// Columns is the table that ColumnsSQL selects.
const Columns = "attribute_columns"

// ColumnsSQL is the SELECT of one row for each attribute of people and of
// companies, with the column that it has become: entity, name, column_name, type,
// filled, conflicts (values of another type than most; 0: all are of one) and
// value_types, which lists them. It reads the tables of latest values, now.
func ColumnsSQL(ctx context.Context, engine Engine) (string, error) {
	var rows []string
	for _, l := range Layouts {
		attributes, err := l.Catalogue(ctx, engine)
		if err != nil {
			return "", err
		}
		for _, a := range attributes {
			types := "cast(null as varchar)"
			if len(a.Values) > 0 {
				types = warehouse.Literal(a.valueTypes())
			}
			rows = append(rows, fmt.Sprintf("(%s, %s, %s, %s, cast(%d as bigint), cast(%d as bigint), %s)",
				warehouse.Literal(string(a.Entity)), warehouse.Literal(a.Name), warehouse.Literal(a.Column), warehouse.Literal(string(a.Type)),
				a.Filled(), a.conflicts(), types))
		}
	}
	const head = "select * from (values "
	const tail = ") as attributes(entity, name, column_name, type, filled, conflicts, value_types)"
	if len(rows) == 0 {
		text := "cast(null as varchar)"
		return head + "(" + strings.Join([]string{text, text, text, text, "cast(null as bigint)", "cast(null as bigint)", text}, ", ") + ")" + tail + " where false", nil
	}
	return head + strings.Join(rows, ",\n") + tail, nil
}

// conflicts is how many values are of another type than most are.
func (a Attribute) conflicts() int64 {
	var most int64
	for _, n := range a.Values {
		most = max(most, n)
	}
	return a.Filled() - most
}

// valueTypes lists how many values are of each type, the most first.
func (a Attribute) valueTypes() string {
	types := slices.SortedFunc(maps.Keys(a.Values), func(x, y Type) int {
		if a.Values[x] != a.Values[y] {
			return int(a.Values[y] - a.Values[x])
		}
		return strings.Compare(string(x), string(y))
	})
	listed := make([]string, len(types))
	for i, typ := range types {
		listed[i] = fmt.Sprintf("%s %d", typ, a.Values[typ])
	}
	return strings.Join(listed, ", ")
}

package spark

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// texts escapes what ends a text, or begins an escape in it.
var texts = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

// text quotes a text so that it stands in a statement as that text and nothing
// else. Unlike in DuckDB a backslash escapes.
func text(value string) string { return "'" + texts.Replace(value) + "'" }

// ident quotes a name so that it stands in a statement as that name and nothing else.
func ident(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// literal writes a value of a query's parameter: Spark takes nothing but
// literals there, so the doubles that have none cannot be bound.
func literal(value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "null", nil
	case string:
		return text(v), nil
	case bool:
		return strconv.FormatBool(v), nil
	case int64:
		return strconv.FormatInt(v, 10) + "L", nil
	case float64:
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return strconv.FormatFloat(v, 'e', -1, 64) + "D", nil
		}
	case time.Time:
		return "timestamp '" + v.UTC().Format("2006-01-02T15:04:05.000000Z") + "'", nil
	}
	return "", fmt.Errorf("%v, a %T, cannot be bound to a statement of Spark", value, value)
}

// bound is a query whose parameters have their values. Spark itself puts them
// in their places.
func bound(query string, args []any) (string, error) {
	if len(args) == 0 {
		return query, nil
	}
	values := make([]string, len(args))
	for i, arg := range args {
		value, err := literal(arg)
		if err != nil {
			return "", err
		}
		values[i] = value
	}
	return "execute immediate " + text(query) + " using " + strings.Join(values, ", "), nil
}

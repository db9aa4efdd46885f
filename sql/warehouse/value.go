package warehouse

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// plainValue turns a value of the driver into one of those that Table lists.
// kind is the engine's name of the column's type.
func plainValue(v any, kind string) any {
	switch x := v.(type) {
	case nil:
		return nil
	case duckdb.Decimal:
		return decimalText(x)
	case time.Time:
		return plainTime(x, kind)
	case duckdb.Interval:
		return intervalText(x)
	case []byte:
		if kind == "UUID" && len(x) == 16 {
			h := hex.EncodeToString(x)
			return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
		}
		// Copied: the next row overwrites the driver's own bytes.
		return append([]byte{}, x...)
	case []any:
		inner := strings.TrimSuffix(kind, "[]")
		list := make([]any, len(x))
		for i, e := range x {
			list[i] = plainValue(e, inner)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(x))
		for k, e := range x {
			object[k] = plainValue(e, "")
		}
		return object
	case duckdb.OrderedMap:
		object := make(map[string]any, len(x.Keys()))
		for i, k := range x.Keys() {
			object[fmt.Sprint(plainValue(k, ""))] = plainValue(x.Values()[i], "")
		}
		return object
	case duckdb.Union:
		return plainValue(x.Value, "")
	case float32:
		return float64(x)
	}
	return v
}

// plainTime gives instants and dates as they are, in UTC, and what Go's time
// cannot print (a time of day, infinity, years beyond 9999) as text.
func plainTime(t time.Time, kind string) any {
	switch {
	case kind == "TIME" || kind == "TIMETZ":
		text := t.Format("15:04:05.999999")
		if kind == "TIMETZ" {
			text += t.Format("-07:00")
		}
		return text
	case t.Year() > 200000:
		return "infinity"
	case t.Year() < -200000:
		return "-infinity"
	case t.Year() > 9999 || t.Year() < 0:
		return t.UTC().Format("2006-01-02 15:04:05.999999")
	}
	return t.UTC()
}

func decimalText(d duckdb.Decimal) Decimal {
	digits := new(big.Int).Abs(d.Value).String()
	scale := int(d.Scale)
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale-len(digits)+1) + digits
	}
	if scale > 0 {
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if d.Value.Sign() < 0 {
		digits = "-" + digits
	}
	return Decimal(digits)
}

// intervalText writes an interval as "1 month 2 days 00:00:03", leaving out what is zero.
func intervalText(i duckdb.Interval) string {
	var words []string
	count := func(n int32, unit string) {
		switch {
		case n == 1 || n == -1:
			words = append(words, fmt.Sprintf("%d %s", n, unit))
		case n != 0:
			words = append(words, fmt.Sprintf("%d %ss", n, unit))
		}
	}
	count(i.Months, "month")
	count(i.Days, "day")
	if i.Micros != 0 || len(words) == 0 {
		sign, micros := "", i.Micros
		if micros < 0 {
			sign, micros = "-", -micros
		}
		clock := fmt.Sprintf("%s%02d:%02d:%02d", sign, micros/3_600_000_000, micros/60_000_000%60, micros/1_000_000%60)
		if rest := micros % 1_000_000; rest != 0 {
			clock += fmt.Sprintf(".%06d", rest)
		}
		words = append(words, clock)
	}
	return strings.Join(words, " ")
}

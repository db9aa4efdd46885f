package transform

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"parley/sql/warehouse"
)

var (
	lengthText = regexp.MustCompile(`^([0-9]+)\s*([a-z]+)$`)
	lengths    = map[string]time.Duration{
		"s": time.Second, "second": time.Second, "m": time.Minute, "min": time.Minute, "minute": time.Minute,
		"h": time.Hour, "hour": time.Hour, "d": 24 * time.Hour, "day": 24 * time.Hour, "w": 7 * 24 * time.Hour, "week": 7 * 24 * time.Hour,
	}
)

// parseLength reads a length of time as a header writes it: "1 hour", "90 minutes", "7d".
func parseLength(text string) (time.Duration, bool) {
	m := lengthText.FindStringSubmatch(strings.ToLower(strings.TrimSpace(text)))
	if m == nil {
		return 0, false
	}
	unit, ok := lengths[m[2]]
	if !ok {
		unit, ok = lengths[strings.TrimSuffix(m[2], "s")]
	}
	number, err := strconv.ParseInt(m[1], 10, 64)
	const most = 100 * 366 * 24 * time.Hour
	if !ok || err != nil || number < 1 || number > int64(most/unit) {
		return 0, false
	}
	return time.Duration(number) * unit, true
}

// DurationText writes a length of time for people, in its two largest units: "2 d 3 h", "45 s".
func DurationText(d time.Duration) string {
	rest := d.Abs().Round(time.Second)
	var words []string
	for _, unit := range []struct {
		name string
		of   time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}} {
		n := rest / unit.of
		rest -= n * unit.of
		if n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, unit.name))
		} else if len(words) > 0 {
			break // 1 d 5 min is a day
		}
		if len(words) == 2 {
			break
		}
	}
	if len(words) == 0 {
		return "0 s"
	}
	return strings.Join(words, " ")
}

// staleness is the SELECT of one row, the newest value of a table's column and
// the build's as_of, where that is older than it may be, or there is none.
func (c Check) staleness(name string) (query string, values []any) {
	return fmt.Sprintf(`select newest, as_of from (select max(%s)::timestamptz as newest from %s) as found cross join (select as_of from settings) as build
		where newest is null or newest < as_of - to_microseconds(?::bigint)`, warehouse.Ident(c.Columns[0]), name), []any{c.Length.Microseconds()}
}

// foundStale says in words how old the newest value is; "" if it is not too old.
func (c Check) foundStale(sample *warehouse.Table) string {
	if sample == nil || len(sample.Rows) == 0 {
		return ""
	}
	newest, some := sample.Rows[0][0].(time.Time)
	asOf, _ := sample.Rows[0][1].(time.Time)
	if !some {
		return fmt.Sprintf("%s has no value in any row; the newest may be %s old", c.Columns[0], DurationText(c.Length))
	}
	return fmt.Sprintf("the newest %s, %s, is %s older than as_of, %s; it may be %s old",
		c.Columns[0], newest.UTC().Format(time.RFC3339), DurationText(asOf.Sub(newest)), asOf.UTC().Format(time.RFC3339), DurationText(c.Length))
}

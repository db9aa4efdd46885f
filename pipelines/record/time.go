package record

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/encoding/json"
)

// ParseTime reads a time as records give it: Unix seconds (a number, or text
// that is one; fractions down to microseconds) or ISO 8601 text, which is UTC
// where it names no zone. value is JSON. The result is in UTC, to the
// microsecond.
func ParseTime(value []byte) (time.Time, error) {
	if !json.Valid(value) {
		return time.Time{}, errors.New("what is not JSON is no time")
	}
	return parseTime(strings.TrimSpace(string(value)))
}

// parseTime is ParseTime of JSON that is known to be valid.
func parseTime(text string) (time.Time, error) {
	switch text[0] {
	case '"':
		return ParseTimeText(unquote(text), time.UTC)
	case '{', '[', 't', 'f', 'n':
		return time.Time{}, errors.New(describe(text) + " is no time; send Unix seconds or ISO 8601")
	}
	return parseUnix(text)
}

// ParseTimeText reads a time from text: ISO 8601 (also with "/" for "-" and a
// space for "T", with or without a time of day) or Unix seconds. A time without a zone is
// taken in zone: where clocks go back and it stands twice, the first is meant;
// where they go forward and it does not exist, it moves forward with them. The
// result is in UTC, to the microsecond.
func ParseTimeText(text string, zone *time.Location) (time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return time.Time{}, errors.New("empty text is no time")
	}
	if strings.HasSuffix(text, "Z") { // the form that most senders use, which Go reads fastest
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			return inRange(at)
		}
	}
	if isNumber(text) && !isBasicDate(text) {
		return parseUnix(text)
	}
	clock, ok := parseISO(text)
	if !ok {
		return time.Time{}, errors.New(quoteShort(text) + " is no time; send Unix seconds or ISO 8601, as in 2026-06-30T09:15:00Z")
	}
	if clock.hasOffset {
		return inRange(clock.utc().Add(-clock.offset))
	}
	return inRange(InZone(clock.utc(), zone))
}

// InZone is the instant at which the clocks of zone show what wall shows in
// UTC, by the rule of ParseTimeText for times that stand twice or not at all.
func InZone(wall time.Time, zone *time.Location) time.Time {
	at := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), zone)
	start, end := at.ZoneBounds()
	// The offset before the change of clocks that is nearest to the time settles both cases.
	for _, change := range []time.Time{start, end} {
		if change.IsZero() {
			continue
		}
		_, before := change.Add(-time.Nanosecond).Zone()
		_, after := change.Zone()
		early := wall.Add(-time.Duration(before) * time.Second)
		late := wall.Add(-time.Duration(after) * time.Second)
		twice := early.Before(change) && !late.Before(change)
		never := !early.Before(change) && late.Before(change)
		if twice || never {
			return early.UTC()
		}
	}
	return at.UTC()
}

var (
	earliest = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)
)

func inRange(at time.Time) (time.Time, error) {
	at = at.UTC().Truncate(time.Microsecond)
	if at.Before(earliest) || at.After(latest) {
		return time.Time{}, errors.New("the time lies outside the years 1 to 9999")
	}
	return at, nil
}

func parseUnix(text string) (time.Time, error) {
	whole, fraction, hasFraction := strings.Cut(text, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || (hasFraction && !digits(fraction)) {
		value, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(value) || math.Abs(value) > 1e15 {
			return time.Time{}, errors.New(quoteShort(text) + " is no time; send Unix seconds or ISO 8601")
		}
		floor := math.Floor(value)
		return secondsIn(int64(floor), int64((value-floor)*1e6)*1000, text)
	}
	nanos := int64(0)
	if hasFraction {
		nanos, _ = strconv.ParseInt((fraction + "000000")[:6], 10, 64)
		nanos *= 1000
		if strings.HasPrefix(whole, "-") {
			nanos = -nanos
		}
	}
	return secondsIn(seconds, nanos, text)
}

func secondsIn(seconds, nanos int64, text string) (time.Time, error) {
	if seconds < earliest.Unix() || seconds > latest.Unix() {
		return time.Time{}, errors.New(quoteShort(text) + " as Unix seconds lies outside the years 1 to 9999" + unitHint(seconds))
	}
	return inRange(time.Unix(seconds, nanos))
}

// unitHint guesses what was sent instead of seconds.
func unitHint(number int64) string {
	for _, unit := range []struct {
		name      string
		perSecond int64
	}{{"milliseconds", 1e3}, {"microseconds", 1e6}, {"nanoseconds", 1e9}} {
		if seconds := number / unit.perSecond; seconds > earliest.Unix() && seconds < latest.Unix() {
			return "; are these " + unit.name + "? Send seconds"
		}
	}
	return ""
}

// clock is what an ISO 8601 text says, before any zone is applied.
type clock struct {
	year, month, day, hour, minute, second, nanos int
	hasOffset                                     bool
	offset                                        time.Duration
}

func (c clock) utc() time.Time {
	return time.Date(c.year, time.Month(c.month), c.day, c.hour, c.minute, c.second, c.nanos, time.UTC)
}

// parseISO reads YYYY-MM-DD[ T]HH:MM[:SS[.fraction]][zone], the same without
// separators, and the date alone.
func parseISO(text string) (c clock, ok bool) {
	rest := text
	number := func(width int) int {
		if !ok || len(rest) < width || !digits(rest[:width]) {
			ok = false
			return 0
		}
		value, _ := strconv.Atoi(rest[:width])
		rest = rest[width:]
		return value
	}
	skip := func(marks string) bool {
		if rest != "" && strings.IndexByte(marks, rest[0]) >= 0 {
			rest = rest[1:]
			return true
		}
		return false
	}
	ok = true
	c.year = number(4)
	separated := skip("-/")
	c.month = number(2)
	if separated && !skip("-/") {
		return c, false
	}
	c.day = number(2)
	if !ok || c.month < 1 || c.month > 12 || c.day < 1 || c.day > daysIn(c.year, c.month) {
		return c, false
	}
	if rest == "" {
		return c, true
	}
	if !skip("Tt ") {
		return c, false
	}
	c.hour = number(2)
	separated = skip(":")
	c.minute = number(2)
	if !ok {
		return c, false
	}
	if (separated && skip(":")) || (!separated && rest != "" && rest[0] >= '0' && rest[0] <= '9') {
		c.second = number(2)
		if ok && skip(".,") {
			length := 0
			for length < len(rest) && rest[length] >= '0' && rest[length] <= '9' {
				length++
			}
			if length == 0 {
				return c, false
			}
			c.nanos, _ = strconv.Atoi((rest[:length] + "000000000")[:9])
			rest = rest[length:]
		}
	}
	endOfDay := c.hour == 24 && c.minute == 0 && c.second == 0 && c.nanos == 0
	leap := c.second == 60 // a leap second is the last instant of its minute
	if !ok || (c.hour > 23 && !endOfDay) || c.minute > 59 || (c.second > 59 && !leap) {
		return c, false
	}
	if leap {
		c.second, c.nanos = 59, 999999000
	}
	return parseOffset(c, strings.TrimSpace(rest))
}

// parseOffset reads "", Z, UTC, +HH, +HHMM and +HH:MM.
func parseOffset(c clock, rest string) (clock, bool) {
	switch strings.ToUpper(rest) {
	case "":
		return c, true
	case "Z", "UTC", "GMT":
		c.hasOffset = true
		return c, true
	}
	sign := time.Duration(1)
	switch rest[0] {
	case '-':
		sign = -1
	case '+':
	default:
		return c, false
	}
	rest = rest[1:]
	if len(rest) == 5 && rest[2] == ':' {
		rest = rest[:2] + rest[3:]
	}
	if (len(rest) != 2 && len(rest) != 4) || !digits(rest) {
		return c, false
	}
	hours, _ := strconv.Atoi(rest[:2])
	minutes, _ := strconv.Atoi((rest + "00")[2:4])
	if hours > 18 || minutes > 59 {
		return c, false
	}
	c.hasOffset = true
	c.offset = sign * (time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute)
	return c, true
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func digits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

func isNumber(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil && !strings.ContainsAny(text, "xXnNpP_")
}

// isBasicDate tells 20260630 from the 20,260,630th second of 1970.
func isBasicDate(text string) bool {
	if len(text) != 8 || !digits(text) {
		return false
	}
	_, ok := parseISO(text)
	return ok && text[:2] >= "19" && text[:2] <= "21"
}

func quoteShort(text string) string { return strconv.Quote(shorten(text, 60)) }

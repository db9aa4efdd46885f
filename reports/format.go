package reports

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/currency"
)

// none is what stands where there is no number.
const none = "–"

// formatCount writes a whole number with its thousands set apart: 12,345.
func formatCount(n int64) string { return grouped(strconv.FormatInt(n, 10)) }

// grouped sets the thousands of a decimal number's whole part apart.
func grouped(number string) string {
	sign, digits := "", number
	if strings.HasPrefix(digits, "-") {
		sign, digits = "−", digits[1:]
	}
	whole, fraction, cut := strings.Cut(digits, ".")
	var b strings.Builder
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	if cut {
		b.WriteString("." + fraction)
	}
	return sign + b.String()
}

// formatRatio writes two decimals, three below one; 0 is 0.
func formatRatio(v float64) string {
	switch {
	case math.IsNaN(v):
		return none
	case v == 0:
		return "0"
	case math.Abs(v) < 1:
		return grouped(strconv.FormatFloat(v, 'f', 3, 64))
	}
	return grouped(strconv.FormatFloat(v, 'f', 2, 64))
}

// formatShare writes a share of 1 as per cent: 8%, 0.4%.
func formatShare(v float64) string {
	if math.IsNaN(v) {
		return none
	}
	decimals := 0
	if v != 0 && math.Abs(v) < 0.1 {
		decimals = 1
	}
	return grouped(trimZeros(strconv.FormatFloat(v*100, 'f', decimals, 64))) + "%"
}

const (
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour
)

// roundDuration rounds seconds to what formatDuration shows of them.
func roundDuration(seconds float64) float64 {
	step := 1.0
	switch {
	case seconds >= 2*day:
		step = hour
	case seconds >= 10*minute:
		step = minute
	}
	return math.Round(seconds/step) * step
}

// formatDuration writes seconds for people, in two units at most: 42 s, 4 min
// 30 s, 23 min, 5 h 12 min, 3 d 4 h. draw.js does the same.
func formatDuration(seconds float64) string {
	if math.IsNaN(seconds) {
		return none
	}
	rest := int64(roundDuration(seconds))
	if rest == 0 {
		return "0 s"
	}
	inDays := rest >= 2*day
	var words []string
	for _, unit := range []struct {
		name    string
		seconds int64
	}{{"d", day}, {"h", hour}, {"min", minute}, {"s", 1}} {
		if unit.name == "d" && !inDays {
			continue
		}
		if n := rest / unit.seconds; n > 0 {
			words = append(words, formatCount(n)+" "+unit.name)
		}
		rest %= unit.seconds
	}
	return strings.Join(words, " ")
}

// formatSeconds writes whole seconds, a half rounded up: 1,380 s.
func formatSeconds(seconds float64) string {
	if math.IsNaN(seconds) {
		return none
	}
	return grouped(strconv.FormatFloat(math.Floor(seconds+0.5), 'f', 0, 64)) + " s"
}

// formatTenths writes seconds to a tenth below a hundred, else whole: 4.2 s, 1,380 s.
func formatTenths(seconds float64) string {
	if seconds < 99.95 {
		return strconv.FormatFloat(seconds, 'f', 1, 64) + " s"
	}
	return formatSeconds(seconds)
}

// formatBytes writes a size of memory: 812 MB, 1.4 GB.
func formatBytes(n int64) string {
	const mega, giga = 1_000_000, 1_000_000_000
	switch {
	case n <= 0:
		return none
	case n < giga-mega/2:
		return formatCount((n+mega/2)/mega) + " MB"
	}
	return strconv.FormatFloat(float64(n)/giga, 'f', 1, 64) + " GB"
}

// minorUnits is how many decimals a currency's smallest coin has; 2 where the
// currency is not known.
func minorUnits(code string) int {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return 2
	}
	scale, _ := currency.Standard.Rounding(unit)
	return scale
}

// formatMoney writes an amount with its currency, rounded to the currency's
// smallest coin: EUR 12,345.00.
func formatMoney(amount, code string) string {
	if amount == "" {
		return none
	}
	return withCurrency(formatAmount(amount, code), code)
}

// formatAmount is formatMoney without the currency.
func formatAmount(amount, code string) string {
	exact, ok := new(big.Rat).SetString(amount)
	if !ok {
		return none
	}
	return grouped(rounded(exact, minorUnits(code)))
}

// rounded writes a number with so many decimals, halves away from zero, and
// never as −0.
func rounded(exact *big.Rat, decimals int) string {
	text := exact.FloatString(decimals)
	if strings.Trim(text, "-0.") == "" {
		return strings.TrimPrefix(text, "-")
	}
	return text
}

// roundMoney is an amount without its currency, rounded to the currency's
// smallest coin, and to whole units from 1,000 on: for large figures.
func roundMoney(amount, code string) string {
	exact, ok := new(big.Rat).SetString(amount)
	if !ok {
		return none
	}
	decimals := minorUnits(code)
	if new(big.Rat).Abs(exact).Cmp(big.NewRat(1000, 1)) >= 0 {
		decimals = 0
	}
	return grouped(rounded(exact, decimals))
}

// formatRoundMoney is roundMoney with its currency: EUR 12,345.
func formatRoundMoney(amount, code string) string {
	return withCurrency(roundMoney(amount, code), code)
}

func withCurrency(number, code string) string {
	if code == "" {
		return number
	}
	return code + " " + number
}

// trimZeros takes zeros off the end of a decimal fraction.
func trimZeros(number string) string {
	whole, fraction, cut := strings.Cut(number, ".")
	if !cut {
		return number
	}
	if fraction = strings.TrimRight(fraction, "0"); fraction == "" {
		return whole
	}
	return whole + "." + fraction
}

func formatDay(date time.Time) string      { return date.Format("2 January 2006") }
func formatShortDay(date time.Time) string { return date.Format("2 Jan") }

// formatWeek writes a week's first and last day: 22–28 June 2026.
func formatWeek(start time.Time) string {
	end := start.AddDate(0, 0, 6)
	switch {
	case start.Year() != end.Year():
		return formatDay(start) + " – " + formatDay(end)
	case start.Month() != end.Month():
		return start.Format("2 January") + " – " + formatDay(end)
	}
	return start.Format("2") + "–" + formatDay(end)
}

// formatDates writes the first and the last day of some time: 27 Apr to 21 Jun 2026.
func formatDates(first, last time.Time) string {
	const whole = "2 Jan 2006"
	if first.Year() == last.Year() {
		return formatShortDay(first) + " to " + last.Format(whole)
	}
	return first.Format(whole) + " to " + last.Format(whole)
}

// formatSpan writes how long some time was and which, to the nearest week, or
// to the day below two weeks: over 77 weeks, 3 Jan 2025 to 25 Jun 2026. The
// days at both ends, by their own clocks, count.
func formatSpan(first, last time.Time) string {
	midnight := func(at time.Time) time.Time {
		return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	}
	days := int64(midnight(last).Sub(midnight(first)).Hours()/24) + 1
	long := plural(days, "day")
	if days >= 14 {
		long = plural((days+3)/7, "week")
	}
	return "over " + long + ", " + formatDates(first, last)
}

// formatTime writes an instant by the clock of the reports' zone.
func (d *desk) formatTime(at time.Time) string {
	if at.IsZero() {
		return none
	}
	return at.In(d.settings.Zone).Format("2 January 2006, 15:04")
}

// plural writes a number with its noun: 1 contact, 2 contacts.
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return formatCount(n) + " " + noun + "s"
}

// counts writes a number with its noun, whose plural is another word: 2 replies.
func counts(n int64, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return formatCount(n) + " " + more
}

// people writes a number of people: 1 person, 2 people.
func people(n int64) string {
	if n == 1 {
		return "1 person"
	}
	return formatCount(n) + " people"
}

// change compares a count with the one before: "11 more (+8%)".
func change(now, before int64) string {
	if now == before {
		return "the same"
	}
	word, difference := "more", now-before
	if difference < 0 {
		word, difference = "fewer", -difference
	}
	text := formatCount(difference) + " " + word
	if before > 0 {
		text += " (" + signedShare(float64(now-before)/float64(before)) + ")"
	}
	return text
}

// changeOf compares two numbers by their ratio: "+8%".
func changeOf(now, before float64) string {
	if math.IsNaN(now) || math.IsNaN(before) || before == 0 {
		return ""
	}
	if now == before {
		return "the same"
	}
	return signedShare(now/before - 1)
}

func signedShare(v float64) string {
	if v > 0 {
		return "+" + formatShare(v)
	}
	return formatShare(v)
}

// changeOfDuration compares two durations as they are written: "9 min faster".
func changeOfDuration(now, before float64) string {
	if math.IsNaN(now) || math.IsNaN(before) {
		return ""
	}
	now, before = roundDuration(now), roundDuration(before)
	switch difference := formatDuration(math.Abs(now - before)); {
	case now == before:
		return "the same"
	case now < before:
		return difference + " faster"
	default:
		return difference + " slower"
	}
}

// nearest is the double nearest to an exact amount, for charts; 0 where there is none.
func nearest(amount string) float64 {
	v, err := strconv.ParseFloat(amount, 64)
	if err != nil {
		return 0
	}
	return v
}

// negative turns an exact amount around; nothing stays nothing.
func negative(amount string) string {
	if strings.HasPrefix(amount, "-") {
		return amount[1:]
	}
	if nearest(amount) == 0 {
		return amount
	}
	return "-" + amount
}

// spaced writes a name of ours, as in first_response, as words.
func spaced(name string) string { return strings.ReplaceAll(name, "_", " ") }

package reports

import (
	"math"
	"testing"
)

// durations are seconds as people read them; the script of the charts gives the same.
var durations = map[float64]string{
	0: "0 s", 0.4: "0 s", 42: "42 s", 59.6: "1 min", 270: "4 min 30 s", 599: "9 min 59 s", 599.7: "10 min", 629: "10 min", 630: "11 min",
	1380: "23 min", 3569: "59 min", 3570: "1 h", 18720: "5 h 12 min", 172769: "47 h 59 min", 172770: "2 d", 273600: "3 d 4 h", 100 * 86400 * 100: "10,000 d",
}

func TestFormatDuration(t *testing.T) {
	t.Parallel()
	for seconds, want := range durations {
		if got := formatDuration(seconds); got != want {
			t.Errorf("%v s are written %q, want %q", seconds, got, want)
		}
	}
	if got := formatDuration(math.NaN()); got != "–" {
		t.Errorf("no duration is written %q", got)
	}
}

func TestFormatMoney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ amount, code, exact, round string }{
		{"12345.6000000000", "EUR", "EUR 12,345.60", "EUR 12,346"},
		{"999.994", "EUR", "EUR 999.99", "EUR 999.99"},
		{"23367.0833333336", "USD", "USD 23,367.08", "USD 23,367"},
		{"12.345", "USD", "USD 12.35", "USD 12.35"},
		{"-12.345", "USD", "USD −12.35", "USD −12.35"},
		{"-0.004", "USD", "USD 0.00", "USD 0.00"},
		{"1500.5", "JPY", "JPY 1,501", "JPY 1,501"},
		{"0.1000000000", "USD", "USD 0.10", "USD 0.10"},
		{"1500.0000000000", "JPY", "JPY 1,500", "JPY 1,500"},
		{"12.5", "KWD", "KWD 12.500", "KWD 12.500"},
		{"-29.00", "USD", "USD −29.00", "USD −29.00"},
		{"7", "", "7.00", "7.00"},
		{"7", "gold", "gold 7.00", "gold 7.00"},
		{"9007199254740993.01", "USD", "USD 9,007,199,254,740,993.01", "USD 9,007,199,254,740,993"},
		{"", "USD", "–", "USD –"},
	} {
		if got := formatMoney(c.amount, c.code); got != c.exact {
			t.Errorf("%s %s is written %q, want %q", c.amount, c.code, got, c.exact)
		}
		if got := formatRoundMoney(c.amount, c.code); got != c.round {
			t.Errorf("%s %s is rounded to %q, want %q", c.amount, c.code, got, c.round)
		}
	}
}

func TestFormatNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want string }{
		{formatCount(0), "0"}, {formatCount(999), "999"}, {formatCount(1000), "1,000"}, {formatCount(-1234567), "−1,234,567"},
		{formatRatio(0), "0"}, {formatRatio(0.0764), "0.076"}, {formatRatio(0.11), "0.110"}, {formatRatio(1.375), "1.38"}, {formatRatio(1234.5), "1,234.50"},
		{formatShare(0), "0%"}, {formatShare(0.004), "0.4%"}, {formatShare(0.085), "8.5%"}, {formatShare(0.571), "57%"}, {formatShare(1), "100%"},
		{formatSeconds(1380), "1,380 s"}, {formatSeconds(4825.999999999999), "4,826 s"}, {formatSeconds(25726.5), "25,727 s"}, {formatSeconds(math.NaN()), "–"},
		{change(108, 100), "8 more (+8%)"}, {change(100, 108), "8 fewer (−7.4%)"}, {change(3, 0), "3 more"}, {change(5, 5), "the same"},
		{changeOf(0.110, 0.100), "+10%"}, {changeOf(1, 0), ""}, {changeOf(math.NaN(), 1), ""},
		{changeOfDuration(1680, 1915), "4 min faster"}, {changeOfDuration(25740, 25735), "the same"}, {changeOfDuration(30, 20), "10 s slower"},
		{changeOfPoints(0.57, 0.59), "2 points fewer"}, {changeOfPoints(0.574, 0.571), "the same"}, {changeOfPoints(0.02, 0.01), "1 point more"},
		{formatWeek(date("2026-06-22")), "22–28 June 2026"}, {formatWeek(date("2026-06-29")), "29 June – 5 July 2026"},
		{formatSpan(date("2025-01-03"), date("2026-06-25")), "over 77 weeks, 3 Jan 2025 to 25 Jun 2026"}, // 539 days
		{formatSpan(date("2026-06-12"), date("2026-06-25")), "over 2 weeks, 12 Jun to 25 Jun 2026"},
		{formatSpan(date("2026-06-13"), date("2026-06-25")), "over 13 days, 13 Jun to 25 Jun 2026"}, {formatSpan(asOf, asOf), "over 1 day, 1 Jul to 1 Jul 2026"},
		{formatWeek(date("2026-12-28")), "28 December 2026 – 3 January 2027"},
		{plural(1, "contact"), "1 contact"}, {plural(2000, "contact"), "2,000 contacts"}, {people(1), "1 person"}, {people(1043), "1,043 people"},
		{negative("0.00"), "0.00"}, {negative("3.5"), "-3.5"}, {negative("-3.5"), "3.5"},
		{weekday(1), "Monday"}, {weekday(7), "Sunday"},
	} {
		if c.got != c.want {
			t.Errorf("written %q, want %q", c.got, c.want)
		}
	}
}

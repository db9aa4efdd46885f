package settle

import "time"

// date is a UTC date, as days since 1970. Each table's rows of one date lie in
// one file, its part.
//
// Dates before 1990 share one part, and so do those from 2050 on: clocks that
// were never set, or run wild, give years from 1 to 9999, and a file for each
// of their dates would make millions. So a table never has more than some 22,000.
type date int32

const (
	secondsOfDay = 24 * 60 * 60
	microsOfDay  = secondsOfDay * 1_000_000
)

var (
	earliest = date(time.Date(1989, 12, 31, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay) // and all before
	latest   = date(time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay)   // and all after
)

// dateOf is the date of a time in microseconds since 1970.
func dateOf(micros int64) date {
	days := micros / microsOfDay
	if micros%microsOfDay < 0 {
		days--
	}
	return date(min(max(days, int64(earliest)), int64(latest)))
}

// String is the date as a part is named by it, as in 2026-03-01.
func (d date) String() string {
	return time.Unix(int64(d)*secondsOfDay, 0).UTC().Format(time.DateOnly)
}

package models_test

import (
	"fmt"
	"testing"
	"time"
)

// Clocks: New York 2026 goes from 02:00 to 03:00 on 8 March, and back from 02:00
// to 01:00 on 1 November. Havana goes back from 01:00 to 00:00, so its midnight
// of 2 November 2025 occurs twice. São Paulo skipped 00:00 to 01:00 on 4 November
// 2018. Lord Howe moves by half an hour.
func TestMacros(t *testing.T) {
	t.Parallel()
	engine := open(t)
	tests := map[string]string{
		// Local dates and times.
		"local_time(timestamptz '2026-03-08 07:00:00Z', 'America/New_York')":  "2026-03-08 03:00:00",
		"local_date(timestamptz '2026-03-09 03:59:59Z', 'America/New_York')":  "2026-03-08",
		"local_hour(timestamptz '2026-11-01 06:30:00Z', 'America/New_York')":  "1",
		"local_month(timestamptz '2026-04-01 03:59:59Z', 'America/New_York')": "2026-03-01",
		"iso_weekday(date '2026-06-07')":                                      "7",
		// Weeks: 7 June 2026 is a Sunday.
		"week_of(date '2026-06-07', 1)":                                         "2026-06-01",
		"week_of(date '2026-06-07', 7)":                                         "2026-06-07",
		"week_of(date '2026-06-07', 6)":                                         "2026-06-06",
		"week_of(date '2026-06-08', 1)":                                         "2026-06-08",
		"local_week(timestamptz '2026-06-08 03:59:59Z', 'America/New_York', 1)": "2026-06-01",
		// Instants of local times: once, never, twice.
		"instant(timestamp '2026-06-01 09:00:00', 'America/New_York')":    "2026-06-01 13:00:00",
		"instant(timestamp '2026-03-08 02:30:00', 'America/New_York')":    "2026-03-08 07:30:00",
		"instant(timestamp '2026-11-01 01:30:00', 'America/New_York')":    "2026-11-01 05:30:00",
		"instant(timestamp '2026-11-01 12:00:00', 'America/New_York')":    "2026-11-01 17:00:00",
		"instant(timestamp '2026-04-05 01:45:00', 'Australia/Lord_Howe')": "2026-04-04 14:45:00",
		"instant(timestamp '2026-10-04 02:15:00', 'Australia/Lord_Howe')": "2026-10-03 15:45:00",
		"day_start(date '2025-11-02', 'America/Havana')":                  "2025-11-02 04:00:00",
		"day_start(date '2018-11-04', 'America/Sao_Paulo')":               "2018-11-04 03:00:00",
		"day_start(date '2026-06-01', 'Asia/Tokyo')":                      "2026-05-31 15:00:00",
		// Text and spans.
		"parse_instant('2026-06-01T09:00:00.5Z')": "2026-06-01 09:00:00.5",
		"parse_instant('soon')":                   "NULL",
		"seconds_between(timestamptz '2026-06-01 00:00:00Z', timestamptz '2026-06-01 00:01:00.5Z')":                               "60.5",
		"seconds_between(timestamptz '2026-06-01 00:00:00Z', cast(null as timestamptz))":                                          "NULL",
		`json_text('{"plan": "team"}', 'plan')`:                                                                                   "team",
		"(select count(*) from each_day(date '2026-02-27', date '2026-03-01'))":                                                   "3",
		"(select count(*) from each_day(date '2026-03-01', date '2026-02-27'))":                                                   "0",
		"(select count(*) from each_quarter_hour(timestamptz '2026-06-01 00:00:00Z', timestamptz '2026-06-01 01:00:00Z'))":        "4",
		"(select max(quarter_at) from each_quarter_hour(timestamptz '2026-06-01 00:00:00Z', timestamptz '2026-06-01 00:16:00Z'))": "2026-06-01 00:15:00",
	}
	for expression, want := range tests {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			answer, err := engine.Query(t.Context(), "select "+expression)
			if err != nil {
				t.Fatal(err)
			}
			if got := shown(answer.Rows[0][0]); got != want {
				t.Errorf("is %s, want %s", got, want)
			}
		})
	}
}

// shown writes dates without a time, instants in UTC.
func shown(value any) string {
	switch v := value.(type) {
	case nil:
		return "NULL"
	case time.Time:
		if v.Equal(v.Truncate(24*time.Hour)) && v.Location() == time.UTC {
			return v.Format(time.DateOnly)
		}
		return v.Format("2006-01-02 15:04:05.999999")
	}
	return fmt.Sprint(value)
}

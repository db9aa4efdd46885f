package models_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"parley/sql/warehouse"
	"parley/sql/warehouse/spark/sparktest"
)

// macros are expressions with what they are on every engine.
//
// Clocks: New York 2026 goes from 02:00 to 03:00 on 8 March, and back from 02:00
// to 01:00 on 1 November. Havana goes back from 01:00 to 00:00, so its midnight
// of 2 November 2025 occurs twice. São Paulo skipped 00:00 to 01:00 on 4 November
// 2018. Lord Howe moves by half an hour.
var macros = map[string]string{
	// Local dates and times.
	"local_time(parse_instant('2026-03-08T07:00:00Z'), 'America/New_York')":  "2026-03-08 03:00:00",
	"local_date(parse_instant('2026-03-09T03:59:59Z'), 'America/New_York')":  "2026-03-08",
	"local_hour(parse_instant('2026-11-01T06:30:00Z'), 'America/New_York')":  "1",
	"local_month(parse_instant('2026-04-01T03:59:59Z'), 'America/New_York')": "2026-03-01",
	"iso_weekday(date '2026-06-07')":                                         "7",
	// Weeks: 7 June 2026 is a Sunday.
	"week_of(date '2026-06-07', 1)":                                            "2026-06-01",
	"week_of(date '2026-06-07', 7)":                                            "2026-06-07",
	"week_of(date '2026-06-07', 6)":                                            "2026-06-06",
	"week_of(date '2026-06-08', 1)":                                            "2026-06-08",
	"local_week(parse_instant('2026-06-08T03:59:59Z'), 'America/New_York', 1)": "2026-06-01",
	// Instants of local times: once, never, twice.
	"instant(cast('2026-06-01 09:00:00' as timestamp), 'America/New_York')":    "2026-06-01 13:00:00",
	"instant(cast('2026-03-08 02:30:00' as timestamp), 'America/New_York')":    "2026-03-08 07:30:00",
	"instant(cast('2026-11-01 01:30:00' as timestamp), 'America/New_York')":    "2026-11-01 05:30:00",
	"instant(cast('2026-11-01 12:00:00' as timestamp), 'America/New_York')":    "2026-11-01 17:00:00",
	"instant(cast('2026-04-05 01:45:00' as timestamp), 'Australia/Lord_Howe')": "2026-04-04 14:45:00",
	"instant(cast('2026-10-04 02:15:00' as timestamp), 'Australia/Lord_Howe')": "2026-10-03 15:45:00",
	"day_start(date '2025-11-02', 'America/Havana')":                           "2025-11-02 04:00:00",
	"day_start(date '2018-11-04', 'America/Sao_Paulo')":                        "2018-11-04 03:00:00",
	"day_start(date '2026-06-01', 'Asia/Tokyo')":                               "2026-05-31 15:00:00",
	"instant(date '2026-06-01', 'America/New_York')":                           "2026-06-01 04:00:00",
	"instant(cast(null as timestamp), 'America/New_York')":                     "NULL",
	"local_date(parse_instant('0001-01-02T00:00:00Z'), 'America/New_York')":    "0001-01-01",
	"local_time(parse_instant('9999-12-31T23:59:59.999999Z'), 'UTC')":          "9999-12-31 23:59:59.999999",
	// Text and spans.
	"parse_instant('2026-06-01')":                        "2026-06-01",
	"parse_instant('2026-06-01 09:00')":                  "2026-06-01 09:00:00",
	"parse_instant('2026-06-01T09:00:00.1234567Z')":      "2026-06-01 09:00:00.123456",
	"parse_instant('2026-06-01T09:00:00+02:00')":         "2026-06-01 07:00:00",
	"parse_instant('2026-06-01 09:00:00-0330')":          "2026-06-01 12:30:00",
	"parse_instant('2026-06-01T09:00:00+02')":            "2026-06-01 07:00:00",
	"parse_instant('2026-02-30T09:00:00Z')":              "NULL",
	"parse_instant('2026')":                              "NULL",
	"parse_instant('T09:00:00')":                         "NULL",
	"parse_instant('epoch')":                             "NULL",
	"parse_instant('infinity')":                          "NULL",
	"parse_instant('2026-06-01T09:00:00 Europe/Dublin')": "NULL",
	"parse_instant('')":                                  "NULL",
	"parse_instant(null)":                                "NULL",
	"parse_instant('2026-06-01T09:00:00.5Z')":            "2026-06-01 09:00:00.5",
	"parse_instant('soon')":                              "NULL",
	"seconds_between(parse_instant('2026-06-01T00:00:00Z'), parse_instant('2026-06-01T00:01:00.5Z'))": "60.5",
	"seconds_between(parse_instant('2026-06-01T00:00:00Z'), parse_instant(null))":                     "NULL",
	"length(trimmed(chr(160) || ' a b' || chr(9) || ' '))":                                            "4", // a tab is no space
	"trimmed('   ')":                                                         "",
	"trimmed(null)":                                                          "NULL",
	`json_text('{"plan": "team"}', 'plan')`:                                  "team",
	`json_text('{"a": {"b": [1, null]}}', 'a')`:                              `{"b":[1,null]}`,
	`json_text('{"n": 1.5}', 'n')`:                                           "1.5",
	`json_text('{"n": 12}', 'n')`:                                            "12",
	`json_text('{"is": true, "it''s": 1}', 'is')`:                            "true",
	`json_text('{"plan": null}', 'plan')`:                                    "NULL",
	`json_text('{}', 'plan')`:                                                "NULL",
	`json_text('no JSON', 'plan')`:                                           "NULL",
	`json_text(null, 'plan')`:                                                "NULL",
	`json_text('{"a.b": "dot", "a": {"b": 1}}', 'a.b')`:                      "dot",
	"(select count(*) from each_day(date '2026-02-27', date '2026-03-01'))":  "3",
	"(select count(*) from each_day(date '2026-03-01', date '2026-02-27'))":  "0",
	"(select count(*) from each_day(cast(null as date), date '2026-03-01'))": "0",
	"(select count(*) from each_quarter_hour(cast('2026-06-01 00:00:00' as timestamp), cast('2026-06-01 00:00:00' as timestamp)))":        "0",
	"(select count(*) from each_quarter_hour(cast('2026-06-01 00:00:00' as timestamp), cast('2026-06-01 01:00:00' as timestamp)))":        "4",
	"(select max(quarter_at) from each_quarter_hour(cast('2026-06-01 00:00:00' as timestamp), cast('2026-06-01 00:16:00' as timestamp)))": "2026-06-01 00:15:00",
}

func TestMacrosOnDuckDB(t *testing.T) {
	t.Parallel()
	testMacros(t, open(t))
}

func TestMacrosOnSpark(t *testing.T) {
	t.Parallel()
	testMacros(t, sparktest.Open(t))
}

func testMacros(t *testing.T, engine interface {
	Query(ctx context.Context, query string, args ...any) (*warehouse.Table, error)
}) {
	for expression, want := range macros {
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

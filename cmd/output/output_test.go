package output_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"parley/cmd/output"
	"parley/sql/warehouse"
)

var rows = output.Rows{
	Columns: []string{"name", "n", "at"},
	Rows: [][]any{
		{"Zoë, \"the\" <b>", int64(1234567), time.Date(2026, 6, 25, 18, 0, 0, 500, time.UTC)},
		{nil, math.NaN(), time.Date(2026, 6, 25, 0, 0, 0, 0, time.FixedZone("", 3600))},
		{[]byte{0xff, 0x00}, output.Number("12345678901234567890.10"), map[string]any{"a": []any{1.5}}},
	},
}

func TestPrograms(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		"csv": "name,n,at\n" +
			"\"Zoë, \"\"the\"\" <b>\",1234567,2026-06-25T18:00:00Z\n" +
			",NaN,2026-06-24T23:00:00Z\n" +
			"\"{\"\"base64\"\":\"\"/wA=\"\"}\",12345678901234567890.10,\"{\"\"a\"\":[1.5]}\"\n",
		"json": "[\n" +
			`{"name": "Zoë, \"the\" <b>", "n": 1234567, "at": "2026-06-25T18:00:00Z"},` + "\n" +
			`{"name": null, "n": "NaN", "at": "2026-06-24T23:00:00Z"},` + "\n" +
			`{"name": {"base64":"/wA="}, "n": 12345678901234567890.10, "at": {"a":[1.5]}}` + "\n]\n",
	} {
		var got strings.Builder
		if err := output.Print(&got, format, rows); err != nil {
			t.Fatal(err)
		}
		if got.String() != want {
			t.Errorf("%s:\n%s\nwant\n%s", format, got.String(), want)
		}
	}
}

func TestNothing(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{"json": "[]\n", "csv": "a\n", "": "none yet\n"} {
		var got strings.Builder
		if err := output.Print(&got, format, output.Rows{Columns: []string{"a"}, Empty: "none yet"}); err != nil || got.String() != want {
			t.Errorf("%q gives %q (%v), want %q", format, got.String(), err, want)
		}
	}
}

func TestATerminalIsNotMoved(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	hostile := output.Rows{Columns: []string{"a\x1b[2J"}, Rows: [][]any{{"x\x1b]0;title\x07\ny\u202e"}}}
	if err := output.Table(&got, hostile); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(got.String(), "\x1b\x07\u202e") {
		t.Errorf("control characters pass: %q", got.String())
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 6, 22, 0, 0, 0, 0, time.UTC)
	var got strings.Builder
	err := output.Print(&got, "json", output.Answer(&warehouse.Table{
		Columns: []warehouse.Column{{Name: "week_start", Type: "DATE"}, {Name: "at", Type: "TIMESTAMP WITH TIME ZONE"}, {Name: "mrr", Type: "DECIMAL(38,2)"}},
		Rows:    [][]any{{day, day, warehouse.Decimal("29.00")}},
	}))
	if want := "[\n{\"week_start\": \"2026-06-22\", \"at\": \"2026-06-22T00:00:00Z\", \"mrr\": 29.00}\n]\n"; err != nil || got.String() != want {
		t.Errorf("%q (%v), want %q", got.String(), err, want)
	}
}

// Package output prints the rows that a command or a query gives: a table for
// people, JSON and CSV for programs. It does not know where rows come from.
package output

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Rows is what is printed: rows under named columns. A cell is nil, a bool, a
// number, a string, a time, bytes, or a list or map of them.
type Rows struct {
	Columns []string
	Rows    [][]any
	Empty   string // said in place of an empty table
}

// Formats are the names of the formats that Print knows; the first is for people.
var Formats = []string{"table", "json", "csv"}

// Print writes rows to w in one of Formats; "" is the one for people.
func Print(w io.Writer, format string, r Rows) error {
	switch format {
	case "", "table":
		return Table(w, r)
	}
	writer, err := NewWriter(w, format, r.Columns)
	if err != nil {
		return err
	}
	for _, row := range r.Rows {
		if err := writer.Write(row); err != nil {
			return err
		}
	}
	return writer.Close()
}

// Table writes a table for people. What could move a terminal's cursor is replaced.
func Table(w io.Writer, r Rows) error {
	if len(r.Rows) == 0 && r.Empty != "" {
		_, err := fmt.Fprintln(w, r.Empty)
		return err
	}
	writer := table.NewWriter()
	style := table.StyleLight
	style.Options = table.OptionsNoBordersAndSeparators
	style.Options.SeparateHeader = true
	style.Format.Header = text.FormatDefault
	writer.SetStyle(style)
	header := make(table.Row, len(r.Columns))
	configs := make([]table.ColumnConfig, len(r.Columns))
	for i, name := range r.Columns {
		header[i] = Printable(name)
		configs[i] = table.ColumnConfig{Number: i + 1, WidthMax: 100, WidthMaxEnforcer: text.WrapSoft}
		if isNumeric(r.Rows, i) {
			configs[i].Align, configs[i].AlignHeader = text.AlignRight, text.AlignRight
		}
	}
	writer.AppendHeader(header)
	writer.SetColumnConfigs(configs)
	for _, row := range r.Rows {
		cells := make(table.Row, len(row))
		for i, value := range row {
			cells[i] = forPeople(value)
		}
		writer.AppendRow(cells)
	}
	_, err := fmt.Fprintln(w, writer.Render())
	return err
}

func isNumeric(rows [][]any, column int) bool {
	some := false
	for _, row := range rows {
		switch row[column].(type) {
		case nil:
		case int, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64, Number, *big.Int:
			some = true
		default:
			return false
		}
	}
	return some
}

// Number is an exact number that is printed as it is written, as a decimal.
type Number string

func forPeople(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case float64:
		return forProgramsFloat(v)
	case []byte:
		if !utf8.Valid(v) {
			return fmt.Sprintf("%d bytes", len(v))
		}
	}
	return Printable(forCSV(value))
}

// Printable keeps what would move the cursor or hide text out of a terminal.
func Printable(s string) string {
	return strings.Map(func(letter rune) rune {
		switch {
		case letter == '\n' || letter == '\t':
			return ' '
		case letter < ' ' || letter == 0x7f || letter >= 0x80 && letter < 0xa0 || letter >= 0x202a && letter <= 0x202e || letter >= 0x2066 && letter <= 0x2069:
			return '\ufffd'
		}
		return letter
	}, s)
}

func forProgramsFloat(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// forCSV writes a value as text: times in ISO 8601 UTC, lists and structs as
// JSON, and bytes that are not text as JSON writes them too.
func forCSV(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case Number:
		return string(v)
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return forProgramsFloat(v)
	case float32:
		return strconv.FormatFloat(float64(v), 'f', -1, 32)
	case time.Time:
		return FormatTime(v)
	case []byte:
		if utf8.Valid(v) {
			return string(v)
		}
		return marked(v)
	case fmt.Stringer:
		return v.String()
	case map[string]any, []any:
		encoded, err := appendJSON(nil, v)
		if err != nil {
			return fmt.Sprint(v)
		}
		return string(encoded)
	}
	return fmt.Sprint(value)
}

// marked is how bytes that are not text are written, in CSV as in JSON.
func marked(content []byte) string {
	return `{"base64":"` + base64.StdEncoding.EncodeToString(content) + `"}`
}

// FormatTime writes an instant in ISO 8601, in UTC, to the microsecond.
func FormatTime(at time.Time) string {
	at = at.UTC()
	if at.Hour() == 0 && at.Minute() == 0 && at.Second() == 0 && at.Nanosecond() == 0 {
		return at.Format("2006-01-02T15:04:05Z")
	}
	return at.Format("2006-01-02T15:04:05.999999Z")
}

func forJSON(value any) any {
	switch v := value.(type) {
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return forProgramsFloat(v) // JSON has no such number
		}
	case Number:
		return json.Number(v)
	case time.Time:
		return FormatTime(v)
	case []byte:
		if utf8.Valid(v) {
			return string(v)
		}
		return json.RawMessage(marked(v))
	case map[string]any:
		for key, inner := range v {
			v[key] = forJSON(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = forJSON(inner)
		}
	}
	return value
}

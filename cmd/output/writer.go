package output

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/segmentio/encoding/json"
)

// Writer writes rows for programs, one after another, so that an answer of any
// size needs no memory. What it has written is whole only after Close.
type Writer interface {
	// Write writes a row, which it may change.
	Write(row []any) error
	// Flush hands on what has been written so far.
	Flush() error
	// Close writes the end.
	Close() error
}

// NewWriter begins an answer in a format for programs: json or csv.
func NewWriter(w io.Writer, format string, columns []string) (Writer, error) {
	switch format {
	case "json":
		return newJSONWriter(w, columns)
	case "csv":
		out := &csvWriter{out: csv.NewWriter(w), record: make([]string, len(columns))}
		return out, out.out.Write(columns)
	}
	return nil, fmt.Errorf("no format %q; there are %s", format, strings.Join(Formats, ", "))
}

// csvWriter writes RFC 4180 with one header line, LF at line ends, and NULL as nothing.
type csvWriter struct {
	out    *csv.Writer
	record []string
}

func (c *csvWriter) Write(row []any) error {
	for i, value := range row {
		c.record[i] = forCSV(value)
	}
	return c.out.Write(c.record)
}

func (c *csvWriter) Flush() error {
	c.out.Flush()
	return c.out.Error()
}

func (c *csvWriter) Close() error { return c.Flush() }

// jsonWriter writes one array of objects whose keys stand in the columns' order.
type jsonWriter struct {
	out     *bufio.Writer
	columns []string
	keys    []string // in JSON, with what stands before and behind
	line    []byte
	some    bool
}

func newJSONWriter(w io.Writer, columns []string) (*jsonWriter, error) {
	j := &jsonWriter{out: bufio.NewWriterSize(w, 64<<10), columns: columns}
	for i, name := range columns {
		key, err := json.Append(nil, name, 0)
		if err != nil {
			return nil, err
		}
		j.keys = append(j.keys, map[bool]string{true: "{", false: ", "}[i == 0]+string(key)+": ")
	}
	return j, nil
}

func (j *jsonWriter) Write(row []any) (err error) {
	j.line = append(j.line[:0], map[bool]string{true: ",\n", false: "[\n"}[j.some]...)
	j.some = true
	for i, value := range row {
		j.line = append(j.line, j.keys[i]...)
		if j.line, err = appendJSON(j.line, value); err != nil {
			return fmt.Errorf("print column %s: %w", j.columns[i], err)
		}
	}
	_, err = j.out.Write(append(j.line, '}'))
	return err
}

func (j *jsonWriter) Flush() error { return j.out.Flush() }

func (j *jsonWriter) Close() error {
	end := "[]\n"
	if j.some {
		end = "\n]\n"
	}
	if _, err := j.out.WriteString(end); err != nil {
		return err
	}
	return j.out.Flush()
}

// appendJSON appends a value in JSON, with <, > and & as they are: it is not read as HTML.
func appendJSON(to []byte, value any) ([]byte, error) {
	return json.Append(to, forJSON(value), json.SortMapKeys)
}

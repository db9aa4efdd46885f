package transform

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// csvFile is a file of a case as it is written: fields with their places, an
// empty field apart from "".
type csvFile struct {
	path   string // as messages name it
	header []csvField
	rows   []csvRow
}

type csvRow struct {
	line   int
	fields []csvField
}

type csvField struct {
	text         string
	null         bool // empty and without quotes
	line, column int  // from 1; the column in characters
}

// at begins a message about a field.
func (f *csvFile) at(field csvField, format string, args ...any) error {
	return fmt.Errorf("%s:%d:%d: %s", f.path, field.line, field.column, fmt.Sprintf(format, args...))
}

// numbered is the file with each row's line as a first field.
func (f *csvFile) numbered() *csvFile {
	n := &csvFile{path: f.path, header: f.header}
	for _, row := range f.rows {
		line := csvField{text: strconv.Itoa(row.line), line: row.line, column: 1}
		n.rows = append(n.rows, csvRow{line: row.line, fields: append([]csvField{line}, row.fields...)})
	}
	return n
}

// readCSV reads a file of RFC 4180 with a header line.
func readCSV(files fs.FS, name, shown string) (*csvFile, error) {
	content, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path.Join(shown, name), err)
	}
	f := &csvFile{path: path.Join(shown, name)}
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	if at := firstNotUTF8(content); at >= 0 {
		return nil, fmt.Errorf("%s:%d: is not UTF-8; save it as UTF-8", f.path, 1+bytes.Count(content[:at], []byte("\n")))
	}
	lines := bytes.Split(content, []byte("\n"))
	reader := csv.NewReader(bytes.NewReader(content))
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, f.broken(err, len(f.header))
		}
		fields := make([]csvField, len(record))
		for i, text := range record {
			line, column := reader.FieldPos(i)
			quoted := column <= len(lines[line-1]) && lines[line-1][column-1] == '"'
			fields[i] = csvField{text: text, null: text == "" && !quoted, line: line, column: 1 + utf8.RuneCount(lines[line-1][:column-1])}
		}
		if f.header == nil {
			f.header = fields
			continue
		}
		f.rows = append(f.rows, csvRow{line: fields[0].line, fields: fields})
	}
	if f.header == nil {
		return nil, fmt.Errorf("%s: is empty; write a header line that names the columns", f.path)
	}
	return f, nil
}

func firstNotUTF8(content []byte) int {
	for i := 0; i < len(content); {
		letter, size := utf8.DecodeRune(content[i:])
		if letter == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// broken puts what is wrong with the form of a file into a sentence.
func (f *csvFile) broken(err error, columns int) error {
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	switch {
	case errors.Is(parse.Err, csv.ErrFieldCount):
		return fmt.Errorf("%s:%d: the row has not as many fields as the header, which has %d; leave a field empty for NULL, and put text with a comma in quotes", f.path, parse.Line, columns)
	case errors.Is(parse.Err, csv.ErrQuote), errors.Is(parse.Err, csv.ErrBareQuote):
		return fmt.Errorf(`%s:%d:%d: a quote stands where none can; put the whole field in quotes, and write each quote in it twice, as "say ""hi"""`, f.path, parse.Line, parse.Column)
	}
	return fmt.Errorf("%s:%d:%d: %w", f.path, parse.Line, parse.Column, parse.Err)
}

// isoInstant is a date, or a date and a time of day, in the forms of ISO 8601
// that name days by month and day.
var isoInstant = regexp.MustCompile(`^(\d{4})-?(\d\d)-?(\d\d)(?:[Tt ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?[ ]?([Zz]|[+-]\d\d(?::?\d\d)?)?)?$`)

// spelled is a value's text as the engine reads it for a type: it knows fewer
// forms of times than there are.
func spelled(kind, text string) string {
	if kind != "DATE" && !strings.HasPrefix(kind, "TIMESTAMP") {
		return text
	}
	m := isoInstant.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	date, zone := m[1]+"-"+m[2]+"-"+m[3], strings.ToUpper(m[8])
	if m[4] == "" {
		return date
	}
	for i := range m {
		if i >= 5 && i <= 6 && m[i] == "" {
			m[i] = "00"
		}
	}
	clock := m[4] + ":" + m[5] + ":" + m[6]
	if m[7] != "" {
		clock += "." + m[7]
	}
	return date + " " + clock + zone
}

var (
	wholeNumber = regexp.MustCompile(`^\s*[+-]?\d+(?:\.0*)?\s*$`)
	decimalType = regexp.MustCompile(`^DECIMAL\(\d+,\s*(\d+)\)$`)
	fraction    = regexp.MustCompile(`^\s*[+-]?\d*\.(\d*?)0*\s*$`)
	midnight    = regexp.MustCompile(`^\d{4}-\d\d-\d\d(?:[ T]00:00(?::00(?:\.0+)?)?Z?)?$`)
)

// loses says what of a text the engine would round away without a word when it
// reads it as a value of a type; "" for nothing.
func loses(kind, text string) string {
	switch {
	case strings.HasSuffix(kind, "INT") || strings.HasSuffix(kind, "INTEGER"):
		if !wholeNumber.MatchString(text) {
			return "is no whole number"
		}
	case kind == "DATE":
		if !midnight.MatchString(spelled(kind, text)) {
			return "is no date as 2026-06-30"
		}
	case decimalType.MatchString(kind):
		scale, err := strconv.Atoi(decimalType.FindStringSubmatch(kind)[1])
		if m := fraction.FindStringSubmatch(text); err == nil && m != nil && len(m[1]) > scale {
			return fmt.Sprintf("has more than %d digits behind the point", scale)
		}
	}
	return ""
}

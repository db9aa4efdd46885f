package importer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxText bounds one JSON value of a file, such as a page of a list.
const maxText = 64 << 20

// errTooLong says that a value is longer than maxText.
var errTooLong = errors.New("a value of more than 64 MiB; is this JSON?")

// values reads the JSON values of a text one by one. A top-level array counts
// as the values that it holds, so that a file of one huge array streams.
type values struct {
	from    *bufio.Reader
	byLine  bool // each line is read by itself, so that a bad one spoils only itself
	line    int  // line that is being read, from 1
	inArray bool
	waiting []located // values of the line that was read
}

// located is a value's text and the line on which it starts.
type located struct {
	text []byte
	line int
}

func newValues(from *bufio.Reader, form string) *values {
	return &values{from: from, line: 1, byLine: looksLikeLines(from, form)}
}

// looksLikeLines says whether a text has one value a line (NDJSON) rather than
// one that spreads over many. Its first lines tell.
func looksLikeLines(from *bufio.Reader, form string) bool {
	ahead, _ := from.Peek(bufferBytes)
	ahead = bytes.TrimLeft(ahead, " \t\r\n")
	first, rest, more := bytes.Cut(ahead, []byte("\n"))
	first = bytes.TrimSpace(first)
	switch {
	case len(first) == 0:
		return false
	case first[0] == '[' && form != "lines":
		return false
	case json.Valid(first):
		return more || form == "lines"
	case first[len(first)-1] == '{' || first[len(first)-1] == '[' || first[len(first)-1] == ',':
		return false // the first line of something that is laid out
	}
	rest = bytes.TrimSpace(rest)
	return form == "lines" || (len(rest) > 0 && rest[0] == '{')
}

// next is the next value, which need not be JSON; io.EOF after the last.
func (v *values) next() (located, error) {
	if !v.byLine {
		return v.nextValue()
	}
	for len(v.waiting) == 0 {
		if err := v.readLine(); err != nil {
			return located{}, err
		}
	}
	value := v.waiting[0]
	v.waiting = v.waiting[1:]
	return value, nil
}

// readLine reads the values on the next line: one, or several in a row. A line that is
// no JSON is one value.
func (v *values) readLine() error {
	text, err := v.untilNewline()
	if err != nil && (len(text) == 0 || !errors.Is(err, io.EOF)) {
		return err
	}
	line := v.line
	v.line++
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return nil
	}
	if json.Valid(text) {
		v.waiting = append(v.waiting, located{text, line})
		return nil
	}
	if string(text) == "{" { // one that is laid out, among those that are not
		value, err := v.value('{')
		v.waiting = append(v.waiting, located{value.text, line})
		return err
	}
	var several []located
	inner := &values{from: bufio.NewReader(bytes.NewReader(text)), line: line}
	for {
		value, err := inner.nextValue()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || !json.Valid(value.text) {
			several = []located{{text, line}}
			break
		}
		several = append(several, value)
	}
	v.waiting = append(v.waiting, several...)
	return nil
}

func (v *values) untilNewline() ([]byte, error) {
	var text []byte
	for {
		piece, err := v.from.ReadSlice('\n')
		text = append(text, piece...)
		if len(text) > maxText {
			return nil, fmt.Errorf("line %d: %w", v.line, errTooLong)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return text, err
		}
	}
}

// nextValue reads the next value wherever its lines end.
func (v *values) nextValue() (located, error) {
	for {
		c, err := v.from.ReadByte()
		if err != nil {
			return located{}, err
		}
		switch c {
		case '\n':
			v.line++
		case ' ', '\t', '\r', 0x1e: // the last is the record separator of JSON text sequences
		case '[':
			if !v.inArray {
				v.inArray = true
				continue
			}
			return v.value(c)
		case ']':
			if v.inArray {
				v.inArray = false
				continue
			}
			return v.value(c)
		case ',':
			if !v.inArray {
				return v.value(c)
			}
		default:
			return v.value(c)
		}
	}
}

// value reads on from the value's first byte to its end.
func (v *values) value(first byte) (located, error) {
	value := located{text: []byte{first}, line: v.line}
	depth, inString := 0, first == '"'
	if first == '{' || first == '[' {
		depth = 1
	}
	nested := depth > 0
	for depth > 0 || inString || !nested {
		c, err := v.from.ReadByte()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return value, nil // breaks off, as its reader will see
			}
			return value, err
		}
		if len(value.text) > maxText {
			return value, fmt.Errorf("line %d: %w", value.line, errTooLong)
		}
		switch {
		case inString:
			if c == '\\' {
				value.text = append(value.text, c)
				if c, err = v.from.ReadByte(); err != nil {
					return value, nil //nolint:nilerr // the file ends within a text: the value is refused as it is
				}
			} else if c == '"' {
				inString = false
				nested = nested || depth == 0
			}
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			depth++
			nested = true
		case c == '}' || c == ']':
			if depth == 0 { // the end of what holds it
				return value, v.from.UnreadByte()
			}
			depth--
		case !nested && (c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n'):
			return value, v.from.UnreadByte()
		}
		if c == '\n' {
			v.line++
		}
		value.text = append(value.text, c)
	}
	return value, nil
}

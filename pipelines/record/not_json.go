package record

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// notUTF8 says where value, which is not UTF-8, ceases to be it. Bytes are
// counted from 1 in all reasons.
func notUTF8(value []byte) error {
	at := 0
	for at < len(value) {
		r, size := utf8.DecodeRune(value[at:])
		if r == utf8.RuneError && size <= 1 {
			break
		}
		at += size
	}
	return bad(BadEncoding, "the record is not UTF-8: byte %d is %#02x%s; send UTF-8", at+1, value[at], after(value, at))
}

// notJSON says why value, which is UTF-8, is not JSON, and what to do.
func notJSON(value []byte) error {
	why := func(format string, args ...any) error {
		return bad(BadJSON, "the record is not one JSON object: "+format, args...)
	}
	switch {
	case len(bytes.TrimSpace(value)) == 0:
		return why("it is empty; send an object, or, to delete what the key names, null for a value")
	case bytes.HasPrefix(value, []byte("\uFEFF")):
		return why("it begins with a byte order mark; send it without")
	case value[0] == 0:
		return why("it begins with the byte 0, as what is written for a schema registry does; send plain JSON")
	}
	// The standard library's errors carry the place.
	var any stdjson.RawMessage
	var syntax *stdjson.SyntaxError
	if err := stdjson.Unmarshal(value, &any); !errors.As(err, &syntax) {
		return why("it holds what JSON does not allow")
	}
	at := int(syntax.Offset) // of the byte that is wrong, from 1 on
	text := strings.ToValidUTF8(syntax.Error(), "\uFFFD")
	if strings.HasPrefix(text, "unexpected end") {
		return why("it breaks off after %d bytes%s; was it cut short on its way?", len(value), after(value, len(value)))
	}
	place := fmt.Sprintf("(byte %d%s)", at, after(value, at-1))
	if strings.HasSuffix(text, "after top-level value") {
		return why("something follows its end %s; send one object a record", place)
	}
	for _, literal := range []string{"NaN", "Infinity", "undefined", "None", "True", "False"} {
		if at > 0 && bytes.HasPrefix(value[at-1:], []byte(literal)) {
			return why("%s is no JSON %s; send null, a number, true or false", literal, place)
		}
	}
	return why("%s %s; JSON has names and texts in double quotes, and no comma before } or ]", text, place)
}

// after shows the text before the byte at index at, by which its place is found.
func after(value []byte, at int) string {
	const shown = 24 // bytes
	from := max(0, at-shown)
	for from < at && !utf8.RuneStart(value[from]) {
		from++
	}
	if from == at {
		return ""
	}
	return ", after " + strconv.Quote(string(value[from:at]))
}

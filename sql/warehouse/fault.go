package warehouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/duckdb/duckdb-go/v2"
)

// QueryError is what the engine says about a statement: a syntax error, an
// unknown table or column, a wrong type. Its text starts with the place in the
// statement, as in `1:8: column "plna" not found`.
type QueryError struct {
	Kind    string // the engine's word: Parser, Binder, Catalog, Conversion, Out of Memory, …
	Message string // one line
	Offset  int    // byte of the statement at which it lies; -1: unknown
	Line    int    // from 1; 0: unknown
	Column  int    // from 1, in characters; 0: unknown
}

const outOfMemory = "Out of Memory"

// OutOfMemory says whether the statement needed more memory than it may use.
func (e *QueryError) OutOfMemory() bool { return e.Kind == outOfMemory }

func (e *QueryError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
	}
	return e.Message
}

// Place turns a byte offset of text into line and column, both from 1, the
// column in characters; 0, 0 for an offset outside of it.
func Place(text string, offset int) (line, column int) {
	if offset < 0 || offset > len(text) {
		return 0, 0
	}
	before := text[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[start:]) + 1
}

// queryError turns an error of the driver into a QueryError with its place in
// query, and what came of the context's end into the context's own error.
func queryError(ctx context.Context, query string, err error) error {
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("query stopped: %w", cause)
	}
	var known *QueryError
	if errors.As(err, &known) {
		return err
	}
	var fault *duckdb.Error
	if !errors.As(err, &fault) {
		return err
	}
	return parseFault(query, fault.Msg)
}

// parseFault reads the JSON in which the engine was told to write its errors;
// text of another form becomes the message as it is.
func parseFault(query, text string) *QueryError {
	e := &QueryError{Message: oneLine(text), Offset: -1}
	start := strings.IndexByte(text, '{')
	if start < 0 {
		return e
	}
	var said struct {
		Kind     string `json:"exception_type"`
		Message  string `json:"exception_message"`
		Position string `json:"position"`
	}
	if json.Unmarshal([]byte(text[start:]), &said) != nil || said.Message == "" {
		return e
	}
	e.Kind, e.Message = said.Kind, oneLine(said.Message)
	if e.Kind == outOfMemory {
		// What the engine itself advises is to change its settings.
		reason, _, _ := strings.Cut(e.Message, " Possible solutions:")
		e.Message = "the query needs more memory than it may use; read less at once, or allow it more (" + reason + ")"
	}
	e.at(query, said.Position)
	return e
}

// at sets the error's place from a position as the engine writes it: its
// parser counts characters, all else in it counts bytes.
func (e *QueryError) at(query, position string) {
	at, err := strconv.Atoi(position)
	if err != nil {
		return
	}
	if strings.EqualFold(e.Kind, "Parser") {
		at = byteOffset(query, at)
	}
	e.Offset = at
	e.Line, e.Column = Place(query, at)
}

// byteOffset is the byte at which the character numbered n, from 0, begins.
func byteOffset(text string, n int) int {
	for i := range text {
		if n == 0 {
			return i
		}
		n--
	}
	return len(text)
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

package spark

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/spark-connect-go/v35/spark/sparkerrors"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"parley/sql/warehouse"
)

// ErrNoAnswer is what an error is when no Spark answers at the address.
var ErrNoAnswer = errors.New("no Spark answers")

// fault turns an error of the client into a *warehouse.QueryError with its
// place in statement, and what came of the context's end into the context's own.
func (s *Spark) fault(ctx context.Context, statement string, err error) error {
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("query stopped: %w", cause)
	}
	said := &sparkerrors.SparkError{}
	if !errors.As(err, &said) {
		var answer interface{ GRPCStatus() *status.Status }
		if !errors.As(err, &answer) {
			return err
		}
		said = sparkerrors.FromRPCError(answer.GRPCStatus().Err())
	}
	if said.Code == codes.Unavailable {
		return fmt.Errorf("%w at %s: %s", ErrNoAnswer, s.address, oneLine(said.Message))
	}
	return parseFault(statement, said.Message)
}

var (
	// faultText is how Spark begins what it says of a query, wherever it stands
	// in a longer message: [CLASS] text SQLSTATE: 12345.
	faultText = regexp.MustCompile(`(?s)\[([A-Z][A-Z0-9_.]+)\] (.*?)(?: SQLSTATE: [0-9A-Z]{5}|$)`)
	// Of the parser and the analyzer, counted from 0; of what runs, from 1.
	analyzedAt = regexp.MustCompile(`line (\d+),? pos (\d+)`)
	ranAt      = regexp.MustCompile(`== SQL \(line (\d+), position (\d+)\) ==`)
)

// parseFault reads what Spark says, class and place; text of another form
// becomes the message as it is.
func parseFault(statement, message string) *warehouse.QueryError {
	e := &warehouse.QueryError{Message: oneLine(message), Offset: -1}
	said := faultText.FindStringSubmatch(message)
	if said == nil {
		return e
	}
	e.Kind, e.Message = said[1], oneLine(said[2])
	if e.Kind == "PATH_NOT_FOUND" {
		e.Message = strings.TrimSuffix(e.Message, ".") + ": Spark must see the files of the lake under the same paths, on this machine or on a mount that both have"
	}
	place, from := analyzedAt.FindStringSubmatch(message), 0
	if at := ranAt.FindStringSubmatch(message); at != nil {
		place, from = at, 1
	}
	if place != nil {
		line, _ := strconv.Atoi(place[1])
		column, _ := strconv.Atoi(place[2])
		e.Offset = offsetOf(statement, line, column-from)
		e.Line, e.Column = warehouse.Place(statement, e.Offset)
	}
	return e
}

// offsetOf is the byte of text at line, from 1, and column, in characters from
// 0; -1 for a place outside of it.
func offsetOf(text string, line, column int) int {
	offset := 0
	for ; line > 1; line-- {
		end := strings.IndexByte(text[offset:], '\n')
		if end < 0 {
			return -1
		}
		offset += end + 1
	}
	for ; column > 0; column-- {
		if offset >= len(text) || text[offset] == '\n' {
			return -1
		}
		_, size := utf8.DecodeRuneInString(text[offset:])
		offset += size
	}
	return offset
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

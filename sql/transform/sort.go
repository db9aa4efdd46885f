package transform

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"parley/pipelines/yamlfile"
	"parley/sql/warehouse"
)

// ordered is the model's SELECT with the order of its header around it, and how
// many bytes stand before the model's own text; the SELECT itself without one.
// An order by a column that the model does not have is a *Fault.
func ordered(m *Model, columns []warehouse.Column) (query string, before int, err error) {
	if len(m.Header.Order) == 0 {
		return m.SQL, 0, nil
	}
	by := make([]string, len(m.Header.Order))
	for i, s := range m.Header.Order {
		if !slices.ContainsFunc(columns, func(c warehouse.Column) bool { return strings.EqualFold(c.Name, s.Column) }) {
			remedy := cmp.Or(yamlfile.DidYouMean(s.Column, columnNames(columns)), "; name one that the SELECT gives")
			return "", 0, &Fault{Model: m.Name, File: m.File, Line: s.Line,
				Text: fmt.Sprintf("the order names %q, which is no column of the model%s", s.Column, remedy)}
		}
		by[i] = warehouse.Ident(s.Column)
		if s.Desc {
			by[i] += " desc"
		}
		by[i] += " nulls last" // which is not every engine's own way
	}
	const start = "select * from (\n"
	return start + withoutEnd(m.SQL) + "\n) order by " + strings.Join(by, ", "), len(start), nil
}

// lexeme is a piece of SQL that is looked at as one: a text, a quoted name, a
// comment, white space, or else one character.
var lexeme = regexp.MustCompile(`(?s)'[^']*'|"[^"]*"|--[^\n]*|/\*.*?\*/|\s+|.`)

// withoutEnd cuts a statement before the semicolon that ends it, if one does, so
// that it can stand in brackets.
func withoutEnd(query string) string {
	for _, at := range slices.Backward(lexeme.FindAllStringIndex(query, -1)) {
		switch text := query[at[0]:at[1]]; {
		case text == ";":
			query = query[:at[0]]
		case strings.TrimSpace(text) == "", strings.HasPrefix(text, "--"), strings.HasPrefix(text, "/*"):
		default:
			return query
		}
	}
	return query
}

// placeAfter moves an error's place from a query to the text that stands in it
// after so many bytes.
func placeAfter(before int, text string, err error) error {
	var fault *warehouse.QueryError
	if before == 0 || !errors.As(err, &fault) || fault.Offset < 0 {
		return err
	}
	moved := *fault
	moved.Offset -= before
	moved.Line, moved.Column = warehouse.Place(text, moved.Offset)
	return &moved
}

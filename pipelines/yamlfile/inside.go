package yamlfile

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// ErrorInside is a fault at a line and column, both from 1 and in letters, of
// the text that stands as the value at path. It is prefixed by the file's own
// line and column of that letter, where these can be told: in a text on one
// line, plain or quoted, and in a block after a bar. Elsewhere (a text folded
// over several lines, one with escapes, a place outside the text) it is prefixed
// by the place of the value and the one in it, as in "a.yaml:1:8 (2:3 of it)".
func (f *File) ErrorInside(path string, line, column int, format string, args ...any) error {
	fault := fmt.Errorf(format, args...)
	if fileLine, fileColumn, ok := f.inside(f.node(path), line, column); ok {
		return fmt.Errorf("%s:%d:%d: %w", f.name, fileLine+f.first, fileColumn, fault)
	}
	return fmt.Errorf("%s (%d:%d of it): %w", f.place(path), line, column, fault)
}

// inside finds the line and column of the YAML text that hold a letter of a
// value. It looks at the text itself, so that it never points at another letter.
func (f *File) inside(node ast.Node, line, column int) (int, int, bool) {
	switch node := node.(type) {
	case *ast.StringNode:
		return f.insideLine(node, line, column)
	case *ast.LiteralNode:
		return f.insideBlock(node, line, column)
	}
	return 0, 0, false
}

func (f *File) insideLine(node *ast.StringNode, line, column int) (int, int, bool) {
	at := node.Token.Position
	if line != 1 || !within(node.Value, column) {
		return 0, 0, false
	}
	written := node.Value
	switch node.Token.Type {
	case token.SingleQuoteType:
		written = "'" + written + "'"
		column++
	case token.DoubleQuoteType:
		written = `"` + written + `"`
		column++
	}
	source := []rune(f.line(at.Line))
	if at.Column < 1 || at.Column > len(source) || !strings.HasPrefix(string(source[at.Column-1:]), written) {
		return 0, 0, false
	}
	return at.Line, at.Column + column - 1, true
}

func (f *File) insideBlock(node *ast.LiteralNode, line, column int) (int, int, bool) {
	lines := strings.Split(node.Value.Value, "\n")
	if node.Start.Type != token.LiteralType || line < 1 || line > len(lines) || !within(lines[line-1], column) {
		return 0, 0, false
	}
	// The block begins on the line below its bar.
	at := node.Start.Position.Line + line
	indent, ok := strings.CutSuffix(f.line(at), lines[line-1])
	if !ok || strings.Trim(indent, " ") != "" {
		return 0, 0, false
	}
	return at, len(indent) + column, true
}

// within tells whether a text has this column, or ends just before it.
func within(text string, column int) bool {
	return column >= 1 && column <= utf8.RuneCountInString(text)+1
}

// line is a line of the YAML text, from 1; "" when it has no such line.
func (f *File) line(n int) string {
	if n < 1 || n > len(f.lines) {
		return ""
	}
	return f.lines[n-1]
}

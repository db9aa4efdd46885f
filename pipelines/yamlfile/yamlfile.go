// Package yamlfile reads the YAML files that people write (the workspace's
// configuration, segments, messages, mappings) strictly, and says what is wrong
// in them as FILE:LINE:COLUMN. It knows nothing of what the files mean.
package yamlfile

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// File is a YAML text that has been read, kept so that later faults can point
// into it.
type File struct {
	name  string
	first int // lines that stand before the text in the file
	lines []string
	tree  *ast.File
}

// Decode reads text, the YAML of the file called name, into the struct that
// into points to. A key that the struct does not have is an error, with the
// nearest name; so is a value of the wrong shape. linesBefore counts the lines of the
// file that stand before the text (0 for a whole file), so that places are the
// file's own. Empty text leaves into as it is.
func Decode(name string, text []byte, linesBefore int, into any) (*File, error) {
	file := &File{name: name, first: linesBefore, lines: strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")}
	tree, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, file.explain(err, into)
	}
	file.tree = tree
	if holdsNothing(tree) {
		return file, nil
	}
	err = yaml.NewDecoder(strings.NewReader(string(text)), yaml.Strict()).Decode(into)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, file.explain(err, into)
	}
	return file, nil
}

func holdsNothing(tree *ast.File) bool {
	for _, doc := range tree.Docs {
		if doc.Body == nil {
			continue
		}
		switch doc.Body.Type() {
		case ast.CommentType, ast.NullType:
		default:
			return false
		}
	}
	return true
}

// Errorf is a fault of the value at path (as in "$.office_hours.default.monday[0]"),
// prefixed by its place. A path that is not in the file points at the file.
func (f *File) Errorf(path, format string, args ...any) error {
	return fmt.Errorf("%s: %w", f.place(path), fmt.Errorf(format, args...))
}

// Empty says whether the key at path stands in the file without a value: whoever
// wrote it meant something by it.
func (f *File) Empty(path string) bool {
	node := f.node(path)
	return node != nil && node.Type() == ast.NullType
}

// Line is the line of the value at path, from 1; 0 if it is not in the file.
func (f *File) Line(path string) int {
	node := f.node(path)
	if node == nil || node.GetToken() == nil || node.GetToken().Position == nil {
		return 0
	}
	return node.GetToken().Position.Line + f.first
}

func (f *File) place(path string) string {
	// A missing key is placed at the nearest thing above it that is there.
	for path != "" && path != "$" {
		if node := f.node(path); node != nil {
			return f.at(node.GetToken())
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			break
		}
		path = path[:cut]
	}
	return f.name
}

// node is the value at path; nil when there is none.
func (f *File) node(path string) ast.Node {
	expr, err := yaml.PathString(path)
	if err != nil || f.tree == nil {
		return nil
	}
	node, err := expr.FilterFile(f.tree)
	if err != nil {
		return nil
	}
	return node
}

func (f *File) at(tok *token.Token) string {
	if tok == nil || tok.Position == nil {
		return f.name
	}
	return fmt.Sprintf("%s:%d:%d", f.name, tok.Position.Line+f.first, tok.Position.Column)
}

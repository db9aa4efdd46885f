package yamlfile

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

var (
	unknownField = regexp.MustCompile(`unknown field "([^"]*)"`)
	definedTwice = regexp.MustCompile(`^mapping key ("(?:[^"\\]|\\.)*") already defined at \[(\d+):\d+\]$`)
)

// inWords says what the reader's messages mean to people, and what to do. A
// message that begins with none of these is told as it is.
var inWords = []struct{ begin, say string }{
	{"mapping value is not allowed in this context", "mapping value is not allowed in this context; put quotes around a value that holds a colon and a space"},
	{"could not find flow map content", "what stands in braces is no keys and values; write {key: value}, or put quotes around text"},
	{"could not find flow mapping end token", "the braces have no end; close them with }"},
	{"sequence end token", "the list has no end; close it with ]"},
	{"could not find end character of single-quoted text", "the text in single quotes has no end; close it with '"},
	{"could not find end character of double-quoted text", `the text in double quotes has no end; close it with "`},
	{"value is not allowed in this context", "this does not belong here; look at its quotes, and at how far the line is indented"},
	{"non-map value is specified", "this is no key with a value; write `key: value`"},
	{"block sequence entries are not allowed in this context", "a list does not begin on the line of its key; begin it on the next line, or write [a, b]"},
}

// explain is err with its place in the file, in words for whoever wrote the file.
func (f *File) explain(err error, into any) error {
	var fault yaml.Error
	if !errors.As(err, &fault) {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	tok := fault.GetToken()
	var (
		wrongType *yaml.TypeError
		overflow  *yaml.OverflowError
		wrongNode *yaml.UnexpectedNodeTypeError
	)
	switch {
	case errors.As(err, &wrongType):
		return f.wants(tok, kindInWords(wrongType.DstType), given(tok))
	case errors.As(err, &overflow):
		return f.wants(tok, "a number within bounds", overflow.SrcNum)
	case errors.As(err, &wrongNode):
		return f.wants(tok, nodeInWords(wrongNode.Expected), given(tok))
	}
	place, message := f.at(tok), fault.GetMessage()
	if found := unknownField.FindStringSubmatch(message); found != nil {
		known := keysOf(reflect.TypeOf(into))
		if slices.Contains(known, found[1]) {
			return fmt.Errorf("%s: unknown key %q here; it stands at another place in the file", place, found[1])
		}
		return fmt.Errorf("%s: unknown key %q%s", place, found[1], DidYouMean(found[1], known))
	}
	if found := definedTwice.FindStringSubmatch(message); found != nil {
		line, _ := strconv.Atoi(found[2])
		return fmt.Errorf("%s: the key %s stands in line %d already; keep one of the two", place, found[1], line+f.first)
	}
	for _, w := range inWords {
		if strings.HasPrefix(message, w.begin) {
			return fmt.Errorf("%s: %s", place, w.say)
		}
	}
	return fmt.Errorf("%s: %s", place, message)
}

// wants is the fault of a value that is of another shape than its key wants.
func (f *File) wants(tok *token.Token, expected, given string) error {
	// What stands for a block of keys is the colon after its first key.
	if tok != nil && tok.Type == token.MappingValueType && tok.Prev != nil {
		tok = tok.Prev
	}
	if key := keyBefore(tok); key != "" {
		return fmt.Errorf("%s: %s wants %s, not %s", f.at(tok), key, expected, given)
	}
	return fmt.Errorf("%s: here stands %s where %s should be", f.at(tok), given, expected)
}

// keyBefore is the key whose value begins at tok; "" when it is an item of a list.
func keyBefore(tok *token.Token) string {
	if tok == nil || tok.Prev == nil || tok.Prev.Type != token.MappingValueType || tok.Prev.Prev == nil {
		return ""
	}
	return tok.Prev.Prev.Value
}

// longestShown is how many letters of a value a message repeats.
const longestShown = 40

// given says in words what value begins at tok.
func given(tok *token.Token) string {
	if tok == nil {
		return "something else"
	}
	switch tok.Type {
	case token.MappingValueType, token.MappingStartType:
		return "keys and values"
	case token.SequenceEntryType, token.SequenceStartType:
		return "a list"
	case token.NullType, token.ImplicitNullType:
		return "nothing"
	case token.StringType, token.SingleQuoteType, token.DoubleQuoteType:
		if utf8.RuneCountInString(tok.Value) <= longestShown && !strings.Contains(tok.Value, "\n") {
			return strconv.Quote(tok.Value)
		}
		return "text"
	case token.LiteralType, token.FoldedType:
		return "text"
	}
	return tok.Value
}

func kindInWords(typ reflect.Type) string {
	switch typ.Kind() {
	case reflect.Pointer:
		return kindInWords(typ.Elem())
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "text"
	case reflect.Slice, reflect.Array:
		return nodeInWords(ast.SequenceType)
	case reflect.Map, reflect.Struct:
		return nodeInWords(ast.MappingType)
	}
	return "a number"
}

func nodeInWords(node ast.NodeType) string {
	switch node {
	case ast.SequenceType:
		return "a list, as [a, b]"
	case ast.MappingType:
		return "keys and values, as {key: value}"
	}
	return "another kind of value"
}

// keysOf lists every key that a struct and the structs in it can have.
func keysOf(typ reflect.Type) []string {
	var keys []string
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Array:
			walk(typ.Elem())
		case reflect.Struct:
			if seen[typ] {
				return
			}
			seen[typ] = true
			for i := range typ.NumField() {
				field := typ.Field(i)
				if key, _, _ := strings.Cut(field.Tag.Get("yaml"), ","); key != "" && key != "-" {
					keys = append(keys, key)
				}
				walk(field.Type)
			}
		}
	}
	walk(typ)
	return keys
}

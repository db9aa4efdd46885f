package message

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/osteele/liquid"
	"github.com/osteele/liquid/expressions"
	"github.com/osteele/liquid/parser"

	"parley/pipelines/yamlfile"
)

// template is a Liquid text that has been checked. What it renders holds
// values as opaque words (see seal), never as they are.
type template struct {
	file   string
	first  int // line of the file at which it begins; 0: not known
	parsed *liquid.Template
}

// tags are those that messages know. Others of Liquid's are left out: assign
// and capture would carry a value around its sealing, include reads files.
var tags = []string{"if", "elsif", "else", "endif", "unless", "endunless", "case", "when", "endcase", "comment", "endcomment", "raw", "endraw"}

// checker says what a template may name, and where an offset in it stands.
type checker struct {
	file      string
	line      int                     // of the template's first line in the file; 0: not known
	variables []string                // nil: not checked
	place     func(offset int) string // FILE:LINE:COLUMN
}

// compile checks a template and makes it ready. The error holds every fault.
func compile(source string, checks checker, location *time.Location) (*template, error) {
	rewritten, err := checks.check(source)
	if err != nil {
		return nil, err
	}
	parsed, line, err := parse(rewritten, location)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; each {%% if %%} needs its {%% endif %%}, each {%% case %%} its {%% endcase %%}", checks.place(startOfLine(source, line)), err)
	}
	return &template{file: checks.file, first: checks.line, parsed: parsed}, nil
}

// check reports what a template must not hold, and returns it with every
// object sealed: {{ x }} becomes {{ (x) | seal }}.
func (c checker) check(source string) (string, error) {
	var faults []error
	fault := func(offset int, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: %w", c.place(offset), fmt.Errorf(format, args...)))
	}
	if at := sealed.FindStringIndex(source); at != nil {
		fault(at[0], "%q is kept for Parley's own use; write it in another way", source[at[0]:at[1]])
	}
	var out strings.Builder
	offset, skipTo := 0, "" // within raw and comment nothing is checked until their end
	for _, token := range parser.Scan(source, parser.SourceLoc{}, nil) {
		text := token.Source
		switch {
		case token.Type == parser.TagTokenType && token.Name == skipTo:
			skipTo = ""
		case skipTo != "":
		case token.Type == parser.TextTokenType:
			for _, opening := range []string{"{{", "{%"} {
				if at := strings.Index(text, opening); at >= 0 {
					fault(offset+at, "%s is not closed on its line; close it with %s", opening, map[string]string{"{{": "}}", "{%": "%}"}[opening])
				}
			}
		case token.Type == parser.ObjTokenType:
			argsAt := strings.Index(text, token.Args)
			c.checkExpression(token.Args, offset+argsAt, fault)
			text = text[:argsAt] + "(" + token.Args + ") | seal" + text[argsAt+len(token.Args):]
		case token.Type == parser.TagTokenType:
			c.checkTag(token, offset, fault)
			if token.Name == "raw" || token.Name == "comment" {
				skipTo = "end" + token.Name
			}
		}
		out.WriteString(text)
		offset += len(token.Source)
	}
	return out.String(), errors.Join(faults...)
}

func (c checker) checkTag(token parser.Token, offset int, fault func(int, string, ...any)) {
	nameAt := strings.Index(token.Source, token.Name)
	switch token.Name {
	case "if", "elsif", "unless", "case", "when":
		argsAt := nameAt + len(token.Name) + strings.Index(token.Source[nameAt+len(token.Name):], token.Args)
		c.checkExpression(token.Args, offset+argsAt, fault)
	default:
		for _, known := range tags {
			if token.Name == known {
				return
			}
		}
		fault(offset+nameAt, "unknown tag %q%s; messages know if, unless, case, comment and raw", token.Name, yamlfile.DidYouMean(token.Name, tags))
	}
}

// checkExpression checks the grammar of one expression and the names in it.
func (c checker) checkExpression(source string, offset int, fault func(int, string, ...any)) {
	used, err := namesIn(source)
	if err != nil {
		fault(offset, "%w", err)
		return
	}
	for _, name := range used {
		switch {
		case name.filter && filters[name.text] == nil:
			fault(offset+name.at, "unknown filter %q%s", name.text, yamlfile.DidYouMean(name.text, filterNames()))
		case !name.filter && c.variables != nil && !c.knows(name):
			fault(offset+name.at, "unknown variable %q%s", name.text, yamlfile.DidYouMean(name.text, c.names()))
		}
	}
}

func (c checker) knows(used name) bool {
	if !used.attribute {
		for _, known := range builtIn {
			if used.text == known {
				return true
			}
		}
	}
	for _, known := range c.variables {
		if used.text == known {
			return true
		}
	}
	return false
}

func (c checker) names() []string { return append(append([]string{}, builtIn...), c.variables...) }

// render fills the template. What it returns holds sealed values.
func (t *template) render(values map[string]any) (rendered string, err error) {
	// The library answers some values that do not fit a filter with a panic.
	defer func() {
		if fault := recover(); fault != nil {
			rendered, err = "", fmt.Errorf("%s: %v", t.file, fault)
		}
	}()
	out, fault := t.parsed.Render(values)
	if fault == nil {
		return string(out), nil
	}
	place := t.file
	if t.first > 0 {
		place = fmt.Sprintf("%s:%d", t.file, t.first+fault.LineNumber())
	}
	var filter expressions.FilterError
	if errors.As(fault.Cause(), &filter) {
		return "", fmt.Errorf("%s: filter %s: %w", place, filter.FilterName, filter.Err)
	}
	return "", fmt.Errorf("%s: %s", place, explain(fault))
}

// line fills the template to one line of plain text.
func (t *template) line(values map[string]any) (string, error) {
	rendered, err := t.render(values)
	if err != nil {
		return "", err
	}
	return clean(unseal(rendered, func(value string) string { return value })), nil
}

// parse is the library's own reading of a template that has been checked. line
// counts from 0 to where the fault is.
func parse(source string, location *time.Location) (parsed *liquid.Template, line int, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			parsed, err = nil, fmt.Errorf("%v", fault)
		}
	}()
	parsed, fault := engine(location).ParseString(source)
	if fault != nil {
		return nil, fault.LineNumber(), errors.New(explain(fault))
	}
	return parsed, 0, nil
}

// explain is the library's message without its prefix and without the source,
// which holds what sealing added.
func explain(fault liquid.SourceError) string {
	text, _, _ := strings.Cut(strings.ReplaceAll(fault.Error(), "\n", " "), " in {")
	if _, message, found := strings.Cut(text, ": "); found {
		text = message
	}
	if tag, _, alone := strings.Cut(text, " not inside "); alone {
		return fmt.Sprintf("%q stands outside of any block it could belong to", tag)
	}
	return text
}

func startOfLine(text string, line int) int {
	offset := 0
	for ; line > 0; line-- {
		next := strings.IndexByte(text[offset:], '\n')
		if next < 0 {
			break
		}
		offset += next + 1
	}
	return offset
}

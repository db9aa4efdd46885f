// Package lint says which places of a model only one of the engines
// understands, or understands otherwise than the other, and what to write
// instead. It goes by the words of a model and by what each engine is known to
// have; it does not know what any model means, and runs nothing.
package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"parley/sql/warehouse"
)

// Finding is one place of a model that the engines do not share.
type Finding struct {
	Line, Column int    // from 1, the column in characters
	What         string // what stands there
	Instead      string // what to do, as in "write …"
}

// String is the finding as it stands behind a file's name: LINE:COLUMN: what is wrong; what to do.
func (f Finding) String() string {
	return fmt.Sprintf("%d:%d: %s is not the same on every engine; %s", f.Line, f.Column, f.What, f.Instead)
}

// Look finds the places of a SELECT that the engines do not share, in the order
// of the text.
func Look(query string) []Finding {
	m := &model{query: query, tokens: warehouse.Tokens(query)}
	for at, t := range m.tokens {
		switch t.Kind {
		case warehouse.Word:
			m.word(at)
		case warehouse.QuotedName:
			m.find(at, `"`+t.Text+`"`, "write a name that needs no quotes")
		case warehouse.TextLiteral:
			m.text(at)
		case warehouse.Sign:
			m.sign(at)
		}
	}
	slices.SortStableFunc(m.found, func(a, b Finding) int { return cmp.Or(a.Line-b.Line, a.Column-b.Column) })
	return m.found
}

// model is a SELECT that is looked at.
type model struct {
	query  string
	tokens []warehouse.Token
	found  []Finding
}

func (m *model) find(at int, what, instead string) {
	line, column := warehouse.Place(m.query, m.tokens[at].Offset)
	m.found = append(m.found, Finding{Line: line, Column: column, What: what, Instead: instead})
}

// is tells whether the tokens from at on are these words or signs, in any case.
func (m *model) is(at int, texts ...string) bool {
	if at < 0 || at+len(texts) > len(m.tokens) {
		return false
	}
	for i, text := range texts {
		t := m.tokens[at+i]
		if t.Kind != warehouse.Word && t.Kind != warehouse.Sign || !strings.EqualFold(t.Text, text) {
			return false
		}
	}
	return true
}

// isOne tells whether the token at is one of these words or signs.
func (m *model) isOne(at int, texts []string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return m.is(at, text) })
}

// closing is the index of the bracket that closes the one at open, or the end.
func (m *model) closing(open int) int {
	depth := 0
	for i := open; i < len(m.tokens); i++ {
		switch {
		case m.is(i, "("):
			depth++
		case m.is(i, ")"):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(m.tokens)
}

// text looks at a text: a backslash and a doubled quote end or escape in one
// engine what they do not in the other.
func (m *model) text(at int) {
	text := m.tokens[at].Text
	switch inner := strings.TrimSuffix(strings.TrimPrefix(text, "'"), "'"); {
	case !strings.HasPrefix(text, "'"):
		m.find(at, "a text in other quotes", "write '…'")
	case strings.Contains(inner, `\`):
		m.find(at, "a backslash in a text", "write chr(92) for it")
	case strings.Contains(inner, "''"):
		m.find(at, "a quote in a text", "write chr(39) for it")
	}
}

func (m *model) sign(at int) {
	previous := m.tokens[max(at-1, 0)]
	adjoins := at > 0 && previous.End == m.tokens[at].Offset
	switch {
	case m.is(at, "["):
		m.find(at, "a list, or a place in one", "take it apart before, where records are settled, or in an earlier model")
	case m.is(at, "{"):
		m.find(at, "a struct", "write columns")
	case m.is(at, "-", ">") && m.adjoin(at):
		m.find(at, "->", "write json_text(doc, key), or a column of an earlier model")
	case m.is(at, "/", "/") && m.adjoin(at):
		m.find(at, "//", "write floor(a / b)")
	case m.is(at, "*", "*") && m.adjoin(at), m.is(at, "^"):
		m.find(at, "a power", "write power(a, b)")
	case m.is(at, "~") && !(adjoins && previous.Text == "~"):
		m.find(at, "a regular expression", "write like, or take it apart where records are settled")
	case m.is(at, ":") && !(adjoins && previous.Text == ":"):
		if !m.is(at, ":", ":") || !m.adjoin(at) {
			m.find(at, "a colon", "name a column by as, an argument by its place")
		} else {
			m.typeAt(at + 2)
		}
	case m.is(at, "?"), m.is(at, "$"):
		m.find(at, "a parameter", "write the value, or read it from settings")
	}
}

// adjoin tells whether the sign at and the next stand together.
func (m *model) adjoin(at int) bool { return m.tokens[at].End == m.tokens[at+1].Offset }

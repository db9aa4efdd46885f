package lint

import (
	"fmt"
	"slices"
	"strings"
)

// phrases are words that mean something in one engine alone, or something else,
// with what to write instead.
var phrases = []struct {
	words   string
	instead string
}{
	{"qualify", "write row_number() in a CTE, and a where outside"},
	{"* exclude", "write the columns that are wanted"},
	{"* replace", "write the columns that are wanted"},
	{"* rename", "write the columns that are wanted"},
	{"union by name", "write the columns of each in the same order, and union"},
	{"union all by name", "write the columns of each in the same order, and union all"},
	{"distinct on", "write row_number() in a CTE, and a where outside"},
	{"ignore nulls", "number the groups by count(x) over (order by …), which counts known values only, then take max(x) of each"},
	{"respect nulls", "leave it out"},
	{"at time zone", "write local_time(at, zone), or instant(local, zone)"},
	{"asof", "join on the span from each row to lead() of it"},
	{"positional join", "join on row_number()"},
	{"with recursive", "hand it in as a table that is computed where records are settled"},
	{"similar to", "write like"},
	{"glob", "write like"},
	{"rlike", "write like"},
	{"regexp", "write like"},
	{"lambda", "take lists apart where records are settled"},
	{"using sample", "leave it out: a sample is by chance"},
	{"tablesample", "leave it out: a sample is by chance"},
	{"isnull", "write is null"},
	{"notnull", "write is not null"},
	{"lateral view", "write cross join lateral"},
	{"distribute by", "leave it out"},
	{"cluster by", "leave it out"},
	{"sort by", "write order by"},
	{"current_date", "read as_of from settings: a build has one instant"},
	{"current_timestamp", "read as_of from settings: a build has one instant"},
	{"localtimestamp", "read as_of from settings: a build has one instant"},
}

// word looks at a bare word: a phrase, a type behind as or before a text, a
// function, or a number.
func (m *model) word(at int) {
	word := strings.ToLower(m.tokens[at].Text)
	for _, p := range phrases {
		words := strings.Fields(p.words)
		begin := at
		if words[0] == "*" {
			begin-- // a star alone is looked at by the word behind it
		}
		if m.is(begin, words...) && !m.isColumn(at) {
			m.find(at, strings.TrimPrefix(p.words, "* "), p.instead)
			return
		}
	}
	switch {
	case word[0] >= '0' && word[0] <= '9' && strings.Contains(word, "_"):
		m.find(at, m.tokens[at].Text, "write the number without _")
	case word == "from" && (at == 0 || m.is(at-1, "(") || m.is(at-1, ")") && m.startsAfterCTE(at-1)):
		m.find(at, "from without select", "write select * from …")
	case word == "timestamp" && at+1 < len(m.tokens) && strings.HasPrefix(m.tokens[at+1].Text, "'"):
		m.find(at, "timestamp '…'", "write parse_instant('2026-06-01T00:00:00Z')")
	case (word == "cast" || word == "try_cast") && m.is(at+1, "("):
		m.cast(at + 1)
	case m.is(at+1, "("):
		m.call(at, word)
	}
}

// isColumn tells whether the word is a part of a name with points, or the name
// that stands behind as.
func (m *model) isColumn(at int) bool {
	return m.is(at-1, ".") || m.is(at+1, ".") || m.is(at-1, "as")
}

// startsAfterCTE tells whether the bracket that closes here is that of the last
// definition of the WITH that the statement begins with.
func (m *model) startsAfterCTE(at int) bool {
	depth := 0
	for i := at; i >= 0; i-- {
		switch {
		case m.is(i, ")"):
			depth++
		case m.is(i, "("):
			if depth--; depth == 0 {
				return m.is(i-1, "as") && (m.is(i-3, "with") || m.is(i-3, ",") && m.is(i-4, ")"))
			}
		}
	}
	return false
}

// types are those that both engines have under one name, with one meaning.
var types = []string{"boolean", "tinyint", "smallint", "int", "integer", "bigint", "float", "real", "double", "decimal", "numeric", "string", "date"}

// cast looks at the type of a cast whose bracket opens at.
func (m *model) cast(open int) {
	depth := 0
	for i := open; i < m.closing(open); i++ {
		switch {
		case m.is(i, "("):
			depth++
		case m.is(i, ")"):
			depth--
		case depth == 1 && m.is(i, "as"):
			m.typeAt(i + 1)
		}
	}
}

func (m *model) typeAt(at int) {
	if at >= len(m.tokens) || m.isOne(at, types) {
		return
	}
	switch name := strings.ToLower(m.tokens[at].Text); {
	case name == "varchar" && m.is(at+1, "("):
	case name == "varchar", name == "text":
		m.find(at, "the type "+name, "write string")
	case strings.HasPrefix(name, "timestamp"):
		m.find(at, "the type "+name, "write parse_instant(text), instant(local, zone) or local_time(at, zone)")
	case name == "hugeint" || strings.HasPrefix(name, "u") && strings.HasSuffix(name, "int"):
		m.find(at, "the type "+name, "write bigint, or decimal(38, 0)")
	default:
		m.find(at, "the type "+name, "write one of "+strings.Join(types, ", "))
	}
}

// call looks at a word with a bracket behind it, which may be a function.
func (m *model) call(at int, name string) {
	closing := m.closing(at + 1)
	if slices.Contains(beforeBrackets, name) || m.is(at-1, "as") || m.is(closing+1, "as", "(") {
		return // … as t(a, b), with t(a, b) as (…)
	}
	if instead, known := otherFunctions[name]; known {
		m.find(at, name+"(…)", instead)
		return
	}
	if !slices.Contains(functions, name) && !slices.Contains(macros, name) {
		m.find(at, name+"(…)", "write what both have, or make it a macro of sql/dialect")
		return
	}
	switch {
	case name == "count" && closing == at+2:
		m.find(at, "count()", "write count(*)")
	case (name == "array_agg" || name == "string_agg") && m.holds(at+2, closing, "order", "by"):
		m.find(at, "an order inside "+name+"(…)", "sort by array_sort afterwards, or by a window before")
	case slices.Contains(tableMacros, name):
		for i := at + 2; i < closing; i++ {
			if m.is(i+1, "(") && slices.Contains(macros, strings.ToLower(m.tokens[i].Text)) {
				m.find(i, fmt.Sprintf("a macro among the arguments of %s(…)", name), "compute it in a CTE before")
			}
		}
	}
}

// holds tells whether these words stand between two tokens.
func (m *model) holds(from, to int, words ...string) bool {
	for i := from; i < to; i++ {
		if m.is(i, words...) {
			return true
		}
	}
	return false
}

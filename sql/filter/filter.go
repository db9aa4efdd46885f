// Package filter is the language in which a segment says who is in it: text
// becomes a tree, the tree becomes SQL with bound values, and text again. It
// knows no database: which fields there are is passed in as a Catalogue, and
// what the SQL reads are the marts users, companies, memberships, events and
// the tags, by their public names.
//
//	plan is "pro" and (sessions > 100 or event "report_viewed" count in the last 30 days >= 3)
//	signed_up_at exactly 7 days ago and not tag is "partner"
//
// Conditions by the type of the field:
//
//	text     is "a" · is not "a" · is one of ("a", "b") · contains "a" · does not contain "a" ·
//	         starts with "a" · ends with "a"          (letters' case makes no difference)
//	number   = 1 · != 1 · > 1 · >= 1 · < 1 · <= 1 · between 1 and 9
//	boolean  is true · is false
//	date     more than 3 days ago · less than 3 days ago · exactly 3 days ago · the same with
//	         "from now" · before 2026-06-30 · after 2026-06-30 · on 2026-06-30
//	any      is known · is unknown
//
// Beside the fields of a person there are company.FIELD, event "name" count
// (also "in the last N days"), event "name" first, event "name" last and tag.
// A name with spaces is quoted: "invites sent" > 4.
//
// A condition on an unknown value is neither true nor false, so neither it nor
// its negation matches; only `is unknown` does. A condition on company.FIELD
// holds when it holds for one of the person's companies. "More than" and "less
// than" compare instants with the instant of the run; "exactly N days ago", "on",
// "before" and "after" mean whole calendar days in the workspace's time zone.
package filter

import (
	"strconv"
	"strings"
)

// Node is a filter or a part of one: *And, *Or, *Not or *Condition.
type Node interface {
	// String is the filter as text that Parse reads as the same tree.
	String() string
	precedence() int
}

// And holds when all of its terms do. It has two terms or more.
type And struct{ Terms []Node }

// Or holds when one of its terms does. It has two terms or more.
type Or struct{ Terms []Node }

// Not holds when its term does not; when the term is unknown, so is Not.
type Not struct{ Term Node }

// Condition says something of one subject.
type Condition struct {
	Subject Subject
	Op      Operator
	Values  []Value // as many as the operator takes
	At      Place   // where it stands in the text
}

// Subject is what a condition is about.
type Subject struct {
	Kind  SubjectKind
	Name  string // the field's, the event's; empty for a tag
	Days  int    // of an event count: only the last so many days; 0: all
	Field Field  // for a field of a person or a company: what the catalogue says of it
}

// SubjectKind says what a subject is.
type SubjectKind int

// The kinds of subject.
const (
	PersonField SubjectKind = iota
	CompanyField
	EventCount
	EventFirst
	EventLast
	Tag
)

// Operator is what a condition says.
type Operator string

// The operators, by their text.
const (
	Is             Operator = "is"
	IsNot          Operator = "is not"
	IsOneOf        Operator = "is one of"
	Contains       Operator = "contains"
	DoesNotContain Operator = "does not contain"
	StartsWith     Operator = "starts with"
	EndsWith       Operator = "ends with"
	Equal          Operator = "="
	NotEqual       Operator = "!="
	Greater        Operator = ">"
	GreaterEqual   Operator = ">="
	Less           Operator = "<"
	LessEqual      Operator = "<="
	Between        Operator = "between"
	MoreAgo        Operator = "more than … ago"
	LessAgo        Operator = "less than … ago"
	ExactlyAgo     Operator = "exactly … ago"
	MoreAhead      Operator = "more than … from now"
	LessAhead      Operator = "less than … from now"
	ExactlyAhead   Operator = "exactly … from now"
	Before         Operator = "before"
	After          Operator = "after"
	On             Operator = "on"
	IsKnown        Operator = "is known"
	IsUnknown      Operator = "is unknown"
)

// Value is a value that a condition compares with: a string, a Number, a bool,
// a Date or a Span.
type Value interface{ text() string }

// Text is a piece of text.
type Text string

// Number is a number, kept as it was written.
type Number string

// Bool is true or false.
type Bool bool

// Date is a calendar day, as 2026-06-30.
type Date string

// Span is a length of time in whole units.
type Span struct {
	Count int
	Unit  string // minute, hour, day or week
}

func (t Text) text() string   { return quote(string(t)) }
func (n Number) text() string { return string(n) }
func (b Bool) text() string   { return strconv.FormatBool(bool(b)) }
func (d Date) text() string   { return string(d) }
func (s Span) text() string {
	if s.Count == 1 {
		return "1 " + s.Unit
	}
	return strconv.Itoa(s.Count) + " " + s.Unit + "s"
}

const (
	orPrecedence = iota
	andPrecedence
	notPrecedence
	conditionPrecedence
)

func (*Or) precedence() int        { return orPrecedence }
func (*And) precedence() int       { return andPrecedence }
func (*Not) precedence() int       { return notPrecedence }
func (*Condition) precedence() int { return conditionPrecedence }

func (n *Or) String() string  { return joined(n.Terms, " or ", andPrecedence) }
func (n *And) String() string { return joined(n.Terms, " and ", notPrecedence) }
func (n *Not) String() string { return "not " + bracketed(n.Term, notPrecedence) }

func joined(terms []Node, word string, least int) string {
	texts := make([]string, len(terms))
	for i, term := range terms {
		texts[i] = bracketed(term, least)
	}
	return strings.Join(texts, word)
}

func bracketed(n Node, least int) string {
	if n.precedence() < least {
		return "(" + n.String() + ")"
	}
	return n.String()
}

func (c *Condition) String() string {
	subject := c.Subject.String()
	switch c.Op {
	case IsKnown, IsUnknown:
		return subject + " " + string(c.Op)
	case IsOneOf:
		texts := make([]string, len(c.Values))
		for i, value := range c.Values {
			texts[i] = value.text()
		}
		return subject + " is one of (" + strings.Join(texts, ", ") + ")"
	case Between:
		return subject + " between " + c.Values[0].text() + " and " + c.Values[1].text()
	}
	if before, after, ok := strings.Cut(string(c.Op), "…"); ok {
		return subject + " " + before + c.Values[0].text() + after
	}
	return subject + " " + string(c.Op) + " " + c.Values[0].text()
}

// String is the subject as it is written in a filter.
func (s Subject) String() string {
	switch s.Kind {
	case PersonField:
		return name(s.Name)
	case CompanyField:
		return "company." + name(s.Name)
	case EventFirst:
		return "event " + quote(s.Name) + " first"
	case EventLast:
		return "event " + quote(s.Name) + " last"
	case EventCount:
		if s.Days > 0 {
			return "event " + quote(s.Name) + " count in the last " + Span{s.Days, "day"}.text()
		}
		return "event " + quote(s.Name) + " count"
	}
	return "tag"
}

func name(field string) string {
	if isPlainName(field) && !reserved[strings.ToLower(field)] {
		return field
	}
	return quote(field)
}

func isPlainName(text string) bool {
	for i, letter := range text {
		if !isNameLetter(letter, i == 0) {
			return false
		}
	}
	return text != ""
}

func isNameLetter(letter rune, first bool) bool {
	return letter == '_' || letter >= 'a' && letter <= 'z' || letter >= 'A' && letter <= 'Z' || letter >= 0x80 || !first && letter >= '0' && letter <= '9'
}

// quote writes text between double quotes; a quote in it is written twice.
func quote(text string) string { return `"` + strings.ReplaceAll(text, `"`, `""`) + `"` }

// reserved are the words that begin something else than a field.
var reserved = map[string]bool{"and": true, "or": true, "not": true, "event": true, "tag": true, "company": true}

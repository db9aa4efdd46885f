package transform

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"parley/pipelines/yamlfile"
)

// Header is what the comments before a model's SELECT say.
type Header struct {
	Text    string   // free lines, joined by newlines
	Grain   string   // what one row stands for
	Key     []string // columns that are unique together; empty: none named
	Order   []Sort   // how the rows of its file are ordered; empty: as it happens
	Columns []Note   // what each column means, in the order written
	Checks  []Check  // what must hold, the key's uniqueness first
	// Increment says how the model is brought up to date; nil: by running it over everything.
	Increment *Increment
}

// Sort is one column of an order, with the line that names it.
type Sort struct {
	Column string
	Desc   bool
	Line   int
}

// Note says what a column means.
type Note struct{ Column, Text string }

// Rule is a kind of check.
type Rule string

// The rules that a header can name.
const (
	NotNull  Rule = "not_null" // no row has null there
	Unique   Rule = "unique"   // no two rows are equal there; a row with a null in one of several columns counts, in a single column not
	Accepted Rule = "accepted" // one of the values, or null
	Relation Rule = "relation" // null, or some row of another table has the value
	Range    Rule = "range"    // null, or within the two bounds, both included
	Fresh    Rule = "fresh"    // the newest value is not older than as_of less a length of time
)

// Severity says what a failed check does.
type Severity string

// The severities: Error keeps a build from being published, Warn only tells.
const (
	Error Severity = "error"
	Warn  Severity = "warn"
)

// Check is one thing that must hold for every row of a model.
type Check struct {
	Columns  []string // one, except for Unique
	Rule     Rule
	Values   []string      // Accepted: the values. Range: the two bounds, "" for none
	Table    string        // Relation: where the value must be
	Column   string        // Relation: in which column
	Length   time.Duration // Fresh: how old the newest value may be
	Severity Severity
	IsKey    bool // made from the key line
	Line     int
}

// Name is the check in one word, as records and files name it: "unique_conversation_id".
func (c Check) Name() string { return string(c.Rule) + "_" + strings.Join(c.Columns, "_") }

var (
	headerLine = regexp.MustCompile(`^(grain|key|order|column|check|incremental|parts|touched)(?:\s+([^:]*?))?\s*:\s*(.*)$`)
	columnName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	sortText   = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)(?:\s+(?i:(asc|desc)))?$`)
	ruleText   = regexp.MustCompile(`^([a-z_]+)\s*(?:\(([^()]*)\))?\s*(?:\b(warn|error))?$`)
)

// parseHeader reads the comment lines with which text begins.
func parseHeader(model, file, text string) (Header, []*Fault) {
	var h Header
	var faults []*Fault
	var free []string
	touching := false // the line before was of a touch
	fault := func(line int, format string, args ...any) {
		faults = append(faults, &Fault{Model: model, File: file, Line: line, Text: fmt.Sprintf(format, args...)})
	}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		comment, ok := strings.CutPrefix(line, "--")
		if !ok {
			break
		}
		// A touch may go on in lines that are set in.
		if touching && strings.HasPrefix(comment, "    ") {
			h.Increment.more(strings.TrimSpace(comment))
			continue
		}
		comment, touching = strings.TrimSpace(comment), false
		m := headerLine.FindStringSubmatch(comment)
		if m == nil {
			free = append(free, comment)
			continue
		}
		word, about, rest := m[1], m[2], m[3]
		switch {
		case word == "incremental" && about == "", word == "parts" && about == "", word == "touched" && about != "":
			if err := h.incrementLine(word, about, rest, i+1); err != nil {
				fault(i+1, "%s", err)
				continue
			}
			touching = word == "touched"
		case word == "grain" && about == "":
			h.Grain = rest
		case word == "key" && about == "":
			h.Key = splitList(rest)
			if bad := firstNoName(h.Key); bad != "" || len(h.Key) == 0 {
				fault(i+1, "the key %q is no list of columns; write `-- key: a, b`", rest)
				continue
			}
			h.Checks = append([]Check{{Columns: h.Key, Rule: Unique, Severity: Error, IsKey: true, Line: i + 1}}, h.Checks...)
		case word == "order" && about == "":
			order, ok := parseOrder(rest, i+1)
			if !ok {
				fault(i+1, "the order %q is no list of columns; write `-- order: a, b desc`", rest)
			}
			h.Order = order
		case word == "column" && columnName.MatchString(about):
			h.Columns = append(h.Columns, Note{Column: about, Text: rest})
		case word == "check" && about != "":
			checks, err := parseChecks(splitList(about), rest)
			if err != nil {
				fault(i+1, "%s", err)
			}
			for _, c := range checks {
				c.Line = i + 1
				h.Checks = append(h.Checks, c)
			}
		case word == "check":
			fault(i+1, "a check names its column; write `-- check COLUMN: not_null`")
		default:
			free = append(free, comment)
		}
	}
	h.Text = strings.Join(free, "\n")
	for _, text := range h.incrementFaults() {
		fault(1, "%s", text)
	}
	return h, faults
}

// parseOrder reads the columns of an order line; false if it is no list of them.
func parseOrder(text string, line int) (order []Sort, ok bool) {
	for _, part := range splitList(text) {
		m := sortText.FindStringSubmatch(part)
		if m == nil {
			return nil, false
		}
		order = append(order, Sort{Column: m[1], Desc: strings.EqualFold(m[2], "desc"), Line: line})
	}
	return order, len(order) > 0
}

func parseChecks(columns []string, rules string) ([]Check, error) {
	if bad := firstNoName(columns); bad != "" {
		return nil, fmt.Errorf("%q is no column; write `-- check COLUMN: not_null`", bad)
	}
	var checks []Check
	for _, text := range splitOutsideBrackets(rules) {
		c, err := parseCheck(columns, text)
		if err != nil {
			return nil, err
		}
		checks = append(checks, c)
	}
	if len(checks) == 0 {
		return nil, fmt.Errorf("a check without a rule; write one of %s", ruleForms)
	}
	return checks, nil
}

const ruleForms = "not_null, unique, accepted(a, b), relation(table.column), range(low, high), fresh(1 hour)"

func parseCheck(columns []string, text string) (Check, error) {
	m := ruleText.FindStringSubmatch(text)
	if m == nil {
		return Check{}, fmt.Errorf("%q is no rule; write one of %s", text, ruleForms)
	}
	c := Check{Columns: columns, Rule: Rule(m[1]), Severity: Error}
	if m[3] == string(Warn) {
		c.Severity = Warn
	}
	inside := splitList(m[2])
	if len(columns) > 1 && c.Rule != Unique {
		return Check{}, fmt.Errorf("%s is about one column; write a line for each", c.Rule)
	}
	switch c.Rule {
	case NotNull, Unique:
		if m[2] != "" {
			return Check{}, fmt.Errorf("%s takes nothing in brackets; write `-- check COLUMN: %s`", c.Rule, c.Rule)
		}
	case Accepted:
		for i, v := range inside {
			if len(v) >= 2 && v[0] == '\'' && v[len(v)-1] == '\'' {
				inside[i] = v[1 : len(v)-1]
			}
		}
		if len(inside) == 0 {
			return Check{}, fmt.Errorf("accepted wants its values; write accepted(a, b)")
		}
		c.Values = inside
	case Relation:
		table, column, ok := strings.Cut(m[2], ".")
		table, column = strings.TrimSpace(table), strings.TrimSpace(column)
		if !ok || !columnName.MatchString(table) || !columnName.MatchString(column) {
			return Check{}, fmt.Errorf("%q is no relation; write relation(table.column)", text)
		}
		c.Table, c.Column = strings.ToLower(table), column
	case Range:
		low, high, ok := strings.Cut(m[2], ",")
		c.Values = []string{strings.TrimSpace(low), strings.TrimSpace(high)}
		if !ok || strings.Contains(high, ",") || c.Values[0] == "" && c.Values[1] == "" {
			return Check{}, fmt.Errorf("%q is no range; write range(low, high), or leave one of the two empty", text)
		}
	case Fresh:
		length, ok := parseLength(m[2])
		if !ok {
			return Check{}, fmt.Errorf("%q is no length of time; write fresh(1 hour), fresh(90 minutes) or fresh(2 days)", m[2])
		}
		c.Length = length
	default:
		known := []string{string(NotNull), string(Unique), string(Accepted), string(Relation), string(Range), string(Fresh)}
		return Check{}, fmt.Errorf("unknown rule %q%s; write one of %s", m[1], yamlfile.DidYouMean(m[1], known), ruleForms)
	}
	return c, nil
}

func splitList(text string) []string {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	parts := strings.Split(text, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// splitOutsideBrackets parts rules at commas and bars that stand in no brackets.
func splitOutsideBrackets(text string) []string {
	depth := 0
	parts := strings.FieldsFunc(text, func(r rune) bool {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		return depth == 0 && (r == ',' || r == '|')
	})
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return slices.DeleteFunc(parts, func(p string) bool { return p == "" })
}

func firstNoName(names []string) string {
	for _, n := range names {
		if !columnName.MatchString(n) {
			return n
		}
	}
	return ""
}

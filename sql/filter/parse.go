package filter

import (
	"strconv"
	"strings"
	"time"

	"parley/pipelines/yamlfile"
)

// deepest is how many brackets and nots may stand inside one another.
const deepest = 100

// Parse reads a filter. Its fields are looked up in the catalogue; what is wrong
// is an *Error with its place.
func Parse(text string, catalogue Catalogue) (Node, error) {
	tokens, err := scan(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens, catalogue: catalogue}
	if p.peek().kind == endToken {
		return nil, errorAt(p.peek().at, `the filter is empty; write a condition, as sessions > 100`)
	}
	node, err := p.or()
	if err != nil {
		return nil, err
	}
	if rest := p.peek(); rest.kind != endToken {
		return nil, errorAt(rest.at, "%s is not expected here; join conditions by and, or", rest.shown())
	}
	return node, nil
}

type parser struct {
	tokens    []token
	next      int
	depth     int
	catalogue Catalogue
}

func (p *parser) peek() token { return p.tokens[p.next] }

func (p *parser) take() token {
	t := p.tokens[p.next]
	if t.kind != endToken {
		p.next++
	}
	return t
}

// accept takes the words if they come next, all of them.
func (p *parser) accept(words ...string) bool {
	for i, word := range words {
		if p.next+i >= len(p.tokens) || !p.tokens[p.next+i].is(word) {
			return false
		}
	}
	p.next += len(words)
	return true
}

func (p *parser) or() (Node, error) {
	return p.chain("or", p.and, func(terms []Node) Node { return &Or{terms} })
}

func (p *parser) and() (Node, error) {
	return p.chain("and", p.not, func(terms []Node) Node { return &And{terms} })
}

func (p *parser) chain(word string, term func() (Node, error), join func([]Node) Node) (Node, error) {
	first, err := term()
	if err != nil {
		return nil, err
	}
	terms := []Node{first}
	for p.accept(word) {
		next, err := term()
		if err != nil {
			return nil, err
		}
		terms = append(terms, next)
	}
	if len(terms) == 1 {
		return first, nil
	}
	return join(terms), nil
}

func (p *parser) not() (Node, error) {
	if p.depth++; p.depth > deepest {
		return nil, errorAt(p.peek().at, "more than %d brackets inside one another", deepest)
	}
	defer func() { p.depth-- }()
	if p.accept("not") {
		term, err := p.not()
		if err != nil {
			return nil, err
		}
		return &Not{term}, nil
	}
	if opening := p.peek(); p.accept("(") {
		inner, err := p.or()
		if err != nil {
			return nil, err
		}
		if !p.accept(")") {
			return nil, errorAt(p.peek().at, "the bracket of %d:%d is not closed before %s", opening.at.Line, opening.at.Column, p.peek().shown())
		}
		return inner, nil
	}
	return p.condition()
}

func (p *parser) condition() (Node, error) {
	at := p.peek().at
	subject, kind, err := p.subject()
	if err != nil {
		return nil, err
	}
	c := &Condition{Subject: subject, At: at}
	if c.Op, c.Values, err = p.predicate(subject, kind); err != nil {
		return nil, err
	}
	return c, nil
}

func (p *parser) subject() (Subject, Type, error) {
	switch start := p.peek(); {
	case p.accept("tag"):
		return Subject{Kind: Tag}, TypeText, nil
	case p.accept("event"):
		return p.event()
	case p.accept("company"):
		if !p.accept(".") {
			return Subject{}, 0, errorAt(p.peek().at, `write company.FIELD, as company.plan`)
		}
		return p.field(CompanyField, p.catalogue.company, "company.")
	case start.kind == wordToken || start.kind == textToken:
		return p.field(PersonField, p.catalogue.person, "")
	default:
		return Subject{}, 0, errorAt(start.at, "%s stands where a field is expected, as in: sessions > 100", start.shown())
	}
}

func (p *parser) field(kind SubjectKind, fields map[string]Field, prefix string) (Subject, Type, error) {
	t := p.take()
	if t.kind != wordToken && t.kind != textToken {
		return Subject{}, 0, errorAt(t.at, "%s stands where a field's name is expected", t.shown())
	}
	field, ok := fields[strings.ToLower(t.text)]
	if !ok {
		return Subject{}, 0, errorAt(t.at, "unknown field %q%s", prefix+t.text, yamlfile.DidYouMean(prefix+t.text, names(fields, prefix)))
	}
	return Subject{Kind: kind, Name: field.Name, Field: field}, field.Type, nil
}

func (p *parser) event() (Subject, Type, error) {
	event := p.take()
	if event.kind != textToken {
		return Subject{}, 0, errorAt(event.at, `write the event's name between quotes: event "logged_in" count`)
	}
	switch {
	case p.accept("first"):
		return Subject{Kind: EventFirst, Name: event.text}, TypeTime, nil
	case p.accept("last"):
		return Subject{Kind: EventLast, Name: event.text}, TypeTime, nil
	case p.accept("count"):
		subject := Subject{Kind: EventCount, Name: event.text}
		if p.accept("in", "the", "last") {
			at := p.peek().at
			length, err := p.span()
			if err != nil {
				return Subject{}, 0, err
			}
			switch length.Unit {
			case "day":
				subject.Days = length.Count
			case "week":
				subject.Days = 7 * length.Count
			}
			if subject.Days <= 0 {
				return Subject{}, 0, errorAt(at, "events are counted in the last days or weeks, one or more")
			}
		}
		return subject, TypeNumber, nil
	}
	return Subject{}, 0, errorAt(p.peek().at, "after event %s comes count, first or last, not %s", quote(event.text), p.peek().shown())
}

func (p *parser) predicate(subject Subject, kind Type) (Operator, []Value, error) {
	if subject.Kind == Tag {
		return p.textPredicate(subject, Is, IsNot)
	}
	switch {
	case p.accept("is", "unknown"):
		return IsUnknown, nil, nil
	case p.accept("is", "known"):
		return IsKnown, nil, nil
	}
	switch kind {
	case TypeNumber:
		return p.numberPredicate(subject)
	case TypeBoolean:
		return p.booleanPredicate(subject)
	case TypeTime:
		return p.timePredicate(subject)
	}
	return p.textPredicate(subject, Is, IsNot, Contains, DoesNotContain, StartsWith, EndsWith)
}

func (p *parser) wrong(subject Subject, kind string, examples string) error {
	return errorAt(p.peek().at, "%s is %s: after it comes %s, not %s", subject, kind, examples, p.peek().shown())
}

func (p *parser) textPredicate(subject Subject, allowed ...Operator) (Operator, []Value, error) {
	if len(allowed) > 2 && p.accept("is", "one", "of") {
		values, err := p.list()
		return IsOneOf, values, err
	}
	// The longest first: "is not" begins with "is".
	for i := len(allowed) - 1; i >= 0; i-- {
		if p.accept(strings.Fields(string(allowed[i]))...) {
			value := p.take()
			if value.kind != textToken {
				return "", nil, errorAt(value.at, `%s %s wants text between quotes, not %s`, subject, allowed[i], value.shown())
			}
			return allowed[i], []Value{Text(value.text)}, nil
		}
	}
	return "", nil, p.wrong(subject, "text", "is, is not, is one of, contains, does not contain, starts with, ends with, is known or is unknown")
}

func (p *parser) list() ([]Value, error) {
	if !p.accept("(") {
		return nil, errorAt(p.peek().at, `write the choices in brackets: is one of ("a", "b")`)
	}
	var values []Value
	for {
		value := p.take()
		if value.kind != textToken {
			return nil, errorAt(value.at, "the choices are texts between quotes, not %s", value.shown())
		}
		values = append(values, Text(value.text))
		if p.accept(")") {
			return values, nil
		}
		if !p.accept(",") {
			return nil, errorAt(p.peek().at, "between the choices stands a comma, not %s", p.peek().shown())
		}
	}
}

func (p *parser) numberPredicate(subject Subject) (Operator, []Value, error) {
	if p.accept("between") {
		low, err := p.number()
		if err != nil {
			return "", nil, err
		}
		if !p.accept("and") {
			return "", nil, errorAt(p.peek().at, "write between %s and a second number", low.text())
		}
		high, err := p.number()
		return Between, []Value{low, high}, err
	}
	for _, op := range []Operator{GreaterEqual, LessEqual, NotEqual, Greater, Less, Equal} {
		if p.accept(string(op)) {
			value, err := p.number()
			return op, []Value{value}, err
		}
	}
	return "", nil, p.wrong(subject, "a number", "=, !=, >, >=, <, <=, between, is known or is unknown")
}

func (p *parser) number() (Value, error) {
	t := p.take()
	if t.kind != numberToken {
		return nil, errorAt(t.at, "a number is expected, not %s", t.shown())
	}
	if _, err := strconv.ParseFloat(t.text, 64); err != nil || strings.Contains(t.text, "_") {
		return nil, errorAt(t.at, "%q is no number", t.text)
	}
	return Number(t.text), nil
}

func (p *parser) booleanPredicate(subject Subject) (Operator, []Value, error) {
	switch {
	case p.accept("is", "true"), p.accept("is", "not", "false"):
		return Is, []Value{Bool(true)}, nil
	case p.accept("is", "false"), p.accept("is", "not", "true"):
		return Is, []Value{Bool(false)}, nil
	}
	return "", nil, p.wrong(subject, "true or false", "is true, is false, is known or is unknown")
}

func (p *parser) timePredicate(subject Subject) (Operator, []Value, error) {
	type direction struct{ ago, ahead Operator }
	for words, ops := range map[string]direction{
		"more than": {MoreAgo, MoreAhead}, "less than": {LessAgo, LessAhead}, "exactly": {ExactlyAgo, ExactlyAhead},
	} {
		if !p.accept(strings.Fields(words)...) {
			continue
		}
		at := p.peek().at
		length, err := p.span()
		if err != nil {
			return "", nil, err
		}
		if words == "exactly" && length.Unit != "day" && length.Unit != "week" {
			return "", nil, errorAt(at, "exactly means a whole calendar day: write it in days or weeks")
		}
		switch {
		case p.accept("ago"):
			return ops.ago, []Value{length}, nil
		case p.accept("from", "now"):
			return ops.ahead, []Value{length}, nil
		}
		return "", nil, errorAt(p.peek().at, "after %s comes ago or from now, not %s", length.text(), p.peek().shown())
	}
	for _, op := range []Operator{Before, After, On} {
		if p.accept(string(op)) {
			t := p.take()
			if _, err := time.Parse(time.DateOnly, t.text); err != nil {
				return "", nil, errorAt(t.at, "a date is expected, as 2026-06-30, not %s", t.shown())
			}
			return op, []Value{Date(t.text)}, nil
		}
	}
	return "", nil, p.wrong(subject, "a date", "more than, less than or exactly N days ago, before, after, on, is known or is unknown")
}

// longest is the longest span in days: a hundred years.
const longest = 36_525

func (p *parser) span() (Span, error) {
	t := p.take()
	count, err := strconv.Atoi(t.text)
	if t.kind != numberToken || err != nil || count < 0 {
		return Span{}, errorAt(t.at, "a length of time is expected, as 30 days, not %s", t.shown())
	}
	unit := p.take()
	singular := strings.TrimSuffix(strings.ToLower(unit.text), "s")
	days, known := map[string]float64{"minute": 1.0 / 1440, "hour": 1.0 / 24, "day": 1, "week": 7}[singular]
	if unit.kind != wordToken || !known {
		return Span{}, errorAt(unit.at, "%s is no unit of time; write minutes, hours, days or weeks", unit.shown())
	}
	if float64(count)*days > longest {
		return Span{}, errorAt(t.at, "%d %ss is longer than a hundred years", count, singular)
	}
	return Span{count, singular}, nil
}

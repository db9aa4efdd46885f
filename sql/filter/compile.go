package filter

import (
	"strings"
	"time"
)

// Moment is the instant at which a filter is asked, and the zone whose calendar
// days it means.
type Moment struct {
	AsOf time.Time
	Zone *time.Location
}

// SQL is the filter as a SELECT of person_id from the marts, and the values to
// bind to its question marks, in their order. Nothing that a person wrote stands
// in the text: names are the catalogue's columns, values are bound.
func SQL(node Node, at Moment) (query string, values []any) {
	c := &compiler{at: at}
	c.text.WriteString("select users.person_id from users where ")
	c.node(node)
	return c.text.String(), c.values
}

type compiler struct {
	text   strings.Builder
	values []any
	at     Moment
}

// write adds text, and the values of the question marks in it.
func (c *compiler) write(text string, values ...any) {
	c.text.WriteString(text)
	c.values = append(c.values, values...)
}

// expression is a piece of SQL with the values of its question marks; it may be
// written more than once.
type expression struct {
	text   string
	values []any
}

func (c *compiler) expression(e expression) { c.write(e.text, e.values...) }

func (c *compiler) node(node Node) {
	switch n := node.(type) {
	case *And:
		c.chain(n.Terms, " and ")
	case *Or:
		c.chain(n.Terms, " or ")
	case *Not:
		c.write("(not ")
		c.node(n.Term)
		c.write(")")
	case *Condition:
		c.condition(n)
	}
}

func (c *compiler) chain(terms []Node, word string) {
	c.write("(")
	for i, term := range terms {
		if i > 0 {
			c.write(word)
		}
		c.node(term)
	}
	c.write(")")
}

const (
	ofPerson        = " from events where events.person_id = users.person_id and events.event_name = ?"
	companiesOfUser = " from memberships join companies on companies.company_id = memberships.company_id" +
		" where memberships.person_id = users.person_id and memberships.left_at is null"
)

func (c *compiler) condition(cond *Condition) {
	subject := cond.Subject
	switch subject.Kind {
	case PersonField:
		c.predicate(expression{text: "users." + identifier(subject.Field.Column)}, cond)
	case CompanyField:
		// True when one company satisfies it, false when all known ones do not, else unknown.
		c.write("(select bool_or(")
		c.predicate(expression{text: "companies." + identifier(subject.Field.Column)}, cond)
		c.write(")" + companiesOfUser + ")")
	case EventCount:
		count := expression{"(select count(*)" + ofPerson, []any{subject.Name}}
		if subject.Days > 0 {
			count.text += " and events.occurred_at > " + instant
			count.values = append(count.values, bound(c.at.AsOf.Add(-time.Duration(subject.Days)*24*time.Hour)))
		}
		count.text += ")"
		c.predicate(count, cond)
	case EventFirst:
		c.predicate(expression{"(select min(events.occurred_at)" + ofPerson + ")", []any{subject.Name}}, cond)
	case EventLast:
		c.predicate(expression{"(select max(events.occurred_at)" + ofPerson + ")", []any{subject.Name}}, cond)
	case Tag:
		if cond.Op == IsNot {
			c.write("not ")
		}
		c.write("exists (select 1 from tags where tags.person_id = users.person_id and lower(tags.tag) = lower(?))", string(cond.Values[0].(Text)))
	}
}

func (c *compiler) predicate(e expression, cond *Condition) {
	c.write("(")
	switch cond.Op {
	case IsKnown, IsUnknown:
		c.expression(e)
		c.write(map[Operator]string{IsKnown: " is not null", IsUnknown: " is null"}[cond.Op])
	case MoreAgo, LessAgo, ExactlyAgo, MoreAhead, LessAhead, ExactlyAhead, Before, After, On:
		for i, limit := range limits(cond, c.at) {
			if i > 0 {
				c.write(" and ")
			}
			c.expression(e)
			c.write(" "+limit.comparison+" "+instant, bound(limit.at))
		}
	case Between:
		c.expression(e)
		c.write(" between "+number+" and "+number, string(cond.Values[0].(Number)), string(cond.Values[1].(Number)))
	case Equal, NotEqual, Greater, GreaterEqual, Less, LessEqual:
		c.expression(e)
		c.write(" "+strings.Replace(string(cond.Op), "!=", "<>", 1)+" "+number, string(cond.Values[0].(Number)))
	default:
		if value, ok := cond.Values[0].(Bool); ok {
			c.expression(e)
			c.write(" = ?", bool(value))
			break
		}
		c.textual(e, cond)
	}
	c.write(")")
}

const (
	instant = "cast(? as timestamptz)"
	number  = "cast(? as double)"
)

func (c *compiler) textual(e expression, cond *Condition) {
	before, after := "lower(", ")"
	switch cond.Op {
	case Is:
		after = ") = lower(?)"
	case IsNot:
		after = ") <> lower(?)"
	case IsOneOf:
		after = ") in (lower(?)" + strings.Repeat(", lower(?)", len(cond.Values)-1) + ")"
	case Contains:
		before, after = "contains(lower(", "), lower(?))"
	case DoesNotContain:
		before, after = "not contains(lower(", "), lower(?))"
	case StartsWith:
		before, after = "starts_with(lower(", "), lower(?))"
	case EndsWith:
		before, after = "ends_with(lower(", "), lower(?))"
	}
	values := make([]any, len(cond.Values))
	for i, value := range cond.Values {
		values[i] = string(value.(Text))
	}
	c.write(before)
	c.expression(e)
	c.write(after, values...)
}

// limit is one side of a span of time.
type limit struct {
	comparison string
	at         time.Time
}

// limits are the comparisons that a condition on a date means, all to hold.
func limits(cond *Condition, at Moment) []limit {
	day := func(date time.Time) []limit {
		return []limit{{">=", startOfDay(date, at.Zone)}, {"<", startOfDay(date.AddDate(0, 0, 1), at.Zone)}}
	}
	switch value := cond.Values[0].(type) {
	case Date:
		date, _ := time.Parse(time.DateOnly, string(value)) // the parser has read it so
		switch cond.Op {
		case Before:
			return day(date)[0].turned("<")
		case After:
			return day(date)[1].turned(">=")
		}
		return day(date)
	case Span:
		length := value.duration()
		switch cond.Op {
		case MoreAgo:
			return []limit{{"<", at.AsOf.Add(-length)}}
		case LessAgo:
			return []limit{{">", at.AsOf.Add(-length)}, {"<=", at.AsOf}}
		case MoreAhead:
			return []limit{{">", at.AsOf.Add(length)}}
		case LessAhead:
			return []limit{{">", at.AsOf}, {"<", at.AsOf.Add(length)}}
		}
		days := value.Count
		if value.Unit == "week" {
			days *= 7
		}
		if cond.Op == ExactlyAgo {
			days = -days
		}
		return day(at.AsOf.In(at.Zone).AddDate(0, 0, days))
	}
	return nil
}

func (l limit) turned(comparison string) []limit { return []limit{{comparison, l.at}} }

// startOfDay is the first instant of the calendar day of date in zone. Where
// midnight does not exist, because clocks go forward at it, it is the first
// instant after the gap.
func startOfDay(date time.Time, zone *time.Location) time.Time {
	year, month, dayOfMonth := date.Date()
	start := time.Date(year, month, dayOfMonth, 0, 0, 0, 0, zone)
	for start.Day() != dayOfMonth { // Go took the offset from after the gap
		start = start.Add(30 * time.Minute)
	}
	return start
}

// duration is the span as time between instants: a day is 24 hours.
func (s Span) duration() time.Duration {
	unit := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour}[s.Unit]
	return time.Duration(s.Count) * unit
}

func bound(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.999999Z") }

// identifier quotes a column of the catalogue.
func identifier(column string) string { return `"` + strings.ReplaceAll(column, `"`, `""`) + `"` }

package attribute

import (
	"context"
	"fmt"
	"math"
	"strings"

	"parley/sql/warehouse"
)

// Engine runs SQL over the tables of latest values.
type Engine interface {
	Exec(ctx context.Context, query string, values ...any) error
	Query(ctx context.Context, query string, values ...any) (*warehouse.Table, error)
}

// Layout is how one entity's attributes are laid out.
type Layout struct {
	Entity Entity
	ID     string // the column that names the entity
	Latest string // the model of the latest values: ID, name, value, value_type
	Wide   string // the table that the values become columns of: ID, a column for each attribute

	slots string // a table that numbers the attributes by the order of their names
}

// Layouts are those of people and of companies.
var Layouts = []Layout{
	{Entity: Person, ID: "person_id", Latest: "int_person_attributes__latest", Wide: "person_attributes_wide", slots: "person_attribute_slots"},
	{Entity: Company, ID: "company_id", Latest: "int_company_attributes__latest", Wide: "company_attributes_wide", slots: "company_attribute_slots"},
}

// SQL is the SELECT of one row for each person or company that has ever had a
// custom attribute, with the latest values in columns of their own types. It
// reads Latest, and a table that is made here.
func (l Layout) SQL(ctx context.Context, engine Engine) (string, error) {
	err := engine.Exec(ctx, "create or replace table "+l.slots+" as select name, row_number() over (order by name) - 1 as slot from (select distinct name from "+l.Latest+")")
	if err != nil {
		return "", fmt.Errorf("number the attributes of %s: %w", l.Entity, err)
	}
	attributes, err := l.Catalogue(ctx, engine)
	return l.wideSQL(attributes, together), err
}

// Catalogue lists the entity's attributes by their names.
func (l Layout) Catalogue(ctx context.Context, engine Engine) ([]Attribute, error) {
	answer, err := engine.Query(ctx, `select name, value_type, count(value) as n from `+l.Latest+` group by name, value_type order by name, value_type`)
	if err != nil {
		return nil, fmt.Errorf("list the attributes of %s: %w", l.Entity, err)
	}
	var attributes []Attribute
	for _, row := range answer.Rows {
		name, isText := row[0].(string)
		valueType, isTyped := row[1].(string)
		n, isCount := row[2].(int64)
		if !isText || !isTyped || !isCount {
			return nil, fmt.Errorf("attribute %v of type %v with %v values: unexpected answer of the engine", row[0], row[1], row[2])
		}
		if last := len(attributes) - 1; last < 0 || attributes[last].Name != name {
			attributes = append(attributes, Attribute{Entity: l.Entity, Name: name, Column: columnOf(l.Entity, name), Values: map[Type]int64{}})
		}
		if n > 0 {
			attributes[len(attributes)-1].Values[Type(valueType)] = n
		}
	}
	for i := range attributes {
		attributes[i].Type = typeOf(attributes[i].Values)
	}
	return attributes, nil
}

// together is how many values are turned into columns at once: what the
// aggregates hold then is some gigabytes.
const together = 1 << 25

// mostRanges bounds how often the values are read.
const mostRanges = 16

// wideSQL turns the latest values into columns, those of some people or companies
// after those of others: the engine runs the parts of a UNION ALL that are large one
// after another, and what one has held is free for the next.
func (l Layout) wideSQL(attributes []Attribute, together int64) string {
	if len(attributes) == 0 {
		return "select " + l.ID + " from " + l.Latest
	}
	var values int64
	for _, a := range attributes {
		values += a.Filled()
	}
	ranges := 1 // or 2, 4, …: with the text of a SELECT all of its rows are made anew
	for ranges < mostRanges && values > together*int64(ranges) {
		ranges *= 2
	}
	if ranges == 1 {
		return l.squareSQL(attributes, "")
	}
	parts := make([]string, ranges)
	for i := range parts {
		parts[i] = l.squareSQL(attributes, fmt.Sprintf("\n\twhere hash(latest.%s, 1) %% %d = %d", l.ID, ranges, i))
	}
	return strings.Join(parts, "\nunion all\n")
}

// squareSQL turns values into columns by two aggregates. The slots of attributes,
// their numbers, lie in a square. The first aggregate has a row for each person and
// row of the square, with a column for each of the square's; the second brings a
// person's rows together. So each value is looked at by twice as many expressions
// as the square is wide, not by one for each attribute. PIVOT, which groups by person
// and attribute first, took four times as long. FILTER cuts every column of
// its input, and so stands where these are few. Names stand only where they name a column.
func (l Layout) squareSQL(attributes []Attribute, where string) string {
	side := int(math.Ceil(math.Sqrt(float64(len(attributes)))))
	var columns, places strings.Builder
	for slot, a := range attributes {
		value := cast(a.Type, fmt.Sprintf("case when square_row = %d then column_%d end", slot/side, slot%side))
		fmt.Fprintf(&columns, ",\n\tany_value(%s) as %s", value, warehouse.Ident(a.Column))
	}
	for column := range side {
		fmt.Fprintf(&places, ",\n\t\tany_value(latest.value) filter (slots.slot %% %d = %d) as column_%d", side, column, column)
	}
	return "select " + l.ID + columns.String() +
		fmt.Sprintf("\nfrom (\n\tselect latest.%s, slots.slot // %d as square_row", l.ID, side) + places.String() +
		"\n\tfrom " + l.Latest + " as latest inner join " + l.slots + " as slots using (name)" + where + "\n\tgroup by all\n)\ngroup by " + l.ID
}

// cast is the SQL that reads a value's text as the type. What cannot be read so
// (a number beyond a double's range) is null.
func cast(typ Type, value string) string {
	switch typ {
	case Number:
		number := "try_cast(" + value + " as double)"
		return "case when isfinite(" + number + ") then " + number + " end"
	case Boolean:
		return "try_cast(" + value + " as boolean)"
	case Time:
		return "try_cast(" + value + " as timestamp with time zone)"
	}
	return value
}

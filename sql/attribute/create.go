package attribute

import (
	"context"
	"fmt"
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
	err := engine.Exec(ctx, "create or replace table "+l.slots+" as select name, cast(row_number() over (order by name) - 1 as integer) as slot from (select distinct name from "+l.Latest+")")
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

// block is how many attributes are gathered into one list: a value is looked for
// in it from the front, so that 1,000 attributes take in proportion as long as 200.
const block = 64

// together is how many values are turned into columns at once: the
// lists of so many take some 2 GB, and cannot go to disk.
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
		return l.listsSQL(attributes, "")
	}
	parts := make([]string, ranges)
	for i := range parts {
		parts[i] = l.listsSQL(attributes, fmt.Sprintf("\n\twhere hash(latest.%s, 1) %% %d = %d", l.ID, ranges, i))
	}
	return strings.Join(parts, "\nunion all\n")
}

// listsSQL turns values into columns. The values of each person or
// company are gathered once, into a list for each block of attributes beside the
// list of their slots, and each column picks its own. Other ways take longer:
// PIVOT 2.6 times the processor's time, as it groups twice, and twice the memory
// (measured, 200 attributes of 100,000 people), an aggregate with a filter for each
// attribute time in proportion to rows times attributes. The lists are held in memory,
// some 50 bytes a value. Slots are numbers: names stand only where they name a column.
func (l Layout) listsSQL(attributes []Attribute, where string) string {
	var columns, lists strings.Builder
	for slot, a := range attributes {
		of := slot / block
		if slot%block == 0 {
			within := fmt.Sprintf("filter (where slots.slot >= %d and slots.slot < %d)", slot, slot+block)
			fmt.Fprintf(&lists, ", list(slots.slot) %s as slots_%d, list(latest.value) %[1]s as values_%[2]d", within, of)
		}
		picked := fmt.Sprintf("values_%d[list_position(slots_%[1]d, %d)]", of, slot)
		fmt.Fprintf(&columns, ",\n\t%s as %s", cast(a.Type, picked), warehouse.Ident(a.Column))
	}
	return "select " + l.ID + columns.String() + "\nfrom (select latest." + l.ID + lists.String() +
		"\n\tfrom " + l.Latest + " as latest inner join " + l.slots + " as slots using (name)" + where + " group by latest." + l.ID + ")"
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

package attribute

import (
	"context"
	"fmt"
	"strings"
	"time"

	"parley/sql/warehouse"
)

// Engine runs SQL over the tables identity, settled_person_attributes and
// settled_company_attributes.
type Engine interface {
	Exec(ctx context.Context, query string, values ...any) error
	Query(ctx context.Context, query string, values ...any) (*warehouse.Table, error)
}

// Create makes the tables person_attributes_wide (person_id, a column for each
// custom attribute) and company_attributes_wide (company_id, …): one row for
// each person or company that has ever had a custom attribute, with the values as of
// the instant asOf. Of several observations the latest counts, then the one
// with the greatest seq; a null clears.
func Create(ctx context.Context, engine Engine, asOf time.Time) error {
	for _, layout := range layouts {
		if err := layout.create(ctx, engine, asOf); err != nil {
			return fmt.Errorf("make %s: %w", layout.wide, err)
		}
	}
	return nil
}

// Catalogue lists the custom attributes as of an instant, those of people
// first, each entity's in order of their names.
func Catalogue(ctx context.Context, engine Engine, asOf time.Time) (attributes []Attribute, err error) {
	for _, layout := range layouts {
		if err := layout.gather(ctx, engine, asOf); err != nil {
			return nil, fmt.Errorf("list the attributes of %s: %w", layout.entity, err)
		}
		own, err := layout.catalogue(ctx, engine)
		if err == nil {
			err = layout.drop(ctx, engine)
		}
		if err != nil {
			return nil, fmt.Errorf("list the attributes of %s: %w", layout.entity, err)
		}
		attributes = append(attributes, own...)
	}
	return attributes, nil
}

// layout is how one entity's attributes are laid out.
type layout struct {
	entity Entity
	id     string // the column that names the entity
	from   string // the observations: id, name, value, value_type, observed_at, seq
	latest string // a table for the time being: one row per entity and attribute
	wide   string
}

var layouts = []layout{
	{
		entity: Person, id: "person_id", latest: "person_attributes_latest", wide: "person_attributes_wide",
		from: `select identity.person_id, observed.name, observed.value, observed.value_type, observed.at as observed_at, observed.seq
			from settled_person_attributes as observed
			join identity on identity.key_kind = observed.key_kind and identity.key = observed.key
			where observed.is_custom`,
	},
	{
		entity: Company, id: "company_id", latest: "company_attributes_latest", wide: "company_attributes_wide",
		from: `select observed.company_id, observed.name, observed.value, observed.value_type, observed.at as observed_at, observed.seq
			from settled_company_attributes as observed
			where observed.is_custom`,
	},
}

func (l layout) create(ctx context.Context, engine Engine, asOf time.Time) error {
	if err := l.gather(ctx, engine, asOf); err != nil {
		return err
	}
	attributes, err := l.catalogue(ctx, engine)
	if err != nil {
		return err
	}
	if err := engine.Exec(ctx, "create or replace table "+l.wide+" as "+l.wideSQL(attributes)); err != nil {
		return err
	}
	return l.drop(ctx, engine)
}

// gather makes the table of the latest values. Attributes are numbered in it
// by the order of their names: slot, from 0.
func (l layout) gather(ctx context.Context, engine Engine, asOf time.Time) error {
	return engine.Exec(ctx, `create or replace table `+l.latest+` as
		with observations as (`+l.from+` and observed.at <= ?),
		ranked as (
			select `+l.id+`, name, value, value_type,
				row_number() over (partition by `+l.id+`, name order by observed_at desc, seq desc, value desc) as place
			from observations
		),
		slots as (
			select name, row_number() over (order by name) - 1 as slot from (select distinct name from ranked)
		)
		select ranked.`+l.id+`, ranked.name, slots.slot, ranked.value, ranked.value_type
		from ranked join slots on slots.name = ranked.name
		where ranked.place = 1`, asOf)
}

func (l layout) drop(ctx context.Context, engine Engine) error {
	return engine.Exec(ctx, "drop table "+l.latest)
}

func (l layout) catalogue(ctx context.Context, engine Engine) ([]Attribute, error) {
	answer, err := engine.Query(ctx, `select name, value_type, count(value) as n from `+l.latest+`
		group by slot, name, value_type order by slot, value_type`)
	if err != nil {
		return nil, err
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
			attributes = append(attributes, Attribute{Entity: l.entity, Name: name, Column: columnOf(l.entity, name), Values: map[Type]int64{}})
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

// wideSQL turns the latest values into columns. PIVOT does it in one pass; an
// aggregate with a filter for each attribute takes time in proportion to rows
// times attributes (measured: 40 times as long with 300 attributes). The values
// to turn are slots, numbers: names stand only where they name a column.
func (l layout) wideSQL(attributes []Attribute) string {
	if len(attributes) == 0 {
		return "select " + l.id + " from " + l.latest
	}
	var columns, slots strings.Builder
	for slot, a := range attributes {
		fmt.Fprintf(&columns, ",\n\t%s as %s", cast(a.Type, fmt.Sprintf(`"%d"`, slot)), warehouse.Ident(a.Column))
		if slot > 0 {
			slots.WriteString(", ")
		}
		fmt.Fprintf(&slots, "%d", slot)
	}
	return "select " + l.id + columns.String() + "\nfrom (select " + l.id + ", slot, value from " + l.latest + ")\n" +
		"pivot (max(value) for slot in (" + slots.String() + ") group by " + l.id + ")"
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

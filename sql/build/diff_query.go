package build

import (
	"fmt"
	"slices"
	"strings"

	"parley/sql/warehouse"
)

// The views over what is to be compared of a mart, within the comparison's own engine.
const (
	beforeName = "side_before"
	afterName  = "side_after"
)

// sides are the columns of a mart in two builds, and how its rows are matched.
// In the statements columns go by their place: b3 and a3 are the column at 3 of
// shown, before and after.
type sides struct {
	columns        [2][]warehouse.Column // before, after
	shown          []shownColumn         // the key, then the columns of after, then those that are gone
	key            []string
	added, removed []string
	types          []TypeChange
}

type shownColumn struct {
	name     string
	types    [2]string // "" where that side has none
	compared bool      // both have it, as the same type; keys are not among them
}

// match lines the columns up. A key of which a column is not in both is none.
func (s *sides) match(key []string) {
	typeOf := func(side int, name string) string {
		for _, c := range s.columns[side] {
			if strings.EqualFold(c.Name, name) {
				return c.Type
			}
		}
		return ""
	}
	for _, name := range key {
		if before := typeOf(0, name); before == "" || before != typeOf(1, name) {
			key = nil
			break
		}
	}
	s.key = key
	isKey := func(name string) bool {
		return slices.ContainsFunc(key, func(k string) bool { return strings.EqualFold(k, name) })
	}
	for _, name := range key {
		s.shown = append(s.shown, shownColumn{name: name, types: [2]string{typeOf(0, name), typeOf(1, name)}})
	}
	for _, c := range s.columns[1] {
		if isKey(c.Name) {
			continue
		}
		before := typeOf(0, c.Name)
		s.shown = append(s.shown, shownColumn{name: c.Name, types: [2]string{before, c.Type}, compared: before == c.Type})
		if before == "" {
			s.added = append(s.added, c.Name)
		} else if before != c.Type {
			s.types = append(s.types, TypeChange{Column: c.Name, Before: before, After: c.Type})
		}
	}
	for _, c := range s.columns[0] {
		if typeOf(1, c.Name) == "" {
			s.shown = append(s.shown, shownColumn{name: c.Name, types: [2]string{c.Type, ""}})
			s.removed = append(s.removed, c.Name)
		}
	}
}

// side is a SELECT of all shown columns of one side under their places, with a
// column that says that the row is there.
func (s *sides) side(i int) string {
	letter, view := []string{"b", "a"}[i], []string{beforeName, afterName}[i]
	list := []string{"true as " + letter}
	for k, c := range s.shown {
		value := warehouse.Ident(c.name)
		switch {
		case c.types[i] == "":
			value = "null"
		case c.types[1-i] != "" && c.types[0] != c.types[1]:
			value += "::varchar"
		}
		list = append(list, fmt.Sprintf("%s as %s%d", value, letter, k))
	}
	return "select " + strings.Join(list, ", ") + " from " + view
}

// differs is the condition under which a column's two values are different. A
// double is the same to a billionth of itself: sums of it depend on their order.
func (s *sides) differs(k int) string {
	b, a := fmt.Sprintf("b%d", k), fmt.Sprintf("a%d", k)
	if isDouble(s.shown[k].types[0]) {
		return fmt.Sprintf("(%[1]s is distinct from %[2]s and not coalesce(isfinite(%[1]s) and isfinite(%[2]s) and abs(%[1]s - %[2]s) <= 1e-9 * greatest(abs(%[1]s), abs(%[2]s)), false))", b, a)
	}
	return fmt.Sprintf("%s is distinct from %s", b, a)
}

func isDouble(kind string) bool { return kind == "DOUBLE" || kind == "FLOAT" }

// joined matches the rows of both sides by the key and gives those that are different.
func (s *sides) joined() string {
	var on, differ []string
	for k := range s.key {
		on = append(on, fmt.Sprintf("b%[1]d is not distinct from a%[1]d", k))
	}
	for k, c := range s.shown {
		if c.compared {
			differ = append(differ, s.differs(k))
		}
	}
	if len(differ) == 0 {
		differ = []string{"false"}
	}
	return fmt.Sprintf("select * from (%s) as rows_before full outer join (%s) as rows_after on %s where b is null or a is null or %s",
		s.side(0), s.side(1), strings.Join(on, " and "), strings.Join(differ, " or "))
}

// netted gives each whole row that one side has more often than the other, with
// how much more often after has it. Doubles are taken to nine digits.
func (s *sides) netted() string {
	values := []string{"null as nothing"}
	var groups, before, after []string
	for k, c := range s.shown {
		if !c.compared {
			continue
		}
		group := fmt.Sprintf("v%d", k)
		if isDouble(c.types[0]) {
			group = fmt.Sprintf("case when isfinite(v%[1]d) then format('{:.8e}', v%[1]d) else v%[1]d::varchar end", k)
		}
		groups = append(groups, group)
		values = append(values, fmt.Sprintf("any_value(v%[1]d) as v%[1]d", k))
		before, after = append(before, fmt.Sprintf(", b%[1]d as v%[1]d", k)), append(after, fmt.Sprintf(", a%[1]d as v%[1]d", k))
	}
	by := ""
	if len(groups) > 0 {
		by = " group by " + strings.Join(groups, ", ")
	}
	return fmt.Sprintf("select %s, coalesce(sum(one), 0)::bigint as net from (select -1 as one%s from (%s) union all select 1 as one%s from (%s))%s having coalesce(sum(one), 0) <> 0",
		strings.Join(values, ", "), strings.Join(before, ""), s.side(0), strings.Join(after, ""), s.side(1), by)
}

// counts is the SELECT of how many rows were added, removed and changed.
func (s *sides) counts() string {
	if len(s.key) > 0 {
		return "select count(*) filter (where b is null), count(*) filter (where a is null), count(*) filter (where a and b) from (" + s.joined() + ")"
	}
	return "select coalesce(sum(net) filter (where net > 0), 0)::bigint, coalesce(-sum(net) filter (where net < 0), 0)::bigint, 0::bigint from (" + s.netted() + ")"
}

// rows is the SELECT of the rows that are different, at most so many of them.
func (s *sides) rows(limit int) string {
	if len(s.key) == 0 {
		list := []string{"case when net > 0 then 'added' else 'removed' end as " + s.free("diff"), "abs(net) as " + s.free("diff_rows")}
		for k, c := range s.shown {
			if c.compared {
				list = append(list, fmt.Sprintf("v%d as %s", k, warehouse.Ident(c.name)))
			}
		}
		return fmt.Sprintf("select %s from (%s) order by all limit %d", strings.Join(list, ", "), s.netted(), limit)
	}
	var order, names, before, after, named []string
	for k, c := range s.shown {
		if k < len(s.key) {
			order = append(order, fmt.Sprintf("case when b then b%[1]d else a%[1]d end", k))
		}
		if c.compared {
			names = append(names, fmt.Sprintf("case when %s then %s end", s.differs(k), warehouse.Literal(c.name)))
		}
		before, after = append(before, fmt.Sprintf("b%[1]d as x%[1]d", k)), append(after, fmt.Sprintf("a%[1]d as x%[1]d", k))
		named = append(named, fmt.Sprintf("x%d as %s", k, warehouse.Ident(c.name)))
	}
	names = append([]string{"', '", "null"}, names...)
	return fmt.Sprintf(`with numbered as materialized (select *, concat_ws(%s) as differing, row_number() over (order by %s) as place from (%s) order by place limit %d)
		select diff as %s, differing as %s, %s from (
			select case when a then 'before' else 'removed' end as diff, case when a then differing end as differing, place, 0 as second, %s from numbered where b
			union all
			select case when b then 'after' else 'added' end as diff, case when b then differing end as differing, place, 1 as second, %s from numbered where a
		) order by place, second`,
		strings.Join(names, ", "), strings.Join(order, ", "), s.joined(), limit, s.free("diff"), s.free("diff_columns"),
		strings.Join(named, ", "), strings.Join(before, ", "), strings.Join(after, ", "))
}

// free is a name for a column beside the mart's own, that none of those has.
func (s *sides) free(name string) string {
	for slices.ContainsFunc(s.shown, func(c shownColumn) bool { return strings.EqualFold(c.name, name) }) {
		name += "_"
	}
	return warehouse.Ident(name)
}

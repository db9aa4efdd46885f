package transform

import (
	"context"
	"fmt"
	"strings"

	"parley/sql/warehouse"
)

// sampleRows is how many failing rows are kept for a look.
const sampleRows = 100

// Outcome is what came of one check.
type Outcome struct {
	Model    string // "" for a query of sql/checks
	Check    string // the check's name
	Rule     string // as one would write it: "not_null", "accepted(open, closed)"; a query's own text
	File     string
	Line     int // of the header; 0: a query
	Severity Severity
	Failed   int64            // rows that break it
	Sample   *warehouse.Table // some of those; nil when none
	Found    string           // what was found, in words, where a number of rows says little
	Kept     string           // where those are kept; "": nowhere
	Err      error            // the check could not be run
}

// Held tells whether nothing breaks the check.
func (o Outcome) Held() bool { return o.Err == nil && o.Failed == 0 }

// outcomeOf is the outcome of a check that holds.
func outcomeOf(m *Model, c Check) Outcome {
	return Outcome{Model: m.Name, Check: c.Name(), Rule: c.Text(), File: m.File, Line: c.Line, Severity: c.Severity}
}

// runChecks runs checks of a header against the model's table. Those that look
// at one row at a time are counted in one pass over it.
func runChecks(ctx context.Context, engine Engine, m *Model, checks []Check) []Outcome {
	outcomes := make([]Outcome, len(checks))
	var counts []string
	var args []any
	var counted []int
	for i, c := range checks {
		outcomes[i] = outcomeOf(m, c)
		if broken, values, ok := c.brokenRow(); ok {
			counts = append(counts, fmt.Sprintf("count(*) filter (where %s)", broken))
			args = append(args, values...)
			counted = append(counted, i)
		}
	}
	together := false
	if len(counts) > 0 {
		t, err := engine.Query(ctx, "select "+strings.Join(counts, ", ")+" from "+warehouse.Ident(m.Name), args...)
		// One check that cannot be run (an unknown column) must not hide the
		// others: then each is run alone below.
		if together = err == nil; together {
			for k, i := range counted {
				outcomes[i].Failed, _ = t.Rows[0][k].(int64)
			}
		}
	}
	for i, c := range checks {
		_, _, rowwise := c.brokenRow()
		if rowwise && together && outcomes[i].Failed == 0 {
			continue
		}
		if c.Rule == Unique && allApart(ctx, engine, m, c) {
			continue
		}
		query, values := c.failing(m.Name)
		look(ctx, engine, &outcomes[i], query, values)
		if c.Rule == Fresh {
			outcomes[i].Found = c.foundStale(outcomes[i].Sample)
		}
	}
	return outcomes
}

// allApart tells whether as many hashes of the columns as rows are found: then no
// two rows are the same. It costs less than to group by the columns themselves.
// False says nothing: two values may have the same hash.
func allApart(ctx context.Context, engine Engine, m *Model, c Check) bool {
	if _, ok := engine.(Tables); !ok {
		return false // Spark's hash has another name, and 32 bits
	}
	columns := columnList(c.Columns)
	where := ""
	if len(c.Columns) == 1 && !c.IsKey {
		where = " where " + columns + " is not null"
	}
	t, err := engine.Query(ctx, "select count(*) = count(distinct hash("+columns+")) from "+warehouse.Ident(m.Name)+where)
	if err != nil {
		return false
	}
	apart, _ := t.Rows[0][0].(bool)
	return apart
}

// look counts the rows of query, and keeps some of them.
func look(ctx context.Context, engine Engine, o *Outcome, query string, values []any) {
	t, err := engine.Query(ctx, "select count(*) from (\n"+query+"\n)", values...)
	if err != nil {
		o.Err = err
		return
	}
	if o.Failed, _ = t.Rows[0][0].(int64); o.Failed == 0 {
		return
	}
	o.Sample, o.Err = engine.Query(ctx, fmt.Sprintf("select * from (\n%s\n) limit %d", query, sampleRows), values...)
}

// brokenRow is the condition under which one row alone breaks the check, with
// its values; false for checks that need more than the row.
func (c Check) brokenRow() (condition string, values []any, ok bool) {
	column := warehouse.Ident(c.Columns[0])
	switch c.Rule {
	case NotNull:
		return column + " is null", nil, true
	case Accepted:
		for _, v := range c.Values {
			values = append(values, v)
		}
		places := strings.TrimSuffix(strings.Repeat("?, ", len(values)), ", ")
		return fmt.Sprintf("cast(%s as string) not in (%s)", column, places), values, true
	case Range:
		var broken []string
		for i, compare := range []string{"<", ">"} {
			if c.Values[i] != "" {
				broken = append(broken, fmt.Sprintf("%s %s ?", column, compare))
				values = append(values, c.Values[i])
			}
		}
		return strings.Join(broken, " or "), values, true
	}
	return "", nil, false
}

// failing is the SELECT of the rows of table that break the check.
func (c Check) failing(table string) (query string, values []any) {
	return c.failingIn(warehouse.Ident(table))
}

// failingIn is as failing, of a table that is named as it stands in SQL.
func (c Check) failingIn(name string) (query string, values []any) {
	if broken, values, ok := c.brokenRow(); ok {
		return fmt.Sprintf("select * from %s where %s", name, broken), values
	}
	if c.Rule == Fresh {
		return c.staleness(name)
	}
	column := warehouse.Ident(c.Columns[0])
	if c.Rule == Relation {
		other := warehouse.Ident(c.Column)
		return fmt.Sprintf("select * from %s where %s is not null and %s not in (select %s from %s where %s is not null)",
			name, column, column, other, warehouse.Ident(c.Table), other), nil
	}
	columns := make([]string, len(c.Columns))
	for i, n := range c.Columns {
		columns[i] = warehouse.Ident(n)
	}
	list := strings.Join(columns, ", ")
	where := ""
	if len(columns) == 1 && !c.IsKey {
		where = " where " + column + " is not null"
	}
	return fmt.Sprintf("select %s, count(*) as equal_rows from %s%s group by %s having count(*) > 1", list, name, where, list), nil
}

// Text is the rule as one writes it in a header: "accepted(open, closed)".
func (c Check) Text() string {
	switch c.Rule {
	case Accepted, Range:
		return fmt.Sprintf("%s(%s)", c.Rule, strings.Join(c.Values, ", "))
	case Relation:
		return fmt.Sprintf("%s(%s.%s)", c.Rule, c.Table, c.Column)
	case Fresh:
		return fmt.Sprintf("%s(%s)", c.Rule, DurationText(c.Length))
	}
	return string(c.Rule)
}

// checkQuery runs a query that must return no row.
func checkQuery(ctx context.Context, engine Engine, q *Query) Outcome {
	o := Outcome{Check: q.Name, Rule: q.Text, File: q.File, Severity: q.Severity}
	look(ctx, engine, &o, q.SQL, nil)
	return o
}

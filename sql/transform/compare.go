package transform

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"
	"time"

	"parley/pipelines/yamlfile"
	"parley/sql/warehouse"
)

// Difference is how a model's rows differ from those that a case wants.
type Difference struct {
	Case    Case
	Columns []string
	Missing [][]any // wanted, not given
	Extra   [][]any // given, not wanted
}

func (d *Difference) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: the rows of %s differ from want.csv (- wanted, + given)\n  %s", d.Case.Dir, d.Case.Model, strings.Join(d.Columns, ","))
	for _, row := range d.Missing {
		b.WriteString("\n- " + rowText(row))
	}
	for _, row := range d.Extra {
		b.WriteString("\n+ " + rowText(row))
	}
	return b.String()
}

func rowText(row []any) string {
	fields := make([]string, len(row))
	for i, v := range row {
		switch x := v.(type) {
		case nil:
		case string:
			fields[i] = x
			if x == "" || strings.ContainsAny(x, ",\"\n") {
				fields[i] = `"` + strings.ReplaceAll(x, `"`, `""`) + `"`
			}
		case time.Time:
			fields[i] = x.Format(time.RFC3339Nano)
		default:
			fields[i] = valueKey(v)
		}
	}
	return strings.Join(fields, ",")
}

// compare reads want.csv with the types of the model's own columns.
func (s *stage) compare(ctx context.Context, c Case) error {
	file := path.Join(c.Dir, "want.csv")
	header, from, err := s.csv(file)
	if err != nil {
		return err
	}
	columns, err := s.engine.Describe(ctx, "select * from "+warehouse.Ident(c.Model))
	if err != nil {
		return err
	}
	var given, wanted, names []string
	for _, h := range header {
		i := slices.IndexFunc(columns, func(x warehouse.Column) bool { return x.Name == h.name })
		if i < 0 {
			return fmt.Errorf("%s:1: %s has no column %q%s", file, c.Model, h.name, yamlfile.DidYouMean(h.name, columnNames(columns)))
		}
		names = append(names, h.name)
		given = append(given, warehouse.Ident(h.name))
		wanted = append(wanted, fmt.Sprintf("%s::%s as %s", warehouse.Ident(h.name), columns[i].Type, warehouse.Ident(h.name)))
	}
	got, err := s.engine.Query(ctx, "select "+strings.Join(given, ", ")+" from "+warehouse.Ident(c.Model)+" order by all")
	if err != nil {
		return err
	}
	want, err := s.engine.Query(ctx, "select "+strings.Join(wanted, ", ")+" from "+from)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	d := &Difference{Case: c, Columns: names, Extra: got.Rows}
	for _, w := range want.Rows {
		i := slices.IndexFunc(d.Extra, func(g []any) bool { return equalRows(w, g) })
		if i < 0 {
			d.Missing = append(d.Missing, w)
			continue
		}
		d.Extra = slices.Delete(slices.Clone(d.Extra), i, i+1)
	}
	if len(d.Missing)+len(d.Extra) > 0 {
		return d
	}
	return nil
}

func equalRows(a, b []any) bool { return slices.EqualFunc(a, b, equalValues) }

// equalValues holds doubles to be equal within 1e-9 of the larger, for sums run
// in parallel; all else must be the same.
func equalValues(a, b any) bool {
	x, isDouble := a.(float64)
	y, both := b.(float64)
	if isDouble && both {
		if math.IsNaN(x) || math.IsNaN(y) {
			return math.IsNaN(x) && math.IsNaN(y)
		}
		return x == y || math.Abs(x-y) <= 1e-9*math.Max(math.Abs(x), math.Abs(y))
	}
	if t, ok := a.(time.Time); ok {
		u, ok := b.(time.Time)
		return ok && t.Equal(u)
	}
	return valueKey(a) == valueKey(b)
}

func valueKey(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

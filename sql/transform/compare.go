package transform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"
	"time"

	"parley/pipelines/yamlfile"
	"parley/sql/warehouse"
)

// CaseResult is what came of one case.
type CaseResult struct {
	Case    Case
	Columns []warehouse.Column // those of want.csv
	Want    string             // want.csv, as messages name it
	Rows    int                // that came out
	Differ  []RowPair          // the same key, other values; none where the model names no key, or want.csv lacks a column of it
	Missing []WantedRow        // wanted, did not come out
	Extra   [][]any            // came out, not wanted
	Checks  []Outcome          // of the model's header: those that did not hold, of either severity
	Err     error              // the case could not be run: what is wrong in its files, or in the model
}

// WantedRow is a row of want.csv.
type WantedRow struct {
	Line   int
	Values []any
}

// RowPair is a wanted row and the one that came out in its place.
type RowPair struct {
	WantedRow
	Got []any
}

// Differs tells whether the value in a column is another than wanted.
func (p RowPair) Differs(column int) bool { return !equalValues(p.Values[column], p.Got[column]) }

// Held tells whether the rows are those that are wanted, and keep what the
// model's header says; a check of severity warn may fail.
func (r *CaseResult) Held() bool {
	return r.Err == nil && r.Same() && !slices.ContainsFunc(r.Checks, func(o Outcome) bool { return o.Severity == Error })
}

// Same tells whether the rows are those that are wanted.
func (r *CaseResult) Same() bool { return len(r.Differ)+len(r.Missing)+len(r.Extra) == 0 }

// Fault is all that did not hold, as one error; nil when the case held.
func (r *CaseResult) Fault() error {
	if r.Held() {
		return nil
	}
	var b strings.Builder
	if !r.Same() {
		fmt.Fprintf(&b, "%s: the rows of %s differ from it (- wanted, + given)\n  %s", r.Want, r.Case.Model, strings.Join(columnNames(r.Columns), ","))
	}
	for _, pair := range r.Differ {
		b.WriteString("\n- " + rowText(pair.Values) + "\n+ " + rowText(pair.Got))
	}
	for _, row := range r.Missing {
		b.WriteString("\n- " + rowText(row.Values))
	}
	for _, row := range r.Extra {
		b.WriteString("\n+ " + rowText(row))
	}
	faults := []error{r.Err}
	if b.Len() > 0 {
		faults = append(faults, errors.New(b.String()))
	}
	for _, o := range r.Checks {
		if o.Severity == Error {
			faults = append(faults, o.Fault())
		}
	}
	return errors.Join(faults...)
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
func (s *stage) compare(ctx context.Context, m *Model, r *CaseResult) error {
	file, err := readCSV(s.files, path.Join(s.dir, wantName), s.shown)
	if err != nil {
		return err
	}
	r.Want = file.path
	columns, err := s.engine.Describe(ctx, "select * from "+warehouse.Ident(m.Name))
	if err != nil {
		return err
	}
	var faults []error
	var names []string
	for i, field := range file.header {
		name := strings.TrimSpace(field.text)
		at := columnNamed(columns, name)
		switch {
		case at < 0:
			faults = append(faults, file.at(field, "%s has no column %q%s", m.Name, name, yamlfile.DidYouMean(name, columnNames(columns))))
		case columnNamed(r.Columns, name) >= 0:
			faults = append(faults, file.at(file.header[i], "the column %q stands there twice; take one out", name))
		default:
			r.Columns = append(r.Columns, columns[at])
			names = append(names, warehouse.Ident(columns[at].Name))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	got, err := s.engine.Query(ctx, "select "+strings.Join(names, ", ")+" from "+warehouse.Ident(m.Name))
	if err != nil {
		return err
	}
	var wanted []WantedRow
	columns = append([]warehouse.Column{{Name: "line", Type: "BIGINT"}}, r.Columns...)
	err = s.values(ctx, file.numbered(), columns, func(rows string, values []any) error {
		t, err := s.engine.Query(ctx, rows, values...)
		if err != nil {
			return err
		}
		for _, row := range t.Rows {
			line, _ := row[0].(int64)
			wanted = append(wanted, WantedRow{Line: int(line), Values: row[1:]})
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(wanted, func(a, b WantedRow) int { return a.Line - b.Line }) // the engine gives rows in any order
	r.Rows = len(got.Rows)
	r.match(wanted, got.Rows)
	r.pair(m.Header.Key)
	return nil
}

// match takes away what is equal on both sides: first what is so to the last
// digit, by its text; then what is so nearly.
func (r *CaseResult) match(wanted []WantedRow, got [][]any) {
	at := map[string][]int{}
	for i, row := range got {
		key := rowKey(row)
		at[key] = append(at[key], i)
	}
	taken := make([]bool, len(got))
	for _, w := range wanted {
		key := rowKey(w.Values)
		if same := at[key]; len(same) > 0 {
			taken[same[0]], at[key] = true, same[1:]
			continue
		}
		r.Missing = append(r.Missing, w)
	}
	for i, row := range got {
		if !taken[i] {
			r.Extra = append(r.Extra, row)
		}
	}
	r.Missing = slices.DeleteFunc(r.Missing, func(w WantedRow) bool {
		i := slices.IndexFunc(r.Extra, func(g []any) bool { return slices.EqualFunc(w.Values, g, equalValues) })
		if i >= 0 {
			r.Extra = slices.Delete(r.Extra, i, i+1)
		}
		return i >= 0
	})
	slices.SortFunc(r.Extra, func(a, b []any) int { return strings.Compare(rowKey(a), rowKey(b)) })
}

// pair puts rows of one key beside each other.
func (r *CaseResult) pair(key []string) {
	var columns []int
	for _, name := range key {
		at := columnNamed(r.Columns, name)
		if at < 0 {
			return
		}
		columns = append(columns, at)
	}
	if len(columns) == 0 {
		return
	}
	r.Missing = slices.DeleteFunc(r.Missing, func(w WantedRow) bool {
		i := slices.IndexFunc(r.Extra, func(g []any) bool {
			return !slices.ContainsFunc(columns, func(c int) bool { return !equalValues(w.Values[c], g[c]) })
		})
		if i >= 0 {
			r.Differ = append(r.Differ, RowPair{WantedRow: w, Got: r.Extra[i]})
			r.Extra = slices.Delete(r.Extra, i, i+1)
		}
		return i >= 0
	})
}

// equalValues holds doubles to be equal within 1e-9 of the larger, for sums run
// in parallel; all else must be the same.
func equalValues(a, b any) bool {
	switch x := a.(type) {
	case float64:
		y, both := b.(float64)
		switch {
		case !both:
			return false
		case math.IsNaN(x) || math.IsNaN(y):
			return math.IsNaN(x) && math.IsNaN(y)
		case math.IsInf(x, 0) || math.IsInf(y, 0):
			return x == y
		}
		return math.Abs(x-y) <= 1e-9*math.Max(math.Abs(x), math.Abs(y))
	case time.Time:
		y, both := b.(time.Time)
		return both && x.Equal(y)
	case []any:
		y, both := b.([]any)
		return both && slices.EqualFunc(x, y, equalValues)
	case map[string]any:
		y, both := b.(map[string]any)
		if !both || len(x) != len(y) {
			return false
		}
		for name, value := range x {
			if other, there := y[name]; !there || !equalValues(value, other) {
				return false
			}
		}
		return true
	}
	return valueKey(a) == valueKey(b)
}

// rowKey is a text that only equal rows share.
func rowKey(row []any) string {
	keys := make([]string, len(row))
	for i, v := range row {
		keys[i] = valueKey(v)
	}
	return strings.Join(keys, ",")
}

// valueKey is a text that only equal values of one type share.
func valueKey(v any) string {
	if t, ok := v.(time.Time); ok {
		v = t.UTC()
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v) // doubles that are no numbers
	}
	return string(text)
}

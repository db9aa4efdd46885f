package cli

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"parley/cmd/output"
	"parley/sql/transform"
	"parley/sql/warehouse"
)

// rowsShown is how many rows of a case a person is shown; programs get all.
const rowsShown = 20

// What came of a case, in a word.
const (
	caseHeld    = "held"
	caseDiffers = "differs" // other rows came out
	caseBreaks  = "breaks"  // the rows are those wanted, and break a check of the model's header
	caseFails   = "fails"   // it could not be run
	caseNone    = "no case" // a model without any
)

func outcomeOf(r *transform.CaseResult) string {
	switch {
	case r.Err != nil:
		return caseFails
	case !r.Same():
		return caseDiffers
	case !r.Held():
		return caseBreaks
	}
	return caseHeld
}

func (t *tests) print(results []*transform.CaseResult) error {
	if !t.app.forPeople() {
		return t.app.print(t.forPrograms(results))
	}
	for _, r := range results {
		if err := t.tell(r); err != nil {
			return err
		}
	}
	for _, model := range t.bare {
		if !slices.Contains(t.faulty, model) {
			fmt.Fprintf(t.app.stdout, "%-8s %s: write one into %s\n", caseNone, model, path.Join(t.models, "tests", model, "CASE"))
		}
	}
	return nil
}

// tell shows a person what came of one case.
func (t *tests) tell(r *transform.CaseResult) error {
	line := func(format string, args ...any) { fmt.Fprintf(t.app.stdout, format+"\n", args...) }
	line("%-8s %s%s", outcomeOf(r), output.Printable(r.Case.String()), inNumbers(r))
	if r.Err != nil {
		for fault := range strings.Lines(r.Err.Error()) {
			line("         %s", output.Printable(strings.TrimRight(fault, "\n")))
		}
	}
	for _, o := range r.Checks {
		line("         %s%s", output.Printable(o.Fault().Error()), map[bool]string{true: " (a warning)"}[o.Severity == transform.Warn])
	}
	if r.Same() {
		return nil
	}
	var table strings.Builder
	if err := output.Table(&table, t.differences(r)); err != nil {
		return err
	}
	for row := range strings.Lines(table.String()) {
		line("        %s", strings.TrimRight(row, " \n"))
	}
	if more := len(r.Differ) + len(r.Missing) + len(r.Extra) - rowsShown; more > 0 {
		line("         … and %s; --format json has all", plural(int64(more), "row more", "rows more"))
	}
	return nil
}

// inNumbers says how a case's rows differ.
func inNumbers(r *transform.CaseResult) string {
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{{len(r.Differ), "with other values"}, {len(r.Missing), "missing"}, {len(r.Extra), "too many"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", plural(int64(part.n), "row", "rows"), part.what))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ") + " (" + r.Want + ")"
}

// differences are a case's rows that are not as wanted, each with the line of
// want.csv. Where every row has its wanted one, columns that agree in all of
// them are left out.
func (t *tests) differences(r *transform.CaseResult) output.Rows {
	rows := output.Rows{Columns: []string{"", "line"}}
	var columns []int
	for i, c := range r.Columns {
		if len(r.Missing)+len(r.Extra) > 0 || t.isKey(r.Case.Model, c.Name) || anyDiffers(r.Differ, i) {
			columns = append(columns, i)
			rows.Columns = append(rows.Columns, c.Name)
		}
	}
	add := func(what string, line any, cell func(column int) string) {
		if len(rows.Rows) >= rowsShown {
			return
		}
		row := []any{what, line}
		for _, c := range columns {
			row = append(row, cell(c))
		}
		rows.Rows = append(rows.Rows, row)
	}
	for _, pair := range r.Differ {
		add("differs", pair.Line, func(c int) string {
			if !pair.Differs(c) {
				return shownValue(pair.Got[c], r.Columns[c].Type)
			}
			return shownValue(pair.Got[c], r.Columns[c].Type) + ", not " + shownValue(pair.Values[c], r.Columns[c].Type)
		})
	}
	for _, row := range r.Missing {
		add("missing", row.Line, func(c int) string { return shownValue(row.Values[c], r.Columns[c].Type) })
	}
	for _, row := range r.Extra {
		add("too many", nil, func(c int) string { return shownValue(row[c], r.Columns[c].Type) })
	}
	return rows
}

func (t *tests) isKey(model, column string) bool {
	for _, m := range t.graph.Models {
		for _, key := range m.Header.Key {
			if m.Name == model && strings.EqualFold(key, column) {
				return true
			}
		}
	}
	return false
}

func anyDiffers(pairs []transform.RowPair, column int) bool {
	for _, pair := range pairs {
		if pair.Differs(column) {
			return true
		}
	}
	return false
}

// shownValue is a value as one writes it into a CSV file of a case, but NULL,
// which is nothing there.
func shownValue(value any, kind string) string {
	switch v := plainValue(value, kind).(type) {
	case nil:
		return "NULL"
	case string:
		if v == "" {
			return `""`
		}
		return v
	case time.Time:
		return output.FormatTime(v)
	case output.Number:
		return string(v)
	case map[string]any, []any:
		if text, err := json.Marshal(v); err == nil {
			return string(text)
		}
		return fmt.Sprint(v)
	default:
		return fmt.Sprint(v)
	}
}

// plainValue is a value as output prints it.
func plainValue(value any, kind string) any {
	answer := output.Answer(&warehouse.Table{Columns: []warehouse.Column{{Type: kind}}, Rows: [][]any{{value}}})
	return answer.Rows[0][0]
}

// forPrograms is one row for each case, and for each model without any.
func (t *tests) forPrograms(results []*transform.CaseResult) output.Rows {
	rows := output.Rows{Columns: []string{"model", "case", "outcome", "error", "differing", "missing", "too_many", "checks"}}
	for _, r := range results {
		named := func(values []any) map[string]any {
			row := map[string]any{}
			for i, c := range r.Columns {
				row[c.Name] = plainValue(values[i], c.Type)
			}
			return row
		}
		differing, missing, extra, checks := []any{}, []any{}, []any{}, []any{}
		for _, pair := range r.Differ {
			differing = append(differing, map[string]any{"line": pair.Line, "want": named(pair.Values), "got": named(pair.Got)})
		}
		for _, row := range r.Missing {
			missing = append(missing, map[string]any{"line": row.Line, "want": named(row.Values)})
		}
		for _, row := range r.Extra {
			extra = append(extra, map[string]any{"got": named(row)})
		}
		for _, o := range r.Checks {
			checks = append(checks, map[string]any{"check": o.Check, "severity": string(o.Severity), "rows": o.Failed, "file": o.File, "line": o.Line})
		}
		var fault any
		if r.Err != nil {
			fault = r.Err.Error()
		}
		rows.Rows = append(rows.Rows, []any{r.Case.Model, r.Case.Name, outcomeOf(r), fault, differing, missing, extra, checks})
	}
	for _, model := range t.bare {
		rows.Rows = append(rows.Rows, []any{model, nil, caseNone, nil, []any{}, []any{}, []any{}, []any{}})
	}
	return rows
}

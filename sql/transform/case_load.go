package transform

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"parley/pipelines/yamlfile"
	"parley/sql/warehouse"
)

// loadedAtOnce is how many rows of a given table go to the engine in one statement.
const loadedAtOnce = 100

// typeName is a type that a header may name: words, with a size or a list's
// brackets behind them. Nothing else of it reaches a statement.
var typeName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*(?: [A-Za-z]+){0,3}(?:\(\s*\d+\s*(?:,\s*\d+\s*)?\))?(?:\[\])*$`)

// load makes a table, empty or with the rows that the case gives.
func (s *stage) load(ctx context.Context, table string, columns []warehouse.Column) error {
	file := s.given[table]
	if file == nil {
		return createEmpty(ctx, s.engine, table, columns)
	}
	given, err := s.header(ctx, table, file, columns)
	if err != nil {
		return err
	}
	columns = slices.Clone(columns)
	for _, c := range given {
		if !slices.ContainsFunc(columns, func(known warehouse.Column) bool { return known.Name == c.Name }) {
			columns = append(columns, c)
		}
	}
	if err := createEmpty(ctx, s.engine, table, columns); err != nil {
		return err
	}
	names := make([]string, len(given))
	for i, c := range given {
		names[i] = warehouse.Ident(c.Name)
	}
	insert := "insert into " + warehouse.Ident(table) + " (" + strings.Join(names, ", ") + ") "
	return s.values(ctx, file, given, func(rows string, values []any) error {
		return s.engine.Exec(ctx, insert+rows, values...)
	})
}

// header reads which columns a given file has, and of which types.
func (s *stage) header(ctx context.Context, table string, file *csvFile, known []warehouse.Column) ([]warehouse.Column, error) {
	var faults []error
	given := make([]warehouse.Column, len(file.header))
	for i, field := range file.header {
		given[i] = warehouse.Column{Name: strings.TrimSpace(field.text)}
		at := columnNamed(known, given[i].Name)
		cut := strings.LastIndexByte(field.text, ':')
		switch {
		case at >= 0:
			given[i] = warehouse.Column{Name: known[at].Name, Type: storable(known[at].Type)}
		case cut < 0:
			more := ""
			if s.graph.HoldsAttributes(table) {
				more = fmt.Sprintf("; write %s:TYPE, as %s:BIGINT, for a custom attribute", given[i].Name, given[i].Name)
			}
			faults = append(faults, file.at(field, "%s has no column %q%s%s", table, given[i].Name, yamlfile.DidYouMean(given[i].Name, columnNames(known)), more))
		default:
			name, kind := strings.TrimSpace(field.text[:cut]), strings.TrimSpace(field.text[cut+1:])
			named, isType := s.typeNamed(ctx, kind)
			given[i] = warehouse.Column{Name: name, Type: named}
			switch {
			case columnNamed(known, name) >= 0:
				faults = append(faults, file.at(field, "%s.%s is %s; leave the type out", table, name, known[columnNamed(known, name)].Type))
			case !s.graph.HoldsAttributes(table):
				faults = append(faults, file.at(field, "%s has no column %q, nor custom attributes%s", table, name, yamlfile.DidYouMean(name, columnNames(known))))
			case !isType:
				faults = append(faults, file.at(field, "%q is no type; write VARCHAR, BIGINT, DOUBLE, BOOLEAN or TIMESTAMPTZ", kind))
			}
		}
		if j := columnNamed(given[:i], given[i].Name); j >= 0 {
			faults = append(faults, file.at(field, "the column %q stands there twice; take one out", given[i].Name))
		}
	}
	return given, errors.Join(faults...)
}

// typeNamed is a type as the engine names it, of a name in any of its spellings; false: there is none.
func (s *stage) typeNamed(ctx context.Context, name string) (kind string, ok bool) {
	if !typeName.MatchString(name) {
		return "", false
	}
	columns, err := s.engine.Describe(ctx, "select cast(null as "+name+") as value")
	if err != nil {
		return "", false
	}
	return columns[0].Type, true
}

// columnNamed is the place of a column, whose name is in small or capital letters as one likes; -1: there is none.
func columnNamed(columns []warehouse.Column, name string) int {
	return slices.IndexFunc(columns, func(c warehouse.Column) bool { return strings.EqualFold(c.Name, name) })
}

func columnNames(columns []warehouse.Column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names
}

// values hands a file's rows over as `values (…), (…)` with the values bound,
// some rows at a time. Where the engine does not take them, it finds the field.
func (s *stage) values(ctx context.Context, file *csvFile, columns []warehouse.Column, take func(rows string, values []any) error) error {
	places := make([]string, len(columns))
	for i, c := range columns {
		places[i] = "cast(? as " + c.Type + ")"
	}
	one := "(" + strings.Join(places, ", ") + ")"
	for rows := range slices.Chunk(file.rows, loadedAtOnce) {
		var values []any
		for _, row := range rows {
			for i, field := range row.fields {
				if field.null {
					values = append(values, nil)
					continue
				}
				if lost := loses(columns[i].Type, field.text); lost != "" {
					return file.at(field, "%q %s; %s is %s", field.text, lost, columns[i].Name, columns[i].Type)
				}
				values = append(values, spelled(columns[i].Type, field.text))
			}
		}
		err := take("values "+strings.TrimSuffix(strings.Repeat(one+", ", len(rows)), ", "), values)
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return s.culprit(ctx, file, columns, rows, err)
	}
	return nil
}

// culprit finds the field that the engine did not take.
func (s *stage) culprit(ctx context.Context, file *csvFile, columns []warehouse.Column, rows []csvRow, said error) error {
	for _, row := range rows {
		for i, field := range row.fields {
			if field.null {
				continue
			}
			if _, err := s.engine.Query(ctx, "select cast(? as "+columns[i].Type+")", spelled(columns[i].Type, field.text)); err != nil {
				return file.at(field, "%q is no %s, which %s is", field.text, columns[i].Type, columns[i].Name)
			}
		}
	}
	return fmt.Errorf("%s:%d: %w", file.path, rows[0].line, said)
}

package transform

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"parley/sql/warehouse"
)

// Definer makes tables without rows, and says which columns a SELECT gives over them.
type Definer interface {
	Describe(ctx context.Context, query string) ([]warehouse.Column, error)
	Exec(ctx context.Context, query string, args ...any) error
}

// Shapes are the columns of every table of a graph, as they are where the
// source tables are empty.
type Shapes struct {
	Columns map[string][]warehouse.Column // by table: source tables, and models that run
	Faults  map[string]error              // by model: why it does not run
	// Attributes are the columns of custom attributes, by the wide table that
	// has them. They are of those that records brought, which the graph does not know.
	Attributes map[string][]warehouse.Column
}

// Shapes describes every model over source tables without rows; attributes are
// the columns that the wide tables have beside their own. The engine is one that
// has none of these tables; afterwards it has them all, empty. The error is only
// what ends the work at once; what is wrong in a model is in Faults.
func (g *Graph) Shapes(ctx context.Context, engine Definer, attributes map[string][]warehouse.Column) (*Shapes, error) {
	s := &Shapes{Columns: map[string][]warehouse.Column{}, Faults: map[string]error{}, Attributes: attributes}
	for _, source := range warehouse.SourceSchemas() {
		source.Columns = append(source.Columns, attributes[source.Table]...)
		if err := createEmpty(ctx, engine, source.Table, source.Columns); err != nil {
			return nil, err
		}
		s.Columns[source.Table] = source.Columns
	}
	for _, m := range g.Models {
		if m.isSource() {
			continue
		}
		columns, err := s.describe(ctx, engine, m)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil {
			s.Faults[m.Name] = err
			continue
		}
		if err := createEmpty(ctx, engine, m.Name, columns); err != nil {
			return nil, fmt.Errorf("%s: %w", m.File, err)
		}
		s.Columns[m.Name] = columns
	}
	return s, nil
}

// isSource: a model whose SELECT is written from what is there, one of the
// source tables where there is nothing.
func (m *Model) isSource() bool { return m.made != nil }

func (s *Shapes) describe(ctx context.Context, engine Definer, m *Model) ([]warehouse.Column, error) {
	for _, read := range m.Reads {
		if s.Faults[read] != nil {
			return nil, &Fault{Model: m.Name, File: m.File, Line: firstLineNaming(m.SQL, read),
				Text: fmt.Sprintf("it reads %s, which does not run; correct %s first", read, read)}
		}
		if s.Columns[read] == nil {
			return nil, fmt.Errorf("%s: it reads %s, of which no columns are known", m.File, read)
		}
	}
	columns, err := engine.Describe(ctx, m.SQL)
	if err != nil {
		return nil, fileError(m, err)
	}
	return columns, nil
}

func createEmpty(ctx context.Context, engine Definer, table string, columns []warehouse.Column) error {
	defined := make([]string, len(columns))
	for i, c := range columns {
		defined[i] = warehouse.Ident(c.Name) + " " + storable(c.Type)
	}
	return engine.Exec(ctx, "create table "+warehouse.Ident(table)+" ("+strings.Join(defined, ", ")+")")
}

// storable is the type of a table's column that holds what a SELECT gives: a
// bare NULL is given a type of its own there, which no table can have.
func storable(kind string) string {
	if kind == `"NULL"` || kind == "NULL" {
		return "INTEGER"
	}
	return kind
}

// HoldsAttributes tells whether a table may have columns of custom attributes:
// the wide tables, and every model that is made of one.
func (g *Graph) HoldsAttributes(table string) bool {
	if table == PersonAttributes || table == CompanyAttributes {
		return true
	}
	i := slices.IndexFunc(g.Models, func(m *Model) bool { return m.Name == table })
	return i >= 0 && slices.ContainsFunc(g.Models[i].Reads, g.HoldsAttributes)
}

// The wide tables: a column for each custom attribute.
const (
	PersonAttributes  = "person_attributes_wide"
	CompanyAttributes = "company_attributes_wide"
)

// LeftOut is a file of the workspace that makes no model, with what is wrong in it.
type LeftOut struct {
	Model  *Model // as far as its file says; Name is "" where the file's name is none for a table, or is taken
	Faults []*Fault
}

// LeftOut reads the workspace's files that have a fault, for whoever shows them.
func (g *Graph) LeftOut(own fs.FS) ([]LeftOut, error) {
	var left []LeftOut
	at := map[string]int{}
	for _, f := range g.Faults {
		i, known := at[f.File]
		if !known {
			m := &Model{Name: f.Model, File: f.File, Layer: Mart, Own: true}
			if !tableName.MatchString(m.Name) {
				m.Name = ""
			}
			content, err := fs.ReadFile(own, path.Base(f.File))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("read model %s: %w", f.File, err)
			}
			m.SQL = string(content)
			m.Header, _ = parseHeader(m.Name, m.File, m.SQL)
			i = len(left)
			at[f.File] = i
			left = append(left, LeftOut{Model: m})
		}
		left[i].Faults = append(left[i].Faults, f)
	}
	return left, nil
}

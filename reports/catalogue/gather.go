package catalogue

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"parley/sql/segment"
	"parley/sql/transform"
	"parley/sql/warehouse"
)

// Gather puts together what is known of every table.
func Gather(ctx context.Context, from Sources) (*Catalogue, error) {
	c := &Catalogue{}
	for name, meaning := range warehouse.SourceMeanings() {
		kind := Input
		if strings.HasPrefix(name, "settled_") {
			kind = Settled
		}
		c.add(name, kind, meaning, from.Shapes.Columns[name])
		for i, column := range c.table(name).Columns {
			c.table(name).Columns[i].IsCustom = column.Text == "" && from.isAttribute(name, column.Name)
		}
	}
	for name, meaning := range segment.Meanings() {
		c.add(name, Segment, meaning, nil)
	}
	for _, m := range from.Graph.Models {
		if source := c.table(m.Name); source != nil { // made while a build runs, of what another model gives
			source.Reads, source.Goes = m.Reads, goesBy(m.Header)
			continue
		}
		c.addModel(m, from)
	}
	for _, left := range from.LeftOut {
		c.addLeftOut(left)
	}
	for _, q := range from.Graph.Checks {
		c.Checks = append(c.Checks, Query{Name: q.Name, File: q.File, Text: q.Text, Severity: string(q.Severity), State: Unknown, Reads: q.Reads, SQL: q.SQL})
	}
	slices.SortFunc(c.Checks, func(a, b Query) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(c.Tables, func(a, b *Table) int { return strings.Compare(a.Name, b.Name) })
	for _, t := range c.Tables {
		for _, name := range t.Reads {
			if read := c.table(name); read != nil {
				read.ReadBy = append(read.ReadBy, t.Name)
			}
		}
	}
	if from.Build != nil {
		if err := c.addBuild(ctx, from); err != nil {
			return nil, fmt.Errorf("look at build %s: %w", from.Build.Record.ID, err)
		}
	}
	return c, nil
}

// add puts in a table that no model makes.
func (c *Catalogue) add(name string, kind Kind, meaning warehouse.Meaning, columns []warehouse.Column) {
	t := &Table{Name: name, Kind: kind, Text: meaning.Text}
	for _, column := range columns {
		t.Columns = append(t.Columns, Column{Name: column.Name, Type: column.Type, Text: meaning.Columns[column.Name]})
	}
	c.Tables = append(c.Tables, t)
}

func (c *Catalogue) addModel(m *transform.Model, from Sources) {
	t := tableOf(m)
	for _, column := range from.Shapes.Columns[m.Name] {
		text := noteOf(m, column.Name)
		t.Columns = append(t.Columns, Column{Name: column.Name, Type: column.Type, Text: text, IsCustom: text == "" && from.isAttribute(m.Name, column.Name)})
	}
	if fault := from.Shapes.Faults[m.Name]; fault != nil {
		t.Error = fault.Error()
		if from.Build == nil && from.Graph.HoldsAttributes(m.Name) {
			t.Error += "\nWhere it asks for a custom attribute: these are known from the first build on."
		}
		t.Columns = noted(m)
	}
	c.Tables = append(c.Tables, t)
}

// addLeftOut puts in a file that cannot be loaded: as a table, where its name
// is one of no other.
func (c *Catalogue) addLeftOut(left transform.LeftOut) {
	faults := make([]error, len(left.Faults))
	for i, f := range left.Faults {
		faults[i] = f
	}
	fault := errors.Join(faults...).Error()
	if left.Model.Name == "" || c.table(left.Model.Name) != nil {
		c.Strays = append(c.Strays, Stray{File: left.Model.File, Error: fault, SQL: left.Model.SQL})
		return
	}
	t := tableOf(left.Model)
	t.Error, t.Columns = fault, noted(left.Model)
	c.Tables = append(c.Tables, t)
}

func tableOf(m *transform.Model) *Table {
	h := m.Header
	t := &Table{
		Name: m.Name, Kind: Kind(m.Layer), Own: m.Own, File: m.File, Text: h.Text, Grain: h.Grain, Key: h.Key, Reads: m.Reads, SQL: m.SQL, Goes: goesBy(h),
	}
	for _, s := range h.Order {
		name := s.Column
		if s.Desc {
			name += " desc"
		}
		t.Order = append(t.Order, name)
	}
	for _, check := range h.Checks {
		t.Checks = append(t.Checks, Check{
			Columns: check.Columns, Rule: check.Text(), Severity: string(check.Severity), Line: check.Line, State: Unknown, Table: check.Table,
		})
	}
	return t
}

// goesBy is by what a model is brought up to date; "": as a whole.
func goesBy(h transform.Header) string {
	switch {
	case h.Increment == nil:
		return ""
	case h.Increment.ByDate:
		return "the dates of " + strings.Join(h.Increment.By, ", ")
	}
	return strings.Join(h.Increment.By, ", ")
}

func noteOf(m *transform.Model, column string) string {
	for _, note := range m.Header.Columns {
		if strings.EqualFold(note.Column, column) {
			return note.Text
		}
	}
	return ""
}

// noted are the columns that a model's header explains, where its own are not known.
func noted(m *transform.Model) []Column {
	var columns []Column
	for _, note := range m.Header.Columns {
		columns = append(columns, Column{Name: note.Column, Text: note.Text})
	}
	return columns
}

// addBuild says of each table what the current build has of it.
func (c *Catalogue) addBuild(ctx context.Context, from Sources) error {
	record := &from.Build.Record
	c.Build = record
	for _, t := range c.Tables {
		i := slices.IndexFunc(record.Models, func(m warehouse.ModelRecord) bool { return m.Name == t.Name && m.Own == t.Own })
		if i >= 0 {
			t.addRun(record.Models[i], record.Checks)
		}
		rows, kept := record.Rows[t.Name]
		if kept {
			t.Rows = &rows
		}
		if !kept && !t.Stale {
			continue
		}
		t.InBuild = true
		if err := errors.Join(t.addFiles(filepath.Join(from.Build.Dir, t.Name)), t.addColumns(ctx, from)); err != nil {
			return err
		}
	}
	for i := range c.Checks {
		c.Checks[i].State = Held
		for _, r := range record.Checks {
			if r.Model == "" && r.Check == c.Checks[i].Name {
				c.Checks[i].State, c.Checks[i].Rows = Broken, r.Failed
				if r.Error != "" {
					c.Checks[i].State = Unknown
				}
			}
		}
	}
	return nil
}

func (t *Table) addFiles(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var size int64
	var written time.Time
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			return err
		}
		size += info.Size()
		if info.ModTime().After(written) {
			written = info.ModTime().UTC()
		}
	}
	t.Bytes, t.Written = &size, &written
	return nil
}

// addColumns takes the columns that the table has in the build: custom
// attributes among them.
func (t *Table) addColumns(ctx context.Context, from Sources) error {
	described, err := from.Build.Query(ctx, "describe "+warehouse.Ident(t.Name))
	if err != nil {
		return err
	}
	name, kind := described.Index("column_name"), described.Index("column_type")
	if name < 0 || kind < 0 {
		return fmt.Errorf("describe %s: unexpected columns %v", t.Name, described.Columns)
	}
	known := t.Columns
	var columns []Column
	for _, row := range described.Rows {
		column := Column{}
		column.Name, _ = row[name].(string)
		column.Type, _ = row[kind].(string)
		if i := slices.IndexFunc(known, func(k Column) bool { return k.Name == column.Name }); i >= 0 {
			column.Text, column.IsCustom = known[i].Text, known[i].IsCustom
			known[i].Name = "" // found
		} else if t.Kind == Segment {
			column.Text = segment.Meanings()[t.Name].Columns[column.Name]
		}
		columns = append(columns, column)
	}
	for _, k := range known {
		if k.Name != "" {
			k.NotBuilt = true // the model has changed since the build
			columns = append(columns, k)
		}
	}
	t.Columns = columns
	return nil
}

// isAttribute tells whether a column that nothing explains is a custom attribute's.
func (s Sources) isAttribute(table, column string) bool {
	if !s.Graph.HoldsAttributes(table) {
		return false
	}
	for _, attributes := range s.Shapes.Attributes {
		if slices.ContainsFunc(attributes, func(a warehouse.Column) bool { return a.Name == column }) {
			return true
		}
	}
	return false
}

// addRun says what came of a model that the build ran, and of its checks: the
// record names those that did not hold.
func (t *Table) addRun(run warehouse.ModelRecord, failed []warehouse.CheckRecord) {
	ran := run.State == string(transform.Ran)
	t.Stale = run.Stale
	if ran {
		t.InBuild, t.Seconds, t.How, t.Reason = true, &run.Seconds, run.How, run.Reason
	}
	if t.Error == "" {
		t.Error = run.Error
	}
	if !ran && !slices.ContainsFunc(failed, func(r warehouse.CheckRecord) bool { return r.Model == t.Name }) {
		return // it failed before there were rows to check
	}
	for i := range t.Checks {
		check := &t.Checks[i]
		check.State = Held
		for _, r := range failed {
			if r.Model == t.Name && r.Line == check.Line && r.Rule == check.Rule && strings.HasSuffix(r.Check, "_"+strings.Join(check.Columns, "_")) {
				check.State, check.Rows, check.Found, check.Error = Broken, r.Failed, r.Found, r.Error
				if r.Error != "" {
					check.State = Unknown
				}
			}
		}
	}
}

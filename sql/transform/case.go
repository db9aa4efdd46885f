package transform

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"parley/pipelines/yamlfile"
	"parley/sql/warehouse"
)

// CaseAsOf is the instant of a case whose given/settings.csv names none.
const CaseAsOf = "2026-07-01T00:00:00Z"

// Case is an example of a model worked out by hand.
type Case struct {
	Model string
	Name  string
	Dir   string // within the files it was found in
}

// Cases lists the folders <model>/<case> that hold a want.csv, sorted.
func Cases(files fs.FS) ([]Case, error) {
	wants, err := fs.Glob(files, "*/*/want.csv")
	if err != nil {
		return nil, err
	}
	cases := make([]Case, len(wants))
	for i, w := range wants {
		dir := path.Dir(w)
		cases[i] = Case{Model: path.Dir(dir), Name: path.Base(dir), Dir: dir}
	}
	return cases, nil
}

// RunCase runs a case's model over the tables in given/, and compares its rows
// with want.csv: all of them, in any order, only the columns that want.csv
// names, doubles to 1e-9 relative. A difference is a *Difference.
//
// given/<table>.csv may hold a source table (warehouse.SourceSchemas), whose
// columns have the types they have there, or a model, whose columns have the
// types its SELECT gives; models that are not given run on what is. A header may also name a type, as in
// `seats:BIGINT`; columns left out are null. An empty field is NULL, "" is
// empty text; times without a zone are UTC. Of tables that are not given:
//
//   - settings is one row: name "case", as_of CaseAsOf, timezone UTC,
//     week_starts 1; a given one may name some of these only;
//   - identity has a person for each pair of key_kind and key that the given
//     tables hold, called u:KEY, e:KEY, s:KEY or a:KEY after the first letter of its kind;
//   - all others are empty.
func RunCase(ctx context.Context, g *Graph, files fs.FS, c Case) (err error) {
	target := slices.IndexFunc(g.Models, func(m *Model) bool { return m.Name == c.Model })
	if target < 0 {
		return fmt.Errorf("%s: there is no model %q%s", c.Dir, c.Model, yamlfile.DidYouMean(c.Model, modelNames(g.Models)))
	}
	scratch, err := os.MkdirTemp("", "parley-case-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	engine, err := warehouse.Open(ctx, warehouse.Config{MemoryLimit: "1GB", Threads: 1, TempDir: filepath.Join(scratch, "spill")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	s := &stage{engine: engine, files: files, dir: c.Dir, scratch: scratch, given: map[string]bool{}}
	if err := s.findGiven(g); err != nil {
		return err
	}
	if err := s.sources(ctx, g.Inputs); err != nil {
		return err
	}
	if err := s.models(ctx, ancestry(g, g.Models[target])); err != nil {
		return err
	}
	return s.compare(ctx, c)
}

// stage is an engine that is set with what a case gives.
type stage struct {
	engine  *warehouse.DuckDB
	files   fs.FS
	dir     string
	scratch string
	given   map[string]bool
}

// findGiven lists what is given, and refuses a file that names no table.
func (s *stage) findGiven(g *Graph) error {
	entries, err := fs.ReadDir(s.files, path.Join(s.dir, "given"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	known := append(modelNames(g.Models), g.Inputs...)
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".csv")
		if !ok || !slices.Contains(known, name) {
			return fmt.Errorf("%s: no model or source table has this name%s", path.Join(s.dir, "given", e.Name()), yamlfile.DidYouMean(name, known))
		}
		s.given[name] = true
	}
	return nil
}

func modelNames(models []*Model) []string {
	names := make([]string, len(models))
	for i, m := range models {
		names[i] = m.Name
	}
	return names
}

// ancestry is a model and everything it reads, in order.
func ancestry(g *Graph, target *Model) []*Model {
	wanted := map[string]bool{target.Name: true}
	var found []*Model
	for _, m := range slices.Backward(g.Models) {
		if wanted[m.Name] {
			found = append(found, m)
			for _, r := range m.Reads {
				wanted[r] = true
			}
		}
	}
	slices.Reverse(found)
	return found
}

func (s *stage) sources(ctx context.Context, inputs []string) error {
	var keyed []string // tables that name people by key, for the identity
	for _, schema := range warehouse.SourceSchemas() {
		switch {
		case schema.Table == "identity" && !s.given["identity"]:
			continue // made last, from all others
		case schema.Table == "settings":
			if err := s.settings(ctx, schema); err != nil {
				return err
			}
			continue
		}
		if err := s.load(ctx, schema, s.given[schema.Table]); err != nil {
			return err
		}
		if slices.ContainsFunc(schema.Columns, func(c warehouse.Column) bool { return c.Name == "key_kind" }) {
			keyed = append(keyed, "select key_kind, key from "+warehouse.Ident(schema.Table))
		}
	}
	for _, name := range inputs {
		if !slices.ContainsFunc(warehouse.SourceSchemas(), func(x warehouse.Schema) bool { return x.Table == name }) {
			return fmt.Errorf("input %s has no schema to make an empty table of", name)
		}
	}
	if s.given["identity"] {
		return nil
	}
	return s.engine.Exec(ctx, `create table identity as
		select distinct key_kind, key, left(key_kind, 1) || ':' || key as person_id
		from (`+strings.Join(keyed, " union all ")+`) where key_kind is not null and key is not null`)
}

func (s *stage) settings(ctx context.Context, schema warehouse.Schema) error {
	if err := s.load(ctx, schema, s.given["settings"]); err != nil {
		return err
	}
	if !s.given["settings"] {
		if err := s.engine.Exec(ctx, "insert into settings (name) values (null)"); err != nil {
			return err
		}
	}
	return s.engine.Exec(ctx, `update settings set name = coalesce(name, 'case'), as_of = coalesce(as_of, ?::timestamptz),
		timezone = coalesce(timezone, 'UTC'), week_starts = coalesce(week_starts, 1)`, CaseAsOf)
}

// models makes the tables that a case's model hangs on. One that is given is
// described first, for the types of its columns.
func (s *stage) models(ctx context.Context, models []*Model) error {
	for _, m := range models {
		if s.given[m.Name] {
			columns, err := s.engine.Describe(ctx, m.SQL)
			if err != nil {
				return fileError(m, err)
			}
			if err := s.load(ctx, warehouse.Schema{Table: m.Name, Columns: columns}, true); err != nil {
				return err
			}
			continue
		}
		if _, err := s.engine.Describe(ctx, m.SQL); err != nil {
			return fileError(m, err)
		}
		if err := s.engine.Exec(ctx, "create table "+warehouse.Ident(m.Name)+" as "+m.SQL); err != nil {
			return fileError(m, err)
		}
	}
	return nil
}

// load makes a table, empty or with the rows of its file in given/.
func (s *stage) load(ctx context.Context, schema warehouse.Schema, given bool) error {
	if !given {
		columns := make([]string, len(schema.Columns))
		for i, c := range schema.Columns {
			columns[i] = warehouse.Ident(c.Name) + " " + c.Type
		}
		return s.engine.Exec(ctx, "create table "+warehouse.Ident(schema.Table)+" ("+strings.Join(columns, ", ")+")")
	}
	file := path.Join(s.dir, "given", schema.Table+".csv")
	header, from, err := s.csv(file)
	if err != nil {
		return err
	}
	var chosen []string
	for _, c := range schema.Columns {
		if !slices.ContainsFunc(header, func(h column) bool { return h.name == c.Name }) {
			chosen = append(chosen, fmt.Sprintf("null::%s as %s", c.Type, warehouse.Ident(c.Name)))
		}
	}
	for _, h := range header {
		i := slices.IndexFunc(schema.Columns, func(c warehouse.Column) bool { return c.Name == h.name })
		switch {
		case h.kind != "":
		case i >= 0:
			h.kind = schema.Columns[i].Type
		default:
			return fmt.Errorf("%s:1: %s has no column %q%s; write %s:TYPE for one more", file, schema.Table, h.name,
				yamlfile.DidYouMean(h.name, columnNames(schema.Columns)), h.name)
		}
		chosen = append(chosen, fmt.Sprintf("%s::%s as %s", warehouse.Ident(h.name), h.kind, warehouse.Ident(h.name)))
	}
	if err := s.engine.Exec(ctx, "create table "+warehouse.Ident(schema.Table)+" as select "+strings.Join(chosen, ", ")+" from "+from); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func columnNames(columns []warehouse.Column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names
}

// column is a name of a CSV header, and the type written behind it, if any.
type column struct{ name, kind string }

// csv copies a CSV file to where the engine can read it, and gives its header
// and what to select from: every field as text, an empty one as NULL.
func (s *stage) csv(file string) ([]column, string, error) {
	content, err := fs.ReadFile(s.files, file)
	if err != nil {
		return nil, "", err
	}
	first, err := csv.NewReader(strings.NewReader(string(content))).Read()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, "", fmt.Errorf("%s: is empty; write a header line", file)
		}
		return nil, "", fmt.Errorf("%s: %w", file, err)
	}
	columns := make([]column, len(first))
	named := make([]string, len(first))
	for i, text := range first {
		name, kind, _ := strings.Cut(text, ":")
		columns[i] = column{name: strings.TrimSpace(name), kind: strings.TrimSpace(kind)}
		named[i] = fmt.Sprintf("'%s': 'VARCHAR'", strings.ReplaceAll(columns[i].name, "'", "''"))
	}
	copied := filepath.Join(s.scratch, strings.ReplaceAll(file, "/", "_"))
	if err := os.WriteFile(copied, content, 0o600); err != nil {
		return nil, "", err
	}
	from := fmt.Sprintf(`read_csv('%s', columns = {%s}, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false, null_padding = false)`,
		strings.ReplaceAll(copied, "'", "''"), strings.Join(named, ", "))
	return columns, from, nil
}

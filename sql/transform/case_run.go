package transform

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"parley/pipelines/yamlfile"
	"parley/sql/warehouse"
)

// Suite runs cases of a graph's models. It may run several at once.
type Suite struct {
	graph  *Graph
	files  fs.FS
	shown  string
	shapes *Shapes
}

// NewSuite makes ready to run cases that lie in files; shown is what messages
// put before their names.
func NewSuite(g *Graph, shapes *Shapes, files fs.FS, shown string) *Suite {
	return &Suite{graph: g, shapes: shapes, files: files, shown: shown}
}

// Run runs a case's model over the tables in given/, checks the rows that come
// out by the model's header, and compares them with want.csv: all of them, in
// any order, only the columns that want.csv names, doubles to 1e-9 relative.
// The error is only what ends the work at once: see CaseResult.
//
// given/<table>.csv may hold a source table (warehouse.SourceSchemas), whose
// columns have the types they have there, or a model, whose columns have the
// types its SELECT gives; models that are not given run on what is. Columns
// left out are null. A custom attribute is a column more, with its type, as in
// `seats:BIGINT`, of a table that holds such. An empty field is NULL, "" is
// empty text; times without a zone are UTC. Of tables that are not given:
//
//   - settings is one row: name "case", as_of CaseAsOf, timezone UTC,
//     week_starts 1; a given one may name some of these only;
//   - identity has a person for each pair of key_kind and key that the given
//     tables hold, called u:KEY, e:KEY, s:KEY or a:KEY after the first letter of its kind;
//   - all others are empty.
//
// A relation of the header is checked where the other table has rows, freshness never.
func (s *Suite) Run(ctx context.Context, c Case) (*CaseResult, error) {
	return s.run(ctx, c, func(stage *stage, m *Model, r *CaseResult) error {
		if err := stage.compare(ctx, m, r); err != nil {
			return err
		}
		return stage.check(ctx, m, r)
	})
}

// Show runs a case's model and gives the rows that come out, sorted, whatever
// want.csv holds; it need not be there.
func (s *Suite) Show(ctx context.Context, c Case) (*warehouse.Table, error) {
	var without *noWantError
	if errors.As(c.Fault, &without) && c.Fault.Error() == without.Error() {
		c.Fault = nil
	}
	var shown *warehouse.Table
	r, err := s.run(ctx, c, func(stage *stage, m *Model, _ *CaseResult) (err error) {
		shown, err = stage.engine.Query(ctx, "select * from "+warehouse.Ident(m.Name))
		if err == nil {
			slices.SortFunc(shown.Rows, func(a, b []any) int { return strings.Compare(rowKey(a), rowKey(b)) })
		}
		return err
	})
	if err == nil {
		err = r.Err
	}
	return shown, err
}

// run sets the stage, runs the model and does work with it. What is wrong in
// the workspace's files becomes the result's error.
func (s *Suite) run(ctx context.Context, c Case, work func(*stage, *Model, *CaseResult) error) (*CaseResult, error) {
	r := &CaseResult{Case: c}
	m, err := s.model(c)
	if r.Err = errors.Join(c.Fault, err); r.Err != nil {
		return r, nil //nolint:nilerr // what is wrong in the workspace's files is the result's
	}
	return r, withEngine(ctx, func(engine *warehouse.DuckDB) error {
		stage := &stage{Suite: s, engine: engine, dir: c.Dir, given: map[string]*csvFile{}, needed: map[string]bool{}}
		if r.Err = stage.set(ctx, c, m); r.Err == nil {
			r.Err = work(stage, m, r)
		}
		return context.Cause(ctx)
	})
}

// withEngine does work with an engine of its own, and clears it away.
func withEngine(ctx context.Context, work func(*warehouse.DuckDB) error) (err error) {
	engine, err := warehouse.Open(ctx, warehouse.Config{MemoryLimit: "1GB", Threads: 1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	return work(engine)
}

// model finds the model of a case, and says why it cannot be loaded. That it
// does not run where there are no rows is no fault yet: it may ask for custom
// attributes, which the case gives.
func (s *Suite) model(c Case) (*Model, error) {
	i := slices.IndexFunc(s.graph.Models, func(m *Model) bool { return m.Name == c.Model })
	if i >= 0 {
		return s.graph.Models[i], nil
	}
	var faults []error
	for _, f := range s.graph.Faults {
		if f.Model == c.Model {
			faults = append(faults, f)
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return nil, fmt.Errorf("%s: there is no model %q%s", path.Join(s.shown, c.Dir), c.Model, yamlfile.DidYouMean(c.Model, modelNames(s.graph.Models)))
}

// stage is an engine that is set with what a case gives.
type stage struct {
	*Suite
	engine *warehouse.DuckDB
	dir    string
	given  map[string]*csvFile
	needed map[string]bool // tables that the case's model reads, itself or through models that are not given
}

// set makes every table that the model hangs on, and the model's own.
func (s *stage) set(ctx context.Context, c Case, target *Model) error {
	names, err := s.Suite.given(c)
	if err != nil {
		return err
	}
	var faults []error
	for _, name := range names {
		file, err := readCSV(s.files, path.Join(s.dir, givenName, name+".csv"), s.shown)
		faults = append(faults, err)
		s.given[name] = file
	}
	if slices.Contains(names, target.Name) {
		faults = append(faults, fmt.Errorf("%s: is the model itself; give what it reads: %s", path.Join(s.shown, s.dir, givenName, target.Name+".csv"), strings.Join(target.Reads, ", ")))
	}
	s.need(target)
	for _, name := range names {
		if !s.needed[name] {
			faults = append(faults, fmt.Errorf("%s: %s does not read %s; take the file out, or give what it reads: %s",
				path.Join(s.shown, s.dir, givenName, name+".csv"), target.Name, name, strings.Join(target.Reads, ", ")))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	if err := s.sources(ctx); err != nil {
		return err
	}
	for _, m := range s.graph.Models {
		switch {
		case !s.needed[m.Name] || m.isSource():
		case s.given[m.Name] != nil:
			faults = append(faults, s.load(ctx, m.Name, s.shapes.Columns[m.Name]))
		default:
			if err := errors.Join(faults...); err != nil {
				return err
			}
			if err := s.materialise(ctx, m); err != nil {
				return err
			}
		}
	}
	return errors.Join(faults...)
}

// need marks what a model hangs on: all that it reads, through models that are
// not given; and the tables that its relations name, where they are given.
func (s *stage) need(m *Model) {
	s.needed[m.Name], s.needed["settings"], s.needed["identity"] = true, true, true
	for _, c := range m.Header.Checks {
		if c.Rule == Relation && s.given[c.Table] != nil {
			s.needed[c.Table] = true
		}
	}
	reached := map[string]bool{}
	var through func(reads []string)
	through = func(reads []string) {
		for _, name := range reads {
			if reached[name] {
				continue
			}
			reached[name], s.needed[name] = true, true
			if i := slices.IndexFunc(s.graph.Models, func(other *Model) bool { return other.Name == name }); i >= 0 && s.given[name] == nil && !s.graph.Models[i].isSource() {
				through(s.graph.Models[i].Reads)
			}
		}
	}
	through(m.Reads)
}

// materialise makes a model's table. It is described first: errors of names
// and types then have their place in the file.
func (s *stage) materialise(ctx context.Context, m *Model) error {
	if _, err := s.engine.Describe(ctx, m.SQL); err != nil {
		return fileError(m, err)
	}
	return fileError(m, s.engine.Exec(ctx, "create table "+warehouse.Ident(m.Name)+" as\n"+m.SQL))
}

func (s *stage) sources(ctx context.Context) error {
	var faults []error
	var keyed []string // tables that name people by key, for the identity
	for _, schema := range warehouse.SourceSchemas() {
		if schema.Table == "identity" && s.given["identity"] == nil {
			continue // made last, from all others
		}
		faults = append(faults, s.load(ctx, schema.Table, schema.Columns))
		if slices.ContainsFunc(schema.Columns, func(c warehouse.Column) bool { return c.Name == "key_kind" }) {
			keyed = append(keyed, "select key_kind, key from "+warehouse.Ident(schema.Table))
		}
	}
	for _, name := range s.graph.Inputs {
		if s.shapes.Columns[name] == nil {
			return fmt.Errorf("input %s has no schema to make an empty table of", name)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	if err := s.settings(ctx); err != nil || s.given["identity"] != nil {
		return err
	}
	return s.engine.Exec(ctx, `create table identity as
		select distinct key_kind, key, left(key_kind, 1) || ':' || key as person_id, null::timestamptz as valid_from, null::timestamptz as valid_to, 'itself' as why
		from (`+strings.Join(keyed, " union all ")+`) where key_kind is not null and key is not null`)
}

// settings gives the one row of settings what the case leaves out.
func (s *stage) settings(ctx context.Context) error {
	if file := s.given["settings"]; file != nil {
		if len(file.rows) != 1 {
			return fmt.Errorf("%s: has %d rows where one is wanted: the workspace's settings", file.path, len(file.rows))
		}
		for i, field := range file.rows[0].fields {
			name := strings.ToLower(strings.TrimSpace(file.header[i].text))
			switch _, err := time.LoadLocation(field.text); {
			case field.null:
			case name == "timezone" && (err != nil || field.text == "Local" || field.text == ""):
				return file.at(field, "%q is no time zone; write an IANA name, as in Europe/Dublin", field.text)
			case name == "week_starts" && !slices.Contains([]string{"1", "2", "3", "4", "5", "6", "7"}, field.text):
				return file.at(field, "%q is no day of the week; write 1 for Monday … 7 for Sunday", field.text)
			}
		}
	} else if err := s.engine.Exec(ctx, "insert into settings (name) values (null)"); err != nil {
		return err
	}
	return s.engine.Exec(ctx, `update settings set name = coalesce(name, 'case'), as_of = coalesce(as_of, ?::timestamptz),
		timezone = coalesce(timezone, 'UTC'), week_starts = coalesce(week_starts, 1)`, CaseAsOf)
}

// check asks of the model's rows what its header says must hold of them.
func (s *stage) check(ctx context.Context, m *Model, r *CaseResult) error {
	var checks []Check
	for _, c := range m.Header.Checks {
		if c.Rule == Fresh {
			continue // of rows by hand it says nothing
		}
		if c.Rule == Relation {
			if !s.needed[c.Table] {
				continue
			}
			some, err := s.engine.Query(ctx, "select 1 from "+warehouse.Ident(c.Table)+" limit 1")
			if err != nil {
				return err
			}
			if len(some.Rows) == 0 {
				continue
			}
		}
		checks = append(checks, c)
	}
	for _, o := range runChecks(ctx, s.engine, m, checks) {
		if !o.Held() {
			r.Checks = append(r.Checks, o)
		}
	}
	return nil
}

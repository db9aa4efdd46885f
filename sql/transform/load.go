package transform

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"parley/pipelines/yamlfile"
	"parley/sql/warehouse"
)

// Parser says what a SELECT reads.
type Parser interface {
	Parse(ctx context.Context, query string) (*warehouse.Parsed, error)
}

// Sources are the files that a graph is made of.
type Sources struct {
	Ours    fs.FS    // our models: staging/*.sql, intermediate/*.sql, marts/*.sql; nil: none
	OursDir string   // what messages put before their names; default "sql/models"
	Own     fs.FS    // the workspace's own: *.sql, each a mart; nil: none
	OwnDir  string   // default "models"
	Checks  fs.FS    // *.sql, queries that must return no row; nil: none
	Inputs  []string // tables that are there before any model runs
	Taken   []string // further names that a workspace's model may not have
	Made    []Made   // models of ours without a file
	Allowed []string // functions that may stand in FROM beside the engine's harmless ones: the dialect's table macros
}

// Made is a model whose SELECT depends on what another has given: it is written
// when that is there.
type Made struct {
	Name  string   // of the table it makes
	Text  string   // what one row is
	Reads []string // tables that the SELECT reads
	By    []string // the key by which it is brought up to date; none: it runs over everything
	SQL   func(ctx context.Context) (string, error)
}

// Graph is the models in an order in which each comes after what it reads.
type Graph struct {
	Models []*Model
	Checks []*Query // of sql/checks
	Inputs []string
	Faults []*Fault // in the workspace's own files; those models are left out and stop nothing of ours
}

// Query is a file whose SELECT must return no row.
type Query struct {
	Name     string
	File     string
	Severity Severity // from a line `-- severity: warn`; default error
	Text     string   // the comments before the SELECT
	SQL      string
	Reads    []string
}

// Load reads the models and orders them. What is wrong in our own files is the
// error, all of it at once; what is wrong in the workspace's is in Graph.Faults.
func Load(ctx context.Context, parser Parser, from Sources) (*Graph, error) {
	l := &loader{from: from, byName: map[string]*Model{}, broken: map[string]bool{}}
	if l.from.OursDir == "" {
		l.from.OursDir = "sql/models"
	}
	if l.from.OwnDir == "" {
		l.from.OwnDir = "models"
	}
	for _, layer := range []Layer{Staging, Intermediate, Mart} {
		if err := l.readOurs(layer); err != nil {
			return nil, err
		}
	}
	for _, made := range from.Made {
		m := &Model{Name: made.Name, File: made.Name, Layer: Intermediate, Reads: made.Reads, made: made.SQL}
		m.Header = Header{Text: made.Text}
		if len(made.By) > 0 {
			m.Header.Increment = &Increment{By: made.By}
		}
		l.byName[m.Name] = m
		l.all = append(l.all, m)
	}
	if err := l.readOwn(); err != nil {
		return nil, err
	}
	if err := l.resolve(ctx, parser); err != nil {
		return nil, err
	}
	ordered := l.order()
	checks, err := l.readChecks(ctx, parser)
	if err != nil {
		return nil, err
	}
	g := &Graph{Models: ordered, Checks: checks, Inputs: from.Inputs}
	var faults []error
	for _, f := range l.faults {
		if m := l.byName[f.Model]; m != nil && !m.Own || m == nil && !strings.HasPrefix(f.File, l.from.OwnDir+"/") {
			faults = append(faults, f)
		} else {
			g.Faults = append(g.Faults, f)
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return g, nil
}

type loader struct {
	from   Sources
	all    []*Model
	byName map[string]*Model
	broken map[string]bool // models that have a fault
	faults []*Fault
}

func (l *loader) fault(m *Model, line, column int, format string, args ...any) {
	l.faults = append(l.faults, &Fault{Model: m.Name, File: m.File, Line: line, Column: column, Text: fmt.Sprintf(format, args...)})
	l.broken[m.Name] = true
}

func (l *loader) readOurs(layer Layer) error {
	folder := string(layer)
	if layer == Mart {
		folder = "marts"
	}
	return l.readFolder(l.from.Ours, folder, path.Join(l.from.OursDir, folder), layer, false)
}

func (l *loader) readOwn() error { return l.readFolder(l.from.Own, ".", l.from.OwnDir, Mart, true) }

// tableName is what a model's file may be called: a name that needs no quotes anywhere.
var tableName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

func (l *loader) readFolder(files fs.FS, folder, shown string, layer Layer, own bool) error {
	if files == nil {
		return nil
	}
	names, err := sqlFiles(files, folder)
	if err != nil {
		return fmt.Errorf("read models in %s: %w", shown, err)
	}
	for _, file := range names {
		content, err := fs.ReadFile(files, path.Join(folder, file))
		if err != nil {
			return fmt.Errorf("read model %s: %w", path.Join(shown, file), err)
		}
		m := &Model{Name: strings.TrimSuffix(file, ".sql"), File: path.Join(shown, file), Layer: layer, Own: own, SQL: string(content)}
		l.add(m)
	}
	return nil
}

func (l *loader) add(m *Model) {
	if !tableName.MatchString(m.Name) {
		l.fault(m, 0, 0, "%q is no name for a table; name the file in small letters, digits and _, as in weekly_contacts.sql", m.Name)
		return
	}
	if first := l.byName[m.Name]; first != nil {
		// Not broken under this name: the first of the two keeps it.
		l.faults = append(l.faults, &Fault{File: m.File, Text: fmt.Sprintf("the name %s is taken by %s; rename this file", m.Name, first.File)})
		return
	}
	if slices.Contains(l.from.Inputs, m.Name) || slices.Contains(l.from.Taken, m.Name) {
		l.faults = append(l.faults, &Fault{File: m.File, Text: fmt.Sprintf("the name %s is taken by a table of Parley's; rename this file", m.Name)})
		return
	}
	header, faults := parseHeader(m.Name, m.File, m.SQL)
	m.Header = header
	if m.Layer == Staging && len(header.Order) > 0 {
		faults = append(faults, &Fault{Model: m.Name, File: m.File, Line: header.Order[0].Line,
			Text: "a staging model is a view, which keeps no order; take the line out"})
	}
	l.faults = append(l.faults, faults...)
	l.broken[m.Name] = len(faults) > 0
	l.byName[m.Name] = m
	l.all = append(l.all, m)
}

// sqlFiles lists the .sql files directly in a folder, sorted; none if it does not exist.
func sqlFiles(files fs.FS, folder string) ([]string, error) {
	entries, err := fs.ReadDir(files, folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && strings.HasSuffix(e.Name(), ".sql") && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// resolve asks the engine what each model reads, and checks that all of it is known.
func (l *loader) resolve(ctx context.Context, parser Parser) error {
	for _, m := range l.all {
		if m.made != nil {
			continue
		}
		parsed, err := parser.Parse(ctx, m.SQL)
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			line, column, text := l.explain(err)
			l.fault(m, line, column, "%s", text)
			continue
		}
		m.Reads = l.reads(m, parsed)
		m.restless = restlessWord(m.SQL, parsed)
	}
	for _, m := range l.all {
		if err := l.resolveIncrement(ctx, parser, m); err != nil {
			return err
		}
		for _, c := range m.Header.Checks {
			if c.Rule == Relation && l.byName[c.Table] == nil && !slices.Contains(l.from.Inputs, c.Table) {
				l.fault(m, c.Line, 0, "unknown table %q%s", c.Table, l.suggest(m, c.Table))
			}
		}
	}
	return nil
}

// explain turns the engine's error about a text into a place and a sentence with a remedy.
func (l *loader) explain(err error) (line, column int, text string) {
	var fault *warehouse.QueryError
	if !errors.As(err, &fault) {
		return 0, 0, err.Error()
	}
	text = fault.Message
	switch {
	case strings.Contains(text, "statements where one is wanted"):
		text += "; keep one SELECT in a file"
	case strings.Contains(text, "there is no statement"):
		text = "there is no SELECT; write one below the header"
	case strings.Contains(text, "Only SELECT"):
		text = "this is not one SELECT, or a PIVOT that names no values; write a SELECT, and PIVOT … IN (values)"
	default:
		text += "; correct the SELECT"
	}
	return fault.Line, fault.Column, text
}

// harmless are functions in FROM that read nothing but their arguments.
var harmless = []string{"range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree"}

// reads are the tables that the model's SELECT reads, by their names.
func (l *loader) reads(m *Model, parsed *warehouse.Parsed) []string {
	return l.readsAt(m, parsed, 0)
}

// readsAt is as reads, of a SELECT that stands in one line of the header; 0: in
// the file itself.
func (l *loader) readsAt(m *Model, parsed *warehouse.Parsed, at int) []string {
	place := func(offset int) (line, column int) {
		if at > 0 {
			return at, 0
		}
		return warehouse.Place(m.SQL, offset)
	}
	for _, f := range parsed.TableFunctions {
		if name := strings.ToLower(f.Name); !slices.Contains(harmless, name) && !slices.Contains(l.from.Allowed, name) {
			line, column := place(f.Offset)
			l.fault(m, line, column, "%s(…) reads files or the engine's own state; read tables by their names", f.Name)
		}
	}
	var reads []string
	known := l.known(m)
	for _, t := range parsed.Tables {
		name := strings.ToLower(t.Name)
		if (t.Schema == "" || t.Schema == "main") && slices.Contains(known, name) {
			reads = append(reads, name)
			continue
		}
		line, column := place(t.Offset)
		switch {
		case strings.ContainsAny(name, "./"):
			l.fault(m, line, column, "%q is a file; read tables by their names", t.Name)
		case t.Schema != "":
			l.fault(m, line, column, "unknown schema %q; read tables by their names alone", t.Schema)
		case l.byName[name] != nil:
			l.fault(m, line, column, "%s is a model of the workspace; ours read only ours", name)
		default:
			l.fault(m, line, column, "unknown table %q%s", t.Name, l.suggest(m, name))
		}
	}
	slices.Sort(reads)
	return slices.Compact(reads)
}

// suggest ends a message about an unknown table with the nearest name, or with what to name.
func (l *loader) suggest(m *Model, name string) string {
	others := slices.DeleteFunc(l.known(m), func(n string) bool { return n == m.Name })
	if suggestion := yamlfile.DidYouMean(name, others); suggestion != "" {
		return suggestion
	}
	return "; name a model, or a settled table"
}

// known are the tables that a model may read: ours read ours and the inputs,
// so that a workspace's model can break nothing of ours.
func (l *loader) known(m *Model) []string {
	known := slices.Clone(l.from.Inputs)
	for _, other := range l.all {
		if m.Own || !other.Own {
			known = append(known, other.Name)
		}
	}
	return known
}

func (l *loader) readChecks(ctx context.Context, parser Parser) ([]*Query, error) {
	if l.from.Checks == nil {
		return nil, nil
	}
	names, err := sqlFiles(l.from.Checks, ".")
	if err != nil {
		return nil, fmt.Errorf("read checks: %w", err)
	}
	var checks []*Query
	for _, file := range names {
		content, err := fs.ReadFile(l.from.Checks, file)
		if err != nil {
			return nil, fmt.Errorf("read check %s: %w", file, err)
		}
		name := strings.TrimSuffix(file, ".sql")
		// A check reads as a model does, so it is looked at as one that nobody reads.
		m := &Model{Name: "check " + name, File: path.Join("sql/checks", file), SQL: string(content)}
		header, faults := parseHeader(m.Name, m.File, m.SQL)
		l.faults = append(l.faults, faults...)
		parsed, err := parser.Parse(ctx, m.SQL)
		if err != nil {
			line, column, text := l.explain(err)
			l.fault(m, line, column, "%s", text)
			continue
		}
		q := &Query{Name: name, File: m.File, Severity: Error, Text: header.Text, SQL: m.SQL, Reads: l.reads(m, parsed)}
		if severityWarn.MatchString(m.SQL) {
			q.Severity = Warn
		}
		checks = append(checks, q)
	}
	return checks, nil
}

var severityWarn = regexp.MustCompile(`(?m)^--\s*severity:\s*warn\s*$`)

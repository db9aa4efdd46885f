package transform

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"parley/sql/warehouse"
)

// Run runs every model in order, and every check. The error is only what ends
// the run at once: the context, or a disk that cannot be written. What failed
// in a model or a check stands in the result: see Result.Err.
func (g *Graph) Run(ctx context.Context, engine Engine, to Place, opts Options) (*Result, error) {
	r, err := g.begin(ctx, engine, to, opts)
	if err != nil {
		return nil, err
	}
	total := len(g.Models) + len(g.Checks)
	if err := r.models(ctx); err != nil {
		return nil, err
	}
	if err := r.checkLater(ctx); err != nil {
		return nil, err
	}
	for i, q := range g.Checks {
		if opts.Progress != nil {
			opts.Progress(len(g.Models)+i, total, q.Name)
		}
		below := r.firstDown(q.Reads)
		if below != "" {
			continue // its figures are those of a model that is reported already
		}
		began := opts.Now()
		o := checkQuery(ctx, r.engine, q)
		r.result.CheckSeconds += opts.Now().Sub(began).Seconds()
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err := r.keep(&o); err != nil {
			return nil, err
		}
		r.result.Checks = append(r.result.Checks, o)
	}
	for _, f := range g.Faults {
		if err := r.keepFaulty(ctx, f); err != nil {
			return nil, err
		}
	}
	return r.result, r.next.write()
}

// begin opens what the last build left, and makes what a run needs in the engine.
func (g *Graph) begin(ctx context.Context, engine Engine, to Place, opts Options) (*run, error) {
	turn := &turn{busy: map[string]chan struct{}{}}
	turn.mu.Lock() // whoever began has the first turn
	gives := giving{turn, engine}
	r := &run{
		turn: turn, graph: g, engine: gives, to: to, opts: opts, result: &Result{}, down: map[string]string{}, there: map[string]bool{},
		changes: map[string]change{}, ways: map[string]way{}, counted: map[string][]day{}, viewed: map[string]bool{},
		next: &state{AsOf: opts.AsOf, Inputs: opts.Inputs, Models: map[string]modelState{}, dir: to.Dir},
	}
	for _, name := range g.Inputs {
		r.there[name] = true
	}
	tables, ok := engine.(Tables)
	if !ok {
		return r, nil
	}
	turn.tables = tables
	r.tables = givingTables{gives, tables}
	r.engine = r.tables
	var err error
	if !opts.Full {
		if r.former, err = readState(to.Previous); err != nil {
			return nil, err
		}
	}
	for _, schema := range []string{changedSchema, formerSchema, spannedSchema} {
		if err := r.tables.Exec(ctx, "create schema if not exists "+schema); err != nil {
			return nil, err
		}
	}
	if r, err = r.inLane(ctx, 0); err != nil || r.former == nil {
		return r, err
	}
	return r, r.tables.Exec(ctx, "create or replace table "+momentsTable+` as select former_as_of, as_of, least(former_as_of, as_of) as low, greatest(former_as_of, as_of) as high
		from (select ?::timestamptz as former_as_of, ?::timestamptz as as_of)`, r.former.AsOf, opts.AsOf)
}

// Err joins everything that keeps a run from being published: our failed
// models, and our failed checks of severity error. The workspace's own are not
// among it.
func (r *Result) Err() error {
	var faults []error
	for _, m := range r.Models {
		if !m.Model.Own && m.State == Failed {
			faults = append(faults, m.Err)
		}
	}
	for _, c := range r.Checks {
		// A check of a model is in the model's own error above.
		if c.Model == "" && c.Severity == Error && !c.Held() {
			faults = append(faults, c.Fault())
		}
	}
	return errors.Join(faults...)
}

// Fault says in one sentence what a check found.
func (o Outcome) Fault() error {
	place := o.File
	if o.Line > 0 {
		place += fmt.Sprintf(":%d", o.Line)
	}
	if o.Err != nil {
		said := o.Err.Error()
		var fault *warehouse.QueryError
		if errors.As(o.Err, &fault) {
			said = fault.Message // its place is in a query that nobody wrote
		}
		return fmt.Errorf("%s: check %s cannot be run: %s; correct the check", place, o.Check, said)
	}
	if o.Found != "" {
		return fmt.Errorf("%s: check %s: %s", place, o.Check, o.Found)
	}
	rows := "rows break"
	if o.Failed == 1 {
		rows = "row breaks"
	}
	look := ""
	if o.Kept != "" {
		look = "; look at them in " + o.Kept
	}
	return fmt.Errorf("%s: %d %s check %s%s", place, o.Failed, rows, o.Check, look)
}

// keep hands the rows that break a check to whoever keeps them.
func (r *run) keep(o *Outcome) (err error) {
	if o.Sample != nil && r.opts.Keep != nil {
		o.Kept, err = r.opts.Keep(*o)
	}
	return err
}

type run struct {
	turn    *turn
	lane    lane
	graph   *Graph
	engine  Engine
	tables  Tables // the engine, if it can hold tables of the run's own; nil: everything is run anew
	to      Place
	opts    Options
	result  *Result
	former  *state            // what the last build left; nil: nothing, or it is not gone on from
	next    *state            // what this one leaves
	changes map[string]change // of base tables since the last build
	ways    map[string]way
	counted map[string][]day  // rows by date of models that were just made whole, by the column of their parts
	viewed  map[string]bool   // models whose former rows have a name
	down    map[string]string // models whose new rows are not there → the model at fault
	there   map[string]bool   // tables that can be read by now
	later   []laterCheck
}

func (r *run) firstDown(reads []string) string {
	for _, name := range reads {
		if at := r.down[name]; at != "" {
			return at
		}
	}
	return ""
}

// model runs one model and its checks.
func (r *run) model(ctx context.Context, m *Model) error {
	done := ModelRun{Model: m, State: Ran, Rows: -1}
	if at := r.firstDown(m.Reads); at != "" {
		done.State, done.Err = Skipped, fmt.Errorf("%s: skipped, for %s failed", m.File, at)
		r.down[m.Name] = at
	} else {
		began := r.opts.Now()
		err := r.materialise(ctx, m, &done)
		if err == nil {
			r.there[m.Name] = true
			err = r.check(ctx, m)
		}
		done.Seconds = r.opts.Now().Sub(began).Seconds()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			done.State, done.Err = Failed, err
			r.down[m.Name] = m.Name
			delete(r.next.Models, m.Name)
		}
	}
	if done.State != Ran && m.Own {
		if err := r.keepLast(ctx, m.Name, &done); err != nil {
			return err
		}
	}
	r.result.Models = append(r.result.Models, done)
	return nil
}

func (r *run) materialise(ctx context.Context, m *Model, done *ModelRun) error {
	var err error
	r.turn.aside(func() { err = m.Write(ctx) })
	if err != nil {
		return err
	}
	// Described first: errors of names and types then lie in the file itself.
	columns, err := r.engine.Describe(ctx, m.SQL)
	if err != nil {
		return fileError(m, err)
	}
	if m.Layer == Staging {
		r.next.Models[m.Name] = modelState{Fingerprint: r.fingerprint(m)}
		return fileError(m, r.engine.View(ctx, m.Name, m.SQL))
	}
	for _, c := range columns {
		// Parquet has no such integer: the engine would write a double, and lose digits.
		if c.Type == "HUGEINT" || c.Type == "UHUGEINT" {
			return fmt.Errorf("%s: column %s is a %s, which a Parquet file cannot hold; cast it to bigint", m.File, c.Name, c.Type)
		}
	}
	w, err := r.wayOf(ctx, m)
	if !r.selected(m) {
		w, err = r.stay(m)
	}
	if err != nil {
		return err
	}
	r.ways[m.Name] = w
	now, err := r.update(ctx, m, w, columns)
	if err != nil {
		return fileError(m, err)
	}
	w = r.ways[m.Name]
	done.How, done.Reason, done.Rows = string(w.how), w.reason, now.rows()
	r.next.Models[m.Name] = modelState{Fingerprint: r.fingerprint(m), stored: now}
	if r.tables != nil {
		return r.viewStored(ctx, warehouse.Ident(m.Name), r.to.Dir, now, m)
	}
	files := make([]string, len(now.Parts))
	for i, p := range now.Parts {
		files[i] = filepath.Join(r.to.Dir, p.File)
	}
	return r.engine.ViewFiles(ctx, m.Name, files)
}

// fileError puts the file's name before the engine's place in it.
func fileError(m *Model, err error) error {
	var own *Fault
	if err == nil || errors.As(err, &own) {
		return err
	}
	var fault *warehouse.QueryError
	if !errors.As(err, &fault) {
		return fmt.Errorf("%s: %w", m.File, err)
	}
	remedy := "correct the SELECT"
	switch fault.Kind {
	case "Out of Memory":
		remedy = "give the engine more memory, or make the SELECT smaller"
	case "IO":
		remedy = "see that the disk has room and may be written"
	}
	return &Fault{Model: m.Name, File: m.File, Line: fault.Line, Column: fault.Column, Text: strings.TrimSuffix(fault.Message, ".") + "; " + remedy}
}

// keepLast puts a workspace's last good files in the place of those that
// could not be made.
func (r *run) keepLast(ctx context.Context, mart string, done *ModelRun) error {
	done.Rows, done.How, done.Reason = -1, "", ""
	dir := filepath.Join(r.to.Dir, mart)
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove %s: %w", dir, err)
	}
	if r.to.Previous == "" {
		return nil
	}
	last, err := os.ReadDir(filepath.Join(r.to.Previous, mart))
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(last) == 0 {
		return nil // there never was a good one
	}
	if err := errors.Join(err, os.MkdirAll(dir, 0o755)); err != nil {
		return err
	}
	files := make([]string, len(last))
	for i, file := range last {
		files[i] = filepath.Join(dir, file.Name())
		// The files of a build are never written again, so two builds may share one.
		if err := os.Link(filepath.Join(r.to.Previous, mart, file.Name()), files[i]); err != nil {
			return fmt.Errorf("keep the last good %s: %w", mart, err)
		}
	}
	done.Stale = true
	return r.engine.ViewFiles(ctx, mart, files)
}

// keepFaulty records a workspace's model that could not be loaded, and keeps its last good file.
func (r *run) keepFaulty(ctx context.Context, f *Fault) error {
	known := slices.ContainsFunc(r.result.Models, func(m ModelRun) bool { return m.Model.Name == f.Model })
	if known {
		return nil // a second fault of the same file
	}
	m := &Model{Name: f.Model, File: f.File, Layer: Mart, Own: true}
	done := ModelRun{Model: m, State: Failed, Rows: -1, Err: f}
	if f.Model != "" && tableName.MatchString(f.Model) {
		if err := r.keepLast(ctx, f.Model, &done); err != nil {
			return err
		}
	}
	r.result.Models = append(r.result.Models, done)
	return nil
}

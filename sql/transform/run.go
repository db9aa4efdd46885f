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
	"time"

	"parley/sql/warehouse"
)

// State is how a model came out of a run.
type State string

// The states of a model after a run.
const (
	Ran     State = "ran"
	Failed  State = "failed"  // it, or a check of severity error on it, did not hold
	Skipped State = "skipped" // something it reads failed
)

// ModelRun is what came of one model.
type ModelRun struct {
	Model   *Model
	State   State
	Stale   bool     // failed or skipped, and its last good file was kept
	Files   []string // its Parquet files; none for a view, and where there are none
	Rows    int64    // of the files; -1: a view, or not known
	Seconds float64
	Err     error // why it failed, or below what it was skipped
}

// Place is where a run writes, and what it may keep.
type Place struct {
	Dir      string // the marts: <Dir>/<mart>/<mart>.parquet, or several files there
	WorkDir  string // working files of intermediate models, which the caller removes
	Previous string // folder of the last good build, whose files of a workspace's failed models are kept; "": none
}

// Options of a run.
type Options struct {
	// Now tells the time of day, for durations only. Required.
	Now func() time.Time
	// Progress is told of each model and check as it begins; nil: nobody.
	Progress func(done, total int, what string)
	// Keep keeps the rows that break a check for a look, and gives their place; nil: they are not kept.
	Keep func(Outcome) (place string, err error)
}

// Result is what came of a run.
type Result struct {
	Models []ModelRun
	Checks []Outcome
}

// Run runs every model in order, and every check. The error is only what ends
// the run at once: the context, or a disk that cannot be written. What failed
// in a model or a check stands in the result: see Result.Err.
func (g *Graph) Run(ctx context.Context, engine Engine, to Place, opts Options) (*Result, error) {
	r := &run{engine: engine, to: to, opts: opts, result: &Result{}, down: map[string]string{}, there: map[string]bool{}}
	for _, name := range g.Inputs {
		r.there[name] = true
	}
	total := len(g.Models) + len(g.Checks)
	for i, m := range g.Models {
		if opts.Progress != nil {
			opts.Progress(i, total, m.Name)
		}
		if err := r.model(ctx, m); err != nil {
			return nil, err
		}
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
		o := checkQuery(ctx, engine, q)
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
	return r.result, nil
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
			faults = append(faults, c.fault())
		}
	}
	return errors.Join(faults...)
}

// fault says in one sentence what a check found.
func (o Outcome) fault() error {
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
	engine Engine
	to     Place
	opts   Options
	result *Result
	down   map[string]string // models whose new rows are not there → the model at fault
	there  map[string]bool   // tables that can be read by now
	later  []laterCheck
}

// laterCheck is a relation to a table that comes after the model in the order.
type laterCheck struct {
	model *Model
	check Check
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
	// Described first: errors of names and types then lie in the file itself.
	columns, err := r.engine.Describe(ctx, m.SQL)
	if err != nil {
		return fileError(m, err)
	}
	if m.Layer == Staging {
		return fileError(m, r.engine.View(ctx, m.Name, m.SQL))
	}
	for _, c := range columns {
		// Parquet has no such integer: the engine would write a double, and lose digits.
		if c.Type == "HUGEINT" || c.Type == "UHUGEINT" {
			return fmt.Errorf("%s: column %s is a %s, which a Parquet file cannot hold; cast it to bigint", m.File, c.Name, c.Type)
		}
	}
	query, before, err := ordered(m, columns)
	if err != nil {
		return err
	}
	path := filepath.Join(r.to.WorkDir, m.Name+".parquet")
	if m.Layer == Mart {
		path = martPath(r.to.Dir, m.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
	}
	files, rows, err := r.engine.WriteFiles(ctx, query, path)
	if err != nil {
		return fileError(m, placeAfter(before, m.SQL, err))
	}
	done.Files, done.Rows = files, rows
	return r.engine.ViewFiles(ctx, m.Name, done.Files)
}

// martPath is where a mart's file lies in a build's folder, if it is one.
func martPath(dir, mart string) string { return filepath.Join(dir, mart, mart+".parquet") }

// fileError puts the file's name before the engine's place in it.
func fileError(m *Model, err error) error {
	if err == nil {
		return nil
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

// check runs the checks of a model's header; the error holds those of severity
// error that failed. A relation to a table that is not there yet waits.
func (r *run) check(ctx context.Context, m *Model) error {
	var now []Check
	for _, c := range m.Header.Checks {
		if c.Rule == Relation && !r.there[c.Table] {
			r.later = append(r.later, laterCheck{model: m, check: c})
			continue
		}
		now = append(now, c)
	}
	return r.checkThese(ctx, m, now)
}

func (r *run) checkThese(ctx context.Context, m *Model, checks []Check) error {
	outcomes := runChecks(ctx, r.engine, m, checks)
	for i := range outcomes {
		if err := r.keep(&outcomes[i]); err != nil {
			return err
		}
	}
	r.result.Checks = append(r.result.Checks, outcomes...)
	var faults []error
	for _, o := range outcomes {
		if o.Severity == Error && !o.Held() {
			faults = append(faults, o.fault())
		}
	}
	return errors.Join(faults...)
}

// checkLater runs the checks that waited for a later table. Only our models
// have such: a workspace's model comes after the tables it relates to.
func (r *run) checkLater(ctx context.Context) error {
	for _, l := range r.later {
		if r.down[l.model.Name] != "" || !r.there[l.check.Table] {
			continue // reported already
		}
		err := r.checkThese(ctx, l.model, []Check{l.check})
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err == nil {
			continue
		}
		i := slices.IndexFunc(r.result.Models, func(m ModelRun) bool { return m.Model == l.model })
		r.result.Models[i].State = Failed
		r.result.Models[i].Err = errors.Join(r.result.Models[i].Err, err)
	}
	return nil
}

// keepLast puts a workspace's last good files in the place of those that could
// not be made.
func (r *run) keepLast(ctx context.Context, mart string, done *ModelRun) error {
	done.Files, done.Rows = nil, -1
	dir := filepath.Dir(martPath(r.to.Dir, mart))
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove %s: %w", dir, err)
	}
	if r.to.Previous == "" {
		return nil
	}
	last, err := os.ReadDir(filepath.Dir(martPath(r.to.Previous, mart)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // there never was a good one
	}
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, file := range last {
		path := filepath.Join(dir, file.Name())
		// The files of a build are never written again, so two builds may share one.
		if err := os.Link(filepath.Join(r.to.Previous, mart, file.Name()), path); err != nil {
			return fmt.Errorf("keep the last good %s: %w", mart, err)
		}
		done.Files = append(done.Files, path)
	}
	done.Stale = true
	return r.engine.ViewFiles(ctx, mart, done.Files)
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

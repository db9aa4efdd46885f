package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"parley/pipelines/lake"
	"parley/sql/settle"
	"parley/sql/transform"
	"parley/sql/warehouse"
)

// Planned is what a build would do with one model.
type Planned struct {
	Model  string
	File   string
	Layer  string // staging, intermediate, mart
	Own    bool   // the workspace's own
	How    string // unchanged, keys, dates, whole; "" for a view, a model that was not selected, or one with a fault
	Reason string // why so, in words
}

// Plan says what a build would do with each model, and why. It settles what has
// landed, as the build would, and does nothing else.
func Plan(ctx context.Context, cfg Config) (planned []Planned, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.parts = cfg.parts.orOurs()
	at := placesOf(cfg.Lake)
	release, err := lake.LockWait(ctx, filepath.Join(at.marts, lockName), func(h lake.Holder) {
		cfg.tell(Progress{Step: "wait", What: h.String()})
	})
	if err != nil {
		return nil, fmt.Errorf("wait for the other build: %w", err)
	}
	defer release()
	// Beside the builds: a build links what it goes on with, and so does this.
	dir, err := os.MkdirTemp(at.marts, planPrefix)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := &building{cfg: cfg, at: at, dir: dir, work: filepath.Join(dir, workName)}
	b.record = warehouse.Build{AsOf: cfg.AsOf.UTC(), Rows: map[string]int64{}}
	if cfg.AsOf.IsZero() {
		b.record.AsOf = cfg.Now().UTC()
	}
	if err := os.MkdirAll(b.work, 0o755); err != nil {
		return nil, err
	}
	manifest, err := b.settled(ctx)
	if err != nil {
		return nil, err
	}
	engine, err := warehouse.Open(ctx, cfg.Engine)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	inputs, err := b.inputs(ctx, engine, manifest)
	if err != nil {
		return nil, err
	}
	graph, place, options, err := b.graph(ctx, engine, inputs)
	if err != nil {
		return nil, err
	}
	plan, err := graph.Plan(ctx, engine, place, options)
	if err != nil {
		return nil, err
	}
	for _, p := range plan {
		planned = append(planned, Planned{Model: p.Model.Name, File: p.Model.File, Layer: string(p.Model.Layer), Own: p.Model.Own, How: p.How, Reason: p.Reason})
	}
	for _, f := range graph.Faults {
		planned = append(planned, Planned{Model: f.Model, File: f.File, Layer: string(transform.Mart), Own: true, Reason: f.Error()})
	}
	return planned, nil
}

// settled are the settled tables that the build reads: brought up to date, or,
// where models were selected, those of the current build. Then all marts of the
// new build stand at one instant, those that ran and those that stayed.
func (b *building) settled(ctx context.Context) (*settle.Manifest, error) {
	if len(b.cfg.Select) == 0 {
		manifest, err := b.cfg.parts.settle(ctx, settle.Config{
			Lake: b.cfg.Lake, InUse: func() ([]int64, error) { return SettledInUse(b.cfg.Lake) },
			Progress: func(done, total int) { b.cfg.tell(Progress{Step: "settle", Done: done, Total: total}) },
		})
		if err != nil {
			return nil, fmt.Errorf("settle: %w", err)
		}
		return manifest, nil
	}
	dir, err := warehouse.CurrentDir(b.at.marts)
	if errors.Is(err, warehouse.ErrNoBuild) {
		return nil, errors.New("models can be selected where there is a build whose other marts stay; run `parley build` first")
	}
	if err != nil {
		return nil, err
	}
	current, err := warehouse.ReadBuild(filepath.Join(dir, warehouse.RecordName))
	if err != nil {
		return nil, err
	}
	b.record.AsOf = current.AsOf
	manifest, err := settle.At(b.cfg.Lake, current.Settled)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	read, known, otherErr := transform.InputOf(dir, personKeys)
	if otherErr != nil {
		return nil, otherErr
	}
	// The number alone does not tell: settled tables that were removed count from 1 again.
	if err != nil || known && !slices.EqualFunc(read.Files, manifest.Tables[personKeys], func(f transform.InputFile, path string) bool { return f.Path == path }) {
		return nil, fmt.Errorf("the records that build %s was made of are settled anew since; run `parley build` without --select", current.ID)
	}
	return manifest, nil
}

// graph loads the models, and says how they are to be run.
func (b *building) graph(ctx context.Context, engine *warehouse.DuckDB, inputs map[string]transform.Input) (*transform.Graph, transform.Place, transform.Options, error) {
	fail := func(err error) (*transform.Graph, transform.Place, transform.Options, error) {
		return nil, transform.Place{}, transform.Options{}, err
	}
	spelling, err := engine.Dialect(ctx)
	if err != nil {
		return fail(err)
	}
	if b.cfg.Spark != "" {
		spelling = "spark" // what one engine left the other does not go on from
	}
	graph, err := loadGraph(ctx, engine, b.cfg.parts, b.cfg.Models, "")
	if err != nil {
		return fail(err)
	}
	previous, err := warehouse.CurrentDir(b.at.marts)
	if err != nil && !errors.Is(err, warehouse.ErrNoBuild) {
		return fail(err)
	}
	options := transform.Options{
		Now: b.cfg.Now, AsOf: b.record.AsOf, Dialect: spelling, Inputs: inputs, Full: b.cfg.Full || b.cfg.Spark != "", MostTouched: b.cfg.parts.touched, PartRows: b.cfg.parts.partRows,
		Parallel: b.cfg.Engine.Threads,
	}
	if len(b.cfg.Select) > 0 {
		if options.Only, err = graph.Select(b.cfg.Select); err != nil {
			return fail(err)
		}
	}
	return graph, transform.Place{Dir: b.dir, Previous: previous}, options, nil
}

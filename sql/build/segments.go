package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"parley/sql/filter"
	"parley/sql/segment"
	"parley/sql/warehouse"
)

// segments brings the segments up to date from those of the current build, and
// writes them as marts. A fault in a definition, or in a query of it, changes
// nothing of any segment: their last state is carried forward, and the fault told.
func (b *building) segments(ctx context.Context, engine *warehouse.DuckDB) (err error) {
	b.cfg.tell(Progress{Step: "segments", Total: len(b.cfg.Segments)})
	previous, err := b.previousSegments()
	if err != nil {
		return err
	}
	session, err := engine.Session(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	fault := b.runSegments(ctx, session, b.cfg.Segments, previous)
	if fault != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if fault != nil {
		b.faults = append(b.faults, fault)
		if carried, err := b.carrySegments(previous); carried || err != nil {
			return err
		}
		// There is nothing to carry: three empty tables, for those who read them.
		if err := b.runSegments(ctx, session, nil, segment.Previous{}); err != nil {
			return err
		}
	}
	for _, table := range segment.Tables {
		if err := b.writeMart(ctx, engine, table); err != nil {
			return err
		}
	}
	return nil
}

func (b *building) runSegments(ctx context.Context, session *warehouse.Session, definitions []segment.Definition, previous segment.Previous) error {
	zone, err := time.LoadLocation(b.cfg.Settings.Timezone)
	if err != nil {
		return err
	}
	catalogue, err := segment.CatalogueOf(ctx, session)
	if err != nil {
		return err
	}
	return segment.Run(ctx, session, segment.Config{
		Definitions: definitions, Catalogue: catalogue, At: filter.Moment{AsOf: b.record.AsOf, Zone: zone},
		RunID: b.record.ID, Previous: previous, Literal: warehouse.Literal,
	})
}

// previousSegments are the files of the current build's segments.
func (b *building) previousSegments() (segment.Previous, error) {
	var previous segment.Previous
	dir, err := warehouse.CurrentDir(b.at.marts)
	if errors.Is(err, warehouse.ErrNoBuild) {
		return previous, nil
	}
	if err != nil {
		return previous, err
	}
	for i, into := range []*[]string{&previous.Members, &previous.Changes, &previous.Runs} {
		path := filepath.Join(dir, segment.Tables[i], segment.Tables[i]+".parquet")
		if _, err := os.Stat(path); err == nil {
			*into = []string{path}
		}
	}
	return previous, nil
}

// carrySegments gives this build the current one's files; false if there are none.
func (b *building) carrySegments(previous segment.Previous) (bool, error) {
	files := [][]string{previous.Members, previous.Changes, previous.Runs}
	for i, table := range segment.Tables {
		if len(files[i]) == 0 {
			return false, nil
		}
		path := filepath.Join(b.dir, table, table+".parquet")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return false, err
		}
		// The files of a build are never written again, so two builds may share one.
		if err := os.Link(files[i][0], path); err != nil {
			return false, fmt.Errorf("carry %s forward: %w", table, err)
		}
	}
	return true, nil
}

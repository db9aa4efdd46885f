package build

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"parley/sql/filter"
	"parley/sql/segment"
	"parley/sql/warehouse"
)

// segments brings the segments up to date from those of the current build, and
// writes them as marts. A segment that cannot be asked for stays as it was, and
// the fault is told.
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
	zone, err := time.LoadLocation(b.cfg.Settings.Timezone)
	if err != nil {
		return err
	}
	catalogue, err := segment.CatalogueOf(ctx, session)
	if err != nil {
		return err
	}
	faults, err := segment.Run(ctx, session, segment.Config{
		Definitions: b.cfg.Segments, Catalogue: catalogue, At: filter.Moment{AsOf: b.record.AsOf, Zone: zone},
		RunID: b.record.ID, Previous: previous, Literal: warehouse.Literal,
	})
	if err != nil {
		return err
	}
	b.faults = append(b.faults, faults...)
	for _, table := range segment.Tables {
		if err := b.writeMart(ctx, engine, table); err != nil {
			return err
		}
	}
	return nil
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

package build

import (
	"context"
	"fmt"
	"maps"
	"time"

	"parley/pipelines/lake"
	"parley/sql/warehouse"
)

// noteLanded takes into the record what has landed since the build before, up
// to where the settled tables reach, and how new each kind's newest record is.
// Beside one listing it costs what the log's new entries cost to read.
func (b *building) noteLanded(ctx context.Context, covers lake.Positions) error {
	sources := maps.Clone(b.record.Sources)
	landed, err := readSources(ctx, b.cfg.Lake, b.record.Covers, covers, &sources)
	if err != nil {
		return fmt.Errorf("count what has landed: %w", err)
	}
	b.record.Landed, b.record.Sources, b.record.Covers = landed, sources, covers
	return nil
}

// readSources reads the log from since up to until, brings sources up to date,
// and counts the rows of each kind. No until: the whole log.
func readSources(ctx context.Context, l *lake.Lake, since, until lake.Positions, sources *map[string]warehouse.SourceRecord) (map[string]int64, error) {
	if until != nil && maps.Equal(since, until) {
		return nil, nil
	}
	if *sources == nil {
		*sources = map[string]warehouse.SourceRecord{}
	}
	landed := map[string]int64{}
	err := l.EachEntry(ctx, since, func(entry lake.Entry) error {
		if until != nil && entry.End > until[entry.Log()] {
			return nil // it landed while the build settled
		}
		for _, file := range entry.Files {
			landed[file.Kind] += file.Rows
			(*sources)[file.Kind] = newer((*sources)[file.Kind], entry.At, file.MaxEventAt)
		}
		return nil
	})
	return landed, err
}

// newer is the source with a file more. A record's own time that lies after its
// landing is a clock's fault: the landing stands in for it.
func newer(s warehouse.SourceRecord, landedAt, ownAt time.Time) warehouse.SourceRecord {
	if ownAt.After(landedAt) {
		ownAt = landedAt
	}
	if landedAt.After(s.LandedAt) {
		s.LandedAt = landedAt.UTC()
	}
	if ownAt.After(s.NewestAt) {
		s.NewestAt = ownAt.UTC()
	}
	return s
}

// Sources says of each kind how new its newest record is by now, whether a
// build has read it or not.
func Sources(ctx context.Context, l *lake.Lake) (map[string]warehouse.SourceRecord, error) {
	before, err := placesOf(l).newest()
	if err != nil {
		return nil, err
	}
	sources := maps.Clone(before.Sources)
	_, err = readSources(ctx, l, before.Covers, nil, &sources)
	return sources, err
}

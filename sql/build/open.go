package build

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"parley/pipelines/lake"
	"parley/pipelines/record"
	"parley/sql/warehouse"
)

// Open opens the lake's current build for reading: its marts, the history of
// builds, and the records that could not be read. The error is
// warehouse.ErrNoBuild when there is none yet. cfg.Builds and cfg.DeadLetters
// are filled in.
func Open(ctx context.Context, l *lake.Lake, cfg warehouse.ReaderConfig) (*warehouse.Reader, error) {
	at := placesOf(l)
	records, err := History(l)
	if err != nil {
		return nil, err
	}
	cfg.Builds = records
	files, err := l.Files(string(record.KindDeadLetter))
	if err != nil {
		return nil, err
	}
	cfg.DeadLetters = nil
	for _, f := range files {
		path, err := l.Local(ctx, f.Path)
		if err != nil {
			return nil, err
		}
		cfg.DeadLetters = append(cfg.DeadLetters, path)
	}
	return warehouse.OpenCurrent(ctx, at.marts, cfg)
}

// History lists the records of all builds, failed ones too, oldest first.
func History(l *lake.Lake) ([]string, error) {
	at := placesOf(l)
	names, err := namesIn(at.history)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var paths []string
	for _, name := range names {
		if filepath.Ext(name) == ".json" {
			paths = append(paths, filepath.Join(at.history, name))
		}
	}
	return paths, nil
}

// Marts is the folder of the lake's builds, in which the pointer lies.
func Marts(l *lake.Lake) string { return placesOf(l).marts }

// SettledInUse are the versions of the settled tables that the next build still
// reads, to see what has changed since the current one: for settle.Config.
func SettledInUse(l *lake.Lake) ([]int64, error) {
	dir, err := warehouse.CurrentDir(placesOf(l).marts)
	if errors.Is(err, warehouse.ErrNoBuild) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	current, err := warehouse.ReadBuild(filepath.Join(dir, warehouse.RecordName))
	if err != nil {
		return nil, err
	}
	return []int64{current.Settled}, nil
}

package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"parley/sql/segment"
	"parley/sql/transform"
	"parley/sql/warehouse"
)

// Asker answers queries over the marts of a build.
type Asker interface {
	Query(ctx context.Context, query string, args ...any) (*warehouse.Table, error)
}

// Graph loads our models, our checks and the workspace's own models as a build
// does, without a lake, and says which columns their tables have. ownDir is what
// messages put before the names of the workspace's files, default "models".
// Custom attributes are those of a build; nil: none are known.
func Graph(ctx context.Context, own fs.FS, ownDir string, built Asker) (graph *transform.Graph, shapes *transform.Shapes, err error) {
	err = withEngine(ctx, func(engine *warehouse.DuckDB) error {
		if graph, err = loadGraph(ctx, engine, parts{}.orOurs(), own, ownDir); err != nil {
			return err
		}
		shapes, err = graph.Shapes(ctx, engine, nil)
		return err
	})
	if err != nil || built == nil {
		return graph, shapes, err
	}
	attributes := map[string][]warehouse.Column{}
	for wide, mart := range map[string]string{transform.PersonAttributes: "users", transform.CompanyAttributes: "companies"} {
		if attributes[wide], err = columnsBeside(ctx, built, mart, shapes.Columns[mart]); err != nil {
			return nil, nil, err
		}
	}
	err = withEngine(ctx, func(engine *warehouse.DuckDB) error {
		shapes, err = graph.Shapes(ctx, engine, attributes)
		return err
	})
	return graph, shapes, err
}

func withEngine(ctx context.Context, work func(*warehouse.DuckDB) error) (err error) {
	engine, err := warehouse.Open(ctx, warehouse.Config{MemoryLimit: "512MB", Threads: 1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	return work(engine)
}

// columnsBeside are the columns that a build's mart has beside those known.
func columnsBeside(ctx context.Context, built Asker, mart string, known []warehouse.Column) ([]warehouse.Column, error) {
	described, err := built.Query(ctx, "describe "+warehouse.Ident(mart))
	if err != nil {
		return nil, fmt.Errorf("list the columns of %s: %w", mart, err)
	}
	name, kind := described.Index("column_name"), described.Index("column_type")
	if name < 0 || kind < 0 {
		return nil, fmt.Errorf("list the columns of %s: unexpected columns %v", mart, described.Columns)
	}
	var beside []warehouse.Column
	for _, row := range described.Rows {
		var c warehouse.Column
		c.Name, _ = row[name].(string)
		c.Type, _ = row[kind].(string)
		if !slices.ContainsFunc(known, func(k warehouse.Column) bool { return k.Name == c.Name }) {
			beside = append(beside, c)
		}
	}
	return beside, nil
}

func loadGraph(ctx context.Context, engine *warehouse.DuckDB, from parts, own fs.FS, ownDir string) (*transform.Graph, error) {
	macros, err := engine.TableMacros(ctx)
	if err != nil {
		return nil, err
	}
	var made []transform.Made
	if from.made != nil {
		made = from.made(engine)
	}
	return transform.Load(ctx, engine, transform.Sources{
		Ours: from.models, Own: own, OwnDir: ownDir, Checks: from.checks,
		Inputs: withoutMade(warehouse.SourceTables()), Made: made, Taken: append([]string{"builds", "build_checks", "dead_letters"}, segment.Tables...), Allowed: macros,
	})
}

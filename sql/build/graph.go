package build

import (
	"context"
	"errors"
	"io/fs"

	"parley/sql/segment"
	"parley/sql/transform"
	"parley/sql/warehouse"
)

// Graph loads our models, our checks and the workspace's own models as a build
// does, without a lake, and says which columns their tables have over no
// records. ownDir is what messages put before the names of the workspace's
// files, default "models".
func Graph(ctx context.Context, own fs.FS, ownDir string) (graph *transform.Graph, shapes *transform.Shapes, err error) {
	engine, err := warehouse.Open(ctx, warehouse.Config{MemoryLimit: "512MB", Threads: 1})
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	if graph, err = loadGraph(ctx, engine, parts{}.orOurs(), own, ownDir); err != nil {
		return nil, nil, err
	}
	shapes, err = graph.Shapes(ctx, engine)
	return graph, shapes, err
}

func loadGraph(ctx context.Context, engine *warehouse.DuckDB, from parts, own fs.FS, ownDir string) (*transform.Graph, error) {
	macros, err := engine.TableMacros(ctx)
	if err != nil {
		return nil, err
	}
	return transform.Load(ctx, engine, transform.Sources{
		Ours: from.models, Own: own, OwnDir: ownDir, Checks: from.checks,
		Inputs: withoutMade(warehouse.SourceTables()), Made: attributes(engine), Taken: append([]string{"builds", "dead_letters"}, segment.Tables...), Allowed: macros,
	})
}

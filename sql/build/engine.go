package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"parley/sql/attribute"
	"parley/sql/settle"
	"parley/sql/transform"
	"parley/sql/warehouse"
	"parley/sql/warehouse/spark"
)

// modelEngine is what the models run on, the engine in the process or Spark;
// leave ends it.
func (b *building) modelEngine(ctx context.Context, engine *warehouse.DuckDB, manifest *settle.Manifest) (on transform.Engine, leave func() error, err error) {
	if b.cfg.Spark == "" {
		return engine, func() error { return nil }, nil
	}
	session, err := spark.Open(ctx, b.cfg.Spark)
	if err != nil {
		return nil, nil, err
	}
	to := &onSpark{Spark: session, here: engine, dir: filepath.Join(b.work, "spark")}
	if err := to.handOver(ctx, manifest); err != nil {
		return nil, nil, errors.Join(err, session.Close())
	}
	if made := b.cfg.parts.made; made != nil {
		b.cfg.parts.made = func(engine attribute.Engine) []transform.Made { return to.makeHere(made(engine)) }
	}
	return to, session.Close, nil
}

// onSpark is a session of Spark beside the engine in the process. Both read the
// same files: what Spark gives a name has it here as well, so that whatever
// comes after the models, or stands among them, finds it.
type onSpark struct {
	*spark.Spark
	here *warehouse.DuckDB
	dir  string // for files that are written here and read there
}

// ViewFiles gives Parquet files a name on both engines.
func (s *onSpark) ViewFiles(ctx context.Context, name string, paths []string) error {
	if err := s.Spark.ViewFiles(ctx, name, paths); err != nil {
		return err
	}
	return s.here.ViewFiles(ctx, name, paths)
}

// handOver gives Spark the tables that the models start from: settled ones by
// their files, others by a file that is written for it.
func (s *onSpark) handOver(ctx context.Context, manifest *settle.Manifest) error {
	for _, table := range withoutMade(warehouse.SourceTables()) {
		var err error
		if strings.HasPrefix(table, "settled_") {
			err = s.Spark.ViewFiles(ctx, table, manifest.Tables[table])
		} else {
			err = s.send(ctx, table, "select * from "+warehouse.Ident(table))
		}
		if err != nil {
			return fmt.Errorf("hand %s over to Spark: %w", table, err)
		}
	}
	return nil
}

// send runs a SELECT here, and gives its rows a name on Spark.
func (s *onSpark) send(ctx context.Context, name, query string) error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	path := filepath.Join(s.dir, name+".parquet")
	if _, err := s.here.Write(ctx, query, path); err != nil {
		return err
	}
	return s.Spark.ViewFiles(ctx, name, []string{path})
}

// makeHere runs the SELECTs of models that are made, custom attributes laid out as
// columns, here: they are DuckDB's own, and name columns as people have called them.
func (s *onSpark) makeHere(made []transform.Made) []transform.Made {
	for i, m := range made {
		made[i].SQL = func(ctx context.Context) (string, error) {
			query, err := m.SQL(ctx)
			if err != nil {
				return "", err
			}
			here := m.Name + "_made"
			return "select * from " + here, s.send(ctx, here, query)
		}
	}
	return made
}

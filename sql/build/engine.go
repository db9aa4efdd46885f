package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"parley/sql/settle"
	"parley/sql/transform"
	"parley/sql/warehouse"
	"parley/sql/warehouse/spark"
)

// models runs run with the engine that the models run on: the one in the
// process, or Spark. Spark is handed the inputs as files, and hands the marts
// back as files, to which the engine in the process gives their names.
func (b *building) models(ctx context.Context, engine *warehouse.DuckDB, manifest *settle.Manifest, run func(transform.Engine) (*transform.Result, error)) (_ *transform.Result, err error) {
	if b.cfg.Spark == "" {
		return run(engine)
	}
	session, err := spark.Open(ctx, b.cfg.Spark)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	for _, table := range warehouse.SourceTables() {
		if err := b.handOver(ctx, engine, session, table, manifest.Tables[table]); err != nil {
			return nil, fmt.Errorf("hand %s over to Spark: %w", table, err)
		}
	}
	result, err := run(session)
	if err != nil {
		return nil, err
	}
	for _, m := range result.Models {
		if m.Model.Layer != transform.Mart || len(m.Files) == 0 {
			continue
		}
		if err := engine.ViewFiles(ctx, m.Model.Name, m.Files); err != nil {
			return nil, fmt.Errorf("open %s, as Spark has made it: %w", m.Model.Name, err)
		}
	}
	return result, nil
}

// handOver gives Spark a source table: a settled one by its files, another by a
// file that is written for it, or was already.
func (b *building) handOver(ctx context.Context, engine *warehouse.DuckDB, session *spark.Spark, table string, files []string) error {
	if !strings.HasPrefix(table, "settled_") {
		path := filepath.Join(b.work, table+".parquet")
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			if _, err := engine.Write(ctx, "select * from "+warehouse.Ident(table), path); err != nil {
				return err
			}
		} else if err != nil {
			return err
		}
		files = []string{path}
	}
	return session.ViewFiles(ctx, table, files)
}

package warehouse

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// createDeadLetters makes the view `dead_letters` over the files that hold the
// records that could not be read.
func createDeadLetters(ctx context.Context, d *DuckDB, files []string) error {
	if len(files) == 0 {
		return d.Exec(ctx, `create view dead_letters as select
			null::varchar as topic, null::integer as partition, null::bigint as "offset", null::blob as key, null::blob as value,
			null::varchar as class, null::varchar as reason, null::timestamptz as at where false`)
	}
	// By name: a file that landed before a column was added lacks it, which is
	// null there and no error.
	err := d.Exec(ctx, `create view dead_letters as select
		topic, kafka_partition as partition, kafka_offset as "offset", key, value, class, reason, kafka_at as at
		from `+strings.TrimSuffix(FromFiles(files), ")")+`, union_by_name = true)`)
	if err != nil {
		return fmt.Errorf("open the dead letters: %w", err)
	}
	return nil
}

// WriteDatabase writes warehouse.duckdb into a build's folder: a database that
// holds a view for each mart, so that any DuckDB reads the build by the marts'
// names, from any folder. Paths in it are absolute: a workspace that was moved
// has it right again after its next build.
func (d *DuckDB) WriteDatabase(ctx context.Context, dir string) (err error) {
	path := filepath.Join(dir, DatabaseName)
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	marts, err := martFiles(dir)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	if err := d.Exec(ctx, "attach "+Literal(path)+" as published"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Exec(ctx, "detach published")) }()
	for mart, files := range marts {
		if err := d.Exec(ctx, viewOfFiles("published.main."+Ident(mart), files)); err != nil {
			return err
		}
	}
	return nil
}

package warehouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// createBuilds makes the tables `builds`, one row for each build, failed ones
// too, and `build_checks`, one for each build and check that did not hold. A record that cannot be read, or was removed meanwhile, is left out
// rather than keep everything else from being read.
func createBuilds(ctx context.Context, d *DuckDB, current Build, records []string) error {
	builds := map[string]Build{}
	for _, path := range records {
		if b, err := ReadBuild(path); err == nil && b.ID != "" {
			builds[b.ID] = b
		}
	}
	// The reader's own build is published, whatever its record in the history
	// says yet: that is finished after the pointer has moved.
	if builds[current.ID].Status != Published {
		builds[current.ID] = current
	}
	content := make([]Build, 0, len(builds))
	for _, b := range builds {
		content = append(content, b)
	}
	slices.SortFunc(content, func(a, b Build) int { return a.StartedAt.Compare(b.StartedAt) })
	text, err := json.Marshal(content)
	if err != nil {
		return err
	}
	// Read by the engine from one bound text, with the types named: one
	// statement for any number of builds.
	for _, create := range []string{`create table builds as
		select
			b.build_id, b.as_of, b.started_at, b.seconds, b.status, list_sum(map_values(b.rows))::bigint as rows, b.rows as rows_by_mart,
			coalesce(list_sum(map_values(b.landed)), 0)::bigint as landed_records, coalesce(b.landed, map {}) as landed,
			coalesce(b.steps, map {}) as seconds_by_step, b.peak_memory, coalesce(b.checks_run, 0) as checks_run, b.checks_failed, b.error
		from (select unnest(from_json(?::json, '[{"build_id":"VARCHAR","as_of":"TIMESTAMPTZ","started_at":"TIMESTAMPTZ","seconds":"DOUBLE",
			"status":"VARCHAR","rows":"MAP(VARCHAR,BIGINT)","landed":"MAP(VARCHAR,BIGINT)","steps":"MAP(VARCHAR,DOUBLE)","peak_memory":"BIGINT",
			"checks_run":"BIGINT","checks_failed":"BIGINT","error":"VARCHAR"}]')) as b)`,
		`create table build_checks as
		select
			b.build_id, b.started_at, b.status, c.model, c."check" as check_name, c.rule, c.file, c.line, c.severity, c.failed as failed_rows,
			c.found, c.error, c.sample as kept_rows, c.since as failing_since, c.builds
		from (select b, unnest(b.checks) as c from (select unnest(from_json(?::json, '[{"build_id":"VARCHAR","started_at":"TIMESTAMPTZ","status":"VARCHAR",
			"checks":[{"model":"VARCHAR","check":"VARCHAR","rule":"VARCHAR","file":"VARCHAR","line":"BIGINT","severity":"VARCHAR","failed":"BIGINT",
			"found":"VARCHAR","error":"VARCHAR","sample":"VARCHAR","since":"VARCHAR","builds":"BIGINT"}]}]')) as b))`,
	} {
		if err := d.Exec(ctx, create, string(text)); err != nil {
			return fmt.Errorf("list builds: %w", err)
		}
	}
	return nil
}

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

package warehouse

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// buildTables are `builds`, with one row for each build, failed ones too, and
// `build_checks`, with one for each build and check that did not hold. A history
// has many records, and few queries ask for them: they are read when the first
// one does.
type buildTables struct {
	current Build
	records []string

	mu   sync.Mutex
	read bool
}

// buildSelects read the tables from one bound text, with the types named: one
// statement for any number of builds.
var buildSelects = map[string]string{
	"builds": `
		select
			b.build_id, b.as_of, b.started_at, b.seconds, b.status, list_sum(map_values(b.rows))::bigint as rows, b.rows as rows_by_mart,
			coalesce(list_sum(map_values(b.landed)), 0)::bigint as landed_records, coalesce(b.landed, map {}) as landed,
			coalesce(b.steps, map {}) as seconds_by_step, b.peak_memory, coalesce(b.checks_run, 0) as checks_run, b.checks_failed, b.error
		from (select unnest(from_json(?::json, '[{"build_id":"VARCHAR","as_of":"TIMESTAMPTZ","started_at":"TIMESTAMPTZ","seconds":"DOUBLE",
			"status":"VARCHAR","rows":"MAP(VARCHAR,BIGINT)","landed":"MAP(VARCHAR,BIGINT)","steps":"MAP(VARCHAR,DOUBLE)","peak_memory":"BIGINT",
			"checks_run":"BIGINT","checks_failed":"BIGINT","error":"VARCHAR"}]')) as b)`,
	"build_checks": `
		select
			b.build_id, b.started_at, b.status, c.model, c."check" as check_name, c.rule, c.file, c.line, c.severity, c.failed as failed_rows,
			c.found, c.error, c.sample as kept_rows, c.since as failing_since, c.builds
		from (select b, unnest(b.checks) as c from (select unnest(from_json(?::json, '[{"build_id":"VARCHAR","started_at":"TIMESTAMPTZ","status":"VARCHAR",
			"checks":[{"model":"VARCHAR","check":"VARCHAR","rule":"VARCHAR","file":"VARCHAR","line":"BIGINT","severity":"VARCHAR","failed":"BIGINT",
			"found":"VARCHAR","error":"VARCHAR","sample":"VARCHAR","since":"VARCHAR","builds":"BIGINT"}]}]')) as b))`,
}

// create makes the tables as yet without rows: their names and columns are known.
func (t *buildTables) create(ctx context.Context, d *DuckDB) error {
	for name, rows := range buildSelects {
		if err := d.Exec(ctx, "create table "+name+" as"+rows, "[]"); err != nil {
			return err
		}
	}
	return nil
}

// fill gives the tables their rows, if query names one of them.
func (t *buildTables) fill(ctx context.Context, d *DuckDB, query string) error {
	named := func(word token) bool { return !word.string && buildSelects[strings.ToLower(word.text)] != "" }
	if !slices.ContainsFunc(tokens(query), named) {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.read {
		return nil
	}
	text, err := t.content()
	if err != nil {
		return err
	}
	for name, rows := range buildSelects {
		// Emptied first: it may have been stopped between the two.
		if err := d.Exec(ctx, "delete from "+name); err != nil {
			return fmt.Errorf("list builds: %w", err)
		}
		if err := d.Exec(ctx, "insert into "+name+rows, text); err != nil {
			return fmt.Errorf("list builds: %w", err)
		}
	}
	t.read = true
	return nil
}

// content is all builds in JSON, oldest first. A record that cannot be read, or
// was removed meanwhile, is left out rather than keep everything else from being
// read.
func (t *buildTables) content() (string, error) {
	builds := map[string]Build{}
	for _, path := range t.records {
		if b, err := ReadBuild(path); err == nil && b.ID != "" {
			builds[b.ID] = b
		}
	}
	// The reader's own build is published, whatever its record in the history
	// says yet: that is finished after the pointer has moved.
	if builds[t.current.ID].Status != Published {
		builds[t.current.ID] = t.current
	}
	all := make([]Build, 0, len(builds))
	for _, b := range builds {
		b.Models, b.Sources = nil, nil // none of the tables shows them
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b Build) int { return a.StartedAt.Compare(b.StartedAt) })
	text, err := json.Marshal(all)
	return string(text), err
}

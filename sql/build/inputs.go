package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"parley/sql/attribute"
	"parley/sql/identity"
	"parley/sql/settle"
	"parley/sql/warehouse"
)

// published are the inputs that a build shows with its marts: pages print the
// zone and the week's start that the build had.
var published = []string{"settings", "report_zones"}

// inputs gives the engine the tables that the models start from: the settled
// ones, what the workspace has chosen, who is who, and the attributes as columns.
func (b *building) inputs(ctx context.Context, engine *warehouse.DuckDB, manifest *settle.Manifest) error {
	for _, table := range warehouse.SourceTables() {
		if !strings.HasPrefix(table, "settled_") {
			continue
		}
		if err := engine.ViewFiles(ctx, table, manifest.Tables[table]); err != nil {
			return fmt.Errorf("open settled table %s: %w", table, err)
		}
	}
	if err := b.chosen(ctx, engine); err != nil {
		return err
	}
	combinations, err := identity.Read(manifest.Tables["settled_person_keys"])
	if err != nil {
		return err
	}
	path := filepath.Join(b.work, "identity.parquet")
	if err := identity.Write(path, identity.Resolve(combinations, b.record.AsOf)); err != nil {
		return err
	}
	if err := engine.ViewFiles(ctx, "identity", []string{path}); err != nil {
		return fmt.Errorf("open the identities: %w", err)
	}
	if err := attribute.Create(ctx, engine, b.record.AsOf); err != nil {
		return fmt.Errorf("lay out attributes: %w", err)
	}
	return b.publishInputs(ctx, engine)
}

// chosen makes the tables of the workspace's settings.
func (b *building) chosen(ctx context.Context, engine *warehouse.DuckDB) error {
	s := b.cfg.Settings
	zone := s.Timezone
	if zone == "" {
		zone = "UTC"
	}
	rows := map[string][][]any{
		"settings": {{s.Name, b.record.AsOf, zone, weekdays[s.WeekStarts]}},
	}
	for table, values := range map[string][]string{"bots": s.Bots, "teams": s.Teams, "topics": s.Topics, "report_zones": s.Zones} {
		rows[table] = nil
		// Named twice is named once: the models count on it.
		for i, v := range values {
			if !slices.Contains(values[:i], v) {
				rows[table] = append(rows[table], []any{v})
			}
		}
	}
	rows["outages"] = nil
	for _, o := range s.Outages {
		rows["outages"] = append(rows["outages"], []any{o.Name, o.From.UTC(), o.To.UTC()})
	}
	for table, values := range rows {
		if err := engine.CreateSource(ctx, table, values); err != nil {
			return fmt.Errorf("make table %s: %w", table, err)
		}
	}
	return nil
}

func (b *building) publishInputs(ctx context.Context, engine *warehouse.DuckDB) error {
	for _, table := range published {
		if err := b.writeMart(ctx, engine, table); err != nil {
			return err
		}
	}
	return nil
}

// writeMart writes a table of the engine as a mart of the build.
func (b *building) writeMart(ctx context.Context, engine *warehouse.DuckDB, table string) error {
	path := filepath.Join(b.dir, table, table+".parquet")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	rows, err := engine.Write(ctx, "select * from "+warehouse.Ident(table), path)
	if err != nil {
		return fmt.Errorf("write mart %s: %w", table, err)
	}
	b.record.Rows[table] = rows
	return nil
}

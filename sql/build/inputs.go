package build

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"parley/sql/attribute"
	"parley/sql/settle"
	"parley/sql/transform"
	"parley/sql/warehouse"
)

// published are the inputs that a build shows with its marts: pages print the
// zone and the week's start that the build had, and what a hiring plan assumes.
var published = []string{"settings", "report_zones", "staffing_settings"}

// seen are the columns of settled tables with the instants from which on a row
// is seen: the staging models leave out what is later than as_of.
var seen = map[string][]string{
	"settled_events":             {"occurred_at"},
	"settled_person_keys":        {"first_at"},
	"settled_person_attributes":  {"at"},
	"settled_memberships":        {"at"},
	"settled_company_attributes": {"at"},
	"settled_company_keys":       {"first_at"},
	"settled_subscriptions":      {"valid_from"},
	"settled_subscription_lists": {"valid_from"},
	"settled_conversations":      {"created_at", "updated_at"},
	"settled_conversation_parts": {"created_at"},
	"settled_tags":               {"tagged_at"},
	"settled_enrichments":        {"at"},
	"settled_deliveries":         {"decided_at"},
	"settled_tombstones":         {"at"},
	"settled_merges":             {"merged_at"},
}

// inputs gives the engine the tables that the models start from: the settled
// ones, what the workspace has chosen, who is who, and the attributes as columns.
func (b *building) inputs(ctx context.Context, engine *warehouse.DuckDB, manifest *settle.Manifest) (map[string]transform.Input, error) {
	known := map[string]transform.Input{}
	former, err := warehouse.CurrentDir(b.at.marts)
	if err != nil && !errors.Is(err, warehouse.ErrNoBuild) {
		return nil, err
	}
	for _, table := range warehouse.SourceTables() {
		if !strings.HasPrefix(table, "settled_") {
			continue
		}
		if err := b.openSettled(ctx, engine, table, manifest, former); err != nil {
			return nil, fmt.Errorf("open settled table %s: %w", table, err)
		}
		in := transform.Input{Seen: seen[table]}
		for _, f := range manifest.Files[table] {
			in.Files = append(in.Files, transform.InputFile{Path: f.Path, Rows: f.Rows, Date: dateOf(table, f.Part)})
		}
		known[table] = in
	}
	if err := b.chosen(ctx, engine, known); err != nil {
		return nil, err
	}
	if known["identity"], err = b.whoIsWho(ctx, engine, manifest); err != nil {
		return nil, err
	}
	if known[addressPlaces], err = b.placeAddresses(ctx, engine, manifest); err != nil {
		return nil, err
	}
	return known, b.publishInputs(ctx, engine)
}

// dateOf is the date of all rows of a settled file; "" where its name is that of
// several, or of something else than the instant by which rows are seen.
func dateOf(table, part string) string {
	if table != "settled_events" || part < "1990-01-01" || part >= "2050-01-01" {
		return ""
	}
	return part
}

// attributes are the models that lay custom attributes out as columns, and that
// say which column each has become.
func attributes(engine attribute.Engine) []transform.Made {
	made := []transform.Made{{
		Name: attribute.Columns, Text: "One row per custom attribute of people or companies, with the column that it has become.",
		SQL: func(ctx context.Context) (string, error) { return attribute.ColumnsSQL(ctx, engine) },
	}}
	for _, layout := range attribute.Layouts {
		made[0].Reads = append(made[0].Reads, layout.Latest)
		made = append(made, transform.Made{
			Name: layout.Wide, Reads: []string{layout.Latest}, By: []string{layout.ID},
			Text: fmt.Sprintf("One row per %s that has ever had a custom attribute, with the latest value of each in a column of its own.", layout.Entity),
			SQL:  func(ctx context.Context) (string, error) { return layout.SQL(ctx, engine) },
		})
	}
	return made
}

// withoutMade are the source tables but those that are made by attributes.
func withoutMade(tables []string) []string {
	return slices.DeleteFunc(tables, func(name string) bool {
		return name == attribute.Columns || slices.ContainsFunc(attribute.Layouts, func(l attribute.Layout) bool { return l.Wide == name })
	})
}

// chosen makes the tables of the workspace's settings.
func (b *building) chosen(ctx context.Context, engine *warehouse.DuckDB, known map[string]transform.Input) error {
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
	rows["enrichment_choices"] = nil
	for _, name := range slices.Sorted(maps.Keys(s.Enrichment)) {
		for i, source := range s.Enrichment[name] {
			rows["enrichment_choices"] = append(rows["enrichment_choices"], []any{name, source, i + 1})
		}
	}
	rows["outages"] = nil
	for _, o := range s.Outages {
		// So is an outage: a name may stand for several, but not at the same time.
		row := []any{o.Name, o.From.UTC(), o.To.UTC()}
		if !slices.ContainsFunc(rows["outages"], func(other []any) bool { return slices.Equal(other, row) }) {
			rows["outages"] = append(rows["outages"], row)
		}
	}
	hours := b.workingHours(zone)
	maps.Copy(rows, hours)
	for table, values := range rows {
		if err := engine.CreateSource(ctx, table, values); err != nil {
			return fmt.Errorf("make table %s: %w", table, err)
		}
		content := fmt.Sprintf("%q", values)
		if table == "settings" { // as_of moves with each build, and is followed by itself
			content = fmt.Sprintf("%q", []any{s.Name, zone, weekdays[s.WeekStarts]})
		} else if _, ok := hours[table]; ok {
			content = hashOf(values)
		}
		known[table] = transform.Input{Content: content}
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

package warehouse

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// Schema is a table's name and columns.
type Schema struct {
	Table   string
	Columns []Column
}

// SourceSchemas lists the tables that the models start from, with the engine's
// types: the settled tables, then a build's inputs, which say what the
// workspace has chosen, and as of when. The two wide tables have a column more
// for each custom attribute.
func SourceSchemas() []Schema {
	return []Schema{
		schema("settled_events", `event_id, event_name, occurred_at timestamptz, key_kind, key, user_id, email, source_id,
			anonymous_id, company_id, url, referrer, utm_source, utm_medium, utm_campaign, utm_term, utm_content, ip, metadata`),
		schema("settled_person_keys", `user_id, email, source_id, anonymous_id, first_at timestamptz, last_at timestamptz`),
		schema("settled_person_attributes", `key_kind, key, name, value, value_type, is_custom boolean, at timestamptz, seq`),
		schema("settled_memberships", `key_kind, key, company_id, at timestamptz, removed boolean`),
		schema("settled_company_attributes", `company_id, name, value, value_type, is_custom boolean, at timestamptz, seq`),
		schema("settled_company_keys", `company_id, source_id, first_at timestamptz, last_at timestamptz`),
		schema("settled_subscriptions", `company_id, subscription_id, plan, currency, amount, quantity, interval_unit,
			interval_count bigint, started_at timestamptz, ended_at timestamptz, trial_ends_at timestamptz, discount_percent,
			discount_amount, valid_from timestamptz, seq, list_id, position integer`),
		schema("settled_subscription_lists", `company_id, valid_from timestamptz, seq, subscriptions bigint, list_id`),
		schema("settled_conversations", `conversation_id, key_kind, key, user_id, email, source_id, anonymous_id, company_id,
			channel, subject, state, url, created_at timestamptz, updated_at timestamptz, tags`),
		schema("settled_conversation_parts", `part_id, conversation_id, part_type, author_type, author_id, author_user_id,
			author_name, author_email, created_at timestamptz, updated_at timestamptz, body, has_text boolean, is_reply boolean,
			is_source boolean, delivered_as, assigned_to, tags, record_at timestamptz`),
		schema("settled_part_tags", `conversation_id, part_id, tag`),
		schema("settled_tags", `key_kind, key, company_id, tag, tagged_at timestamptz, tagged_by, removed boolean`),
		schema("settled_enrichments", `key_kind, key, company_id, source, name, value, value_type, at timestamptz, seq`),
		schema("settled_deliveries", `decision_id, message, person_id, user_id, email, entry, segment, channel, decision, reason,
			subject, decided_at timestamptz, sent_at timestamptz`),
		schema("settled_tombstones", `kind, key, at timestamptz`),
		schema("settled_merges", `into_kind, into_key, from_kind, from_key, merged_at timestamptz, merged_by, undo boolean`),
		schema("settings", `name, as_of timestamptz, timezone, week_starts integer`),
		schema("bots", `bot`),
		schema("teams", `tag`),
		schema("topics", `tag`),
		schema("address_places", `ip, city, country, timezone, database`),
		schema("enrichment_choices", `name, source, position integer`),
		schema("outages", `outage, started_at timestamptz, ended_at timestamptz`),
		schema("report_zones", `zone`),
		schema("office_hours", `day date, starts_at timestamptz, ends_at timestamptz, is_open integer, open_before bigint`),
		schema("cover_hours", `zone, weekday integer, hour integer, agents double`),
		schema("staffing_settings", `handling_seconds double, answer_within_seconds double, target double, shrinkage double, concurrency double`),
		schema("staffing_capacity", `places integer, contacts_per_hour double`),
		schema("identity", `key_kind, key, person_id, valid_from timestamptz, valid_to timestamptz, why`),
		schema("person_attributes_wide", `person_id`),
		schema("company_attributes_wide", `company_id`),
		schema("attribute_columns", `entity, name, column_name, type, filled bigint, conflicts bigint, value_types`),
	}
}

// SourceTables names the tables of SourceSchemas.
func SourceTables() []string {
	var names []string
	for _, s := range SourceSchemas() {
		names = append(names, s.Table)
	}
	return names
}

// schema reads "name type, name, …"; a column without a type is text.
func schema(table, columns string) Schema {
	s := Schema{Table: table}
	for _, field := range strings.Split(columns, ",") {
		words := strings.Fields(field)
		kind := "VARCHAR"
		if len(words) > 1 {
			kind = strings.ToUpper(words[1])
		}
		if kind == "TIMESTAMPTZ" {
			kind = "TIMESTAMP WITH TIME ZONE"
		}
		s.Columns = append(s.Columns, Column{Name: words[0], Type: kind})
	}
	return s
}

// CreateSource makes one of the SourceSchemas' tables in the engine, with rows
// whose values are in the order of its columns.
func (d *DuckDB) CreateSource(ctx context.Context, table string, rows [][]any) error {
	i := slices.IndexFunc(SourceSchemas(), func(s Schema) bool { return s.Table == table })
	if i < 0 {
		return fmt.Errorf("%s is no source table", table)
	}
	columns := SourceSchemas()[i].Columns
	defined := make([]string, len(columns))
	for k, c := range columns {
		defined[k] = Ident(c.Name) + " " + c.Type
	}
	if err := d.Exec(ctx, "create table "+Ident(table)+" ("+strings.Join(defined, ", ")+")"); err != nil {
		return err
	}
	return d.appendRows(ctx, table, rows)
}

// appendRows puts rows into a table of the engine, many at a time.
func (d *DuckDB) appendRows(ctx context.Context, table string, rows [][]any) (err error) {
	if len(rows) == 0 {
		return nil
	}
	conn, err := d.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect to the engine: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return conn.Raw(func(driverConn any) (err error) {
		appender, err := duckdb.NewAppenderFromConn(driverConn.(driver.Conn), "", table)
		if err != nil {
			return fmt.Errorf("append to %s: %w", table, err)
		}
		defer func() { err = errors.Join(err, appender.Close()) }()
		values := make([]driver.Value, 0, len(rows[0]))
		for _, row := range rows {
			values = values[:0]
			for _, v := range row {
				values = append(values, v)
			}
			if err := appender.AppendRow(values...); err != nil {
				return fmt.Errorf("append to %s: %w", table, err)
			}
		}
		return nil
	})
}

package build

import (
	"context"

	"parley/sql/warehouse"
)

// wideTables makes the two tables that hold custom attributes as columns.
func wideTables(ctx context.Context, engine *warehouse.DuckDB) error {
	if err := engine.Exec(ctx, "create view person_attributes_wide as select distinct person_id from identity"); err != nil {
		return err
	}
	return engine.Exec(ctx, "create view company_attributes_wide as select distinct company_id from settled_company_attributes")
}

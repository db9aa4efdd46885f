package segment

import (
	"context"
	"fmt"

	"parley/sql/filter"
	"parley/sql/warehouse"
)

// Asker answers a query over the marts.
type Asker interface {
	Query(ctx context.Context, query string, values ...any) (*warehouse.Table, error)
}

// CatalogueOf is what can be asked for in a filter: the columns that the marts
// users and companies have in this build, custom attributes among them.
func CatalogueOf(ctx context.Context, asker Asker) (filter.Catalogue, error) {
	person, err := fieldsOf(ctx, asker, "users")
	if err != nil {
		return filter.Catalogue{}, err
	}
	company, err := fieldsOf(ctx, asker, "companies")
	if err != nil {
		return filter.Catalogue{}, err
	}
	return filter.NewCatalogue(person, company), nil
}

func fieldsOf(ctx context.Context, asker Asker, mart string) ([]filter.Field, error) {
	described, err := asker.Query(ctx, "describe "+mart)
	if err != nil {
		return nil, fmt.Errorf("list the fields of %s: %w", mart, err)
	}
	name, kind := described.Index("column_name"), described.Index("column_type")
	if name < 0 || kind < 0 {
		return nil, fmt.Errorf("list the fields of %s: unexpected columns %v", mart, described.Columns)
	}
	var fields []filter.Field
	for _, row := range described.Rows {
		column, _ := row[name].(string)
		sqlType, _ := row[kind].(string)
		if fieldType, ok := filter.FieldType(sqlType); ok {
			fields = append(fields, filter.Field{Name: column, Column: column, Type: fieldType})
		}
	}
	return fields, nil
}

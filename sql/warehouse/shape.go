package warehouse

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/duckdb/duckdb-go/v2/mapping"
)

// shape says how an answer leaves the engine.
type shape struct {
	// types are those in the place of the ones that cannot be carried as they are,
	// also inside of lists, structs and maps.
	types map[mapping.Type]string
	// inNanoseconds: intervals are, where the engine counts in microseconds, and
	// would turn one of more than 292 years of hours into another without a word.
	inNanoseconds bool
}

var (
	// asRows is for values one by one: what has no value of its own in Go is text.
	asRows = shape{types: map[mapping.Type]string{
		duckdb.TYPE_BIT: "VARCHAR", duckdb.TYPE_TIME_TZ: "VARCHAR", duckdb.TYPE_VARIANT: "VARCHAR", duckdb.TYPE_GEOMETRY: "VARCHAR",
		duckdb.TYPE_BIGNUM: "VARCHAR", duckdb.TYPE_UHUGEINT: "VARCHAR", duckdb.TYPE_INTERVAL: "VARCHAR",
	}}
	// asArrow is for Arrow: what it has no type for is text, and integers of 128
	// bits, such as every sum of integers, are its widest decimals that all readers
	// know, of 38 digits. A value that has more is an error of the engine.
	asArrow = shape{inNanoseconds: true, types: map[mapping.Type]string{
		duckdb.TYPE_BIT: "VARCHAR", duckdb.TYPE_TIME_TZ: "VARCHAR", duckdb.TYPE_VARIANT: "VARCHAR", duckdb.TYPE_GEOMETRY: "VARCHAR",
		duckdb.TYPE_BIGNUM: "VARCHAR", duckdb.TYPE_UNION: "VARCHAR",
		duckdb.TYPE_HUGEINT: "DECIMAL(38,0)", duckdb.TYPE_UHUGEINT: "DECIMAL(38,0)",
	}}
	// asParquet is for Parquet, which has no interval that is below zero or finer
	// than a millisecond either.
	asParquet = asArrow.with(duckdb.TYPE_INTERVAL, "VARCHAR")
)

func (as shape) with(kind mapping.Type, name string) shape {
	as.types = maps.Clone(as.types)
	as.types[kind] = name
	return as
}

// reshaped is the query with its answer in a shape.
func (d *DuckDB) reshaped(ctx context.Context, query string, as shape) (string, error) {
	conn, err := d.db.Conn(ctx)
	if err != nil {
		return "", fmt.Errorf("connect to the engine: %w", err)
	}
	defer conn.Close()
	err = conn.Raw(func(driverConn any) error {
		prepared, err := driverConn.(*duckdb.Conn).PrepareContext(ctx, query)
		if err != nil {
			return err
		}
		defer prepared.Close()
		query, _ = as.reshape(prepared.(*duckdb.Stmt), query)
		return nil
	})
	return query, queryError(ctx, query, err)
}

// reshape is the query that casts what a prepared query's answer cannot hold,
// and the types before; where there is nothing to cast, it is the query itself.
func (as shape) reshape(prepared *duckdb.Stmt, query string) (reshaped string, types []string) {
	statement := mapping.PreparedStatement{Ptr: handle(prepared, "preparedStmt")}
	count := mapping.PreparedStatementColumnCount(statement)
	columns, places := make([]string, count), make([]string, count)
	changes := false
	for i := range count {
		kind := mapping.PreparedStatementColumnLogicalType(statement, i)
		places[i] = fmt.Sprintf("c%d", i)
		columns[i] = places[i]
		own, other := typeName(kind), typeNameWith(kind, as.types)
		types = append(types, own)
		if own != other {
			// The values of an enumeration have no name in a type's name.
			columns[i] += "::" + strings.ReplaceAll(other, "ENUM", "VARCHAR")
			changes = true
		}
		if as.inNanoseconds && other == "INTERVAL" {
			columns[i] = fmt.Sprintf("if(abs(hour(%[1]s)) > 2562046, error('an interval of ' || %[1]s || ' is longer than Arrow holds; cast it to varchar'), %[1]s)", places[i])
			changes = true
		}
		columns[i] += " as " + Ident(mapping.PreparedStatementColumnName(statement, i))
		mapping.DestroyLogicalType(&kind)
	}
	if !changes {
		return query, types
	}
	return "select " + strings.Join(columns, ", ") + " from (\n" + trimStatement(query) + "\n) as answer(" + strings.Join(places, ", ") + ")", types
}

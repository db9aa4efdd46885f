package warehouse

import (
	"fmt"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/duckdb/duckdb-go/v2/mapping"
)

var typeNames = map[mapping.Type]string{
	duckdb.TYPE_BOOLEAN: "BOOLEAN", duckdb.TYPE_TINYINT: "TINYINT", duckdb.TYPE_SMALLINT: "SMALLINT", duckdb.TYPE_INTEGER: "INTEGER",
	duckdb.TYPE_BIGINT: "BIGINT", duckdb.TYPE_UTINYINT: "UTINYINT", duckdb.TYPE_USMALLINT: "USMALLINT", duckdb.TYPE_UINTEGER: "UINTEGER",
	duckdb.TYPE_UBIGINT: "UBIGINT", duckdb.TYPE_FLOAT: "FLOAT", duckdb.TYPE_DOUBLE: "DOUBLE", duckdb.TYPE_TIMESTAMP: "TIMESTAMP",
	duckdb.TYPE_DATE: "DATE", duckdb.TYPE_TIME: "TIME", duckdb.TYPE_INTERVAL: "INTERVAL", duckdb.TYPE_HUGEINT: "HUGEINT",
	duckdb.TYPE_UHUGEINT: "UHUGEINT", duckdb.TYPE_VARCHAR: "VARCHAR", duckdb.TYPE_BLOB: "BLOB", duckdb.TYPE_TIMESTAMP_S: "TIMESTAMP_S",
	duckdb.TYPE_TIMESTAMP_MS: "TIMESTAMP_MS", duckdb.TYPE_TIMESTAMP_NS: "TIMESTAMP_NS", duckdb.TYPE_ENUM: "ENUM", duckdb.TYPE_UUID: "UUID",
	duckdb.TYPE_BIT: "BIT", duckdb.TYPE_TIME_TZ: "TIMETZ", duckdb.TYPE_TIMESTAMP_TZ: "TIMESTAMPTZ", duckdb.TYPE_BIGNUM: "BIGNUM",
	duckdb.TYPE_SQLNULL: "NULL", duckdb.TYPE_GEOMETRY: "GEOMETRY", duckdb.TYPE_VARIANT: "VARIANT",
}

// typeName is the engine's name of a type, as in MAP(VARCHAR, DECIMAL(18,2)[]).
func typeName(kind mapping.LogicalType) string { return typeNameWith(kind, nil) }

// typeNameWith is typeName with other types in the place of some, also inside
// of lists, structs and maps.
func typeNameWith(kind mapping.LogicalType, instead map[mapping.Type]string) string {
	inside := func(inner mapping.LogicalType) string {
		defer mapping.DestroyLogicalType(&inner)
		return typeNameWith(inner, instead)
	}
	members := func(count mapping.IdxT, name func(mapping.LogicalType, mapping.IdxT) string, kindOf func(mapping.LogicalType, mapping.IdxT) mapping.LogicalType) string {
		parts := make([]string, count)
		for i := range count {
			parts[i] = Ident(name(kind, i)) + " " + inside(kindOf(kind, i))
		}
		return "(" + strings.Join(parts, ", ") + ")"
	}
	id := mapping.GetTypeId(kind)
	if other := instead[id]; other != "" {
		return other
	}
	if alias := mapping.LogicalTypeGetAlias(kind); alias == "JSON" {
		return alias
	}
	switch id {
	case duckdb.TYPE_DECIMAL:
		return fmt.Sprintf("DECIMAL(%d,%d)", mapping.DecimalWidth(kind), mapping.DecimalScale(kind))
	case duckdb.TYPE_LIST:
		return inside(mapping.ListTypeChildType(kind)) + "[]"
	case duckdb.TYPE_ARRAY:
		return fmt.Sprintf("%s[%d]", inside(mapping.ArrayTypeChildType(kind)), mapping.ArrayTypeArraySize(kind))
	case duckdb.TYPE_MAP:
		return "MAP(" + inside(mapping.MapTypeKeyType(kind)) + ", " + inside(mapping.MapTypeValueType(kind)) + ")"
	case duckdb.TYPE_STRUCT:
		return "STRUCT" + members(mapping.StructTypeChildCount(kind), mapping.StructTypeChildName, mapping.StructTypeChildType)
	case duckdb.TYPE_UNION:
		return "UNION" + members(mapping.UnionTypeMemberCount(kind), mapping.UnionTypeMemberName, mapping.UnionTypeMemberType)
	}
	return typeNames[id]
}

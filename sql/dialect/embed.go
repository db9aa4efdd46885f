// Package dialect holds what an engine spells in its own way: for each engine
// one file of macros, under the same names with the same meaning, so that the
// models are one text for all of them. It knows no model.
package dialect

import _ "embed"

// DuckDB creates the macros in a DuckDB session, statements parted by ";".
// They want the session's time zone to be UTC.
//
//go:embed duckdb.sql
var DuckDB string

// Spark creates the macros in a Spark session, a statement at a time, parted by
// ";" at the end of a line. They want the session's time zone to be UTC.
//
//go:embed spark.sql
var Spark string

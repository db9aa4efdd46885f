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

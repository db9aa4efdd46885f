// Package models embeds the SELECTs that turn settled facts into marts: one
// model a file, in the SQL that the engines share and the macros of
// sql/dialect. It holds no logic; what runs them does not know what they say.
package models

import "embed"

// FS holds staging/stg_<source>.sql, one to one with a settled table or an
// input, limited to what had happened by as_of; intermediate/int_<thing>__<verb>.sql;
// and marts/<mart>.sql, the tables that people read.
//
//go:embed staging/*.sql intermediate/*.sql marts/*.sql
var FS embed.FS

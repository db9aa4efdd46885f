// Package checks embeds the queries that must return no row: what has to hold
// between marts, and within one beyond what its header can say.
package checks

import "embed"

// FS holds one query a file.
//
//go:embed *.sql
var FS embed.FS

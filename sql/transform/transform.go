// Package transform is the graph of models: it loads them, orders them by what
// the engine's own parse says they read, runs them, checks what their headers
// say must hold, and skips what hangs below a failure. It does not know what
// any model says, where records come from, or how a build is published.
//
// A model is a file NAME.sql that holds a header of comments and one SELECT:
//
//	-- One row per conversation. Any text, not read by the program.
//	-- grain: conversation
//	-- key: conversation_id
//	-- order: began_at desc, conversation_id
//	-- column first_response_seconds: first human reply minus first contact message
//	-- check conversation_id: not_null
//	-- check state: accepted(open, closed, snoozed) warn
//	-- check user_id: relation(users.user_id)
//	-- check first_response_seconds: range(0, )
//	-- check created_at: fresh(2 days) warn
//
// Every line of the header is optional. A key is checked to be unique, all its
// columns together. An order is that of the rows in the model's file, nulls last;
// it helps whoever reads a small mart, and costs a sort. After a rule, warn says that a row that breaks it is
// reported and stops nothing; error is the default. Several rules may stand in
// one line, parted by commas or bars; unique of several columns is written with
// all of them before the colon. Folders staging/, intermediate/ and marts/ say
// how a model is kept: a staging model is a view, the others are written to
// Parquet files; a model in no folder is a mart.
//
// Further lines say how a model is brought up to date from what the last build
// left of it, without running it over everything: see Increment.
//
// A case is a folder <model>/<case>/ with given/<table>.csv and want.csv, an
// example worked out by hand: Cases finds them, a Suite runs them. Shapes says
// which columns every table has, without any record.
package transform

import (
	"context"
	"fmt"

	"parley/sql/warehouse"
)

// Engine is what runs the models and their checks: DuckDB in the process, or
// Spark over the same files. An error about a SELECT is a *warehouse.QueryError
// with its place in it. Names are quoted by warehouse.Ident.
type Engine interface {
	// Describe names the columns a SELECT gives, without running it.
	Describe(ctx context.Context, query string) ([]warehouse.Column, error)
	// View gives a SELECT a name.
	View(ctx context.Context, name, query string) error
	// ViewFiles gives Parquet files a name.
	ViewFiles(ctx context.Context, name string, paths []string) error
	// WriteFiles runs a SELECT into Parquet files, which it names in the order of
	// the rows: path alone, or several beside it that begin with path's name.
	WriteFiles(ctx context.Context, query, path string) ([]warehouse.Written, error)
	// Query runs a SELECT with texts bound to its parameters.
	Query(ctx context.Context, query string, args ...any) (*warehouse.Table, error)
}

// Tables is an engine that can hold tables of its own for the time of a run. On
// such an engine models are brought up to date; on others they run over everything.
type Tables interface {
	Engine
	Parser
	// Write runs a SELECT into one Parquet file and counts its rows.
	Write(ctx context.Context, query, path string) (int64, error)
	// Exec runs a statement, or several without values.
	Exec(ctx context.Context, query string, args ...any) error
}

// Layer says how a model is kept.
type Layer string

// The layers: a view, a working file that is not published, a published file.
const (
	Staging      Layer = "staging"
	Intermediate Layer = "intermediate"
	Mart         Layer = "mart"
)

// Model is one file: a header and one SELECT.
type Model struct {
	Name   string // of the table it makes: the file's name without .sql
	File   string // as messages name it
	Layer  Layer
	Own    bool // the workspace's own, not ours
	Header Header
	SQL    string   // the whole file
	Reads  []string // tables it reads, sorted: models and inputs

	made       func(ctx context.Context) (string, error) // writes the SELECT when what it reads is there; nil: it stands in a file
	restless   string                                    // what in it gives something else at each run
	touchReads []string                                  // further tables that the touches of its header read
}

// Write writes the SELECT of a model that has no file, when what it reads is there.
func (m *Model) Write(ctx context.Context) (err error) {
	if m.made == nil {
		return nil
	}
	if m.SQL, err = m.made(ctx); err != nil {
		return fmt.Errorf("%s: %w", m.File, err)
	}
	return nil
}

// Fault is something wrong in a model's file. Its text is
// `FILE:LINE[:COLUMN]: what is wrong; what to do`.
type Fault struct {
	Model  string // "" when the file makes none
	File   string
	Line   int // from 1; 0: the file as a whole
	Column int // from 1; 0: unknown
	Text   string
}

func (f *Fault) Error() string {
	place := f.File
	if f.Line > 0 {
		place += fmt.Sprintf(":%d", f.Line)
	}
	if f.Line > 0 && f.Column > 0 {
		place += fmt.Sprintf(":%d", f.Column)
	}
	return place + ": " + f.Text
}

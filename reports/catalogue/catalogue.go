// Package catalogue draws what there is to ask: a page for every table and
// model, ours and the workspace's own, with its columns, checks, SQL and
// lineage, and one page that leads to all of them. It computes no figure and
// runs no model, and does not know who asks for pages.
package catalogue

import (
	"time"

	"parley/reports"
	"parley/sql/transform"
	"parley/sql/warehouse"
)

// Sources are what a catalogue is made of.
type Sources struct {
	Graph   *transform.Graph
	Shapes  *transform.Shapes
	LeftOut []transform.LeftOut // files of the workspace that make no model
	Build   *Published          // the current build; nil: there is none yet
}

// Published is a build that can be read.
type Published struct {
	Record warehouse.Build
	Dir    string        // its folder
	Query  reports.Query // reads its marts
}

// Catalogue is every table there is, by name, and what must hold between them.
type Catalogue struct {
	Build  *warehouse.Build // the build that rows, sizes and checks are of; nil: there is none yet
	Tables []*Table         // sorted by name
	Checks []Query          // sorted by name
	Strays []Stray          // files of the workspace that make no table
}

// Kind is what a table is.
type Kind string

// The kinds of tables, in the data's order.
const (
	Settled      Kind = "settled"      // records, sorted, each thing once
	Input        Kind = "input"        // of a build: the workspace's choices, who is who, attributes as columns
	Staging      Kind = "staging"      // a model over one settled table or input, kept as a view
	Intermediate Kind = "intermediate" // a model that several others need
	Mart         Kind = "mart"         // a model that people read
	Segment      Kind = "segment"      // who is in which segment
)

// Table is one table or model.
type Table struct {
	Name    string     `json:"name"`
	Kind    Kind       `json:"kind"`
	Own     bool       `json:"own"`  // the workspace's own model
	File    string     `json:"file"` // "": no model makes it
	Text    string     `json:"description"`
	Grain   string     `json:"grain"`
	Key     []string   `json:"key"`
	Order   []string   `json:"order"`
	Columns []Column   `json:"columns"` // empty: not known, for the model does not run
	Checks  []Check    `json:"checks"`
	Reads   []string   `json:"reads"`
	ReadBy  []string   `json:"read_by"`
	InBuild bool       `json:"in_build"`   // the current build has it
	Rows    *int64     `json:"rows"`       // in the current build; null: not kept there
	Bytes   *int64     `json:"bytes"`      // of its Parquet files
	Written *time.Time `json:"written_at"` // when these were written
	Stale   bool       `json:"stale"`      // the last good rows of a model that fails by now
	Seconds *float64   `json:"seconds"`    // that it took in the build
	Goes    string     `json:"goes_by"`    // the key, or the dates, by which it is brought up to date; "": as a whole
	How     string     `json:"how"`        // it was brought up to date in the build: unchanged, keys, dates, whole
	Reason  string     `json:"reason"`     // why so
	Error   string     `json:"error"`      // why it does not run, or failed in the build
	SQL     string     `json:"sql"`
}

// Column is a column of a table.
type Column struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Text     string `json:"description"`
	IsCustom bool   `json:"is_custom"` // a custom attribute, which records brought
	NotBuilt bool   `json:"not_built"` // the model has it, and the current build not yet
}

// State says what came of a check in the current build.
type State string

// The states of a check.
const (
	Held    State = "held"
	Broken  State = "broken"
	Unknown State = "unknown" // the build does not have the model, or the check could not be run
)

// Check is what must hold of a table's rows.
type Check struct {
	Columns  []string `json:"columns"`
	Rule     string   `json:"rule"`
	Severity string   `json:"severity"`
	Line     int      `json:"line"` // of the model's file
	State    State    `json:"state"`
	Rows     int64    `json:"rows"`  // that break it
	Found    string   `json:"found"` // in words, where a number of rows says little
	Table    string   `json:"table"` // that a relation is to
	Error    string   `json:"error"`
}

// Query is a check between tables: a SELECT that must return no row.
type Query struct {
	Name     string
	File     string
	Text     string
	Severity string
	State    State
	Rows     int64
	Reads    []string
	SQL      string
}

// Stray is a file of the workspace that makes no table, and why.
type Stray struct {
	File  string
	Error string
	SQL   string
}

// table finds a table by its name; nil: there is none.
func (c *Catalogue) table(name string) *Table {
	for _, t := range c.Tables {
		if t.Name == name {
			return t
		}
	}
	return nil
}

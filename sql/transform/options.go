package transform

import "time"

// State is how a model came out of a run.
type State string

// The states of a model after a run.
const (
	Ran     State = "ran"
	Failed  State = "failed"  // it, or a check of severity error on it, did not hold
	Skipped State = "skipped" // something it reads failed
)

// ModelRun is what came of one model.
type ModelRun struct {
	Model   *Model
	State   State
	Stale   bool   // failed or skipped, and its last good file was kept
	Rows    int64  // of its files; -1: a view, or not known
	How     string // how it was brought up to date: unchanged, keys, dates, whole; "": a view, or it was not
	Reason  string // why so, in words
	Seconds float64
	Err     error // why it failed, or below what it was skipped
}

// Place is where a run writes, and what it may keep.
type Place struct {
	Dir string // of the build: <Dir>/<mart>/….parquet, and StateDir for what the next build goes on from
	// Previous is the folder of the last good build: the run goes on from it, and
	// keeps its files of a workspace's models that fail. "": there is none.
	Previous string
}

// Options of a run.
type Options struct {
	// Now tells the time of day, for durations only. Required.
	Now func() time.Time
	// AsOf is the instant of the build, and Dialect a word for the macros and the
	// engine that the models are run with: another one means that all is run anew.
	AsOf    time.Time
	Dialect string
	// Inputs are the tables that are there before any model runs. One that is not
	// among them is taken to have changed since the last build.
	Inputs map[string]Input
	// Only are the models that run, by name; all others stay as the last build left
	// them. Nil: all run.
	Only map[string]bool
	// MostTouched is how many keys, as a share of a model's rows, may be touched
	// before it is run over everything all the same. 0: a third.
	MostTouched float64
	// PartRows is about how many rows a file of a model in parts has. 0: 25,000.
	PartRows int64
	// Parallel is how many models run at once, on an engine that holds tables: no more
	// than it may have threads. 0: as many as there are processors, 4 at the most.
	Parallel int
	// Full runs everything anew, whatever the last build left.
	Full bool
	// Progress is told of each model and check as it begins; nil: nobody.
	Progress func(done, total int, what string)
	// Keep keeps the rows that break a check for a look, and gives their place; nil: they are not kept.
	Keep func(Outcome) (place string, err error)
}

// Result is what came of a run.
type Result struct {
	Models       []ModelRun
	Checks       []Outcome
	CheckSeconds float64 // of the time, what the checks took
}

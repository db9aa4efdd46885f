package warehouse

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Names within the folder of the marts, and within a build's folder.
const (
	CurrentName   = "current"          // the pointer: a symbolic link to a build's folder
	RecordName    = "build.json"       // a build's own record, written when all else is there
	DatabaseName  = "warehouse.duckdb" // views over the build's files, for any DuckDB
	parquetSuffix = ".parquet"
)

// Status says how a build came out.
type Status string

// The states of a build.
const (
	Running     Status = "running"
	Published   Status = "published"
	Failed      Status = "failed"
	Interrupted Status = "interrupted" // its process ended in the middle
)

// Build is what a build records of itself: build.json in its folder, and the
// history of all builds.
type Build struct {
	ID           string           `json:"build_id"` // sorts by the time of its start
	AsOf         time.Time        `json:"as_of"`
	StartedAt    time.Time        `json:"started_at"`
	Seconds      float64          `json:"seconds"`
	Status       Status           `json:"status"`
	Error        string           `json:"error,omitempty"`      // why it failed
	MadeAgain    string           `json:"made_again,omitempty"` // why all was made anew, though nobody asked for it: what the last build left is damaged
	Rows         map[string]int64 `json:"rows,omitempty"`       // of each mart
	PeakMemory   int64            `json:"peak_memory"`          // bytes the process held at most, up to the build's end
	ChecksRun    int              `json:"checks_run"`           // how many were asked
	ChecksFailed int              `json:"checks_failed"`        // of either severity
	Settled      int64            `json:"settled"`              // version of the settled tables it read
	Models       []ModelRecord    `json:"models,omitempty"`
	Checks       []CheckRecord    `json:"checks,omitempty"` // those that did not hold
	// Unasked are checks that did not hold when they were last asked, and that
	// this build did not come to: see CheckRecord.Since.
	Unasked []CheckRecord `json:"unasked,omitempty"`
	// Steps are the seconds of each step: settle, inputs, models, checks, segments, publish.
	Steps map[string]float64 `json:"steps,omitempty"`
	// Landed counts what each kind of record has landed since the build before
	// this one, failed ones too: over all builds each record is counted once.
	Landed map[string]int64 `json:"landed,omitempty"`
	// Sources say of each kind how new its newest record is.
	Sources map[string]SourceRecord `json:"sources,omitempty"`
	// Covers is up to which offset of each of the lake's logs the build has read.
	Covers map[string]int64 `json:"covers,omitempty"`
}

// EndedAt is when the build ended; for one that runs, its start.
func (b Build) EndedAt() time.Time {
	return b.StartedAt.Add(time.Duration(b.Seconds * float64(time.Second)))
}

// LandedRecords is how many records of all kinds Landed counts.
func (b Build) LandedRecords() (n int64) {
	for _, of := range b.Landed {
		n += of
	}
	return n
}

// AllRows is how many rows all marts have together.
func (b Build) AllRows() (n int64) {
	for _, of := range b.Rows {
		n += of
	}
	return n
}

// SourceRecord says how new the newest record of one kind is.
type SourceRecord struct {
	LandedAt time.Time `json:"landed_at"`          // when the newest landed
	NewestAt time.Time `json:"newest_at,omitzero"` // the latest time that a record names as its own
}

// ModelRecord is what came of one model in a build.
type ModelRecord struct {
	Name    string  `json:"name"`
	File    string  `json:"file"`
	Own     bool    `json:"own,omitempty"` // the workspace's own
	State   string  `json:"state"`         // ran, failed, skipped
	Stale   bool    `json:"stale,omitempty"`
	How     string  `json:"how,omitempty"`    // how it was brought up to date: unchanged, keys, dates, whole
	Reason  string  `json:"reason,omitempty"` // why so, in words
	Seconds float64 `json:"seconds"`
	Error   string  `json:"error,omitempty"`
	// Key are the columns that are unique together; none: the model names none.
	Key []string `json:"key,omitempty"`
}

// CheckRecord is a check that did not hold in a build.
type CheckRecord struct {
	Model    string `json:"model,omitempty"`
	Check    string `json:"check"`
	Rule     string `json:"rule,omitempty"`
	File     string `json:"file"`
	Line     int    `json:"line,omitempty"`
	Severity string `json:"severity"`         // error, warn
	Failed   int64  `json:"failed"`           // rows that break it
	Found    string `json:"found,omitempty"`  // what was found, in words, where a number of rows says little
	Error    string `json:"error,omitempty"`  // why it could not be asked
	Sample   string `json:"sample,omitempty"` // file with some of those rows, beside the record
	Since    string `json:"since,omitempty"`  // the first of the builds in a row in which it did not hold
	Builds   int    `json:"builds,omitempty"` // how many those are, those that did not ask it left out
}

// Name names the check among all: its model's name before it, if it has one.
func (c CheckRecord) Name() string {
	if c.Model == "" {
		return c.Check
	}
	return c.Model + "." + c.Check
}

// ErrNoBuild is what an error is when no build has been published yet.
var ErrNoBuild = errors.New("there is no build yet; run `parley build`")

// ReadBuild reads a build's record.
func ReadBuild(path string) (Build, error) {
	var b Build
	content, err := os.ReadFile(path)
	if err != nil {
		return b, fmt.Errorf("read build record: %w", err)
	}
	if err := json.Unmarshal(content, &b); err != nil {
		return b, fmt.Errorf("read build record %s: %w", path, err)
	}
	return b, nil
}

// CurrentDir is the folder of the build that is current in the folder marts, as
// an absolute path that goes on meaning this build; ErrNoBuild if there is none.
func CurrentDir(marts string) (string, error) {
	marts, err := filepath.Abs(marts)
	if err != nil {
		return "", err
	}
	target, err := os.Readlink(filepath.Join(marts, CurrentName))
	if errors.Is(err, fs.ErrNotExist) {
		return "", ErrNoBuild
	}
	if err != nil {
		return "", fmt.Errorf("read which build is current: %w", err)
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(marts, target)
	}
	return target, nil
}

// martFiles are the Parquet files of each mart in a build's folder.
func martFiles(dir string) (map[string][]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	marts := map[string][]string{}
	for _, e := range entries {
		if !e.IsDir() || e.Name()[0] == '.' {
			continue
		}
		files, err := os.ReadDir(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			if filepath.Ext(f.Name()) == parquetSuffix {
				marts[e.Name()] = append(marts[e.Name()], filepath.Join(dir, e.Name(), f.Name()))
			}
		}
	}
	return marts, nil
}

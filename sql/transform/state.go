package transform

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"parley/sql/warehouse"
)

// StateDir is the folder within a build's own that holds what the next build
// goes on from: what the models between settled tables and marts gave, and state.json.
const StateDir = ".state"

// Input is a table that is there before any model runs, as far as it has to be
// known to tell what changed in it since the last build.
type Input struct {
	Files   []InputFile `json:"files,omitempty"`   // that it is read from; none: it is no table of files
	Content string      `json:"content,omitempty"` // of a table without files: a hash of what it holds, as_of left out
	// Seen are the columns with the instants from which on a row is seen: staging
	// models leave out what is later than as_of, so that rows come and go as it moves.
	Seen []string `json:"-"`
	// Followed says that who gives the table knows itself what changed in it: nothing, or the
	// rows that the SELECT Changed gives (those that came, went or were different).
	Followed bool   `json:"-"`
	Changed  string `json:"-"`
}

// InputFile is one file of an input. Files are never written again under the same path.
type InputFile struct {
	Path string `json:"path"` // absolute
	Rows int64  `json:"rows"`
	Date string `json:"date,omitempty"` // the UTC date of all its rows, by the first of Seen; "": it may hold any
}

// state is what a build leaves for the next one.
type state struct {
	AsOf   time.Time             `json:"as_of"`
	Inputs map[string]Input      `json:"inputs"`
	Models map[string]modelState `json:"models"`

	dir string // of the build
}

// modelState is how a model came out of a build.
type modelState struct {
	Fingerprint string `json:"fingerprint"`
	stored
	Broken []string `json:"broken,omitempty"` // checks that did not hold, of severity warn
}

// stored is where the rows of a model lie: in one file, in parts by date, or in
// a base with a delta over it. Paths are relative to the build's folder.
type stored struct {
	Parts []part `json:"parts"`
	Delta *delta `json:"delta,omitempty"`
}

// part is a file that holds the rows of its first date up to the next part's
// first date. The first part holds what is earlier too, and rows without a date.
type part struct {
	File string `json:"file"`
	From string `json:"from,omitempty"` // a date; "" where the rows are in one file
	Rows int64  `json:"rows"`
}

// delta is laid over a base: keys whose rows in the base count no more, and the
// rows that those keys have instead.
type delta struct {
	Keys string `json:"keys"`
	File string `json:"file"`
	Rows int64  `json:"rows"`
}

func (s stored) rows() int64 {
	var n int64
	for _, p := range s.Parts {
		n += p.Rows
	}
	return n
}

func statePath(dir string) string { return filepath.Join(dir, StateDir, "state.json") }

// readState reads what the build in dir left; nil if there is none, or it is of
// another format: then everything is computed anew.
func readState(dir string) (*state, error) {
	if dir == "" {
		return nil, nil
	}
	content, err := os.ReadFile(statePath(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what the last build left: %w", err)
	}
	s := &state{dir: dir}
	if err := json.Unmarshal(content, s); err != nil {
		return nil, nil //nolint:nilerr // damaged: as if there were none
	}
	return s, nil
}

// InputOf is what a table was read from in the build in dir; false if that is
// not known.
func InputOf(dir, table string) (Input, bool, error) {
	s, err := readState(dir)
	if err != nil || s == nil {
		return Input{}, false, err
	}
	in, ok := s.Inputs[table]
	return in, ok, nil
}

func (s *state) write() error {
	content, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(statePath(s.dir)), 0o755); err != nil {
		return err
	}
	return os.WriteFile(statePath(s.dir), append(content, '\n'), 0o644)
}

// layout is the version of how rows are kept between builds.
const layout = "1"

// fingerprint tells whether a model would give the same rows for the same
// records: its own text, that of the views it reads through, the dialect, and
// what the workspace has chosen of what it reads.
func (r *run) fingerprint(m *Model) string {
	hash := sha256.New()
	say := func(texts ...string) {
		for _, t := range texts {
			fmt.Fprintf(hash, "%d:%s\n", len(t), t)
		}
	}
	say(layout, r.opts.Dialect, m.SQL)
	bases, views := r.graph.behind(m)
	for _, v := range views {
		say(v.Name, v.SQL)
	}
	for _, name := range bases {
		say(name)
		if in, ok := r.opts.Inputs[name]; ok && len(in.Files) == 0 && !in.Followed {
			say(in.Content)
		}
	}
	return hex.EncodeToString(hash.Sum(nil))
}

var asOfWord = regexp.MustCompile(`(?i)\bas_of\b`)

// readsAsOf tells whether the model itself looks at as_of, beside the staging
// models that leave out what is later.
func (m *Model) readsAsOf() bool {
	if m.Own {
		for _, name := range m.Reads {
			if name == settingsTable {
				return true // it may read all of its columns by a star
			}
		}
	}
	return asOfWord.MatchString(withoutComments(m.SQL))
}

// restless are functions that give something else at each call, or at each moment.
var restless = []string{
	"now", "today", "get_current_time", "get_current_timestamp", "transaction_timestamp", "age",
	"random", "setseed", "uuid", "uuidv4", "uuidv7", "gen_random_uuid", "nextval", "currval",
}

var clockWord = regexp.MustCompile(`(?i)\b(current_date|current_time|current_timestamp|localtime|localtimestamp)\b`)

// restlessWord is what in a model's SELECT gives something else at each run; "":
// nothing does. Such a model runs over everything each time.
func restlessWord(text string, parsed *warehouse.Parsed) string {
	for _, f := range parsed.Functions {
		if name := strings.ToLower(f.Name); slices.Contains(restless, name) {
			return name
		}
	}
	return strings.ToLower(clockWord.FindString(withoutComments(text)))
}

// withoutComments cuts the comments of lines from a text.
func withoutComments(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i], _, _ = strings.Cut(line, "--")
	}
	return strings.Join(lines, "\n")
}

// settingsTable is the input that holds as_of, which is no part of its content.
const settingsTable = "settings"

package settle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/segmentio/encoding/json" // a manifest lists thousands of files

	"parley/pipelines/lake"
)

// format is the version of what settled files hold. Files of another format
// are not read: everything is settled again from what landed.
const format = 4

// Manifest is one version of the settled tables: a fixed set of files. Later
// versions do not touch them. They are removed when two newer versions exist,
// nobody has said that the version is in use, and it is an hour since it was the
// newest: whoever took it then may read for that long.
type Manifest struct {
	Version int64               // 1 for the first
	Tables  map[string][]string // table → absolute paths, never none: a file without rows stands for an empty table
	Files   map[string][]File   // the same with what is known of each, in the order of their parts
	Covers  lake.Positions      // up to where the log has been settled

	// SetAside are landed files that cannot be read, in the order of their
	// paths: their rows are in no table. Each run tries them again.
	SetAside []Damaged

	// MadeAgain says why everything was settled anew for this version: a settled
	// file was damaged. Empty if it was not.
	MadeAgain string

	state manifestState
}

// File is one settled file.
type File struct {
	Path string // absolute

	// Part is the UTC date whose rows the file holds, as 2026-03-01: of a
	// conversation and its parts that on which it began, of everything else that
	// of its own time. 1989-12-31 holds everything before 1990, 2050-01-01 all
	// from then on. The file without rows of an empty table has none.
	Part  string
	Rows  int64
	Bytes int64
}

// Damaged is a landed file that was set aside.
type Damaged struct {
	Path   string    // relative to the lake, with slashes
	Reason string    // what is wrong with it, and what to do
	Since  time.Time // when it was set aside
}

// manifestState is a manifest's form in its file.
type manifestState struct {
	Version   int64             `json:"version"`
	Format    int               `json:"format"`
	At        time.Time         `json:"at,omitzero"` // when it was made
	Covers    lake.Positions    `json:"covers"`
	Tables    map[string][]file `json:"tables"`
	IDs       map[string][]file `json:"ids,omitempty"` // by the name of the index
	SetAside  []landedFile      `json:"set_aside,omitempty"`
	MadeAgain string            `json:"made_again,omitempty"`
}

// file is a settled file as a manifest lists it.
type file struct {
	Path  string `json:"path"` // relative to the lake, with slashes
	Part  string `json:"part,omitempty"`
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
}

const settledFolder = "settled"

var (
	manifestName = regexp.MustCompile(`^manifest-(\d{20})\.json$`)
	settledName  = regexp.MustCompile(`(\d{20})-[0-9a-f]+\.(parquet|ids)$`)
)

func manifestPath(root string, version int64) string {
	return filepath.Join(root, settledFolder, fmt.Sprintf("manifest-%020d.json", version))
}

// Current is the newest version of the settled tables; its error is
// fs.ErrNotExist if nothing has been settled yet.
func Current(l *lake.Lake) (*Manifest, error) {
	versions, err := manifestVersions(l.Root())
	if err != nil {
		return nil, fmt.Errorf("read the settled tables: %w", err)
	}
	if len(versions) == 0 {
		return nil, fmt.Errorf("read the settled tables of %s: there are none yet: %w", l.Root(), fs.ErrNotExist)
	}
	return readManifest(l.Root(), versions[len(versions)-1])
}

// At is an older version of the settled tables, or the newest; its error is
// fs.ErrNotExist if it is gone or never was.
func At(l *lake.Lake, version int64) (*Manifest, error) {
	return readManifest(l.Root(), version)
}

// manifestVersions are the versions that exist, the oldest first.
func manifestVersions(root string) ([]int64, error) {
	entries, err := os.ReadDir(filepath.Join(root, settledFolder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var versions []int64
	for _, entry := range entries {
		if match := manifestName.FindStringSubmatch(entry.Name()); match != nil {
			if version, err := strconv.ParseInt(match[1], 10, 64); err == nil {
				versions = append(versions, version)
			}
		}
	}
	slices.Sort(versions)
	return versions, nil
}

func readManifest(root string, version int64) (*Manifest, error) {
	path := manifestPath(root, version)
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the settled tables: %w", err)
	}
	var state manifestState
	if err := json.Unmarshal(content, &state); err != nil {
		return nil, settledDamage(path, err)
	}
	return newManifest(root, state), nil
}

func newManifest(root string, state manifestState) *Manifest {
	m := &Manifest{
		Version: state.Version, Covers: state.Covers, MadeAgain: state.MadeAgain,
		Tables: map[string][]string{}, Files: map[string][]File{},
		state: state,
	}
	for _, f := range state.SetAside {
		m.SetAside = append(m.SetAside, Damaged{Path: f.File.Path, Reason: f.Reason, Since: f.Since})
	}
	for name, files := range state.Tables {
		for _, f := range files {
			path := filepath.Join(root, filepath.FromSlash(f.Path))
			m.Tables[name] = append(m.Tables[name], path)
			m.Files[name] = append(m.Files[name], File{Path: path, Part: f.Part, Rows: f.Rows, Bytes: f.Bytes})
		}
	}
	return m
}

// publish makes the state the newest version. Its error is fs.ErrExist if
// another process has published a version of that number.
func publish(root string, state manifestState) (*Manifest, error) {
	content, err := json.Marshal(state)
	if err != nil {
		return nil, fmt.Errorf("settle: %w", err)
	}
	if err := lake.WriteFileExclusive(manifestPath(root, state.Version), append(content, '\n')); err != nil {
		return nil, fmt.Errorf("settle: %w", err)
	}
	return newManifest(root, state), nil
}

package settle

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"parley/pipelines/lake"
)

// format is the version of what settled files hold. Files of another format
// are not read: everything is settled again from what landed.
const format = 2

// Manifest is one version of the settled tables: a fixed set of files. Later
// versions do not touch them. They are removed when two newer versions exist
// and it is an hour since the version was the newest: whoever took it then may
// read for that long.
type Manifest struct {
	Version int64               // 1 for the first
	Tables  map[string][]string // table → absolute paths, never none: a file without rows stands for an empty table
	Files   map[string][]File   // the same with what is known of each
	Covers  lake.Positions      // up to where the log has been settled

	state manifestState
}

// File is one settled file.
type File struct {
	Path  string // absolute
	Part  string // of settled_events the UTC date; of a table in one file empty
	Rows  int64
	Bytes int64
}

// manifestState is a manifest's form in its file.
type manifestState struct {
	Version int64             `json:"version"`
	Format  int               `json:"format"`
	At      time.Time         `json:"at,omitzero"` // when it was made
	Covers  lake.Positions    `json:"covers"`
	Tables  map[string][]file `json:"tables"`
	IDs     []file            `json:"event_ids,omitempty"`
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
		Version: state.Version, Covers: state.Covers,
		Tables: map[string][]string{}, Files: map[string][]File{},
		state: state,
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
	content, err := json.MarshalIndent(state, "", " ")
	if err != nil {
		return nil, fmt.Errorf("settle: %w", err)
	}
	if err := lake.WriteFileExclusive(manifestPath(root, state.Version), append(content, '\n')); err != nil {
		return nil, fmt.Errorf("settle: %w", err)
	}
	return newManifest(root, state), nil
}

// keepFor is how long a version's files stay after the next one was made.
const keepFor = time.Hour

// sweep removes what no reader may still use: manifests that have two newer
// ones and have not been the newest for an hour, and files that only those
// list. Files of the newest version's number or below that no manifest lists
// are remains of runs that ended early: they can never become part of a
// version, because versions are made exclusively.
func sweep(root string, newest int64, now time.Time, step func(string)) error {
	versions, err := manifestVersions(root)
	if err != nil {
		return fmt.Errorf("settle: remove old files: %w", err)
	}
	listed := map[string]bool{}
	var replaced time.Time // when the version in hand was followed by the next
	for i, version := range slices.Backward(versions) {
		m, err := readManifest(root, version)
		if err != nil {
			return err
		}
		// A time that lies far ahead was a clock's fault, and keeps nothing.
		recent := now.Sub(replaced).Abs() < keepFor
		replaced = m.state.At
		if len(versions)-i > 2 && !recent {
			// The manifest goes before its files, so that what a manifest lists is there.
			step("remove manifest")
			if err := os.Remove(manifestPath(root, version)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("settle: remove old files: %w", err)
			}
			continue
		}
		for _, files := range m.state.Tables {
			for _, f := range files {
				listed[f.Path] = true
			}
		}
		for _, f := range m.state.IDs {
			listed[f.Path] = true
		}
	}
	return fs.WalkDir(os.DirFS(root), settledFolder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || listed[path] {
			return err
		}
		match := settledName.FindStringSubmatch(entry.Name())
		if match == nil {
			return nil
		}
		if version, err := strconv.ParseInt(match[1], 10, 64); err != nil || version > newest {
			return nil //nolint:nilerr // no name of ours: it stays
		}
		step("remove file")
		if err := os.Remove(filepath.Join(root, filepath.FromSlash(path))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("settle: remove old files: %w", err)
		}
		return nil
	})
}

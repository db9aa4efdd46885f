package settle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// keepFor is how long a version's files stay after the next one was made.
const keepFor = time.Hour

// sweep removes what no reader may still use: manifests that have two newer
// ones, are not in use and have not been the newest for an hour, and files that only those
// list. Files of the newest version's number or below that no manifest lists
// are remains of runs that ended early: they can never become part of a
// version, because versions are made exclusively.
func sweep(root string, newest int64, now time.Time, inUse []int64, step func(string)) error {
	versions, err := manifestVersions(root)
	if err != nil {
		return fmt.Errorf("settle: remove old files: %w", err)
	}
	listed := map[string]bool{}
	var replaced time.Time // when the version in hand was followed by the next
	for i, version := range slices.Backward(versions) {
		m, err := readManifest(root, version)
		damaged := errors.As(err, new(*settledError)) // of no use to anybody
		if err != nil && !damaged {
			return err
		}
		// A time that lies far ahead was a clock's fault, and keeps nothing.
		recent := now.Sub(replaced).Abs() < keepFor
		if !damaged {
			replaced = m.state.At
		}
		if damaged || len(versions)-i > 2 && !recent && !slices.Contains(inUse, version) {
			// The manifest goes before its files, so that what a manifest lists is there.
			step("remove manifest")
			if err := os.Remove(manifestPath(root, version)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("settle: remove old files: %w", err)
			}
			continue
		}
		for _, tables := range []map[string][]file{m.state.Tables, m.state.IDs} {
			for _, files := range tables {
				for _, f := range files {
					listed[f.Path] = true
				}
			}
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

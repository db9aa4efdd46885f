package build

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"parley/sql/transform"
	"parley/sql/warehouse"
)

// sweep clears what a build left whose process was killed: it holds the lock,
// so no build is in the making. Its record becomes published, if it had become
// current, or interrupted; what it wrote goes. Folders that are no builds of
// ours are left alone.
func (p places) sweep() error {
	current, err := warehouse.CurrentDir(p.marts)
	if err != nil && !errors.Is(err, warehouse.ErrNoBuild) {
		return err
	}
	current = filepath.Base(current)
	unfinished, err := p.settleHistory(current)
	if err != nil {
		return err
	}
	names, err := namesIn(p.marts)
	if err != nil {
		return err
	}
	for _, name := range names {
		leftover := strings.HasPrefix(name, ".current-")
		if buildID.MatchString(name) && name != current {
			_, err := os.Stat(filepath.Join(p.marts, name, warehouse.RecordName))
			leftover = errors.Is(err, os.ErrNotExist) || slices.Contains(unfinished, name)
		}
		if leftover {
			if err := os.RemoveAll(filepath.Join(p.marts, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// settleHistory ends the records of builds that no longer run, and names the
// builds that were not published.
func (p places) settleHistory(current string) (unfinished []string, err error) {
	names, err := namesIn(p.history)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		id, ok := strings.CutSuffix(name, ".json")
		if !ok || !buildID.MatchString(id) {
			continue
		}
		record, err := warehouse.ReadBuild(p.recordPath(id))
		if err != nil {
			continue // damaged by something else; a build does not depend on it
		}
		switch {
		case record.Status == warehouse.Running && id == current:
			if record, err = warehouse.ReadBuild(filepath.Join(p.marts, id, warehouse.RecordName)); err != nil {
				return nil, err
			}
			err = p.writeHistory(record)
		case record.Status == warehouse.Running:
			record.Status = warehouse.Interrupted
			record.Error = "the process ended before the build did"
			err = p.writeHistory(record)
		}
		if err != nil {
			return nil, err
		}
		if record.Status != warehouse.Published {
			unfinished = append(unfinished, id)
		}
	}
	return unfinished, nil
}

// forgetStates removes what builds before the current one left for the next:
// only the last is gone on from.
func (p places) forgetStates(current string) error {
	names, err := namesIn(p.marts)
	if err != nil {
		return err
	}
	for _, name := range names {
		if buildID.MatchString(name) && name != current {
			if err := os.RemoveAll(filepath.Join(p.marts, name, transform.StateDir)); err != nil {
				return err
			}
		}
	}
	return nil
}

// prune removes the oldest builds beyond keep, except those that somebody has
// open, and the oldest records of the history.
func (p places) prune(keep int) error {
	names, err := namesIn(p.marts)
	if err != nil {
		return err
	}
	current, err := warehouse.CurrentDir(p.marts)
	if err != nil {
		return err
	}
	builds := slices.DeleteFunc(names, func(name string) bool { return !buildID.MatchString(name) || name == filepath.Base(current) })
	slices.Sort(builds)
	for _, id := range builds[:max(0, len(builds)+1-keep)] {
		dir := filepath.Join(p.marts, id)
		if warehouse.InUse(dir) {
			continue
		}
		// The record goes first: from then on nobody takes the folder for a build.
		if err := os.Remove(filepath.Join(dir, warehouse.RecordName)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		p.step("pruning")
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return p.pruneHistory()
}

func (p places) pruneHistory() error {
	names, err := namesIn(p.history)
	if err != nil || len(names) <= historyKept {
		return err
	}
	slices.Sort(names)
	slices.Reverse(names)
	kept := map[bool]int{}
	for _, name := range names {
		id, ok := strings.CutSuffix(name, ".json")
		if !ok || !buildID.MatchString(id) {
			continue
		}
		record, err := warehouse.ReadBuild(p.recordPath(id))
		good := err == nil && record.Status == warehouse.Published
		if kept[good]++; kept[good] <= historyKept {
			continue
		}
		if err := errors.Join(os.Remove(p.recordPath(id)), os.RemoveAll(filepath.Join(p.history, id))); err != nil {
			return err
		}
	}
	return nil
}

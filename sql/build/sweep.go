package build

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

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
		leftover := strings.HasPrefix(name, ".current-") || strings.HasPrefix(name, planPrefix)
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

// prune removes the builds that need not stay, except those that somebody has
// open, and the oldest records of the history.
func (p places) prune(keep int, keepFor time.Duration, now time.Time) error {
	names, err := namesIn(p.marts)
	if err != nil {
		return err
	}
	current, err := warehouse.CurrentDir(p.marts)
	if err != nil {
		return err
	}
	ids := slices.DeleteFunc(names, func(name string) bool { return !buildID.MatchString(name) })
	stay := keeps(ids, keep, keepFor, now)
	for _, id := range ids {
		dir := filepath.Join(p.marts, id)
		if stay[id] || id == filepath.Base(current) || warehouse.InUse(dir) {
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

// keeps says which of the builds stay: the newest keep of them and, of those
// that are not older than keepFor, the last of each hour for a day and the last
// of each day, by UTC. One that is the last of its hour stays so: what is
// removed now is never missed later.
func keeps(ids []string, keep int, keepFor time.Duration, now time.Time) map[string]bool {
	ids = slices.Sorted(slices.Values(ids))
	stay := map[string]bool{}
	lastOf := map[string]string{}
	for i, id := range ids {
		if i >= len(ids)-keep {
			stay[id] = true
		}
		begun, err := time.Parse(idLayout, id)
		if err != nil || now.Sub(begun) > keepFor {
			continue
		}
		lastOf[begun.Format(time.DateOnly)] = id
		if now.Sub(begun) <= 24*time.Hour {
			lastOf[begun.Format("2006-01-02T15")] = id
		}
	}
	for _, id := range lastOf {
		stay[id] = true
	}
	return stay
}

// pruneHistory removes the oldest records beyond historyKept, and with each the
// rows kept beside it. A build whose folder is still there keeps its record.
func (p places) pruneHistory() error {
	names, err := namesIn(p.history)
	if err != nil {
		return err
	}
	slices.Sort(names)
	var ids []string // the newest first
	recorded := map[string]bool{}
	for _, name := range slices.Backward(names) {
		if id, ok := strings.CutSuffix(name, ".json"); ok && buildID.MatchString(id) {
			ids, recorded[id] = append(ids, id), true
		}
	}
	if len(ids) <= historyKept+historyLot {
		ids = nil
	}
	kept := map[bool]int{}
	for _, id := range ids {
		record, err := warehouse.ReadBuild(p.recordPath(id))
		good := err == nil && record.Status == warehouse.Published
		if kept[good]++; kept[good] <= historyKept {
			continue
		}
		if _, err := os.Stat(filepath.Join(p.marts, id)); err == nil {
			continue
		}
		if err := os.Remove(p.recordPath(id)); err != nil {
			return err
		}
		p.step("record pruned")
		delete(recorded, id)
	}
	// Kept rows go after their record: also those whose record went before a crash.
	for _, name := range names {
		if buildID.MatchString(name) && !recorded[name] {
			if err := os.RemoveAll(filepath.Join(p.history, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

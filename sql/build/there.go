package build

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"parley/pipelines/lake"
	"parley/pipelines/yamlfile"
	"parley/sql/warehouse"
)

// There names the builds whose marts are still there, the oldest first.
func There(l *lake.Lake) ([]string, error) {
	at := placesOf(l)
	names, err := namesIn(at.marts)
	if err != nil {
		return nil, err
	}
	return slices.Sorted(slices.Values(slices.DeleteFunc(names, func(name string) bool {
		_, err := os.Stat(filepath.Join(at.marts, name, warehouse.RecordName))
		return !buildID.MatchString(name) || err != nil
	}))), nil
}

// CurrentID names the current build; warehouse.ErrNoBuild if there is none.
func CurrentID(l *lake.Lake) (string, error) {
	dir, err := warehouse.CurrentDir(placesOf(l).marts)
	return filepath.Base(dir), err
}

// Record reads the record of one build, that was published or not: by its id,
// or by the beginning of one. Of a build that is still there it is the whole
// one, with all its models.
func Record(l *lake.Lake, name string) (warehouse.Build, error) {
	at := placesOf(l)
	names, err := namesIn(at.history)
	if err != nil {
		return warehouse.Build{}, err
	}
	var ids []string
	for _, file := range names {
		if id, ok := strings.CutSuffix(file, ".json"); ok && buildID.MatchString(id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	if name == warehouse.CurrentName {
		if name, err = CurrentID(l); err != nil {
			return warehouse.Build{}, err
		}
	}
	id, err := pick(ids, name, "`parley build --list` lists them")
	if err != nil {
		return warehouse.Build{}, err
	}
	record, err := warehouse.ReadBuild(at.recordPath(id))
	if err != nil {
		return warehouse.Build{}, err
	}
	if whole, err := warehouse.ReadBuild(filepath.Join(at.marts, id, warehouse.RecordName)); err == nil {
		record.Models = whole.Models
	} else if !errors.Is(err, fs.ErrNotExist) {
		return warehouse.Build{}, err
	}
	return record, nil
}

// pick is the one of ids that name means: itself, or by its beginning.
func pick(ids []string, name, remedy string) (string, error) {
	if slices.Contains(ids, name) {
		return name, nil
	}
	var meant []string
	for _, id := range ids {
		if name != "" && strings.HasPrefix(id, name) {
			meant = append(meant, id)
		}
	}
	switch len(meant) {
	case 0:
		return "", fmt.Errorf("there is no build %q%s; %s", name, yamlfile.DidYouMean(name, ids), remedy)
	case 1:
		return meant[0], nil
	}
	return "", fmt.Errorf("%d builds begin with %q, from %s to %s; write more of the id", len(meant), name, meant[0], meant[len(meant)-1])
}

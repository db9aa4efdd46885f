package transform

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"parley/pipelines/yamlfile"
)

// CaseAsOf is the instant of a case whose given/settings.csv names none.
const CaseAsOf = "2026-07-01T00:00:00Z"

// The names within a case's folder.
const (
	givenName = "given"
	wantName  = "want.csv"
)

// Case is an example of a model worked out by hand: a folder <model>/<case>.
type Case struct {
	Model string
	Name  string
	Dir   string // within the files it was found in
	Fault error  // something is wrong in the folder itself: the case cannot be run
}

// String is the case as people name it: MODEL/CASE.
func (c Case) String() string { return c.Model + "/" + c.Name }

// Cases lists the folders <model>/<case> of files, sorted. Shown is what
// messages put before their names. What stands in the place of a case and is
// none, or no whole one, has a Fault; files beside the models' folders are the
// error, all of them at once. A folder of cases that is not there holds none.
func Cases(files fs.FS, shown string) ([]Case, error) {
	models, err := fs.ReadDir(files, ".")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the cases in %s: %w", shown, err)
	}
	var cases []Case
	var stray []error
	for _, model := range models {
		if isRemark(model) {
			continue
		}
		if !model.IsDir() {
			stray = append(stray, fmt.Errorf("%s: lies in no case; a case is a folder %s", path.Join(shown, model.Name()), path.Join(shown, "MODEL", "CASE")))
			continue
		}
		folders, err := fs.ReadDir(files, model.Name())
		if err != nil {
			return nil, fmt.Errorf("read the cases in %s: %w", path.Join(shown, model.Name()), err)
		}
		for _, folder := range folders {
			if isRemark(folder) {
				continue
			}
			c := Case{Model: model.Name(), Name: folder.Name(), Dir: path.Join(model.Name(), folder.Name())}
			if folder.IsDir() {
				c.Fault = lookInto(files, shown, c)
			} else {
				c.Fault = fmt.Errorf("%s: lies in no case; put it into a folder of its own, as %s", path.Join(shown, c.Dir), path.Join(shown, model.Name(), "CASE", folder.Name()))
			}
			cases = append(cases, c)
		}
	}
	return cases, errors.Join(stray...)
}

// isRemark: a file that is for people, or for another program.
func isRemark(entry fs.DirEntry) bool {
	return strings.HasPrefix(entry.Name(), ".") || !entry.IsDir() && (path.Ext(entry.Name()) == ".md" || path.Ext(entry.Name()) == ".txt")
}

// lookInto says what is wrong in a case's folder: what would otherwise be
// passed over without a word.
func lookInto(files fs.FS, shown string, c Case) error {
	entries, err := fs.ReadDir(files, c.Dir)
	if err != nil {
		return fmt.Errorf("read the case %s: %w", path.Join(shown, c.Dir), err)
	}
	var faults []error
	wanted := false
	for _, entry := range entries {
		switch {
		case isRemark(entry) || entry.IsDir() && entry.Name() == givenName:
		case !entry.IsDir() && entry.Name() == wantName:
			wanted = true
		default:
			faults = append(faults, fmt.Errorf("%s: is no part of a case; the rows given lie in %s/, those wanted in %s",
				path.Join(shown, c.Dir, entry.Name()), givenName, wantName))
		}
	}
	if !wanted {
		faults = append(faults, &noWantError{fmt.Errorf("%s: has no %s; write the rows that %s has to give", path.Join(shown, c.Dir), wantName, c.Model)})
	}
	return errors.Join(faults...)
}

// noWantError says that a case lacks its want.csv, which whoever only looks at
// what comes out does not need.
type noWantError struct{ error }

// given lists the tables that a case gives, sorted; the error names every file
// that is no table of the graph.
func (s *Suite) given(c Case) ([]string, error) {
	dir := path.Join(c.Dir, givenName)
	entries, err := fs.ReadDir(s.files, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path.Join(s.shown, dir), err)
	}
	known := append(modelNames(s.graph.Models), s.graph.Inputs...)
	var names []string
	var faults []error
	for _, entry := range entries {
		if isRemark(entry) {
			continue
		}
		name, ok := strings.CutSuffix(entry.Name(), ".csv")
		switch {
		case !ok || entry.IsDir():
			faults = append(faults, fmt.Errorf("%s: is no CSV file; write the rows of a table as %s", path.Join(s.shown, dir, entry.Name()), path.Join(dir, "TABLE.csv")))
		case !slices.Contains(known, name):
			faults = append(faults, fmt.Errorf("%s: no model or source table has this name%s", path.Join(s.shown, dir, entry.Name()), yamlfile.DidYouMean(name, known)))
		default:
			names = append(names, name)
		}
	}
	return names, errors.Join(faults...)
}

func modelNames(models []*Model) []string {
	names := make([]string, len(models))
	for i, m := range models {
		names[i] = m.Name
	}
	return names
}

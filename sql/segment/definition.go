// Package segment knows who is in a segment: it loads the workspace's
// definitions, asks for the people of each, and keeps who entered and who left,
// with times, for ever. It does not know what is sent to them.
package segment

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"parley/pipelines/yamlfile"
	"parley/sql/filter"
)

// Definition is one segment, as segments/NAME.yaml says it: who is in it by a
// filter (Where) or by a query of one's own (SQL), one of the two.
type Definition struct {
	Name        string
	Description string
	Where       string // in the language of package filter
	SQL         string // a SELECT over the marts that gives person_id
	file        *yamlfile.File
	fault       error // why it cannot be asked for
}

// document is the form of the file.
type document struct {
	Name        string `yaml:"name"` // default: the file's
	Description string `yaml:"description"`
	Where       string `yaml:"where"`
	SQL         string `yaml:"sql"`
}

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,99}$`)

// Load reads every *.yaml of fsys, in the order of their names. A folder that is
// not there holds none. shown is the folder's name in errors, which are all
// reported at once: FILE:LINE:COLUMN, what is wrong, what to do. Beside an error
// stand the definitions that are right, and the names of those that are not: Run
// leaves such a segment as it was.
func Load(fsys fs.FS, shown string) ([]Definition, error) {
	files, err := fs.Glob(fsys, "*.y*ml")
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", shown, err)
	}
	var (
		definitions []Definition
		faults      []error
		seen        = map[string]string{}
	)
	for _, name := range files {
		if !strings.HasSuffix(name, ".yaml") && !strings.HasSuffix(name, ".yml") {
			continue
		}
		definition, err := read(fsys, name, filepath.Join(shown, name))
		if err != nil {
			faults = append(faults, err)
			definition = Definition{Name: strings.TrimSuffix(name, path.Ext(name)), fault: err}
		}
		if other, twice := seen[definition.Name]; twice {
			if definition.fault == nil {
				err = definition.file.Errorf("$.name", "the segment %q is in %s already; give one of them another name", definition.Name, other)
				faults = append(faults, err)
			}
			continue
		}
		seen[definition.Name] = name
		definitions = append(definitions, definition)
	}
	return definitions, errors.Join(faults...)
}

func read(fsys fs.FS, name, shown string) (Definition, error) {
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return Definition{}, fmt.Errorf("read segment: %w", err)
	}
	var doc document
	file, err := yamlfile.Decode(shown, text, 0, &doc)
	if err != nil {
		return Definition{}, err
	}
	if doc.Name == "" {
		doc.Name = strings.TrimSuffix(name, path.Ext(name))
	}
	switch {
	case !nameForm.MatchString(doc.Name):
		return Definition{}, file.Errorf("$.name", "%q is no name for a segment; use a-z, 0-9, - and _", doc.Name)
	case doc.Where == "" && doc.SQL == "":
		return Definition{}, file.Errorf("$.where", "the segment does not say who is in it; write `where: sessions > 100`, or `sql:` with a query of person_id")
	case doc.Where != "" && doc.SQL != "":
		return Definition{}, file.Errorf("$.sql", "the segment says who is in it twice, by where and by sql; keep one")
	}
	return Definition{Name: doc.Name, Description: doc.Description, Where: doc.Where, SQL: doc.SQL, file: file}, nil
}

// Hash tells one definition from another by what it says of who is in; the
// name and the description are not in it. A filter that is only laid out
// differently has the same hash.
func (d Definition) Hash() string {
	said := "sql\x00" + strings.TrimSpace(d.SQL)
	if d.Where != "" {
		said = "where\x00" + strings.Join(strings.Fields(d.Where), " ")
	}
	sum := sha256.Sum256([]byte(said))
	return hex.EncodeToString(sum[:6])
}

// Query is the SELECT of the person_id of everyone in the segment, with the
// values to bind. A fault in the filter points into the definition's file.
func (d Definition) Query(catalogue filter.Catalogue, at filter.Moment) (query string, values []any, err error) {
	if d.fault != nil {
		return "", nil, d.fault
	}
	if d.SQL != "" {
		return d.SQL, nil, nil
	}
	node, err := filter.Parse(d.Where, catalogue)
	if err != nil {
		return "", nil, d.filterFault(err)
	}
	query, values = filter.SQL(node, at)
	return query, values, nil
}

// filterFault points at the very letter of the file at which the filter is wrong.
func (d Definition) filterFault(err error) error {
	var fault *filter.Error
	if d.file == nil || !errors.As(err, &fault) {
		return d.Errorf("%w", err)
	}
	return d.file.ErrorInside("$.where", fault.At.Line, fault.At.Column, "%s", fault.Message)
}

// Errorf is a fault of what the definition says, prefixed by its place.
func (d Definition) Errorf(format string, args ...any) error {
	if d.file == nil {
		return fmt.Errorf("segment %s: %w", d.Name, fmt.Errorf(format, args...))
	}
	key := "$.where"
	if d.SQL != "" {
		key = "$.sql"
	}
	return d.file.Errorf(key, format, args...)
}

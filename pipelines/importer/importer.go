// Package importer reads what a company already has (files of JSON in
// Intercom's shapes or Parley's own, and CSV by a mapping) as the records that
// will be produced. It streams, keeps what cannot be read, and says where it stood. It knows
// nothing of Kafka, of the lake or of SQL.
package importer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"parley/pipelines/record"
)

// Options say how files are read.
type Options struct {
	// Kind is what every record is: user, company, event, conversation or tag,
	// or the plural. Empty (the default): each says it by itself. It does not
	// apply to CSV, whose mapping says it.
	Kind string
	// Mapping says what the columns of a CSV file are. Nil (the default): CSV
	// is refused.
	Mapping *Mapping
	// Timezone is of CSV times that name no zone, where the mapping names none.
	// Nil (the default): UTC.
	Timezone *time.Location
	// MemoryBytes bounds the rows that are held to bring those of one
	// conversation together; beyond it they go to temporary files. 0 (the
	// default): 64 MiB.
	MemoryBytes int64
}

// Item is one record as it will be produced.
type Item struct {
	Kind  record.Kind
	Key   string // the key to produce it under, "" if it has none
	Value []byte // JSON; nil: the entity that Key names is deleted
}

// maxValue bounds a record: brokers take messages of up to 1 MiB, key and
// headers included.
const maxValue = 1_000_000

// Files lists what Read can read under path, sorted: path itself if it is a
// file, else the folder's *.json, *.jsonl, *.ndjson, *.csv and *.tsv files, and these
// compressed as .gz.
func Files(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, errors.New(missing(path, err))
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", path, err)
	}
	var files []string
	for _, entry := range entries {
		if entry.Type().IsDir() || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		if form := formOf(entry.Name()); form != "" {
			files = append(files, filepath.Join(path, entry.Name()))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no file here to import; there must be *.json, *.jsonl, *.ndjson or *.csv, or these as .gz", path)
	}
	slices.Sort(files)
	return files, nil
}

func missing(path string, err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return path + ": there is no such file or folder"
	}
	return fmt.Sprintf("%s: cannot be read: %v", path, err)
}

// formOf is the form that the file's name says: json, lines, table, or "".
func formOf(path string) string {
	name := strings.TrimSuffix(strings.ToLower(filepath.Base(path)), ".gz")
	switch filepath.Ext(name) {
	case ".json":
		return "json"
	case ".jsonl", ".ndjson":
		return "lines"
	case ".csv", ".tsv":
		return "table"
	}
	return ""
}

// Read reads one file and gives every record in it to emit, in an order that
// depends on the file alone. What cannot be read is emitted too, so that it is
// kept among the dead letters, and is counted and explained in the summary; an
// error is returned only where the file itself cannot be read on, and then says FILE:LINE where
// it can. An error of emit ends the reading and is returned as it is.
func Read(path string, opts Options, emit func(Item) error) (Summary, error) {
	kind, err := KindOf(opts.Kind)
	if err != nil {
		return Summary{}, err
	}
	file, err := openFile(path)
	if err != nil {
		return Summary{}, err
	}
	defer file.Close()
	form := formOf(path)
	reading := &reading{path: path, emit: emit, asked: kind}
	switch {
	case form == "table" || (form == "" && opts.Mapping != nil):
		if opts.Mapping == nil {
			return Summary{}, fmt.Errorf("%s: a CSV file needs a mapping that says which column is what: give --mapping MAPPING.yaml", path)
		}
		err = reading.table(file, opts)
	default:
		err = reading.objects(file, form)
	}
	return reading.summary, err
}

// KindOf is the kind that a person names: user or users, company or companies,
// and so on. Empty is none.
func KindOf(name string) (record.Kind, error) {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "":
		return "", nil
	case "user", "users":
		return record.KindUser, nil
	case "company", "companies":
		return record.KindCompany, nil
	case "event", "events":
		return record.KindEvent, nil
	case "conversation", "conversations":
		return record.KindConversation, nil
	case "tag", "tags":
		return record.KindTag, nil
	case "enrichment", "enrichments":
		return record.KindEnrichment, nil
	case "merge", "merges":
		return record.KindMerge, nil
	}
	return "", fmt.Errorf("unknown kind %q; there are user, company, event, conversation, tag, enrichment and merge", name)
}

package importer

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"parley/pipelines/record"
	"parley/pipelines/yamlfile"
)

// Mapping says what the columns of a CSV file are. It is read by LoadMapping.
type Mapping struct {
	Kind       record.Kind
	Delimiter  rune
	Timezone   *time.Location // of times that name no zone; nil: the workspace's
	TimeFormat *TimeFormat    // nil: ISO 8601 or Unix seconds
	Columns    map[string]string
	Attributes []string // columns that are taken as attributes, under their own names
	Parts      *Parts   // of a conversation whose rows are its parts; nil: a row is a conversation

	file           *yamlfile.File
	attributePaths []string // where each of Attributes stands in the file
}

// Parts says how the rows of one conversation are its parts.
type Parts struct {
	From  string            // the column that says what a row is
	First bool              // the person's message stands at the first row's time
	Rows  map[string]string // value of From: what the row is
	Other string            // what every other row is
}

// What a row of a conversation can be.
const (
	rowContact    = "contact"
	rowReply      = "reply"
	rowNote       = "note"
	rowClose      = "close"
	rowOpen       = "open"
	rowAssignment = "assignment"
)

var rowMeanings = []string{rowContact, rowReply, rowNote, rowClose, rowOpen, rowAssignment}

// mappingFile is the mapping as it is written.
type mappingFile struct {
	Kind       string         `yaml:"kind"`
	Delimiter  *string        `yaml:"delimiter"`
	Timezone   string         `yaml:"timezone"`
	TimeFormat string         `yaml:"time_format"`
	Columns    map[string]any `yaml:"columns"`
	Attributes []string       `yaml:"attributes"`
	Parts      *struct {
		From  string            `yaml:"from"`
		First string            `yaml:"first"`
		Rows  map[string]string `yaml:"rows"`
		Other string            `yaml:"other"`
	} `yaml:"parts"`
}

// LoadMapping reads the mapping in the YAML file at path. An error names every
// fault as FILE:LINE:COLUMN, one a line.
func LoadMapping(path string) (*Mapping, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.New(missing(path, err))
	}
	var written mappingFile
	file, err := yamlfile.Decode(path, text, 0, &written)
	if err != nil {
		return nil, err
	}
	m := &Mapping{Delimiter: ',', Columns: map[string]string{}, file: file}
	var faults []error
	fault := func(path, format string, args ...any) { faults = append(faults, file.Errorf(path, format, args...)) }
	switch kind, err := KindOf(written.Kind); {
	case written.Kind == "":
		fault("$.kind", "kind is missing; it is user, company, event or conversation")
	case err != nil || kind == record.KindTag || kind == record.KindMerge:
		fault("$.kind", "unknown kind %q; it is user, company, event or conversation", written.Kind)
	default:
		m.Kind = kind
	}
	if written.Delimiter != nil {
		m.Delimiter = delimiter(*written.Delimiter)
		if m.Delimiter == 0 {
			fault("$.delimiter", "delimiter %q is not one character; write it as in \";\" or \"\\t\"", *written.Delimiter)
		}
	}
	if written.Timezone != "" {
		if m.Timezone, err = time.LoadLocation(written.Timezone); err != nil || written.Timezone == "Local" {
			fault("$.timezone", "unknown time zone %q; use a name like Europe/Rome or UTC", written.Timezone)
		}
	}
	if written.TimeFormat != "" {
		if m.TimeFormat, err = NewTimeFormat(written.TimeFormat); err != nil {
			fault("$.time_format", "%w", err)
		}
	}
	for i, column := range written.Attributes {
		m.addAttribute(column, fmt.Sprintf("$.attributes[%d]", i))
	}
	m.readColumns(written.Columns, fault)
	m.readParts(&written, fault)
	if m.Kind != "" {
		m.checkNeeds(fault)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return m, nil
}

func (m *Mapping) addAttribute(column, path string) {
	m.Attributes = append(m.Attributes, column)
	m.attributePaths = append(m.attributePaths, path)
}

func delimiter(text string) rune {
	if text == `\t` || strings.EqualFold(text, "tab") {
		return '\t'
	}
	r, size := utf8.DecodeRuneInString(text)
	if size != len(text) || size == 0 || r == utf8.RuneError || r == '"' || r == '\n' || r == '\r' {
		return 0
	}
	return r
}

func (m *Mapping) readColumns(columns map[string]any, fault func(path, format string, args ...any)) {
	known := keysOf[m.Kind]
	for _, key := range slices.Sorted(maps.Keys(columns)) {
		path := "$.columns." + key
		if key == "attributes" {
			list, ok := columns[key].([]any)
			if !ok {
				fault(path, "attributes is a list of columns: attributes: [A, B]")
			}
			for i, column := range list {
				m.addAttribute(fmt.Sprint(column), fmt.Sprintf("%s[%d]", path, i))
			}
			continue
		}
		if m.Kind != "" && !slices.Contains(known, key) {
			fault(path, "a %s has no key %q (keys of your own go under attributes)%s", singular(m.Kind), key, yamlfile.DidYouMean(key, known))
			continue
		}
		switch column := columns[key].(type) {
		case string:
			m.Columns[key] = column
		case uint64, int64, float64, bool:
			m.Columns[key] = fmt.Sprint(column)
		default:
			fault(path, "%s: name one column of the file", key)
		}
	}
}

func (m *Mapping) readParts(written *mappingFile, fault func(path, format string, args ...any)) {
	if written.Parts == nil {
		return
	}
	if m.Kind != "" && m.Kind != record.KindConversation {
		fault("$.parts", "only conversations have parts")
	}
	parts := &Parts{From: written.Parts.From, Rows: map[string]string{}, Other: written.Parts.Other}
	if parts.From == "" {
		fault("$.parts", "parts.from is missing: the column that says what a row is")
	}
	switch written.Parts.First {
	case "contact":
		parts.First = true
	case "", "none":
	default:
		fault("$.parts.first", "unknown %q; first is contact or none", written.Parts.First)
	}
	if parts.Other == "" {
		parts.Other = rowNote
	}
	check := func(path, meaning string) {
		if !slices.Contains(rowMeanings, meaning) {
			fault(path, "unknown %q; a row is one of %s%s", meaning, strings.Join(rowMeanings, ", "), yamlfile.DidYouMean(meaning, rowMeanings))
		}
	}
	check("$.parts.other", parts.Other)
	for _, value := range slices.Sorted(maps.Keys(written.Parts.Rows)) {
		check(rowPath(value), written.Parts.Rows[value])
		parts.Rows[strings.TrimSpace(value)] = written.Parts.Rows[value]
	}
	m.Parts = parts
}

func rowPath(value string) string { return "$.parts.rows.'" + value + "'" }

// checkNeeds refuses a mapping whose every record would lack what its kind needs.
func (m *Mapping) checkNeeds(fault func(path, format string, args ...any)) {
	has := func(keys ...string) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return m.Columns[key] != "" })
	}
	const place = "$.columns"
	switch m.Kind {
	case record.KindUser:
		if !has("user_id", "email", "source_id", "id", "anonymous_id") {
			fault(place, "columns: a user needs one of user_id, email, source_id, anonymous_id")
		}
	case record.KindCompany:
		if !has("company_id", "source_id", "id") {
			fault(place, "columns: a company needs company_id or source_id")
		}
	case record.KindEvent:
		if !has("event_name", "name") {
			fault(place, "columns: an event needs event_name")
		}
		if !has("created_at") {
			fault(place, "columns: an event needs created_at")
		}
		if !has("user_id", "email", "source_id", "anonymous_id") {
			fault(place, "columns: an event needs one of user_id, email, source_id, anonymous_id")
		}
	case record.KindConversation:
		if !has("id") {
			fault(place, "columns: a conversation needs id")
		}
		if !has("created_at") {
			fault(place, "columns: a conversation needs created_at")
		}
	}
}

// keysOf lists the keys that a column can be mapped to.
var keysOf = map[record.Kind][]string{
	record.KindUser: {
		"user_id", "email", "source_id", "id", "anonymous_id", "name", "phone", "created_at", "signed_up_at", "updated_at",
		"last_seen_at", "ip", "city", "country", "timezone", "stage", "unsubscribed_from_emails", "company", "company_id", "tags",
	},
	record.KindCompany: {
		"company_id", "source_id", "id", "name", "plan", "monthly_spend", "currency", "created_at", "updated_at", "stage", "tags",
	},
	record.KindEvent: {
		"event_name", "name", "id", "created_at", "user_id", "email", "source_id", "anonymous_id", "company_id", "url", "referrer",
		"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "ip",
	},
	record.KindConversation: {
		"id", "created_at", "updated_at", "user_id", "email", "source_id", "anonymous_id", "company_id", "channel", "subject",
		"state", "url", "tags", "body", "author_id", "author_type", "author_name", "author_email", "part_id", "part_tags", "assigned_to",
	},
}

// isTime says whether a key holds a time.
func isTime(key string) bool { return strings.HasSuffix(key, "_at") }

// isList says whether a key holds names between commas.
func isNames(key string) bool { return key == "tags" || key == "part_tags" }

func singular(kind record.Kind) string {
	switch kind {
	case record.KindCompany:
		return "company"
	default:
		return strings.TrimSuffix(string(kind), "s")
	}
}

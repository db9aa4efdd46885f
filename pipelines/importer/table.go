package importer

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"parley/pipelines/record"
	"parley/pipelines/yamlfile"
)

// table is the reading of one CSV file by a mapping.
type table struct {
	*reading
	mapping *Mapping
	zone    *time.Location
	rows    *csv.Reader
	tape    *tape            // what rows reads
	width   int              // cells of the header
	columns map[string][]int // key of the record: where its column stands, more than once if the file names it twice
	taken   []attribute      // columns that are attributes
	from    []int            // the column that says what a row is
}

type attribute struct {
	name string
	at   []int
}

func (r *reading) table(file *source, opts Options) error {
	t := &table{reading: r, mapping: opts.Mapping, zone: opts.Mapping.Timezone, tape: &tape{from: file.Reader}}
	if t.zone == nil {
		t.zone = opts.Timezone
	}
	if t.zone == nil {
		t.zone = time.UTC
	}
	t.rows = csv.NewReader(t.tape)
	t.rows.Comma, t.rows.FieldsPerRecord, t.rows.ReuseRecord = t.mapping.Delimiter, -1, true
	header, err := t.rows.Read()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: the file is empty; its first line must name the columns", r.path)
	}
	if err != nil {
		return t.readError(err, 1)
	}
	if err := t.place(slices.Clone(header)); err != nil {
		return err
	}
	if t.mapping.Kind == record.KindConversation && t.mapping.Parts != nil {
		return t.conversations(opts.MemoryBytes)
	}
	return t.each(func(cells []string, line int) error {
		value, err := t.row(cells)
		if err != nil {
			return t.unreadable(line, cells, err.Error())
		}
		if reason := kindRefusal(t.mapping.Kind, value); reason != "" {
			return t.unreadable(line, cells, reason)
		}
		return t.hand(t.mapping.Kind, fmt.Sprintf("%s:%d", t.path, line), value)
	})
}

// place finds the mapping's columns in the header.
func (t *table) place(header []string) error {
	t.width = len(header)
	var names []string
	for i, name := range header {
		header[i] = strings.TrimSpace(name)
		names = append(names, header[i])
	}
	var faults []error
	find := func(path, column string) []int {
		var at []int
		for i, name := range names {
			if name == strings.TrimSpace(column) {
				at = append(at, i)
			}
		}
		if at == nil {
			hint := yamlfile.DidYouMean(column, names)
			if hint == "" && len(names) == 1 {
				hint = fmt.Sprintf("; the file has one column only, so its delimiter may not be %q", t.mapping.Delimiter)
			}
			faults = append(faults, t.mapping.file.Errorf(path, "column %q is not in %s%s", column, t.path, hint))
		}
		return at
	}
	t.columns = map[string][]int{}
	for _, key := range keysOf[t.mapping.Kind] {
		if column, ok := t.mapping.Columns[key]; ok {
			t.columns[key] = find("$.columns."+key, column)
		}
	}
	for i, column := range t.mapping.Attributes {
		t.taken = append(t.taken, attribute{strings.TrimSpace(column), find(t.mapping.attributePaths[i], column)})
	}
	if t.mapping.Parts != nil {
		t.from = find("$.parts.from", t.mapping.Parts.From)
	}
	return errors.Join(faults...)
}

// each reads every row that is as wide as the header; the others are kept as unreadable.
func (t *table) each(do func(cells []string, line int) error) error {
	for {
		t.tape.forget(t.rows.InputOffset())
		cells, err := t.rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		line := 0
		var fault *csv.ParseError
		switch {
		case errors.As(err, &fault):
			line = fault.StartLine
			if fault.Line > fault.StartLine && t.tape.ended && t.rows.InputOffset() >= t.tape.end() {
				return fmt.Errorf("%s:%d: a quote opens here and is never closed, so nothing after it can be read", t.path, fault.StartLine)
			}
			t.summary.Rows++
			reason := fmt.Sprintf("column %d: %v", fault.Column, fault.Err)
			if fault.Line > fault.StartLine {
				reason = fmt.Sprintf("the row goes on to line %d, where %v", fault.Line, fault.Err)
			}
			err = t.unreadable(line, nil, reason)
		case err != nil:
			return t.readError(err, line)
		default:
			line, _ = t.rows.FieldPos(0)
			t.summary.Rows++
			switch {
			case !utf8Cells(cells):
				err = t.unreadable(line, nil, "the row is not UTF-8; save the file as UTF-8")
			case len(cells) != t.width:
				err = t.unreadable(line, cells, fmt.Sprintf("the row has %d cells, the header %d", len(cells), t.width))
			default:
				err = do(cells, line)
			}
		}
		if err != nil {
			return err
		}
	}
}

func (t *table) readError(err error, line int) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%s: the compressed file breaks off", t.path)
	}
	if line > 0 {
		return fmt.Errorf("%s:%d: %w", t.path, line, err)
	}
	return fmt.Errorf("%s: %w", t.path, err)
}

func utf8Cells(cells []string) bool {
	for _, cell := range cells {
		if !utf8.ValidString(cell) {
			return false
		}
	}
	return true
}

// unreadable keeps a row with the reason why it cannot be read: its cells, or, where they are not known, its bytes.
func (t *table) unreadable(line int, cells []string, reason string) error {
	place := fmt.Sprintf("%s:%d", t.path, line)
	var content []byte
	if cells != nil {
		content = marshal(cells)
	} else if text := t.tape.until(t.rows.InputOffset()); utf8.Valid(text) {
		content = marshal(strings.TrimRight(string(text), "\r\n"))
	} else {
		content = marshal(map[string]string{"base64": base64.StdEncoding.EncodeToString(text)})
	}
	return t.hand(t.mapping.Kind, place, record.Unreadable(place+": "+reason, content))
}

// cell is the text of the column that stands at every one of at. A column that
// the file names twice must say the same in both.
func cell(cells []string, at []int, name string) (string, error) {
	if len(at) == 0 {
		return "", nil
	}
	text := strings.TrimSpace(cells[at[0]])
	for _, other := range at[1:] {
		if strings.TrimSpace(cells[other]) != text {
			return "", fmt.Errorf("column %q stands twice in the file and says %q and %q; rename one of them", name, text, strings.TrimSpace(cells[other]))
		}
	}
	return text, nil
}

// fields is the row's cells by the keys of the record, those that are empty left
// out, times in one form; and its attributes.
func (t *table) fields(cells []string) (fields map[string]string, attributes map[string]any, err error) {
	fields = make(map[string]string, len(t.columns))
	for _, key := range keysOf[t.mapping.Kind] { // in their order: of several faults the first is told
		at, ok := t.columns[key]
		if !ok {
			continue
		}
		column := t.mapping.Columns[key]
		text, err := cell(cells, at, column)
		if err != nil {
			return nil, nil, err
		}
		if text == "" {
			continue
		}
		if isTime(key) {
			at, err := t.time(text)
			if err != nil {
				return nil, nil, fmt.Errorf("%s (column %q): %w", key, column, err)
			}
			text = at.Format(time.RFC3339Nano)
		}
		fields[key] = text
	}
	for _, taken := range t.taken {
		text, err := cell(cells, taken.at, taken.name)
		if err != nil {
			return nil, nil, err
		}
		if text != "" {
			if attributes == nil {
				attributes = map[string]any{}
			}
			attributes[taken.name] = t.typed(taken.name, text)
		}
	}
	return fields, attributes, nil
}

func (t *table) time(text string) (time.Time, error) {
	if t.mapping.TimeFormat == nil {
		return record.ParseTimeText(text, t.zone)
	}
	at, err := t.mapping.TimeFormat.Parse(text, t.zone)
	if err == nil {
		return at, nil
	}
	if at, other := record.ParseTimeText(text, t.zone); other == nil {
		return at, nil
	}
	return time.Time{}, err
}

// typed is the value of an attribute: a number or a truth value where the text
// is exactly one, a time where the name ends in _at, else the text.
func (t *table) typed(name, text string) any {
	if strings.HasSuffix(strings.ToLower(name), "_at") {
		if at, err := t.time(text); err == nil {
			return at.Format(time.RFC3339Nano)
		}
		return text
	}
	const exact = 15 // digits that every engine keeps
	number := strings.TrimPrefix(text, "-")
	switch {
	case strings.EqualFold(text, "true"), strings.EqualFold(text, "false"):
		return strings.EqualFold(text, "true")
	case number != "" && number[0] >= '0' && number[0] <= '9' && len(number) <= exact && !strings.ContainsAny(number, "eE") && json.Valid([]byte(text)):
		return json.Number(text)
	}
	return text
}

// row is a row that is a record of its own.
func (t *table) row(cells []string) ([]byte, error) {
	fields, attributes, err := t.fields(cells)
	if err != nil {
		return nil, err
	}
	if t.mapping.Kind == record.KindConversation {
		return conversationOfRow(fields, attributes), nil
	}
	value := map[string]any{}
	for key, text := range fields {
		if isNames(key) {
			value[key] = namesIn(text)
		} else {
			value[key] = text
		}
	}
	if t.mapping.Kind == record.KindUser {
		company := map[string]string{}
		for key, name := range map[string]string{"company": "name", "company_id": "company_id"} {
			if text := fields[key]; text != "" {
				company[name] = text
				delete(value, key)
			}
		}
		if len(company) > 0 {
			value["company"] = company
		}
	}
	if attributes != nil && t.mapping.Kind == record.KindEvent {
		value["metadata"] = attributes
	} else if attributes != nil {
		value["custom_attributes"] = attributes
	}
	return marshal(value), nil
}

// namesIn splits names between commas.
func namesIn(text string) []string {
	var names []string
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// marshal writes JSON that holds nothing which JSON cannot write.
func marshal(value any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic("importer: " + err.Error()) // text, checked numbers and truth values only
	}
	return bytes.TrimRight(text.Bytes(), "\n")
}

package importer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"parley/pipelines/record"
	"parley/pipelines/yamlfile"
)

// maxValues bounds the values of the column that says what a row is which are
// remembered for the warnings.
const maxValues = 10_000

// conversations reads a file whose rows are the parts of conversations.
func (t *table) conversations(memory int64) error {
	if memory <= 0 {
		memory = defaultMemory
	}
	held := &cases{limit: memory}
	defer held.close()
	seen := map[string]bool{}
	contacts := t.mapping.Parts.First
	err := t.each(func(cells []string, line int) error {
		row, value, err := t.caseRow(cells, line)
		if err != nil {
			return t.unreadable(line, cells, err.Error())
		}
		contacts = contacts || row.Is == rowContact
		if len(seen) < maxValues {
			seen[value] = true
		}
		return held.add(row)
	})
	if err != nil {
		return err
	}
	if err := held.each(t.conversation); err != nil {
		return err
	}
	t.warn(seen, contacts)
	return nil
}

func (t *table) caseRow(cells []string, line int) (row caseRow, value string, err error) {
	fields, attributes, err := t.fields(cells)
	if err != nil {
		return caseRow{}, "", err
	}
	for _, key := range []string{"id", "created_at"} {
		if fields[key] == "" {
			return caseRow{}, "", fmt.Errorf("%s (column %q) is empty", key, t.mapping.Columns[key])
		}
	}
	if value, err = cell(cells, t.from, t.mapping.Parts.From); err != nil {
		return caseRow{}, "", err
	}
	is, ok := t.mapping.Parts.Rows[value]
	if !ok {
		is = t.mapping.Parts.Other
	}
	for key, text := range fields {
		fields[key] = strings.Clone(text) // not to hold the whole row by it
	}
	row = caseRow{Case: fields["id"], Hash: hashOf(cells), Line: line, Is: is, Fields: fields}
	for name, attribute := range attributes {
		if row.Attributes == nil {
			row.Attributes = map[string][]byte{}
		}
		row.Attributes[name] = marshal(attribute)
	}
	return row, value, nil
}

// hashOf tells rows apart: equal rows are those that are equal in every cell.
func hashOf(cells []string) string {
	hash := sha256.New()
	for _, cell := range cells {
		fmt.Fprintf(hash, "%d:%s", len(cell), cell)
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// warn tells what can be read and will still not give the figures that were meant.
func (t *table) warn(seen map[string]bool, contacts bool) {
	if t.summary.Rows == 0 {
		return
	}
	var values []string
	for value := range seen {
		values = append(values, value)
	}
	slices.Sort(values)
	var meant []string
	for value := range t.mapping.Parts.Rows {
		if !seen[value] && len(seen) < maxValues {
			meant = append(meant, value)
		}
	}
	slices.Sort(meant)
	for _, value := range meant {
		t.summary.Warnings = append(t.summary.Warnings, t.mapping.file.Errorf(rowPath(value), "no row of %s has %q in column %q%s",
			t.path, value, t.mapping.Parts.From, yamlfile.DidYouMean(value, values)).Error())
	}
	if !contacts {
		t.summary.Warnings = append(t.summary.Warnings, t.mapping.file.Errorf("$.parts",
			"no row of %s is a contact, so its conversations count as begun by nobody; first: contact puts the person's message at the first row's time", t.path).Error())
	}
}

// conversation makes one record of the rows of one conversation.
func (t *table) conversation(rows []caseRow) error {
	place := fmt.Sprintf("%s:%d", t.path, rows[0].Line)
	known := map[string]bool{}
	kept := rows[:0]
	for _, row := range rows {
		if known[row.Hash] {
			t.summary.EqualRows++
			continue
		}
		known[row.Hash] = true
		kept = append(kept, row)
	}
	// Times are ISO 8601 in UTC, but fractions differ in length.
	slices.SortStableFunc(kept, func(a, b caseRow) int {
		return strings.Compare(sortable(a.Fields["created_at"]), sortable(b.Fields["created_at"]))
	})
	value := t.conversationOf(kept)
	if len(value) <= maxValue {
		return t.hand(record.KindConversation, place, value)
	}
	var members object
	if err := json.Unmarshal(value, &members); err != nil {
		return fmt.Errorf("%s: %w", place, err)
	}
	for _, piece := range splitConversation(members) {
		if err := t.hand(record.KindConversation, place, piece); err != nil {
			return err
		}
	}
	return nil
}

// sortable is a time in UTC as text whose order is that of time.
func sortable(at string) string {
	at = strings.TrimSuffix(at, "Z")
	if !strings.Contains(at, ".") {
		at += "."
	}
	return at
}

func (t *table) conversationOf(rows []caseRow) []byte {
	value := map[string]any{"type": "conversation", "id": rows[0].Case, "created_at": rows[0].Fields["created_at"]}
	value["updated_at"] = rows[len(rows)-1].Fields["created_at"]
	attributes := map[string]json.RawMessage{}
	var tags []string
	parts := make([]any, 0, len(rows))
	for _, row := range rows {
		// Who and what it is about: the first row that says it. How it is: the last.
		for _, key := range []string{"user_id", "email", "source_id", "anonymous_id", "company_id", "channel", "subject", "url"} {
			if text := row.Fields[key]; text != "" && value[key] == nil {
				value[key] = text
			}
		}
		if text := row.Fields["state"]; text != "" {
			value["state"] = text
		}
		for name, attribute := range row.Attributes {
			attributes[name] = attribute
		}
		for _, tag := range namesIn(row.Fields["tags"]) {
			if !slices.Contains(tags, tag) {
				tags = append(tags, tag)
			}
		}
		if at := row.Fields["updated_at"]; at != "" && sortable(at) > sortable(value["updated_at"].(string)) {
			value["updated_at"] = at
		}
	}
	if state := t.stateOf(rows); state != "" && value["state"] == nil {
		value["state"] = state
	}
	if len(attributes) > 0 {
		value["custom_attributes"] = attributes
	}
	if len(tags) > 0 {
		value["tags"] = tags
	}
	if t.mapping.Parts.First {
		value["source"] = map[string]any{"author": personOf(value), "created_at": rows[0].Fields["created_at"]}
	}
	for _, row := range rows {
		parts = append(parts, partOf(row, value))
	}
	value["parts"] = parts
	return marshal(value)
}

// stateOf is closed or open by the last row that says so, where the mapping
// knows a close at all; else "".
func (t *table) stateOf(rows []caseRow) string {
	closes := t.mapping.Parts.Other == rowClose
	for _, is := range t.mapping.Parts.Rows {
		closes = closes || is == rowClose
	}
	if !closes {
		return ""
	}
	state := "open"
	for _, row := range rows {
		switch row.Is {
		case rowClose:
			state = "closed"
		case rowOpen:
			state = "open"
		}
	}
	return state
}

// personOf is the person as the author of a message.
func personOf(value map[string]any) map[string]any {
	author := map[string]any{"type": "user"}
	for key, name := range map[string]string{"user_id": "user_id", "email": "email", "source_id": "id", "anonymous_id": "anonymous_id"} {
		if value[key] != nil {
			author[name] = value[key]
		}
	}
	return author
}

// partOf is a row as a part of the conversation.
func partOf(row caseRow, value map[string]any) map[string]any {
	part := map[string]any{"id": row.Hash, "created_at": row.Fields["created_at"], "part_type": row.Is}
	if id := row.Fields["part_id"]; id != "" {
		part["id"] = id
	}
	author := map[string]any{"type": "admin"}
	switch row.Is {
	case rowContact:
		part["part_type"] = "comment"
		author = personOf(value)
	case rowReply:
		part["part_type"] = "comment"
		part["is_reply"] = true
	}
	if row.Is != rowContact || len(author) == 1 { // the author of a contact is the person, if the file says who that is
		if id := row.Fields["author_id"]; id != "" {
			author["id"] = id
		}
	}
	for key, name := range map[string]string{"author_type": "type", "author_name": "name", "author_email": "email"} {
		if text := row.Fields[key]; text != "" {
			author[name] = text
		}
	}
	part["author"] = author
	for _, key := range []string{"body", "assigned_to"} {
		if text := row.Fields[key]; text != "" {
			part[key] = text
		}
	}
	if tags := namesIn(row.Fields["part_tags"]); len(tags) > 0 {
		part["tags"] = tags
	}
	return part
}

// conversationOfRow is a row that is a whole conversation, begun by its person.
func conversationOfRow(fields map[string]string, attributes map[string]any) []byte {
	value := map[string]any{"type": "conversation"}
	for _, key := range []string{"id", "created_at", "updated_at", "user_id", "email", "source_id", "anonymous_id", "company_id", "channel", "subject", "state", "url"} {
		if text := fields[key]; text != "" {
			value[key] = text
		}
	}
	if value["updated_at"] == nil && value["created_at"] != nil {
		value["updated_at"] = value["created_at"]
	}
	if tags := namesIn(fields["tags"]); len(tags) > 0 {
		value["tags"] = tags
	}
	if attributes != nil {
		value["custom_attributes"] = attributes
	}
	source := partOf(caseRow{Is: rowContact, Fields: fields}, value)
	delete(source, "id")
	delete(source, "part_type")
	value["source"] = source
	return marshal(value)
}

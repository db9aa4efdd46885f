package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"parley/pipelines/record"
)

// reading is the reading of one file.
type reading struct {
	path    string
	emit    func(Item) error
	asked   record.Kind // by the user; "" if not
	summary Summary
}

type object = map[string]json.RawMessage

// maxLists bounds how deep lists and envelopes may stand in one another.
const maxLists = 8

func (r *reading) objects(file *source, form string) error {
	values := newValues(file.Reader, form)
	for {
		value, err := values.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("%s:%d: the compressed file breaks off", r.path, values.line)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", r.path, err)
		}
		if err := r.value(value, 0, ""); err != nil {
			return err
		}
	}
}

// value reads one value of the file, or of a list or envelope in it. listed is
// what the list around it says that its elements are.
func (r *reading) value(value located, depth int, listed string) error {
	var members object
	if err := json.Unmarshal(value.text, &members); err != nil || members == nil || depth > maxLists {
		return r.unknown(value)
	}
	typ := textOf(members["type"])
	switch {
	case typ == "notification_event":
		return r.envelope(value, members, depth)
	case r.asked != "" && !isList(typ):
		return r.record(r.asked, value, members)
	case isList(typ):
		return r.list(value, members, depth)
	}
	if typ == "" {
		typ = listed
	}
	if isRequest(typ, members) {
		r.summary.countOther("request", 1)
		return nil
	}
	kind, known := kindOfObject(typ, members)
	switch {
	case !known:
		return r.unknown(value)
	case kind == "":
		r.summary.countOther(typ, 1)
		return nil
	}
	return r.record(kind, value, members)
}

// isRequest says whether an object asks Intercom's API to write into a
// conversation. It has the type of who writes, and is no record of them; what
// came of it is in the conversation.
func isRequest(typ string, members object) bool {
	switch typ {
	case "user", "admin", "conversation_part":
		return members["message_type"] != nil || members["conversation_part_id"] != nil
	}
	return false
}

func isList(typ string) bool { return typ == "list" || strings.HasSuffix(typ, ".list") }

// list reads the elements of a list, whatever their array is called.
func (r *reading) list(value located, members object, depth int) error {
	listed := strings.TrimSuffix(strings.TrimSuffix(textOf(members["type"]), "list"), ".")
	for _, name := range slices.Sorted(maps.Keys(members)) {
		var elements []json.RawMessage
		if raw := members[name]; len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &elements) != nil {
			continue
		}
		for _, element := range elements {
			if err := r.value(located{element, value.line}, depth+1, listed); err != nil {
				return err
			}
		}
	}
	return nil
}

// envelope reads what a webhook tells of. A deletion is one; the taking away of a tag too.
func (r *reading) envelope(value located, members object, depth int) error {
	var data struct {
		Item json.RawMessage `json:"item"`
	}
	var item object
	if json.Unmarshal(members["data"], &data) != nil || json.Unmarshal(data.Item, &item) != nil || item == nil {
		return r.unknown(value)
	}
	topic := textOf(members["topic"])
	switch {
	case strings.HasSuffix(topic, ".tag.deleted"):
		item["removed"] = json.RawMessage("true")
	case strings.HasSuffix(topic, ".deleted"):
		if kind, known := kindOfObject(textOf(item["type"]), item); known && kind != "" {
			if key := deletedKey(kind, data.Item); key != "" {
				r.summary.Deleted++
				return r.emit(Item{Kind: kind, Key: key})
			}
		}
	}
	text, err := json.Marshal(item)
	if err != nil {
		return fmt.Errorf("%s:%d: open the envelope: %w", r.path, value.line, err)
	}
	if !strings.HasSuffix(topic, ".tag.deleted") {
		text = data.Item
	}
	return r.value(located{text, value.line}, depth+1, "")
}

// deletedKey is the id under which an entity is deleted.
func deletedKey(kind record.Kind, item []byte) string {
	if kind != record.KindUser {
		return record.KeyOf(kind, item)
	}
	var user record.User
	if user.Decode(item, record.Position{}) != nil {
		return ""
	}
	if user.UserID != "" {
		return user.UserID
	}
	return user.SourceID
}

// otherTypes are the objects of Intercom's that say nothing of a customer.
var otherTypes = map[string]bool{
	"activity_log": true, "admin": true, "admin_message": true, "app": true, "article": true, "bot": true, "collection": true,
	"count": true, "data_attribute": true, "data_export": true, "error": true, "event.summary": true, "job": true,
	"newsfeed": true, "note": true, "pages": true, "ping": true, "section": true, "segment": true, "social_profile": true,
	"subscription": true, "tag": true, "team": true, "user_message": true,
}

// kindOfObject is the kind of record that an object is: by its type, or by
// having event_name, or a part or tag with what belongs to it. Known and "" is
// an object that is no record of Parley's.
func kindOfObject(typ string, members object) (kind record.Kind, known bool) {
	has := func(names ...string) bool {
		for _, name := range names {
			if _, ok := members[name]; !ok {
				return false
			}
		}
		return true
	}
	switch typ {
	case "user", "contact", "lead", "visitor":
		return record.KindUser, true
	case "company":
		return record.KindCompany, true
	case "event":
		return record.KindEvent, true
	case "conversation", "conversation_part":
		return record.KindConversation, true
	case "user_tag", "contact_tag", "company_tag":
		return record.KindTag, true
	case "tag":
		for _, owner := range []string{"user_id", "external_id", "email", "source_id", "anonymous_id", "company_id", "user", "contact", "company"} {
			if has(owner) {
				return record.KindTag, true
			}
		}
	}
	switch {
	case has("event_name"):
		return record.KindEvent, true
	case otherTypes[typ]:
		return "", true
	case has("conversation_id", "part"):
		return record.KindConversation, true
	case has("tag", "at"):
		return record.KindTag, true
	case has("into", "from", "at"):
		return record.KindMerge, true
	case has("source", "attributes"):
		return record.KindEnrichment, true
	}
	return "", false
}

// unknown keeps a value of which it cannot be told what it is.
func (r *reading) unknown(value located) error {
	place := fmt.Sprintf("%s:%d", r.path, value.line)
	kind := r.asked
	if kind == "" {
		kind = record.KindEvent
	}
	text := value.text
	if r.asked == "" && text[0] == '{' && json.Valid(text) {
		// Kept with the true reason: as an event it would be refused for another.
		const reason = "cannot tell what kind of record this is; give it a type or event_name, or import it with --kind"
		text = record.Unreadable(place+": "+reason, text)
	}
	return r.hand(kind, place, text)
}

// record hands one record on, readable or not.
func (r *reading) record(kind record.Kind, value located, members object) error {
	var compact bytes.Buffer
	if err := json.Compact(&compact, value.text); err != nil {
		return fmt.Errorf("%s:%d: %w", r.path, value.line, err)
	}
	pieces := [][]byte{compact.Bytes()}
	if compact.Len() > maxValue && kind == record.KindConversation {
		pieces = splitConversation(members)
	}
	place := fmt.Sprintf("%s:%d", r.path, value.line)
	for _, piece := range pieces {
		if err := r.hand(kind, place, piece); err != nil {
			return err
		}
	}
	return nil
}

// hand gives one value to emit and counts it.
func (r *reading) hand(kind record.Kind, place string, value []byte) error {
	if len(value) > maxValue {
		r.summary.TooLarge++
		r.summary.problem(Problem{Place: place, Reason: fmt.Sprintf("the record is longer than the %d bytes of a message; it was not taken", maxValue), Count: 1})
		return nil
	}
	if reason := kindRefusal(kind, value); reason != "" {
		r.summary.Refused++
		r.summary.problem(Problem{Place: place, Reason: strings.TrimPrefix(reason, place+": "), Count: 1})
	} else {
		r.summary.count(kind, 1)
	}
	return r.emit(Item{Kind: kind, Key: record.KeyOf(kind, value), Value: value})
}

// kindRefusal is why a record of the kind will not be read, "" if it will.
func kindRefusal(kind record.Kind, value []byte) string {
	if refused := record.Check(kind, value, record.Position{}); refused != nil {
		return refused.Reason
	}
	return ""
}

func textOf(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

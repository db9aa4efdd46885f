package record

import (
	"math/big"
	"slices"
	"strings"
	"sync"
	"time"
)

// Bounds of what a column may hold.
const (
	maxKey           = 1024 // bytes of an id, an e-mail address or an event's name
	maxAttributeName = 300  // characters
)

// decoder reads the members of one record into a row. It keeps the first fault
// that it meets; what is read after that does not matter.
type decoder struct {
	object
	at      Position
	cleared []string // columns that were named as null
	err     *Error
	inner   object // memory for the members of an object inside
	joined  []byte // memory for text that is put together
}

// decoders are kept for the memory of their members.
var decoders = sync.Pool{New: func() any { return new(decoder) }}

// newDecoder opens a record; the row that is read refers to value. close ends it.
func newDecoder(value []byte, at Position) (*decoder, error) {
	d := decoders.Get().(*decoder)
	members, err := open(value, d.object)
	if err != nil {
		return nil, err
	}
	d.object, d.at, d.cleared, d.err = members, at, d.cleared[:0], nil
	return d, nil
}

// close lets another record have the decoder's memory.
func (d *decoder) close() {
	const most = 1000 // members; 64 times as many bytes: what a large record needed is not kept
	if cap(d.object) > most || cap(d.inner) > most || cap(d.joined) > 64*most {
		return
	}
	decoders.Put(d)
}

// within reads an object inside the record, by the same rules.
func (d *decoder) within(raw string) *decoder {
	return &decoder{object: membersOf(raw), at: d.at}
}

// absorb makes the faults of what stands at place inside the record the record's own.
func (d *decoder) absorb(inside *decoder, place string) {
	if inside.err != nil {
		d.fail(inside.err.Class, "%s.%s", place, inside.err.Reason)
	}
}

func (d *decoder) fail(class Class, format string, args ...any) {
	if d.err == nil {
		d.err = newError(class, format, args...)
	}
}

// fault is the first fault that was met, nil if the record can be read.
func (d *decoder) fault() error {
	if d.err == nil {
		return nil
	}
	return d.err
}

// clear notes that the column was named as null.
func (d *decoder) clear(column string) {
	if !slices.Contains(d.cleared, column) {
		d.cleared = append(d.cleared, column)
	}
}

// uncleared takes clear back: another name gave the column a value.
func (d *decoder) uncleared(column string) {
	d.cleared = slices.DeleteFunc(d.cleared, func(name string) bool { return name == column })
}

func (d *decoder) wasCleared(column string) bool { return slices.Contains(d.cleared, column) }

func (d *decoder) clearedColumns() string {
	if len(d.cleared) == 0 {
		return ""
	}
	slices.Sort(d.cleared)
	return textArray(d.cleared)
}

// text is the text under the first of names that gives one; a number or a
// truth value is taken as it is written. Null and "" clear the column, which
// has the first of the names.
func (d *decoder) text(names ...string) string {
	found := ""
	for _, name := range names {
		raw, ok := d.take(name)
		if !ok || found != "" {
			continue
		}
		if raw[0] == '{' || raw[0] == '[' {
			d.fail(BadField, "%s: is %s; send text", name, describe(raw))
			return ""
		}
		if found = scalar(raw); found == "" {
			d.clear(names[0])
		}
	}
	if found != "" {
		d.uncleared(names[0])
	}
	return found
}

// scalar is the text of a JSON value that is no object and no array; null is "".
func scalar(raw string) string {
	switch raw[0] {
	case '"':
		return unquote(raw)
	case 'n':
		return ""
	}
	return raw
}

// key is the id under the first of names that gives one: text as it is without
// white space around it, or a number as text, so that 6, 6.0 and "6" are the same id.
// Null, "" and "null" give none.
func (d *decoder) key(names ...string) string {
	found := ""
	for _, name := range names {
		raw, ok := d.take(name)
		if !ok || found != "" {
			continue
		}
		found = d.keyFrom(name, raw)
	}
	return found
}

func (d *decoder) keyFrom(name, raw string) string {
	text, ok := keyText(raw)
	if !ok {
		d.fail(BadField, "%s: is %s; send an id as text or a number", name, describe(raw))
		return ""
	}
	if len(text) > maxKey {
		d.fail(BadSize, "%s: has %d bytes; send at most %d", name, len(text), maxKey)
		return ""
	}
	return text
}

// keyText is the id that raw gives, "" if it gives none; not ok if it can be no id.
func keyText(raw string) (text string, ok bool) {
	switch raw[0] {
	case '{', '[', 't', 'f':
		return "", false
	case 'n':
		return "", true
	case '"':
		text = strings.TrimSpace(unquote(raw))
		if text == "null" {
			text = ""
		}
		return text, true
	}
	if strings.ContainsAny(raw, ".eE") {
		if number, ok := plainNumber(raw); ok {
			return number, true
		}
	}
	if raw == "-0" {
		return "0", true
	}
	return raw, true
}

// plainNumber writes a JSON number without an exponent and without needless
// zeros after the point: 6.0 as 6, 1.50e1 as 15. It is exact. Not ok where
// that would take more than some 60 digits.
func plainNumber(raw string) (string, bool) {
	mantissa, exponent, hasExponent := strings.Cut(strings.ToLower(raw), "e")
	if len(mantissa) > 60 || (hasExponent && len(exponent) > 3) {
		return "", false
	}
	value, ok := new(big.Rat).SetString(raw)
	if !ok {
		return "", false
	}
	if value.IsInt() {
		return value.Num().String(), true
	}
	places := 0
	if _, fraction, ok := strings.Cut(mantissa, "."); ok {
		places = len(fraction)
	}
	if hasExponent && strings.HasPrefix(exponent, "-") {
		places += 99
	}
	return strings.TrimRight(value.FloatString(places), "0"), true
}

// email is an e-mail address as a key: trimmed, in lower case.
func (d *decoder) email(name string) string {
	return strings.ToLower(d.key(name))
}

// time is the time under name; null and "" clear the column.
func (d *decoder) time(name string) time.Time {
	raw, ok := d.take(name)
	if !ok {
		return time.Time{}
	}
	if raw == "null" || (raw[0] == '"' && strings.TrimSpace(unquote(raw)) == "") {
		d.clear(name)
		return time.Time{}
	}
	at, err := parseTime(raw)
	if err != nil {
		d.fail(BadField, "%s: %s", name, err)
	}
	// The zero time is how some languages write that there is none.
	return at
}

// effective is the instant from which the record holds: updated_at, else Kafka's timestamp.
func (d *decoder) effective() time.Time {
	if raw, ok := d.take("updated_at"); ok && raw != "null" && raw != `""` {
		at, err := parseTime(raw)
		if err != nil {
			d.fail(BadField, "updated_at: %s", err)
		}
		if !at.IsZero() {
			return at
		}
	}
	at, err := inRange(d.at.At)
	if err != nil {
		d.fail(BadField, "Kafka's timestamp lies outside the years 1 to 9999; send updated_at, or set the producer's clock right")
	}
	return at
}

// observationID is the id of a record that says how something is, rather than
// that something happened: the same content at another instant is another
// observation, so the instant is part of it.
func (d *decoder) observationID(effective time.Time) string {
	return contentID(d.object, itoa(effective.UnixMicro()))
}

// flag is the truth value under name, nil if it is not given. "true", "yes" and 1
// count, and "false", "no" and 0.
func (d *decoder) flag(name string) *bool {
	raw, ok := d.take(name)
	if !ok {
		return nil
	}
	value := false
	switch text := strings.ToLower(strings.TrimSpace(scalar(raw))); text {
	case "":
		d.clear(name)
		return nil
	case "true", "1", "yes":
		value = true
	case "false", "0", "no":
	default:
		d.fail(BadField, "%s: is %s; send true or false", name, quoteShort(text))
	}
	return &value
}

// decimal is the exact decimal number under name as text; null and "" clear the column.
func (d *decoder) decimal(name string) string {
	raw, ok := d.take(name)
	if !ok {
		return ""
	}
	text := strings.TrimSpace(scalar(raw))
	if text == "" {
		d.clear(name)
		return ""
	}
	number, ok := decimalText(text)
	if !ok {
		d.fail(BadField, "%s: %s is no amount; send a number, as in 49 or \"49.50\"", name, quoteShort(text))
	}
	return number
}

// maxWholeDigits bounds an amount, so that every engine can hold it as a decimal number.
const maxWholeDigits = 18

// decimalText is text as a plain decimal number, and whether it is one.
func decimalText(text string) (string, bool) {
	unsigned := strings.TrimPrefix(strings.TrimPrefix(text, "+"), "-")
	if unsigned == "" || unsigned[0] < '0' || unsigned[0] > '9' || !isNumber(text) {
		return "", false
	}
	number, ok := plainNumber(strings.TrimPrefix(text, "+"))
	whole, _, _ := strings.Cut(strings.TrimPrefix(number, "-"), ".")
	return number, ok && len(whole) <= maxWholeDigits
}

// names is the names in the list under name: of text, or of objects with a
// name. An object with an id alone is called "id:" and its id.
func (d *decoder) names(name string) (names []string, given bool) {
	raw, ok := d.take(name)
	if !ok || raw == "null" {
		return nil, false
	}
	if raw[0] == '"' {
		if text := strings.TrimSpace(unquote(raw)); text != "" {
			return []string{text}, true
		}
		return nil, true
	}
	elements, ok := listIn(raw)
	if !ok && raw != "{}" {
		d.fail(BadField, "%s: is %s; send a list of names", name, describe(raw))
		return nil, false
	}
	seen := make(map[string]bool, len(elements))
	for _, element := range elements {
		text := ""
		switch element[0] {
		case '{':
			inner := d.within(element)
			if text = inner.key("name", "tag"); text == "" {
				if id := inner.key("id"); id != "" {
					text = "id:" + id
				}
			}
			d.absorb(inner, name)
		case '[', 't', 'f':
			d.fail(BadField, "%s: holds %s; send a list of names", name, describe(element))
		default:
			text, _ = keyText(element)
		}
		if text != "" && !seen[text] {
			seen[text] = true
			names = append(names, text)
		}
	}
	return names, true
}

// nameList is names as a JSON array, "" if the list is not given.
func (d *decoder) nameList(name string) string {
	if names, given := d.names(name); given {
		return textArray(names)
	}
	return ""
}

package record

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/segmentio/encoding/json"
)

// maxDepth bounds how deep objects and arrays may stand in one another. The
// parsers recurse, and a record is not to choose how much stack they take.
const maxDepth = 100

// field is one member of a JSON object: its name and its value's JSON text.
type field struct {
	head  uint64 // of the name, by which most names are told apart at once
	name  string
	raw   string
	taken bool
}

// headOf is the first eight bytes of a name as a number: names whose heads
// differ are in the order of their heads.
func headOf(name string) (head uint64) {
	if len(name) >= 8 {
		return uint64(name[7]) | uint64(name[6])<<8 | uint64(name[5])<<16 | uint64(name[4])<<24 |
			uint64(name[3])<<32 | uint64(name[2])<<40 | uint64(name[1])<<48 | uint64(name[0])<<56
	}
	for i := range len(name) {
		head |= uint64(name[i]) << (56 - 8*i)
	}
	return head
}

// before says whether the field's name comes before another name.
func (f *field) before(head uint64, name string) bool {
	return f.head < head || f.head == head && f.name < name
}

// object is a JSON object as its members, sorted by name, each name once (of
// a name that stands twice the last counts). It reads from text that has been
// checked by open.
type object []field

// open checks that value is one JSON object, in UTF-8, and splits it. It may use
// into's memory. What is read refers to value, which must not change meanwhile.
func open(value []byte, into object) (object, error) {
	if !utf8.Valid(value) {
		return nil, notUTF8(value)
	}
	text := strings.Trim(unsafe.String(unsafe.SliceData(value), len(value)), " \t\r\n") //nolint:gosec // the length is value's own
	members, ok := splitObject(into, text)
	if !ok {
		return nil, notObject(value, text)
	}
	if stand, ok := members.find(unreadable); ok {
		return nil, bad(BadSource, "%s", scalar(stand.raw))
	}
	return members, nil
}

// notObject says why value, which is UTF-8 and text without the space around
// it, is no JSON object that can be read.
func notObject(value []byte, text string) error {
	if at, deep := tooDeep(value); deep {
		return bad(BadJSON, "objects and arrays stand more than %d deep in one another, from byte %d on; send them flatter", maxDepth, at)
	}
	if endOf(text, 0, maxDepth) != len(text) {
		return notJSON(value)
	}
	return bad(BadJSON, "the record is %s, not a JSON object; send one object a record", describe(text))
}

// tooDeep says whether brackets stand deeper than maxDepth in one another
// outside strings, and at which byte, from 1 on. It needs no valid JSON.
func tooDeep(value []byte) (at int, deep bool) {
	depth, inString := 0, false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '"':
			inString = !inString
		case c == '\\' && inString:
			i++
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return i + 1, true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return 0, false
}

func describe(raw string) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "text"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	default:
		return "a number"
	}
}

// membersOf splits the JSON object raw, which is valid.
func membersOf(raw string) object {
	members, _ := splitObject(nil, raw)
	return members
}

// splitObject splits raw into its members, in the memory of into; not ok if raw
// is not one JSON object without space around it, or stands too deep.
func splitObject(into object, raw string) (members object, ok bool) {
	if at(raw, 0) != '{' {
		return nil, false
	}
	members = into[:0]
	if cap(members) == 0 {
		members = make(object, 0, 24)
	}
	i, sorted := skipSpace(raw, 1), true
	for at(raw, i) != '}' || len(members) > 0 {
		if at(raw, i) != '"' {
			return nil, false
		}
		end, plain := endOfString(raw, i)
		if end == noEnd {
			return nil, false
		}
		name := raw[i+1 : end-1]
		if !plain {
			name = unquote(raw[i:end])
		}
		if i = skipSpace(raw, end); at(raw, i) != ':' {
			return nil, false
		}
		i = skipSpace(raw, i+1)
		if end = endOf(raw, i, maxDepth-1); end == noEnd {
			return nil, false
		}
		head := headOf(name)
		if n := len(members); n > 0 && !members[n-1].before(head, name) {
			sorted = false
		}
		members = append(members, field{head: head, name: name, raw: raw[i:end]})
		if i = skipSpace(raw, end); at(raw, i) != ',' {
			break
		}
		i = skipSpace(raw, i+1)
	}
	if at(raw, i) != '}' || i+1 != len(raw) {
		return nil, false
	}
	if !sorted {
		members = members.inOrder()
	}
	return members, true
}

// inOrder is the object sorted by name, in place, with the last of each name.
func (o object) inOrder() object {
	const few = 32
	if len(o) > few {
		slices.SortStableFunc(o, func(a, b field) int {
			return cmp.Or(cmp.Compare(a.head, b.head), strings.Compare(a.name, b.name))
		})
		return o.lastOfEach()
	}
	for i := 1; i < len(o); i++ {
		for j := i; j > 0 && o[j].before(o[j-1].head, o[j-1].name); j-- {
			o[j], o[j-1] = o[j-1], o[j]
		}
	}
	return o.lastOfEach()
}

// lastOfEach keeps, in place, the last of neighbours with one name.
func (o object) lastOfEach() object {
	twice := 0
	for twice+1 < len(o) && (o[twice].head != o[twice+1].head || o[twice].name != o[twice+1].name) {
		twice++
	}
	kept := o[:twice]
	for i := twice; i < len(o); i++ {
		if i+1 < len(o) && o[i+1].name == o[i].name {
			continue
		}
		kept = append(kept, o[i])
	}
	return kept
}

// elementsOf splits the JSON array raw, which is valid.
func elementsOf(raw string) []string {
	var elements []string
	for i := skipSpace(raw, 1); raw[i] != ']'; {
		end := endOf(raw, i, maxDepth)
		elements = append(elements, raw[i:end])
		if i = skipSpace(raw, end); raw[i] == ',' {
			i = skipSpace(raw, i+1)
		}
	}
	return elements
}

// unquote is the text of the JSON string raw. What cannot be kept as text in a
// column (NUL, half of a surrogate pair) becomes U+FFFD.
func unquote(raw string) string {
	inner := raw[1 : len(raw)-1]
	if strings.IndexByte(inner, '\\') < 0 {
		return inner
	}
	text := string(json.Unescape([]byte(raw)))
	text = strings.ReplaceAll(text, "\x00", "\uFFFD")
	return strings.ToValidUTF8(text, "\uFFFD")
}

// find is the member called name.
func (o object) find(name string) (*field, bool) {
	low, high := 0, len(o)
	head := headOf(name)
	for low < high {
		middle := int(uint(low+high) / 2)
		if o[middle].before(head, name) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low < len(o) && o[low].name == name {
		return &o[low], true
	}
	return nil, false
}

// has says whether there is a member called name, null or not.
func (o object) has(name string) bool {
	_, ok := o.find(name)
	return ok
}

// with is the object with the text as the member called name.
func (o object) with(name, text string) object {
	if member, ok := o.find(name); ok {
		member.raw = quote(text)
		return o
	}
	at, _ := slices.BinarySearchFunc(o, name, func(member field, name string) int { return strings.Compare(member.name, name) })
	return slices.Insert(slices.Clone(o), at, field{head: headOf(name), name: name, raw: quote(text)})
}

// take is the JSON text of the member called name, which then counts as read.
func (o object) take(name string) (raw string, ok bool) {
	member, ok := o.find(name)
	if !ok {
		return "", false
	}
	member.taken = true
	return member.raw, true
}

// listIn is the elements of a list in any of the forms in which lists are
// sent: an array, or an object that holds one array, whatever it is called.
// Null is a list that is not given.
func listIn(raw string) (elements []string, ok bool) {
	switch raw[0] {
	case '[':
		return elementsOf(raw), true
	case '{':
		for _, member := range membersOf(raw) {
			if member.raw[0] == '[' {
				return elementsOf(member.raw), true
			}
		}
	}
	return nil, false
}

package record

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentio/encoding/json"
)

// appendCanonical appends the one form in which equal JSON values are equal
// text: no white space, names sorted and each once, no needless escapes,
// numbers as they were written. It is also the form in which JSON is kept, as
// every engine can read it.
func appendCanonical(dst []byte, raw string) []byte {
	dst, _ = appendValue(dst, raw, 0)
	return dst
}

// appendValue appends the value that starts at i, and gives where it ends. It
// reads each byte once, however deep it stands.
func appendValue(dst []byte, raw string, i int) ([]byte, int) {
	switch raw[i] {
	case '"':
		end, plain := endOfString(raw, i)
		if plain {
			return append(dst, raw[i:end]...), end
		}
		return appendText(dst, unquote(raw[i:end])), end
	case '{':
		return appendMembers(dst, raw, i)
	case '[':
		dst = append(dst, '[')
		i = skipSpace(raw, i+1)
		for raw[i] != ']' {
			dst, i = appendValue(dst, raw, i)
			if i = skipSpace(raw, i); raw[i] == ',' {
				dst = append(dst, ',')
				i = skipSpace(raw, i+1)
			}
		}
		return append(dst, ']'), i + 1
	default:
		end := endOf(raw, i, maxDepth)
		return append(dst, raw[i:end]...), end
	}
}

// appendedMember is a member of an object where it stands in what was appended.
type appendedMember struct {
	name     string
	from, to int
}

// appendMembers appends the object that starts at i: as its members come, and
// once more in order if that was another one.
func appendMembers(dst []byte, raw string, i int) ([]byte, int) {
	dst = append(dst, '{')
	start := len(dst)
	var few [8]appendedMember
	members, sorted := few[:0], true
	for i = skipSpace(raw, i+1); raw[i] != '}'; {
		end, _ := endOfString(raw, i)
		name := unquote(raw[i:end])
		i = skipSpace(raw, skipSpace(raw, end)+1) // over the colon
		if len(dst) > start {
			dst = append(dst, ',')
		}
		member := appendedMember{name: name, from: len(dst)}
		dst = append(appendText(dst, name), ':')
		dst, i = appendValue(dst, raw, i)
		member.to = len(dst)
		if name == secret {
			dst = dst[:max(start, member.from-1)]
		} else {
			sorted = sorted && (len(members) == 0 || members[len(members)-1].name < name)
			members = append(members, member)
		}
		if i = skipSpace(raw, i); raw[i] == ',' {
			i = skipSpace(raw, i+1)
		}
	}
	if !sorted {
		slices.SortStableFunc(members, func(a, b appendedMember) int { return strings.Compare(a.name, b.name) })
		text := make([]byte, 0, len(dst)-start)
		for k, member := range members {
			if k+1 < len(members) && members[k+1].name == member.name {
				continue // of a name that stands twice the last counts
			}
			if len(text) > 0 {
				text = append(text, ',')
			}
			text = append(text, dst[member.from:member.to]...)
		}
		dst = append(dst[:start], text...)
	}
	return append(dst, '}'), i + 1
}

// secret is a member that proves who someone is: it is not kept, wherever it stands.
const secret = "user_hash"

func appendObject(dst []byte, members object) []byte {
	dst = append(dst, '{')
	start := len(dst)
	for _, member := range members {
		if member.name == secret {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(appendText(dst, member.name), ':')
		dst = appendCanonical(dst, member.raw)
	}
	return append(dst, '}')
}

func appendText(dst []byte, text string) []byte {
	if isPlain(text) {
		return append(append(append(dst, '"'), text...), '"')
	}
	return json.AppendEscape(dst, text, 0)
}

// isPlain says whether text stands in JSON as it is.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func canonical(raw string) string { return string(appendCanonical(nil, raw)) }

func quote(text string) string { return string(appendText(nil, text)) }

// textArray is names as a JSON array of text.
func textArray(names []string) string {
	dst := []byte{'['}
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendText(dst, name)
	}
	return string(append(dst, ']'))
}

// contentID is the id of a thing that was sent without one: the same content
// has the same id. context tells apart what is equal but not the same, as equal
// parts of two conversations.
func contentID(members object, context ...string) string {
	text := appendObject(make([]byte, 0, 1024), members)
	for _, part := range context {
		text = append(append(text, 0), part...)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

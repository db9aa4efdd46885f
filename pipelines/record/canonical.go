package record

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/segmentio/encoding/json"
)

// appendCanonical appends the one form in which equal JSON values are equal
// text: no white space, names sorted and each once, no needless escapes,
// numbers as they were written. It is also the form in which JSON is kept, as
// every engine can read it.
func appendCanonical(dst []byte, raw string) []byte {
	switch raw[0] {
	case '"':
		if strings.IndexByte(raw, '\\') < 0 {
			return append(dst, raw...)
		}
		return appendText(dst, unquote(raw))
	case '{':
		return appendObject(dst, membersOf(raw))
	case '[':
		dst = append(dst, '[')
		for i, element := range elementsOf(raw) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendCanonical(dst, element)
		}
		return append(dst, ']')
	default:
		return append(dst, raw...)
	}
}

// appendObject leaves user_hash out wherever it stands: it proves who someone
// is, and must not be kept.
func appendObject(dst []byte, members object) []byte {
	dst = append(dst, '{')
	start := len(dst)
	for _, member := range members {
		if member.name == "user_hash" {
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
	return json.AppendEscape(dst, text, 0)
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

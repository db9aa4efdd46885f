package record

import (
	"math/bits"
	"strings"
)

// What follows finds where JSON values end, and sees to it that they are JSON,
// in one go. Where text is no JSON, notJSON says why.

// noEnd is where a value ends that is no JSON.
const noEnd = -1

// endOf is where the value that starts at i ends, noEnd if it is no JSON value
// or objects and arrays stand more than deeper in one another.
func endOf(raw string, i, deeper int) int {
	if i >= len(raw) {
		return noEnd
	}
	switch raw[i] {
	case '"':
		end, _ := endOfString(raw, i)
		return end
	case '{':
		return endOfObject(raw, i, deeper)
	case '[':
		return endOfArray(raw, i, deeper)
	case 't':
		return endOfWord(raw, i, "true")
	case 'f':
		return endOfWord(raw, i, "false")
	case 'n':
		return endOfWord(raw, i, "null")
	default:
		return endOfNumber(raw, i)
	}
}

func endOfWord(raw string, i int, word string) int {
	if !strings.HasPrefix(raw[i:], word) {
		return noEnd
	}
	return i + len(word)
}

func endOfObject(raw string, i, deeper int) int {
	if deeper == 0 {
		return noEnd
	}
	i = skipSpace(raw, i+1)
	if at(raw, i) == '}' {
		return i + 1
	}
	for {
		if at(raw, i) != '"' {
			return noEnd
		}
		if i, _ = endOfString(raw, i); i == noEnd {
			return noEnd
		}
		if i = skipSpace(raw, i); at(raw, i) != ':' {
			return noEnd
		}
		if i = endOf(raw, skipSpace(raw, i+1), deeper-1); i == noEnd {
			return noEnd
		}
		switch i = skipSpace(raw, i); at(raw, i) {
		case ',':
			i = skipSpace(raw, i+1)
		case '}':
			return i + 1
		default:
			return noEnd
		}
	}
}

func endOfArray(raw string, i, deeper int) int {
	if deeper == 0 {
		return noEnd
	}
	i = skipSpace(raw, i+1)
	if at(raw, i) == ']' {
		return i + 1
	}
	for {
		if i = endOf(raw, i, deeper-1); i == noEnd {
			return noEnd
		}
		switch i = skipSpace(raw, i); at(raw, i) {
		case ',':
			i = skipSpace(raw, i+1)
		case ']':
			return i + 1
		default:
			return noEnd
		}
	}
}

// endOfString is where the string that starts at i ends; plain says that what
// stands between its quotes is its text as it is.
func endOfString(raw string, i int) (end int, plain bool) {
	plain = true
	for i = special(raw, i+1); i < len(raw); i = special(raw, i) {
		switch raw[i] {
		case '"':
			return i + 1, plain
		case '\\':
			plain = false
			if i = endOfEscape(raw, i); i == noEnd {
				return noEnd, false
			}
		default: // a control character
			return noEnd, false
		}
	}
	return noEnd, false
}

func endOfEscape(raw string, i int) int {
	switch at(raw, i+1) {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		for k := i + 2; k < i+6; k++ {
			c := at(raw, k)
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
				return noEnd
			}
		}
		return i + 6
	}
	return noEnd
}

// special is where, from i on, the next quote, backslash or control character
// stands, the end of raw if there is none. It looks at eight bytes at a time:
// subtracting one from each byte borrows into the highest bit of those, and
// first of the lowest, that were zero.
func special(raw string, i int) int {
	const (
		ones  = 0x0101010101010101
		highs = 0x80 * ones
	)
	for ; i+8 <= len(raw); i += 8 {
		eight := raw[i : i+8]
		word := uint64(eight[0]) | uint64(eight[1])<<8 | uint64(eight[2])<<16 | uint64(eight[3])<<24 |
			uint64(eight[4])<<32 | uint64(eight[5])<<40 | uint64(eight[6])<<48 | uint64(eight[7])<<56
		quote, escape := word^('"'*ones), word^('\\'*ones)
		if found := ((word - ' '*ones) | (quote - ones) | (escape - ones)) &^ word & highs; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(raw); i++ {
		if c := raw[i]; c < ' ' || c == '"' || c == '\\' {
			return i
		}
	}
	return len(raw)
}

func endOfNumber(raw string, i int) int {
	if at(raw, i) == '-' {
		i++
	}
	switch c := at(raw, i); {
	case c == '0':
		i++
	case c >= '1' && c <= '9':
		i = endOfDigits(raw, i)
	default:
		return noEnd
	}
	if at(raw, i) == '.' {
		start := i + 1
		if i = endOfDigits(raw, start); i == start {
			return noEnd
		}
	}
	if c := at(raw, i); c == 'e' || c == 'E' {
		i++
		if c := at(raw, i); c == '+' || c == '-' {
			i++
		}
		start := i
		if i = endOfDigits(raw, start); i == start {
			return noEnd
		}
	}
	return i
}

func endOfDigits(raw string, i int) int {
	for i < len(raw) && raw[i] >= '0' && raw[i] <= '9' {
		i++
	}
	return i
}

func skipSpace(raw string, i int) int {
	for i < len(raw) && (raw[i] == ' ' || raw[i] == '\n' || raw[i] == '\r' || raw[i] == '\t') {
		i++
	}
	return i
}

// at is the byte at i, 0 beyond the end.
func at(raw string, i int) byte {
	if i >= len(raw) {
		return 0
	}
	return raw[i]
}

package warehouse

import "strings"

// token is one word, number or sign of a statement, without comments.
type token struct {
	text   string // as written; a quoted name without its quotes
	quoted bool   // a quoted name
	word   bool   // a bare word
	string bool   // a text literal
	start  int    // byte of the statement
	end    int    // byte after it
}

// is tells whether the token is the bare word w, in any case.
func (t token) is(w string) bool { return t.word && strings.EqualFold(t.text, w) }

// tokens splits a statement as the engine's scanner does, as far as it is
// needed to see where texts, quoted names and comments begin and end.
func tokens(query string) []token {
	var found []token
	for i := 0; i < len(query); {
		c := query[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
			i++
		case strings.HasPrefix(query[i:], "--"):
			i = endOf(query, i, "\n")
		case strings.HasPrefix(query[i:], "/*"):
			i = endOfComment(query, i)
		case c == '\'':
			// E'…' texts, in which a backslash escapes, begin with a word that is E.
			escapes := len(found) > 0 && found[len(found)-1].is("e") && found[len(found)-1].end == i
			end := endOfQuoted(query, i, '\'', escapes)
			found = append(found, token{text: query[i:end], string: true, start: i, end: end})
			i = end
		case c == '"':
			end := endOfQuoted(query, i, '"', false)
			name := strings.ReplaceAll(strings.TrimSuffix(query[i+1:end], `"`), `""`, `"`)
			found = append(found, token{text: name, quoted: true, start: i, end: end})
			i = end
		case c == '$' && dollarTag(query[i:]) != "":
			tag := dollarTag(query[i:])
			end := endOf(query, i+len(tag), tag)
			found = append(found, token{text: query[i:end], string: true, start: i, end: end})
			i = end
		case isWordByte(c):
			end := i
			for end < len(query) && (isWordByte(query[end]) || query[end] == '$') {
				end++
			}
			found = append(found, token{text: query[i:end], word: true, start: i, end: end})
			i = end
		default:
			found = append(found, token{text: query[i : i+1], start: i, end: i + 1})
			i++
		}
	}
	return found
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// endOf is the byte after the next stop in query from at on, or query's end.
func endOf(query string, at int, stop string) int {
	if i := strings.Index(query[at:], stop); i >= 0 {
		return at + i + len(stop)
	}
	return len(query)
}

// endOfComment is the byte after the comment that begins at; comments nest.
func endOfComment(query string, at int) int {
	depth := 0
	for i := at; i < len(query); {
		switch {
		case strings.HasPrefix(query[i:], "/*"):
			depth++
			i += 2
		case strings.HasPrefix(query[i:], "*/"):
			depth--
			i += 2
			if depth == 0 {
				return i
			}
		default:
			i++
		}
	}
	return len(query)
}

// endOfQuoted is the byte after the text or name that begins at; a doubled quote stands for itself.
func endOfQuoted(query string, at int, quote byte, escapes bool) int {
	for i := at + 1; i < len(query); i++ {
		switch {
		case escapes && query[i] == '\\':
			i++
		case query[i] == quote && i+1 < len(query) && query[i+1] == quote:
			i++
		case query[i] == quote:
			return i + 1
		}
	}
	return len(query)
}

// dollarTag is the opening $tag$ of a dollar-quoted text, or "".
func dollarTag(query string) string {
	for i := 1; i < len(query); i++ {
		switch c := query[i]; {
		case c == '$':
			return query[:i+1]
		case !isWordByte(c) || i == 1 && c >= '0' && c <= '9':
			return ""
		}
	}
	return ""
}

// trimStatement cuts a statement before the semicolon that ends it, so that it
// can stand in brackets. Comments before it stay.
func trimStatement(query string) string {
	found := tokens(query)
	for len(found) > 0 && found[len(found)-1].text == ";" && !found[len(found)-1].quoted {
		query = query[:found[len(found)-1].start]
		found = found[:len(found)-1]
	}
	if len(found) > 0 {
		query = query[:found[len(found)-1].end]
	}
	return query
}

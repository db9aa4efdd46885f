package settle

import (
	"html"
	"strings"
	"unicode"
)

// shown are the elements that are something to see without any text in them.
var shown = map[string]bool{
	"img": true, "video": true, "audio": true, "iframe": true, "object": true, "embed": true, "svg": true, "attachment": true,
}

// visible says whether a reader of the body, HTML or text, would see anything.
func visible(body string) bool {
	for body != "" {
		open := strings.IndexByte(body, '<')
		if open < 0 {
			return hasText(body)
		}
		if hasText(body[:open]) {
			return true
		}
		rest := body[open+1:]
		if strings.HasPrefix(rest, "!--") {
			_, body, _ = strings.Cut(rest, "-->")
			continue
		}
		name := elementName(rest)
		if name == "" {
			return true // not a tag: the sign itself
		}
		if shown[name] {
			return true
		}
		_, body, _ = strings.Cut(rest, ">")
		if name == "script" || name == "style" {
			end := strings.Index(strings.ToLower(body), "</"+name)
			if end < 0 {
				return false
			}
			body = body[end:]
		}
	}
	return false
}

// elementName is the name, in lower case, of the tag that rest begins with
// after its "<": of a closing one and of a declaration with the sign before it.
// It is empty if that is no tag.
func elementName(rest string) string {
	end := 0
	if rest != "" && strings.IndexByte("/!?", rest[0]) >= 0 {
		end = 1
	}
	start := end
	for end < len(rest) && (isLetter(rest[end]) || end > start && (rest[end] >= '0' && rest[end] <= '9' || rest[end] == '-')) {
		end++
	}
	if end == start {
		return ""
	}
	return strings.ToLower(rest[:end])
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// hasText says whether text, which holds no tags, shows anything but white space.
func hasText(text string) bool {
	if strings.IndexByte(text, '&') >= 0 {
		text = html.UnescapeString(text)
	}
	return strings.IndexFunc(text, func(r rune) bool {
		return !unicode.IsSpace(r) && !unicode.In(r, unicode.Cc, unicode.Cf) // Cf: marks of no width
	}) >= 0
}

package message

import (
	"fmt"
	"strconv"
	"strings"

	htmltoken "golang.org/x/net/html"
)

// textWriter writes a message's HTML as plain text: paragraphs apart, lists with
// their signs, the address of a link behind its words, the cells of a table
// apart by a bar.
type textWriter struct {
	out     strings.Builder
	line    strings.Builder
	lists   []int // of each list that is open: the next number, 0 for bullets
	quotes  int
	pre     int
	href    string
	linkAt  int
	bullet  string // stands before the next line
	between bool   // a blank line is due before the next text,
	gap     int    // as deep in quotes as this
}

func (w *textWriter) write(token htmltoken.Token) {
	switch token.Type {
	case htmltoken.TextToken:
		w.text(token.Data)
	case htmltoken.StartTagToken, htmltoken.SelfClosingTagToken:
		w.open(token)
	case htmltoken.EndTagToken:
		w.close(token.Data)
	}
}

func (w *textWriter) text(text string) {
	if w.pre > 0 {
		lines := strings.Split(text, "\n")
		for i, line := range lines {
			w.line.WriteString(line)
			if i < len(lines)-1 {
				w.endLine()
			}
		}
		return
	}
	for i, word := range strings.FieldsFunc(text, isSpace) {
		if i > 0 || isSpace(rune(text[0])) {
			w.space()
		}
		w.line.WriteString(word)
	}
	if text != "" && isSpace(rune(text[len(text)-1])) {
		w.space()
	}
}

func isSpace(letter rune) bool {
	return letter == ' ' || letter == '\n' || letter == '\t' || letter == '\r'
}

func (w *textWriter) space() {
	if line := w.line.String(); line != "" && !strings.HasSuffix(line, " ") {
		w.line.WriteByte(' ')
	}
}

func (w *textWriter) open(token htmltoken.Token) {
	switch token.Data {
	case "p", "h1", "h2", "h3", "h4", "h5", "h6", "table":
		w.paragraph()
	case "blockquote":
		w.paragraph()
		w.quotes++
	case "pre":
		w.paragraph()
		w.pre++
	case "ul", "ol":
		if len(w.lists) == 0 {
			w.paragraph()
		} else {
			w.endLine()
		}
		next := 0
		if token.Data == "ol" {
			next = 1
			if start, err := strconv.Atoi(attribute(token, "start")); err == nil {
				next = start
			}
		}
		w.lists = append(w.lists, next)
	case "li":
		w.endLine()
		w.bullet = "- "
		if last := len(w.lists) - 1; last >= 0 && w.lists[last] > 0 {
			w.bullet = fmt.Sprintf("%d. ", w.lists[last])
			w.lists[last]++
		}
	case "tr":
		w.endLine()
	case "td", "th":
		if w.line.Len() > 0 {
			w.space()
			w.line.WriteString("| ")
		}
	case "br":
		w.endLine()
	case "hr":
		w.paragraph()
		w.line.WriteString("---")
		w.paragraph()
	case "img":
		w.text(attribute(token, "alt"))
	case "a":
		w.href, w.linkAt = attribute(token, "href"), w.line.Len()
	}
}

func (w *textWriter) close(tag string) {
	switch tag {
	case "p", "h1", "h2", "h3", "h4", "h5", "h6", "table":
		w.paragraph()
	case "blockquote":
		w.endLine()
		w.quotes--
		w.paragraph()
	case "pre":
		w.pre--
		w.paragraph()
	case "ul", "ol":
		w.endLine()
		if len(w.lists) > 0 {
			w.lists = w.lists[:len(w.lists)-1]
		}
		if len(w.lists) == 0 {
			w.paragraph()
		}
	case "li", "tr":
		w.endLine()
	case "a":
		words := ""
		if line := w.line.String(); w.linkAt <= len(line) {
			words = strings.TrimSpace(line[w.linkAt:])
		}
		if address := strings.TrimPrefix(w.href, "mailto:"); address != "" && address != words {
			w.space()
			w.line.WriteString("(" + address + ")")
		}
		w.href = ""
	}
}

func (w *textWriter) paragraph() {
	w.endLine()
	if !w.between || w.quotes < w.gap {
		w.gap = w.quotes
	}
	w.between = true
}

func (w *textWriter) endLine() {
	line := strings.TrimRight(w.line.String(), " ")
	w.line.Reset()
	w.linkAt = 0
	if line == "" && w.pre == 0 {
		return
	}
	if w.between && w.out.Len() > 0 {
		w.out.WriteString(strings.TrimRight(strings.Repeat("> ", w.gap), " ") + "\n")
	}
	w.between = false
	w.out.WriteString(strings.Repeat("> ", w.quotes))
	if depth := len(w.lists); depth > 0 {
		w.out.WriteString(strings.Repeat("  ", depth-1))
		if w.bullet == "" {
			w.out.WriteString("  ")
		}
	}
	w.out.WriteString(w.bullet + line + "\n")
	w.bullet = ""
}

// String ends the text.
func (w *textWriter) String() string {
	w.endLine()
	return w.out.String()
}

func attribute(token htmltoken.Token, key string) string {
	for _, attribute := range token.Attr {
		if attribute.Key == key {
			return attribute.Val
		}
	}
	return ""
}

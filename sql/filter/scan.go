package filter

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Place is where something stands in a filter's text, from 1.
type Place struct{ Line, Column int }

// Error says what is wrong in a filter, and where: `1:7: unknown field "plna"; did you mean "plan"?`.
type Error struct {
	At      Place
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("%d:%d: %s", e.At.Line, e.At.Column, e.Message) }

func errorAt(at Place, format string, args ...any) error {
	return &Error{At: at, Message: fmt.Sprintf(format, args...)}
}

type tokenKind int

const (
	endToken tokenKind = iota
	wordToken
	textToken
	numberToken
	dateToken
	signToken // ( ) , . = != > >= < <=
)

type token struct {
	kind tokenKind
	text string // of a text: what stands between its quotes
	at   Place
}

func (t token) is(word string) bool {
	return (t.kind == wordToken || t.kind == signToken) && strings.EqualFold(t.text, word)
}

// shown is the token as a message calls it.
func (t token) shown() string {
	switch t.kind {
	case endToken:
		return "the end"
	case textToken:
		return quote(t.text)
	}
	return fmt.Sprintf("%q", t.text)
}

// scan cuts text into tokens; the last one is the end.
func scan(text string) ([]token, error) {
	var tokens []token
	at := Place{1, 1}
	for i := 0; i < len(text); {
		letter, width := utf8.DecodeRuneInString(text[i:])
		start := at
		length := 0
		kind := signToken
		switch {
		case letter == utf8.RuneError && width == 1:
			return nil, errorAt(at, "not UTF-8")
		case unicode.IsSpace(letter):
			i += width
			if at.Column++; letter == '\n' {
				at = Place{at.Line + 1, 1}
			}
			continue
		case letter == '"':
			kind = textToken
			if length = closingQuote(text[i:]); length == 0 {
				return nil, errorAt(at, `the quote that opens here is not closed; end the text with "`)
			}
		case isNameLetter(letter, true):
			kind, length = wordToken, span(text[i:], func(r rune) bool { return isNameLetter(r, false) })
		case letter >= '0' && letter <= '9', letter == '-' && i+1 < len(text) && text[i+1] >= '0' && text[i+1] <= '9':
			kind, length = numberToken, 1+span(text[i+1:], func(r rune) bool { return r >= '0' && r <= '9' || r == '.' || r == '-' || r == ':' || r == '_' })
			if strings.Count(text[i+1:i+length], "-") > 0 {
				kind = dateToken
			}
		case strings.ContainsRune("(),.=", letter):
			length = 1
		case letter == '>' || letter == '<' || letter == '!':
			length = 1
			if strings.HasPrefix(text[i+1:], "=") {
				length = 2
			} else if letter == '!' {
				return nil, errorAt(at, `"!" alone means nothing; write != or not`)
			}
		case letter == '\'' || letter == '“' || letter == '”':
			return nil, errorAt(at, `text stands between double quotes: "…"`)
		default:
			return nil, errorAt(at, "%q means nothing in a filter", string(letter))
		}
		piece := text[i : i+length]
		i += length
		for _, r := range piece {
			if at.Column++; r == '\n' {
				at = Place{at.Line + 1, 1}
			}
		}
		if kind == textToken {
			piece = strings.ReplaceAll(piece[1:len(piece)-1], `""`, `"`)
		}
		tokens = append(tokens, token{kind, piece, start})
	}
	return append(tokens, token{kind: endToken, at: at}), nil
}

// closingQuote is the length of the quoted text that text begins with, 0 when it does not end.
func closingQuote(text string) int {
	for i := 1; i < len(text); i++ {
		if text[i] != '"' {
			continue
		}
		if i+1 < len(text) && text[i+1] == '"' {
			i++
			continue
		}
		return i + 1
	}
	return 0
}

func span(text string, belongs func(rune) bool) int {
	for i, letter := range text {
		if !belongs(letter) {
			return i
		}
	}
	return len(text)
}

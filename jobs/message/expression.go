package message

import (
	"errors"
	"fmt"
	"strings"

	"github.com/osteele/liquid/expressions"
)

// name is a variable or a filter that an expression uses, with its offset.
type name struct {
	text      string
	at        int
	filter    bool
	attribute bool // written as attributes["…"]
}

// attributesName is the variable by which an attribute is reached whose name is
// no word: {{ attributes["invites sent"] }}.
const attributesName = "attributes"

// namesIn reads the names out of a Liquid expression, after the library has
// found its grammar to be right: it says nothing itself of what it found there.
func namesIn(source string) ([]name, error) {
	if _, err := expressions.Parse("(" + source + ")"); err != nil {
		return nil, fmt.Errorf("%q cannot be read; write {{ first_name | fallback:\"there\" }}, with straight quotes", source)
	}
	var names []name
	afterBar := false
	for at := 0; at < len(source); {
		switch letter := source[at]; {
		case letter == '"' || letter == '\'':
			end := strings.IndexByte(source[at+1:], letter)
			if end < 0 {
				return nil, errors.New("a quote is not closed; close it")
			}
			at += end + 2
			afterBar = false
		case startsWord(letter):
			word, next := wordAt(source, at)
			switch {
			case afterBar:
				names = append(names, name{text: word, at: at, filter: true})
			case word == attributesName:
				found, after, err := attributeAt(source, at, next)
				if err != nil {
					return nil, err
				}
				names, next = append(names, found), after
			case !reserved[word]:
				text := word
				for next+1 < len(source) && source[next] == '.' && startsWord(source[next+1]) {
					property, after := wordAt(source, next+1)
					text, next = text+"."+property, after
				}
				names = append(names, name{text: text, at: at})
			}
			at, afterBar = next, false
		default:
			if letter == '|' {
				afterBar = true
			}
			at++
		}
	}
	return names, nil
}

var reserved = map[string]bool{"true": true, "false": true, "nil": true, "and": true, "or": true, "contains": true, "in": true}

func startsWord(letter byte) bool {
	return letter == '_' || letter >= 'a' && letter <= 'z' || letter >= 'A' && letter <= 'Z'
}

func wordAt(source string, at int) (word string, next int) {
	for next = at; next < len(source); next++ {
		letter := source[next]
		if !startsWord(letter) && (letter < '0' || letter > '9') && letter != '-' {
			break
		}
	}
	return source[at:next], next
}

// attributeAt reads attributes["name"] or attributes.name, whose first word
// begins at and ends at next.
func attributeAt(source string, at, next int) (found name, after int, err error) {
	rest := source[next:]
	if strings.HasPrefix(rest, ".") && len(rest) > 1 && startsWord(rest[1]) {
		word, end := wordAt(source, next+1)
		return name{text: word, at: at, attribute: true}, end, nil
	}
	inside := strings.TrimLeft(rest, " ")
	if strings.HasPrefix(inside, "[") {
		inside = strings.TrimLeft(inside[1:], " ")
		if inside != "" && (inside[0] == '"' || inside[0] == '\'') {
			text, tail, closed := strings.Cut(inside[1:], inside[:1])
			if closed && strings.HasPrefix(strings.TrimLeft(tail, " "), "]") {
				tail = strings.TrimLeft(tail, " ")[1:]
				return name{text: text, at: at, attribute: true}, len(source) - len(tail), nil
			}
		}
	}
	return name{}, 0, errors.New(`which attribute is not said; write attributes["name"]`)
}

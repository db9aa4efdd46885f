package message

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// A sealed value is one word of letters and digits that holds the value's bytes:
// to Markdown, to the HTML sanitiser and in an address it is a plain word, so it
// cannot mean anything there. Its ends are no hexadecimal digits.
const sealStart, sealEnd = "qzx", "xzq"

var sealed = regexp.MustCompile(sealStart + `((?:[0-9a-f][0-9a-f])*)` + sealEnd)

// seal is the filter that stands last in every object of a template.
func seal(value any) string {
	return sealStart + hex.EncodeToString([]byte(clean(written(value)))) + sealEnd
}

// unseal puts write(value) in the place of each sealed value.
func unseal(text string, write func(value string) string) string {
	return sealed.ReplaceAllStringFunc(text, func(word string) string {
		value, err := hex.DecodeString(word[len(sealStart) : len(word)-len(sealEnd)])
		if err != nil {
			return ""
		}
		return write(string(value))
	})
}

// written is a value as people write it.
func written(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	case time.Time:
		return value.Format("2 January 2006")
	case []any, map[string]any:
		text, err := json.Marshal(value)
		if err != nil {
			return ""
		}
		return string(text)
	default:
		return fmt.Sprint(value)
	}
}

// clean makes text one line that shows as it is stored: white space and control
// characters become single spaces, and what turns the direction of writing
// (by which one address can be made to look like another) is left out.
func clean(text string) string {
	text = strings.Map(func(letter rune) rune {
		switch {
		case letter >= '\u202a' && letter <= '\u202e', letter >= '\u2066' && letter <= '\u2069', letter == '\ufeff':
			return -1
		case unicode.IsSpace(letter), unicode.IsControl(letter), letter == '\u2028', letter == '\u2029':
			return ' '
		}
		return letter
	}, strings.ToValidUTF8(text, "\ufffd"))
	return strings.Join(strings.Fields(text), " ")
}

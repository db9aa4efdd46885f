package warehouse

import (
	"context"
	"strings"
)

// Complete says how the last word of a statement that is being typed can go on:
// by keywords, functions, tables and columns; the place is the byte of the text
// that each of them replaces from.
func (r *Reader) Complete(ctx context.Context, text string) (words []string, place int, err error) {
	found, err := r.engine.Query(ctx, "select suggestion, suggestion_start from sql_auto_complete(?)", text)
	if err != nil {
		return nil, 0, err
	}
	for _, row := range found.Rows {
		word, _ := row[0].(string)
		at, _ := row[1].(int32)
		// The engine also suggests words that are only alike.
		if place = min(max(int(at), 0), len(text)); strings.HasPrefix(strings.ToLower(word), strings.ToLower(text[place:])) {
			words = append(words, strings.TrimRight(word, " "))
		}
	}
	return words, place, nil
}

// IsEnded says whether a statement that is being typed ends with a semicolon,
// one that stands in no text, name or comment.
func IsEnded(text string) bool {
	found := tokens(text)
	if len(found) == 0 {
		return false
	}
	last := found[len(found)-1]
	return last.text == ";" && !last.quoted && !last.string
}

// OneLine is a statement without comments, in one line; "" where a text or name
// in it has lines of its own.
func OneLine(statement string) string {
	var line strings.Builder
	end := 0
	for i, t := range tokens(statement) {
		if i > 0 && t.start > end {
			line.WriteByte(' ')
		}
		line.WriteString(statement[t.start:t.end])
		end = t.end
	}
	if strings.ContainsAny(line.String(), "\r\n") {
		return ""
	}
	return line.String()
}

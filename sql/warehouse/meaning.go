package warehouse

import (
	_ "embed"
	"fmt"
	"strings"
)

// Meaning says in words what a table holds that no model makes.
type Meaning struct {
	Text    string
	Columns map[string]string
}

//go:embed sources.txt
var sourcesText string

// SourceMeanings says what the tables of SourceSchemas and their columns mean,
// by the table's name.
func SourceMeanings() map[string]Meaning {
	meanings, err := ParseMeanings(sourcesText)
	if err != nil {
		panic(err) // the text is part of the program, and a test reads it
	}
	return meanings
}

// ParseMeanings reads a line `table: meaning` for each table, and below it a
// line `column: meaning`, set in, for each of its columns.
func ParseMeanings(text string) (map[string]Meaning, error) {
	meanings := map[string]Meaning{}
	table := ""
	for i, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		name, meaning, ok := strings.Cut(strings.TrimSpace(line), ": ")
		inTable := strings.HasPrefix(line, " ")
		_, twice := meanings[name]
		if inTable {
			_, twice = meanings[table].Columns[name]
		}
		if !ok || twice || inTable && table == "" {
			return nil, fmt.Errorf("line %d: %q is no `name: meaning`, or stands there twice", i+1, line)
		}
		if inTable {
			meanings[table].Columns[name] = meaning
			continue
		}
		table = name
		meanings[table] = Meaning{Text: meaning, Columns: map[string]string{}}
	}
	return meanings, nil
}

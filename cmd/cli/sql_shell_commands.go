package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"parley/cmd/output"
	"parley/pipelines/yamlfile"
	"parley/sql/warehouse"
)

// shellCommands are what begins with a backslash, and what it does.
var shellCommands = []struct{ name, what string }{
	{`\d`, "list the marts, with their rows and what one row is"},
	{`\d MART`, "a mart's columns, their types, and what they mean"},
	{`\format FORMAT`, "print answers as table, json or csv"},
	{`\o FILE`, "write the next answer to this file: csv, json, parquet or arrow, by its name's ending"},
	{`\timing`, "say how long each query took, or no longer"},
	{`\h`, "this list"},
	{`\q`, "leave; so do exit, quit and ctrl-D"},
}

// command does what begins with a backslash.
func (s *shell) command(ctx context.Context, line string) error {
	word, rest, _ := strings.Cut(strings.TrimRight(line, " \t;"), " ")
	rest = strings.TrimSpace(rest)
	switch word {
	case `\d`:
		if rest == "" {
			return s.listMarts()
		}
		return s.describeMart(ctx, rest)
	case `\timing`:
		s.timing = !s.timing
		s.app.say("timing is %s", map[bool]string{true: "on", false: "off"}[s.timing])
		return nil
	case `\format`:
		if !slices.Contains(output.Formats, rest) {
			return fmt.Errorf(`there is no \format %s; choose %s; \o FILE writes parquet and arrow`, rest, strings.Join(output.Formats, ", "))
		}
		s.format = rest
		return nil
	case `\o`:
		if rest == "" {
			return fmt.Errorf(`\o wants the file of the next answer, as \o users.parquet`)
		}
		s.file, s.fileFormat = s.app.inDir(rest), formatOfFile(rest)
		return nil
	case `\h`, `\?`, `\help`:
		for _, c := range shellCommands {
			fmt.Fprintf(s.app.stdout, "%-16s %s\n", c.name, c.what)
		}
		fmt.Fprintln(s.app.stdout, "\nA query ends with a semicolon, and may have several lines. Tab completes, ctrl-R searches what was asked before, ctrl-C stops a query.")
		return nil
	}
	return fmt.Errorf(`there is no %s; \h lists the commands`, word)
}

// listMarts lists the tables that can be asked.
func (s *shell) listMarts() error {
	rows := s.reader.Build().Rows
	r := output.Rows{Columns: []string{"mart", "rows", "one row is"}}
	for _, mart := range s.reader.Tables() {
		row := []any{mart, nil, s.grainOf(mart)}
		if n, counted := rows[mart]; counted {
			row[1] = n
		}
		r.Rows = append(r.Rows, row)
	}
	return output.Table(s.app.stdout, r)
}

func (s *shell) grainOf(mart string) string { return cmp.Or(s.notes[mart].Grain, otherGrains[mart]) }

// otherGrains are those of the tables that no model makes.
var otherGrains = map[string]string{
	"builds": "build, failed ones too", "build_checks": "build, check that did not hold", "dead_letters": "record that could not be read",
	"segment_members": "segment, person in it", "segment_changes": "segment, person, entry or exit", "segment_runs": "segment",
	"settings": "the workspace's choices", "report_zones": "time zone of the reports",
	"staffing_settings": "what the hiring plan assumes",
}

// describeMart shows a mart's columns.
func (s *shell) describeMart(ctx context.Context, mart string) error {
	described, err := s.reader.Query(ctx, "describe "+warehouse.Ident(strings.ToLower(strings.Trim(mart, `"`))))
	if err != nil {
		return fmt.Errorf(`unknown table %q%s; \d lists those there are`, mart, yamlfile.DidYouMean(mart, s.reader.Tables()))
	}
	notes := s.notes[strings.ToLower(strings.Trim(mart, `"`))]
	if notes.Text != "" {
		fmt.Fprintln(s.app.stdout, output.Printable(strings.ReplaceAll(notes.Text, "\n", " ")))
	}
	meaning := map[string]string{}
	for _, note := range notes.Columns {
		meaning[strings.ToLower(note.Column)] = note.Text
	}
	r := output.Rows{Columns: []string{"column", "type", "is"}}
	for _, row := range described.Rows {
		name := fmt.Sprint(row[0])
		r.Rows = append(r.Rows, []any{name, row[1], meaning[strings.ToLower(name)]})
	}
	return output.Table(s.app.stdout, r)
}

// completeCommand completes a backslash's name, and after \d the mart's; start is
// the byte of head that the words replace from.
func (s *shell) completeCommand(head string) (words []string, start int) {
	var all []string
	start = strings.LastIndexByte(head, ' ') + 1
	switch command, _, more := strings.Cut(strings.TrimSpace(head)+" ", " "); {
	case start == 0 && more:
		for _, c := range shellCommands {
			name, _, _ := strings.Cut(c.name, " ")
			all = append(all, name)
		}
	case command == `\d`:
		all = s.reader.Tables()
	case command == `\format`:
		all = output.Formats
	}
	for _, word := range slices.Compact(all) {
		if strings.HasPrefix(word, head[start:]) {
			words = append(words, word)
		}
	}
	return words, start
}

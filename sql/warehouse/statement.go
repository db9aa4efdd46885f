package warehouse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrRefused is what a query's error is when the statement was not run because
// it does more than read the current build.
var ErrRefused = errors.New("refused")

// RefusedError says in a sentence why a statement was not run. It is ErrRefused.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return e.Reason }

// Is makes the error ErrRefused.
func (e *RefusedError) Is(target error) bool { return target == ErrRefused }

func refuse(format string, args ...any) error {
	return &RefusedError{Reason: fmt.Sprintf(format, args...)}
}

// readingFunctions are the functions that may stand in FROM of an analyst's
// query, beside the dialect's macros: they read their arguments, tables of the
// build, or what the engine knows of its own catalogue. All others are refused;
// among them are some that read files, and some that stop the engine.
var readingFunctions = []string{
	"range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree",
	"histogram", "histogram_values", "summary",
	"duckdb_columns", "duckdb_functions", "duckdb_keywords", "duckdb_schemas", "duckdb_tables",
	"duckdb_types", "duckdb_views", "pragma_table_info", "pragma_version", "pg_timezone_names",
}

// hidden are functions of values, and tables of the engine's catalogue, that
// tell how it is set up or write where nobody asked for it.
var hidden = []string{
	"current_setting", "getenv", "getvariable", "json_serialize_plan", "nextval", "write_log",
	"duckdb_databases", "duckdb_logs", "duckdb_settings", "pg_settings",
}

// changing are the first words of statements that change something, or reach
// out of the build; they are told by name.
var changing = []string{
	"alter", "analyze", "attach", "begin", "call", "checkpoint", "comment", "commit", "copy", "create", "deallocate", "delete",
	"detach", "drop", "execute", "export", "force", "import", "insert", "install", "load", "merge", "pragma", "prepare",
	"reset", "rollback", "set", "start", "truncate", "update", "use", "vacuum",
}

// requireRead refuses a statement that does more than read. It reads the
// engine's own parse; only for a PIVOT without values, which the engine parses
// into several statements and does not show, it goes by the words.
func requireRead(ctx context.Context, d *DuckDB, macros []string, query string) error {
	words := tokens(query)
	if len(words) == 0 {
		return refuse("there is no statement; write a SELECT")
	}
	if second := secondStatement(query); second >= 0 {
		line, column := Place(query, second)
		return refuse("%d:%d: there is more than one statement; give one at a time", line, column)
	}
	if words[0].is("explain") {
		inner, err := explained(query, words)
		if err != nil {
			return err
		}
		return requireRead(ctx, d, macros, inner)
	}
	if words[0].word && slices.Contains(changing, strings.ToLower(words[0].text)) {
		return refuse("%s is no query; here one can only read: SELECT, FROM, WITH, VALUES, DESCRIBE, SHOW, SUMMARIZE, EXPLAIN, PIVOT", strings.ToUpper(words[0].text))
	}
	allowed := append(slices.Clone(readingFunctions), macros...)
	parsed, err := d.Parse(ctx, query)
	var fault *QueryError
	switch {
	case err == nil:
		for _, f := range parsed.TableFunctions {
			if !slices.Contains(allowed, strings.ToLower(f.Name)) {
				line, column := Place(query, f.Offset)
				return refuse("%d:%d: %s(…) may not be used in a query; read the marts by their names", line, column, f.Name)
			}
		}
		return requireKnown(query, parsed)
	case errors.As(err, &fault) && strings.Contains(fault.Message, "Only SELECT"):
		return requirePivot(ctx, d, allowed, words)
	}
	return err
}

// requireKnown refuses what tells of the engine's own setting up, and files in
// the place of tables: the engine reads one whose name a table's name is.
func requireKnown(query string, parsed *Parsed) error {
	for _, f := range parsed.Functions {
		if slices.Contains(hidden, strings.ToLower(f.Name)) {
			line, column := Place(query, f.Offset)
			return refuse("%d:%d: %s(…) may not be used in a query", line, column, f.Name)
		}
	}
	for _, t := range parsed.Tables {
		line, column := Place(query, t.Offset)
		switch {
		case slices.Contains(hidden, strings.ToLower(t.Name)):
			return refuse("%d:%d: %s may not be read in a query", line, column, t.Name)
		case strings.ContainsAny(t.Name, `./\:*?[`):
			return refuse("%d:%d: %q may not be read in a query: files are not tables; read the marts by their names", line, column, t.Name)
		}
	}
	return nil
}

// explained is the statement that an EXPLAIN explains.
func explained(query string, words []token) (string, error) {
	i := 1
	if i < len(words) && words[i].is("analyze") {
		i++
	} else if i < len(words) && words[i].text == "(" {
		for i < len(words) && words[i].text != ")" {
			i++
		}
		i++
	}
	if i >= len(words) {
		return "", refuse("EXPLAIN wants a query behind it")
	}
	return query[words[i].start:], nil
}

// requirePivot lets a statement pass that the engine cannot show as one SELECT
// only if its words say that it is a PIVOT whose values come from the data,
// that nothing in it changes anything, and that it calls no forbidden function in FROM.
func requirePivot(ctx context.Context, d *DuckDB, allowed []string, words []token) error {
	pivots := slices.ContainsFunc(words, func(t token) bool { return t.is("pivot") || t.is("pivot_wider") })
	starts := words[0].text == "(" || slices.ContainsFunc([]string{"pivot", "pivot_wider", "from", "select", "with"}, words[0].is)
	if !pivots || !starts {
		return refuse("this is no query; here one can only read: SELECT, FROM, WITH, VALUES, DESCRIBE, SHOW, SUMMARIZE, EXPLAIN, PIVOT")
	}
	known, err := d.tableFunctions(ctx)
	if err != nil {
		return err
	}
	for i, t := range words {
		name := strings.ToLower(t.text)
		switch {
		case t.word && slices.Contains([]string{"insert", "update", "delete", "merge", "copy", "create", "into"}, name):
			return refuse("%s may not stand in a PIVOT; quote it if it is a name", strings.ToUpper(t.text))
		case i+1 < len(words) && words[i+1].text == "(" && (t.word || t.quoted) && known[name] && !slices.Contains(allowed, name):
			return refuse("%s(…) may not be used in a query; read the marts by their names", t.text)
		case (t.word || t.quoted) && slices.Contains(hidden, name), t.quoted && strings.Contains(name, "/"):
			return refuse("%s may not be used in a query", t.text)
		}
	}
	return nil
}

// tableFunctions are the names of all functions that can stand in FROM.
func (d *DuckDB) tableFunctions(ctx context.Context) (map[string]bool, error) {
	t, err := d.Query(ctx, "select distinct lower(function_name) from duckdb_functions() where function_type in ('table', 'table_macro', 'pragma')")
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, row := range t.Rows {
		if name, ok := row[0].(string); ok {
			names[name] = true
		}
	}
	return names, nil
}

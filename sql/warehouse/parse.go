package warehouse

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"parley/sql/dialect"
)

// Name is a name used in a statement and where.
type Name struct {
	Name   string // as written, without schema and quotes
	Schema string // "" when none is written
	Offset int    // byte of the statement; -1: unknown
}

// Parsed is what a SELECT reads, as the engine itself parses it.
type Parsed struct {
	Tables         []Name // tables and views, names that WITH defines left out; each occurrence, in order of the text
	TableFunctions []Name // functions that stand in FROM
	Functions      []Name // all other functions, operators left out
}

// Parse reads one SELECT. The error is a *QueryError with its place; it is one
// too when the text is not one statement, or not a SELECT.
func (d *DuckDB) Parse(ctx context.Context, query string) (*Parsed, error) {
	t, err := d.Query(ctx, "select json_serialize_sql(?::varchar)::varchar", query)
	if err != nil {
		return nil, err
	}
	text, _ := t.Rows[0][0].(string)
	return parseSerialized(query, text)
}

// Tables names the tables a SELECT reads, each once, sorted.
func (d *DuckDB) Tables(ctx context.Context, query string) ([]string, error) {
	p, err := d.Parse(ctx, query)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, t := range p.Tables {
		names[t.Name] = true
	}
	return slices.Sorted(maps.Keys(names)), nil
}

// TableMacros names the dialect's macros that stand in FROM, as each_day does.
func (d *DuckDB) TableMacros(context.Context) ([]string, error) { return tableMacros(), nil }

// tableMacros reads their names from the dialect itself: asking the engine, which
// knows some thousand functions, would take most of the time of opening a build.
var tableMacros = sync.OnceValue(func() (names []string) {
	words := tokens(dialect.DuckDB)
	for i, name := 0, ""; i < len(words); i++ {
		switch {
		case i > 0 && words[i-1].is("macro"):
			name = words[i].text
		case words[i].is("table") && words[i-1].is("as") && name != "":
			names = append(names, name)
			name = ""
		case words[i].text == ";":
			name = ""
		}
	}
	slices.Sort(names)
	return names
})

func parseSerialized(query, serialized string) (*Parsed, error) {
	var answer struct {
		Error      bool   `json:"error"`
		Message    string `json:"error_message"`
		Position   string `json:"position"`
		Statements []any  `json:"statements"`
	}
	// Positions of "nowhere" are the largest unsigned number: kept as text.
	decoder := json.NewDecoder(strings.NewReader(serialized))
	decoder.UseNumber()
	if err := decoder.Decode(&answer); err != nil {
		return nil, fmt.Errorf("read the engine's parse: %w", err)
	}
	if answer.Error {
		e := &QueryError{Kind: "Parser", Message: oneLine(answer.Message), Offset: -1}
		e.at(query, answer.Position)
		return nil, e
	}
	switch len(answer.Statements) {
	case 0:
		return nil, &QueryError{Kind: "Parser", Message: "there is no statement", Offset: -1}
	case 1:
	default:
		e := &QueryError{Kind: "Parser", Message: fmt.Sprintf("there are %d statements where one is wanted", len(answer.Statements)), Offset: secondStatement(query)}
		e.Line, e.Column = Place(query, e.Offset)
		return nil, e
	}
	w := &walker{parsed: &Parsed{}}
	w.walk(answer.Statements[0], nil)
	byOffset := func(a, b Name) int { return a.Offset - b.Offset }
	slices.SortStableFunc(w.parsed.Tables, byOffset)
	slices.SortStableFunc(w.parsed.TableFunctions, byOffset)
	slices.SortStableFunc(w.parsed.Functions, byOffset)
	return w.parsed, nil
}

// secondStatement is the byte at which the second statement begins, or -1.
func secondStatement(query string) int {
	ended := false
	for _, t := range tokens(query) {
		switch {
		case t.text == ";" && !t.quoted:
			ended = true
		case ended:
			return t.start
		}
	}
	return -1
}

// scope is what WITH defines at one place, inside out.
type scope struct {
	outer *scope
	name  string
}

func (s *scope) has(name string) bool {
	for ; s != nil; s = s.outer {
		if strings.EqualFold(s.name, name) {
			return true
		}
	}
	return false
}

// walker goes through the engine's parse tree, whose nodes are objects with a
// "type". It knows only those that name tables or open a scope; all others it
// passes through, so that a kind of node it has never seen hides no table.
type walker struct{ parsed *Parsed }

func (w *walker) walk(node any, in *scope) {
	switch n := node.(type) {
	case []any:
		for _, child := range n {
			w.walk(child, in)
		}
	case map[string]any:
		w.object(n, in)
	}
}

func (w *walker) object(n map[string]any, in *scope) {
	if defined, ok := n["cte_map"].(map[string]any); ok {
		in = w.with(defined, in)
	}
	switch n["type"] {
	case "BASE_TABLE":
		name := Name{Name: text(n["table_name"]), Schema: text(n["schema_name"]), Offset: offset(n)}
		if name.Schema != "" || !in.has(name.Name) {
			w.parsed.Tables = append(w.parsed.Tables, name)
		}
	case "SHOW_REF":
		if name := strings.Trim(text(n["table_name"]), `"`); name != "" && text(n["show_type"]) != "SHOW_UNQUALIFIED" && !in.has(name) {
			w.parsed.Tables = append(w.parsed.Tables, Name{Name: name, Schema: text(n["schema_name"]), Offset: offset(n)})
		}
	case "TABLE_FUNCTION":
		if f, ok := n["function"].(map[string]any); ok {
			w.parsed.TableFunctions = append(w.parsed.TableFunctions, Name{Name: text(f["function_name"]), Schema: text(f["schema"]), Offset: offset(f)})
			// Its arguments only: the function itself is no function of a value.
			w.walk(f["children"], in)
			return
		}
	case "FUNCTION":
		if operator, _ := n["is_operator"].(bool); !operator && n["class"] == "FUNCTION" {
			w.parsed.Functions = append(w.parsed.Functions, Name{Name: text(n["function_name"]), Schema: text(n["schema"]), Offset: offset(n)})
		}
	case "RECURSIVE_CTE_NODE":
		// Only here may a definition read itself.
		in = &scope{outer: in, name: text(n["cte_name"])}
	}
	for key, child := range n {
		if key != "cte_map" {
			w.walk(child, in)
		}
	}
}

// with walks the definitions of a WITH in order, each seeing those before it,
// and gives the scope that the rest of the statement sees.
func (w *walker) with(defined map[string]any, in *scope) *scope {
	entries, _ := defined["map"].([]any)
	for _, e := range entries {
		entry, ok := e.(map[string]any)
		if !ok {
			continue
		}
		w.walk(entry["value"], in)
		in = &scope{outer: in, name: text(entry["key"])}
	}
	return in
}

func text(v any) string { s, _ := v.(string); return s }

func offset(n map[string]any) int {
	number, ok := n["query_location"].(json.Number)
	if !ok {
		return -1
	}
	at, err := number.Int64()
	if err != nil {
		return -1
	}
	return int(at)
}

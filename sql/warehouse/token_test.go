package warehouse

import (
	"strings"
	"testing"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"select a.b, 'it''s; -- no' from \"odd \"\"name\"\"\" -- end": `select a . b , 'it''s; -- no' from odd "name"`,
		"/* a /* b */ ; */ x":            "x",
		`e'\'; drop' y`:                  `e '\'; drop' y`,
		`'\' y`:                          `'\' y`,
		"$$ ; ' $$ z $tag$ $$ ; $tag$ w": "$$ ; ' $$ z $tag$ $$ ; $tag$ w",
		"$1 + a$b":                       "$ 1 + a$b",
		"größe=1;":                       "größe = 1 ;",
		"'open":                          "'open",
		"/* open":                        "",
		"":                               "",
	}
	for query, want := range tests {
		var words []string
		for _, found := range tokens(query) {
			words = append(words, found.text)
		}
		if got := strings.Join(words, " "); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

func TestTrimStatement(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"select 1":                        "select 1",
		"-- why\nselect 1; -- done\n":     "-- why\nselect 1",
		"select ';' ; ; /* x */":          "select ';'",
		"select 1 as \";\"":               "select 1 as \";\"",
		"select 1 -- no newline after it": "select 1",
	}
	for query, want := range tests {
		if got := trimStatement(query); got != want {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}
}

func FuzzTokens(f *testing.F) {
	for _, seed := range []string{"select 'a' from \"b\"", "$$x$$", "/*/*", "e'\\", "é;"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		at := 0
		for _, found := range tokens(query) {
			if found.start < at || found.end <= found.start || found.end > len(query) {
				t.Fatalf("token %+v after byte %d of %q", found, at, query)
			}
			at = found.end
		}
		if trimmed := trimStatement(query); !strings.HasPrefix(query, trimmed) {
			t.Fatalf("%q is no beginning of %q", trimmed, query)
		}
	})
}

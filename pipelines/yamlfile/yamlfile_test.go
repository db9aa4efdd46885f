package yamlfile_test

import (
	"errors"
	"strings"
	"testing"

	"parley/pipelines/yamlfile"
)

type settings struct {
	Workspace struct {
		Timezone string `yaml:"timezone"`
		Keep     int    `yaml:"keep"`
		Active   *bool  `yaml:"active"`
	} `yaml:"workspace"`
	Zones  []string       `yaml:"zones"`
	Shares map[string]int `yaml:"shares"`
}

func TestDecodeSaysWhereAndWhat(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"unknown key with its nearest", "workspace:\n  timezon: UTC\n", `f.yaml:3:3: unknown key "timezon"; did you mean "timezone"?`},
		{"unknown key that is like none", "colour: red\n", `f.yaml:2:1: unknown key "colour"`},
		{"key at another place", "workspace: {zones: []}\n", `f.yaml:2:13: unknown key "zones" here; it stands at another place in the file`},
		{"no true or false", "workspace: {active: maybe}", `f.yaml:2:21: active wants true or false, not "maybe"`},
		{"a number for true or false", "workspace: {active: 12}", `f.yaml:2:21: active wants true or false, not 12`},
		{"no number", "workspace:\n  keep: many\n", `f.yaml:3:9: keep wants a number, not "many"`},
		{"no number, in a map", "shares: {a: [1]}", `f.yaml:2:13: a wants a number, not a list`},
		{"keys for a number", "workspace:\n  keep:\n    days: 1\n", `f.yaml:4:5: keep wants a number, not keys and values`},
		{"too large", "workspace: {keep: 99999999999999999999}", `f.yaml:2:19: keep wants a number within bounds, not 99999999999999999999`},
		{"no text", "workspace: {timezone: [UTC]}", `f.yaml:2:23: timezone wants text, not a list`},
		{"no text in a list", "zones: [UTC, [UTC]]", `f.yaml:2:14: here stands a list where text should be`},
		{"no list", "zones: UTC", `f.yaml:2:8: zones wants a list, as [a, b], not "UTC"`},
		{"keys for a list", "zones: {a: b}", `f.yaml:2:8: zones wants a list, as [a, b], not keys and values`},
		{"long text for a list", "zones: " + strings.Repeat("UTC ", 20), `f.yaml:2:8: zones wants a list, as [a, b], not text`},
		{"no keys", "workspace: UTC", `f.yaml:2:12: workspace wants keys and values, as {key: value}, not "UTC"`},
		{"a list for keys", "workspace:\n  - UTC", `f.yaml:3:3: workspace wants keys and values, as {key: value}, not a list`},
		{"the whole is no keys", "UTC", `f.yaml:2:1: here stands "UTC" where keys and values, as {key: value} should be`},
		{"colon in a value", "workspace:\n  timezone: the zone: UTC", `f.yaml:3:13: mapping value is not allowed in this context; put quotes around a value that holds a colon and a space`},
		{"braces around text", "zones: [{{ zone }}]", `f.yaml:2:10: what stands in braces is no keys and values; write {key: value}, or put quotes around text`},
		{"braces without end", "shares: {a: 1", `f.yaml:2:9: the braces have no end; close them with }`},
		{"list without end", "zones: [1\n", `f.yaml:2:8: the list has no end; close it with ]`},
		{"single quotes without end", "zones: ['a]", `f.yaml:2:9: the text in single quotes has no end; close it with '`},
		{"double quotes without end", `zones: ["a]`, `f.yaml:2:9: the text in double quotes has no end; close it with "`},
		{"text after quotes", `zones: "a" b`, `f.yaml:2:12: this does not belong here; look at its quotes, and at how far the line is indented`},
		{"no key", "zones: []\nb", "f.yaml:3:1: this is no key with a value; write `key: value`"},
		{"list on the line of its key", "zones: - a", `f.yaml:2:8: a list does not begin on the line of its key; begin it on the next line, or write [a, b]`},
		{"key twice", "zones: []\nzones: []\n", `f.yaml:3:1: the key "zones" stands in line 2 already; keep one of the two`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var into settings
			_, err := yamlfile.Decode("f.yaml", []byte(test.text), 1, &into)
			if err == nil || err.Error() != test.want {
				t.Fatalf("error %v\nwant  %s", err, test.want)
			}
		})
	}
}

func TestErrorInside(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text   string
		line, column int
		want         string
	}{
		{"plain", "zone: a > é b", 1, 7, "f.yaml:2:13: wrong"},
		{"plain, its end", "zone: abc # note", 1, 4, "f.yaml:2:10: wrong"},
		{"after other letters than a to z", "{name: äöü, zone: a b}", 1, 3, "f.yaml:2:21: wrong"},
		{"single quotes", "zone: 'a > b'", 1, 5, "f.yaml:2:12: wrong"},
		{"double quotes", `zone: "a > b"`, 1, 5, "f.yaml:2:12: wrong"},
		{"on the next line", "zone:\n  a > b", 1, 5, "f.yaml:3:7: wrong"},
		{"block", "zone: |\n  a > b\n\n    and c\n", 3, 3, "f.yaml:5:5: wrong"},
		{"block, its empty line", "zone: |\n  a\n\n  b\n", 2, 1, "f.yaml:4:1: wrong"},
		{"block without last newline", "zone: |-\n  a > b", 1, 5, "f.yaml:3:7: wrong"},
		{"block, lines that end as Windows ends them", "zone: |\r\n  a\r\n  b > c\r\n", 2, 3, "f.yaml:4:5: wrong"},
		{"single quotes with an escape", "zone: 'it''s'", 1, 4, "f.yaml:2:7 (1:4 of it): wrong"},
		{"double quotes with an escape", `zone: "a\tb"`, 1, 3, "f.yaml:2:7 (1:3 of it): wrong"},
		{"folded", "zone: >\n  a\n  b\n", 1, 3, "f.yaml:2:7 (1:3 of it): wrong"},
		{"plain over two lines", "zone: a\n  b\n", 1, 3, "f.yaml:2:7 (1:3 of it): wrong"},
		{"outside", "zone: a", 1, 9, "f.yaml:2:7 (1:9 of it): wrong"},
		{"not there", "name: a", 1, 1, "f.yaml (1:1 of it): wrong"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var into struct {
				Name string `yaml:"name"`
				Zone string `yaml:"zone"`
			}
			file, err := yamlfile.Decode("f.yaml", []byte(test.text), 1, &into)
			if err != nil {
				t.Fatal(err)
			}
			wrong := errors.New("wrong")
			if err := file.ErrorInside("$.zone", test.line, test.column, "%w", wrong); err.Error() != test.want || !errors.Is(err, wrong) {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}

func TestErrorfPointsIntoTheFile(t *testing.T) {
	t.Parallel()
	var into settings
	file, err := yamlfile.Decode("m.md", []byte("workspace:\n  timezone: Mars/Base\nzones: [UTC, Nowhere]\n"), 1, &into)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"$.workspace.timezone": "m.md:3:13: wrong",
		"$.zones[1]":           "m.md:4:14: wrong",
		"$.workspace.keep":     "m.md:3:11: wrong", // not there: the place of what holds it
		"$.absent":             "m.md: wrong",
	} {
		if got := file.Errorf(path, "wrong").Error(); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestDecodeOfNothing(t *testing.T) {
	t.Parallel()
	into := settings{Zones: []string{"UTC"}}
	if _, err := yamlfile.Decode("empty.yaml", []byte("# only a comment\n"), 0, &into); err != nil || len(into.Zones) != 1 {
		t.Fatalf("empty file: %v, %v", into, err)
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"plna": "plan", "sessoins": "sessions", "zzz": "", "Plan": "plan"} {
		if got, _ := yamlfile.Nearest(name, []string{"plan", "sessions", "stage"}); got != want {
			t.Errorf("nearest to %q is %q, want %q", name, got, want)
		}
	}
}

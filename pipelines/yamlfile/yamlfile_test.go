package yamlfile_test

import (
	"strings"
	"testing"

	"parley/pipelines/yamlfile"
)

type settings struct {
	Workspace struct {
		Timezone string `yaml:"timezone"`
		Keep     int    `yaml:"keep"`
	} `yaml:"workspace"`
	Zones []string `yaml:"zones"`
}

func TestDecodeSaysWhereAndWhat(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"unknown key with its nearest", "workspace:\n  timezon: UTC\n", `f.yaml:2:3: unknown key "timezon"; did you mean "timezone"?`},
		{"unknown key that is like none", "colour: red\n", `f.yaml:1:1: unknown key "colour"`},
		{"wrong shape", "workspace:\n  keep: many\n", "f.yaml:2:9: "},
		{"not YAML", "workspace: [1\n", "f.yaml:1:"},
		{"key twice", "zones: []\nzones: []\n", "f.yaml:2:1: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var into settings
			_, err := yamlfile.Decode("f.yaml", []byte(test.text), 0, &into)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("error is %q, want one line that starts with %q", err, test.want)
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

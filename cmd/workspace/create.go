package workspace

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"parley/pipelines/demo"
)

//go:embed all:starter demo
var templates embed.FS

// Create makes dir a workspace with an example of each thing to fill in. Files
// that are there already stay as they are; a dir that is a workspace already is
// an error. It returns the files made, relative to dir.
func Create(dir string) ([]string, error) {
	if _, err := os.Stat(filepath.Join(dir, ConfigFile)); err == nil {
		return nil, fmt.Errorf("%s: is a workspace already", filepath.Join(dir, ConfigFile))
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("create workspace %s: %w", dir, err)
	}
	name, err := yaml.Marshal(filepath.Base(abs))
	if err != nil {
		return nil, fmt.Errorf("create workspace %s: %w", dir, err)
	}
	return unpack("starter", dir, strings.NewReplacer("{{name}}", strings.TrimSpace(string(name))))
}

// CreateDemo makes dir the workspace of the demo company of which story tells,
// its clock pinned to the end of the story, unless it is a workspace already.
func CreateDemo(dir string, story demo.Story) error {
	if _, err := os.Stat(filepath.Join(dir, ConfigFile)); err == nil {
		return nil
	}
	var fill []string
	for name, value := range map[string]any{
		"name": story.Name, "as_of": story.Span.To.UTC().Format(time.RFC3339), "timezone": story.Timezone,
		"bots": story.Bots, "teams": story.Teams, "zones": otherThan(story.Timezone, append(story.Zones, "Australia/Brisbane")),
		"outage_from": story.Outage.From.UTC().Format(time.RFC3339), "outage_to": story.Outage.To.UTC().Format(time.RFC3339),
	} {
		text, err := yaml.MarshalWithOptions(value, yaml.Flow(true))
		if err != nil {
			return fmt.Errorf("create workspace %s: %w", dir, err)
		}
		fill = append(fill, "{{"+name+"}}", strings.TrimSpace(string(text)))
	}
	_, err := unpack("demo", dir, strings.NewReplacer(fill...))
	return err
}

func otherThan(zone string, zones []string) []string {
	return slices.DeleteFunc(slices.Clone(zones), func(other string) bool { return other == zone })
}

// unpack writes parley.yaml last: a folder is a workspace only when it is whole.
func unpack(template, dir string, fill *strings.Replacer) ([]string, error) {
	var made []string
	write := func(path string) error {
		text, err := templates.ReadFile(path)
		if err != nil {
			return err
		}
		name := filepath.FromSlash(strings.TrimPrefix(path, template+"/"))
		target := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		file, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err = fill.WriteString(file, string(text)); err == nil {
			made = append(made, name)
		}
		return errors.Join(err, file.Close())
	}
	err := fs.WalkDir(templates, template, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(path, ConfigFile) {
			return err
		}
		return write(path)
	})
	if err == nil {
		err = write(template + "/" + ConfigFile)
	}
	if err != nil {
		return nil, fmt.Errorf("create workspace %s: %w", dir, err)
	}
	return made, nil
}

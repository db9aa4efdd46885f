package catalogue

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"parley/reports"
)

//go:embed templates/index.html templates/table.html templates/parts.html
var templates embed.FS

//go:embed assets/catalogue.css assets/catalogue.js
var assets embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"parts": func(name string) []string { return strings.Split(name, "_") }, // where a long name may be broken
}).ParseFS(templates, "templates/*.html"))

// mark is a file that only a folder of the catalogue has.
const mark = "assets/catalogue.js"

// Config is one drawing of a catalogue.
type Config struct {
	Dir       string         // the folder to draw into; it is made, or replaced in one step. Needed
	Workspace string         // its name, for the pages' heads
	Zone      *time.Location // in which times are written. Default: UTC
	Reports   string         // the way from Dir to the reports' index; "" where there are none
}

// NotOursError says that a folder holds something that is no catalogue.
type NotOursError struct{ Dir string }

func (e *NotOursError) Error() string {
	return e.Dir + ": holds something else; name a folder that is new or empty"
}

// Write draws the pages of c: index.html, tables/NAME.html for each table, and
// assets/. They open without a network. The same catalogue gives the same
// bytes. A folder that holds anything but a former catalogue is a *NotOursError.
func Write(ctx context.Context, c *Catalogue, cfg Config) (dir string, err error) {
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	if err := isOurs(cfg.Dir); err != nil {
		return "", err
	}
	dir, err = reports.Publish(ctx, filepath.Dir(cfg.Dir), filepath.Base(cfg.Dir), func(into string) error {
		return c.write(into, cfg)
	})
	if err != nil {
		return "", fmt.Errorf("draw the catalogue: %w", err)
	}
	return dir, nil
}

// isOurs keeps from replacing a folder of somebody else's.
func isOurs(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("draw the catalogue: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(mark))); err != nil && len(entries) > 0 {
		return &NotOursError{dir}
	}
	return nil
}

func (c *Catalogue) write(into string, cfg Config) error {
	for _, folder := range []string{"tables", "assets"} {
		if err := os.Mkdir(filepath.Join(into, folder), 0o755); err != nil {
			return err
		}
	}
	f := frame{Title: "Tables and models", Workspace: cfg.Workspace, Reports: cfg.Reports, Build: "There is no build yet: rows, sizes and checks come with the first parley build."}
	if c.Build != nil {
		f.Build = fmt.Sprintf("Rows, sizes and checks are those of build %s, as of %s.", c.Build.ID, formatTime(c.Build.AsOf, cfg.Zone))
	}
	if err := draw(filepath.Join(into, "index.html"), "index.html", c.index(f, cfg.Zone)); err != nil {
		return err
	}
	if f.Reports != "" {
		f.Reports = "../" + f.Reports
	}
	for _, t := range c.Tables {
		if err := draw(filepath.Join(into, "tables", pageOf(t.Name)), "table.html", c.page(t, f, cfg.Zone)); err != nil {
			return err
		}
	}
	return writeAssets(filepath.Join(into, "assets"))
}

func draw(path, name string, page any) error {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, page); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

func writeAssets(into string) error {
	look, err := reports.Look()
	if err != nil {
		return err
	}
	for name, content := range look {
		if err := os.WriteFile(filepath.Join(into, name), content, 0o644); err != nil {
			return err
		}
	}
	ours, err := fs.Sub(assets, "assets")
	if err != nil {
		return err
	}
	return os.CopyFS(into, ours)
}

package reports

import (
	"bytes"
	"context"
	"embed"
	"encoding/csv"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"parley/reports/chart"
	"parley/sql/warehouse"
)

//go:embed templates/page.html
var templates embed.FS

//go:embed assets
var assets embed.FS

var pageTemplate = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"option": func(d *chart.Drawing) template.JS { return template.JS(d.Option) }, //nolint:gosec // JSON, escaped for a script element
	"join":   func(parts []int) string { return strings.Trim(strings.ReplaceAll(fmt.Sprint(parts), " ", "-"), "[]") },
}).ParseFS(templates, "templates/page.html"))

// desk is where pages are drawn: it asks the build, once for each question, and
// knows what is printed on every page.
type desk struct {
	ctx      context.Context
	query    Query
	build    warehouse.Build
	settings settings
	history  History
	answers  map[string]*warehouse.Table

	happenings      []Happening
	conversationURL string
	zones           []string // asked for besides those of the build
	catalogue       string
}

// settings are those that the build had, not those of the workspace by now.
type settings struct {
	Name       string
	AsOf       time.Time // in Zone
	Zone       *time.Location
	WeekStarts int // 1 Monday … 7 Sunday
}

const settingsQuery = `select name, as_of, timezone, week_starts from settings`

func newDesk(ctx context.Context, cfg Config) (*desk, error) {
	d := &desk{ctx: ctx, query: cfg.Query, build: cfg.Build, answers: map[string]*warehouse.Table{},
		happenings: cfg.Happenings, conversationURL: cfg.ConversationURL, zones: cfg.Zones, catalogue: cfg.Catalogue}
	found, err := ask(d, settingsQuery, func(r row) settings {
		zone, err := time.LoadLocation(r.text("timezone"))
		if err != nil {
			r.fail("time zone %q: %w", r.text("timezone"), err)
			zone = time.UTC
		}
		return settings{Name: r.text("name"), AsOf: r.time("as_of").In(zone), Zone: zone, WeekStarts: int(r.count("week_starts"))}
	})
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("the build has %d rows of settings where one is wanted", len(found))
	}
	d.settings = found[0]
	if d.settings.WeekStarts < 1 || d.settings.WeekStarts > 7 {
		return nil, fmt.Errorf("the build's week starts on day %d; days are 1 (Monday) to 7 (Sunday)", d.settings.WeekStarts)
	}
	return d, nil
}

// answer is the answer to a query; the same question is asked once.
func (d *desk) answer(query string) (*warehouse.Table, error) {
	if table, ok := d.answers[query]; ok {
		return table, nil
	}
	table, err := d.query(d.ctx, query)
	if err != nil {
		return nil, fmt.Errorf("ask %q: %w", firstLine(query), err)
	}
	d.answers[query] = table
	return table, nil
}

const martsQuery = `select table_name from information_schema.tables order by table_name`

// lacks says what to do where the build has no such mart, as one of an older
// Parley; nil where it has it.
func (d *desk) lacks(mart string) (*missing, error) {
	names, err := ask(d, martsQuery, func(r row) string { return r.text("table_name") })
	if err != nil || slices.Contains(names, mart) {
		return nil, err
	}
	return &missing{
		What:    fmt.Sprintf("This build has no %s: it was made by a Parley that did not know it.", mart),
		How:     "Build once more:",
		Command: "parley build && parley report",
	}, nil
}

func ask[T any](d *desk, query string, read func(row) T) ([]T, error) {
	table, err := d.answer(query)
	if err != nil {
		return nil, err
	}
	list, err := readRows(table, read)
	if err != nil {
		return nil, fmt.Errorf("read the answer to %q: %w", firstLine(query), err)
	}
	return list, nil
}

func firstLine(query string) string {
	line, rest, _ := strings.Cut(query, "\n")
	if rest != "" {
		line += " …"
	}
	return line
}

// write draws a page and its CSV files into a folder.
func (d *desk) write(into string, p *page) error {
	for i := range p.Figures {
		f := &p.Figures[i]
		if f.SQL == "" {
			continue
		}
		table, err := d.answer(f.SQL)
		if err != nil {
			return err
		}
		content, err := encodeCSV(table)
		if err != nil {
			return fmt.Errorf("write %s: %w", f.CSV(), err)
		}
		if err := os.WriteFile(filepath.Join(into, f.CSV()), content, 0o644); err != nil {
			return err
		}
	}
	if err := drawStills(p); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, d.frame(p)); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(into, p.File), b.Bytes(), 0o644)
}

// encodeCSV writes an answer as RFC 4180: one header line, lines end in LF,
// NULL is empty.
func encodeCSV(table *warehouse.Table) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	record := make([]string, len(table.Columns))
	for i, column := range table.Columns {
		record[i] = column.Name
	}
	err := w.Write(record)
	for _, cells := range table.Rows {
		for i, cell := range cells {
			record[i] = csvCell(cell, table.Columns[i].Type)
		}
		err = errors.Join(err, w.Write(record))
	}
	w.Flush()
	return b.Bytes(), errors.Join(err, w.Error())
}

// writeAssets puts what the pages need beside them, so that they open without a
// network.
func writeAssets(into string) error {
	dir := filepath.Join(into, "assets")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	ours, err := fs.Sub(assets, "assets")
	if err != nil {
		return err
	}
	return errors.Join(os.CopyFS(dir, ours), os.CopyFS(dir, chart.Assets()))
}

// Look are the files that give a page the look of the reports: style.css and
// icon.svg, and palette.css of chart.Assets, which style.css wants before it.
func Look() (map[string][]byte, error) {
	look := map[string][]byte{}
	for _, from := range []struct {
		files fs.FS
		names []string
	}{{assets, []string{"assets/style.css", "assets/icon.svg"}}, {chart.Assets(), []string{"palette.css"}}} {
		for _, name := range from.names {
			content, err := fs.ReadFile(from.files, name)
			if err != nil {
				return nil, err
			}
			look[path.Base(name)] = content
		}
	}
	return look, nil
}

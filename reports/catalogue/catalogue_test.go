package catalogue

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"parley/pipelines/lake"
	"parley/reports"
	"parley/sql/build"
	"parley/sql/warehouse"
)

// hostile is text that would be markup if it were not text.
const hostile = `<script>alert(1)</script>"><img src=x onerror=alert(1)> & {{.Name}}`

var asOf = time.Date(2026, 6, 25, 18, 0, 0, 0, time.UTC)

// models are a workspace's own: good ones, one that breaks its checks, one that
// cannot be loaded, one that cannot be named.
func models() fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range map[string]string{
		"good.sql": "-- Days in a row. The second sentence.\n--\n-- " + hostile + "\n-- grain: day\n-- key: n\n-- order: n desc\n-- column n: " + hostile +
			"\n-- check n: range(2, ) warn, not_null\nselect range as n, '" + hostile + `' as "Odd <b> name" from range(3) where (select true from contacts limit 1) is null`,
		"twice.sql":       "-- key: n\n-- check n: accepted(2)\nselect 1 as n from contacts_weekly right join range(2) on true",
		"below.sql":       "select n from twice",
		"broken.sql":      "-- What nobody can read.\n-- column week: " + hostile + "\nselect week from contactz",
		"untyped.sql":     "select nothing from contacts",
		"Weird <b>.sql":   "select '" + hostile + "'",
		"users.sql":       "select 1 as n",
		"tests/case.sql":  "no model",
		"index.sql":       "select * from companies",
		"stopped.sql":     "-- check at: fresh(1 hour) warn\nselect as_of - interval 2 hour as at from settings",
		"two_columns.sql": "-- check a, b: unique\nselect 1 as a, 2 as b",
	} {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

// gather gathers the catalogue of our models and the workspace's; built tells
// whether there is a build of them.
func gather(t *testing.T, own fs.FS, built bool) *Catalogue {
	t.Helper()
	var sources Sources
	var reader build.Asker
	if built {
		sources.Build = published(t, own)
		reader = asker(sources.Build.Query)
	}
	var err error
	if sources.Graph, sources.Shapes, err = build.Graph(t.Context(), own, "models", reader); err != nil {
		t.Fatal(err)
	}
	if sources.LeftOut, err = sources.Graph.LeftOut(own); err != nil {
		t.Fatal(err)
	}
	c, err := Gather(t.Context(), sources)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

type asker reports.Query

func (a asker) Query(ctx context.Context, query string, args ...any) (*warehouse.Table, error) {
	return a(ctx, query, args...)
}

// published is a build over an empty lake.
func published(t *testing.T, own fs.FS) *Published {
	t.Helper()
	l, err := lake.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	engine := warehouse.Config{MemoryLimit: "512MB", Threads: 1}
	result, err := build.Run(t.Context(), build.Config{
		Lake: l, Models: own, AsOf: asOf, Now: func() time.Time { return asOf }, Engine: engine,
		Settings: build.Settings{Name: hostile, Zones: []string{"Asia/Tokyo"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	reader, err := build.Open(t.Context(), l, warehouse.ReaderConfig{Engine: engine})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = reader.Close() })
	return &Published{Record: reader.Build(), Dir: result.Dir, Query: reader.Query}
}

// write draws a catalogue and gives its folder.
func write(t *testing.T, c *Catalogue) string {
	t.Helper()
	dir, err := Write(t.Context(), c, Config{Dir: filepath.Join(t.TempDir(), "docs"), Workspace: hostile, Reports: "../latest/index.html"})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func table(t *testing.T, c *Catalogue, name string) *Table {
	t.Helper()
	found := c.table(name)
	if found == nil {
		t.Fatalf("there is no table %s", name)
	}
	return found
}

func TestEveryTableIsThere(t *testing.T) {
	t.Parallel()
	c := gather(t, models(), true)
	for _, source := range warehouse.SourceSchemas() {
		found := table(t, c, source.Table)
		if found.Text == "" || len(found.Columns) != len(source.Columns) {
			t.Errorf("%s: %q, %d columns of %d", source.Table, found.Text, len(found.Columns), len(source.Columns))
		}
	}
	kinds := map[Kind]int{}
	for _, found := range c.Tables {
		kinds[found.Kind]++
		for _, column := range found.Columns {
			if !found.Own && (column.Type == "" || column.Text == "" && found.Kind != Staging && found.Kind != Intermediate) {
				t.Errorf("%s.%s is a %q: %q", found.Name, column.Name, column.Type, column.Text)
			}
		}
		for _, name := range found.Reads {
			if !slices.Contains(table(t, c, name).ReadBy, found.Name) {
				t.Errorf("%s reads %s, which does not know of it", found.Name, name)
			}
		}
	}
	for _, kind := range []Kind{Settled, Input, Staging, Intermediate, Mart, Segment} {
		if kinds[kind] == 0 {
			t.Errorf("there is no table of kind %s", kind)
		}
	}
	if columns := table(t, c, "segment_members").Columns; len(columns) != 5 || columns[0].Text == "" {
		t.Errorf("columns of segment_members: %v", columns)
	}
}

func TestWhatTheBuildSays(t *testing.T) {
	t.Parallel()
	c := gather(t, models(), true)
	good := table(t, c, "good")
	if good.Error != "" || !good.InBuild || *good.Rows != 3 || *good.Bytes < 100 || good.Written.IsZero() || !slices.Equal(good.Order, []string{"n desc"}) {
		t.Errorf("good: %+v", good)
	}
	states := func(name string) []string {
		var states []string
		for _, check := range table(t, c, name).Checks {
			states = append(states, strings.Join(check.Columns, ",")+" "+check.Rule+" "+check.says())
		}
		return states
	}
	for name, want := range map[string][]string{
		"good":            {"n unique held", "n range(2, ) 2 rows break it", "n not_null held"},
		"twice":           {"n unique 1 row breaks it", "n accepted(2) 2 rows break it"},
		"two_columns":     {"a,b unique held"},
		"stopped":         {"at fresh(1 h) the newest at, 2026-06-25T16:00:00Z, is 2 h older than as_of, 2026-06-25T18:00:00Z; it may be 1 h old"},
		"contacts_weekly": {"week_start unique held", "contacts not_null held", "contacts range(0, ) held", "active_users not_null held", "active_users range(0, ) held", "is_sharp_rise not_null held", "is_partial not_null held"},
	} {
		if got := states(name); !slices.Equal(got, want) {
			t.Errorf("checks of %s: %q\nwant %q", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"twice":   "models/twice.sql:1: 1 row breaks check unique_n",
		"below":   "models/below.sql: skipped, for twice failed",
		"broken":  `models/broken.sql:3:18: unknown table "contactz"; did you mean "contacts"?`,
		"untyped": "models/untyped.sql:1:8: ",
	} {
		if got := table(t, c, name); !strings.HasPrefix(got.Error, want) || got.InBuild || !got.Own {
			t.Errorf("%s: %+v\nwant its error to begin with %q", name, got, want)
		}
	}
	if n := len(c.Strays); n != 2 || !strings.Contains(c.Strays[0].Error+c.Strays[1].Error, "is no name for a table") || !strings.Contains(c.Strays[0].Error+c.Strays[1].Error, "the name users is taken") {
		t.Errorf("files that make no table: %+v", c.Strays)
	}
	if ours := table(t, c, "users"); ours.Own || ours.Error != "" || ours.Rows == nil || *ours.Rows != 0 {
		t.Errorf("ours is hidden by the workspace's: %+v", ours)
	}
	for _, q := range c.Checks {
		if q.State != Held || len(q.Reads) == 0 || q.Text == "" {
			t.Errorf("check between tables: %+v", q)
		}
	}
	if stg := table(t, c, "stg_events"); !stg.InBuild || stg.Rows != nil {
		t.Errorf("a staging view: %+v", stg)
	}
}

// What a model has by now that its build has not, and the other way round.
func TestColumnsBesideTheModelsOwn(t *testing.T) {
	t.Parallel()
	built := published(t, fstest.MapFS{"index.sql": {Data: []byte("select company_id, 5 as seats from companies")}, "twice.sql": {Data: []byte("select 1 as n, 2 as gone")}})
	own := models()
	graph, shapes, err := build.Graph(t.Context(), own, "models", nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Gather(t.Context(), Sources{Graph: graph, Shapes: shapes, Build: built})
	if err != nil {
		t.Fatal(err)
	}
	columns := table(t, c, "index").Columns
	if columns[1].Name != "seats" || columns[1].IsCustom || columns[0].NotBuilt || !columns[len(columns)-1].NotBuilt {
		t.Errorf("columns of index: %+v", columns)
	}
	columns = table(t, c, "twice").Columns
	if len(columns) != 2 || columns[1].Name != "gone" || columns[1].IsCustom {
		t.Errorf("columns of twice: %+v", columns)
	}
	if good := table(t, c, "good"); good.InBuild || good.Checks[0].says() != "not checked yet" {
		t.Errorf("a model that is newer than the build: %+v", good)
	}
}

func TestWithoutABuild(t *testing.T) {
	t.Parallel()
	c := gather(t, models(), false)
	dir := write(t, c)
	has(t, dir, "index.html", "There is no build yet", "contacts_weekly")
	has(t, dir, "tables/contacts.html", "conversation_id", "not checked yet", "select * from final")
	if text := read(t, dir, "tables/contacts.html"); strings.Contains(text, "not yet; run") {
		t.Error("a page speaks of a current build where there is none")
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	dir := write(t, gather(t, models(), true))
	has(t, dir, "index.html", "Models of your own", `<a href="tables/good.html">`, `<a href="tables/index.html">`, "Days in a row.", "the name users is taken by",
		`data-from="settled_events" data-to="stg_events"`, `<a href="../latest/index.html">Reports</a>`)
	has(t, dir, "tables/good.html", "2 rows break it", "it is told", "n desc", "Odd &lt;b&gt; name", `href="../../latest/index.html"`)
	has(t, dir, "tables/twice.html", "What is wrong", "models/twice.sql:1: 1 row breaks check unique_n", `href="contacts_weekly.html"`, "the last good rows stay")
	has(t, dir, "tables/contacts_weekly.html", `href="twice.html"`, "no build is published", "weeks_have_no_gap")
	has(t, dir, "tables/broken.html", "unknown table &#34;contactz&#34;", "select week from contactz")
	if text := read(t, dir, "index.html"); strings.Contains(text, "tests/case") || strings.Contains(text, `tables/case.html`) {
		t.Error("a file of a case is taken for a model")
	}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".html" {
			return err
		}
		text := read(t, dir, name)
		for _, markup := range []string{"<script>", "<img", "<b>", " style=", "ZgotmplZ", " onclick"} {
			if strings.Contains(text, markup) {
				t.Errorf("%s holds %q", name, markup)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSameCatalogueSameBytes(t *testing.T) {
	t.Parallel()
	one, other := write(t, gather(t, models(), false)), write(t, gather(t, models(), false))
	pages := 0
	err := fs.WalkDir(os.DirFS(one), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		pages++
		if read(t, one, name) != read(t, other, name) {
			t.Errorf("%s differs", name)
		}
		return nil
	})
	if err != nil || pages < 80 {
		t.Errorf("%d files were compared: %v", pages, err)
	}
}

// A former catalogue is replaced, with the pages of tables that are gone; anything else is left alone.
func TestWriteReplacesOnlyItsOwn(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	config := Config{Dir: filepath.Join(home, "docs")}
	if _, err := Write(t.Context(), gather(t, models(), false), config); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(t.Context(), gather(t, fstest.MapFS{}, false), config); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(home, "docs", "tables", "good.html")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the page of a model that is gone: %v", err)
	}
	precious := filepath.Join(home, "thesis")
	if err := errors.Join(os.Mkdir(precious, 0o755), os.WriteFile(filepath.Join(precious, "index.html"), []byte("mine"), 0o644)); err != nil {
		t.Fatal(err)
	}
	var notOurs *NotOursError
	if _, err := Write(t.Context(), &Catalogue{}, Config{Dir: precious}); !errors.As(err, &notOurs) {
		t.Errorf("a folder of somebody else's gives %v", err)
	}
	if read(t, precious, "index.html") != "mine" {
		t.Error("it is replaced")
	}
}

// Tables that almost everything reads have no lines but on their own page.
func TestLineageLeavesOutHubs(t *testing.T) {
	t.Parallel()
	c := gather(t, fstest.MapFS{}, false)
	all := c.lineageOfAll()
	drawn := func(d drawing, name string) bool {
		return slices.ContainsFunc(d.Nodes, func(n node) bool { return n.Name == name })
	}
	if drawn(all, "settings") || !slices.Equal(all.LeftOut, []string{"settings"}) || !drawn(all, "contacts_weekly") {
		t.Errorf("left out: %v", all.LeftOut)
	}
	own := c.lineageOf(table(t, c, "settings"))
	if len(own.Nodes) != 1+len(table(t, c, "settings").ReadBy) || len(own.Lines) != len(own.Nodes)-1 {
		t.Errorf("%d tables and %d lines on the page of settings", len(own.Nodes), len(own.Lines))
	}
	one := table(t, c, "contacts")
	contacts := c.lineageOf(one)
	for _, near := range slices.Concat(one.Reads, one.ReadBy) {
		if drawn(contacts, near) == (near == "settings") {
			t.Errorf("on the page of contacts %s is drawn: %v", near, drawn(contacts, near))
		}
	}
	if drawn(contacts, "settled_events") || !slices.Equal(contacts.LeftOut, []string{"settings"}) {
		t.Errorf("lineage of contacts: %+v", contacts)
	}
	var lines int
	for _, x := range c.Tables {
		for _, read := range x.Reads {
			if read != "settings" {
				lines++
			}
		}
	}
	if len(all.Lines) != lines || lines == 0 {
		t.Errorf("%d lines of %d are drawn", len(all.Lines), lines)
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0 bytes", 1: "1 byte", 998: "998 bytes", 1000: "1.0 kB", 12345: "12 kB", 999_600: "1.0 MB", 4_200_000_000: "4.2 GB"} {
		if got := formatBytes(n); got != want {
			t.Errorf("%d bytes are %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := formatCount(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
	for text, want := range map[string]string{"": "", "One. Two.": "One.", "One\nrow 0.5 wide\n\nmore. x": "One row 0.5 wide"} {
		if got := firstSentence(text); got != want {
			t.Errorf("the first sentence of %q is %q, want %q", text, got, want)
		}
	}
}

func has(t *testing.T, dir, file string, texts ...string) {
	t.Helper()
	page := read(t, dir, file)
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("%s does not say %q", file, text)
		}
	}
}

func read(t *testing.T, dir, file string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

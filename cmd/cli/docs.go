package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"parley/cmd/output"
	"parley/cmd/workspace"
	"parley/reports/catalogue"
	"parley/sql/build"
)

func (a *app) docsCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "docs",
		Short: "Draw the catalogue: every table, column, check, and where it comes from",
		Long: `Draw a page for every table and model, ours and the workspace's own: what one row is, what each column means, what must
hold and whether it does in the current build, rows and size, the SQL, and the lineage as a drawing. The pages lie in
reports/docs/ and open by double click; ` + "`parley serve`" + ` has them under /docs/.

With --format json or csv the catalogue is printed for programs, one row a table, and no page is drawn.
It needs no build, but says more with one. ` + "`parley help models`" + ` says how a model tells what it is.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out != "" && !a.forPeople() {
				return usagef("--out is for pages, --format %s for what is printed; leave one of them out", a.format)
			}
			ws, err := a.open()
			if err != nil {
				return err
			}
			gathered, err := a.gather(cmd.Context(), ws)
			if err != nil {
				return err
			}
			if !a.forPeople() {
				return a.printCatalogue(gathered)
			}
			return a.drawCatalogue(cmd.Context(), ws, gathered, out)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "draw into this `folder` (default: reports/docs)")
	return cmd
}

// gather puts together what is known of every table of the workspace.
func (a *app) gather(ctx context.Context, ws *workspace.Workspace) (*catalogue.Catalogue, error) {
	var sources catalogue.Sources
	reader, err := a.reader(ctx, ws)
	var built build.Asker
	switch {
	case err == nil:
		defer reader.Close()
		built = reader
		sources.Build = &catalogue.Published{Record: reader.Build(), Dir: filepath.Join(ws.MartsDir(), reader.Build().ID), Query: reader.Query}
	case !isNoBuild(err):
		return nil, err
	}
	own := ws.Folder("models")
	if sources.Graph, sources.Shapes, err = build.Graph(ctx, own, filepath.ToSlash(filepath.Join(a.dir, "models")), built); err != nil {
		return nil, err
	}
	if sources.LeftOut, err = sources.Graph.LeftOut(own); err != nil {
		return nil, err
	}
	return catalogue.Gather(ctx, sources)
}

// writeCatalogue draws the pages into the folder, or where they lie by themselves.
func (a *app) writeCatalogue(ctx context.Context, ws *workspace.Workspace, gathered *catalogue.Catalogue, out string) (dir string, err error) {
	config := catalogue.Config{Dir: ws.Path("reports", "docs"), Workspace: ws.Config.Workspace.Name, Zone: ws.Location()}
	if out != "" {
		config.Dir = a.inDir(out)
	} else if _, err := os.Stat(ws.Path("reports", "latest", "index.html")); err == nil {
		config.Reports = "../latest/index.html"
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return catalogue.Write(ctx, gathered, config)
}

func (a *app) drawCatalogue(ctx context.Context, ws *workspace.Workspace, gathered *catalogue.Catalogue, out string) error {
	dir, err := a.writeCatalogue(ctx, ws, gathered, out)
	if err != nil {
		return err
	}
	fmt.Fprintln(a.stdout, filepath.Join(dir, "index.html"))
	faulty := len(gathered.Strays)
	for _, t := range gathered.Tables {
		if t.Error != "" {
			faulty++
		}
	}
	if faulty > 0 {
		a.say("%s: the pages say why", plural(int64(faulty), "model fails", "models fail"))
	}
	return nil
}

// catalogueColumns are what is printed of each table, in this order.
var catalogueColumns = []string{
	"name", "kind", "own", "file", "description", "grain", "key", "order", "columns", "checks", "reads", "read_by",
	"in_build", "rows", "bytes", "written_at", "stale", "seconds", "goes_by", "how", "reason", "error", "sql",
}

var catalogueLists = []string{"key", "order", "columns", "checks", "reads", "read_by"}

// printCatalogue prints a row for each table, and for each file that makes none.
func (a *app) printCatalogue(c *catalogue.Catalogue) error {
	tables := c.Tables
	for _, stray := range c.Strays {
		tables = append(tables, &catalogue.Table{Kind: catalogue.Mart, Own: true, File: stray.File, Error: stray.Error, SQL: stray.SQL})
	}
	rows := output.Rows{Columns: catalogueColumns}
	for _, t := range tables {
		content, err := json.Marshal(t)
		if err != nil {
			return fmt.Errorf("print %s: %w", t.Name, err)
		}
		decoder := json.NewDecoder(strings.NewReader(string(content)))
		decoder.UseNumber()
		var fields map[string]any
		if err := decoder.Decode(&fields); err != nil {
			return fmt.Errorf("print %s: %w", t.Name, err)
		}
		row := make([]any, len(catalogueColumns))
		for i, name := range catalogueColumns {
			row[i] = fields[name]
			if row[i] == nil && slices.Contains(catalogueLists, name) {
				row[i] = []any{} // programs need not ask whether there is a list
			}
		}
		rows.Rows = append(rows.Rows, row)
	}
	return a.print(rows)
}

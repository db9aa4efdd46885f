package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"parley/sql/settle"
	"parley/sql/transform"
	"parley/sql/warehouse"
)

// A settled table has a file for each date, and a statement that reads it opens
// all of them, which for a table of a million rows takes longer than reading
// them. So a build keeps the rows of such a table gathered in one file, which
// the next builds link, and beside it which settled files it holds. Settled
// files that are not in it, because something has landed for their dates since,
// are read by themselves, in the place of the rows they replace.

const (
	mostGathered = 3_000_000 // of more rows, opening the files is the smaller part of reading them
	mostHeld     = 100_000   // a table of no more rows is held in memory
)

// gathering says when a table is gathered.
type gathering struct {
	files int // a table of fewer is read from them
	// Where as many rows as one in beside are read beside the gathered file, or as
	// many files as besideFiles, all are gathered anew.
	beside      int64
	besideFiles int
}

func (g gathering) orUsual() gathering {
	if g == (gathering{}) {
		return gathering{files: 20, beside: 10, besideFiles: 100}
	}
	return g
}

// fileColumn is the column of a gathered file that names the settled file of a row.
const fileColumn = "settled_file"

// gathered is one settled table on its way into the engine.
type gathered struct {
	build  *building
	engine *warehouse.DuckDB
	table  string
	files  []settle.File // of the table in this build
	former string        // folder of the build before; "": none
	when   gathering
}

// openSettled gives a settled table its name in the engine.
func (b *building) openSettled(ctx context.Context, engine *warehouse.DuckDB, table string, manifest *settle.Manifest, former string) error {
	g := &gathered{build: b, engine: engine, table: table, files: manifest.Files[table], former: former, when: b.cfg.parts.gather.orUsual()}
	rows := rowsOf(g.files)
	if len(g.files) < g.when.files || rows > mostGathered {
		return engine.ViewFiles(ctx, table, manifest.Tables[table])
	}
	query, err := g.query(ctx)
	if err != nil {
		return err
	}
	if rows > mostHeld {
		return engine.View(ctx, table, query)
	}
	return engine.Exec(ctx, "create table "+warehouse.Ident(table)+" as "+query)
}

func rowsOf(files []settle.File) int64 {
	var n int64
	for _, f := range files {
		n += f.Rows
	}
	return n
}

// query is the SELECT of the table's rows. It sees to it that this build keeps
// a gathered file.
func (g *gathered) query(ctx context.Context) (string, error) {
	held, err := g.heldBefore()
	if err != nil {
		return "", err
	}
	fresh := slices.DeleteFunc(slices.Clone(g.files), func(f settle.File) bool { return slices.Contains(held, filepath.Base(f.Path)) })
	if held == nil || len(fresh) > g.when.besideFiles || rowsOf(fresh)*g.when.beside > rowsOf(g.files) {
		return g.anew(ctx, held, fresh)
	}
	for _, path := range []func(string) string{g.path, g.listPath} {
		if err := os.Link(path(g.former), path(g.build.dir)); err != nil {
			return "", fmt.Errorf("go on with the gathered rows of %s: %w", g.table, err)
		}
	}
	return g.beside(g.former, "* exclude ("+fileColumn+")", "*", held, fresh), nil
}

func (g *gathered) path(dir string) string {
	return filepath.Join(dir, transform.StateDir, "inputs", g.table+".parquet")
}

func (g *gathered) listPath(dir string) string {
	return filepath.Join(dir, transform.StateDir, "inputs", g.table+".files")
}

// heldBefore are the names of the settled files whose rows the build before has
// gathered; nil: it has none, or what it has is not to be gone on from.
func (g *gathered) heldBefore() ([]string, error) {
	if err := os.MkdirAll(filepath.Dir(g.path(g.build.dir)), 0o755); err != nil {
		return nil, err
	}
	if g.former == "" || g.build.cfg.Full || !exists(g.path(g.former)) {
		return nil, nil
	}
	list, err := os.ReadFile(g.listPath(g.former))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return strings.Fields(string(list)), err
}

// anew gathers all rows: those that the build before had gathered and that still
// count, and those of the files that are fresh.
func (g *gathered) anew(ctx context.Context, held []string, fresh []settle.File) (string, error) {
	query := g.beside(g.former, "*", "*, parse_filename(filename) as "+fileColumn, held, fresh)
	if _, err := g.engine.Write(ctx, query, g.path(g.build.dir)); err != nil {
		return "", fmt.Errorf("gather the rows of %s: %w", g.table, err)
	}
	names := make([]string, len(g.files))
	for i, f := range g.files {
		names[i] = filepath.Base(f.Path)
	}
	// The list comes after the rows: without it they count for nothing.
	if err := os.WriteFile(g.listPath(g.build.dir), []byte(strings.Join(names, "\n")+"\n"), 0o644); err != nil {
		return "", err
	}
	return g.beside(g.build.dir, "* exclude ("+fileColumn+")", "*", names, nil), nil
}

// beside is the SELECT of the rows gathered by the build in dir whose settled
// files are in this one, and of the fresh files; each with its columns.
func (g *gathered) beside(dir, ofHeld, ofFresh string, held []string, fresh []settle.File) string {
	var queries []string
	if held != nil {
		query := "select " + ofHeld + " from " + warehouse.FromFiles([]string{g.path(dir)})
		var gone []string
		for _, name := range held {
			if !slices.ContainsFunc(g.files, func(f settle.File) bool { return filepath.Base(f.Path) == name }) {
				gone = append(gone, warehouse.Literal(name))
			}
		}
		if len(gone) > 0 {
			query += " where " + fileColumn + " not in (" + strings.Join(gone, ", ") + ")"
		}
		queries = append(queries, query)
	}
	if len(fresh) > 0 {
		paths := make([]string, len(fresh))
		for i, f := range fresh {
			paths[i] = f.Path
		}
		queries = append(queries, "select "+ofFresh+" from "+warehouse.FromFiles(paths))
	}
	return strings.Join(queries, " union all ")
}

package warehouse

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// RowGroup is how many rows stand in one row group of a Parquet file: the
// engine's own unit of work; larger groups make its scans slower.
const RowGroup = 122880

// Describe names the columns that a SELECT gives, without running it. An
// error's place is that in query.
func (d *DuckDB) Describe(ctx context.Context, query string) ([]Column, error) {
	const before = "describe "
	t, err := d.Query(ctx, before+trimStatement(query))
	if err != nil {
		return nil, shift(err, query, len(before))
	}
	columns := make([]Column, len(t.Rows))
	for i, row := range t.Rows {
		columns[i].Name, _ = row[0].(string)
		columns[i].Type, _ = row[1].(string)
	}
	return columns, nil
}

// View gives a SELECT a name; it runs whenever the name is read.
func (d *DuckDB) View(ctx context.Context, name, query string) error {
	before := "create or replace view " + Ident(name) + " as "
	return shift(d.Exec(ctx, before+trimStatement(query)), query, len(before))
}

// ViewFiles gives Parquet files a name: an explicit list, never a pattern. All
// have the columns of the first. Paths are absolute, so that the view means the
// same from any folder.
func (d *DuckDB) ViewFiles(ctx context.Context, name string, paths []string) error {
	if len(paths) == 0 {
		return fmt.Errorf("name the files of %s: there are none", name)
	}
	return d.Exec(ctx, viewOfFiles(Ident(name), paths))
}

func viewOfFiles(name string, paths []string) string {
	return "create or replace view " + name + " as select * from " + FromFiles(paths)
}

// FromFiles is what a SELECT reads Parquet files from: an explicit list, never a pattern.
func FromFiles(paths []string) string {
	var b strings.Builder
	b.WriteString("read_parquet([")
	for i, p := range paths {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(Literal(p))
	}
	b.WriteString("], hive_partitioning = false)")
	return b.String()
}

// Write runs a SELECT and writes its rows to one Parquet file, zstd, in row
// groups of RowGroup; it gives their number. The file is not yet safe from a
// power cut: the caller syncs what it publishes.
func (d *DuckDB) Write(ctx context.Context, query, path string) (int64, error) {
	return d.write(ctx, query, path)
}

func (d *DuckDB) write(ctx context.Context, query, path string, args ...any) (int64, error) {
	return writeOn(ctx, d.Query, "zstd", query, path, args...)
}

func writeOn(ctx context.Context, on func(context.Context, string, ...any) (*Table, error), compression, query, path string, args ...any) (int64, error) {
	const before = "copy ("
	after := fmt.Sprintf("\n) to %s (format parquet, compression %s, row_group_size %d)", Literal(path), compression, RowGroup)
	t, err := on(ctx, before+trimStatement(query)+after, args...)
	if err != nil {
		return 0, shift(err, query, len(before))
	}
	rows, ok := t.Rows[0][0].(int64)
	if !ok {
		return 0, fmt.Errorf("write %s: the engine gave no count of rows", path)
	}
	return rows, nil
}

// Written is a Parquet file that an engine has written, and how many rows are in it.
type Written struct {
	Path string
	Rows int64
}

// WriteFiles is Write for whoever runs an engine that may write several files:
// DuckDB writes one, path.
func (d *DuckDB) WriteFiles(ctx context.Context, query, path string) ([]Written, error) {
	rows, err := d.Write(ctx, query, path)
	return []Written{{Path: path, Rows: rows}}, err
}

// shift moves an error's place from the statement that was run to the text
// that stands in it before bytes from its start.
func shift(err error, query string, before int) error {
	var fault *QueryError
	if !errors.As(err, &fault) || fault.Offset < 0 {
		return err
	}
	moved := *fault
	moved.Offset -= before
	moved.Line, moved.Column = Place(query, moved.Offset)
	if moved.Line == 0 {
		moved.Offset = -1
	}
	return &moved
}

package spark

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/parquet-go/parquet-go"

	"parley/sql/warehouse"
)

// globbing escapes what has a meaning in Spark's patterns of paths.
var globbing = strings.NewReplacer(`\`, `\\`, `{`, `\{`, `}`, `\}`, `[`, `\[`, `]`, `\]`, `*`, `\*`, `?`, `\?`, `,`, `\,`)

// pathsOf is one path for Spark that names an explicit list of files: a pattern
// of alternatives, as SQL takes no list. What they have in common stands before
// the alternatives, in which Spark takes no escapes: there it is names that
// Parley gave.
func pathsOf(paths []string) (string, error) {
	absolute := make([]string, len(paths))
	for i, p := range paths {
		var err error
		if absolute[i], err = filepath.Abs(p); err != nil {
			return "", err
		}
		if strings.Contains(absolute[i], ":") {
			return "", fmt.Errorf("%s: Spark reads no path with a colon in it; move the workspace to a folder without one", absolute[i])
		}
	}
	common := filepath.Dir(absolute[0]) + "/"
	for _, p := range absolute {
		for !strings.HasPrefix(p, common) {
			common = strings.TrimSuffix(filepath.Dir(strings.TrimSuffix(common, "/")), "/") + "/"
		}
	}
	for i := range absolute {
		absolute[i] = globbing.Replace(strings.TrimPrefix(absolute[i], common))
	}
	start := "file:" + globbing.Replace(common)
	if len(absolute) == 1 {
		return start + absolute[0], nil
	}
	return start + "{" + strings.Join(absolute, ",") + "}", nil
}

// ViewFiles gives Parquet files a name: an explicit list, never a pattern. All
// have the columns of the first. Spark must see them under the same paths.
func (s *Spark) ViewFiles(ctx context.Context, name string, paths []string) error {
	if len(paths) == 0 {
		return fmt.Errorf("name the files of %s: there are none", name)
	}
	path, err := pathsOf(paths)
	if err != nil {
		return err
	}
	return s.exec(ctx, "create or replace temporary view "+ident(name)+" using parquet options (path "+text(path)+")")
}

// WriteFiles runs a SELECT into Parquet files, zstd, and gives them in the order
// of the rows: path alone, or, where Spark wrote several, NAME-00000.parquet and
// so on beside it.
func (s *Spark) WriteFiles(ctx context.Context, query, path string) (written []warehouse.Written, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	// A name that no reader takes for a file of the table.
	folder := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".spark")
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	before := "insert overwrite directory " + text("file:"+folder) + " using parquet\n"
	if err := s.exec(ctx, before+query); err != nil {
		return nil, shift(err, query, len(before))
	}
	parts, err := filepath.Glob(filepath.Join(globbing.Replace(folder), "part-*.parquet"))
	if err != nil {
		return nil, err
	}
	if len(parts) == 0 {
		return nil, fmt.Errorf("Spark at %s wrote %s, where no file has come: Spark must see the lake under the same paths, on this machine or on a mount that both have", s.address, folder)
	}
	for i, part := range parts {
		w := warehouse.Written{Path: path}
		if len(parts) > 1 {
			w.Path = fmt.Sprintf("%s-%05d.parquet", strings.TrimSuffix(path, ".parquet"), i)
		}
		if w.Rows, err = rowsOf(part); err != nil {
			return nil, err
		}
		if err := os.Rename(part, w.Path); err != nil {
			if errors.Is(err, fs.ErrPermission) {
				err = fmt.Errorf("%w; Spark and Parley must both be allowed to write to the lake", err)
			}
			return nil, err
		}
		written = append(written, w)
	}
	return written, nil
}

// rowsOf is the number of rows that a Parquet file says it has.
func rowsOf(path string) (int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	opened, err := parquet.OpenFile(file, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return 0, fmt.Errorf("count the rows of %s: %w", path, err)
	}
	return opened.NumRows(), nil
}

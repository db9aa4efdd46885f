package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"parley/cmd/output"
	"parley/cmd/workspace"
	"parley/sql/warehouse"
)

// sqlFlags are how a query is asked.
type sqlFlags struct {
	timeout time.Duration
	memory  string
	maxRows int
	output  string
}

func (a *app) sqlCommand() *cobra.Command {
	var flags sqlFlags
	cmd := &cobra.Command{
		Use:   "sql [QUERY]",
		Short: "Ask the marts in SQL",
		Long: `Ask the current build's marts in DuckDB's SQL. Without a query: a shell, in which \h lists what there is, or the
query from standard input. Reading never waits for a build. A query can read the marts and nothing else: no files,
no network, no writing.

CSV, JSON and Arrow are written as the answer is computed, of any size. Limits stand in parley.yaml too:
sql: {timeout: 5m, memory: 2GB}.

The marts are Parquet files, one folder each, under lake/marts/current: any DuckDB, pandas or Spark reads them too.`,
		Example: "  parley sql \"from contacts_weekly\"\n  parley sql --format csv \"select topic, count(*) from contacts group by all\" > topics.csv\n  parley sql -o users.parquet \"from users\"",
		Args:    cobra.ArbitraryArgs, Annotations: map[string]string{answers: "all formats"},
		RunE: func(cmd *cobra.Command, args []string) error { return a.sql(cmd.Context(), flags, args) },
	}
	cmd.Flags().DurationVar(&flags.timeout, "timeout", 0, "stop a query after this `time` (default: sql.timeout, 5m)")
	cmd.Flags().StringVar(&flags.memory, "memory", "", "`size` of memory that a query may use, as 2GB (default: sql.memory, else half of the machine's)")
	cmd.Flags().IntVar(&flags.maxRows, "max-rows", 1000, "show so many `rows` of an answer that is a table; 0: all")
	cmd.Flags().StringVarP(&flags.output, "output", "o", "", "write the answer to this `file`, in the format of its name's ending")
	return cmd
}

func (a *app) sql(ctx context.Context, flags sqlFlags, args []string) error {
	ws, err := a.open()
	if err != nil {
		return err
	}
	config, err := flags.limits(ws)
	if err != nil {
		return err
	}
	q := &asker{app: a, maxRows: flags.maxRows, format: cmp.Or(a.format, output.Formats[0])}
	if flags.output != "" {
		q.file, q.fileFormat = a.inDir(flags.output), cmp.Or(a.format, formatOfFile(flags.output))
	}
	if q.reader, err = openBuild(ctx, ws, config); err != nil {
		return err
	}
	defer q.reader.Close()
	query := strings.TrimSpace(strings.Join(args, " "))
	switch {
	case query != "":
	case len(args) == 0 && isTerminal(a.stdin) && isTerminal(a.stdout) && flags.output == "":
		return q.shell(ctx, ws)
	case len(args) == 0:
		text, err := io.ReadAll(a.stdin)
		if err != nil {
			return fmt.Errorf("read the query from standard input: %w", err)
		}
		query = strings.TrimSpace(string(text))
	}
	if query == "" {
		return usagef("no query; write parley sql \"from contacts_weekly\"")
	}
	return q.ask(ctx, query)
}

// limits are what a query may take: by the flags, else by parley.yaml.
func (f sqlFlags) limits(ws *workspace.Workspace) (warehouse.ReaderConfig, error) {
	config := queryLimits(ws)
	if f.timeout < 0 {
		return config, usagef("--timeout %s has passed already; write a length of time, as 10m", f.timeout)
	}
	if f.maxRows < 0 {
		return config, usagef("--max-rows %d cannot be; write 0 for all", f.maxRows)
	}
	config.TimeLimit = cmp.Or(f.timeout, config.TimeLimit)
	config.Engine.MemoryLimit = cmp.Or(f.memory, config.Engine.MemoryLimit)
	if err := config.Engine.Validate(); err != nil {
		return config, usagef("--memory: %w", err)
	}
	return config, nil
}

// queryLimits are what parley.yaml says of them.
func queryLimits(ws *workspace.Workspace) warehouse.ReaderConfig {
	return warehouse.ReaderConfig{
		Engine:    warehouse.Config{MemoryLimit: ws.Config.SQL.Memory},
		TimeLimit: ws.Config.SQL.Timeout.Value(),
	}
}

func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// formatOfFile is the format that a file's name says it has; csv for other names.
func formatOfFile(path string) string {
	switch ending := strings.ToLower(strings.TrimPrefix(filepath.Ext(path), ".")); ending {
	case "json", "parquet", "arrow":
		return ending
	case "arrows": // a stream, by Arrow's own custom
		return "arrow"
	}
	return "csv"
}

// asker asks queries and puts their answers where they are wanted.
type asker struct {
	app     *app
	reader  *warehouse.Reader
	maxRows int    // of a table; 0: all
	format  string // on standard output
	// The file that the next answer goes to instead, if not "", and its format.
	file, fileFormat string
}

// ask asks one query and prints its answer.
func (q *asker) ask(ctx context.Context, query string) error {
	err := q.answer(ctx, query)
	var fault *warehouse.QueryError
	switch {
	case errors.Is(err, warehouse.ErrTimeLimit):
		return fmt.Errorf("%w; allow it more by --timeout, or sql.timeout in parley.yaml", err)
	case errors.As(err, &fault) && fault.OutOfMemory():
		return fmt.Errorf("%w; --memory, or sql.memory in parley.yaml, allows it more", err)
	}
	return err
}

func (q *asker) answer(ctx context.Context, query string) error {
	if q.file != "" {
		return intoFile(q.file, func(w io.Writer) error { return q.write(ctx, w, q.fileFormat, query) })
	}
	if output.IsBinary(q.format) && isTerminal(q.app.stdout) {
		return usagef("--format %s is bytes, which a terminal cannot show; add -o FILE, or send it on: … > FILE", q.format)
	}
	return q.write(ctx, q.app.stdout, q.format, query)
}

// write writes an answer: a table for people, or one of any size for programs.
func (q *asker) write(ctx context.Context, w io.Writer, format, query string) (err error) {
	if format == output.Formats[0] {
		return q.show(ctx, w, query)
	}
	stream, err := output.Ask(ctx, q.reader, format, query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stream.Close()) }()
	return stream.Write(w, nil)
}

// show prints an answer as a table, for people: its first rows.
func (q *asker) show(ctx context.Context, w io.Writer, query string) (err error) {
	rows, err := q.reader.Rows(ctx, query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	head, more, err := output.Head(rows, q.maxRows)
	if err != nil {
		return err
	}
	if plan, ok := planOf(head); ok {
		_, err := fmt.Fprintln(w, plan)
		return err
	}
	if err := output.Table(w, head); err != nil {
		return err
	}
	if more {
		q.app.say("these are the first %s; --max-rows N shows more, --format csv and -o FILE give all", plural(int64(q.maxRows), "row", "rows"))
	}
	return nil
}

// planOf is what EXPLAIN answers: a drawing of lines, which is no table.
func planOf(r output.Rows) (string, bool) {
	if len(r.Rows) != 1 || len(r.Columns) != 2 || r.Columns[1] != "explain_value" {
		return "", false
	}
	plan, ok := r.Rows[0][1].(string)
	return plan, ok
}

// intoFile writes a file that is there when it is whole, and not before; what
// is no plain file, as a pipe, is written as it comes.
func intoFile(path string, write func(io.Writer) error) (err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(file), file.Close())
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	if err := errors.Join(write(file), file.Chmod(0o644), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

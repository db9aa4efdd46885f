package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/cmd/output"
	"parley/sql/warehouse"
)

func (a *app) sqlCommand() *cobra.Command {
	var limit time.Duration
	cmd := &cobra.Command{
		Use:   "sql [QUERY]",
		Short: "Ask the marts in SQL",
		Long: `Ask the current build's marts in DuckDB's SQL. Without a query: a prompt, or the query from standard input.
Reading never waits for a build. A query can read the marts and nothing else: no files, no network, no writing.

The marts are Parquet files, one folder each, under lake/marts/current: any DuckDB, pandas or Spark reads them too.`,
		Example: "  parley sql \"from contacts_weekly\"\n  parley sql --format csv \"select topic, count(*) from contacts group by all\" > topics.csv",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			ws, err := a.open()
			if err != nil {
				return err
			}
			reader, err := a.reader(cmd.Context(), ws)
			if err != nil {
				return err
			}
			defer reader.Close()
			query := strings.TrimSpace(strings.Join(args, " "))
			if query == "" && len(args) == 0 && isInteractive(a.stdin) {
				return a.prompt(cmd.Context(), reader, limit)
			}
			if query == "" && len(args) == 0 {
				text, err := io.ReadAll(a.stdin)
				if err != nil {
					return fmt.Errorf("read the query from standard input: %w", err)
				}
				query = strings.TrimSpace(string(text))
			}
			if query == "" {
				return usagef("no query; write parley sql \"from contacts_weekly\"")
			}
			return a.ask(cmd.Context(), reader, query, limit)
		},
	}
	cmd.Flags().DurationVar(&limit, "timeout", 5*time.Minute, "give up after this `time`")
	return cmd
}

func isInteractive(in io.Reader) bool {
	file, ok := in.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (a *app) ask(ctx context.Context, reader *warehouse.Reader, query string, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	answer, err := reader.Query(ctx, query)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("the query took longer than %s; give it more by --timeout", limit)
	}
	if err != nil {
		return err
	}
	if plan, ok := planOf(answer); ok && a.format == "" {
		_, err := fmt.Fprintln(a.stdout, plan)
		return err
	}
	return a.print(output.Answer(answer))
}

// planOf is what EXPLAIN answers: a drawing of lines, which is no table.
func planOf(answer *warehouse.Table) (string, bool) {
	if len(answer.Rows) != 1 || answer.Index("explain_value") < 0 {
		return "", false
	}
	plan, ok := answer.Rows[0][answer.Index("explain_value")].(string)
	return plan, ok
}

// prompt asks until the input ends. A statement ends with a semicolon or an empty line.
func (a *app) prompt(ctx context.Context, reader *warehouse.Reader, limit time.Duration) error {
	a.say("build %s, as of %s; `show tables;` lists the marts, `describe contacts;` a mart's columns, exit or ctrl-D ends", reader.Build().ID, formatTime(reader.Build().AsOf))
	lines := bufio.NewScanner(a.stdin)
	lines.Buffer(nil, 1<<20)
	var statement strings.Builder
	fmt.Fprint(a.stderr, "parley> ")
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if word := strings.TrimSuffix(line, ";"); statement.Len() == 0 && (word == "exit" || word == "quit" || word == `\q`) {
			return nil
		}
		if line != "" {
			statement.WriteString(line + "\n")
		}
		if query := strings.TrimSuffix(strings.TrimSpace(statement.String()), ";"); query != "" && (line == "" || strings.HasSuffix(line, ";")) {
			statement.Reset()
			if err := a.ask(ctx, reader, query, limit); err != nil {
				a.say("%v", err)
			}
		}
		if statement.Len() > 0 {
			fmt.Fprint(a.stderr, "   ...> ")
		} else {
			fmt.Fprint(a.stderr, "parley> ")
		}
	}
	fmt.Fprintln(a.stderr)
	return lines.Err()
}

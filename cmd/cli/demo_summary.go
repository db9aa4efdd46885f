package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"parley/cmd/output"
	"parley/cmd/workspace"
	"parley/pipelines/record"
	"parley/sql/warehouse"
)

// printDemo says in a few lines what the demo did, from the marts, and where to look.
func (a *app) printDemo(ctx context.Context, ws *workspace.Workspace, dir string) error {
	reader, err := a.reader(ctx, ws)
	if err != nil {
		return err
	}
	defer reader.Close()
	landed, err := landedByKind(ws)
	if err != nil {
		return err
	}
	r := output.Rows{Columns: []string{"what", "is"}, Rows: [][]any{{"landed", landed}}}
	for _, figure := range []struct{ name, query string }{
		{"segments", `select string_agg(segment || ' ' || format('{:,}', members) || (case when entered > 0 then ' (' || entered || ' entered this week)' else '' end), ', ' order by segment)
			from segment_runs left join (select segment, count(*) as entered from segment_changes where change = 'entered' group by all) as came using (segment)`},
		{"messages sent", `select coalesce(sum(n), 0) || coalesce(' (' || string_agg(message || ' ' || n, ', ' order by message) || ')', '')
			from (select message, count(*) as n from deliveries where decision = 'sent' group by all) as sent`},
		{"MRR", `select string_agg(format('{:,.2f}', cast(ending as double)) || ' ' || currency, ', ' order by ending desc) from mrr_monthly
			where month = (select max(month) from mrr_monthly)`},
	} {
		answer, err := reader.Query(ctx, figure.query)
		if err != nil {
			return fmt.Errorf("sum up %s: %w", figure.name, err)
		}
		r.Rows = append(r.Rows, []any{figure.name, answer.Rows[0][0]})
	}
	response, err := lastFirstResponse(ctx, reader)
	if err != nil {
		return err
	}
	r.Rows = append(r.Rows, []any{"first response", response})
	if a.format != "" && a.format != "table" {
		return a.print(r)
	}
	fmt.Fprintf(a.stdout, "\n%s, as of %s\n\n", ws.Config.Workspace.Name, reader.Build().AsOf.Format("Mon 2 Jan 2006 15:04 MST"))
	for _, row := range r.Rows {
		fmt.Fprintf(a.stdout, "  %-15s %v\n", row[0], row[1])
	}
	program := programFrom(ws.Dir)
	fmt.Fprintf(a.stdout, `
Where to look
  %s   double click: the reports
  %s   the messages, as any mail program opens them
  cd %s && %s sql "from contacts_weekly"
  cd %s && %s serve

`, pad(filepath.Join(dir, "reports", "latest", "index.html"), 34), pad(filepath.Join(dir, "outbox")+"/", 34), dir, program, dir, program)
	return nil
}

// programFrom is how this program is called from a folder.
func programFrom(dir string) string {
	program, err := os.Executable()
	if err != nil {
		return "parley"
	}
	if rel, err := filepath.Rel(dir, program); err == nil && len(rel) < len(program) {
		return rel
	}
	return program
}

func pad(text string, width int) string { return fmt.Sprintf("%-*s", width, text) }

func landedByKind(ws *workspace.Workspace) (string, error) {
	store, err := ws.OpenLake()
	if err != nil {
		return "", err
	}
	var (
		parts []string
		total int64
	)
	for _, kind := range record.Kinds() {
		files, err := store.Files(string(kind))
		if err != nil {
			return "", err
		}
		var rows int64
		for _, file := range files {
			rows += file.Rows
		}
		if rows > 0 {
			parts = append(parts, grouped(rows)+" of "+string(kind))
			total += rows
		}
	}
	return grouped(total) + " records: " + strings.Join(parts, ", "), nil
}

// lastFirstResponse is the median of the last whole week that has one.
func lastFirstResponse(ctx context.Context, reader *warehouse.Reader) (string, error) {
	answer, err := reader.Query(ctx, `select median_seconds, answered, unanswered, week_start from first_response_weekly
		where not is_partial and median_seconds is not null order by week_start desc limit 1`)
	if err != nil {
		return "", err
	}
	if len(answer.Rows) == 0 {
		return "no whole week with an answer yet", nil
	}
	row := answer.Rows[0]
	seconds, _ := row[0].(float64)
	week, _ := row[3].(time.Time)
	median := time.Duration(seconds * float64(time.Second)).Round(time.Second)
	return fmt.Sprintf("median %s in the week of %s (%v answered, %v not)", median, week.Format("2 Jan"), row[1], row[2]), nil
}

package cli

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"parley/cmd/output"
	"parley/cmd/workspace"
	"parley/reports"
)

func (a *app) reportCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "report",
		Short: "Draw the reports of the current build",
		Long:  "Draw the reports of the current build into reports/DATE/; reports/latest is the newest. Every page opens by double click.",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ws, err := a.open()
			if err != nil {
				return err
			}
			written, err := a.draw(cmd.Context(), ws)
			if err != nil {
				return err
			}
			r := output.Rows{Columns: []string{"report", "file"}}
			for _, page := range written.Pages {
				r.Rows = append(r.Rows, []any{page.Title, filepath.Join(written.Dir, page.File)})
			}
			return a.print(r)
		},
	}
}

// draw draws the reports of the current build.
func (a *app) draw(ctx context.Context, ws *workspace.Workspace) (reports.Written, error) {
	reader, err := a.reader(ctx, ws)
	if err != nil {
		return reports.Written{}, err
	}
	defer reader.Close()
	return reports.Write(ctx, reports.Config{
		Dir: ws.Path("reports"), Query: reader.Query, Build: reader.Build(),
	})
}

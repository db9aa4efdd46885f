package cli

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"parley/cmd/output"
	"parley/cmd/workspace"
)

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init DIR",
		Short: "Make a folder a workspace",
		Long:  "Make a folder a workspace: parley.yaml, and an example of a segment and a message to begin from.\nFiles that are there already stay as they are.",
		Args:  exactly("a folder"),
		RunE: func(_ *cobra.Command, args []string) error {
			made, err := workspace.Create(a.inDir(args[0]))
			if err != nil {
				return err
			}
			rows := make([][]any, len(made))
			for i, name := range made {
				rows[i] = []any{filepath.Join(args[0], name)}
			}
			if err := a.print(output.Rows{Columns: []string{"made"}, Rows: rows}); err != nil {
				return err
			}
			a.say("\nNext, in %s:\n  parley import RECORDS.ndjson   put your records in\n  parley run                     land, build, send and serve, until stopped\n  parley sql                     ask", args[0])
			return nil
		},
	}
}

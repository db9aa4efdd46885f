package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"parley/cmd/output"
	"parley/cmd/workspace"
	"parley/sql/dialect/lint"
)

func (a *app) lintCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "lint",
		Short: "Say what in the workspace's own models only one engine understands",
		Long: `Say which places of models/*.sql DuckDB and Spark do not share, and what to write instead. Models that run on
DuckDB alone need none of it; with a Spark in engine.url, parley build says the same. Nothing is run.`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			ws, err := a.open()
			if err != nil {
				return err
			}
			findings, err := a.lint(ws)
			if err != nil {
				return err
			}
			r := output.Rows{Columns: []string{"file", "line", "column", "finding", "instead"}}
			for _, f := range findings {
				r.Rows = append(r.Rows, []any{f.file, f.Line, f.Column, f.What, f.Instead})
			}
			if err := a.print(r); err != nil {
				return err
			}
			if len(findings) > 0 {
				return fmt.Errorf("%s in the workspace's models that the engines do not share", plural(int64(len(findings)), "place", "places"))
			}
			return nil
		},
	}
}

// modelFinding is a place in a model of the workspace.
type modelFinding struct {
	file string // as messages name it
	lint.Finding
}

// lint looks at the workspace's own models.
func (a *app) lint(ws *workspace.Workspace) (findings []modelFinding, err error) {
	folder := ws.Folder("models")
	names, err := fs.Glob(folder, "*.sql")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		content, err := fs.ReadFile(folder, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("read model %s: %w", filepath.Join("models", name), err)
		}
		for _, f := range lint.Look(string(content)) {
			findings = append(findings, modelFinding{file: filepath.Join(a.dir, "models", name), Finding: f})
		}
	}
	return findings, nil
}

// warnOfModels says what Spark may not understand, where Spark is to run it.
func (a *app) warnOfModels(ws *workspace.Workspace) error {
	if ws.Spark() == "" {
		return nil
	}
	findings, err := a.lint(ws)
	for _, f := range findings {
		a.say("%s:%v", f.file, f.Finding)
	}
	return err
}

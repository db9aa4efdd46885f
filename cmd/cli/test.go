package cli

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"parley/cmd/output"
	"parley/cmd/workspace"
	"parley/pipelines/yamlfile"
	"parley/sql/build"
	"parley/sql/transform"
)

func (a *app) testCommand() *cobra.Command {
	var show bool
	cmd := &cobra.Command{
		Use:   "test [MODEL[/CASE]…]",
		Short: "Run the cases of the workspace's models",
		Long: `Run the cases in models/tests: examples worked out by hand, each a folder with the rows that a model is given
and those that have to come out.

  models/tests/MODEL/CASE/given/TABLE.csv   rows of a table that the model reads; of what is not given there are none
  models/tests/MODEL/CASE/want.csv          the rows wanted, in any order, of the columns that you care for

It reads no lake and needs no build. What to write into these files says ` + "`parley help models`" + `.`,
		RunE: func(cmd *cobra.Command, names []string) error {
			ws, err := a.open()
			if err != nil {
				return err
			}
			t := &tests{app: a, ws: ws, models: filepath.ToSlash(filepath.Join(a.dir, "models"))}
			if err := t.find(cmd.Context(), names); err != nil {
				return err
			}
			if show {
				return t.show(cmd.Context())
			}
			return t.run(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&show, "show", false, "print the rows that come out of one case, and compare nothing")
	return cmd
}

// tests are the cases that a call of `parley test` is about.
type tests struct {
	app    *app
	ws     *workspace.Workspace
	models string // the folder of models, as messages name it
	graph  *transform.Graph
	suite  *transform.Suite
	cases  []transform.Case
	bare   []string // models of the workspace without a case
	faulty []string // those of them that cannot be loaded
	faults []error  // why
	stray  error    // files that lie beside the folders of models
}

func (t *tests) find(ctx context.Context, names []string) error {
	graph, shapes, err := build.Graph(ctx, t.ws.Folder("models"), t.models, nil)
	if err != nil {
		return err
	}
	files, shown := t.ws.Folder("models/tests"), path.Join(t.models, "tests")
	t.graph, t.suite = graph, transform.NewSuite(graph, shapes, files, shown)
	t.cases, t.stray = transform.Cases(files, shown)
	for _, name := range t.own() {
		if !slices.ContainsFunc(t.cases, func(c transform.Case) bool { return c.Model == name }) {
			t.bare = append(t.bare, name)
		}
	}
	if err := t.choose(names); err != nil {
		return err
	}
	for _, f := range t.graph.Faults {
		// One without a name of its own is told when all are asked for.
		if slices.Contains(t.bare, f.Model) || f.Model == "" && len(names) == 0 {
			t.faulty, t.faults = append(t.faulty, f.Model), append(t.faults, f)
		}
	}
	return nil
}

// own names the workspace's models, those that cannot run among them.
func (t *tests) own() []string {
	var names []string
	for _, m := range t.graph.Models {
		if m.Own {
			names = append(names, m.Name)
		}
	}
	for _, f := range t.graph.Faults {
		if f.Model != "" {
			names = append(names, f.Model)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// choose leaves the models and cases that are named; no name is all.
func (t *tests) choose(names []string) error {
	if len(names) == 0 {
		return nil
	}
	var known []string
	for _, c := range t.cases {
		known = append(known, c.Model, c.String())
	}
	known = append(known, t.bare...)
	for _, name := range names {
		if !slices.Contains(known, name) {
			return usagef("%s: no model with this name has a case in %s, nor is it one of the workspace's own%s", name, path.Join(t.models, "tests"), yamlfile.DidYouMean(name, known))
		}
	}
	t.cases = slices.DeleteFunc(t.cases, func(c transform.Case) bool {
		return !slices.Contains(names, c.Model) && !slices.Contains(names, c.String())
	})
	t.stray = nil // it is about none of these
	t.bare = slices.DeleteFunc(t.bare, func(model string) bool { return !slices.Contains(names, model) })
	return nil
}

// show prints what comes out of one case.
func (t *tests) show(ctx context.Context) error {
	if len(t.cases) != 1 {
		return usagef("--show prints one case, and this names %d; write parley test --show MODEL/CASE", len(t.cases))
	}
	shown, err := t.suite.Show(ctx, t.cases[0])
	if err != nil {
		return err
	}
	return t.app.print(output.Answer(shown))
}

// run runs the cases, as many at once as there are processors, and prints what
// came of them. The error says how many did not hold.
func (t *tests) run(ctx context.Context) error {
	results := make([]*transform.CaseResult, len(t.cases))
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, c := range t.cases {
		group.Go(func() (err error) {
			results[i], err = t.suite.Run(running, c)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := t.print(results); err != nil {
		return err
	}
	return t.verdict(results)
}

// verdict is the error where not all held: files that are no part of a case, models that
// cannot run and have no case to say so, and how many cases did not hold.
func (t *tests) verdict(results []*transform.CaseResult) error {
	faults := append([]error{t.stray}, t.faults...)
	failed := 0
	for _, r := range results {
		if !r.Held() {
			failed++
		}
	}
	if failed > 0 {
		faults = append(faults, fmt.Errorf("%d of %s did not hold", failed, plural(int64(len(results)), "case", "cases")))
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	if len(results) == 0 {
		t.app.say("there is no case to run; `parley help models` says how to write one")
		return nil
	}
	t.app.say("%s held", plural(int64(len(results)), "case", "cases"))
	return nil
}

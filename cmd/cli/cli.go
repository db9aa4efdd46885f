// Package cli is Parley's command line: one file for each command, and the
// wiring of the parts. It holds no logic of its own: what a command does is in
// the packages it calls.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"parley/cmd/workspace"
	"parley/pipelines/yamlfile"
)

// Exit statuses.
const (
	exitOK      = 0
	exitFailure = 1 // did not do what was asked
	exitUsage   = 2 // was asked wrongly
)

// app is what every command has: where it speaks, and which workspace it is in.
type app struct {
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
	screen  *screen  // what stderr is at a terminal, else nil
	dir     string   // -C
	format  string   // --format
	figures *figures // for Prometheus; nil: nobody asks for them
	log     *slog.Logger
}

// Main runs one command and returns the exit status. Results go to stdout;
// progress and errors, one line each, to stderr.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	if file, ok := stderr.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		a.screen = &screen{out: file}
		a.stderr = a.screen
	}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "parley: interrupted")
		return exitFailure
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(stderr, "parley: %s\n", strings.TrimRight(line, "\n"))
	}
	var usage usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailure
}

// usageError is a command called wrongly.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "parley",
		Short:         "A company's whole customer communication, in its own warehouse",
		Long:          "Parley lands records of users, companies, events and conversations from Kafka as Parquet,\nturns them into segments and metrics by SQL, sends the right message once, and draws reports.",
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.ArbitraryArgs,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			level := slog.LevelInfo
			if verbose, _ := cmd.Flags().GetBool("verbose"); verbose {
				level = slog.LevelDebug
			}
			a.log = slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: level}))
			return a.checkFormat(cmd)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("unknown command %q%s; `parley help` lists them", args[0], suggestion(cmd, args[0]))
			}
			return cmd.Help()
		},
	}
	root.PersistentFlags().StringVarP(&a.dir, "directory", "C", ".", "work on the workspace in this `folder`")
	root.PersistentFlags().StringVar(&a.format, "format", "", "print as table, json or csv; sql also as parquet or arrow (default `table`)")
	root.PersistentFlags().Bool("verbose", false, "say more of what is done")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.CompletionOptions.HiddenDefaultCmd = true
	for _, group := range []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{"begin", "Begin:", []*cobra.Command{a.demoCommand(), a.initCommand(), a.importCommand()}},
		{"work", "Work, all at once or each by itself:", []*cobra.Command{a.runCommand(), a.landCommand(), a.buildCommand(), a.workCommand(), a.serveCommand()}},
		{"write", "Write models:", []*cobra.Command{a.testCommand(), a.docsCommand()}},
		{"ask", "Ask:", []*cobra.Command{a.sqlCommand(), a.personCommand(), a.companyCommand(), a.segmentCommand(), a.tagCommand(), a.messageCommand(), a.reportCommand()}},
		{"care", "Take care:", []*cobra.Command{a.doctorCommand(), a.lintCommand(), a.lakeCommand(), a.deadLettersCommand(), a.mergeCommand(), a.unmergeCommand()}},
	} {
		root.AddGroup(&cobra.Group{ID: group.id, Title: group.title})
		for _, command := range group.commands {
			command.GroupID = group.id
			root.AddCommand(command)
		}
	}
	root.AddCommand(modelsTopic())
	cobra.EnableCommandSorting = false
	return root
}

// version is what the build knows of itself: a release's tag, or the commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	text := info.Main.Version
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			text += " " + setting.Value
		}
	}
	return text + ", " + info.GoVersion
}

// suggestion is the nearest name of a command, as the end of a message.
func suggestion(cmd *cobra.Command, name string) string {
	var names []string
	for _, sub := range cmd.Commands() {
		names = append(names, sub.Name())
	}
	return yamlfile.DidYouMean(name, names)
}

// exactly is cobra.ExactArgs with a sentence that says what is missing.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != len(names) {
			return usagef("%s takes %s; see `%s --help`", cmd.CommandPath(), strings.Join(names, " and "), cmd.CommandPath())
		}
		return nil
	}
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no argument %q; see `%s --help`", cmd.CommandPath(), args[0], cmd.CommandPath())
	}
	return nil
}

// open opens the workspace that the command works on.
func (a *app) open() (*workspace.Workspace, error) { return workspace.Open(a.dir) }

// parent is a command that only has others below it.
func parent(use, short string, children ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(children...)
	return cmd
}

// inDir is a path that was named on the command line, seen from -C.
func (a *app) inDir(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(a.dir, path)
}

// say tells the person at the terminal something that is no result.
func (a *app) say(format string, args ...any) { fmt.Fprintf(a.stderr, format+"\n", args...) }

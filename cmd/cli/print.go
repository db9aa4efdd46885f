package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/cmd/output"
)

// print writes rows to standard output in the format that was asked for.
func (a *app) print(r output.Rows) error { return output.Print(a.stdout, a.format, r) }

// forPeople says that what is printed is read by a person, not by a program.
func (a *app) forPeople() bool { return a.format == "" || a.format == output.Formats[0] }

// checkFormat refuses a --format that the command has not; those with the mark
// answers have more of them.
func (a *app) checkFormat(cmd *cobra.Command) error {
	known := output.Formats
	if cmd.Annotations[answers] != "" {
		known = output.AnswerFormats
	}
	if a.format == "" || slices.Contains(known, a.format) {
		return nil
	}
	last := len(known) - 1
	return usagef("there is no --format %s; choose %s or %s", a.format, strings.Join(known[:last], ", "), known[last])
}

// answers marks a command whose answer comes in all of output.AnswerFormats.
const answers = "answers"

func formatTime(at time.Time) string { return output.FormatTime(at) }

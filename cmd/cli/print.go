package cli

import (
	"slices"
	"strings"
	"time"

	"parley/cmd/output"
)

// print writes rows to standard output in the format that was asked for.
func (a *app) print(r output.Rows) error { return output.Print(a.stdout, a.format, r) }

// forPeople says that what is printed is read by a person, not by a program.
func (a *app) forPeople() bool { return a.format == "" || a.format == output.Formats[0] }

func (a *app) checkFormat() error {
	if a.format == "" || slices.Contains(output.Formats, a.format) {
		return nil
	}
	last := len(output.Formats) - 1
	return usagef("there is no --format %s; choose %s or %s", a.format, strings.Join(output.Formats[:last], ", "), output.Formats[last])
}

func formatTime(at time.Time) string { return output.FormatTime(at) }

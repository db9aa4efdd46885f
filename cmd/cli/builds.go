package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"parley/cmd/output"
	"parley/sql/build"
	"parley/sql/warehouse"
)

// listBuilds prints the history of builds, the newest first: at most so many, 0: all.
func (a *app) listBuilds(limit int) error {
	_, store, err := a.openLake()
	if err != nil {
		return err
	}
	records, err := build.Recent(store, limit)
	if err != nil {
		return err
	}
	there, err := build.There(store)
	if err != nil {
		return err
	}
	current, err := build.CurrentID(store)
	if err != nil && !isNoBuild(err) {
		return err
	}
	r := output.Rows{
		Columns: []string{"build", "status", "as_of", "seconds", "landed", "rows", "checks_failed", "marts", "error"},
		Empty:   "there is no build yet; run `parley build`",
	}
	for _, b := range slices.Backward(records) {
		if limit > 0 && len(r.Rows) == limit {
			break
		}
		marts := "removed"
		switch {
		case b.ID == current:
			marts = "current"
		case slices.Contains(there, b.ID):
			marts = "there"
		case b.Status != warehouse.Published:
			marts = ""
		}
		why := b.Error
		if a.forPeople() {
			why, _, _ = strings.Cut(why, "\n")
		}
		r.Rows = append(r.Rows, []any{b.ID, string(b.Status), b.AsOf, roundSeconds(b.Seconds), b.LandedRecords(), b.AllRows(), b.ChecksFailed, marts, why})
	}
	return a.print(r)
}

func roundSeconds(seconds float64) float64 {
	return time.Duration(seconds * float64(time.Second)).Round(time.Millisecond).Seconds()
}

// showBuild prints all that is known of one build, a line for each thing.
func (a *app) showBuild(name string) error {
	_, store, err := a.openLake()
	if err != nil {
		return err
	}
	b, err := build.Record(store, name)
	if err != nil {
		return err
	}
	r := output.Rows{Columns: []string{"about", "name", "value"}}
	add := func(about, name string, value any) { r.Rows = append(r.Rows, []any{about, name, value}) }
	add("build", "id", b.ID)
	add("build", "status", string(b.Status))
	add("build", "as_of", b.AsOf)
	add("build", "started_at", b.StartedAt)
	if b.Status != warehouse.Running {
		add("build", "seconds", roundSeconds(b.Seconds))
		add("build", "peak_memory", b.PeakMemory)
		add("build", "checks_run", b.ChecksRun)
		add("build", "checks_failed", b.ChecksFailed)
	}
	for line := range strings.Lines(b.Error) {
		add("error", "", strings.TrimRight(line, "\n"))
	}
	for _, check := range b.Checks {
		a.showCheck(add, check, build.SampleDir(store))
	}
	for _, check := range b.Unasked {
		add("not asked", check.Name(), "did not hold when it was last asked; since "+check.Since)
	}
	for _, m := range b.Models {
		switch {
		case m.Error != "":
			add("model "+m.State, m.Name, m.Error)
		case m.How != "":
			add("model", m.Name, strings.TrimSuffix(m.How+": "+m.Reason, ": "))
		}
	}
	for kind, source := range sorted(b.Sources) {
		text := "newest landed " + formatTime(source.LandedAt)
		if !source.NewestAt.IsZero() {
			text += ", newest of its own time " + formatTime(source.NewestAt)
		}
		add("source", kind, text)
	}
	for kind, n := range sorted(b.Landed) {
		add("landed", kind, n)
	}
	for step, seconds := range sorted(b.Steps) {
		add("seconds", step, roundSeconds(seconds))
	}
	for mart, rows := range sorted(b.Rows) {
		add("rows", mart, rows)
	}
	return a.print(r)
}

// showCheck adds what is known of a check that did not hold, and where the rows
// lie that break it.
func (a *app) showCheck(add func(about, name string, value any), check warehouse.CheckRecord, dir string) {
	about := "check, " + check.Severity
	place := check.File
	if check.Line > 0 {
		place += fmt.Sprintf(":%d", check.Line)
	}
	said := place + ": " + saysOf(check)
	if check.Model != "" {
		said += " (" + check.Rule + ")" // of a query the rule is its whole text
	}
	add(about, check.Name(), said)
	if check.Builds > 1 {
		add(about, check.Name(), fmt.Sprintf("failing since build %s, %d builds", check.Since, check.Builds))
	}
	if check.Sample != "" {
		add(about, check.Name(), "rows kept in "+filepath.Join(dir, check.Sample))
	}
}

// saysOf is what a check found, in words.
func saysOf(check warehouse.CheckRecord) string {
	switch {
	case check.Error != "":
		return "cannot be asked: " + check.Error
	case check.Found != "":
		return check.Found
	}
	return plural(check.Failed, "row breaks it", "rows break it")
}

package cli

import (
	"context"
	"strings"
	"time"

	"parley/cmd/output"
	"parley/sql/build"
	"parley/sql/transform"
)

// howToBuild is what the flags of a build say beside its instant.
type howToBuild struct {
	full     bool
	selected []string
}

// planBuild says what a build would do, and why.
func (a *app) planBuild(ctx context.Context, at time.Time, how howToBuild) error {
	ws, err := a.open()
	if err != nil {
		return err
	}
	store, err := ws.OpenLake()
	if err != nil {
		return err
	}
	config, faults := a.buildConfig(ws, store)
	config.AsOf, config.Full, config.Select = at, how.full, how.selected
	if at.IsZero() {
		config.AsOf = ws.Now()
	}
	plan, err := build.Plan(ctx, config)
	if err != nil {
		return err
	}
	r := output.Rows{Columns: []string{"model", "runs", "why"}}
	unchanged := 0
	for _, p := range plan {
		switch {
		case p.Layer == string(transform.Staging):
			continue
		case p.How == "unchanged":
			unchanged++
		}
		r.Rows = append(r.Rows, []any{p.Model, runs(p), p.Reason})
	}
	if err := a.print(r); err != nil {
		return err
	}
	if faults != nil {
		a.say("%v", faults)
	}
	a.say("%d of %d models would stay as they are; what lies on Kafka and has not landed is not in this", unchanged, len(r.Rows))
	return nil
}

// runs says how a model would run, in words.
func runs(p build.Planned) string {
	switch p.How {
	case "":
		return "no"
	case "unchanged":
		return "no, unchanged"
	case "keys":
		return "for what was touched"
	case "dates":
		return "for touched dates"
	}
	return "over everything"
}

// words parts what was given to --select, in one or several flags, at commas and spaces.
func words(given []string) []string {
	return strings.FieldsFunc(strings.Join(given, " "), func(r rune) bool { return r == ' ' || r == ',' })
}

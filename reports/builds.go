package reports

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"parley/reports/chart"
	"parley/sql/warehouse"
)

const (
	buildsTitle = "Builds"
	buildsFile  = "builds.html"
)

// BuildsShown is how many builds the page of builds shows.
const BuildsShown = 60

// builds draws the page that says what builds say of themselves. It asks no
// mart: that builds fail must reach it.
func (d *desk) builds() (*page, error) {
	var ended []warehouse.Build // the newest first
	for _, b := range slices.Backward(d.history.Records) {
		if b.Status != warehouse.Running && len(ended) < BuildsShown {
			ended = append(ended, b)
		}
	}
	p := &page{Lede: "What each build took, what had landed for it, and what did not hold.", Alarm: d.standing().Failing}
	if len(ended) == 0 {
		p.Figures = []figure{{ID: "builds", Title: "The last builds", Missing: &missing{What: "No build has ended yet.", How: "Each one is listed here, failed ones too, once it has ended:", Command: "parley build"}}}
		return p, nil
	}
	p.Cards = d.buildCards(ended)
	last, err := d.lastBuilds(ended)
	if err != nil {
		return nil, err
	}
	p.Figures = slices.Concat([]figure{last, d.brokenChecks(ended)}, d.failedBuilds(ended), d.sources(ended[0]))
	return p, nil
}

func (d *desk) buildCards(ended []warehouse.Build) []card {
	last := ended[0]
	var seconds, landed []float64
	for _, b := range slices.Backward(ended) {
		seconds, landed = append(seconds, b.Seconds), append(landed, float64(b.LandedRecords()))
	}
	checks := card{Label: "Checks that did not hold", Value: formatCount(int64(last.ChecksFailed)), Raw: fmt.Sprint(last.ChecksFailed), Note: fmt.Sprintf("of %s in the last build", formatCount(int64(last.ChecksRun)))}
	if last.ChecksRun == 0 {
		checks.Value, checks.Raw, checks.Note = none, "", "the last build came to none"
	}
	return []card{
		{Label: "Last build", Value: statusWords[last.Status], Note: d.formatTime(last.StartedAt)},
		{Label: "It took", Value: formatDuration(last.Seconds), Raw: raw(last.Seconds), Note: "at most " + formatBytes(last.PeakMemory) + " of memory", Spark: newSpark(seconds)},
		{Label: "Records landed for it", Value: formatCount(last.LandedRecords()), Raw: fmt.Sprint(last.LandedRecords()), Note: landedNote(last), Spark: newSpark(landed)},
		checks,
	}
}

var statusWords = map[warehouse.Status]string{
	warehouse.Published: "Published", warehouse.Failed: "Failed", warehouse.Interrupted: "Interrupted", warehouse.Running: "Running",
}

// landedNote says how many records of which kind landed.
func landedNote(b warehouse.Build) string {
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(b.Landed)) {
		if n := b.Landed[kind]; n > 0 {
			parts = append(parts, formatCount(n)+" "+spaced(kind))
		}
	}
	return strings.Join(parts, ", ")
}

func (d *desk) lastBuilds(ended []warehouse.Build) (figure, error) {
	f := figure{ID: "builds", Title: "The last builds", Definition: []string{
		"Landed is what came in since the build before, failed ones too: each record is counted for one build. Rows are those of all marts together. Memory is the most that the process had held by the build's end, whatever for.",
		"A build that failed changed nothing: readers kept the one before. parley sql 'from builds' has more of each, parley build --list shows them in a terminal, and parley build --diff compares the marts of two.",
	}}
	panels := chart.Panels{Panels: []chart.Panel{
		{Series: chart.Series{Name: "Duration", Color: chart.Blue}, Format: chart.Duration, Shape: chart.Line},
		{Series: chart.Series{Name: "Records landed", Color: chart.Teal}, Format: chart.Count, Shape: chart.Filled},
	}}
	for _, b := range slices.Backward(ended) {
		panels.Labels = append(panels.Labels, b.StartedAt.In(d.settings.Zone).Format("2 Jan 15:04"))
		panels.Titles = append(panels.Titles, d.formatTime(b.StartedAt)+", "+string(b.Status))
		panels.Panels[0].Values = append(panels.Panels[0].Values, b.Seconds)
		panels.Panels[1].Values = append(panels.Panels[1].Values, float64(b.LandedRecords()))
	}
	drawing, err := drawn(panels.Draw())
	t := table{
		Caption: "The last builds, the newest first", Whole: true,
		Head: []string{"Build", "Status", "Began", "As of", "Took", "Memory", "Landed", "Rows", "Failed checks"}, Words: 4,
	}
	failed := 0
	for _, b := range ended {
		if b.Status != warehouse.Published {
			failed++
		}
		landed := counted(b.LandedRecords())
		landed.Note = landedNote(b)
		t.Rows = append(t.Rows, tableRow{Partial: b.Status != warehouse.Published, Cells: []cell{
			words(b.ID), words(statusWords[b.Status]), words(d.briefTime(b.StartedAt)), words(d.briefTime(b.AsOf)),
			{Text: formatTenths(b.Seconds), Raw: raw(b.Seconds)}, {Text: formatBytes(b.PeakMemory), Raw: fmt.Sprint(b.PeakMemory)},
			landed, counted(b.AllRows()), counted(int64(b.ChecksFailed)),
		}})
	}
	f.Summary = fmt.Sprintf("%s, from %s to %s; ", plural(int64(len(ended)), "build"), d.formatTime(ended[len(ended)-1].StartedAt), d.formatTime(ended[0].StartedAt))
	if failed == 0 {
		f.Summary += "all were published."
	} else {
		f.Summary += fmt.Sprintf("%d of them not published.", failed)
	}
	f.Views = []view{{ID: f.ID, Title: f.Title, Drawing: drawing, Table: t}}
	return f, err
}

// brokenChecks lists each check that did not hold in one of the builds, as it
// was when that was last so.
func (d *desk) brokenChecks(ended []warehouse.Build) figure {
	f := figure{ID: "checks", Title: "Checks that did not hold", Definition: []string{
		"A check of severity error that does not hold keeps a build from being published; one of severity warn only tells. Since says since when it has not held in any build that came to it.",
		"Up to a hundred of the rows that break a check are kept beside the build's record, as long as that is: the command says where. parley sql 'from build_checks' has them all.",
	}}
	t := table{
		Caption: "Checks that did not hold, by the last build in which each did not", Whole: true,
		Head: []string{"Check", "Found", "Rule", "Severity", "Since", "Look at it by", "Builds"}, Words: 6,
	}
	seen := map[string]bool{}
	now := 0
	add := func(c warehouse.CheckRecord, past bool, in, found string) {
		if seen[c.Name()] {
			return
		}
		seen[c.Name()] = true
		if c.Sample != "" {
			in, _, _ = strings.Cut(filepath.ToSlash(c.Sample), "/")
		}
		if !past {
			now++
		}
		t.Rows = append(t.Rows, tableRow{Partial: past, Cells: []cell{
			words(c.Name()), words(found), words(cut(c.Rule, 120)), words(c.Severity), words(d.sinceText(c.Since)), words("parley build --show " + in), counted(int64(c.Builds)),
		}})
	}
	for i, b := range ended {
		for _, c := range b.Checks {
			add(c, i > 0, b.ID, foundBy(c))
		}
		if i == 0 {
			for _, c := range b.Unasked {
				add(c, false, c.Since, foundBy(c)+" (the last build did not come to it)")
			}
		}
	}
	switch {
	case len(t.Rows) == 0:
		f.Summary = fmt.Sprintf("Every check held in the last %s.", plural(int64(len(ended)), "build"))
		return f
	case now == 0:
		f.Summary = "Every check holds by now; these did not in a build before."
	default:
		f.Summary = plural(int64(now), "check") + " did not hold in the last build that came to it."
	}
	f.Views = []view{{ID: f.ID, Title: f.Title, Table: t}}
	return f
}

// foundBy says what a check found, in words.
func foundBy(c warehouse.CheckRecord) string {
	switch {
	case c.Error != "":
		return "could not be asked: " + cut(c.Error, 300)
	case c.Found != "":
		return c.Found
	}
	return plural(c.Failed, "row")
}

// sinceText is when the build with this id began.
func (d *desk) sinceText(id string) string {
	for _, b := range d.history.Records {
		if b.ID == id {
			return d.briefTime(b.StartedAt)
		}
	}
	return id
}

// briefTime writes an instant for a table, in one line.
func (d *desk) briefTime(at time.Time) string {
	if at.IsZero() {
		return none
	}
	return strings.ReplaceAll(at.In(d.settings.Zone).Format("2 Jan 2006, 15:04"), " ", "\u00a0")
}

// failedBuilds lists why builds were not published; nothing where all were.
func (d *desk) failedBuilds(ended []warehouse.Build) []figure {
	t := table{Caption: "Why builds were not published, the newest first", Whole: true, Head: []string{"Build", "Began", "Why"}, Words: 3}
	for _, b := range ended {
		if b.Status != warehouse.Published {
			t.Rows = append(t.Rows, tableRow{Cells: []cell{words(b.ID), words(d.briefTime(b.StartedAt)), words(cut(b.Error, 600))}})
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return []figure{{
		ID: "failed", Title: "Builds that were not published", Views: []view{{ID: "failed", Title: "Builds that were not published", Table: t}},
		Summary:    "The newest one's whole text: parley build --show " + t.Rows[0].Cells[0].Text,
		Definition: []string{"A build that fails, or whose process ends, changes nothing: readers keep the last good one."},
	}}
}

// sources lists how new each kind's newest record was when the last build
// looked; nothing before the first one did.
func (d *desk) sources(last warehouse.Build) []figure {
	if len(last.Sources) == 0 {
		return nil
	}
	t := table{Caption: "The newest record of each kind", Head: []string{"Kind", "Newest landed", "Newest of its own time", "Older than its limit"}, Words: 4}
	for _, kind := range slices.Sorted(maps.Keys(last.Sources)) {
		limit := none
		for _, c := range slices.Concat(last.Checks, last.Unasked) {
			if c.Check == "freshness_"+kind {
				limit = c.Found
			}
		}
		source := last.Sources[kind]
		t.Rows = append(t.Rows, tableRow{Cells: []cell{words(spaced(kind)), words(d.briefTime(source.LandedAt)), words(d.briefTime(source.NewestAt)), words(limit)}})
	}
	return []figure{{
		ID: "sources", Title: "How fresh the sources are", Views: []view{{ID: "sources", Title: "How fresh the sources are", Table: t}},
		Summary:    "When the newest record of each kind landed, by the last build.",
		Definition: []string{"A record's own time is that which it names: of an event when it happened. One that lies after the landing counts as that. Limits are set by build.freshness in parley.yaml, as {events: 1h}, and go by the landing."},
	}}
}

// cut shortens what is longer than most characters.
func cut(text string, most int) string {
	letters := []rune(strings.TrimSpace(text))
	if len(letters) <= most {
		return string(letters)
	}
	return string(letters[:most]) + " …"
}

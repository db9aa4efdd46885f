package reports

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
	"time"

	"parley/reports/chart/plot"
)

// Letter is a report as an e-mail: it reads without a script, a style sheet or a
// network, in HTML and in plain text.
type Letter struct {
	Report  string    // the page's name: weekly
	Week    time.Time // first local day of the week that its large figures are of
	Subject string    // one line
	Text    string
	HTML    string // pictures stand in it as cid:NAME
	Files   []LetterFile
}

// LetterFile is a picture of a letter's HTML, or a table that goes with it.
type LetterFile struct {
	Name    string // chart.png, as the HTML shows it; figures.csv
	Type    string // media type
	Picture bool   // it is shown; else attached
	Content []byte
}

// ErrNoWeek is the error of a weekly letter where no week is over yet.
var ErrNoWeek = errors.New("no week is over yet: there is nothing to report")

//go:embed templates/letter.html
var letterFiles embed.FS

var letterTemplate = template.Must(template.ParseFS(letterFiles, "templates/letter.html"))

// letterRows is how many rows of a table stand in a letter; the attached CSV has all.
const letterRows = 8

// letterPage is what the template of letters draws.
type letterPage struct {
	frame
	Heading  string
	Sections []letterSection
}

type letterSection struct {
	Title, Summary, When string
	LeftOut              string // what it does not count
	Picture, Alt         string // name of the file; "": none
	Missing              string
	Table                *table
	More                 string // what is not shown
}

// LastWholeWeek is the first local day of the newest week of the build that is
// over: what the weekly letter is of. The error is ErrNoWeek where none is.
func LastWholeWeek(ctx context.Context, cfg Config) (time.Time, error) {
	d, err := newDesk(ctx, cfg)
	if err != nil {
		return time.Time{}, fmt.Errorf("find the last whole week: %w", err)
	}
	week, err := d.lastWholeWeek()
	if err != nil && !errors.Is(err, ErrNoWeek) {
		err = fmt.Errorf("find the last whole week: %w", err)
	}
	return week, err
}

func (d *desk) lastWholeWeek() (time.Time, error) {
	weeks, err := d.contactWeeks()
	if err != nil {
		return time.Time{}, err
	}
	now, _ := lastTwo(weeks)
	if now == nil || now.Partial {
		return time.Time{}, ErrNoWeek
	}
	return now.Start, nil
}

// WriteWeeklyLetter writes the weekly support report of the build as an e-mail.
// Config.Dir is not used. The error is ErrNoWeek where no week is over.
func WriteWeeklyLetter(ctx context.Context, cfg Config) (Letter, error) {
	if cfg.Query == nil || cfg.Build.ID == "" {
		return Letter{}, errors.New("write the weekly letter: no build is given")
	}
	letter, err := weeklyLetter(ctx, cfg)
	if err != nil && !errors.Is(err, ErrNoWeek) {
		err = fmt.Errorf("write the weekly letter: %w", err)
	}
	return letter, err
}

func weeklyLetter(ctx context.Context, cfg Config) (Letter, error) {
	d, err := newDesk(ctx, cfg)
	if err != nil {
		return Letter{}, err
	}
	week, err := d.lastWholeWeek()
	if err != nil {
		return Letter{}, err
	}
	p, err := d.weekly()
	if err != nil {
		return Letter{}, err
	}
	p.File, p.Name = "weekly.html", "Weekly support"
	l := Letter{Report: "weekly", Week: week, Subject: weeklySubject(week, p.Cards)}
	drawn := letterPage{frame: d.frame(p), Heading: "Weekly support, " + formatWeek(week)}
	pictures, err := d.weeklyPictures()
	if err != nil {
		return Letter{}, err
	}
	for _, f := range p.Figures {
		section, files, err := d.letterSection(f, pictures[f.ID])
		if err != nil {
			return Letter{}, err
		}
		drawn.Sections = append(drawn.Sections, section)
		l.Files = append(l.Files, files...)
	}
	var b bytes.Buffer
	if err := letterTemplate.Execute(&b, drawn); err != nil {
		return Letter{}, err
	}
	l.HTML, l.Text = b.String(), drawn.text()
	return l, nil
}

// weeklySubject names the week and the two figures that people ask for first.
func weeklySubject(week time.Time, cards []card) string {
	subject := "Weekly support, " + formatWeek(week)
	var said []string
	for _, c := range cards {
		if c.Raw == "" {
			continue
		}
		switch c.Label {
		case "Contacts":
			said = append(said, c.Value+" contacts")
		case "Median first response":
			said = append(said, "median first response "+c.Value)
		}
	}
	if len(said) == 0 {
		return subject
	}
	return subject + ": " + strings.Join(said, ", ")
}

// weeklyPictures are the letter's charts, by the figure's ID.
func (d *desk) weeklyPictures() (map[string]plot.Chart, error) {
	contacts, err := d.contactWeeks()
	if err != nil {
		return nil, err
	}
	response, err := d.responseWeeks()
	if err != nil {
		return nil, err
	}
	pictures := map[string]plot.Chart{}
	if totalContacts(contacts) > 0 {
		pictures["contacts-per-week"] = plot.Chart{
			Labels: weekTimeline(contacts).Labels, Partial: partials(contacts), Write: func(v float64) string { return formatCount(int64(v)) },
			Values: oldestFirst(contacts, func(w contactWeek) float64 { return float64(w.Contacts) }),
		}
	}
	medians := oldestFirst(response, func(w responseWeek) float64 { return w.Median })
	for _, v := range medians {
		if !math.IsNaN(v) {
			pictures["first-response"] = plot.Chart{Labels: weekTimeline(response).Labels, Partial: partials(response), Values: medians, Line: true, Write: formatDuration}
		}
	}
	return pictures, nil
}

// partials tells of each period, the oldest first, whether it is not over.
func partials[T interface{ when() period }](newestFirst []T) []bool {
	list := make([]bool, len(newestFirst))
	for i, w := range newestFirst {
		list[len(list)-1-i] = w.when().Partial
	}
	return list
}

// letterSection is a figure of the page as part of a letter, with its files.
func (d *desk) letterSection(f figure, picture plot.Chart) (letterSection, []LetterFile, error) {
	s := letterSection{Title: f.Title, Summary: f.Summary, When: f.When}
	if f.LeftOut != "" {
		s.LeftOut = "Left out. " + f.LeftOut
	}
	if f.Missing != nil {
		s.Missing = f.Missing.What + " " + f.Missing.How
		if f.Missing.Lines != "" {
			s.Missing += " " + strings.ReplaceAll(f.Missing.Lines, "\n", "; ") + " Then build:"
		}
		if f.Missing.Command != "" {
			s.Missing += " " + f.Missing.Command
		}
		return s, nil, nil
	}
	var files []LetterFile
	if len(picture.Values) > 0 {
		content, err := picture.PNG()
		if err != nil {
			return s, nil, err
		}
		s.Picture, s.Alt = f.ID+".png", f.Title+". "+f.Summary
		files = append(files, LetterFile{Name: s.Picture, Type: "image/png", Picture: true, Content: content})
	}
	if len(f.Views) > 0 && len(f.Views[0].Table.Rows) > 0 {
		shown := f.Views[0].Table
		if all := len(shown.Rows); all > letterRows {
			shown.Rows = shown.Rows[:letterRows]
			s.More = fmt.Sprintf("%s more in %s.", plural(int64(all-letterRows), "row"), f.CSV())
		}
		shown.Rows = spoken(shown.Rows)
		s.Table = &shown
	}
	if f.SQL != "" {
		answer, err := d.answer(f.SQL)
		if err != nil {
			return s, nil, err
		}
		content, err := encodeCSV(answer)
		if err != nil {
			return s, nil, err
		}
		files = append(files, LetterFile{Name: f.CSV(), Type: "text/csv", Content: content})
	}
	return s, files, nil
}

// spoken are rows as a letter has them: of a duration only the words, for its
// seconds stand in the CSV.
func spoken(rows []tableRow) []tableRow {
	said := make([]tableRow, len(rows))
	for i, r := range rows {
		said[i] = r
		said[i].Cells = slices.Clone(r.Cells)
		for k, c := range r.Cells {
			if c.Note != "" && strings.HasSuffix(c.Text, " s") {
				said[i].Cells[k].Text, said[i].Cells[k].Note = c.Note, ""
			}
		}
	}
	return said
}

// text is the letter for whoever reads no HTML.
func (p letterPage) text() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s", p.Heading)
	line("As of %s, %s. Weeks start on %s. Build %s: %s.", p.AsOf, p.Zone, p.WeekStarts, p.BuildID, p.Checks)
	line("")
	for _, c := range p.Cards {
		note := strings.Join(slices.DeleteFunc([]string{c.Change, c.Note}, func(s string) bool { return s == "" }), "; ")
		if note != "" {
			note = " (" + note + ")"
		}
		line("%s: %s%s", c.Label, c.Value, note)
	}
	for _, s := range p.Sections {
		line("\n%s\n%s", s.Title, strings.Repeat("-", len([]rune(s.Title))))
		for _, text := range []string{s.Missing, s.Summary, s.When, s.LeftOut} {
			if text != "" {
				line("%s", text)
			}
		}
		if s.Table == nil {
			continue
		}
		for _, r := range s.Table.Rows {
			cells := make([]string, len(r.Cells))
			for i, c := range r.Cells {
				cells[i] = s.Table.Head[i] + " " + c.Text
				if i == 0 {
					cells[i] = c.Text
				}
				if c.Note != "" {
					cells[i] += " (" + c.Note + ")"
				}
			}
			line("  %s", strings.Join(cells, ", "))
		}
		if s.More != "" {
			line("  %s", s.More)
		}
	}
	return b.String()
}

// Package reports turns marts into pages that people read: a file of this
// package for each page, which asks for its figures in plain SELECTs, shows
// them as charts, tables and CSV files, and prints the SQL beside them. It
// reads nothing but published marts, and does not know who asks for pages, when
// and to whom they go.
package reports

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"parley/sql/warehouse"
)

// Query runs one SELECT over the marts of one build and gives its whole answer.
type Query func(ctx context.Context, query string, args ...any) (*warehouse.Table, error)

// Config is one drawing of all reports.
type Config struct {
	// Dir is the folder of reports; it is made when it is missing. Needed.
	Dir string
	// Query reads the marts of Build. Needed.
	Query Query
	// Build is the build that Query reads; each page says which it was. Needed.
	Build warehouse.Build
	// History reads what is known of builds, at the moment of drawing. Default:
	// Build alone is known, and no other expected.
	History func() (History, error)
	// Happenings are what is drawn on charts over time: launches, outages. Default: none.
	Happenings []Happening
	// Zones are by whose clocks contacts by hour can be read too, beside those of
	// the build; the first is what is seen first. Default: none.
	Zones []string
	// Catalogue is where the pages of every table lie, as a page leads there.
	// Default: pages lead to none.
	Catalogue string
	// ConversationURL is a link to a conversation, with {conversation_id} where
	// its id stands. Default: conversations are named without a link.
	ConversationURL string
}

// Validate reports every fault of the configuration at once.
func (c Config) Validate() error {
	var faults []error
	if c.Dir == "" {
		faults = append(faults, errors.New("draw reports: no folder is given for them"))
	}
	if c.Query == nil {
		faults = append(faults, errors.New("draw reports: nothing is given to read the marts by"))
	}
	if c.Build.ID == "" {
		faults = append(faults, errors.New("draw reports: the build they are of is not named"))
	}
	for _, zone := range c.Zones {
		if _, err := time.LoadLocation(zone); err != nil || zone == "" || zone == "Local" {
			faults = append(faults, fmt.Errorf("draw reports: %q is no time zone; write an IANA name, as in Europe/Dublin", zone))
		}
	}
	return errors.Join(faults...)
}

// Written says what was drawn.
type Written struct {
	Dir   string // the folder of this date, under Config.Dir
	Pages []Page // the index first
}

// Page is one page that was drawn.
type Page struct {
	Title string
	File  string // within Written.Dir
}

// report is one page in the making: title and file are known before it is
// drawn, for the navigation of the others.
type report struct {
	title, file string
	draw        func(*desk) (*page, error)
}

var all = []report{
	{"Overview", "index.html", (*desk).index},
	{"Weekly support", "weekly.html", (*desk).weekly},
	{"Contacts by hour", "contacts-by-hour.html", (*desk).contactsByHour},
	{"New users", "new-users.html", (*desk).newUsers},
	{"Customer life", "customer-life.html", (*desk).customerLife},
	{"Topics", "topics.html", (*desk).topics},
	{"Outages", "outages.html", (*desk).outages},
	{"Revenue", "revenue.html", (*desk).revenue},
	{"Messages", "messages.html", (*desk).messages},
	{"Segments", "segments.html", (*desk).segments},
	{buildsTitle, buildsFile, (*desk).builds},
}

// Knows says what is wrong with a report's name, as weekly; nil: there is such a report.
func Knows(name string) error {
	names := make([]string, len(all))
	for i, r := range all {
		names[i] = strings.TrimSuffix(r.file, ".html")
	}
	if slices.Contains(names, name) {
		return nil
	}
	return fmt.Errorf("there is no report %q; there are %s", name, strings.Join(names, ", "))
}

// Write draws every report of the build into Dir/<local date of the build's
// as_of>/, replacing what was drawn for that date, and then points Dir/latest at
// it. The same marts give the same bytes. Readers see the former pages until the
// new ones are all there; an error leaves the former ones as they are.
func Write(ctx context.Context, cfg Config) (Written, error) {
	if err := cfg.Validate(); err != nil {
		return Written{}, err
	}
	d, err := newDesk(ctx, cfg)
	if err != nil {
		return Written{}, fmt.Errorf("draw reports: %w", err)
	}
	date := d.settings.AsOf.Format("2006-01-02")
	var written Written
	dir, err := publish(ctx, cfg.Dir, date, func(into string) error {
		// Read while nobody else draws: what a build writes afterwards is newer.
		if err := d.readHistory(cfg.History); err != nil {
			return err
		}
		for _, r := range all {
			p, err := r.draw(d)
			if err != nil {
				return fmt.Errorf("draw %s: %w", r.file, err)
			}
			p.File, p.Name = r.file, r.title
			if err := d.write(into, p); err != nil {
				return fmt.Errorf("draw %s: %w", r.file, err)
			}
			written.Pages = append(written.Pages, Page{Title: r.title, File: r.file})
		}
		if err := os.WriteFile(filepath.Join(into, standingFile), d.standing().script(), 0o644); err != nil {
			return err
		}
		return writeAssets(into)
	})
	if err != nil {
		return Written{}, err
	}
	written.Dir = dir
	return written, nil
}

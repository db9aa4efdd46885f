package reports

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"parley/pipelines/lake"
	"parley/sql/build"
	"parley/sql/warehouse"
)

// standingFile lies beside the pages and says how builds are doing. It is a
// script that sets one value, not JSON: a page that was opened by double click
// may load it.
const standingFile = "builds.js"

// standing is what a page is told of builds. A page compares Due with the clock
// when it is opened, and again each minute. Texts are whole sentences.
type standing struct {
	Failing string `json:"failing"` // that builds fail, and since when; "": they do not
	Untried string `json:"untried"` // beside Failing, once the next one is late
	Due     int64  `json:"due"`     // when the next build is to be there, in Unix milliseconds; 0: none is expected
	Grace   int64  `json:"grace"`   // how long after that it is late, in milliseconds
	DueText string `json:"due_text"`
	// Superseded: these are pages of a former day.
	Superseded string `json:"superseded"`
}

// standing tells how builds are doing as far as their records say.
func (d *desk) standing() standing {
	s := build.StandingOf(d.history.Records, d.history.Every)
	told := standing{Grace: s.Grace.Milliseconds()}
	if !s.Due.IsZero() {
		told.Due, told.DueText = s.Due.UnixMilli(), d.formatTime(s.Due)
	}
	if since := s.FailingSince(); !since.IsZero() {
		told.Failing = fmt.Sprintf("Builds have been failing since %s, %d in a row. These figures are those of the last good one.", d.formatTime(since), len(s.Failing))
		told.Untried = fmt.Sprintf("None has been tried since %s.", d.formatTime(s.Last.EndedAt()))
	}
	return told
}

// script is the content of standingFile.
func (s standing) script() []byte {
	content, err := json.Marshal(s) // "<", ">" and "&" escaped
	if err != nil {
		content = []byte("{}") // texts and numbers always can be written
	}
	return fmt.Appendf(nil, "window.parleyBuilds = %s;\n", content)
}

// History is what is known of a workspace's builds.
type History struct {
	// Records are those of the newest builds, the oldest first, at least back to
	// the last one that was published.
	Records []warehouse.Build
	// Every is how often a build is expected; 0: none is, as where the clock is pinned.
	Every time.Duration
}

// readHistory takes in what is known of builds.
func (d *desk) readHistory(read func() (History, error)) error {
	if read == nil {
		d.history = History{Records: []warehouse.Build{d.build}}
		return nil
	}
	var err error
	if d.history, err = read(); err != nil {
		return fmt.Errorf("read the history of builds: %w", err)
	}
	return nil
}

// BuildsConfig is one drawing of the page of builds alone.
type BuildsConfig struct {
	Dir        string         // the folder of reports. Needed.
	Workspace  string         // its name
	Zone       *time.Location // by whose clock times are written. Needed.
	WeekStarts int            // 1 Monday … 7 Sunday. Needed.
	// History reads what is known of builds, at the moment of drawing. Needed.
	History func() (History, error)
}

// WriteBuilds draws the page of builds in Dir/latest anew, and tells all pages
// there how builds are doing: after a build that failed too, of which nothing
// else is drawn. Where there are no reports yet it does nothing.
func WriteBuilds(ctx context.Context, cfg BuildsConfig) error {
	latest := filepath.Join(cfg.Dir, latestName)
	if _, err := os.Stat(latest); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	unlock, err := lockFolder(ctx, cfg.Dir)
	if err != nil {
		return err
	}
	defer unlock()
	d := &desk{ctx: ctx}
	if err := d.readHistory(cfg.History); err != nil {
		return err
	}
	d.build = build.StandingOf(d.history.Records, d.history.Every).Current
	d.settings = settings{Name: cfg.Workspace, AsOf: d.build.AsOf.In(cfg.Zone), Zone: cfg.Zone, WeekStarts: cfg.WeekStarts}
	p, err := d.builds()
	if err != nil {
		return fmt.Errorf("draw %s: %w", buildsFile, err)
	}
	p.File, p.Name = buildsFile, buildsTitle
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, d.frame(p)); err != nil {
		return fmt.Errorf("draw %s: %w", buildsFile, err)
	}
	for name, content := range map[string][]byte{buildsFile: b.Bytes(), standingFile: d.standing().script()} {
		if err := lake.ReplaceFile(filepath.Join(latest, name), content); err != nil {
			return fmt.Errorf("tell how builds are doing: %w", err)
		}
	}
	return nil
}

// supersede tells the pages of a former day that there are newer ones, so that
// they speak of no build that is late.
func supersede(dir string) error {
	told := standing{Superseded: "These are the reports of a former build. There are newer ones."}
	err := os.WriteFile(filepath.Join(dir, standingFile), told.script(), 0o644)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

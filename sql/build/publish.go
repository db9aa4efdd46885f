package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"parley/pipelines/lake"
	"parley/sql/transform"
	"parley/sql/warehouse"
)

const (
	lockName = ".lock"
	workName = ".work"
	// planPrefix begins the name of the folder that a plan works in.
	planPrefix = ".plan-"
	// historyKept is how many records of published builds stay, and how many of
	// others; a build every minute writes 1,440 a day.
	historyKept = 1000
	// historyLot is how many more there may be until they are looked through: to
	// remove them one by one would cost each build a reading of all.
	historyLot = 100
)

// places are the folders that builds live in.
type places struct {
	marts   string // lake/marts
	history string // lake/builds
	step    func(string)
}

func placesOf(l *lake.Lake) places {
	return places{marts: filepath.Join(l.Root(), "marts"), history: filepath.Join(l.Root(), "builds"), step: func(string) {}}
}

func (p places) recordPath(id string) string { return filepath.Join(p.history, id+".json") }

// buildID is the form of a build's name: the time of its start, UTC, so that
// names sort as the builds were begun.
const idLayout = "20060102T150405.000000Z"

var buildID = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}\.[0-9]{6}Z$`)

// newest is the newest record of the history that can be read; an empty one if there is none.
func (p places) newest() (warehouse.Build, error) {
	names, err := namesIn(p.history)
	if err != nil {
		return warehouse.Build{}, err
	}
	slices.Sort(names)
	for _, name := range slices.Backward(names) {
		if id, ok := strings.CutSuffix(name, ".json"); ok && buildID.MatchString(id) {
			if record, err := warehouse.ReadBuild(p.recordPath(id)); err == nil {
				return record, nil
			}
		}
	}
	return warehouse.Build{}, nil
}

// begin gives the build a name and a folder, and records that it runs.
func begin(at places, cfg Config) (*building, error) {
	now := cfg.Now().UTC()
	id, err := at.newID(now)
	if err != nil {
		return nil, err
	}
	b := &building{cfg: cfg, at: at, dir: filepath.Join(at.marts, id)}
	b.work = filepath.Join(b.dir, workName)
	b.record = warehouse.Build{ID: id, AsOf: cfg.AsOf.UTC(), StartedAt: now, Status: warehouse.Running, Rows: map[string]int64{}, Steps: map[string]float64{}}
	before, err := at.newest()
	if err != nil {
		return nil, err
	}
	b.inherit(before)
	b.before = before.Settled
	if cfg.AsOf.IsZero() {
		b.record.AsOf = now
	}
	// An instant finer than the engine's would not be what the models see.
	b.record.AsOf = b.record.AsOf.Truncate(time.Microsecond)
	if err := os.MkdirAll(b.work, 0o755); err != nil {
		return nil, fmt.Errorf("begin build %s: %w", id, err)
	}
	at.step("folder made")
	if err := b.writeHistory(); err != nil {
		return nil, errors.Join(fmt.Errorf("begin build %s: %w", id, err), os.RemoveAll(b.dir))
	}
	at.step("begun")
	return b, nil
}

// newID is a name later than that of every build there is, also when the clock
// stands still or goes back.
func (p places) newID(now time.Time) (string, error) {
	last := ""
	for _, dir := range []string{p.marts, p.history} {
		names, err := namesIn(dir)
		if err != nil {
			return "", err
		}
		for _, name := range names {
			if id := strings.TrimSuffix(name, ".json"); buildID.MatchString(id) && id > last {
				last = id
			}
		}
	}
	id := now.Format(idLayout)
	if id > last {
		return id, nil
	}
	after, err := time.Parse(idLayout, last)
	if err != nil {
		return "", fmt.Errorf("name a build after %s: %w", last, err)
	}
	return after.Add(time.Microsecond).Format(idLayout), nil
}

func namesIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

// publish makes the build safe from a power cut, and current.
func (b *building) publish(ctx context.Context) error {
	if err := os.RemoveAll(b.work); err != nil {
		return fmt.Errorf("clear working files: %w", err)
	}
	b.at.step("working files cleared")
	b.close(warehouse.Published, nil)
	content, err := json.MarshalIndent(b.record, "", "  ")
	if err != nil {
		return err
	}
	// Written last: a folder without it is not a whole build.
	if err := lake.WriteFileExclusive(filepath.Join(b.dir, warehouse.RecordName), append(content, '\n')); err != nil {
		return fmt.Errorf("record build %s: %w", b.record.ID, err)
	}
	b.at.step("recorded")
	if err := syncTree(b.dir); err != nil {
		return fmt.Errorf("sync build %s: %w", b.record.ID, err)
	}
	b.at.step("synced")
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return b.at.point(b.record.ID)
}

// point makes the build called id current: a new link takes the old one's name.
func (p places) point(id string) error {
	pointer := filepath.Join(p.marts, warehouse.CurrentName)
	fresh := filepath.Join(p.marts, ".current-"+id)
	if err := os.Symlink(id, fresh); err != nil {
		return fmt.Errorf("make build %s current: %w", id, err)
	}
	p.step("linked")
	if err := os.Rename(fresh, pointer); err != nil {
		return fmt.Errorf("make build %s current: %w", id, err)
	}
	p.step("current")
	return syncPath(p.marts)
}

// close sets what a record says at a build's end.
func (b *building) close(status warehouse.Status, cause error) {
	b.record.Status = status
	b.record.Seconds = b.cfg.Now().Sub(b.record.StartedAt).Seconds()
	b.record.PeakMemory = peakMemory()
	if cause != nil {
		b.record.Error = cause.Error()
	}
}

// abandon removes what a failed build wrote, and records why it failed.
func (b *building) abandon(ctx context.Context, cause error) error {
	status := warehouse.Failed
	if ctx.Err() != nil {
		status = warehouse.Interrupted
	}
	b.close(status, cause)
	return errors.Join(b.writeHistory(), os.RemoveAll(b.dir), b.at.pruneHistory())
}

// undo removes a build that was none, and its record.
func (b *building) undo() error {
	return errors.Join(os.Remove(b.at.recordPath(b.record.ID)), os.RemoveAll(b.dir))
}

// finish records a published build in the history, and removes what is too old.
func (b *building) finish() error {
	// Now with what it took to write through to the disk.
	b.record.Seconds = b.cfg.Now().Sub(b.record.StartedAt).Seconds()
	if err := b.writeHistory(); err != nil {
		return fmt.Errorf("record build %s: %w", b.record.ID, err)
	}
	b.at.step("in the history")
	if err := b.at.forgetStates(b.record.ID); err != nil {
		return fmt.Errorf("remove what former builds left: %w", err)
	}
	if err := b.at.prune(b.cfg.Settings.Keep, b.cfg.Settings.KeepFor, b.record.StartedAt); err != nil {
		return fmt.Errorf("remove old builds: %w", err)
	}
	return nil
}

// writeHistory writes the build's record in the history of all builds: without
// the models that ran, which build.json lists, for it is read often and stays long.
func (b *building) writeHistory() error {
	brief := b.record
	brief.Models = slices.DeleteFunc(slices.Clone(brief.Models), func(m warehouse.ModelRecord) bool { return m.State == string(transform.Ran) })
	return b.at.writeHistory(brief)
}

func (p places) writeHistory(record warehouse.Build) error {
	content, err := json.Marshal(record)
	if err != nil {
		return err
	}
	return lake.ReplaceFile(p.recordPath(record.ID), append(content, '\n'))
}

// keepSample keeps the rows that broke a check beside the build's record, and
// gives the file's path.
func (b *building) keepSample(o transform.Outcome) (string, error) {
	name := o.Check
	if o.Model != "" {
		name = o.Model + "." + o.Check
	}
	rows := make([]map[string]any, len(o.Sample.Rows))
	for i, row := range o.Sample.Rows {
		rows[i] = map[string]any{}
		for k, c := range o.Sample.Columns {
			rows[i][c.Name] = printable(row[k])
		}
	}
	content, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		return "", fmt.Errorf("keep the rows that break %s: %w", name, err)
	}
	path := filepath.Join(b.at.history, b.record.ID, name+".json")
	return path, lake.ReplaceFile(path, append(content, '\n'))
}

// printable turns the two doubles that JSON cannot write into text.
func printable(v any) any {
	if f, ok := v.(float64); ok && (f != f || f-f != 0) {
		return fmt.Sprint(f)
	}
	return v
}

// Package settle turns what landed into settled tables: for each table sorted
// Parquet files in which every fact stands once, whatever the order in which
// records came and however often. Compaction, deduplication and late data are
// this one act. It is the only writer of settled files, and knows nothing of
// people, models or a workspace's choices: as_of, zones, bots and topics are
// applied by those who read.
//
//	settled/manifest-<version, 20 digits>.json
//	settled/<table>/[<part>.]<version, 20 digits>-<attempt>.parquet
//	settled/<index>/<version, 20 digits>-<attempt>.ids
//
// Every table has one file for each UTC date, its part, rewritten only when
// something landed for that date: so what a run costs follows what is new, not
// what there is. The date is that of a row's own time; of conversations and all
// that belongs to one, the date on which it began.
//
// The rules, none of which depends on the order of arrival:
//
//   - Events: of several with one id the earliest stands, then the one whose
//     content is the smallest.
//   - Attributes of people and companies, enrichments, memberships, tags, lists of
//     subscriptions: every observation stays, with its own time; the same
//     observation twice is one. What a list does not name is no statement,
//     but for a company's subscriptions, whose list is always the whole of them.
//   - Keys that were seen together: once for each date, from when to when.
//   - Parts of conversations, by conversation and id: the version updated last
//     stands, then that of the later record, then the greatest content. A record with fewer
//     parts takes none away.
//   - Conversations: each column has the latest value that a record named, by
//     the records' own time, then their place in Kafka.
//   - Deliveries: the earliest report of a decision stands.
//   - Deletions are rows of their own; models apply them.
//
// A landed file that is damaged is set aside, and named, until it is whole again.
package settle

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"parley/pipelines/lake"
)

// Config says what to settle.
type Config struct {
	Lake *lake.Lake // required

	// Memory is about how many bytes of new rows are held at once; what is more
	// goes through files on the way. 0: 256 MB.
	Memory int64

	// Progress is told how much of the work is done, from one goroutine at a
	// time. Nil: nobody is.
	Progress func(done, total int)

	// Now tells the time, by which old versions go. Nil: time.Now.
	Now func() time.Time

	// InUse lists older versions that somebody will still read: they stay, with
	// their files. Nil: none.
	InUse func() ([]int64, error)

	step func(string) // tests stop the process here
}

const defaultMemory = 256 << 20

// Run brings the settled tables up to date with the lake's log and returns
// their newest version. If nothing has landed since, that is the version there
// was. Only one process settles a lake at a time; another waits for it. When
// Run fails, or its process ends at any instant, the version there was stays as it is.
func Run(ctx context.Context, config Config) (*Manifest, error) {
	if config.Lake == nil {
		return nil, errors.New("settle: no lake is given")
	}
	if config.Memory <= 0 {
		config.Memory = defaultMemory
	}
	if config.Progress == nil {
		config.Progress = func(int, int) {}
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.step == nil {
		config.step = func(string) {}
	}
	if m, w, err := waiting(config.Lake); err == nil && m != nil && w.isDone() {
		return m, nil
	}
	root := config.Lake.Root()
	release, err := lake.LockWait(ctx, filepath.Join(root, settledFolder, ".lock"), nil)
	if err != nil {
		return nil, fmt.Errorf("settle: %w", err)
	}
	defer release()
	if err := removeRemains(root); err != nil {
		return nil, err
	}
	for {
		m, err := settleWaiting(ctx, config)
		if errors.Is(err, fs.ErrExist) {
			continue // a process on another machine, where the lock does not reach, was faster
		}
		return m, err
	}
}

// work is what a run has to take in.
type work struct {
	again   []landedFile // that the version before set aside
	entries []lake.Entry // that it does not cover
}

func (w work) isDone() bool { return len(w.again) == 0 && len(w.entries) == 0 }

// waiting are the newest manifest, nil if there is none of this format, and
// what there is to do beyond it.
func waiting(l *lake.Lake) (m *Manifest, w work, err error) {
	m, err = Current(l)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, work{}, err
	}
	var since lake.Positions
	if m != nil && m.state.Format == format {
		since, w.again = m.Covers, m.state.SetAside
	} else {
		m = nil
	}
	if w.entries, err = l.Entries(since); err != nil {
		return nil, work{}, fmt.Errorf("settle: %w", err)
	}
	return m, w, nil
}

// settleWaiting settles what waits. If a settled file proves to be damaged,
// everything is settled anew: what landed is all there.
func settleWaiting(ctx context.Context, config Config) (*Manifest, error) {
	m, w, err := waiting(config.Lake)
	if err == nil {
		if m != nil && w.isDone() {
			return m, nil
		}
		m, err = settleFrom(ctx, config, start{old: m, work: w})
	}
	var damage *settledError
	if !errors.As(err, &damage) {
		return m, err
	}
	entries, readErr := config.Lake.Entries(nil)
	if readErr != nil {
		return nil, fmt.Errorf("settle: %w", errors.Join(err, readErr))
	}
	anew := start{work: work{entries: entries}, because: damage.cause(), aside: map[string]bool{}}
	for _, f := range w.again {
		anew.aside[f.File.Path] = true
	}
	again, againErr := settleFrom(ctx, config, anew)
	if errors.Is(againErr, errNotWhole) {
		return nil, fmt.Errorf("%w (not by itself: %w)", err, againErr)
	}
	return again, againErr
}

// start is what a version is made from.
type start struct {
	old  *Manifest // nil: from nothing
	work work

	because string          // why from nothing, if that is against the rule
	aside   map[string]bool // then, the landed files whose rows were in no table before
}

// errNotWhole says that a landed file, whose rows are settled, cannot be read
// any more: they must not be settled anew.
var errNotWhole = errors.New("what landed is not whole either")

// settleFrom makes the next version. If a landed file proves to be damaged when
// rows of it have been taken already, it begins again without that file.
func settleFrom(ctx context.Context, config Config, from start) (*Manifest, error) {
	without := map[string]string{}
	for {
		m, err := settleOnce(ctx, config, from, without)
		var spoilt *spoiltError
		if !errors.As(err, &spoilt) {
			return m, err
		}
		maps.Copy(without, spoilt.files)
	}
}

// tempPrefix begins the names of the folders in which files are made.
const tempPrefix = "settle-"

// removeRemains removes what runs that ended early have left on the way. The
// lock says that none is under way.
func removeRemains(root string) error {
	found, err := filepath.Glob(filepath.Join(root, "tmp", tempPrefix+"*"))
	for _, path := range found {
		err = errors.Join(err, os.RemoveAll(path))
	}
	if err != nil {
		return fmt.Errorf("settle: remove remains: %w", err)
	}
	return nil
}

func settleOnce(ctx context.Context, config Config, from start, without map[string]string) (_ *Manifest, err error) {
	r, err := newRun(config, from)
	if err != nil {
		return nil, fmt.Errorf("settle: %w", err)
	}
	defer func() {
		_ = r.syncs.Wait() // whose error place has, if it came to that
		if removeErr := os.RemoveAll(r.temp); err == nil && removeErr != nil {
			err = fmt.Errorf("settle: remove remains: %w", removeErr)
		}
	}()
	gathered := newGathers(&budget{limit: r.Memory}, r.temp)
	writes := r.writes(gathered)
	r.total += len(writes)
	if err := r.readAll(ctx, from.work, without, gathered); err != nil {
		return nil, err
	}
	if from.old != nil && len(from.work.entries) == 0 && slices.Equal(r.state.SetAside, from.work.again) {
		return from.old, nil // nothing has come of what was tried again
	}
	for _, f := range r.state.SetAside {
		if from.because != "" && !from.aside[f.File.Path] {
			return nil, fmt.Errorf("%w: %s: %s", errNotWhole, f.File.Path, f.Reason)
		}
	}
	if err := r.write(ctx, writes); err != nil {
		return nil, err
	}
	if err := r.place(); err != nil {
		return nil, fmt.Errorf("settle: %w", err)
	}
	var inUse []int64
	if config.InUse != nil {
		if inUse, err = config.InUse(); err != nil {
			return nil, fmt.Errorf("settle: which versions are in use: %w", err)
		}
	}
	r.step("publish")
	m, err := publish(r.root, r.published())
	if err != nil {
		return nil, err
	}
	r.step("published")
	return m, sweep(r.root, m.Version, r.state.At, inUse, r.step)
}

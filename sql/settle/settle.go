// Package settle turns what landed into settled tables: for each table sorted
// Parquet files in which every fact stands once, whatever the order in which
// records came and however often. Compaction, deduplication and late data are
// this one act. It is the only writer of settled files, and knows nothing of
// people, models or a workspace's choices: as_of, zones, bots and topics are
// applied by those who read.
//
//	settled/manifest-<version, 20 digits>.json
//	settled/<table>/[<part>.]<version, 20 digits>-<attempt>.parquet
//
// The rules, none of which depends on the order of arrival:
//
//   - Events: one file for each UTC date of occurred_at, rewritten only when
//     something landed for that date. Of events with one id the earliest
//     stands, then the one whose content is the smallest.
//   - Attributes of people and companies, memberships, tags, lists of
//     subscriptions: every observation stays, with its own time; the same
//     observation twice is one. What a list does not name is no statement,
//     but for a company's subscriptions, whose list is always the whole of them.
//   - Parts of conversations, by conversation and id: the version updated last
//     stands, then that of the later record, then the greatest content. A record with fewer
//     parts takes none away.
//   - Conversations: each column has the latest value that a record named, by
//     the records' own time, then their place in Kafka.
//   - Deliveries: the earliest report of a decision stands.
//   - Deletions are rows of their own; models apply them.
package settle

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

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
	if m, entries, err := newEntries(config.Lake); err != nil || m != nil && len(entries) == 0 {
		return m, err
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
		m, entries, err := newEntries(config.Lake)
		if err != nil || m != nil && len(entries) == 0 {
			return m, err
		}
		m, err = settleEntries(ctx, config, m, entries)
		if errors.Is(err, fs.ErrExist) {
			continue // a process on another machine, where the lock does not reach, was faster
		}
		return m, err
	}
}

// newEntries are the newest manifest, nil if there is none of this format, and
// the log's entries that it does not cover.
func newEntries(l *lake.Lake) (*Manifest, []lake.Entry, error) {
	m, err := Current(l)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	var since lake.Positions
	if m != nil && m.state.Format == format {
		since = m.Covers
	} else {
		m = nil
	}
	entries, err := l.Entries(since)
	if err != nil {
		return nil, nil, fmt.Errorf("settle: %w", err)
	}
	return m, entries, nil
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

// run is one attempt to make one version.
type run struct {
	Config
	root    string
	temp    string // the folder in which files are made
	attempt string // tells this run's files from all others

	mu    sync.Mutex
	state manifestState // what is to be published
	made  []madeFile
	done  int
	total int
}

// madeFile is a file that is complete and gets its name when all are.
type madeFile struct{ temp, path string }

func settleEntries(ctx context.Context, config Config, old *Manifest, entries []lake.Entry) (_ *Manifest, err error) {
	r, err := newRun(config, old, entries)
	if err != nil {
		return nil, fmt.Errorf("settle: %w", err)
	}
	defer func() {
		if removeErr := os.RemoveAll(r.temp); err == nil && removeErr != nil {
			err = fmt.Errorf("settle: remove remains: %w", removeErr)
		}
	}()
	gathered := newGathers(&budget{limit: r.Memory}, r.temp)
	writes := r.writes(gathered)
	r.total += len(writes)
	if err := r.read(ctx, entries, gathered); err != nil {
		return nil, err
	}
	if err := r.write(ctx, writes); err != nil {
		return nil, err
	}
	if err := r.place(); err != nil {
		return nil, fmt.Errorf("settle: %w", err)
	}
	r.step("publish")
	m, err := publish(r.root, r.state)
	if err != nil {
		return nil, err
	}
	r.step("published")
	return m, sweep(r.root, m.Version, r.state.At, r.step)
}

func newRun(config Config, old *Manifest, entries []lake.Entry) (*run, error) {
	var attempt [8]byte
	_, _ = rand.Read(attempt[:]) // never fails, says its documentation
	r := &run{Config: config, root: config.Lake.Root(), attempt: hex.EncodeToString(attempt[:])}
	r.state = manifestState{Version: 1, Format: format, At: config.Now().UTC(), Covers: lake.Positions{}, Tables: map[string][]file{}}
	versions, err := manifestVersions(r.root)
	if err != nil {
		return nil, err
	}
	if len(versions) > 0 { // also where their format is another
		r.state.Version = versions[len(versions)-1] + 1
	}
	if old != nil {
		maps.Copy(r.state.Covers, old.Covers)
		for name, files := range old.state.Tables {
			r.state.Tables[name] = slices.Clone(files)
		}
		r.state.IDs = slices.Clone(old.state.IDs)
	}
	r.state.Covers.Through(entries)
	for _, entry := range entries {
		r.total += len(entry.Files)
	}
	r.temp = filepath.Join(r.root, "tmp", tempPrefix+r.attempt)
	return r, os.MkdirAll(r.temp, 0o777)
}

// read folds the landed files of the entries into gathered.
func (r *run) read(ctx context.Context, entries []lake.Entry, gathered *gathers) error {
	readers := runtime.GOMAXPROCS(0)
	folds := make(chan *fold, readers) // those that nobody works with
	for range readers {
		folds <- newFold(gathered)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for _, entry := range entries {
		for _, landed := range entry.Files {
			group.Go(func() error {
				f := <-folds
				defer func() { folds <- f }()
				err := f.landedFile(ctx, r.Lake, entry, landed)
				if err == nil {
					r.worked()
				}
				var damage *damageError
				if errors.As(err, &damage) {
					return remedy(landed, err)
				}
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for range readers {
		f := <-folds
		f.putKeys()
		if err := f.flush(); err != nil {
			return err
		}
	}
	return nil
}

// worked reports one more piece of work as done.
func (r *run) worked() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done++
	r.Progress(r.done, r.total)
}

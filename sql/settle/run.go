package settle

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"parley/pipelines/lake"
)

// run is one attempt to make one version.
type run struct {
	Config
	root    string
	temp    string // the folder in which files are made
	attempt string // tells this run's files from all others

	syncs   errgroup.Group // of the files that are made, each of which waits for the disk
	mu      sync.Mutex
	state   manifestState                // what is to be published, but for the tables
	files   map[string]map[string]file   // table → part → its file
	changed map[string]map[string]string // table → part → where its new file is until it gets its name; empty if it is gone
	made    []madeFile
	done    int
	total   int
}

// madeFile is a file that is complete and gets its name when all are.
type madeFile struct{ temp, path string }

func newRun(config Config, from start) (*run, error) {
	var attempt [8]byte
	_, _ = rand.Read(attempt[:]) // never fails, says its documentation
	r := &run{
		Config: config, root: config.Lake.Root(), attempt: hex.EncodeToString(attempt[:]),
		files: map[string]map[string]file{}, changed: map[string]map[string]string{},
	}
	r.syncs.SetLimit(32)
	r.state = manifestState{Version: 1, Format: format, At: config.Now().UTC(), Covers: lake.Positions{}, IDs: map[string][]file{}, MadeAgain: from.because}
	versions, err := manifestVersions(r.root)
	if err != nil {
		return nil, err
	}
	if len(versions) > 0 { // also where their format is another
		r.state.Version = versions[len(versions)-1] + 1
	}
	if from.old != nil {
		maps.Copy(r.state.Covers, from.old.Covers)
		maps.Copy(r.state.IDs, from.old.state.IDs)
		for table, files := range from.old.state.Tables {
			r.files[table] = make(map[string]file, len(files))
			for _, f := range files {
				r.files[table][f.Part] = f
			}
		}
	}
	r.state.Covers.Through(from.work.entries)
	r.total = len(from.work.again)
	for _, entry := range from.work.entries {
		r.total += len(entry.Files)
	}
	r.temp = filepath.Join(r.root, "tmp", tempPrefix+r.attempt)
	return r, os.MkdirAll(r.temp, 0o777)
}

// published is the state with its tables.
func (r *run) published() manifestState {
	state := r.state
	state.Tables = map[string][]file{}
	for table, files := range r.files {
		state.Tables[table] = slices.SortedFunc(maps.Values(files), func(a, b file) int { return cmp.Compare(a.Part, b.Part) })
	}
	return state
}

// readAll folds what there is to do into gathered. What was set aside comes
// first: if it cannot be read now either, little has been done in vain.
func (r *run) readAll(ctx context.Context, w work, without map[string]string, gathered *gathers) error {
	var files []landedFile
	for _, entry := range w.entries {
		for _, f := range entry.Files {
			files = append(files, landedFile{Topic: entry.Topic, Epoch: entry.Epoch, File: f})
		}
	}
	readers := runtime.GOMAXPROCS(0)
	folds := make(chan *fold, readers) // those that nobody works with
	for range readers {
		folds <- newFold(gathered)
	}
	for _, files := range [][]landedFile{w.again, files} {
		if err := r.read(ctx, files, without, folds); err != nil {
			return err
		}
	}
	for range readers {
		f := <-folds
		f.putKeys()
		if err := f.flush(); err != nil {
			return err
		}
	}
	slices.SortFunc(r.state.SetAside, func(a, b landedFile) int { return cmp.Compare(a.File.Path, b.File.Path) })
	return nil
}

// read folds landed files. It sets aside those that are damaged; its error is
// a *spoiltError if that shows only when rows have been taken.
func (r *run) read(ctx context.Context, files []landedFile, without map[string]string, folds chan *fold) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(cap(folds))
	spoilt := map[string]string{}
	for _, landed := range files {
		group.Go(func() error {
			f := <-folds
			defer func() { folds <- f }()
			var damage *damageError
			if reason, ok := without[landed.File.Path]; ok {
				r.setAside(landed, reason)
			} else if err := f.landedFile(ctx, r.Lake, landed); errors.As(err, &damage) {
				r.setAside(landed, damage.remedy(landed.File))
				if damage.late {
					r.mu.Lock()
					spoilt[landed.File.Path] = damage.remedy(landed.File)
					r.mu.Unlock()
				}
			} else if err != nil {
				return err
			}
			r.worked()
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if len(spoilt) > 0 {
		return &spoiltError{spoilt}
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

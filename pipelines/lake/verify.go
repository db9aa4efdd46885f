package lake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// VerifyConfig says how much is verified.
type VerifyConfig struct {
	// Deep reads every landed file too: its SHA-256, and the place of every row.
	Deep bool
	// Progress, if not nil, is told how far it is, never twice at once.
	Progress func(VerifyProgress)
}

// VerifyProgress is how far a verification is.
type VerifyProgress struct {
	Entries      int64 // read so far
	Files, Bytes int64 // looked at so far, with Deep read
	AllFiles     int64 // landed files that there were at the beginning
	AllBytes     int64
}

// Verification is what was looked at, and what was found.
type Verification struct {
	Logs        int64 // topics' partitions in their epochs
	Entries     int64 // that count
	Checkpoints int64
	Files       int64 // that entries list
	Bytes       int64 // of these, as the entries say
	Rows        int64
	Dead        int64
	Tombstones  int64
	Skipped     int64
	Unlisted    int64 // landed files that no entry lists: left by a crash, or about to be listed
	Temp        int64 // temporary files
	Leftover    int64 // entry files that checkpoints stand for
	Void        int64 // entry files of writers that were fenced; nobody reads them
	Faults      []Fault
	FaultCount  int64 // more than there are Faults if these would be over 1,000
}

// Fault is something that must not be.
type Fault struct {
	Log    string `json:"log"`
	Start  int64  `json:"start"` // of the entry; -1 if it is none's
	Path   string `json:"path"`  // of the file of the log, or the landed one, relative to the lake
	What   string `json:"what"`
	Remedy string `json:"remedy"`
}

const mostFaults = 1000

// Verify reads the whole log and looks at every landed file. What it finds
// wrong are Faults; its error is that it could not look.
func (l *Lake) Verify(ctx context.Context, config VerifyConfig) (Verification, error) {
	v := &verifier{Lake: l, config: config, seed: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, landed: map[fileKey]landedFile{}, reach: map[logID]*reach{}}
	reading, ctx := errgroup.WithContext(ctx)
	reading.SetLimit(runtime.GOMAXPROCS(0))
	v.read = func(entry Entry) { reading.Go(func() error { return v.readFiles(ctx, entry) }) }
	err := v.run(ctx)
	if readErr := reading.Wait(); readErr != nil {
		err = readErr
	}
	if err != nil {
		return Verification{}, fmt.Errorf("verify the lake: %w", err)
	}
	slices.SortFunc(v.done.Faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Log, b.Log), cmp.Compare(a.Start, b.Start), cmp.Compare(a.Path, b.Path), cmp.Compare(a.What, b.What))
	})
	return v.done, nil
}

type verifier struct {
	*Lake
	config VerifyConfig
	seed   [2]maphash.Seed
	read   func(Entry) // reads the entry's files, by and by

	mu       sync.Mutex
	landed   map[fileKey]landedFile
	reach    map[logID]*reach
	done     Verification
	progress VerifyProgress
}

// landedFile is what is known of a landed file.
type landedFile struct {
	bytes int64 // ^bytes once it is listed
	start int64
	reach *reach // of its log
}

// fileKey stands for a file's name: a lake may have millions.
type fileKey [2]uint64

func (v *verifier) key(name string) fileKey {
	return fileKey{maphash.String(v.seed[0], name), maphash.String(v.seed[1], name)}
}

func (v *verifier) run(ctx context.Context) error {
	if err := v.walk(ctx); err != nil {
		return err
	}
	ids, err := v.logs()
	if err != nil {
		return err
	}
	used := make([]bool, len(ids)) // logs that hold anything
	logs, ctx := errgroup.WithContext(ctx)
	logs.SetLimit(runtime.GOMAXPROCS(0))
	for i, id := range ids {
		logs.Go(func() (err error) {
			used[i], err = v.log(ctx, id)
			return err
		})
	}
	if err := logs.Wait(); err != nil {
		return err
	}
	v.epochs(ids, used)
	v.unlisted()
	return nil
}

// walk notes all landed files with their sizes, which is cheaper than asking
// for each.
func (v *verifier) walk(ctx context.Context) error {
	err := v.store.walk(ctx, landedFolder, func(file stored) error {
		if name, ours := parseLanded(file.name); ours {
			v.landed[v.key(file.name)] = landedFile{file.bytes, name.start, v.reachOf(name.log)}
			v.progress.AllFiles++
			v.progress.AllBytes += file.bytes
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.store.walk(ctx, tempFolder, func(stored) error { v.done.Temp++; return nil })
}

func (v *verifier) fault(f Fault) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.done.FaultCount++
	if len(v.done.Faults) < mostFaults {
		v.done.Faults = append(v.done.Faults, f)
	}
}

// epochs checks that each partition's epochs are 0, 1, 2 and so on.
func (v *verifier) epochs(ids []logID, used []bool) {
	next := map[logID]int32{} // by the partition, which is given with epoch 0
	for i, id := range ids {  // in the order of epochs
		if !used[i] {
			continue
		}
		v.done.Logs++
		anyEpoch := logID{id.topic, 0, id.partition}
		for ; next[anyEpoch] < id.epoch; next[anyEpoch]++ {
			missing := logID{id.topic, next[anyEpoch], id.partition}
			v.reachOf(missing).broken = true
			v.fault(Fault{Log: missing.String(), Start: -1, Path: missing.folder(),
				What: fmt.Sprintf("the log is missing: the partition has an epoch %d", id.epoch), Remedy: restoreFolder})
		}
		next[anyEpoch] = id.epoch + 1
	}
}

const restoreFolder = "restore the folder from a backup of the lake"

// tell tells how far it is, now and then.
func (v *verifier) tell(entries, files, bytes int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.progress.Entries += entries
	v.progress.Files += files
	v.progress.Bytes += bytes
	if v.config.Progress != nil && (files > 0 && v.config.Deep || v.progress.Entries%1000 == 0) {
		v.config.Progress(v.progress)
	}
}

// file checks that the file is there with its size, and listed here alone.
func (v *verifier) file(entry Entry, file File) error {
	key := v.key(file.Path)
	v.mu.Lock()
	seen, known := v.landed[key]
	if known && seen.bytes >= 0 {
		v.landed[key] = landedFile{bytes: ^seen.bytes}
	}
	v.mu.Unlock()
	if known && seen.bytes < 0 {
		v.fault(fileFault(entry, file, "it is listed twice", "its records count twice: restore the log's folder from a backup of the lake"))
		return nil
	}
	if known && seen.bytes == file.Bytes {
		return nil
	}
	now, err := v.store.stat(file.Path) // it may have landed since the walk
	switch {
	case errors.Is(err, fs.ErrNotExist):
		v.fault(fileFault(entry, file, "it is missing", restoreLanded(entry, file)))
		return nil
	case err != nil:
		return err
	case now.bytes != file.Bytes:
		v.fault(fileFault(entry, file, fmt.Sprintf("it has %d bytes, its entry says %d", now.bytes, file.Bytes), restoreLanded(entry, file)))
	}
	v.mu.Lock()
	v.landed[key] = landedFile{bytes: ^now.bytes}
	v.mu.Unlock()
	return nil
}

func fileFault(entry Entry, file File, what, remedy string) Fault {
	return Fault{Log: entry.Log(), Start: entry.Start, Path: file.Path, What: what, Remedy: remedy}
}

func restoreLanded(entry Entry, file File) string {
	return fmt.Sprintf("restore the file with SHA-256 %s from a backup of the lake; it holds %d records of the offsets %d to %d", file.SHA256, file.Rows, entry.Start, entry.End-1)
}

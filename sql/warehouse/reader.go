package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// ReaderConfig says within which limits queries run, and what they see beside
// the marts.
type ReaderConfig struct {
	Engine Config
	// TimeLimit ends a query that runs longer. Default: none but the context's.
	TimeLimit time.Duration
	// Builds are the records of all builds, which `builds` and `build_checks` show. Default: none.
	Builds []string
	// DeadLetters are the Parquet files that the view `dead_letters` shows. Default: none.
	DeadLetters []string
}

// ErrTimeLimit is what a query's error is when it ran longer than it may.
var ErrTimeLimit = errors.New("the query ran longer than it may")

// Reader is the build that was current when it was opened, for reading only.
// Later builds do not change what it shows, and its files stay while it is
// open. It may be used from many goroutines at once.
type Reader struct {
	engine *DuckDB
	build  Build
	marts  []string
	builds *buildTables
	macros []string
	limit  time.Duration
	lease  *os.File
	// answers is the folder in which answers are written that are files; the one
	// beside the build's own that the engine may touch.
	answers string
}

// OpenCurrent opens the current build in the folder marts. The error is
// ErrNoBuild when there is none.
func OpenCurrent(ctx context.Context, marts string, cfg ReaderConfig) (*Reader, error) {
	for {
		dir, err := CurrentDir(marts)
		if err != nil {
			return nil, err
		}
		r, err := openBuild(ctx, dir, cfg)
		if !errors.Is(err, fs.ErrNotExist) {
			return r, err
		}
		// A build may have been removed between looking at the pointer and
		// opening its folder; then the pointer shows another by now.
		if again, _ := CurrentDir(marts); again == dir {
			return nil, fmt.Errorf("open build %s: %w", filepath.Base(dir), err)
		}
	}
}

func openBuild(ctx context.Context, dir string, cfg ReaderConfig) (*Reader, error) {
	lease, err := leaseBuild(dir)
	if err != nil {
		return nil, err
	}
	r := &Reader{limit: cfg.TimeLimit, lease: lease}
	if err := r.open(ctx, dir, cfg); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// leaseBuild marks a build as in use: whoever removes old builds leaves it
// alone as long as the file is open (see InUse). The system ends the lease when
// the process ends, however it ends.
func leaseBuild(dir string) (*os.File, error) {
	file, err := os.Open(filepath.Join(dir, RecordName))
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_SH); err != nil {
		return nil, errors.Join(fmt.Errorf("mark build %s as in use: %w", filepath.Base(dir), err), file.Close())
	}
	// Removed between opening and marking: the folder is gone, its file is not.
	if _, err := os.Stat(filepath.Join(dir, RecordName)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// InUse tells whether some Reader has the build in dir open.
func InUse(dir string) bool {
	file, err := os.Open(filepath.Join(dir, RecordName))
	if err != nil {
		return false
	}
	defer file.Close()
	return errors.Is(syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

func (r *Reader) open(ctx context.Context, dir string, cfg ReaderConfig) error {
	var err error
	if r.build, err = ReadBuild(filepath.Join(dir, RecordName)); err != nil {
		return err
	}
	if r.engine, err = Open(ctx, cfg.Engine); err != nil {
		return err
	}
	// People read rows in the order in which a mart was written, also a large one.
	if err := r.engine.Exec(ctx, "set global preserve_insertion_order = true"); err != nil {
		return err
	}
	if r.macros, err = r.engine.TableMacros(ctx); err != nil {
		return err
	}
	files, err := martFiles(dir)
	if err != nil {
		return err
	}
	r.marts = slices.Sorted(maps.Keys(files))
	for _, mart := range r.marts {
		if err := r.engine.ViewFiles(ctx, mart, files[mart]); err != nil {
			return fmt.Errorf("open mart %s of build %s: %w", mart, r.build.ID, err)
		}
	}
	r.builds = &buildTables{current: r.build, records: cfg.Builds}
	if err := r.builds.create(ctx, r.engine); err != nil {
		return err
	}
	if err := createDeadLetters(ctx, r.engine, cfg.DeadLetters); err != nil {
		return err
	}
	if r.answers, err = os.MkdirTemp("", "parley-answers-"); err != nil {
		return fmt.Errorf("make a folder for answers: %w", err)
	}
	return r.lock(ctx, dir, cfg.DeadLetters)
}

// keptConnections is how many queries a reader answers at once on connections
// that it has opened before it locked the engine.
const keptConnections = 8

// lock takes from the engine all that reaches out of the build. What a query
// may do is refused before it runs, by requireRead; this is the wall behind it.
func (r *Reader) lock(ctx context.Context, dir string, files []string) error {
	if err := r.engine.warm(ctx, keptConnections); err != nil {
		return fmt.Errorf("connect to the engine: %w", err)
	}
	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = Literal(f)
	}
	for _, s := range []string{
		"set global allowed_directories = [" + Literal(dir+string(filepath.Separator)) + ", " + Literal(r.answers+string(filepath.Separator)) + "]",
		"set global allowed_paths = [" + strings.Join(paths, ", ") + "]",
		"set global enable_external_access = false",
		"set global lock_configuration = true",
	} {
		if err := r.engine.Exec(ctx, s); err != nil {
			return fmt.Errorf("lock the engine: %w", err)
		}
	}
	return nil
}

// Build is the record of the build that the reader shows.
func (r *Reader) Build() Build { return r.build }

// Marts names the build's marts, sorted.
func (r *Reader) Marts() []string { return r.marts }

// Tables names all that a query can read: the marts, then what tells of builds
// and of records that could not be read.
func (r *Reader) Tables() []string {
	return append(slices.Clone(r.marts), "builds", "build_checks", "dead_letters")
}

// Close ends the reader.
func (r *Reader) Close() error {
	var err error
	if r.engine != nil {
		err = r.engine.Close()
	}
	if r.answers != "" {
		err = errors.Join(err, os.RemoveAll(r.answers))
	}
	return errors.Join(err, r.lease.Close())
}

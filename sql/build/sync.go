package build

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"golang.org/x/sync/errgroup"
)

// syncTree writes through to the disk every file and folder below dir, and dir
// itself. Files that another build has too were written through when it was
// made. A disk writes many files at once much faster than one after the other.
func syncTree(dir string) error {
	var group errgroup.Group
	group.SetLimit(32)
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !entry.IsDir() {
			info, err := entry.Info()
			if err != nil {
				return err
			}
			if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Nlink > 1 {
				return nil
			}
		}
		group.Go(func() error { return syncPath(path) })
		return nil
	})
	return errors.Join(err, group.Wait())
}

func syncPath(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// peakMemory is the most memory the process has held so far, in bytes; 0 where
// the system does not tell.
func peakMemory() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return usage.Maxrss // bytes there, kilobytes elsewhere
	}
	return usage.Maxrss * 1024
}

package lake

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// cache keeps local copies of objects, below cache/ in a folder. Objects never
// change, so that a copy that is there is right. Any number of processes may
// share it.
type cache struct {
	folder folder
	limit  int64 // bytes

	mutex   sync.Mutex
	fetched int64 // bytes since the last look at the limit
	looked  bool
}

// inUse is how long a copy stays after somebody asked for it, whatever the
// limit: so long it may take until the file is opened.
const inUse = time.Minute

func (c *cache) name(object string) string { return "cache/" + object }

// path is the copy's path; where there is none, fetch writes it to a file first.
func (c *cache) path(object string, fetch func(*os.File) error) (string, error) {
	path := c.folder.path(c.name(object))
	now := time.Now()
	// A copy's time of change is when it was last asked for.
	if err := os.Chtimes(path, now, now); err == nil {
		return path, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	tmp := c.folder.path("tmp")
	if err := makeFolder(tmp); err != nil {
		return "", err
	}
	file, err := createTemp(tmp, filepath.Base(path))
	if err != nil {
		return "", err
	}
	size := int64(0)
	if err = fetch(file); err == nil {
		size, err = file.Seek(0, io.SeekEnd)
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = PublishFile(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // one that stays is a leftover like a crash's
		return "", err
	}
	return path, c.grown(size)
}

// forget removes the copy, if there is one.
func (c *cache) forget(object string) error {
	if err := os.Remove(c.folder.path(c.name(object))); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// grown looks now and then whether the copies are within the limit.
func (c *cache) grown(size int64) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.fetched += size
	if c.looked && c.fetched < c.limit/20 {
		return nil
	}
	c.looked, c.fetched = true, 0
	return c.sweep(time.Now())
}

// sweep removes the copies that nobody has asked for longest, until a tenth of
// the limit is free. Dead letters stay: each view of a build reads all of them.
func (c *cache) sweep(now time.Time) error {
	var copies []stored
	var total int64
	root := c.folder.path("cache")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !strings.HasPrefix(path, filepath.Join(root, "landed", DeadLetters)+string(filepath.Separator)) {
			var info fs.FileInfo
			if info, err = entry.Info(); err == nil {
				copies = append(copies, stored{name: path, bytes: info.Size(), changed: info.ModTime()})
				total += info.Size()
			}
		}
		if errors.Is(err, fs.ErrNotExist) { // another process was quicker
			return nil
		}
		return err
	})
	if err != nil || total <= c.limit {
		return err
	}
	slices.SortFunc(copies, func(a, b stored) int { return cmp.Or(a.changed.Compare(b.changed), cmp.Compare(a.name, b.name)) })
	for _, old := range copies {
		if total <= c.limit/10*9 || now.Sub(old.changed) < inUse {
			break
		}
		if err := os.Remove(old.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("make room for copies of the lake's files: %w", err)
		}
		total -= old.bytes
	}
	return nil
}

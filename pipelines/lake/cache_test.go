package lake

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// copyOf puts a copy of so many bytes into the cache, unused since then.
func (c *cache) copyOf(t *testing.T, object string, size int, since time.Time) string {
	t.Helper()
	path, err := c.path(object, func(file *os.File) error {
		_, err := file.WriteString(strings.Repeat("x", size))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, since, since); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCacheKeepsWithinItsLimit(t *testing.T) {
	t.Parallel()
	c := &cache{folder: folder(t.TempDir()), limit: 1000}
	now := time.Now()
	letters := c.copyOf(t, "landed/dead_letters/v=1/dead", 500, now.Add(-24*time.Hour))
	oldest := c.copyOf(t, "landed/users/a", 400, now.Add(-3*time.Hour))
	older := c.copyOf(t, "landed/users/b", 300, now.Add(-2*time.Hour))
	old := c.copyOf(t, "landed/users/c", 200, now.Add(-time.Hour))
	if again, err := c.path("landed/users/a", nil); err != nil || again != oldest { // it is the newest now
		t.Fatal(again, err)
	}
	fresh := c.copyOf(t, "landed/users/d", 450, now)
	if err := c.sweep(now); err != nil {
		t.Fatal(err)
	}
	for path, stays := range map[string]bool{letters: true, oldest: true, older: false, old: false, fresh: true} {
		if _, err := os.Stat(path); stays != (err == nil) {
			t.Errorf("%s: %v, want it to stay: %v", path, err, stays)
		}
	}
	if err := c.sweep(now.Add(2 * inUse)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Errorf("removed within the limit: %v", err)
	}
}

func TestCacheSparesWhatIsInUse(t *testing.T) {
	t.Parallel()
	c := &cache{folder: folder(t.TempDir()), limit: 10}
	now := time.Now()
	var paths []string
	for i := range 3 {
		paths = append(paths, c.copyOf(t, fmt.Sprint("landed/users/", i), 100, now.Add(-inUse/2)))
	}
	if err := c.sweep(now); err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("removed a moment after it was asked for: %v", err)
		}
	}
	c.looked, c.fetched = true, 0
	if err := c.grown(1); err != nil { // beyond a twentieth of the limit: it looks by itself
		t.Fatal(err)
	}
	if err := c.sweep(now.Add(inUse)); err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s stays: %v", path, err)
		}
	}
}

func TestCopyThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	c := &cache{folder: folder(t.TempDir()), limit: 1000}
	broken := errors.New("broken")
	_, err := c.path("landed/users/a", func(file *os.File) error {
		_, _ = file.WriteString("half")
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	err = filepath.WalkDir(string(c.folder), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			t.Errorf("left: %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestManyAskForOneCopy(t *testing.T) {
	t.Parallel()
	l := onBucket(t)
	file := land(t, l, 0, 5)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			path, err := l.Local(t.Context(), file.Path)
			if err != nil {
				t.Error(err)
				return
			}
			if content, err := os.ReadFile(path); err != nil || string(content) != "rows" {
				t.Errorf("content %q, %v", content, err)
			}
		})
	}
	group.Wait()
	if names, err := l.store.list("tmp"); err != nil || len(names) != 0 {
		t.Errorf("left: %v, %v", names, err)
	}
	if err := l.store.remove(file.Path); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Local(t.Context(), file.Path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a copy outlives its object: %v", err)
	}
}

func TestDamagedObjectIsNotTaken(t *testing.T) {
	t.Parallel()
	l := onBucket(t)
	b := l.store.(*bucket)
	digest := make([]byte, 32) // of something else
	if err := b.put("landed/users/a", strings.NewReader("damaged"), digest); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Local(t.Context(), "landed/users/a"); err == nil || !strings.Contains(err.Error(), "is not what was put") {
		t.Errorf("error %v", err)
	}
	file, err := l.store.open(t.Context(), "landed/users/a")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || info.Size() != int64(len("damaged")) {
		t.Errorf("what is opened to be looked at: %v, %v", info, err)
	}
}

func TestNoFileBeyondTheLake(t *testing.T) {
	t.Parallel()
	l, err := Open("s3://bucket/lake?region=eu-west-1", WithWork(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "../x", "landed/../../x", "/etc/x", "landed//x"} {
		if path, err := l.Local(t.Context(), name); err == nil || !strings.Contains(err.Error(), "is no file of a lake") {
			t.Errorf("%q lies at %q, %v", name, path, err)
		}
	}
}

package settle

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/pipelines/lake"
	"parley/pipelines/record"
)

func TestNothingLanded(t *testing.T) {
	t.Parallel()
	l := newLander(t)
	if _, err := Current(l.lake); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before the first run: error %v, want fs.ErrNotExist", err)
	}
	m := l.settle()
	for name, rows := range dump(t, m) {
		if len(rows) != 0 || len(m.Tables[name]) == 0 {
			t.Errorf("%s: %d rows in %d files, want an empty file", name, len(rows), len(m.Tables[name]))
		}
	}
	if again := l.settle(); again.Version != 1 {
		t.Errorf("version %d, want 1: nothing has landed", again.Version)
	}
	l.land(0, event(`{"event_name":"x","created_at":1772323200,"user_id":"1"}`))
	m = l.settle()
	if files := m.Files[events.name]; len(files) != 1 || files[0].Part != "2026-03-01" || files[0].Rows != 1 || files[0].Bytes == 0 {
		t.Errorf("files of events are %+v, want the one of the date", files)
	}
	current, err := Current(l.lake)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m.Files, current.Files); diff != "" || current.Version != 2 {
		t.Errorf("version %d is current, with files (-made +current):\n%s", current.Version, diff)
	}
	if covered := current.Covers["parley.events/0/0"]; covered != 1 {
		t.Errorf("the log is covered up to %d, want 1", covered)
	}
}

func day(d int, id string) message {
	return event(fmt.Sprintf(`{"id":%q,"event_name":"x","created_at":"2026-03-%02dT10:00:00Z","user_id":"1"}`, id, d))
}

func TestOnlyWhatChangesIsWritten(t *testing.T) {
	t.Parallel()
	l := newLander(t)
	first := []message{day(1, "a"), day(2, "b"), day(3, "c"), user(`{"user_id":"1","name":"Ann","updated_at":1772323200}`)}
	l.land(0, first...)
	before := l.settle()

	changed := func(after *Manifest) (parts []string) {
		for table, files := range after.Files {
			for _, f := range files {
				if !slices.Contains(before.Files[table], f) {
					parts = append(parts, strings.TrimSuffix(table+" "+f.Part, " "))
				}
			}
		}
		slices.Sort(parts)
		before = after
		return parts
	}
	l.land(0, day(2, "d"))
	if got := changed(l.settle()); !slices.Equal(got, []string{"settled_events 2026-03-02"}) {
		t.Errorf("an event more rewrote %v", got)
	}
	l.land(0, user(`{"user_id":"1","name":"Bob","updated_at":1772323200}`))
	if got := changed(l.settle()); !slices.Equal(got, []string{"settled_person_attributes 2026-03-01"}) {
		t.Errorf("a name more rewrote %v", got)
	}
	l.land(1, first...)
	m := l.settle()
	if got := changed(m); len(got) != 0 {
		t.Errorf("the same records again rewrote %v", got)
	}
	if m.Version != 4 || m.Covers["parley.events/0/1"] != 3 {
		t.Errorf("version %d covers %v, want 4 and all that landed", m.Version, m.Covers)
	}
}

func TestOldVersionsGo(t *testing.T) {
	t.Parallel()
	l := newLander(t)
	var versions []*Manifest
	for i := range 4 {
		l.land(0, day(1, fmt.Sprint(i)))
		versions = append(versions, l.settle())
		for age, m := range slices.Backward(versions) {
			age = len(versions) - 1 - age
			for _, path := range m.Tables[events.name] {
				if _, err := os.Stat(path); (err == nil) != (age < 2) {
					t.Errorf("with %d newer versions: a file of version %d: %v", age, m.Version, err)
				}
			}
		}
	}
	found, err := manifestVersions(l.lake.Root())
	if err != nil || !slices.Equal(found, []int64{3, 4}) {
		t.Errorf("manifests of versions %v, error %v; want 3 and 4", found, err)
	}
	if left := leftovers(t, l.lake); len(left) > 0 {
		t.Errorf("files that no manifest lists: %v", left)
	}
}

// TestLongReader reads one version while others are made every ten minutes:
// what it holds stays for an hour after the next was made, however many follow.
func TestLongReader(t *testing.T) {
	t.Parallel()
	l := newLander(t)
	l.land(0, day(1, "first"), user(`{"user_id":"1","name":"Ann"}`))
	held := l.settle()
	content := dump(t, held)
	for minutes := 10; minutes <= 60; minutes += 10 { // the hour begins with the next version
		l.land(0, day(1, fmt.Sprint(minutes)), user(fmt.Sprintf(`{"user_id":"%d","name":"Ann"}`, minutes)))
		l.settleAfter(10 * time.Minute)
		if diff := cmp.Diff(content, dump(t, held)); diff != "" {
			t.Fatalf("after %d minutes (-before +after):\n%s", minutes, diff)
		}
	}
	l.land(0, day(1, "last"))
	l.settleAfter(10 * time.Minute)
	if _, err := os.Stat(held.Tables[events.name][0]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an hour after the next version was made the files are still there: %v", err)
	}
	if left := leftovers(t, l.lake); len(left) > 0 {
		t.Errorf("files that no manifest lists: %v", left)
	}
}

// TestClockThatWasAhead makes versions by a clock that stood in 2106, and goes
// on once it is right: what the wrong one made does not stay until then.
func TestClockThatWasAhead(t *testing.T) {
	t.Parallel()
	l := newLander(t)
	right := l.now
	l.now = time.Date(2106, 2, 7, 6, 28, 15, 0, time.UTC)
	for i := range 3 {
		l.land(0, day(1, fmt.Sprint(i)))
		l.settleAfter(time.Second)
	}
	l.now = right
	for i := range 3 {
		l.land(0, day(2, fmt.Sprint(i)))
		l.settle()
	}
	if found, err := manifestVersions(l.lake.Root()); err != nil || !slices.Equal(found, []int64{5, 6}) {
		t.Errorf("manifests of versions %v, error %v; want 5 and 6", found, err)
	}
}

// leftovers are the files below settled and tmp that belong to no version.
func leftovers(t *testing.T, l *lake.Lake) (left []string) {
	t.Helper()
	known := map[string]bool{}
	versions, err := manifestVersions(l.Root())
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range versions {
		m, err := readManifest(l.Root(), version)
		if err != nil {
			t.Fatal(err)
		}
		known[manifestPath(l.Root(), version)] = true
		for _, paths := range m.Tables {
			for _, path := range paths {
				known[path] = true
			}
		}
		for _, files := range m.state.IDs {
			for _, f := range files {
				known[l.Path(f.Path)] = true
			}
		}
	}
	for _, folder := range []string{settledFolder, "tmp"} {
		err := filepath.WalkDir(l.Path(folder), func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && !known[path] && entry.Name() != ".lock" {
				left = append(left, path)
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	return left
}

func TestDeadLettersStayWhereTheyLanded(t *testing.T) {
	t.Parallel()
	l := newLander(t)
	l.append(lake.Entry{Topic: "parley.events", End: 1, Dead: 1, Files: []lake.File{{Kind: string(record.KindDeadLetter), Path: "landed/dead_letters/x.parquet", Rows: 1}}})
	if m := l.settle(); m.Covers["parley.events/0/0"] != 1 {
		t.Errorf("the log is covered up to %v, want 1", m.Covers)
	}
}

func TestUnknownKind(t *testing.T) {
	t.Parallel()
	l := newLander(t)
	l.append(lake.Entry{Topic: "parley.visits", End: 1, Rows: 1, Files: []lake.File{{Kind: "visits", Path: "landed/visits/x.parquet", Rows: 1}}})
	if _, err := Run(context.Background(), Config{Lake: l.lake}); err == nil || !strings.Contains(err.Error(), `"visits"`) || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("error %v, want one that names the kind and what may be the matter", err)
	}
}

func TestNoLake(t *testing.T) {
	t.Parallel()
	if _, err := Run(context.Background(), Config{}); err == nil {
		t.Error("no error without a lake")
	}
}

func TestAnotherFormatIsSettledAgain(t *testing.T) {
	t.Parallel()
	l := newLander(t)
	l.land(0, day(1, "a"))
	m := l.settle()
	first := dump(t, m)
	state := m.state
	state.Version, state.Format, state.Tables = 2, format+1, nil
	if _, err := publish(l.lake.Root(), state); err != nil {
		t.Fatal(err)
	}
	again := l.settle()
	if diff := cmp.Diff(first, dump(t, again)); diff != "" || again.Version != 3 {
		t.Errorf("version %d, want 3 (-first +again):\n%s", again.Version, diff)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	l := newLander(t)
	l.land(0, day(1, "a"))
	ctx, cancel := context.WithCancelCause(context.Background())
	cause := errors.New("enough")
	cancel(cause)
	if _, err := Run(ctx, Config{Lake: l.lake}); !errors.Is(err, cause) {
		t.Errorf("error %v, want the context's cause", err)
	}
	if left := leftovers(t, l.lake); len(left) > 0 {
		t.Errorf("files left behind: %v", left)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	l := newLander(t)
	l.land(0, day(1, "a"), user(`{"user_id":"1"}`))
	var last, total int
	_, err := Run(context.Background(), Config{Lake: l.lake, Progress: func(done, of int) {
		if done != last+1 || total != 0 && of != total {
			t.Errorf("%d of %d after %d of %d", done, of, last, total)
		}
		last, total = done, of
	}})
	if err != nil || last != total || total < 2 {
		t.Errorf("ended at %d of %d, error %v", last, total, err)
	}
}

func TestRunsBesideEachOther(t *testing.T) {
	t.Parallel()
	l := newLander(t)
	for i := range 5 {
		l.land(0, day(i+1, fmt.Sprint(i)))
		var wait sync.WaitGroup
		for range 3 {
			wait.Go(func() {
				m, err := Run(context.Background(), Config{Lake: l.lake})
				if err != nil || m.Version != int64(i+1) {
					t.Errorf("version %v, error %v; want %d", m, err, i+1)
				}
			})
		}
		wait.Wait()
	}
	if rows := rowsOf(t, l.settle(), &events); len(rows) != 5 {
		t.Errorf("%d events, want 5", len(rows))
	}
}

// TestRunBesideAnotherMachine has a version appear where the lock does not
// reach, in the last instant before this run would publish its own.
func TestRunBesideAnotherMachine(t *testing.T) {
	t.Parallel()
	l := newLander(t)
	l.land(0, day(1, "a"))
	rival := sync.OnceFunc(func() {
		if _, err := publish(l.lake.Root(), manifestState{Version: 1, Format: format}); err != nil {
			t.Error(err)
		}
	})
	m, err := Run(context.Background(), Config{Lake: l.lake, step: func(step string) {
		if step == "publish" {
			rival()
		}
	}})
	if err != nil || m.Version != 2 {
		t.Fatalf("version %v, error %v; want 2, after the other's", m, err)
	}
	if rows := rowsOf(t, m, &events); len(rows) != 1 {
		t.Errorf("%d events, want 1", len(rows))
	}
	if left := leftovers(t, l.lake); len(left) > 0 {
		t.Errorf("files left behind: %v", left)
	}
}

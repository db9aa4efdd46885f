package lake

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestParseLanded(t *testing.T) {
	t.Parallel()
	want := landed{kind: "users", schema: 2, day: "2026-03-05", log: logID{"a-1-b.c-", 3, 4}, start: 5, end: 60}
	if got, ok := parseLanded(want.name("0a1b2c3d4e5f6071")); !ok || got != want {
		t.Errorf("%+v, %v", got, ok)
	}
	for _, name := range []string{
		"landed/users/v=1/dt=2026-03-05/notes.txt",
		"landed/users/v=1/dt=2026-03-05/t-0-0-5-60-ab.parquet", // our numbers have 20 digits
		"landed/users/v=1/dt=2026-03-05/-0-0-00000000000000000005-00000000000000000060-ab.parquet",
		"landed/users/v=1/dt=2026-03-05/0-0-00000000000000000005-00000000000000000060-ab.parquet",
		"landed/users/v=1/dt=2026-03-05/t-0-+1-00000000000000000005-00000000000000000060-ab.parquet",
		"landed/users/v=x/dt=2026-03-05/t-0-0-00000000000000000005-00000000000000000060-ab.parquet",
		"landed/users/dt=2026-03-05/t-0-0-00000000000000000005-00000000000000000060-ab.parquet",
		"settled/users/v=1/dt=2026-03-05/t-0-0-00000000000000000005-00000000000000000060-ab.parquet",
	} {
		if got, ok := parseLanded(name); ok {
			t.Errorf("%s is taken for %+v", name, got)
		}
	}
}

func collect(t *testing.T, l *Lake, now time.Time, want Collected) {
	t.Helper()
	got, err := l.Collect(t.Context(), CollectConfig{Now: now})
	want.Bytes = got.Bytes
	if err != nil || got != want {
		t.Errorf("collected %+v, %v; want %+v", got, err, want)
	}
}

func TestCollect(t *testing.T) {
	t.Parallel()
	l, entries := landedLake(t)
	first, tail := publish(t, l, "users", usersLog, 0, 5, 0), publish(t, l, "users", usersLog, 30, 33, 30)
	others := []string{publish(t, l, "users", usersLog, 35, 39, 35).Path, publish(t, l, "users", logID{"t", 0, 0}, 0, 1, 0).Path,
		"landed/users/v=1/dt=2026-03-05/notes.txt", "tmp/settle-1/.x.1-a.tmp", "tmp/lock"}
	temp := "tmp/.users.1-a.tmp"
	for _, name := range append(others[2:], temp) {
		if err := os.MkdirAll(filepath.Dir(l.Path(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(l.Path(name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stopped := entries[2]
	stopped.Files = nil
	stopped.Rows, stopped.Dead, stopped.Tombstones, stopped.Skipped = 0, 0, 0, 5
	if err := l.Append(stopped); !errors.Is(err, ErrFenced) {
		t.Fatal(err)
	}
	now := time.Now()
	collect(t, l, now, Collected{Entries: 1, Kept: 4})
	collect(t, l, now.Add(2*time.Hour), Collected{Landed: 2, Kept: 2})
	collect(t, l, now.Add(25*time.Hour), Collected{Temp: 1, Kept: 2})
	collect(t, l, now.Add(25*time.Hour), Collected{Kept: 2})
	for _, name := range others {
		if _, err := os.Stat(l.Path(name)); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{first.Path, tail.Path, temp} {
		if _, err := os.Stat(l.Path(name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
	if v, faults := verified(t, l); faults != nil || v.Entries != 8 || v.Unlisted != 2 {
		t.Errorf("%+v", v)
	}
}

func TestStoppedWriterAfterTheCollector(t *testing.T) {
	t.Parallel()
	anew := logID{"parley.users", 1, 2}
	for name, test := range map[string]struct {
		start  int64 // where the stopped writer's file begins
		anew   bool  // the topic is made anew meanwhile
		fenced bool
		want   Collected
	}{
		"another went on":                   {30, false, true, Collected{Landed: 3}},
		"another went on, in a checkpoint":  {5, false, true, Collected{Landed: 3}},
		"nobody went on":                    {35, false, false, Collected{Kept: 3}},
		"nobody went on in a former epoch":  {35, true, false, Collected{Kept: 3}},
		"another went on in a former epoch": {30, true, true, Collected{Landed: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, entries := landedLake(t)
			stopped := landedEntry(t, l, usersLog, test.start)
			if test.anew {
				if err := l.Append(landedEntry(t, l, anew, 0)); err != nil {
					t.Fatal(err)
				}
			}
			later := time.Now().Add(2 * time.Hour)
			collect(t, l, later, test.want)
			if err := l.Append(stopped); errors.Is(err, ErrFenced) != test.fenced || !test.fenced && err != nil {
				t.Errorf("the writer goes on: %v", err)
			}
			v, faults := verified(t, l)
			want := int64(len(entries))
			if test.anew {
				want++
			}
			if !test.fenced {
				want++
			}
			if faults != nil || v.Entries != want {
				t.Errorf("%d entries, faults %v", v.Entries, faults)
			}
			all, err := l.Entries(nil)
			if err != nil || int64(len(all)) != want {
				t.Errorf("%d entries, %v", len(all), err)
			}
			if tail, _, err := l.Tail("parley.users", 2); err != nil || (tail.Epoch == 1) != test.anew {
				t.Errorf("tail %+v, %v", tail, err)
			}
		})
	}
}

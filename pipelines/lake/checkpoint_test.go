package lake

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/pipelines/internal/failpoint"
)

var usersLog = logID{"parley.users", 0, 2}

// chain appends n entries to the log of parley.users/0/2, the first at its end,
// and gives them. No file of theirs exists.
func chain(t testing.TB, l *Lake, n int) (entries []Entry) {
	t.Helper()
	tail, _, err := l.Tail("parley.users", 2)
	if err != nil {
		t.Fatal(err)
	}
	next := tail.End
	for range n {
		entry := entryOf(0, next, next+2+next%3, File{Kind: "users", Path: fmt.Sprintf("landed/users/%d", next), Bytes: 10})
		entry.Files[0].Rows = entry.Rows
		if err := l.Append(entry); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, entry)
		next = entry.End
	}
	return entries
}

func holdsEntries(t testing.TB, l *Lake, want []Entry) {
	t.Helper()
	got, err := l.Entries(nil)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("entries (-want +got): %s%v", diff, err)
	}
	if tail, _, err := l.Tail("parley.users", 2); err != nil || !cmp.Equal(tail, want[len(want)-1]) {
		t.Errorf("tail %+v, %v", tail, err)
	}
}

func looksLike(t testing.TB, l *Lake, checkpoints, live, void int) {
	t.Helper()
	seen, err := l.look(usersLog)
	if err != nil || len(seen.checkpoints) != checkpoints || len(seen.live) != live || len(seen.void) != void || len(seen.spare) != 0 {
		t.Errorf("the log has %d checkpoints, %d live, %d void files, %d spare, %v; want %d, %d, %d", len(seen.checkpoints), len(seen.live), len(seen.void), len(seen.spare), err, checkpoints, live, void)
	}
}

func TestCheckpoint(t *testing.T) {
	onEachStore(t, func(t *testing.T, l *Lake) {
		entries := chain(t, l, 20)
		if done, err := l.Checkpoint(t.Context(), CheckpointConfig{}); err != nil || done != (Checkpointed{}) {
			t.Errorf("20 entries are enough for a checkpoint: %+v, %v", done, err)
		}
		config := CheckpointConfig{Keep: 3, Size: 5}
		done, err := l.Checkpoint(t.Context(), config)
		if want := (Checkpointed{Logs: 1, Checkpoints: 3, Entries: 15, Removed: 15}); err != nil || done != want {
			t.Errorf("did %+v, %v; want %+v", done, err, want)
		}
		looksLike(t, l, 3, 5, 0)
		holdsEntries(t, l, entries)
		if done, err := l.Checkpoint(t.Context(), config); err != nil || done != (Checkpointed{}) {
			t.Errorf("a second time: %+v, %v", done, err)
		}
		for i, entry := range entries {
			rest, err := l.Entries(Positions{entry.Log(): entry.End})
			if !slices.EqualFunc(rest, entries[i+1:], func(a, b Entry) bool { return cmp.Equal(a, b) }) || err != nil {
				t.Errorf("since %d: %d entries, %v", entry.End, len(rest), err)
			}
		}
		if files, err := l.Files("users"); err != nil || len(files) != 20 {
			t.Errorf("%d files, %v", len(files), err)
		}
		entries = append(entries, chain(t, l, 12)...)
		if done, err := l.Checkpoint(t.Context(), config); err != nil || done.Checkpoints != 2 {
			t.Errorf("later: %+v, %v", done, err)
		}
		looksLike(t, l, 5, 7, 0)
		holdsEntries(t, l, entries)
	})
}

func TestCheckpointIsPublic(t *testing.T) {
	t.Parallel()
	l := setup(t)
	entries := chain(t, l, 4)
	gap := entryOf(0, entries[3].End, entries[3].End+7)
	gap.Rows, gap.Skipped, gap.Gone, gap.At = 0, 7, 7, day.Add(time.Hour).UTC()
	if err := l.Append(gap); err != nil {
		t.Fatal(err)
	}
	entries = append(entries, gap)
	chain(t, l, 2)
	if _, err := l.Checkpoint(t.Context(), CheckpointConfig{Keep: 1, Size: 5}); err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("log/parley.users/0/2/checkpoints/%020d-%020d.ndjson.gz", 0, gap.End)
	packed, err := os.Open(l.Path(name))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	reader, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	// The entries have 2, 4, 2 and 4 rows: each adds its start modulo 3.
	want := `{"totals":{"entries":5,"rows":12,"dead":0,"tombstones":0,"skipped":7,"gaps":1,"gone":7,"files":4,"bytes":40,"small_files":4,` +
		`"first_at":"2026-03-05T00:30:00Z","last_at":"2026-03-05T01:30:00Z"}}` + "\n"
	for _, entry := range entries {
		line, err := json.Marshal(entry)
		if err != nil {
			t.Fatal(err)
		}
		want += string(line) + "\n"
	}
	if diff := cmp.Diff(want, string(content)); diff != "" {
		t.Errorf("checkpoint (-want +got): %s", diff)
	}
}

func TestCover(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		all, want []checkpoint
		end       int64
	}{
		{nil, nil, 0},
		{[]checkpoint{{5, 10}, {0, 5}}, []checkpoint{{0, 5}, {5, 10}}, 10},
		{[]checkpoint{{0, 3}, {0, 5}, {3, 9}}, []checkpoint{{0, 5}, {3, 9}}, 9},
		{[]checkpoint{{0, 9}, {2, 5}, {3, 9}, {9, 12}}, []checkpoint{{0, 9}, {9, 12}}, 12},
		{[]checkpoint{{0, 5}, {6, 9}}, []checkpoint{{0, 5}}, 5},
		{[]checkpoint{{1, 5}}, nil, 0},
	} {
		seen := cover(slices.Clone(test.all))
		if !slices.Equal(seen.checkpoints, test.want) || seen.end != test.end || len(seen.checkpoints)+len(seen.spare) != len(test.all) {
			t.Errorf("cover(%v) = %+v", test.all, seen)
		}
	}
}

func TestCheckpointsOverlap(t *testing.T) {
	onEachStore(t, func(t *testing.T, l *Lake) {
		entries := chain(t, l, 12)
		seen, err := l.look(usersLog)
		if err != nil {
			t.Fatal(err)
		}
		// Two at once, with other sizes: one makes 0-5, the other 0-3 and 3-8.
		var runs [][]readEntry
		for _, run := range [][2]int{{0, 5}, {0, 3}, {3, 8}} {
			reads, err := l.readCertainly(t.Context(), usersLog, seen.live[run[0]:run[1]])
			if err != nil {
				t.Fatal(err)
			}
			runs = append(runs, reads)
		}
		for _, run := range runs {
			if err := l.addCheckpoint(usersLog, run, &Checkpointed{}); err != nil {
				t.Fatal(err)
			}
			holdsEntries(t, l, entries)
		}
		if done, err := l.Checkpoint(t.Context(), CheckpointConfig{Keep: 1, Size: 2}); err != nil || done.Removed != 10 {
			t.Errorf("did %+v, %v", done, err)
		}
		holdsEntries(t, l, entries)
		if rest, err := l.Entries(Positions{usersLog.String(): entries[6].End}); err != nil || len(rest) != 5 {
			t.Errorf("%d entries, %v", len(rest), err)
		}
	})
}

// With this variable set the test binary makes checkpoints of the lake that it
// names, and ends by SIGKILL at the point that it names, at its second passing
// if that is asked for: LAKE|POINT|HITS.
const makeCheckpoints = "PARLEY_TEST_CHECKPOINT"

func playCheckpointer(text string) error {
	parts := strings.Split(text, "|")
	hits, err := strconv.Atoi(parts[2])
	if err != nil {
		return err
	}
	failpoint.Hook = func(point string) {
		if point != parts[1] {
			return
		}
		if hits--; hits == 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	l, err := Open(parts[0])
	if err == nil {
		_, err = l.Checkpoint(context.Background(), CheckpointConfig{Keep: 2, Size: 3})
	}
	return err
}

func TestCheckpointKilledAtEachStep(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"checkpoint made", "exclusive written", "exclusive linked", "checkpoint added", "entries removed"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			l := setup(t)
			entries := chain(t, l, 12)
			for hit := 1; hit <= 2; hit++ {
				if point == "entries removed" && hit == 2 {
					break // they are removed at once
				}
				other := exec.CommandContext(t.Context(), os.Args[0])
				other.Env = append(os.Environ(), fmt.Sprintf("%s=%s|%s|%d", makeCheckpoints, l.Root(), point, hit))
				output, err := other.CombinedOutput()
				if state, ok := errors.AsType[*exec.ExitError](err); !ok || state.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
					t.Fatalf("not killed: %v %s", err, output)
				}
				holdsEntries(t, l, entries)
				entries = append(entries, chain(t, l, 3)...)
				holdsEntries(t, l, entries)
			}
			if _, err := l.Checkpoint(t.Context(), CheckpointConfig{Keep: 2, Size: 3}); err != nil {
				t.Fatal(err)
			}
			holdsEntries(t, l, entries)
			live := 3 + len(entries)%3
			looksLike(t, l, (len(entries)-live)/3, live, 0)
		})
	}
}

func TestStoppedWriterAfterACheckpoint(t *testing.T) {
	onEachStore(t, func(t *testing.T, l *Lake) {
		entries := chain(t, l, 10)
		if _, err := l.Checkpoint(t.Context(), CheckpointConfig{Keep: 1, Size: 4}); err != nil {
			t.Fatal(err)
		}
		looksLike(t, l, 2, 2, 0)
		for i, stopped := range entries {
			stopped.Files = []File{{Kind: "users", Path: "landed/users/stopped", Rows: stopped.Rows}}
			if err := l.Append(stopped); !errors.Is(err, ErrFenced) {
				t.Errorf("entry %d again: %v", i, err)
			}
		}
		looksLike(t, l, 2, 2, 8)
		holdsEntries(t, l, entries)
		if done, err := l.Checkpoint(t.Context(), CheckpointConfig{Keep: 1, Size: 4}); err != nil || done.Removed != 8 || done.Checkpoints != 0 {
			t.Errorf("did %+v, %v", done, err)
		}
		holdsEntries(t, l, entries)
		// One whose entry became part of a checkpoint before it looked is not fenced.
		content, err := json.Marshal(entries[5])
		if err != nil {
			t.Fatal(err)
		}
		if err := l.confirm(entries[5], content); err != nil {
			t.Errorf("an entry that a checkpoint holds: %v", err)
		}
	})
}

package lake

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var day = time.Date(2026, 3, 4, 23, 30, 0, 0, time.FixedZone("west", -3600)) // in UTC already the 5th

func setup(t *testing.T) *Lake {
	t.Helper()
	l, err := Open(filepath.Join(t.TempDir(), "lake"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func land(t *testing.T, l *Lake, start, end int64) File {
	t.Helper()
	upload, err := l.Create("users", 1, day, "parley.users", 0, 2)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := upload.Write([]byte("rows")); err != nil {
		t.Fatal(err)
	}
	file, err := upload.Publish(start, end)
	if err != nil {
		t.Fatal(err)
	}
	file.Rows = end - start
	return file
}

func entryOf(epoch int32, start, end int64, files ...File) Entry {
	return Entry{Topic: "parley.users", Epoch: epoch, Partition: 2, Start: start, End: end, Rows: end - start, Files: files, At: day.UTC(), Schema: 1}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ address, root, fault string }{
		{address: filepath.Join(dir, "lake"), root: filepath.Join(dir, "lake")},
		{address: "file://" + dir + "/a%20lake", root: dir + "/a lake"},
		{address: "file:" + dir + "/lake", root: dir + "/lake"},
		{address: "file://localhost" + dir, root: dir},
		{address: "file://elsewhere/lake", fault: "names the host elsewhere"},
		{address: "s3://bucket/lake", fault: "lake s3://bucket/lake: needs a local folder"},
		{address: "", fault: "names no folder"},
		{address: file, fault: "is a file; give a folder"},
	} {
		l, err := Open(test.address)
		switch {
		case test.fault == "" && err != nil:
			t.Errorf("Open(%q): %v", test.address, err)
		case test.fault == "" && l.Root() != test.root:
			t.Errorf("Open(%q) is at %s, want %s", test.address, l.Root(), test.root)
		case test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault)):
			t.Errorf("Open(%q): error %v, want %q in it", test.address, err, test.fault)
		}
	}
}

func TestOpenRelative(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, address := range []string{"./lake", "lake", "file:./lake", "file:lake"} {
		l, err := Open(address)
		if err != nil {
			t.Fatal(err)
		}
		if !filepath.IsAbs(l.Root()) || filepath.Base(l.Root()) != "lake" {
			t.Errorf("Open(%q) is at %s", address, l.Root())
		}
		if _, err := os.Stat(l.Root()); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Open(%q) made the folder", address)
		}
	}
}

func TestPublishedFile(t *testing.T) {
	onEachStore(t, func(t *testing.T, l *Lake) {
		file := land(t, l, 10, 12)
		if want := "landed/users/v=1/dt=2026-03-05/parley.users-0-2-00000000000000000010-00000000000000000012-"; !strings.HasPrefix(file.Path, want) {
			t.Errorf("path %s, want %s…", file.Path, want)
		}
		digest := sha256.Sum256([]byte("rows"))
		if file.Bytes != 4 || file.SHA256 != hex.EncodeToString(digest[:]) {
			t.Errorf("file %+v", file)
		}
		path, err := l.Local(t.Context(), file.Path)
		if err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(path)
		if err != nil || string(content) != "rows" {
			t.Errorf("content %q, %v", content, err)
		}
		if files, err := l.Files("users"); err != nil || len(files) != 0 {
			t.Errorf("a file that no entry lists counts: %v, %v", files, err)
		}
	})
}

func TestDiscardLeavesNothing(t *testing.T) {
	onEachStore(t, func(t *testing.T, l *Lake) {
		upload, err := l.Create("users", 1, day, "parley.users", 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		upload.Discard()
		upload.Discard()
		if names, err := l.store.list("tmp"); err != nil || len(names) != 0 {
			t.Errorf("left: %v, %v", names, err)
		}
	})
}

func TestLog(t *testing.T) {
	onEachStore(t, func(t *testing.T, l *Lake) {
		if _, found, err := l.Tail("parley.users", 2); found || err != nil {
			t.Fatalf("an empty lake has a tail: %v, %v", found, err)
		}
		first, second, anew := entryOf(0, 0, 5, land(t, l, 0, 5)), entryOf(0, 5, 7, land(t, l, 5, 7)), entryOf(10, 0, 3, land(t, l, 0, 3))
		other := entryOf(0, 0, 1)
		other.Topic, other.Partition = "parley.events", 11
		for _, entry := range []Entry{first, second} {
			if err := l.Append(entry); err != nil {
				t.Fatal(err)
			}
		}
		if tail, found, err := l.Tail("parley.users", 2); err != nil || !found || !cmp.Equal(tail, second) {
			t.Errorf("tail %+v, %v, %v; want %+v", tail, found, err, second)
		}
		for _, entry := range []Entry{anew, other} {
			if err := l.Append(entry); err != nil {
				t.Fatal(err)
			}
		}
		if tail, _, err := l.Tail("parley.users", 2); err != nil || tail.Epoch != 10 || tail.End != 3 {
			t.Errorf("tail %+v, %v; want the highest epoch's", tail, err)
		}
		if tail, found, err := l.Tail("parley.users", 1); err != nil || found {
			t.Errorf("tail of another partition: %+v, %v", tail, err)
		}
		entries, err := l.Entries(nil)
		if diff := cmp.Diff([]Entry{other, first, second, anew}, entries); err != nil || diff != "" {
			t.Errorf("entries (-want +got): %s%v", diff, err)
		}
		files, err := l.Files("users")
		if diff := cmp.Diff([]File{first.Files[0], second.Files[0], anew.Files[0]}, files); err != nil || diff != "" {
			t.Errorf("files (-want +got): %s%v", diff, err)
		}

		seen := Positions(nil).Through(entries[:2])
		entries, err = l.Entries(seen)
		if diff := cmp.Diff([]Entry{second, anew}, entries); err != nil || diff != "" {
			t.Errorf("entries since %v (-want +got): %s%v", seen, diff, err)
		}
		if entries, err = l.Entries(seen.Through(entries)); err != nil || len(entries) != 0 {
			t.Errorf("entries since the end: %v, %v", entries, err)
		}
	})
}

func TestAppendRefusesWhatDoesNotAddUp(t *testing.T) {
	t.Parallel()
	l := setup(t)
	for name, entry := range map[string]Entry{
		"no range":        entryOf(0, 5, 5),
		"backwards":       {Topic: "t", Start: 5, End: 4, Rows: -1},
		"negative start":  entryOf(0, -1, 4),
		"rows are fewer":  {Topic: "t", Start: 0, End: 3, Rows: 1, Dead: 1},
		"a negative part": {Topic: "t", Start: 0, End: 3, Rows: 4, Skipped: -1},
		"no topic":        {Start: 0, End: 1, Rows: 1},
	} {
		if err := l.Append(entry); err == nil {
			t.Errorf("%s: appended", name)
		}
	}
}

func TestOneOfManyWritersAppends(t *testing.T) {
	onEachStore(t, func(t *testing.T, l *Lake) {
		var won, fenced atomic.Int32
		var group sync.WaitGroup
		for i := range 16 {
			group.Go(func() {
				switch err := l.Append(entryOf(0, 0, int64(i+1))); {
				case err == nil:
					won.Add(1)
				case errors.Is(err, ErrFenced):
					fenced.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		group.Wait()
		if won.Load() != 1 || fenced.Load() != 15 {
			t.Errorf("%d won, %d were fenced", won.Load(), fenced.Load())
		}
		if names, err := l.store.list("tmp"); err != nil || len(names) != 0 {
			t.Errorf("left: %v, %v", names, err)
		}
	})
}

func TestLeftoversDoNotCount(t *testing.T) {
	t.Parallel()
	l := setup(t)
	entry := entryOf(0, 0, 5, land(t, l, 0, 5))
	if err := l.Append(entry); err != nil {
		t.Fatal(err)
	}
	land(t, l, 5, 9) // published, but the process ended before it appended
	for _, name := range []string{"log/parley.users/0/2/.00000000000000000009.json.1-ab.tmp", "log/parley.users/0/2/notes.txt", "log/parley.users/0/2/9.json", "log/parley.users/zero/2/00000000000000000009.json", "tmp/.users.1-ab.tmp"} {
		if err := os.MkdirAll(filepath.Dir(l.Path(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(l.Path(name), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if tail, _, err := l.Tail("parley.users", 2); err != nil || tail.End != 5 {
		t.Errorf("tail %+v, %v", tail, err)
	}
	if files, err := l.Files("users"); err != nil || len(files) != 1 {
		t.Errorf("files %v, %v", files, err)
	}
}

func TestEntryInTheLog(t *testing.T) {
	t.Parallel()
	entry := Entry{
		Topic: "parley.users", Epoch: 1, Partition: 2, Start: 10, End: 20, Rows: 5, Dead: 2, Tombstones: 1, Skipped: 2, Reason: "why",
		Files: []File{
			{Kind: "users", Path: "u", Rows: 5, Bytes: 50, SHA256: "aa", MinEventAt: day.UTC(), MaxEventAt: day.UTC()},
			{Kind: DeadLetters, Path: "d", Rows: 2, Bytes: 20, SHA256: "bb"},
			{Kind: Tombstones, Path: "t", Rows: 1, Bytes: 10, SHA256: "cc"},
		},
		At: day.UTC(), Schema: 1, Cluster: "c",
	}
	const want = `{"topic":"parley.users","epoch":1,"partition":2,"start":10,"end":20,"rows":5,"dead":2,"tombstones":1,"skipped":2,"reason":"why",` +
		`"files":[{"kind":"users","path":"u","rows":5,"bytes":50,"sha256":"aa","min_event_at":"2026-03-05T00:30:00Z","max_event_at":"2026-03-05T00:30:00Z"}],` +
		`"dead_files":[{"kind":"dead_letters","path":"d","rows":2,"bytes":20,"sha256":"bb"}],` +
		`"tombstone_files":[{"kind":"tombstones","path":"t","rows":1,"bytes":10,"sha256":"cc"}],` +
		`"schema":1,"at":"2026-03-05T00:30:00Z","cluster":"c"}`
	content, err := json.Marshal(entry)
	if diff := cmp.Diff(want, string(content)); err != nil || diff != "" {
		t.Errorf("in the log (-want +got): %s%v", diff, err)
	}
	var back Entry
	if err := json.Unmarshal(content, &back); err != nil || !cmp.Equal(back, entry) {
		t.Errorf("read back: %s%v", cmp.Diff(entry, back), err)
	}
}

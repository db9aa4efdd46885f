package lake

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
)

// landedRow is what is known here of every row.
type landedRow struct {
	Partition int32 `parquet:"kafka_partition,dict"`
	Offset    int64 `parquet:"kafka_offset,delta"`
}

// publish makes a landed file of the rows at the offsets.
func publish(t testing.TB, l *Lake, kind string, log logID, start, end int64, offsets ...int64) File {
	t.Helper()
	upload, err := l.Create(kind, 1, day, log.topic, log.epoch, log.partition)
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]landedRow, len(offsets))
	for i, offset := range offsets {
		rows[i] = landedRow{log.partition, offset}
	}
	writer := parquet.NewGenericWriter[landedRow](upload, parquet.MaxRowsPerRowGroup(2))
	if _, err := writer.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := upload.Publish(start, end)
	if err != nil {
		t.Fatal(err)
	}
	file.Rows = int64(len(rows))
	return file
}

// landed publishes files of five offsets from start on and gives the entry that
// lists them: three rows, a dead letter and a tombstone.
func landedEntry(t testing.TB, l *Lake, log logID, start int64) Entry {
	t.Helper()
	end := start + 5
	return Entry{
		Topic: log.topic, Epoch: log.epoch, Partition: log.partition, Start: start, End: end, Rows: 3, Dead: 1, Tombstones: 1, At: day.UTC(), Schema: 1,
		Files: []File{
			publish(t, l, "users", log, start, end, start, start+2, start+4),
			publish(t, l, DeadLetters, log, start, end, start+1),
			publish(t, l, Tombstones, log, start, end, start+3),
		},
	}
}

// landedLake has seven entries of parley.users/0/2, the first four in
// checkpoints of two, and one of parley.a-b.c/0/0.
func landedLake(t testing.TB) (*Lake, []Entry) {
	t.Helper()
	l, err := Open(filepath.Join(t.TempDir(), "lake"))
	if err != nil {
		t.Fatal(err)
	}
	var entries []Entry
	for i := range int64(7) {
		entries = append(entries, landedEntry(t, l, usersLog, 5*i))
	}
	entries = append(entries, landedEntry(t, l, logID{"parley.a-b.c", 0, 0}, 0))
	for _, entry := range entries {
		if err := l.Append(entry); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Checkpoint(t.Context(), CheckpointConfig{Keep: 1, Size: 2}); err != nil {
		t.Fatal(err)
	}
	return l, entries
}

// verified verifies the lake in depth and gives the faults, each as a line.
func verified(t testing.TB, l *Lake) (Verification, []string) {
	t.Helper()
	v, err := l.Verify(t.Context(), VerifyConfig{Deep: true})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range v.Faults {
		if f.Log == "" || f.Path == "" || f.What == "" || f.Remedy == "" {
			t.Errorf("a fault lacks something: %+v", f)
		}
		lines = append(lines, f.Path+": "+f.What)
	}
	return v, lines
}

func TestVerify(t *testing.T) {
	t.Parallel()
	l, entries := landedLake(t)
	publish(t, l, "users", usersLog, 35, 36, 35) // about to be listed
	if _, err := l.TempPath("x"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.Path("tmp/.x.1-a.tmp"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	late := entries[1] // of a writer that comes back, and is fenced
	late.Rows, late.Dead, late.Tombstones, late.Skipped, late.Files = 0, 0, 0, 5, nil
	if err := l.Append(late); !errors.Is(err, ErrFenced) {
		t.Error(err)
	}
	var told VerifyProgress
	v, err := l.Verify(t.Context(), VerifyConfig{Deep: true, Progress: func(p VerifyProgress) { told = p }})
	want := Verification{
		Logs: 2, Entries: 8, Checkpoints: 2, Files: 24, Rows: 24, Dead: 8, Tombstones: 8, Unlisted: 1, Temp: 1, Void: 1, Bytes: v.Bytes,
	}
	if diff := cmp.Diff(want, v); err != nil || diff != "" {
		t.Errorf("(-want +got): %s%v", diff, err)
	}
	if told.AllFiles != 25 || told.Files != 24 || told.Bytes != v.Bytes || told.Entries != 8 {
		t.Errorf("progress %+v", told)
	}
	shallow, err := l.Verify(t.Context(), VerifyConfig{})
	if diff := cmp.Diff(v, shallow); err != nil || diff != "" {
		t.Errorf("not in depth (-deep +got): %s%v", diff, err)
	}
}

// rewrite changes an entry file by hand.
func rewrite(t *testing.T, l *Lake, entry Entry, change func(e *Entry)) {
	t.Helper()
	change(&entry)
	content, err := json.Marshal(entry)
	if err != nil {
		t.Fatal(err)
	}
	if err := ReplaceFile(l.Path(usersLog.entry(entry.Start)), content); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyFindsFaults(t *testing.T) {
	t.Parallel()
	remove := func(t *testing.T, l *Lake, name string) {
		t.Helper()
		if err := os.RemoveAll(l.Path(name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		harm func(t *testing.T, l *Lake, entries []Entry)
		want []string // of each fault, a part; in their order
	}{
		"a missing file": {
			func(t *testing.T, l *Lake, entries []Entry) { remove(t, l, entries[1].Files[0].Path) },
			[]string{": it is missing"},
		},
		"a file cut short": {
			func(t *testing.T, l *Lake, entries []Entry) { _ = os.Truncate(l.Path(entries[5].Files[0].Path), 9) },
			[]string{": it has 9 bytes, its entry says ", ": its SHA-256 is "},
		},
		"a changed file": {
			func(t *testing.T, l *Lake, entries []Entry) {
				path := l.Path(entries[0].Files[1].Path)
				content, _ := os.ReadFile(path)
				content[5]++
				_ = os.WriteFile(path, content, 0o600)
			},
			[]string{": its SHA-256 is "},
		},
		"an entry that does not add up": {
			func(t *testing.T, l *Lake, entries []Entry) { rewrite(t, l, entries[5], func(e *Entry) { e.Rows = 4 }) },
			[]string{"25.json: it does not add up: ", "25.json: its files have 3 rows, 1 dead letters and 1 tombstones, it says 4, 1 and 1"},
		},
		"a lost log": {
			func(t *testing.T, l *Lake, _ []Entry) { remove(t, l, usersLog.folder()) },
			[]string{"log/parley.users/0/2: 18 landed files reach beyond the log: entries from 0 on are missing"}, // those from 0 on may be a crash's
		},
		"all logs lost": {
			func(t *testing.T, l *Lake, _ []Entry) { remove(t, l, "log") },
			[]string{"log/parley.users/0/2: 18 landed files reach beyond the log: entries from 0 on are missing"},
		},
		"lost newest entries": {
			func(t *testing.T, l *Lake, _ []Entry) {
				remove(t, l, usersLog.entry(25))
				remove(t, l, usersLog.entry(30))
				publish(t, l, "users", usersLog, 25, 27, 25) // what a crash has left at its end
			},
			[]string{"log/parley.users/0/2: 3 landed files reach beyond the log: entries from 25 on are missing"},
		},
		"one file beyond the log": {
			func(t *testing.T, l *Lake, _ []Entry) { publish(t, l, "users", usersLog, 36, 37, 36) },
			[]string{"log/parley.users/0/2: 1 landed file reaches beyond the log: entries from 35 on are missing"},
		},
		"a hole": {
			func(t *testing.T, l *Lake, entries []Entry) { remove(t, l, usersLog.entry(25)) },
			[]string{"25.json: it is missing"},
		},
		"an overlap": {
			func(t *testing.T, l *Lake, entries []Entry) {
				rewrite(t, l, entries[5], func(e *Entry) { e.End, e.Skipped = 33, 3 })
			},
			// The entry reaches into the next one; its files' names say otherwise.
			[]string{"its name is not one of ", "its name is not one of ", "its name is not one of ", "30.json: begins before the end of the one before it, 33"},
		},
		"a missing checkpoint": {
			func(t *testing.T, l *Lake, entries []Entry) { remove(t, l, usersLog.checkpoint(checkpoint{0, 10})) },
			[]string{"00.json: it is missing", "10-00000000000000000020.ndjson.gz: the checkpoints before it end at 0"},
		},
		"a damaged checkpoint": {
			func(t *testing.T, l *Lake, entries []Entry) {
				_ = os.WriteFile(l.Path(usersLog.checkpoint(checkpoint{10, 20})), []byte("x"), 0o600)
			},
			[]string{"20.ndjson.gz: it is damaged: unexpected EOF"},
		},
		"wrong totals": {
			func(t *testing.T, l *Lake, entries []Entry) {
				path := l.Path(usersLog.checkpoint(checkpoint{0, 10}))
				run := []readEntry{{entry: entries[0]}, {entry: entries[1]}}
				for i := range run {
					run[i].content, _ = json.Marshal(run[i].entry)
				}
				run[1].entry.Rows++
				content, err := encodeCheckpoint(run)
				if err != nil {
					t.Fatal(err)
				}
				_ = os.WriteFile(path, content, 0o600)
			},
			[]string{"10.ndjson.gz: its totals are "},
		},
		"all entries behind the checkpoints missing": {
			func(t *testing.T, l *Lake, entries []Entry) {
				for _, start := range []int64{20, 25, 30} {
					remove(t, l, usersLog.entry(start))
				}
			},
			[]string{"20.json: is missing: the newest"},
		},
		"an entry that is no JSON": {
			func(t *testing.T, l *Lake, entries []Entry) {
				_ = os.WriteFile(l.Path(usersLog.entry(30)), []byte("{"), 0o600)
			},
			[]string{"30.json: it is damaged: unexpected end of JSON input"},
		},
		"an entry under another name": {
			func(t *testing.T, l *Lake, entries []Entry) {
				_ = os.Rename(l.Path(usersLog.entry(30)), l.Path(usersLog.entry(35)))
			},
			[]string{"30.json: it is missing", "35.json: it is damaged: it says of itself that it is parley.users/0/2 from 30 to 35"},
		},
		"a file listed twice": {
			func(t *testing.T, l *Lake, entries []Entry) {
				rewrite(t, l, entries[6], func(e *Entry) { e.Files = entries[5].Files })
			},
			[]string{
				"it is listed twice", "its name is not one of dead_letters from 30 to 35", "row 0 has offset 26",
				"it is listed twice", "its name is not one of tombstones from 30 to 35", "row 0 has offset 28",
				"it is listed twice", "its name is not one of users from 30 to 35", "row 0 has offset 25",
			},
		},
		"a file of another kind": {
			func(t *testing.T, l *Lake, entries []Entry) {
				rewrite(t, l, entries[6], func(e *Entry) { e.Files[0].Kind = "events" })
			},
			[]string{"its name is not one of events from 30 to 35"},
		},
		"another cluster": {
			func(t *testing.T, l *Lake, entries []Entry) {
				rewrite(t, l, entries[5], func(e *Entry) { e.Cluster = "a" })
				rewrite(t, l, entries[6], func(e *Entry) { e.Cluster = "b" })
			},
			[]string{"30.json: the Kafka cluster is b, the entry before says a"},
		},
		"a missing epoch": {
			func(t *testing.T, l *Lake, entries []Entry) {
				if err := l.Append(landedEntry(t, l, logID{"parley.users", 2, 2}, 0)); err != nil {
					t.Fatal(err)
				}
			},
			[]string{"log/parley.users/1/2: the log is missing: the partition has an epoch 2"},
		},
		"a row of another partition": {
			func(t *testing.T, l *Lake, entries []Entry) {
				other := usersLog
				other.partition = 3
				file := publish(t, l, "users", other, 30, 35, 30, 32, 34)
				moved := entries[6].Files[0]
				moved.Bytes, moved.SHA256 = file.Bytes, file.SHA256
				_ = os.Rename(l.Path(file.Path), l.Path(moved.Path))
				rewrite(t, l, entries[6], func(e *Entry) { e.Files = append([]File{moved}, e.Files[1:]...) })
			},
			[]string{"row 0 is of partition 3"},
		},
		"a row of another offset": {withRows(30, 32, 35), []string{"row 2 has offset 35"}},
		"rows out of order":       {withRows(32, 30, 34), []string{"row 1 has offset 30, the one before 32"}},
		"an offset twice":         {withRows(30, 30, 34), []string{"row 1 has offset 30, the one before 30"}},
		"a row too few":           {withRows(30, 32), []string{"it has 2 rows, its entry says 3"}},
		"an offset in two files":  {withRows(30, 31, 34), []string{"the record at offset 31 is in its files twice"}},
		"a changed leftover": {
			func(t *testing.T, l *Lake, entries []Entry) {
				rewrite(t, l, entries[1], func(e *Entry) { e.Rows, e.Dead = 2, 2 })
			},
			[]string{"05.json: it says otherwise than the checkpoint that is read"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, entries := landedLake(t)
			test.harm(t, l, entries)
			v, faults := verified(t, l)
			good := len(faults) == len(test.want) && v.FaultCount == int64(len(faults))
			for i := range faults {
				good = good && strings.Contains(faults[i], test.want[i])
			}
			if !good {
				t.Errorf("faults:\n%s\nwant:\n%s", strings.Join(faults, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// withRows replaces the rows of the last entry's first file, and its size and
// hash in the entry.
func withRows(offsets ...int64) func(t *testing.T, l *Lake, entries []Entry) {
	return func(t *testing.T, l *Lake, entries []Entry) {
		t.Helper()
		rewrite(t, l, entries[6], func(e *Entry) {
			file := publish(t, l, "users", usersLog, 30, 35, offsets...)
			file.Rows = 3
			if err := os.Remove(l.Path(e.Files[0].Path)); err != nil {
				t.Fatal(err)
			}
			e.Files = append([]File{file}, e.Files[1:]...)
		})
	}
}

func TestVerifyBoundsItsFaults(t *testing.T) {
	t.Parallel()
	l := setup(t)
	entry := entryOf(0, 0, 1)
	for i := range 1500 {
		entry.Files = append(entry.Files, File{Kind: "users", Path: fmt.Sprint("landed/", i)})
	}
	if err := l.Append(entry); err != nil {
		t.Fatal(err)
	}
	v, err := l.Verify(t.Context(), VerifyConfig{})
	// Each file has a wrong name and is missing; and all together have no row.
	if err != nil || len(v.Faults) != 1000 || v.FaultCount != 3001 {
		t.Errorf("%d faults of %d, %v", len(v.Faults), v.FaultCount, err)
	}
}

func TestVerifyALeftover(t *testing.T) {
	t.Parallel()
	l, entries := landedLake(t)
	rewrite(t, l, entries[2], func(*Entry) {})
	if err := os.WriteFile(l.Path(usersLog.entry(0)), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	rewrite(t, l, entries[1], func(e *Entry) { e.Files = nil })
	if v, faults := verified(t, l); v.Leftover != 1 || v.Void != 2 || faults != nil {
		t.Errorf("%+v", v)
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	l, entries := landedLake(t)
	gap := Entry{Topic: "parley.users", Partition: 2, Start: 35, End: 45, Skipped: 10, Gone: 8, At: day.AddDate(0, 0, 1).UTC()}
	if err := l.Append(gap); err != nil {
		t.Fatal(err)
	}
	var bytes int64
	for _, entry := range entries[:7] {
		for _, file := range entry.Files {
			bytes += file.Bytes
		}
	}
	got, err := l.Summary(t.Context())
	want := []LogSummary{
		{Topic: "parley.a-b.c", End: 5, Totals: Totals{Entries: 1, Rows: 3, Dead: 1, Tombstones: 1, Files: 3, SmallFiles: 3, FirstAt: day.UTC(), LastAt: day.UTC()}},
		{Topic: "parley.users", Partition: 2, End: 45, Checkpoints: 2, Totals: Totals{
			Entries: 8, Rows: 21, Dead: 7, Tombstones: 7, Skipped: 10, Gaps: 1, Gone: 8, Files: 21, SmallFiles: 21, Bytes: bytes, FirstAt: day.UTC(), LastAt: gap.At}},
	}
	want[0].Bytes = entries[7].Files[0].Bytes + entries[7].Files[1].Bytes + entries[7].Files[2].Bytes
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("(-want +got): %s%v", diff, err)
	}
	large := Totals{}
	large.add(Entry{Files: []File{{Bytes: 16 << 20}, {Rows: 122_880}, {Bytes: 16<<20 - 1, Rows: 122_879}}})
	if large.SmallFiles != 1 {
		t.Errorf("%d small files, want 1", large.SmallFiles)
	}
}

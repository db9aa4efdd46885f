package lake

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// during is a store in which something happens before a listing.
type during struct {
	store
	before func(folder string)
}

func (d *during) list(folder string) ([]string, error) {
	d.before(folder)
	return d.store.list(folder)
}

func TestReadWhileACheckpointIsMade(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]func(t *testing.T, l *Lake, want []Entry){
		"entries": func(t *testing.T, l *Lake, want []Entry) {
			got, err := l.Entries(nil)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("entries (-want +got): %s%v", diff, err)
			}
		},
		"tail": func(t *testing.T, l *Lake, want []Entry) {
			if tail, _, err := l.Tail("parley.users", 2); err != nil || !cmp.Equal(tail, want[len(want)-1]) {
				t.Errorf("tail %+v, %v", tail, err)
			}
		},
		"checkpoint": func(t *testing.T, l *Lake, want []Entry) {
			if _, err := l.Checkpoint(t.Context(), CheckpointConfig{Keep: 1, Size: 2}); err != nil {
				t.Error(err)
			}
			holdsEntries(t, l, want)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := setup(t)
			entries := chain(t, l, 9)
			listings := 0
			// When the reader has seen no checkpoint and is about to list the
			// files, one is made, and a stopped writer comes back with a file that
			// fits where the chain seems to begin.
			other := &Lake{root: l.root, store: &during{l.store, func(folder string) {
				if folder != usersLog.folder() {
					return
				}
				if listings++; listings != 1 {
					return
				}
				if _, err := l.Checkpoint(t.Context(), CheckpointConfig{Keep: 1, Size: 4}); err != nil {
					t.Error(err)
				}
				stopped := entryOf(0, 0, entries[7].End, File{Kind: "users", Path: "landed/users/stopped", Rows: entries[7].End})
				if err := l.Append(stopped); !errors.Is(err, ErrFenced) {
					t.Errorf("the stopped writer: %v", err)
				}
			}}}
			read(t, other, entries)
		})
	}
}

func TestWhatIsMissingIsNotTheEnd(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		remove func(entries []Entry, seen view) string
		tail   bool // the tail can still be told
	}{
		"an entry":            {func(_ []Entry, seen view) string { return usersLog.entry(seen.live[2]) }, true},
		"the first entry":     {func(_ []Entry, seen view) string { return usersLog.entry(seen.live[0]) }, false},
		"a checkpoint":        {func(_ []Entry, seen view) string { return usersLog.checkpoint(seen.checkpoints[0]) }, false},
		"the last checkpoint": {func(_ []Entry, seen view) string { return usersLog.checkpoint(seen.checkpoints[1]) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := setup(t)
			entries := chain(t, l, 12)
			if _, err := l.Checkpoint(t.Context(), CheckpointConfig{Keep: 3, Size: 4}); err != nil {
				t.Fatal(err)
			}
			seen, err := l.look(usersLog)
			if err != nil {
				t.Fatal(err)
			}
			if err := l.store.remove(test.remove(entries, seen)); err != nil {
				t.Fatal(err)
			}
			if entries, err := l.Entries(nil); !errors.As(err, new(*brokenError)) || !strings.Contains(err.Error(), "restore") {
				t.Errorf("%d entries, %v", len(entries), err)
			}
			if _, _, err := l.Tail("parley.users", 2); (err == nil) != test.tail {
				t.Errorf("tail: %v", err)
			}
			if _, err := l.Checkpoint(t.Context(), CheckpointConfig{Keep: 1, Size: 1}); (err == nil) != test.tail {
				t.Errorf("checkpoint of what is broken: %v", err)
			}
		})
	}
}

func TestAllNewestEntriesAreMissing(t *testing.T) {
	t.Parallel()
	l := setup(t)
	chain(t, l, 6)
	if _, err := l.Checkpoint(t.Context(), CheckpointConfig{Keep: 1, Size: 4}); err != nil {
		t.Fatal(err)
	}
	seen, err := l.look(usersLog)
	if err != nil {
		t.Fatal(err)
	}
	for _, start := range seen.live {
		if err := l.store.remove(usersLog.entry(start)); err != nil {
			t.Fatal(err)
		}
	}
	if tail, found, err := l.Tail("parley.users", 2); !errors.Is(err, errNoNewest) {
		t.Errorf("tail %+v, %v, %v: landing would land again", tail, found, err)
	}
	if _, err := l.Entries(nil); !errors.Is(err, errNoNewest) {
		t.Errorf("entries: %v", err)
	}
}

func TestDamagedLog(t *testing.T) {
	t.Parallel()
	packed := func(text string) []byte {
		var content bytes.Buffer
		w := gzip.NewWriter(&content)
		_, _ = w.Write([]byte(text))
		_ = w.Close()
		return content.Bytes()
	}
	c := usersLog.checkpoint(checkpoint{0, 9})
	for name, test := range map[string]struct {
		path, fault string
		content     []byte
	}{
		"nothing":               {usersLog.entry(0), "00000000000000000000.json: it is damaged: it is empty; restore", nil},
		"a cut entry":           {usersLog.entry(0), "00000000000000000000.json: it is damaged: unexpected end of JSON input; restore", []byte(`{"topic":"pa`)},
		"no JSON":               {usersLog.entry(0), "00000000000000000000.json: it is damaged: invalid character 'r' looking for beginning of value; restore", []byte("rows\n")},
		"another place":         {usersLog.entry(0), "says of itself that it is parley.users/0/2 from 7 to 9", []byte(`{"topic":"parley.users","partition":2,"start":7,"end":9}`)},
		"another log":           {usersLog.entry(0), "says of itself that it is parley.users/1/2", []byte(`{"topic":"parley.users","epoch":1,"partition":2,"start":0,"end":9}`)},
		"no checkpoint":         {c, "ndjson.gz: it is damaged: it is empty; restore", nil},
		"no gzip":               {c, "ndjson.gz: it is damaged", []byte("rows")},
		"no totals":             {c, "does not begin with totals", packed(`{"start":0}`)},
		"an empty checkpoint":   {c, "does not begin with totals", packed("")},
		"too short":             {c, "its entries end at 0", packed(`{"totals":{}}`)},
		"a cut checkpoint":      {c, "unexpected EOF", packed(`{"totals":{}}` + strings.Repeat(" ", 1000))[:30]},
		"a hole":                {c, "its next entry begins at 3", packed(`{"totals":{}}` + "\n" + `{"topic":"parley.users","partition":2,"start":3,"end":9}`)},
		"another log's entries": {c, "says of itself that it is t/0/2", packed(`{"totals":{}}` + "\n" + `{"topic":"t","partition":2,"start":0,"end":9}`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := setup(t)
			if err := l.store.putExclusive(test.path, test.content); err != nil {
				t.Fatal(err)
			}
			_, entries := l.Entries(nil)
			if entries == nil || !strings.Contains(entries.Error(), test.fault) {
				t.Errorf("error %v; want %q", entries, test.fault)
			}
			_, _, tail := l.Tail("parley.users", 2)
			if tail == nil {
				t.Error("it has a tail")
			}
			for _, err := range []error{entries, tail} {
				if text := fmt.Sprint(err); strings.Count(text, test.path) != 1 || !strings.HasSuffix(text, "; "+restoreEntry) {
					t.Errorf("error %q: want %s once, and what to do", text, test.path)
				}
			}
		})
	}
}

func TestVisitsErrorIsItsOwn(t *testing.T) {
	t.Parallel()
	l := setup(t)
	chain(t, l, 8)
	if _, err := l.Checkpoint(t.Context(), CheckpointConfig{Keep: 1, Size: 4}); err != nil {
		t.Fatal(err)
	}
	for _, after := range []int{0, 6} { // in a checkpoint, and in a file
		visited := 0
		err := l.EachEntry(t.Context(), nil, func(Entry) error {
			if visited++; visited > after {
				return fs.ErrNotExist
			}
			return nil
		})
		if err != fs.ErrNotExist || visited != after+1 {
			t.Errorf("visited %d: %v", visited, err)
		}
	}
}

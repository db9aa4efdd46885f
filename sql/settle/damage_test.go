package settle

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/pipelines/lake"
	"parley/pipelines/record"
)

// lastFile is the landed file of events that landed last, and its bytes.
func (l *lander) lastFile() (last lake.File, whole []byte) {
	l.t.Helper()
	files, err := l.lake.Files(string(record.KindEvent))
	if err != nil {
		l.t.Fatal(err)
	}
	last = files[len(files)-1]
	if whole, err = os.ReadFile(l.lake.Path(last.Path)); err != nil {
		l.t.Fatal(err)
	}
	return last, whole
}

func (l *lander) put(file lake.File, content []byte) {
	l.t.Helper()
	if err := os.WriteFile(l.lake.Path(file.Path), content, 0o666); err != nil {
		l.t.Fatal(err)
	}
}

// TestDamagedLandedFile damages a file in several ways. Each time settling
// goes on without it, says so, and takes it in when it is whole again.
func TestDamagedLandedFile(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(whole []byte) []byte{
		"empty":  func([]byte) []byte { return []byte{} },
		"half":   func(whole []byte) []byte { return whole[:len(whole)/2] },
		"no end": func(whole []byte) []byte { return whole[:len(whole)-1] },
		"zeros":  func(whole []byte) []byte { return append(make([]byte, len(whole)/2), whole[len(whole)/2:]...) },
		"one bit": func(whole []byte) []byte {
			return append([]byte{whole[0], whole[1], whole[2], whole[3], whole[4] ^ 1}, whole[5:]...)
		},
		"longer": func(whole []byte) []byte { return append(whole[:len(whole):len(whole)], 0) },
		"gone":   func([]byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLander(t)
			l.land(0, day(1, "a"))
			l.settle()
			l.land(0, day(2, "b"))
			file, whole := l.lastFile()
			l.land(1, day(3, "c"))
			if content := damage(whole); content != nil {
				l.put(file, content)
			} else if err := os.Remove(l.lake.Path(file.Path)); err != nil {
				t.Fatal(err)
			}

			m := l.settle()
			since := l.now
			if rows := rowsOf(t, m, &events); len(rows) != 2 || len(m.SetAside) != 1 {
				t.Fatalf("%d events, set aside %+v; want 2 and one file", len(rows), m.SetAside)
			}
			aside := m.SetAside[0]
			if aside.Path != file.Path || !aside.Since.Equal(since) || !strings.Contains(aside.Reason, file.SHA256) || !strings.Contains(aside.Reason, "put the file back") {
				t.Errorf("set aside is %+v", aside)
			}
			if m.Covers["parley.events/0/0"] != 2 {
				t.Errorf("the log is covered up to %v, want 2", m.Covers)
			}
			if again := l.settle(); again.Version != m.Version {
				t.Errorf("version %d after %d though nothing has changed", again.Version, m.Version)
			}
			l.land(1, day(4, "d"))
			m = l.settle()
			if len(m.SetAside) != 1 || !m.SetAside[0].Since.Equal(since) {
				t.Errorf("later, set aside is %+v, want the same since %s", m.SetAside, since)
			}
			if current, err := Current(l.lake); err != nil || cmp.Diff(m.SetAside, current.SetAside) != "" {
				t.Errorf("the current version has %+v set aside, error %v", current, err)
			}

			l.put(file, whole)
			m = l.settle()
			once := newLander(t)
			once.land(0, day(1, "a"), day(2, "b"))
			once.land(1, day(3, "c"), day(4, "d"))
			if diff := cmp.Diff(dump(t, once.settle()), dump(t, m)); diff != "" || len(m.SetAside) != 0 {
				t.Errorf("once it is back, set aside is %+v (-from nothing +got):\n%s", m.SetAside, diff)
			}
			if left := leftovers(t, l.lake); len(left) > 0 {
				t.Errorf("files left behind: %v", left)
			}
		})
	}
}

// TestRowThatCannotBeUnderstood has a file that is whole, whose last row holds
// what no record does: no row of it comes in, not even those before.
func TestRowThatCannotBeUnderstood(t *testing.T) {
	t.Parallel()
	l := newLander(t)
	var users []record.User
	for i := range 3 * batchRows {
		users = append(users, record.User{RecordID: fmt.Sprint(i), Keys: record.Keys{UserID: fmt.Sprint(i)}, EffectiveAt: noon, Name: "Ann"})
	}
	users[len(users)-1].Companies = `[{"name":"no id"}]`
	landRows(l, record.KindUser, users)
	l.land(0, day(1, "a"))
	m := l.settle()
	if len(m.SetAside) != 1 || !strings.Contains(m.SetAside[0].Reason, fmt.Sprintf("row %d: ", len(users))) {
		t.Errorf("set aside is %+v, want the file and its row", m.SetAside)
	}
	if rows, keys := rowsOf(t, m, &personAttributes), rowsOf(t, m, &personKeys); len(rows) != 0 || len(keys) != 1 {
		t.Errorf("%d attributes and %d combinations of keys, want those of the event alone", len(rows), len(keys))
	}
	if rows := rowsOf(t, m, &events); len(rows) != 1 {
		t.Errorf("%d events, want 1", len(rows))
	}
}

// settledFiles are the files of a version that a run reads, one of each sort.
func (l *lander) settledFiles(m *Manifest) map[string]string {
	files := map[string]string{
		"table": m.Tables[events.name][0], "conversation": m.Tables[parts.name][0],
		"manifest": manifestPath(l.lake.Root(), m.Version),
	}
	for name, index := range m.state.IDs {
		files[name] = l.lake.Path(index[0].Path)
	}
	return files
}

// TestDamagedSettledFile damages a settled file: all is settled again from what
// landed, and the version says why.
func TestDamagedSettledFile(t *testing.T) {
	t.Parallel()
	batch := func(i int) []message {
		return []message{
			day(1, fmt.Sprint(i)), user(`{"user_id":"1","name":"Ann","updated_at":1772323200}`),
			conversation(fmt.Sprintf(`{"id":"7","created_at":%d,"updated_at":%d,"conversation_parts":{"conversation_parts":[{"id":"%d","body":"hi","created_at":%d}]}}`, unix(8), unix(9), i, unix(9))),
		}
	}
	names := []string{"table", "conversation", "manifest", "event_ids", "conversation_ids"}
	for _, name := range names {
		for _, how := range []string{"short", "gone"} {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				l := newLander(t)
				l.land(0, batch(0)...)
				path := l.settledFiles(l.settle())[name]
				l.land(0, batch(1)...)
				err := os.Truncate(path, 20)
				if how == "gone" {
					err = os.Remove(path)
				}
				if err != nil {
					t.Fatal(err)
				}
				m := l.settle()
				once := newLander(t)
				once.land(0, append(batch(0), batch(1)...)...)
				if diff := cmp.Diff(dump(t, once.settle()), dump(t, m)); diff != "" {
					t.Errorf("(-from nothing +got):\n%s", diff)
				}
				if says := strings.Contains(m.MadeAgain, path); !says && (name != "manifest" || how != "gone") {
					t.Errorf("the version says %q of why all was made again, want the file %s", m.MadeAgain, path)
				}
				l.land(0, batch(2)...)
				if m = l.settle(); m.MadeAgain != "" {
					t.Errorf("the version after says %q", m.MadeAgain)
				}
				if left := leftovers(t, l.lake); len(left) > 0 {
					t.Errorf("files left behind: %v", left)
				}
			})
		}
	}
}

// TestDamageOnBothSides damages a settled file when a landed one is gone: what
// is settled holds rows that nothing else does, so a person must decide.
func TestDamageOnBothSides(t *testing.T) {
	t.Parallel()
	l := newLander(t)
	l.land(0, day(1, "a"))
	file, whole := l.lastFile()
	good := l.settle()
	path := good.Tables[events.name][0]
	if err := errors.Join(os.Remove(l.lake.Path(file.Path)), os.Truncate(path, 100)); err != nil {
		t.Fatal(err)
	}
	l.land(0, day(1, "b"))
	_, err := Run(context.Background(), Config{Lake: l.lake})
	if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "remove the folder "+l.lake.Path(settledFolder)+":") || !strings.Contains(err.Error(), file.Path) {
		t.Fatalf("error %v, want one that names both files and what to do", err)
	}
	if m, err := Current(l.lake); err != nil || m.Version != good.Version {
		t.Errorf("the current version is %v, error %v; want the one before", m, err)
	}
	l.put(file, whole)
	if rows := rowsOf(t, l.settle(), &events); len(rows) != 2 {
		t.Errorf("%d events once the landed file is back, want 2", len(rows))
	}
}

// TestDamagedBeforeAndAfter damages a settled file beside a landed one that
// was set aside before: its rows were in no table, so nothing is lost.
func TestDamagedBeforeAndAfter(t *testing.T) {
	t.Parallel()
	l := newLander(t)
	l.land(0, day(1, "a"))
	file, _ := l.lastFile()
	l.put(file, nil)
	l.land(0, day(2, "b"))
	m := l.settle()
	if err := os.Remove(m.Tables[events.name][0]); err != nil {
		t.Fatal(err)
	}
	l.land(0, day(2, "c"))
	m = l.settle()
	if rows := rowsOf(t, m, &events); len(rows) != 2 || len(m.SetAside) != 1 || m.MadeAgain == "" {
		t.Errorf("%d events, set aside %v, made again %q; want 2, the landed file, and why", len(rows), m.SetAside, m.MadeAgain)
	}
}

// TestAtAndInUse holds versions that are in use against the sweep.
func TestAtAndInUse(t *testing.T) {
	t.Parallel()
	l := newLander(t)
	l.land(0, day(1, "a"), user(`{"user_id":"1","name":"Ann"}`))
	held := l.settle()
	content := dump(t, held)
	l.inUse = []int64{held.Version, 99}
	for i := range 5 {
		l.land(0, day(1, fmt.Sprint(i)))
		l.settle()
	}
	again, err := At(l.lake, held.Version)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(content, dump(t, again)); diff != "" || again.Version != held.Version {
		t.Errorf("version %d (-before +after):\n%s", again.Version, diff)
	}
	for version, there := range map[int64]bool{1: true, 2: false, 4: false, 5: true, 6: true, 7: false} {
		if _, err := At(l.lake, version); (err == nil) != there || err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("version %d: error %v, there is one: %v", version, err, there)
		}
	}
	l.inUse = nil
	l.land(0, day(1, "last"))
	l.settle()
	if _, err := At(l.lake, held.Version); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a version that is no longer in use: %v, want fs.ErrNotExist", err)
	}
	if left := leftovers(t, l.lake); len(left) > 0 {
		t.Errorf("files that no manifest lists: %v", left)
	}
	wrong := errors.New("unknown")
	l.land(0, day(1, "more"))
	if _, err := Run(context.Background(), Config{Lake: l.lake, Now: func() time.Time { return l.now }, InUse: func() ([]int64, error) { return nil, wrong }}); !errors.Is(err, wrong) {
		t.Errorf("error %v, want that of InUse", err)
	}
}

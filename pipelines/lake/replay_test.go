package lake

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNotesOfReplays(t *testing.T) {
	onEachStore(t, func(t *testing.T, l *Lake) {
		if notes, err := l.Replays(); err != nil || len(notes) != 0 {
			t.Errorf("before the first: %v, %v", notes, err)
		}
		at := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
		want := []Replay{
			{At: at, Decoder: 1, Records: map[string][]int64{"parley.users/0/3": {4, 9}}},
			{At: at.Add(time.Second), Decoder: 2, Records: map[string][]int64{"parley.users/0/3": {5}, "parley.tags/1/0": {0}}},
		}
		for _, note := range want {
			if err := l.NoteReplay(note); err != nil {
				t.Fatal(err)
			}
		}
		got, err := l.Replays()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		// Two at one instant are two.
		for range 2 {
			if err := l.NoteReplay(want[0]); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := l.Replays(); err != nil || len(got) != 4 {
			t.Errorf("%d notes, %v; want 4", len(got), err)
		}
	})
}

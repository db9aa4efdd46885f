package lake

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"parley/pipelines/internal/buckettest"
)

// TestAllAtOnce lets writers, stopped writers that come back, checkpointers, a
// collector and readers work on one log at the same time. What the writers were
// told counts is what everybody reads.
func TestAllAtOnce(t *testing.T) { onEachStore(t, allAtOnce) }

func allAtOnce(t *testing.T, l *Lake) {
	wanted := 60 // entries
	if _, slow := l.store.(*bucket); slow {
		wanted = 12
	}
	ctx, stop := context.WithCancel(t.Context())
	var mu sync.Mutex
	counted := map[int64]Entry{} // by start: those that Append said count

	var group sync.WaitGroup
	write := func(writer int, chance *rand.Rand) {
		for n := 0; ctx.Err() == nil; n++ {
			tail, _, err := l.Tail("parley.users", 2)
			if err != nil {
				t.Error(err)
				return
			}
			entry := entryOf(0, tail.End, tail.End+1+chance.Int64N(5), File{Kind: "users", Path: fmt.Sprintf("landed/%d-%d", writer, n)})
			entry.Files[0].Rows = entry.Rows
			if n%4 == 3 { // this writer was stopped here for long
				entry.Start = chance.Int64N(tail.Start + 1)
				mu.Lock()
				_, stands := counted[entry.Start]
				mu.Unlock()
				if !stands {
					continue // no log has ever ended here
				}
				entry.Rows = entry.End - entry.Start
			}
			err = l.Append(entry)
			mu.Lock()
			switch _, twice := counted[entry.Start]; {
			case err == nil && twice:
				t.Errorf("two entries count at %d", entry.Start)
			case err == nil:
				counted[entry.Start] = entry
			case !errors.Is(err, ErrFenced):
				t.Error(err)
			}
			if len(counted) >= wanted {
				stop()
			}
			mu.Unlock()
		}
	}
	for writer := range 3 {
		group.Go(func() { write(writer, rand.New(rand.NewPCG(uint64(writer), 1))) })
	}
	each := func(act func() error) {
		group.Go(func() {
			for ctx.Err() == nil {
				if err := act(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for _, size := range []int{2, 3} {
		each(func() error {
			_, err := l.Checkpoint(t.Context(), CheckpointConfig{Keep: 1, Size: size})
			return err
		})
	}
	each(func() error {
		_, err := l.Collect(t.Context(), CollectConfig{Now: time.Now()})
		return err
	})
	each(func() error {
		v, err := l.Verify(t.Context(), VerifyConfig{})
		for _, fault := range v.Faults {
			if !strings.HasPrefix(fault.Path, "landed/") { // there are none, which is no matter of this test
				t.Errorf("%+v", fault)
			}
		}
		return err
	})
	for range 2 {
		group.Go(func() {
			var before []Entry
			for ctx.Err() == nil {
				now, err := l.Entries(nil)
				if err != nil {
					t.Error(err)
					return
				}
				if diff := cmp.Diff(before, now[:min(len(before), len(now))], cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("what has been read is no longer what stands there: %s", diff)
					return
				}
				before = now
			}
		})
	}
	group.Wait()
	if _, err := l.Checkpoint(t.Context(), CheckpointConfig{Keep: 1, Size: 2}); err != nil {
		t.Error(err)
	}
	entries, err := l.Entries(nil)
	if err != nil || len(entries) != len(counted) {
		t.Errorf("%d entries, %d count, %v", len(entries), len(counted), err)
	}
	for _, entry := range entries {
		if !cmp.Equal(entry, counted[entry.Start]) {
			t.Errorf("at %d stands %+v, not %+v", entry.Start, entry, counted[entry.Start])
		}
	}
	if seen, err := l.look(usersLog); err != nil || len(seen.checkpoints) == 0 {
		t.Errorf("no checkpoint was made: %v", err)
	}
}

// A store refuses a writer's put because of an entry whose file then goes,
// before anybody can ask whose it was.
func TestRefusedForAFileThatGoes(t *testing.T) {
	t.Parallel()
	address := buckettest.Address(t)
	direct := openAt(t, address)
	entries := chain(t, direct, 3)
	l := throughProxy(t, address, func(answer *http.Response) error {
		if answer.StatusCode == http.StatusPreconditionFailed {
			if _, err := direct.Checkpoint(t.Context(), CheckpointConfig{Keep: 1, Size: 1}); err != nil {
				t.Error(err)
			}
		}
		return nil
	})
	stopped := entries[0]
	stopped.Files = nil
	stopped.Rows, stopped.Skipped = 0, stopped.Rows
	if err := l.Append(stopped); !errors.Is(err, ErrFenced) {
		t.Errorf("the stopped writer: %v", err)
	}
	holdsEntries(t, direct, entries)
}

package settle

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/pipelines/lake"
)

// TestKilled ends a process that settles at every step it takes, one after the
// other. Whatever the step, the version before stays whole, and the next run
// does the work and leaves nothing behind.
func TestKilled(t *testing.T) {
	if step := os.Getenv("PARLEY_SETTLE_KILL"); step != "" {
		killAt(t, step, os.Getenv("PARLEY_SETTLE_LAKE"))
		return
	}
	t.Parallel()
	l := newLander(t)
	batch := func(i int) []message {
		return []message{
			day(1, fmt.Sprint("a", i)), day(2, "moves"), day(i%28+1, fmt.Sprint("b", i)),
			user(fmt.Sprintf(`{"user_id":"1","n":%d,"updated_at":%d}`, i, unix(0)+int64(i))),
			// It proves to be older each time, and moves.
			conversation(fmt.Sprintf(`{"conversation_id":"7","updated_at":%d,"part":{"id":"%d","created_at":%d,"body":"hi","tags":["bug"]}}`, unix(9), i, unix(0)-int64(i)*86400)),
		}
	}
	var landed []message
	l.land(0, batch(0)...)
	landed = append(landed, batch(0)...)
	former := l.settle()
	before := dump(t, former)
	killedAt := map[string]bool{}
	for step := 1; ; step++ {
		l.land(0, batch(step)...)
		landed = append(landed, batch(step)...)
		command := exec.Command(os.Args[0], "-test.run=^TestKilled$", "-test.count=1")
		command.Env = append(os.Environ(), "PARLEY_SETTLE_KILL="+strconv.Itoa(step), "PARLEY_SETTLE_LAKE="+l.lake.Root(),
			"PARLEY_SETTLE_NOW="+l.now.Add(2*time.Hour).Format(time.RFC3339))
		output, err := command.CombinedOutput()
		var exit *exec.ExitError
		if err == nil {
			break
		}
		killedAt[strings.TrimSpace(string(output))] = true
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("step %d: %v: %s", step, err, output)
		}
		current, err := Current(l.lake)
		if err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
		once := newLander(t)
		once.land(0, landed...)
		after := dump(t, once.settle())
		if got := dump(t, current); cmp.Diff(before, got) != "" && cmp.Diff(after, got) != "" {
			t.Fatalf("step %d: the current version is neither the one before nor the next", step)
		}
		if diff := cmp.Diff(before, dump(t, former)); diff != "" {
			t.Fatalf("step %d: the version before is not what it was (-want +got):\n%s", step, diff)
		}
		former = l.settle()
		if diff := cmp.Diff(after, dump(t, former)); diff != "" {
			t.Fatalf("step %d: the next run differs from one from nothing (-want +got):\n%s", step, diff)
		}
		before = after
	}
	for _, step := range []string{"file written", "place file", "publish", "published", "remove manifest", "remove file"} {
		if !killedAt[step] {
			t.Errorf("no process was killed at the step %q, only at %v", step, slices.Sorted(maps.Keys(killedAt)))
		}
	}
	l.land(0, batch(100)...)
	l.settle()
	if left := leftovers(t, l.lake); len(left) > 0 {
		t.Errorf("files left behind: %v", left)
	}
}

func killAt(t *testing.T, step, root string) {
	n, err := strconv.Atoi(step)
	if err != nil {
		t.Fatal(err)
	}
	l, err := lake.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	now, err := time.Parse(time.RFC3339, os.Getenv("PARLEY_SETTLE_NOW"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Run(context.Background(), Config{Lake: l, Now: func() time.Time { return now }, step: func(step string) {
		mu.Lock()
		defer mu.Unlock()
		if n--; n == 0 {
			fmt.Println(step)
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // until the signal comes
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
}

package jobs_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/jobs"
)

// written is a log that several goroutines write to.
type written struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *written) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(line)
}

func (w *written) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

func TestTheLakeIsLookedAfterBesideBuilds(t *testing.T) {
	onEach(t, func(t *testing.T, b *bundle) {
		done := make(chan string, 100)
		hold := make(chan struct{})
		b.cfg.BuildEvery = time.Hour
		b.work.Settle = func(context.Context) error { done <- "settle"; return nil }
		b.work.Build = func(context.Context) error { done <- "build"; return nil }
		b.work.Checkpoint = func(context.Context) error { done <- "checkpoint"; <-hold; return nil }
		b.work.Collect = func(context.Context) error { done <- "collect"; <-hold; return nil }
		queue := b.open(t)
		if err := queue.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		// Whichever of the two comes first takes long, and holds up the other alone.
		first := []string{next(t, done), next(t, done), next(t, done)}
		if !slices.Contains(first, "settle") || !slices.Contains(first, "build") {
			t.Errorf("%v came first, want settling and a build among them", first)
		}
		close(hold)
		all := append(first, next(t, done))
		slices.Sort(all)
		if want := []string{"build", "checkpoint", "collect", "settle"}; !slices.Equal(all, want) {
			t.Errorf("%v came, want %v", all, want)
		}
	})
}

func TestAFaultInTheLakesCareIsLoggedAndComesAgain(t *testing.T) {
	onEach(t, func(t *testing.T, b *bundle) {
		done := make(chan string, 100)
		var log written
		b.cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
		fault := errors.New("the disk is full")
		b.work.Checkpoint = func(context.Context) error { done <- "checkpoint"; return fault }
		for range 2 {
			queue := b.open(t)
			if err := queue.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			next(t, done)
			if err := queue.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.Count(log.String(), "the disk is full"); got != 2 {
			t.Errorf("the fault was logged %d times, want 2:\n%s", got, log.String())
		}
		states, err := b.open(t).States(t.Context())
		if err != nil || !slices.Contains(states, jobs.State{Job: "checkpoint_log", State: "discarded", Count: 2}) {
			t.Errorf("states are %v, %v", states, err)
		}
	})
}

func next(t *testing.T, done <-chan string) string {
	t.Helper()
	select {
	case what := <-done:
		return what
	case <-time.After(time.Minute):
		t.Fatal("nothing came")
		return ""
	}
}

package reports

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// drawOne draws a folder of two files that say the same.
func drawOne(text string) func(string) error {
	return func(into string) error {
		return errors.Join(
			os.WriteFile(filepath.Join(into, "index.html"), []byte(text), 0o644),
			os.WriteFile(filepath.Join(into, "weekly.html"), []byte(text), 0o644))
	}
}

func TestPublishReplaces(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "reports")
	for _, step := range []struct{ name, text string }{{"2026-06-30", "first"}, {"2026-06-30", "second"}, {"2026-07-01", "third"}, {"2026-06-30", "fourth"}} {
		got, err := publish(t.Context(), dir, step.name, drawOne(step.text))
		if err != nil {
			t.Fatal(err)
		}
		if got != filepath.Join(dir, step.name) {
			t.Errorf("published at %s", got)
		}
		target, err := os.Readlink(filepath.Join(dir, "latest"))
		if err != nil || target != step.name {
			t.Errorf("latest points at %q (%v), want %q: relative, so that the folder can be moved", target, err, step.name)
		}
		if content, err := os.ReadFile(filepath.Join(dir, "latest", "index.html")); string(content) != step.text {
			t.Errorf("latest holds %q (%v), want %q", content, err, step.text)
		}
		if _, err := publish(t.Context(), dir, step.name, func(into string) error {
			return errors.Join(drawOne("half")(into), errors.New("no space left"))
		}); err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("a drawing that fails gives %v", err)
		}
		if content, _ := os.ReadFile(filepath.Join(dir, "latest", "index.html")); string(content) != step.text {
			t.Errorf("after a drawing that failed latest holds %q", content)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 3 {
		t.Errorf("the folder holds %v (%v), want two dates and latest", entries, err)
	}
}

func TestPublishRemovesWhatAKilledDrawingLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	left := filepath.Join(dir, drawingStart+"123")
	if err := errors.Join(os.Mkdir(left, 0o755), drawOne("half")(left), os.Symlink("2026-01-01", filepath.Join(dir, drawingStart+latestName))); err != nil {
		t.Fatal(err)
	}
	if _, err := publish(t.Context(), dir, "2026-06-30", drawOne("whole")); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 2 {
		t.Errorf("the folder holds %v", entries)
	}
}

func TestWaitingForAnotherDrawingEnds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	unlock, err := lockFolder(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped by hand")
	cancel(stopped)
	if _, err := publish(ctx, dir, "2026-06-30", drawOne("late")); !errors.Is(err, stopped) {
		t.Errorf("a drawing that cannot begin gives %v", err)
	}
}

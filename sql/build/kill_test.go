package build

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"parley/pipelines/lake"
	"parley/pipelines/record"
	"parley/sql/settle"
	"parley/sql/warehouse"
)

// A process of this test that is told so builds, and kills itself at the step named.
const (
	killLake = "PARLEY_TEST_BUILD_LAKE"
	killStep = "PARLEY_TEST_BUILD_KILL_AT"
	fullDisk = "PARLEY_TEST_BUILD_FULL_DISK" // no file may become longer than a few kilobytes
)

func TestMain(m *testing.M) {
	if root := os.Getenv(killLake); root != "" {
		if err := buildAndDie(root, os.Getenv(killStep)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// buildAndDie builds the lake at root and kills the process at the step; of an
// empty step it prints all steps there are.
func buildAndDie(root, at string) error {
	if os.Getenv(fullDisk) != "" {
		signal.Ignore(syscall.SIGXFSZ) // as on a full disk, writing then fails
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 20_000, Max: 20_000}); err != nil {
			return err
		}
	}
	l, err := lake.Open(root)
	if err != nil {
		return err
	}
	cfg := Config{Lake: l, Settings: Settings{Keep: 1}, Now: func() time.Time { return monday }, Engine: warehouse.Config{MemoryLimit: "512MB", Threads: 1}, parts: small()}
	cfg.parts.step = func(step string) {
		if at == "" {
			fmt.Println(step)
		}
		if step == at {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // the signal is on its way
		}
	}
	_, err = Run(context.Background(), cfg)
	return err
}

// buildElsewhere runs buildAndDie in a process of its own.
func buildElsewhere(t *testing.T, root, at string, more ...string) (output string, err error) {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(append(os.Environ(), killLake+"="+root, killStep+"="+at), more...)
	said, err := command.CombinedOutput()
	return string(said), err
}

func TestKillAtAnyInstant(t *testing.T) {
	t.Parallel()
	rehearsal := setup(t)
	rehearsal.land("logged_in", monday.Add(-time.Hour), "1")
	rehearsal.build()
	said, err := buildElsewhere(t, rehearsal.lake.Root(), "")
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	var steps []string
	for lines := bufio.NewScanner(strings.NewReader(said)); lines.Scan(); {
		steps = append(steps, lines.Text())
	}
	if len(steps) < 15 {
		t.Fatalf("only %d steps: %q", len(steps), steps)
	}
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.cfg.Settings.Keep = 1
			w.land("logged_in", monday.Add(-time.Hour), "1")
			w.land("page_view", monday.AddDate(0, 0, -3), "1", "3") // of a date that the next build goes on with
			before := w.build().Build.ID
			w.land("logged_in", monday.Add(-time.Hour), "2")
			said, err := buildElsewhere(t, w.lake.Root(), step)
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Fatalf("the process was to be killed: %v: %s", err, said)
			}
			// What a reader finds now is the last build, or the whole new one.
			want := `[["logged_in-1"],["page_view-1"],["page_view-3"]]`
			if slices.Index(steps, step) >= slices.Index(steps, "current") {
				want = `[["logged_in-1"],["logged_in-2"],["page_view-1"],["page_view-3"]]`
			}
			if got := w.ask("select event_id from events order by 1"); got != want {
				t.Errorf("after the kill the current build holds %s, want %s", got, want)
			}
			// The next build needs no help, and leaves nothing of the killed one.
			after := w.build().Build.ID
			if got := w.ask("select count(*) from events"); got != "[[4]]" {
				t.Errorf("the next build has %s events", got)
			}
			if got := w.ask("select key, events from keys order by 1"); got != `[["1",2],["2",1],["3",1]]` {
				t.Errorf("the next build counts %s", got)
			}
			if got := strings.Join(w.folders(), " "); got != after+" current" {
				t.Errorf("left behind: %s, want only %s", got, after)
			}
			if got := w.ask("select count(*) from builds where status = 'running'"); got != "[[0]]" {
				t.Errorf("%s builds are said to run", got)
			}
			ends := "interrupted"
			if slices.Index(steps, step) >= slices.Index(steps, "current") {
				ends = "published"
			}
			if step != "folder made" { // nothing was recorded yet
				if got, want := w.ask("select status from builds where build_id not in ('"+before+"', '"+after+"')"), `[["`+ends+`"]]`; got != want {
					t.Errorf("the killed build is recorded as %s, want %s", got, want)
				}
			}
			if left, err := filepath.Glob(filepath.Join(w.lake.Root(), "*", ".*")); err != nil || strings.Contains(strings.Join(left, " "), "current-") {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

func TestAFullDisk(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.land("logged_in", monday.Add(-time.Hour), "1")
	before := w.build().Build.ID
	many := make([]record.Event, 20_000)
	for i := range many {
		many[i] = record.Event{EventID: fmt.Sprintf("%016x", uint64(i)*0x9E3779B97F4A7C15), EventName: record.PageView, OccurredAt: monday.Add(-time.Hour)}
		many[i].UserID, many[i].KafkaOffset, many[i].KafkaAt = "1", w.next[record.KindEvent]+int64(i), monday
	}
	landRows(w, record.KindEvent, many)
	// Settled while there was room: what does not fit is the build's.
	if _, err := settle.Run(context.Background(), settle.Config{Lake: w.lake}); err != nil {
		t.Fatal(err)
	}
	said, err := buildElsewhere(t, w.lake.Root(), "", fullDisk+"=1")
	if err == nil || !strings.Contains(said, "see that the disk has room") {
		t.Fatalf("the build was to fail: %v: %s", err, said)
	}
	if got := w.ask("select event_id from events"); got != `[["logged_in-1"]]` {
		t.Errorf("current events %s", got)
	}
	if diff := cmp.Diff([]string{before, "current"}, w.folders()); diff != "" {
		t.Error(diff)
	}
	w.build()
	if got := w.ask("select count(*) from events"); got != "[[20001]]" {
		t.Errorf("with room again: %s events", got)
	}
}

// Readers open whatever is current, ask, and close, while builds go by and old ones are removed.
func TestReadersDuringBuilds(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.cfg.Settings.Keep = 1
	w.land("logged_in", monday.Add(-time.Hour), "1")
	w.build()
	const builds = 8
	var done atomic.Bool
	var answers atomic.Int64
	var group errgroup.Group
	for range 8 {
		group.Go(func() error {
			for !done.Load() {
				r, err := Open(context.Background(), w.lake, warehouse.ReaderConfig{Engine: warehouse.Config{MemoryLimit: "128MB", Threads: 1}})
				if err != nil {
					return err
				}
				var counts []int64
				for range 10 {
					table, err := r.Query(context.Background(), "select (select count(*) from events), (select count(*) from users)")
					if err != nil {
						return errors.Join(fmt.Errorf("build %s: %w", r.Build().ID, err), r.Close())
					}
					counts = append(counts, table.Rows[0][0].(int64), table.Rows[0][1].(int64))
				}
				// Each event is of a person of its own: half a build would not agree.
				if len(slices.Compact(counts)) != 1 {
					return errors.Join(fmt.Errorf("build %s answers %v", r.Build().ID, counts), r.Close())
				}
				answers.Add(1)
				if err := r.Close(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for i := range builds {
		w.land("logged_in", monday.Add(-time.Hour), fmt.Sprint(i+2))
		w.build()
	}
	done.Store(true)
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	if answers.Load() == 0 {
		t.Error("nobody read anything")
	}
}

package build

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"parley/sql/warehouse"
)

func TestOldBuildsGo(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.cfg.Settings.Keep = 2
	w.build()
	reader, err := Open(context.Background(), w.lake, warehouse.ReaderConfig{Engine: w.cfg.Engine})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		w.build()
	}
	// The first is open, the two newest are kept.
	if diff := cmp.Diff([]string{"20260601T120000.000000Z", "20260601T120000.000002Z", "20260601T120000.000003Z", "current"}, w.folders()); diff != "" {
		t.Error(diff)
	}
	if got, err := reader.Query(context.Background(), "select count(*) from events"); err != nil || got.Rows[0][0] != int64(0) {
		t.Errorf("the reader of an old build: %v, %v", got, err)
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	w.build()
	if diff := cmp.Diff([]string{"20260601T120000.000003Z", "20260601T120000.000004Z", "current"}, w.folders()); diff != "" {
		t.Error(diff)
	}
	if got := w.ask("select count(*) from builds where status = 'published'"); got != "[[5]]" {
		t.Errorf("%s builds in the history", got)
	}
}

func TestBuildsWaitForEachOther(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.land("logged_in", monday.Add(-time.Hour), "1")
	var group errgroup.Group
	ids := make([]string, 3)
	for i := range ids {
		group.Go(func() error {
			result, err := Run(context.Background(), w.cfg)
			ids[i] = result.Build.ID
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 3 {
		t.Errorf("builds %v", ids)
	}
}

func TestAnInterruptedBuild(t *testing.T) {
	t.Parallel()
	w := setup(t)
	first := w.build()
	ctx, cancel := context.WithCancelCause(context.Background())
	cause := errors.New("asked to stop")
	w.cfg.Progress = func(p Progress) {
		if p.What == "events" {
			cancel(cause)
		}
	}
	if _, err := Run(ctx, w.cfg); !errors.Is(err, cause) {
		t.Errorf("error %v, want %v", err, cause)
	}
	if diff := cmp.Diff([]string{first.Build.ID, "current"}, w.folders()); diff != "" {
		t.Error(diff)
	}
	if got := w.ask("select status from builds order by build_id"); got != `[["published"],["interrupted"]]` {
		t.Errorf("builds %s", got)
	}
}

func TestForeignFoldersStay(t *testing.T) {
	t.Parallel()
	w := setup(t)
	mine := filepath.Join(Marts(w.lake), "notes")
	if err := os.MkdirAll(mine, 0o755); err != nil {
		t.Fatal(err)
	}
	w.cfg.Settings.Keep = 1
	w.build()
	w.build()
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
}

package jobs_test

import (
	"path/filepath"
	"strings"
	"testing"

	"parley/jobs"
	"parley/pipelines/lake"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := jobs.Config{QueueURL: "sqlite:./parley.db", Dir: dir}
	if finding, err := jobs.Check(t.Context(), config); err != nil || finding != "the SQLite file is free" {
		t.Errorf("%q, %v", finding, err)
	}
	release, err := lake.Lock(filepath.Join(dir, "parley.db.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if finding, err := jobs.Check(t.Context(), config); err != nil || !strings.HasPrefix(finding, "the SQLite file is held by process ") {
		t.Errorf("%q, %v", finding, err)
	}
	// Port 1 of the machine itself: nobody listens there.
	_, err = jobs.Check(t.Context(), jobs.Config{QueueURL: "postgres://parley:secret@127.0.0.1:1/parley"})
	if err == nil || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "secret") || !strings.HasSuffix(err.Error(), "mend queue.url in parley.yaml") {
		t.Errorf("unreachable: %v", err)
	}
}

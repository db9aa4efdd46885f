package jobs_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/jobs"
	"parley/jobs/message"
	"parley/pipelines/lake"
)

func TestASQLiteQueueBelongsToOneProcess(t *testing.T) {
	t.Parallel()
	b := newBundle(t, databases["SQLite"](t))
	queue := b.open(t)
	_, err := jobs.Open(context.Background(), b.cfg, b.work)
	if !errors.Is(err, lake.ErrLocked) || !strings.Contains(err.Error(), fmt.Sprintf("process %d (", os.Getpid())) {
		t.Errorf("the second opener's error is %v; it must name process %d", err, os.Getpid())
	}
	if err := queue.Close(); err != nil {
		t.Fatal(err)
	}
	if err := queue.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
	b.open(t)
}

func TestManyProcessesShareAPostgreSQLQueue(t *testing.T) {
	t.Parallel()
	b := newBundle(t, newPostgres(t))
	one, other := b.open(t), b.open(t)
	entries := jobs.Entries{AsOf: dayTwo, Entered: people(60, dayTwo)}
	errs := make(chan error, 2)
	for _, queue := range []*jobs.Queue{one, other} {
		go func() {
			_, err := queue.Announce(context.Background(), entries)
			errs <- errors.Join(err, queue.Drain(context.Background()))
		}()
	}
	if err := errors.Join(<-errs, <-errs); err != nil {
		t.Fatal(err)
	}
	if files := b.sentFiles(t); len(files) != 60 {
		t.Errorf("%d messages, want 60", len(files))
	}
	different := map[string]bool{}
	for _, decision := range b.reported {
		different[decision.DecisionID] = true
	}
	if len(different) != 60 {
		t.Errorf("%d decisions reported, want 60", len(different))
	}
}

func TestQueueURLs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"mysql://root:secret@db/x":         `queue.url "mysql://…": the queue lies in SQLite or PostgreSQL; write sqlite:./parley.db or postgres://USER@HOST:5432/DATABASE`,
		"parley.db":                        `queue.url "parley.db": the queue lies in SQLite or PostgreSQL; write sqlite:./parley.db or postgres://USER@HOST:5432/DATABASE`,
		"sqlite:":                          `queue.url "sqlite:" names no file; write sqlite:./parley.db`,
		"sqlite:folder/":                   `queue.url "sqlite:folder/" names no file; write sqlite:./parley.db`,
		"sqlite::memory:":                  `queue.url "sqlite::memory:" names no file; write sqlite:./parley.db`,
		"sqlite://parley.db":               `queue.url "sqlite://parley.db": SQLite is a file, not a host; write sqlite:./parley.db`,
		"postgres:///parley":               `queue.url: this is no PostgreSQL address; write postgres://USER:PASSWORD@HOST:5432/DATABASE, special characters in the password percent-encoded`,
		"postgres://u:p%zz secret@host/db": `queue.url: this is no PostgreSQL address; write postgres://USER:PASSWORD@HOST:5432/DATABASE, special characters in the password percent-encoded`,
		"":                                 "",
		"sqlite:./parley.db":               "",
		"postgresql://u:p@host/db":         "",
	} {
		err := jobs.Config{QueueURL: text}.Validate()
		if got := fmt.Sprint(err); err != nil && got != want || err == nil && want != "" {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestARelativePathStartsFromTheWorkspace(t *testing.T) {
	t.Parallel()
	b := newBundle(t, "sqlite:./the queue?.db")
	b.cfg.Dir = t.TempDir()
	b.open(t)
	if _, err := os.Stat(filepath.Join(b.cfg.Dir, "the queue?.db")); err != nil {
		t.Error(err)
	}
}

func TestAllFaultsOfAConfigurationAtOnce(t *testing.T) {
	t.Parallel()
	_, err := jobs.Open(context.Background(), jobs.Config{QueueURL: "x", BuildEvery: -1, BuildTimeout: -time.Hour, Senders: 5000, Attempts: -2}, jobs.Work{})
	for _, part := range []string{"queue.url", "BuildEvery", "BuildTimeout", "5000 Senders", "-2 Attempts", "Work.Messages is missing", "Work.Deliver is missing", "Work.Report is missing"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in the error %v", part, err)
		}
	}
}

func TestAServerThatIsNotThere(t *testing.T) {
	t.Parallel()
	b := newBundle(t, "postgres://ada:secret@127.0.0.1:1/parley")
	_, err := jobs.Open(context.Background(), b.cfg, b.work)
	if err == nil || !strings.HasPrefix(err.Error(), "open the queue postgres://ada:xxxxx@127.0.0.1:1/parley: ") || strings.Contains(err.Error(), "secret") {
		t.Errorf("error %v", err)
	}
}

func TestALedgerOfALaterVersionIsLeftAlone(t *testing.T) {
	t.Parallel()
	b := newBundle(t, databases["SQLite"](t))
	if err := b.open(t).Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", strings.TrimPrefix(b.url, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO parley_migrations (version) VALUES (99)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = jobs.Open(context.Background(), b.cfg, b.work)
	if err == nil || !strings.Contains(err.Error(), "the ledger is of version 99, and this Parley knows up to 2; use a newer Parley") {
		t.Errorf("error %v", err)
	}
}

func TestNothingOfAPersonStaysOnceItIsDecided(t *testing.T) {
	t.Parallel()
	b := newBundle(t, databases["SQLite"](t))
	queue := b.open(t)
	entered := people(1, dayTwo)
	entered[0].Person = message.Person{PersonID: "u:1", Email: "user1@example.com", Name: "Hildegard", Attributes: map[string]any{"secret": "Bingen"}}
	announce(t, queue, jobs.Entries{AsOf: dayTwo, Entered: entered})
	drain(t, queue)
	if err := queue.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", strings.TrimPrefix(b.url, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var person, args string
	err = db.QueryRow("SELECT (SELECT group_concat(person) FROM parley_deliveries), (SELECT group_concat(json(args)) FROM river_job)").Scan(&person, &args)
	if err != nil || person != "" || strings.Contains(args, "Bingen") || strings.Contains(args, "user1") {
		t.Errorf("the ledger keeps %q, the queue %q (%v)", person, args, err)
	}
}

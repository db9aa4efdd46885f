package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/jobs"
	"parley/jobs/delivery"
	"parley/jobs/delivery/outbox"
	"parley/jobs/message"
	"parley/pipelines/record"
)

// databases are the two kinds of queue. Each gives the URL of an empty one.
var databases = map[string]func(t *testing.T) string{
	"SQLite": func(t *testing.T) string {
		t.Helper()
		return "sqlite:" + filepath.Join(t.TempDir(), "parley.db")
	},
	"PostgreSQL": newPostgres,
}

// newPostgres makes a database of its own on the server that PARLEY_TEST_POSTGRES names.
func newPostgres(t *testing.T) string {
	t.Helper()
	server := os.Getenv("PARLEY_TEST_POSTGRES")
	if server == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("PARLEY_TEST_POSTGRES is not set; testdata/postgres/start starts a server and prints its URL")
		}
		t.Skip("needs PostgreSQL: set PARLEY_TEST_POSTGRES to the URL that testdata/postgres/start prints")
	}
	ctx := context.Background()
	admin, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(ctx)
	name := fmt.Sprintf("parley_%d_%d", os.Getpid(), time.Now().UnixNano())
	if _, err := admin.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		admin, err := pgx.Connect(ctx, server)
		if err != nil {
			t.Error(err)
			return
		}
		defer admin.Close(ctx)
		if _, err := admin.Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	parsed, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	parsed.Path = "/" + name
	return parsed.String()
}

// onEach runs a test on both kinds of queue.
func onEach(t *testing.T, test func(t *testing.T, b *bundle)) {
	t.Helper()
	t.Parallel()
	for name, newURL := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newBundle(t, newURL(t)))
		})
	}
}

// bundle is a queue's surroundings: an outbox in a folder, a list in place of
// Kafka, and messages, people and a clock that a test may set.
type bundle struct {
	url   string
	dir   string
	files fstest.MapFS
	work  jobs.Work
	cfg   jobs.Config
	now   time.Time

	mu       sync.Mutex
	reported []record.Delivery
}

var (
	dayOne = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	dayTwo = dayOne.AddDate(0, 0, 1)
)

func newBundle(t *testing.T, queueURL string) *bundle {
	t.Helper()
	return newSurroundings(queueURL, t.TempDir())
}

func newSurroundings(queueURL, dir string) *bundle {
	b := &bundle{url: queueURL, dir: dir, now: dayTwo.Add(time.Hour), files: fstest.MapFS{}}
	b.write("welcome", "segment: new-users\n", "Hello {{ first_name | fallback:\"there\" }}, seat {{ seat }}")
	box, err := outbox.Open(b.dir)
	if err != nil {
		panic(err)
	}
	b.work = jobs.Work{
		Messages: func(context.Context) ([]*message.Message, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			return message.Load(b.files, message.Options{From: "Orla <orla@tidepool.example>"})
		},
		Deliver: box,
		Report: func(_ context.Context, decisions []record.Delivery) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.reported = append(b.reported, decisions...)
			return nil
		},
	}
	b.cfg = jobs.Config{
		QueueURL: queueURL,
		Attempts: 3,
		Retry:    func(int) time.Duration { return time.Millisecond },
		Now:      func() time.Time { return b.now },
	}
	return b
}

func (b *bundle) write(name, front, body string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	files := fstest.MapFS{}
	for key, file := range b.files {
		files[key] = file
	}
	files[name+".md"] = &fstest.MapFile{Data: []byte("---\nsubject: Hello {{ first_name | fallback:\"you\" }}\n" + front + "---\n" + body + "\n")}
	b.files = files
}

func (b *bundle) remove(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	files := fstest.MapFS{}
	for key, file := range b.files {
		if key != name+".md" {
			files[key] = file
		}
	}
	b.files = files
}

func (b *bundle) open(t *testing.T) *jobs.Queue {
	t.Helper()
	queue, err := jobs.Open(context.Background(), b.cfg, b.work)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := queue.Close(); err != nil {
			t.Error(err)
		}
	})
	return queue
}

// person is the n-th one, who entered new-users at that time.
func person(n int, enteredAt time.Time) jobs.Entry {
	id := fmt.Sprint(n)
	return jobs.Entry{
		Segment: "new-users", EnteredAt: enteredAt, Definition: "d1", RunID: "run-1",
		Person: message.Person{PersonID: "u:" + id, UserID: id, Email: "user" + id + "@example.com", Name: "Ada" + id + " Byrne",
			Attributes: map[string]any{"seat": n, "unsubscribed_from_emails": false}},
	}
}

func people(n int, enteredAt time.Time) []jobs.Entry {
	var all []jobs.Entry
	for i := range n {
		all = append(all, person(i+1, enteredAt))
	}
	return all
}

func announce(t *testing.T, queue *jobs.Queue, entries jobs.Entries) jobs.Announced {
	t.Helper()
	announced, err := queue.Announce(context.Background(), entries)
	if err != nil {
		t.Fatal(err)
	}
	return announced
}

func drain(t *testing.T, queue *jobs.Queue) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := queue.Drain(ctx); err != nil {
		t.Fatal(err)
	}
}

// sentFiles are the files in the outbox.
func (b *bundle) sentFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(b.dir + "/*.eml")
	if err != nil {
		t.Fatal(err)
	}
	for i := range files {
		files[i] = filepath.Base(files[i])
	}
	return files
}

// decisions are "message person entry decision" of all that was reported, sorted.
func (b *bundle) decisions() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []string
	for _, r := range b.reported {
		all = append(all, strings.Join([]string{r.Message, r.PersonID, r.Entry, r.Decision}, " "))
	}
	slices.Sort(all)
	return all
}

func wantDecisions(t *testing.T, b *bundle, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := b.decisions(); !slices.Equal(got, want) {
		t.Errorf("reported\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// troubled is a deliverer that fails so often before it delivers.
type troubled struct {
	delivery.Deliverer
	mu    sync.Mutex
	calls int
	fails int
	with  error
}

func (d *troubled) Deliver(ctx context.Context, envelope delivery.Envelope) (delivery.Receipt, error) {
	d.mu.Lock()
	d.calls++
	failing := d.calls <= d.fails
	d.mu.Unlock()
	if failing {
		if d.with == nil {
			panic("the deliverer panics")
		}
		return delivery.Receipt{}, d.with
	}
	return d.Deliverer.Deliver(ctx, envelope)
}

var errDown = errors.New("the post office is closed")

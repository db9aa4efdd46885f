// Package jobs does what has to be done later, again, or by one process at a
// time: it sends messages to people who enter segments, reports what was
// decided, and settles, builds, announces, draws and looks after the lake on a
// schedule. It keeps River's queue and Parley's ledger of deliveries in one
// database, SQLite or PostgreSQL, so that a ledger row and its job are written
// in one transaction.
//
// It does not know how marts are built, where segments and people come from,
// how a message leaves, or what Kafka is: all of that is passed in as Work.
//
// Once means once, also across kill -9 at any instant:
//   - one ledger row for each message, person and entry, unique in the database;
//   - the way of sending is told the row's ID and hands it over once (see delivery.Deliverer);
//   - each decision has an ID that follows from the row, so reporting it twice counts once;
//   - what is decided and not yet reported is reported later.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"parley/jobs/delivery"
	"parley/jobs/message"
	"parley/pipelines/record"
)

// Config says where the queue is and how it works.
type Config struct {
	// QueueURL is sqlite:PATH or postgres://…; default "sqlite:./parley.db".
	QueueURL string
	// Dir is the folder that a relative PATH starts from; default the current one.
	Dir string
	// BuildEvery is the time from one scheduled settling and build to the next; default 1 minute.
	BuildEvery time.Duration
	// BuildTimeout ends a build, an announcement, a drawing or the care of the lake that takes longer; default 1 hour.
	BuildTimeout time.Duration
	// Senders is how many messages this process sends at once; default 8.
	Senders int
	// Attempts is how often a message is tried before it counts as failed; default 6.
	Attempts int
	// Retry is the wait after a failed attempt, counted from 1; default 15 s, 1 m,
	// 5 m, 30 m, then 2 h.
	Retry func(attempt int) time.Duration
	// StopTimeout is how long a stop waits for jobs that run before it interrupts
	// them; default 30 seconds.
	StopTimeout time.Duration
	// Now is the clock of the ledger and of messages' dates; default time.Now. River's own clock is the system's.
	Now func() time.Time
	// Logger gets what jobs cannot return to anybody; default: discarded.
	Logger *slog.Logger
}

// Validate reports all faults at once.
func (c Config) Validate() error {
	var faults []error
	if _, err := parseURL(c.QueueURL, c.Dir); err != nil {
		faults = append(faults, err)
	}
	for name, length := range map[string]time.Duration{"BuildEvery": c.BuildEvery, "BuildTimeout": c.BuildTimeout, "StopTimeout": c.StopTimeout} {
		if length < 0 {
			faults = append(faults, fmt.Errorf("jobs: %s is %s; it must not be negative", name, length))
		}
	}
	if c.Senders < 0 || c.Senders > 1000 {
		faults = append(faults, fmt.Errorf("jobs: %d Senders; write 1 to 1000", c.Senders))
	}
	if c.Attempts < 0 || c.Attempts > 100 {
		faults = append(faults, fmt.Errorf("jobs: %d Attempts; write 1 to 100", c.Attempts))
	}
	return errors.Join(faults...)
}

func (c Config) withDefaults() Config {
	setDefault(&c.QueueURL, "sqlite:./parley.db")
	setDefault(&c.BuildEvery, time.Minute)
	setDefault(&c.BuildTimeout, time.Hour)
	setDefault(&c.Senders, 8)
	setDefault(&c.Attempts, 6)
	setDefault(&c.StopTimeout, 30*time.Second)
	setDefault(&c.Logger, slog.New(slog.DiscardHandler))
	if c.Retry == nil {
		c.Retry = defaultRetry
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func defaultRetry(attempt int) time.Duration {
	waits := []time.Duration{15 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour}
	return waits[min(max(attempt, 1), len(waits))-1]
}

// Work is what the jobs do, each part by a function of the caller's.
type Work struct {
	// Messages are the messages as they stand now; it is called for each announcement
	// and each sending, so an edited text goes to everybody who has not got it yet. Those
	// that are right are used even if an error stands beside them.
	Messages func(ctx context.Context) ([]*message.Message, error)
	// Standing says how a person stands when their message is about to be sent;
	// nil: as they stood when it was announced.
	Standing func(ctx context.Context, personID string) (Standing, error)
	// Deliver hands messages over.
	Deliver delivery.Deliverer
	// Report makes decisions known outside (on the topic of deliveries), and returns
	// once they are safe. The same one may come again, under the same DecisionID.
	Report func(ctx context.Context, decisions []record.Delivery) error
	// Build makes the marts anew; nil: this process neither builds nor announces nor draws.
	Build func(ctx context.Context) error
	// Settle settles what has landed since it was called last; nil: builds alone do.
	// A process that does not build does not settle either.
	Settle func(ctx context.Context) error
	// Checkpoint keeps the lake's log short; nil: this process does not.
	Checkpoint func(ctx context.Context) error
	// Collect removes files that crashes have left in the lake; nil: this process does not.
	Collect func(ctx context.Context) error
	// Entries are who has entered segments, from the current marts; nil: nobody is announced on schedule.
	Entries func(ctx context.Context) (Entries, error)
	// Draw draws the reports from the current marts; nil: none are drawn.
	Draw func(ctx context.Context) error
	// Letter is the report that is to be sent by e-mail now, and to whom; nil: none is.
	Letter func(ctx context.Context) (Letter, error)
}

// Standing is how a person stands towards being written to.
type Standing struct {
	Known        bool   // false: no longer known, so nothing is sent
	Email        string // "": none
	Unsubscribed bool
}

func (w Work) validate() error {
	var faults []error
	for name, missing := range map[string]bool{"Messages": w.Messages == nil, "Deliver": w.Deliver == nil, "Report": w.Report == nil} {
		if missing {
			faults = append(faults, fmt.Errorf("jobs: Work.%s is missing", name))
		}
	}
	return errors.Join(faults...)
}

// Queue is the open queue with its ledger.
type Queue struct {
	config Config
	work   Work
	store  store
	log    *slog.Logger

	mu      sync.Mutex
	running worker // nil: not started
	closed  bool
}

// Open opens the queue at cfg.QueueURL and brings its tables up to date. A
// SQLite file belongs to one process: for a second one the error is
// errors.Is(err, lake.ErrLocked) and says who has it.
func Open(ctx context.Context, cfg Config, work Work) (*Queue, error) {
	cfg = cfg.withDefaults()
	if err := errors.Join(cfg.Validate(), work.validate()); err != nil {
		return nil, err
	}
	url, err := parseURL(cfg.QueueURL, cfg.Dir)
	if err != nil {
		return nil, err
	}
	q := &Queue{config: cfg, work: work, log: cfg.Logger}
	if way, ok := work.Deliver.(delivery.Journaled); ok {
		way.UseJournal(handovers{q})
	}
	if q.store, err = openStore(ctx, url, q.log); err != nil {
		return nil, fmt.Errorf("open the queue %s: %w", url, unreachable(err))
	}
	return q, nil
}

// Start begins to work: what is due, and the schedule. It goes on until ctx
// ends or Stop is called; jobs that run then have Config.StopTimeout to finish.
func (q *Queue) Start(ctx context.Context) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.running != nil {
		return errors.New("start the queue: it is started already")
	}
	running, err := q.startWorker(ctx, q.queues(), q.schedule(), time.Second)
	if err != nil {
		return fmt.Errorf("start the queue: %w", err)
	}
	q.running = running
	return nil
}

// Stop takes up no new jobs and returns once those that run have finished or,
// after Config.StopTimeout, have been interrupted; an interrupted job runs again at
// the next start. It does nothing if the queue is not started.
func (q *Queue) Stop(ctx context.Context) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.running == nil {
		return nil
	}
	if err := q.running.Stop(ctx); err != nil {
		return fmt.Errorf("stop the queue: %w", err)
	}
	q.running = nil
	return nil
}

// Close stops the queue and lets go of its database. It may be called twice.
func (q *Queue) Close() error {
	err := q.Stop(context.Background())
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return err
	}
	q.closed = true
	return errors.Join(err, q.store.close())
}

func (q *Queue) now() time.Time { return q.config.Now().UTC() }

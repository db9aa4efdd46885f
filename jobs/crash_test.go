package jobs_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/jobs"
	"parley/jobs/delivery"
	"parley/pipelines/record"
)

// The instants at which a process is killed.
const (
	inAnnouncement = "in the transaction of an announcement"
	announced      = "after an announcement"
	beforeHanding  = "before a message is handed over"
	handedOver     = "after it is handed over, before that is written down"
	beforeReport   = "after it is written down, before it is reported"
	inReport       = "in the middle of a report"
	afterReport    = "after a report, before that is written down"
	nowhere        = ""
)

func TestMain(m *testing.M) {
	if step, isChild := os.LookupEnv("PARLEY_TEST_KILL"); isChild {
		os.Exit(child(step))
	}
	goleak.VerifyTestMain(m)
}

func killSelf() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // nothing more happens here
}

// child is a process that announces people and drains the queue, and kills
// itself at one step.
func child(step string) int {
	count, err := strconv.Atoi(os.Getenv("PARLEY_TEST_PEOPLE"))
	if err != nil {
		panic(err)
	}
	b := newSurroundings(os.Getenv("PARLEY_TEST_QUEUE"), os.Getenv("PARLEY_TEST_OUTBOX"))
	b.work.Deliver = &killing{Deliverer: b.work.Deliver, step: step}
	b.work.Report = func(_ context.Context, decisions []record.Delivery) error {
		return reportTo(os.Getenv("PARLEY_TEST_REPORTS"), decisions, step)
	}
	b.cfg.Now = time.Now
	queue, err := jobs.Open(context.Background(), b.cfg, b.work)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	entered := people(count, dayTwo)
	if step == inAnnouncement {
		entered[count-1].Person.Attributes["seat"] = deadly{} // written in the second batch, after rows of the first
	}
	if _, err := queue.Announce(context.Background(), jobs.Entries{AsOf: dayTwo, Entered: entered}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if step == announced {
		killSelf()
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := queue.Drain(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := queue.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

type deadly struct{}

func (deadly) MarshalJSON() ([]byte, error) { killSelf(); return nil, nil }

// killing kills the process at its third delivery.
type killing struct {
	delivery.Deliverer
	step  string
	calls atomic.Int32
}

func (d *killing) Deliver(ctx context.Context, envelope delivery.Envelope) (delivery.Receipt, error) {
	third := d.calls.Add(1) == 3
	if third && d.step == beforeHanding {
		killSelf()
	}
	receipt, err := d.Deliverer.Deliver(ctx, envelope)
	if third && d.step == handedOver {
		killSelf()
	}
	return receipt, err
}

// reportTo appends decisions to a file, one a line, as Kafka's log would take them.
func reportTo(path string, decisions []record.Delivery, step string) error {
	if step == beforeReport {
		killSelf()
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer file.Close()
	for i, decision := range decisions {
		if step == inReport && i == (len(decisions)+1)/2 {
			killSelf()
		}
		if err := json.NewEncoder(file).Encode(decision); err != nil {
			return err
		}
	}
	if step == inReport || step == afterReport {
		killSelf()
	}
	return nil
}

func TestKilledAtAnyStepEachPersonGetsOneMessageAndOneDecision(t *testing.T) {
	t.Parallel()
	for database, newURL := range databases {
		for _, step := range []string{inAnnouncement, announced, beforeHanding, handedOver, beforeReport, inReport, afterReport} {
			t.Run(database+"/"+step, func(t *testing.T) {
				t.Parallel()
				w := newWitness(t, newURL(t), 12)
				if step == inAnnouncement {
					w.people = 201
				}
				w.run(t, step)
				w.run(t, nowhere)
				w.check(t)
			})
		}
		t.Run(database+"/one after the other", func(t *testing.T) {
			t.Parallel()
			w := newWitness(t, newURL(t), 150)
			for _, step := range []string{handedOver, inReport, handedOver, beforeHanding, afterReport, handedOver, beforeReport, nowhere, nowhere} {
				w.run(t, step)
			}
			w.check(t)
		})
	}
}

// witness runs children on one queue and sees what they leave.
type witness struct {
	url, outbox, reports string
	people               int
}

func newWitness(t *testing.T, url string, people int) *witness {
	t.Helper()
	dir := t.TempDir()
	return &witness{url: url, outbox: filepath.Join(dir, "outbox"), reports: filepath.Join(dir, "reports"), people: people}
}

func (w *witness) run(t *testing.T, step string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(self)
	command.Env = append(os.Environ(), "PARLEY_TEST_KILL="+step, "PARLEY_TEST_QUEUE="+w.url, "PARLEY_TEST_OUTBOX="+w.outbox,
		"PARLEY_TEST_REPORTS="+w.reports, "PARLEY_TEST_PEOPLE="+strconv.Itoa(w.people))
	out, err := command.CombinedOutput()
	if step == nowhere {
		if err != nil {
			t.Fatalf("the process that is not killed: %v\n%s", err, out)
		}
		return
	}
	if status, ok := command.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Fatalf("%s: the process was not killed: %v\n%s", step, err, out)
	}
}

func (w *witness) check(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob(w.outbox + "/*.eml")
	if err != nil {
		t.Fatal(err)
	}
	sentAt := map[string]time.Time{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		written, err := mail.ReadMessage(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%s is no whole message: %v", file, err)
		}
		to, date := written.Header.Get("To"), written.Header.Get("Date")
		at, err := mail.ParseDate(date)
		if err != nil {
			t.Fatal(err)
		}
		address := strings.Trim(to[strings.Index(to, "<"):], "<>")
		if _, twice := sentAt[address]; twice {
			t.Errorf("%s got two messages", address)
		}
		sentAt[address] = at
	}
	if len(sentAt) != w.people {
		t.Errorf("%d people got a message, want %d", len(sentAt), w.people)
	}

	file, err := os.Open(w.reports)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reported := map[string]record.Delivery{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var decision record.Delivery
		if err := json.Unmarshal(lines.Bytes(), &decision); err != nil {
			t.Fatal(err)
		}
		if first, again := reported[decision.DecisionID]; again && first != decision {
			t.Errorf("the same decision is reported as\n%+v and\n%+v", first, decision)
		}
		reported[decision.DecisionID] = decision
	}
	if len(reported) != w.people {
		t.Errorf("%d decisions are reported, want %d", len(reported), w.people)
	}
	for _, decision := range reported {
		if decision.Decision != "sent" || !decision.SentAt.Equal(sentAt[decision.Email]) {
			t.Errorf("%s was sent at %s, reported is %+v", decision.Email, sentAt[decision.Email], decision)
		}
	}
}

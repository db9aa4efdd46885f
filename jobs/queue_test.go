package jobs_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/jobs"
	"parley/jobs/delivery"
	"parley/pipelines/record"
)

func TestWhoEntersGetsTheMessageOnce(t *testing.T) {
	onEach(t, func(t *testing.T, b *bundle) {
		queue := b.open(t)
		entries := jobs.Entries{AsOf: dayTwo, Entered: people(3, dayTwo)}
		entries.Entered = append(entries.Entered, person(9, dayTwo))
		entries.Entered[3].Segment = "another"
		if got := announce(t, queue, entries); got.New != 3 || got.Known != 0 || got.By["welcome"] != 3 {
			t.Errorf("announced %+v, want 3 new", got)
		}
		drain(t, queue)
		wantDecisions(t, b, "welcome u:1 once sent", "welcome u:2 once sent", "welcome u:3 once sent")
		if files := b.sentFiles(t); len(files) != 3 {
			t.Errorf("outbox holds %v, want 3 files", files)
		}

		// Again, with a fourth person and with an entry of the first a day later.
		entries.Entered = append(entries.Entered, person(4, dayTwo), person(1, dayTwo.AddDate(0, 0, 1)))
		if got := announce(t, queue, entries); got.New != 1 || got.Known != 4 {
			t.Errorf("announced again: %+v, want 1 new and 4 known", got)
		}
		drain(t, queue)
		drain(t, queue)
		if files := b.sentFiles(t); len(files) != 4 {
			t.Errorf("outbox holds %v, want 4 files", files)
		}
		tallies, err := queue.Tallies(context.Background())
		if err != nil || !slices.Equal(tallies, []jobs.Tally{{Message: "welcome", Decision: "sent", Count: 4}}) {
			t.Errorf("tallies %v, %v", tallies, err)
		}
	})
}

func TestWhatIsReported(t *testing.T) {
	onEach(t, func(t *testing.T, b *bundle) {
		queue := b.open(t)
		announce(t, queue, jobs.Entries{AsOf: dayTwo, Entered: people(1, dayTwo)})
		drain(t, queue)
		want := []record.Delivery{{
			DecisionID: delivery.DecisionID("welcome", "u:1", "once", "sent"),
			Message:    "welcome", PersonID: "u:1", UserID: "1", Email: "user1@example.com", Entry: "once", Segment: "new-users",
			Channel: "email", Decision: "sent", Subject: "Hello Ada1",
			DecidedAt: dayTwo.Add(time.Hour), SentAt: dayTwo.Add(time.Hour),
		}}
		if diff := cmp.Diff(want, b.reported); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		text, err := os.ReadFile(filepath.Join(b.dir, b.sentFiles(t)[0]))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"Hello Ada1, seat 1", `From: "Orla" <orla@tidepool.example>`, `To: "Ada1 Byrne" <user1@example.com>`, "Tue, 02 Jun 2026 01:00:00 +0000",
			"Message-ID: <" + delivery.ID("welcome", "u:1", "once") + "@tidepool.example>"} {
			if !strings.Contains(string(text), part) {
				t.Errorf("the e-mail lacks %q:\n%s", part, text)
			}
		}
	})
}

func TestTwoMessagesOnOneSegment(t *testing.T) {
	onEach(t, func(t *testing.T, b *bundle) {
		b.write("tips", "segment: new-users\n", "Tips")
		b.write("off", "segment: new-users\nactive: false\n", "Off")
		queue := b.open(t)
		got := announce(t, queue, jobs.Entries{AsOf: dayTwo, Entered: people(2, dayTwo)})
		if diff := cmp.Diff(jobs.Announced{New: 4, By: map[string]int{"tips": 2, "welcome": 2}}, got); diff != "" {
			t.Error(diff)
		}
		drain(t, queue)
		wantDecisions(t, b, "tips u:1 once sent", "tips u:2 once sent", "welcome u:1 once sent", "welcome u:2 once sent")
	})
}

func TestFromNowOnAndThoseAlreadyIn(t *testing.T) {
	onEach(t, func(t *testing.T, b *bundle) {
		b.write("everybody", "segment: new-users\ninclude_existing: true\n", "All")
		b.write("each", "segment: new-users\nrepeat: each_entry\n", "Again")
		queue := b.open(t)
		// The build of day two: u:1 entered the day before any message was announced, u:2 on the day.
		// u:3 is a member since the baseline.
		entries := jobs.Entries{
			AsOf:    dayTwo,
			Entered: []jobs.Entry{person(1, dayOne), person(2, dayTwo)},
			Members: []jobs.Entry{person(1, dayOne), person(2, dayTwo), person(3, dayOne)},
		}
		if got := announce(t, queue, entries); got.By["welcome"] != 1 || got.By["everybody"] != 3 || got.By["each"] != 1 {
			t.Errorf("announced %+v", got)
		}
		// A week later u:2 has left and entered again; a new message sees only what is new from now on.
		b.write("later", "segment: new-users\n", "Later")
		again := dayTwo.AddDate(0, 0, 7)
		entries.AsOf = again
		entries.Entered = append(entries.Entered, person(2, again))
		if got := announce(t, queue, entries); got.By["welcome"] != 0 || got.By["everybody"] != 0 || got.By["each"] != 1 || got.By["later"] != 1 {
			t.Errorf("announced a week later: %+v", got)
		}
		drain(t, queue)
		wantDecisions(t, b, "welcome u:2 once sent", "everybody u:1 once sent", "everybody u:2 once sent", "everybody u:3 once sent",
			"each u:2 2026-06-02T00:00:00Z sent", "each u:2 2026-06-09T00:00:00Z sent", "later u:2 once sent")
	})
}

func TestBeforeTheFirstBuildNobodyIsAnnounced(t *testing.T) {
	onEach(t, func(t *testing.T, b *bundle) {
		queue := b.open(t)
		announce(t, queue, jobs.Entries{})
		if _, err := queue.Announce(context.Background(), jobs.Entries{Entered: people(1, dayTwo)}); err == nil {
			t.Error("entries of no build were announced")
		}
		// What came before the first build that is announced stays nothing new.
		if got := announce(t, queue, jobs.Entries{AsOf: dayTwo, Entered: []jobs.Entry{person(1, dayOne), person(2, dayTwo)}}); got.New != 1 {
			t.Errorf("announced %+v, want 1 new", got)
		}
	})
}

func TestSwitchedOffAndOnAgain(t *testing.T) {
	onEach(t, func(t *testing.T, b *bundle) {
		queue := b.open(t)
		announce(t, queue, jobs.Entries{AsOf: dayOne})
		b.write("welcome", "segment: new-users\nactive: false\n", "Hello")
		announce(t, queue, jobs.Entries{AsOf: dayTwo, Entered: people(1, dayTwo)})
		b.write("welcome", "segment: new-users\n", "Hello")
		third := dayTwo.AddDate(0, 0, 1)
		// Who entered while it was off does not get it when it is on again.
		got := announce(t, queue, jobs.Entries{AsOf: third, Entered: []jobs.Entry{person(1, dayTwo), person(2, third)}})
		if got.New != 1 {
			t.Errorf("announced %+v, want 1 new", got)
		}
		// What is enqueued when it is switched off is not sent.
		b.write("welcome", "segment: new-users\nactive: false\n", "Hello")
		drain(t, queue)
		wantDecisions(t, b, "welcome u:2 once stopped")
		if files := b.sentFiles(t); len(files) != 0 {
			t.Errorf("outbox holds %v, want nothing", files)
		}
	})
}

func TestARemovedMessageIsStopped(t *testing.T) {
	onEach(t, func(t *testing.T, b *bundle) {
		queue := b.open(t)
		announce(t, queue, jobs.Entries{AsOf: dayTwo, Entered: people(1, dayTwo)})
		b.remove("welcome")
		drain(t, queue)
		wantDecisions(t, b, "welcome u:1 once stopped")
	})
}

func TestABrokenMessageLeavesTheRestWorking(t *testing.T) {
	onEach(t, func(t *testing.T, b *bundle) {
		b.write("broken", "segmnt: new-users\n", "Hello")
		queue := b.open(t)
		announced, err := queue.Announce(context.Background(), jobs.Entries{AsOf: dayTwo, Entered: people(1, dayTwo)})
		if err == nil || !strings.Contains(err.Error(), `messages/broken.md:3:1: unknown key "segmnt"; did you mean "segment"?`) || announced.New != 1 {
			t.Errorf("announced %+v, error %v", announced, err)
		}
		drain(t, queue)
		wantDecisions(t, b, "welcome u:1 once sent")
	})
}

func TestConsentAndAddressAreLookedUpWhenSending(t *testing.T) {
	onEach(t, func(t *testing.T, b *bundle) {
		b.write("bill", "segment: new-users\nunsubscribable: false\n", "Your bill")
		b.work.Standing = func(_ context.Context, personID string) (jobs.Standing, error) {
			return map[string]jobs.Standing{
				"u:1": {Known: true, Email: "moved@example.com"},
				"u:2": {Known: true, Email: "user2@example.com", Unsubscribed: true},
				"u:3": {Known: true},
				"u:4": {Known: true, Email: "user4@example.com\r\nBcc: all@example.com"},
			}[personID], nil
		}
		queue := b.open(t)
		announce(t, queue, jobs.Entries{AsOf: dayTwo, Entered: people(5, dayTwo)})
		drain(t, queue)
		wantDecisions(t, b, "welcome u:1 once sent", "welcome u:2 once unsubscribed", "welcome u:3 once no_address", "welcome u:4 once no_address", "welcome u:5 once no_address",
			"bill u:1 once sent", "bill u:2 once sent", "bill u:3 once no_address", "bill u:4 once no_address", "bill u:5 once no_address")
		for _, r := range b.reported {
			if r.PersonID == "u:1" && r.Email != "moved@example.com" {
				t.Errorf("sent to %s, want the address of now", r.Email)
			}
			if r.Decision != "sent" && !r.SentAt.IsZero() {
				t.Errorf("%+v was not sent and has a time of sending", r)
			}
		}
	})
}

func TestWithoutALookupThePersonStandsAsAnnounced(t *testing.T) {
	onEach(t, func(t *testing.T, b *bundle) {
		queue := b.open(t)
		entered := people(3, dayTwo)
		entered[1].Person.Attributes["unsubscribed_from_emails"] = true
		entered[2].Person.Email = ""
		announce(t, queue, jobs.Entries{AsOf: dayTwo, Entered: entered})
		drain(t, queue)
		wantDecisions(t, b, "welcome u:1 once sent", "welcome u:2 once unsubscribed", "welcome u:3 once no_address")
	})
}

func TestTroubleIsTriedAgainAndThenFailed(t *testing.T) {
	for name, test := range map[string]struct {
		fails     int
		with      error
		want      string
		calls     int
		wantCause string
	}{
		"passing":     {fails: 2, with: errDown, want: "sent", calls: 3},
		"lasting":     {fails: 99, with: errDown, want: "failed", calls: 3, wantCause: "the post office is closed"},
		"refused":     {fails: 99, with: fmt.Errorf("%w: no such box", delivery.ErrRefused), want: "failed", calls: 1, wantCause: "refused: no such box"},
		"a panic":     {fails: 1, want: "sent", calls: 2},
		"many panics": {fails: 99, want: "failed", calls: 3, wantCause: "panic: the deliverer panics"},
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, b *bundle) {
				deliverer := &troubled{Deliverer: b.work.Deliver, fails: test.fails, with: test.with}
				b.work.Deliver = deliverer
				queue := b.open(t)
				announce(t, queue, jobs.Entries{AsOf: dayTwo, Entered: people(1, dayTwo)})
				drain(t, queue)
				wantDecisions(t, b, "welcome u:1 once "+test.want)
				if deliverer.calls != test.calls || b.reported[0].Reason != test.wantCause {
					t.Errorf("%d attempts, reason %q; want %d, %q", deliverer.calls, b.reported[0].Reason, test.calls, test.wantCause)
				}
			})
		})
	}
}

func TestATryLaterDoesNotKeepDrain(t *testing.T) {
	onEach(t, func(t *testing.T, b *bundle) {
		b.cfg.Retry = func(int) time.Duration { return time.Hour }
		b.work.Deliver = &troubled{Deliverer: b.work.Deliver, fails: 1, with: errDown}
		queue := b.open(t)
		announce(t, queue, jobs.Entries{AsOf: dayTwo, Entered: people(1, dayTwo)})
		drain(t, queue)
		wantDecisions(t, b)
		tallies, err := queue.Tallies(context.Background())
		if err != nil || !slices.Equal(tallies, []jobs.Tally{{Message: "welcome", Decision: "", Count: 1}}) {
			t.Errorf("tallies %v, %v", tallies, err)
		}
	})
}

func TestWhatCannotBeReportedIsReportedLater(t *testing.T) {
	onEach(t, func(t *testing.T, b *bundle) {
		report := b.work.Report
		b.work.Report = func(context.Context, []record.Delivery) error { return errDown }
		queue := b.open(t)
		announce(t, queue, jobs.Entries{AsOf: dayTwo, Entered: people(2, dayTwo)})
		if err := queue.Drain(context.Background()); err == nil || !strings.Contains(err.Error(), "report 2 decisions: the post office is closed") {
			t.Errorf("drain: %v", err)
		}
		if err := queue.Close(); err != nil {
			t.Fatal(err)
		}
		b.work.Report = report
		drain(t, b.open(t))
		wantDecisions(t, b, "welcome u:1 once sent", "welcome u:2 once sent")
	})
}

func TestAnAnnouncementHappensWholeOrNotAtAll(t *testing.T) {
	onEach(t, func(t *testing.T, b *bundle) {
		queue := b.open(t)
		entered := people(450, dayTwo) // three batches
		entered[449].Person.Attributes["seat"] = func() {}
		if _, err := queue.Announce(context.Background(), jobs.Entries{AsOf: dayTwo, Entered: entered}); err == nil {
			t.Fatal("a person who cannot be written down was announced")
		}
		drain(t, queue)
		wantDecisions(t, b)
		entered[449].Person.Attributes["seat"] = 450
		if got := announce(t, queue, jobs.Entries{AsOf: dayTwo, Entered: entered}); got.New != 450 {
			t.Errorf("announced %+v, want 450", got)
		}
		drain(t, queue)
		if files := b.sentFiles(t); len(files) != 450 || len(b.decisions()) != 450 {
			t.Errorf("%d files, %d decisions, want 450", len(files), len(b.decisions()))
		}
	})
}

func TestTheScheduleBuildsAnnouncesAndDraws(t *testing.T) {
	onEach(t, func(t *testing.T, b *bundle) {
		drawn := make(chan string, 100)
		b.cfg.BuildEvery = time.Hour
		b.work.Build = func(context.Context) error { drawn <- "build"; return nil }
		b.work.Entries = func(context.Context) (jobs.Entries, error) {
			drawn <- "entries"
			return jobs.Entries{AsOf: dayTwo, Entered: people(2, dayTwo)}, nil
		}
		b.work.Draw = func(context.Context) error { drawn <- "draw"; return nil }
		queue := b.open(t)
		if err := queue.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := queue.Start(context.Background()); err == nil {
			t.Error("started twice")
		}
		for _, want := range []string{"build", "entries", "draw"} {
			select {
			case got := <-drawn:
				if got != want {
					t.Errorf("%s came, want %s", got, want)
				}
			case <-time.After(time.Minute):
				t.Fatalf("%s did not come", want)
			}
		}
		drain(t, queue)
		if err := queue.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
		wantDecisions(t, b, "welcome u:1 once sent", "welcome u:2 once sent")
		if len(drawn) > 0 {
			t.Errorf("%s came once more", <-drawn)
		}
	})
}

func TestAStopInterruptsWhatTakesTooLongAndItRunsAgain(t *testing.T) {
	onEach(t, func(t *testing.T, b *bundle) {
		begun := make(chan struct{}, 100)
		b.cfg.StopTimeout = 10 * time.Millisecond
		b.cfg.Attempts = 1 // an interruption is no attempt
		deliverer := b.work.Deliver
		b.work.Deliver = waiting{deliverer, begun}
		queue := b.open(t)
		announce(t, queue, jobs.Entries{AsOf: dayTwo, Entered: people(1, dayTwo)})
		if err := queue.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		<-begun
		if err := queue.Close(); err != nil {
			t.Fatal(err)
		}
		wantDecisions(t, b)
		b.work.Deliver = deliverer
		drain(t, b.open(t))
		wantDecisions(t, b, "welcome u:1 once sent")
	})
}

// waiting is a deliverer that waits for its context to end.
type waiting struct {
	delivery.Deliverer
	begun chan<- struct{}
}

func (d waiting) Deliver(ctx context.Context, _ delivery.Envelope) (delivery.Receipt, error) {
	d.begun <- struct{}{}
	<-ctx.Done()
	return delivery.Receipt{}, ctx.Err()
}

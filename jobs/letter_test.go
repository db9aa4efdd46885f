package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"sync"
	"testing"
	"time"

	"parley/jobs"
	"parley/jobs/delivery"
)

// desk is a weekly report in the making: tests set what stands in it.
type desk struct {
	mu     sync.Mutex
	letter jobs.Letter
	fault  error
}

func (d *desk) set(letter jobs.Letter) {
	d.mu.Lock()
	defer d.mu.Unlock()
	letter.Compose = func(context.Context) (delivery.Envelope, error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		return delivery.Envelope{From: mail.Address{Address: "reports@tidepool.example"}, Subject: letter.Report + " " + letter.Week, Text: "text", HTML: "<p>text</p>"}, d.fault
	}
	d.letter = letter
}

func (d *desk) give(context.Context) (jobs.Letter, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.letter, nil
}

func to(addresses ...string) (list []mail.Address) {
	for _, address := range addresses {
		list = append(list, mail.Address{Address: address})
	}
	return list
}

func wantLetters(t *testing.T, q *jobs.Queue, report, week string, want ...string) {
	t.Helper()
	states, err := q.Letters(t.Context(), report, week)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range states {
		if (s.Decision == jobs.Sent) == s.SentAt.IsZero() {
			t.Errorf("%+v: sent at", s)
		}
		got = append(got, s.Recipient+" "+s.Decision)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("letters of %s, %s: %v, want %v", report, week, got, want)
	}
}

func TestALetterGoesOnceToEach(t *testing.T) {
	onEach(t, func(t *testing.T, b *bundle) {
		var d desk
		b.work.Letter = d.give
		queue := b.open(t)
		d.set(jobs.Letter{Report: "weekly", Week: "2026-05-25", BuildID: "b1", Recipients: to("a@x.example", "b@x.example")})
		for range 3 {
			if _, err := queue.AnnounceLetter(t.Context()); err != nil {
				t.Fatal(err)
			}
			drain(t, queue)
		}
		wantLetters(t, queue, "weekly", "2026-05-25", "a@x.example sent", "b@x.example sent")
		if files := b.sentFiles(t); len(files) != 2 {
			t.Errorf("outbox holds %v, want 2 files", files)
		}
		// Somebody more gets this week's, and everybody the next one's.
		d.set(jobs.Letter{Report: "weekly", Week: "2026-05-25", BuildID: "b2", Recipients: to("a@x.example", "b@x.example", "c@x.example")})
		if fresh, err := queue.AnnounceLetter(t.Context()); err != nil || fresh != 1 {
			t.Errorf("%d new, %v; want 1", fresh, err)
		}
		drain(t, queue)
		d.set(jobs.Letter{Report: "weekly", Week: "2026-06-01", BuildID: "b3", Recipients: to("a@x.example")})
		if fresh, err := queue.AnnounceLetter(t.Context()); err != nil || fresh != 1 {
			t.Errorf("%d new, %v; want 1", fresh, err)
		}
		drain(t, queue)
		if files := b.sentFiles(t); len(files) != 4 {
			t.Errorf("outbox holds %v, want 4 files", files)
		}
	})
}

func TestALetterIsWithheld(t *testing.T) {
	onEach(t, func(t *testing.T, b *bundle) {
		var d desk
		b.work.Letter = d.give
		queue := b.open(t)
		send := func() {
			t.Helper()
			if _, err := queue.AnnounceLetter(t.Context()); err != nil {
				t.Fatal(err)
			}
			drain(t, queue)
		}
		weekly := jobs.Letter{Report: "weekly", Week: "2026-05-25", Recipients: to("a@x.example")}
		note := jobs.Letter{Report: "weekly-withheld", Instead: "weekly", Week: "2026-05-25", Recipients: to("a@x.example")}
		for _, l := range []jobs.Letter{note, note, weekly, note, weekly} {
			d.set(l)
			send()
		}
		wantLetters(t, queue, "weekly-withheld", "2026-05-25", "a@x.example sent")
		wantLetters(t, queue, "weekly", "2026-05-25", "a@x.example sent")
		if files := b.sentFiles(t); len(files) != 2 {
			t.Errorf("outbox holds %v, want the note and the report", files)
		}
		// Who has had the week's report is not told that it is withheld.
		next := weekly
		next.Week, note.Week = "2026-06-01", "2026-06-01"
		d.set(next)
		send()
		d.set(note)
		send()
		wantLetters(t, queue, "weekly-withheld", "2026-06-01")
	})
}

func TestALetterThatCannotBeWritten(t *testing.T) {
	onEach(t, func(t *testing.T, b *bundle) {
		d := desk{fault: errors.New("no marts")}
		b.work.Letter = d.give
		queue := b.open(t)
		d.set(jobs.Letter{Report: "weekly", Week: "2026-05-25", Recipients: to("a@x.example")})
		if _, err := queue.AnnounceLetter(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 3 { // each attempt
			drain(t, queue)
			time.Sleep(5 * time.Millisecond) // River's own clock: the retry is a millisecond away
		}
		drain(t, queue)
		wantLetters(t, queue, "weekly", "2026-05-25", "a@x.example failed")
	})
}

// unsure is a way of sending that does not know what became of the first message.
type unsure struct {
	delivery.Deliverer
	journal delivery.Journal
	calls   int
}

func (u *unsure) UseJournal(journal delivery.Journal) { u.journal = journal }

func (u *unsure) Deliver(ctx context.Context, envelope delivery.Envelope) (delivery.Receipt, error) {
	u.calls++
	before, err := u.journal.Begin(ctx, envelope.ID)
	if err != nil || before != delivery.NotBegun {
		return delivery.Receipt{}, fmt.Errorf("begun before: %+v, %w", before, err)
	}
	return delivery.Receipt{}, fmt.Errorf("the line was cut: %w", delivery.ErrUnknown)
}

func TestWhatIsUnknownIsNotSentAgain(t *testing.T) {
	onEach(t, func(t *testing.T, b *bundle) {
		way := &unsure{Deliverer: b.work.Deliver}
		b.work.Deliver = way
		queue := b.open(t)
		announce(t, queue, jobs.Entries{AsOf: dayTwo, Entered: people(1, dayTwo)})
		drain(t, queue)
		drain(t, queue)
		wantDecisions(t, b, "welcome u:1 once unknown")
		if way.calls != 1 {
			t.Errorf("handed over %d times", way.calls)
		}
	})
}

func TestHandovers(t *testing.T) {
	onEach(t, func(t *testing.T, b *bundle) {
		way := &unsure{Deliverer: b.work.Deliver}
		b.work.Deliver = way
		b.open(t)
		ctx, j := t.Context(), way.journal
		sentAt := time.Date(2026, 6, 2, 3, 4, 5, 0, time.UTC)
		begin := func(id string) delivery.Handover {
			t.Helper()
			before, err := j.Begin(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			return before
		}
		if before := begin("a"); before != delivery.NotBegun {
			t.Errorf("at first: %+v", before)
		}
		if before := begin("a"); !before.Begun || !before.SentAt.IsZero() {
			t.Errorf("begun: %+v", before)
		}
		if err := j.Undo(ctx, "a"); err != nil {
			t.Fatal(err)
		}
		if before := begin("a"); before != delivery.NotBegun {
			t.Errorf("undone: %+v", before)
		}
		if err := errors.Join(j.Done(ctx, "a", sentAt), j.Undo(ctx, "a")); err != nil {
			t.Fatal(err)
		}
		if before := begin("a"); !before.SentAt.Equal(sentAt) {
			t.Errorf("done, and undone too late: %+v", before)
		}
	})
}

package jobs

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"parley/jobs/delivery"
)

// Letter is a report by e-mail, once for each week and recipient.
type Letter struct {
	Report     string // weekly; "": none is to be sent
	Week       string // the week's first local day, 2026-06-15
	BuildID    string // it is of
	Recipients []mail.Address
	// Instead is the report that this one says is not sent: whoever has had that of
	// the week does not get this. "": none.
	Instead string
	// Compose writes what each gets; the addressee, the ID and the date are filled in.
	Compose func(ctx context.Context) (delivery.Envelope, error)
}

// LetterState is a report's letter to one recipient, as it stands in the ledger.
type LetterState struct {
	Report, Week, Recipient string
	Decision, Reason        string    // Decision "": none yet
	SentAt                  time.Time // zero: not sent
}

// AnnounceLetter writes down for whom the letter that is due is meant, with a
// job for each who has not had it, and returns how many are new.
func (q *Queue) AnnounceLetter(ctx context.Context) (fresh int, err error) {
	if q.work.Letter == nil {
		return 0, nil
	}
	l, err := q.work.Letter(ctx)
	if err != nil || l.Report == "" {
		return 0, err
	}
	for _, recipient := range l.Recipients {
		err := q.store.inTx(ctx, func(tx transaction) error {
			had, _, err := single[int64](ctx, tx, `SELECT count(*) FROM parley_report_letters WHERE report = $1 AND week = $2 AND recipient = $3`, l.Instead, l.Week, recipient.Address)
			if err != nil || had > 0 {
				return err
			}
			added, err := tx.exec(ctx, `INSERT INTO parley_report_letters (report, week, recipient, build_id, announced_at) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (report, week, recipient) DO NOTHING`, l.Report, l.Week, recipient.Address, l.BuildID, stamp(q.now()))
			if err != nil || added == 0 {
				return err
			}
			fresh++
			return tx.enqueue(ctx, river.InsertManyParams{Args: sendLetter{l.Report, l.Week, recipient.Address}})
		})
		if err != nil {
			return fresh, fmt.Errorf("announce the %s report of %s to %s: %w", l.Report, l.Week, recipient.Address, err)
		}
	}
	return fresh, nil
}

// Letters are the letters of a report's week, by recipient.
func (q *Queue) Letters(ctx context.Context, report, week string) ([]LetterState, error) {
	return collect(ctx, q.store, func(scan func(...any) error) (s LetterState, err error) {
		s.Report, s.Week = report, week
		var sentAt string
		if err := scan(&s.Recipient, &s.Decision, &s.Reason, &sentAt); err != nil || sentAt == "" {
			return s, err
		}
		s.SentAt, err = unstamp(sentAt)
		return s, err
	}, `SELECT recipient, decision, reason, sent_at FROM parley_report_letters WHERE report = $1 AND week = $2 ORDER BY recipient`, report, week)
}

// sendLetter is the job that brings one letter to its decision.
type sendLetter struct {
	Report    string `json:"report"`
	Week      string `json:"week"`
	Recipient string `json:"recipient"`
}

// Kind is the job's name in River.
func (sendLetter) Kind() string { return "send_letter" }

// InsertOpts puts the job into the queue of messages. It is enqueued in the
// transaction that writes its row.
func (sendLetter) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: queueMessages} }

type letterSender struct {
	river.WorkerDefaults[sendLetter]
	queue *Queue
}

func (s *letterSender) Timeout(*river.Job[sendLetter]) time.Duration { return 2 * time.Minute }

func (s *letterSender) NextRetry(job *river.Job[sendLetter]) time.Time {
	return time.Now().Add(s.queue.config.Retry(job.Attempt))
}

func (s *letterSender) Work(ctx context.Context, job *river.Job[sendLetter]) error {
	q, args := s.queue, job.Args
	decided, known, err := single[string](ctx, q.store, `SELECT decision FROM parley_report_letters WHERE report = $1 AND week = $2 AND recipient = $3`, args.Report, args.Week, args.Recipient)
	if err != nil || !known || decided != "" {
		return err
	}
	sentAt, err := q.sendLetter(ctx, args)
	decision, reason := Sent, ""
	switch {
	case errors.Is(err, errWithheld):
		return river.JobSnooze(withheldPause)
	case err != nil:
		if decision = q.decisionOf(ctx, err, job.Attempt, job.MaxAttempts); decision == "" {
			return err
		}
		reason = err.Error()
		q.log.Warn("a report could not be sent", "report", args.Report, "week", args.Week, "to", args.Recipient, "decision", decision, "error", err)
	case sentAt.IsZero():
		decision, reason = Stopped, "it is no longer the newest, or its recipient was taken off the list"
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return q.decideLetter(ctx, args, decision, reason, sentAt)
}

// errWithheld is the error of a letter that is to be sent, but not now.
var errWithheld = errors.New("it is withheld for now")

// withheldPause is how long a letter that is withheld waits before it is looked at again.
const withheldPause = 5 * time.Minute

// sendLetter hands the letter over. A zero time without an error: it is no longer to be sent.
func (q *Queue) sendLetter(ctx context.Context, args sendLetter) (sentAt time.Time, err error) {
	// A panic on the last attempt would leave the letter without a decision for ever.
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic: %v", fault)
		}
	}()
	if q.work.Letter == nil {
		return sentAt, nil
	}
	l, err := q.work.Letter(ctx)
	switch {
	case err != nil:
		return sentAt, err
	case l.Instead == args.Report && l.Week == args.Week:
		return sentAt, errWithheld
	case l.Report != args.Report || l.Week != args.Week:
		return sentAt, nil
	}
	for _, recipient := range l.Recipients {
		if recipient.Address != args.Recipient {
			continue
		}
		envelope, err := l.Compose(ctx)
		if err != nil {
			return sentAt, err
		}
		envelope.To, envelope.Message, envelope.PersonID, envelope.Entry = recipient, "report:"+l.Report, recipient.Address, l.Week
		envelope.ID = delivery.ID(envelope.Message, envelope.PersonID, envelope.Entry)
		envelope.MessageID = envelope.ID + "@" + envelope.From.Address[strings.LastIndexByte(envelope.From.Address, '@')+1:]
		envelope.Date = q.now()
		receipt, err := q.work.Deliver.Deliver(ctx, envelope)
		return receipt.SentAt, err
	}
	return sentAt, nil
}

func (q *Queue) decideLetter(ctx context.Context, args sendLetter, decision, reason string, sentAt time.Time) error {
	sent := ""
	if !sentAt.IsZero() {
		sent = stamp(sentAt)
	}
	_, err := q.store.exec(ctx, `UPDATE parley_report_letters SET decision = $1, reason = $2, decided_at = $3, sent_at = $4
		WHERE report = $5 AND week = $6 AND recipient = $7 AND decision = ''`, decision, reason, stamp(q.now()), sent, args.Report, args.Week, args.Recipient)
	if err != nil {
		return fmt.Errorf("write down that the %s report of %s to %s is %s: %w", args.Report, args.Week, args.Recipient, decision, err)
	}
	return nil
}

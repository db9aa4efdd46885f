package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"parley/jobs/delivery"
	"parley/jobs/message"
)

// Decisions that end a delivery, as they stand in deliveries.
const (
	Sent         = "sent"
	Unsubscribed = "unsubscribed"
	NoAddress    = "no_address"
	Stopped      = "stopped" // the message was switched off or removed before it was sent
	Failed       = "failed"  // after all attempts, or refused for good
	Unknown      = "unknown" // handed over, or almost, when the process or the line ended: it is not sent again
)

// sendMessage is the job that brings one delivery to its decision. It holds
// nothing of the person: that stands in the ledger.
type sendMessage struct {
	DeliveryID string `json:"delivery_id"`
}

// Kind is the job's name in River.
func (sendMessage) Kind() string { return "send_message" }

// InsertOpts puts the job into the queue of messages. It needs no uniqueness of
// River's, which forgets: it is enqueued in the transaction that writes its ledger row.
func (sendMessage) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: queueMessages} }

type messageSender struct {
	river.WorkerDefaults[sendMessage]
	queue *Queue
}

func (s *messageSender) Timeout(*river.Job[sendMessage]) time.Duration { return time.Minute }

func (s *messageSender) NextRetry(job *river.Job[sendMessage]) time.Time {
	return time.Now().Add(s.queue.config.Retry(job.Attempt))
}

func (s *messageSender) Work(ctx context.Context, job *river.Job[sendMessage]) error {
	q := s.queue
	due, found, err := q.delivery(ctx, job.Args.DeliveryID)
	if err != nil {
		return err
	}
	if !found {
		return river.JobCancel(fmt.Errorf("send %s: it is not in the ledger", job.Args.DeliveryID))
	}
	if due.decision != "" {
		return nil // an attempt before this one was killed between its decision and its end
	}
	outcome, err := q.send(ctx, due)
	if err != nil {
		decision := q.decisionOf(ctx, err, job.Attempt, job.MaxAttempts)
		if decision == "" {
			return err
		}
		q.log.Warn("a message could not be sent", "message", due.message, "person", due.personID, "attempts", job.Attempt, "decision", decision, "error", err)
		outcome = outcome.but(decision, err.Error())
	}
	// What has been sent is written down even if the queue is being stopped.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return q.decide(ctx, due, outcome)
}

// decisionOf is what an attempt that failed comes to; "": it is tried again.
func (q *Queue) decisionOf(ctx context.Context, err error, attempt, most int) string {
	interrupted := errors.Is(ctx.Err(), context.Canceled) // the queue is being stopped: it runs again
	switch {
	case errors.Is(err, delivery.ErrUnknown):
		return Unknown
	case errors.Is(err, delivery.ErrRefused), attempt >= most && !interrupted:
		return Failed
	}
	return ""
}

// due is a row of the ledger that is to be decided.
type due struct {
	id, message, personID, entry, segment, decision string
	person                                          message.Person
}

// outcome is what a delivery comes to.
type outcome struct {
	decision, reason, email, subject string
	sentAt                           time.Time
}

func (o outcome) but(decision, reason string) outcome {
	o.decision, o.reason = decision, reason
	return o
}

// send decides about a delivery, and hands it over if it is to be sent. An error
// means that it is not decided.
func (q *Queue) send(ctx context.Context, d due) (o outcome, err error) {
	// A panic on the last attempt would leave the delivery without a decision for ever.
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic: %v", fault)
		}
	}()
	m, err := q.message(ctx, d.message)
	if err != nil {
		return o, err
	}
	if m == nil || !m.Active {
		return o.but(Stopped, "the message is switched off or removed"), nil
	}
	standing, err := q.standing(ctx, d.person)
	if err != nil {
		return o, err
	}
	o.email = standing.Email
	address, addressErr := mail.ParseAddress(standing.Email)
	switch {
	case !standing.Known:
		return o.but(NoAddress, "the person is no longer known"), nil
	case standing.Unsubscribed && m.Unsubscribable:
		return o.but(Unsubscribed, ""), nil
	case standing.Email == "":
		return o.but(NoAddress, "no e-mail address is known"), nil
	case addressErr != nil || address.Address != standing.Email:
		return o.but(NoAddress, "this is no e-mail address"), nil
	}
	rendered, err := m.Render(d.person)
	if err != nil {
		return o, err
	}
	o.subject = rendered.Subject
	receipt, err := q.work.Deliver.Deliver(ctx, delivery.Envelope{
		ID: d.id, Message: d.message, PersonID: d.personID, Entry: d.entry,
		MessageID: d.id + "@" + m.From.Address[strings.LastIndexByte(m.From.Address, '@')+1:],
		Date:      q.now(),
		From:      m.From,
		To:        mail.Address{Name: d.person.Name, Address: standing.Email},
		Subject:   rendered.Subject, Text: rendered.Text, HTML: rendered.HTML,
	})
	if err != nil {
		return o, err
	}
	o.sentAt = receipt.SentAt
	return o.but(Sent, ""), nil
}

// message is the message as it stands now; nil when there is none of that name.
func (q *Queue) message(ctx context.Context, name string) (*message.Message, error) {
	messages, unread := q.work.Messages(ctx)
	for _, m := range messages {
		if m.Name == name {
			return m, nil
		}
	}
	return nil, unread // its file may be the one that cannot be read
}

func (q *Queue) standing(ctx context.Context, person message.Person) (Standing, error) {
	if q.work.Standing != nil {
		return q.work.Standing(ctx, person.PersonID)
	}
	unsubscribed, _ := person.Attributes["unsubscribed_from_emails"].(bool)
	return Standing{Known: true, Email: person.Email, Unsubscribed: unsubscribed}, nil
}

func (q *Queue) delivery(ctx context.Context, id string) (due, bool, error) {
	rows, err := collect(ctx, q.store, func(scan func(...any) error) (d due, err error) {
		var person string
		if err := scan(&d.id, &d.message, &d.personID, &d.entry, &d.segment, &d.decision, &person); err != nil || person == "" {
			return d, err
		}
		decoder := json.NewDecoder(strings.NewReader(person))
		decoder.UseNumber() // ids and amounts keep all their digits
		return d, decoder.Decode(&d.person)
	}, `SELECT delivery_id, message, person_id, entry, segment, decision, person FROM parley_deliveries WHERE delivery_id = $1`, id)
	if err != nil || len(rows) == 0 {
		return due{}, false, err
	}
	return rows[0], true, nil
}

// decide writes the decision down, and that it is to be reported, in one transaction.
func (q *Queue) decide(ctx context.Context, d due, o outcome) error {
	err := q.store.inTx(ctx, func(tx transaction) error {
		changed, err := tx.exec(ctx, `UPDATE parley_deliveries SET decision = $1, person = '' WHERE delivery_id = $2 AND decision = ''`, o.decision, d.id)
		if err != nil || changed == 0 { // 0: another process, which took this one for gone, was faster
			return err
		}
		sentAt := ""
		if !o.sentAt.IsZero() {
			sentAt = stamp(o.sentAt)
		}
		_, err = tx.exec(ctx, `INSERT INTO parley_decisions (decision_id, delivery_id, decision, reason, email, channel, subject, decided_at, sent_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			delivery.DecisionID(d.message, d.personID, d.entry, o.decision), d.id, o.decision, o.reason, o.email,
			q.work.Deliver.Channel(), o.subject, stamp(q.now()), sentAt)
		if err != nil {
			return err
		}
		return tx.enqueue(ctx, river.InsertManyParams{Args: reportDecisions{}})
	})
	if err != nil {
		return fmt.Errorf("write down that %s to %s is %s: %w", d.message, d.personID, o.decision, err)
	}
	return nil
}

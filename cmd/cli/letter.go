package cli

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/mail"
	"strings"
	"time"

	"parley/cmd/output"
	"parley/cmd/workspace"
	"parley/jobs"
	"parley/jobs/delivery"
	"parley/pipelines/broker"
	"parley/reports"
	"parley/sql/build"
	"parley/sql/warehouse"
)

// weeklyWithheld is the report, in the ledger, that says that the weekly one is not sent.
const weeklyWithheld = "weekly-withheld"

// letter is the weekly report for those that parley.yaml names, once the week is
// over. Where the newest build failed it is a note that says so: figures that
// failed their checks are not sent, and older ones would pass for new.
func (d *desk) letter(ctx context.Context) (l jobs.Letter, err error) {
	recipients := d.ws.Config.RecipientsOfReports()
	if len(recipients) == 0 {
		return l, nil
	}
	from, err := mail.ParseAddress(d.ws.Config.Email.From)
	if err != nil {
		return l, fmt.Errorf("email.from: %w", err)
	}
	failed, err := d.failedSince()
	if err != nil {
		return l, err
	}
	err = d.marts.use(ctx, func(reader *warehouse.Reader) error {
		week, err := reports.LastWholeWeek(ctx, drawing(d.ws, reader))
		if err != nil {
			return err
		}
		l = jobs.Letter{Report: "weekly", Week: week.Format(time.DateOnly), BuildID: reader.Build().ID, Recipients: recipients}
		l.Compose = func(ctx context.Context) (delivery.Envelope, error) { return d.composeWeekly(ctx, *from) }
		if failed != nil {
			l.Report, l.Instead, l.BuildID = weeklyWithheld, l.Report, failed.ID
			l.Compose = func(context.Context) (delivery.Envelope, error) { return withheld(week, *failed, *from), nil }
		}
		return nil
	})
	if isNoBuild(err) || errors.Is(err, reports.ErrNoWeek) {
		return jobs.Letter{}, nil
	}
	return l, err
}

// failedSince is the newest build, if it failed; nil: it did not.
func (d *desk) failedSince() (*warehouse.Build, error) {
	store, err := d.ws.OpenLake()
	if err != nil {
		return nil, err
	}
	records, err := build.Recent(store, 1)
	if err != nil {
		return nil, err
	}
	for i := len(records) - 1; i >= 0; i-- {
		switch records[i].Status {
		case warehouse.Failed:
			return &records[i], nil
		case warehouse.Published:
			return nil, nil
		}
	}
	return nil, nil
}

func (d *desk) composeWeekly(ctx context.Context, from mail.Address) (envelope delivery.Envelope, err error) {
	err = d.marts.use(ctx, func(reader *warehouse.Reader) error {
		letter, err := reports.WriteWeeklyLetter(ctx, drawing(d.ws, reader))
		if err != nil {
			return err
		}
		envelope = delivery.Envelope{From: from, Subject: letter.Subject, Text: letter.Text, HTML: letter.HTML}
		for _, f := range letter.Files {
			file := delivery.File{Name: f.Name, Type: f.Type, Content: f.Content}
			if f.Picture {
				file.ContentID = f.Name
			}
			envelope.Files = append(envelope.Files, file)
		}
		return nil
	})
	return envelope, err
}

// withheld says that the weekly report is not sent, and why.
func withheld(week time.Time, failed warehouse.Build, from mail.Address) delivery.Envelope {
	text := fmt.Sprintf("The weekly support report of the week of %s is not sent: build %s failed, and its figures are not to be relied on.\n\nIt follows once a build and its checks hold. Whoever runs Parley sees why by `parley build --show %s`.\n",
		week.Format("2 January 2006"), failed.ID, failed.ID)
	return delivery.Envelope{
		From: from, Subject: "Weekly support, week of " + week.Format("2 January 2006") + ": not sent, the build failed",
		Text: text, HTML: "<!doctype html><html lang=\"en\"><body><p>" + strings.ReplaceAll(html.EscapeString(text), "\n", "<br>") + "</p></body></html>",
	}
}

// sendWeekly sends the weekly report to those who have not had it, and prints
// what has become of it. The error says so if it was not sent to somebody.
func (a *app) sendWeekly(ctx context.Context, ws *workspace.Workspace, b *broker.Broker) error {
	if len(ws.Config.Reports.Recipients) == 0 {
		return errors.New("nobody is to get reports; write reports.recipients into parley.yaml")
	}
	queue, desk, done, err := a.openQueue(ctx, ws, b)
	if err != nil {
		return err
	}
	defer done()
	letter, err := desk.letter(ctx)
	switch {
	case err != nil:
		return err
	case letter.Report == "":
		return errors.New("no week of a build is over yet: there is nothing to send; run `parley build` first")
	}
	before, err := queue.Letters(ctx, letter.Report, letter.Week)
	if err != nil {
		return err
	}
	if _, err := queue.AnnounceLetter(ctx); err != nil {
		return err
	}
	if err := queue.Drain(ctx); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	states, err := queue.Letters(ctx, letter.Report, letter.Week)
	if err != nil {
		return err
	}
	r := output.Rows{Columns: []string{"report", "week", "recipient", "decision", "sent_at", "reason"}}
	unsent := 0
	for _, s := range states {
		row := []any{s.Report, s.Week, s.Recipient, nil, nil, nil}
		if s.Decision != "" {
			row[3] = s.Decision
		}
		if !s.SentAt.IsZero() {
			row[4] = s.SentAt
		}
		if s.Reason != "" {
			row[5] = s.Reason
		}
		if s.Decision != jobs.Sent {
			unsent++
		}
		r.Rows = append(r.Rows, row)
	}
	if err := a.print(r); err != nil {
		return err
	}
	had := map[string]bool{}
	for _, s := range before {
		had[s.Recipient] = s.Decision != ""
	}
	again := 0
	for _, s := range states {
		if had[s.Recipient] {
			again++
		}
	}
	if again == len(states) {
		a.say("nothing was sent now: everybody had it before")
	}
	if letter.Instead != "" {
		return fmt.Errorf("the weekly report is not sent: build %s failed; `parley build --show %s` tells why", letter.BuildID, letter.BuildID)
	}
	if unsent > 0 {
		return fmt.Errorf("the weekly report is not sent to %s", plural(int64(unsent), "recipient", "recipients"))
	}
	return nil
}

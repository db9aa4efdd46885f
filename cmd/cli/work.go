package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"parley/cmd/workspace"
	"parley/jobs"
	"parley/jobs/delivery"
	"parley/jobs/delivery/outbox"
	"parley/jobs/delivery/smtp"
	"parley/jobs/message"
	"parley/pipelines/broker"
	"parley/pipelines/lake"
	"parley/pipelines/record"
	"parley/sql/build"
	"parley/sql/settle"
	"parley/sql/warehouse"
)

func (a *app) workCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "work",
		Short: "Work the jobs until stopped: settle, build, announce, send, draw the reports, look after the lake",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withBroker(cmd.Context(), false, a.work)
		},
	}
}

// work works the queue until ctx ends.
func (a *app) work(ctx context.Context, ws *workspace.Workspace, b *broker.Broker) error {
	queue, _, done, err := a.openQueue(ctx, ws, b)
	if err != nil {
		return err
	}
	defer done()
	hide, err := a.figures.showJobs(queue)
	if err != nil {
		return err
	}
	defer hide()
	if err := queue.Start(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	// Stopping outlives ctx: jobs that run have some time to finish.
	return queue.Stop(context.WithoutCancel(ctx))
}

// openQueue opens the queue, and the desk that its jobs are done at; done closes both.
func (a *app) openQueue(ctx context.Context, ws *workspace.Workspace, b *broker.Broker) (_ *jobs.Queue, _ *desk, done func(), err error) {
	way, err := wayOfSending(ws)
	if err != nil {
		return nil, nil, nil, err
	}
	desk := &desk{a: a, ws: ws, marts: &marts{a: a, ws: ws}, broker: b}
	queue, err := jobs.Open(ctx, jobs.Config{
		QueueURL: ws.QueueURL(), Dir: ws.Dir, BuildEvery: ws.Config.Build.Every.Value(), Now: ws.Now, Logger: a.log,
	}, jobs.Work{
		Messages: desk.messages,
		Standing: desk.standing,
		Deliver:  way,
		Report:   desk.report,
		Build:    desk.build,
		Settle:   desk.settle,
		Entries:  desk.entries,
		Draw:     desk.draw,
		Letter:   desk.letter,

		Checkpoint: desk.checkpoint,
		Collect:    desk.collect,
	})
	if err != nil {
		return nil, nil, nil, err
	}
	return queue, desk, func() {
		if err := queue.Close(); err != nil {
			a.log.Error("close the queue", "error", err)
		}
		if err := desk.marts.close(); err != nil {
			a.log.Error("close the marts", "error", err)
		}
	}, nil
}

// wayOfSending is how messages leave: by a mail server, or as files.
func wayOfSending(ws *workspace.Workspace) (delivery.Deliverer, error) {
	email := ws.Config.Email
	if email.SMTP == "" {
		return outbox.Open(ws.Path("outbox"))
	}
	password, err := email.Password()
	if err != nil {
		return nil, err
	}
	return smtp.Open(smtp.Config{URL: email.SMTP, Password: password})
}

// whereTo names where messages go.
func whereTo(ws *workspace.Workspace) string {
	if ws.Config.Email.SMTP != "" {
		return ws.Config.Email.SMTP
	}
	return ws.Path("outbox")
}

// desk is what the jobs need to know and do, answered from the workspace's parts.
type desk struct {
	a      *app
	ws     *workspace.Workspace
	marts  *marts
	broker *broker.Broker

	mu     sync.Mutex
	read   []*message.Message // as they stood at readAt
	faults error
	readAt time.Time
}

// messages are those that are right, also when others are not: the error then
// says which. What was read is good for a moment: a queue that sends asks for
// each message.
func (d *desk) messages(ctx context.Context) ([]*message.Message, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Since(d.readAt) < time.Second {
		return d.read, d.faults
	}
	var read []*message.Message
	var faults error
	err := d.marts.use(ctx, func(reader *warehouse.Reader) error {
		read, faults = d.a.messages(ctx, d.ws, reader)
		return nil
	})
	if err != nil {
		return nil, err
	}
	d.read, d.faults, d.readAt = read, faults, time.Now()
	return read, faults
}

func (d *desk) standing(ctx context.Context, personID string) (standing jobs.Standing, err error) {
	err = d.marts.use(ctx, func(reader *warehouse.Reader) error {
		answer, err := reader.Query(ctx, "select email, coalesce(unsubscribed_from_emails, false) from users where person_id = ?", personID)
		if err != nil || len(answer.Rows) == 0 {
			return err
		}
		standing.Known = true
		standing.Email, _ = answer.Rows[0][0].(string)
		standing.Unsubscribed, _ = answer.Rows[0][1].(bool)
		return nil
	})
	return standing, err
}

func (d *desk) report(ctx context.Context, decisions []record.Delivery) error {
	batch := make([]broker.Message, len(decisions))
	for i, decision := range decisions {
		value, err := json.Marshal(decision)
		if err != nil {
			return fmt.Errorf("report delivery %s: %w", decision.DecisionID, err)
		}
		batch[i] = broker.Message{Kind: record.KindDelivery, Key: decision.PersonID, Value: value, At: d.ws.Now()}
	}
	return d.broker.Produce(ctx, batch)
}

func (d *desk) build(ctx context.Context) error {
	built, err := d.a.build(ctx, d.ws, time.Time{}, howToBuild{})
	for _, fault := range built.Faults {
		d.a.log.Warn("build", "id", built.Build.ID, "fault", fault)
	}
	for _, warning := range built.Warnings {
		if warning.Builds == 1 { // once, not each minute: the page of builds goes on telling
			d.a.log.Warn("build", "id", built.Build.ID, "check", warning.Name(), "found", saysOf(warning))
		}
	}
	return err
}

func (d *desk) settle(ctx context.Context) error {
	store, err := d.ws.OpenLake()
	if err != nil {
		return err
	}
	_, err = settle.Run(ctx, settle.Config{Lake: store, InUse: func() ([]int64, error) { return build.SettledInUse(store) }})
	return err
}

func (d *desk) checkpoint(ctx context.Context) error {
	store, err := d.ws.OpenLake()
	if err != nil {
		return err
	}
	done, err := store.Checkpoint(ctx, lake.CheckpointConfig{})
	if done.Checkpoints+done.Removed > 0 {
		d.a.log.Info("checkpoints of the lake's log", "made", done.Checkpoints, "entries", done.Entries, "removed", done.Removed)
	}
	return err
}

func (d *desk) collect(ctx context.Context) error {
	store, err := d.ws.OpenLake()
	if err != nil {
		return err
	}
	done, err := store.Collect(ctx, lake.CollectConfig{Now: time.Now()})
	if done.Temp+done.Landed+done.Entries > 0 {
		d.a.log.Info("removed what crashes had left in the lake", "temporary", done.Temp, "landed", done.Landed, "entries", done.Entries, "bytes", done.Bytes)
	}
	return err
}

func (d *desk) draw(ctx context.Context) error {
	_, err := d.a.draw(ctx, d.ws)
	if isNoBuild(err) {
		return nil
	}
	return err
}

// entries are who has entered the segments that messages go to.
func (d *desk) entries(ctx context.Context) (jobs.Entries, error) {
	messages, faults := d.messages(ctx)
	if isNoBuild(faults) {
		return jobs.Entries{}, nil
	}
	if len(messages) == 0 {
		return jobs.Entries{}, faults
	}
	var entries jobs.Entries
	err := d.marts.use(ctx, func(reader *warehouse.Reader) (err error) {
		entries.AsOf = reader.Build().AsOf
		segments, existing := addressed(messages)
		if entries.Entered, err = entriesOf(ctx, reader, enteredQuery, segments); err != nil {
			return err
		}
		if len(existing) > 0 {
			entries.Members, err = entriesOf(ctx, reader, membersQuery, existing)
		}
		return err
	})
	return entries, err
}

// addressed are the segments that active messages go to, and those of them whose
// present members get one as well.
func addressed(messages []*message.Message) (segments, existing []string) {
	for _, m := range messages {
		if !m.Active {
			continue
		}
		segments = append(segments, m.Segment)
		if m.IncludeExisting {
			existing = append(existing, m.Segment)
		}
	}
	slices.Sort(segments)
	slices.Sort(existing)
	return slices.Compact(segments), slices.Compact(existing)
}

const (
	enteredQuery = `select segment, changed_at as entered_at, definition, run_id, person_id from segment_changes where change = 'entered' and segment in `
	membersQuery = `select segment, entered_at, definition, '' as run_id, person_id from segment_members where segment in `
)

// entriesOf are the entries that query finds in segments, with what is known of each person.
func entriesOf(ctx context.Context, reader *warehouse.Reader, query string, segments []string) ([]jobs.Entry, error) {
	if len(segments) == 0 {
		return nil, nil
	}
	values := make([]any, len(segments))
	for i, name := range segments {
		values[i] = name
	}
	in := "(?" + strings.Repeat(", ?", len(segments)-1) + ")"
	found, err := reader.Query(ctx, query+in+" order by entered_at, segment, person_id", values...)
	if err != nil {
		return nil, err
	}
	people, err := peopleWhere(ctx, reader, "person_id in (select person_id from ("+query+in+") as found)", values...)
	if err != nil {
		return nil, err
	}
	known := make(map[string]message.Person, len(people))
	for _, person := range people {
		known[person.PersonID] = person
	}
	var entries []jobs.Entry
	for _, row := range found.Rows {
		person, ok := known[row[4].(string)]
		if !ok {
			continue // deleted since, or merged into another: nobody to write to
		}
		entries = append(entries, jobs.Entry{
			Segment: row[0].(string), EnteredAt: row[1].(time.Time), Definition: row[2].(string), RunID: row[3].(string), Person: person,
		})
	}
	return entries, nil
}

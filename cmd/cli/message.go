package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"parley/cmd/output"
	"parley/cmd/workspace"
	"parley/jobs/message"
	"parley/pipelines/yamlfile"
	"parley/sql/segment"
	"parley/sql/warehouse"
)

func (a *app) messageCommand() *cobra.Command {
	var person string
	var html bool
	preview := &cobra.Command{
		Use: "preview NAME", Short: "Show a message as one person would get it; nothing is sent", Args: exactly("the name of a message"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.previewMessage(cmd.Context(), args[0], person, html)
		},
	}
	preview.Flags().StringVar(&person, "person", "", "for the person with this e-mail, user_id or person_id (default: one in its segment)")
	preview.Flags().BoolVar(&html, "html", false, "show the HTML part")
	return parent("message", "See the messages, and what they say to whom", &cobra.Command{
		Use: "list", Short: "List the messages, and how many people got each", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listMessages(cmd.Context()) },
	}, preview)
}

// messages loads the workspace's messages, checked against its segments and,
// where there is a build, against the columns of its people.
func (a *app) messages(ctx context.Context, ws *workspace.Workspace, reader *warehouse.Reader) ([]*message.Message, error) {
	// A segment whose file is wrong is there all the same: it goes on as it was.
	definitions, _ := segment.Load(ws.Folder("segments"), filepath.Join(a.dir, "segments"))
	options := message.Options{Dir: filepath.Join(a.dir, "messages"), Segments: []string{}, From: ws.Config.Email.From, Location: ws.Location()}
	for _, definition := range definitions {
		options.Segments = append(options.Segments, definition.Name)
	}
	if reader != nil {
		described, err := reader.Query(ctx, "describe users")
		if err != nil {
			return nil, err
		}
		for _, row := range described.Rows {
			options.Variables = append(options.Variables, fmt.Sprint(row[described.Index("column_name")]))
		}
	}
	return message.Load(ws.Folder("messages"), options)
}

// current is the workspace's current build, or nil when there is none yet.
func (a *app) current(ctx context.Context, ws *workspace.Workspace) (*warehouse.Reader, error) {
	reader, err := a.reader(ctx, ws)
	if errors.Is(err, warehouse.ErrNoBuild) {
		return nil, nil
	}
	return reader, err
}

func (a *app) listMessages(ctx context.Context) error {
	ws, err := a.open()
	if err != nil {
		return err
	}
	reader, err := a.current(ctx, ws)
	if err != nil {
		return err
	}
	sent := map[string]int64{}
	if reader != nil {
		defer reader.Close()
		answer, err := reader.Query(ctx, "select message, count(*) from deliveries where decision = 'sent' group by all")
		if err != nil {
			return err
		}
		for _, row := range answer.Rows {
			sent[row[0].(string)] = row[1].(int64)
		}
	}
	messages, err := a.messages(ctx, ws, reader)
	if err != nil {
		return err
	}
	r := output.Rows{Columns: []string{"message", "segment", "active", "style", "repeat", "sent"}, Empty: "no messages; write one in messages/NAME.md"}
	for _, m := range messages {
		r.Rows = append(r.Rows, []any{m.Name, m.Segment, m.Active, string(m.Style), string(m.Repeat), sent[m.Name]})
	}
	return a.print(r)
}

func (a *app) previewMessage(ctx context.Context, name, whom string, html bool) error {
	ws, err := a.open()
	if err != nil {
		return err
	}
	reader, err := a.reader(ctx, ws)
	if err != nil {
		return err
	}
	defer reader.Close()
	messages, err := a.messages(ctx, ws, reader)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(messages, func(m *message.Message) bool { return m.Name == name })
	if at < 0 {
		var names []string
		for _, m := range messages {
			names = append(names, m.Name)
		}
		return usagef("no message %q in messages/%s", name, yamlfile.DidYouMean(name, names))
	}
	m := messages[at]
	people, err := peopleWhere(ctx, reader, `person_id in (select person_id from segment_members where segment = ?) order by person_id limit 1`, m.Segment)
	if whom != "" {
		people, err = peopleWhere(ctx, reader, `person_id = ? or user_id = ? or email = lower(?) order by person_id limit 1`, whom, whom, whom)
	}
	if err != nil {
		return err
	}
	if len(people) == 0 && whom != "" {
		return usagef("no person with the e-mail, user_id or person_id %q in the last build", whom)
	}
	var person message.Person // of whom nothing is known: the fallbacks show
	if len(people) > 0 {
		person = people[0]
	}
	rendered, err := m.Render(person)
	if err != nil {
		return err
	}
	body := rendered.Text
	if html {
		body = rendered.HTML
	}
	_, err = fmt.Fprintf(a.stdout, "From: %s\nTo: %s\nSubject: %s\n\n%s\n", m.From.String(), person.Email, rendered.Subject, body)
	return err
}

// peopleWhere reads people from the users mart; condition is SQL of our own, its values bound.
func peopleWhere(ctx context.Context, reader *warehouse.Reader, condition string, values ...any) ([]message.Person, error) {
	answer, err := reader.Query(ctx, "select * from users where "+condition, values...)
	if err != nil {
		return nil, err
	}
	people := make([]message.Person, len(answer.Rows))
	for i, row := range answer.Rows {
		person := message.Person{Attributes: map[string]any{}}
		for j, column := range answer.Columns {
			text, _ := row[j].(string)
			switch column.Name {
			case "person_id":
				person.PersonID = text
			case "user_id":
				person.UserID = text
			case "email":
				person.Email = text
			case "name":
				person.Name = text
			default:
				person.Attributes[column.Name] = row[j]
			}
		}
		people[i] = person
	}
	return people, nil
}

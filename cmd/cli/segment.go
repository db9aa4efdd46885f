package cli

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"parley/cmd/output"
	"parley/cmd/workspace"
	"parley/pipelines/yamlfile"
	"parley/sql/filter"
	"parley/sql/segment"
	"parley/sql/warehouse"
)

func (a *app) segmentCommand() *cobra.Command {
	cmd := parent("segment", "See who is in a segment",
		&cobra.Command{
			Use: "list", Short: "List the segments, with their sizes as of the last build", Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return a.listSegments(cmd.Context()) },
		},
		&cobra.Command{
			Use: "show NAME", Short: "List the people in a segment", Args: exactly("the name of a segment"),
			RunE: func(cmd *cobra.Command, args []string) error { return a.showSegment(cmd.Context(), args[0]) },
		},
		&cobra.Command{
			Use: "count NAME", Short: "Count who would be in a segment by its definition now, over the last build's marts", Args: exactly("the name of a segment"),
			RunE: func(cmd *cobra.Command, args []string) error { return a.countSegment(cmd.Context(), args[0]) },
		},
	)
	cmd.Long = segmentHelp
	return cmd
}

const segmentHelp = `See who is in a segment. A segment is a file segments/NAME.yaml:

  description: Signed up a week ago and has not activated
  where: signed_up_at exactly 7 days ago and event "activated" count = 0

Conditions are joined by and, or, not and brackets. A field is a column of the mart users, custom attributes among
them; company.FIELD is one of companies, and holds if it holds for one of the person's. "A name with spaces" stands
between quotes. By the type of the field:

  text     is "a" · is not "a" · is one of ("a", "b") · contains "a" · does not contain "a" · starts with "a" · ends with "a"
  number   = 1 · != 1 · > 1 · >= 1 · < 1 · <= 1 · between 1 and 9
  boolean  is true · is false
  date     more than 3 days ago · less than 3 hours ago · exactly 3 days ago · the same with "from now" ·
           before 2026-06-30 · after 2026-06-30 · on 2026-06-30
  any      is known · is unknown

Beside fields: event "name" count (also count in the last 30 days), event "name" first, event "name" last, tag is "vip".
A condition on an unknown value does not match, nor does its negation; only is unknown does. Letters' case makes no
difference. Instead of where, sql may hold a SELECT of person_id over the marts.

Somebody enters when a build finds them in and the one before did not. The first build of a definition enters nobody.`

// segments loads the workspace's segments and opens the build to ask.
func (a *app) segments(ctx context.Context) ([]segment.Definition, *warehouse.Reader, error) {
	ws, err := a.open()
	if err != nil {
		return nil, nil, err
	}
	definitions, faults := segment.Load(ws.Folder("segments"), filepath.Join(a.dir, "segments"))
	if faults != nil {
		a.say("%v", faults) // the others can be asked for
	}
	reader, err := a.reader(ctx, ws)
	return definitions, reader, err
}

func find(definitions []segment.Definition, name string) (segment.Definition, error) {
	names := make([]string, len(definitions))
	for i, definition := range definitions {
		if names[i] = definition.Name; definition.Name == name {
			return definition, nil
		}
	}
	return segment.Definition{}, usagef("no segment %q in segments/%s", name, yamlfile.DidYouMean(name, names))
}

func (a *app) listSegments(ctx context.Context) error {
	definitions, reader, err := a.segments(ctx)
	if err != nil {
		return err
	}
	defer reader.Close()
	answer, err := reader.Query(ctx, "select segment, members, definition, as_of from segment_runs")
	if err != nil {
		return err
	}
	byName := map[string][]any{}
	for _, row := range answer.Rows {
		byName[row[0].(string)] = row
	}
	r := output.Rows{Columns: []string{"segment", "people", "as_of", "description"}, Empty: "no segments; write one in segments/NAME.yaml"}
	for _, definition := range definitions {
		var people, at any // not known before its first build
		if row, built := byName[definition.Name]; built && row[2] == definition.Hash() {
			people, at = row[1], row[3]
		}
		r.Rows = append(r.Rows, []any{definition.Name, people, at, definition.Description})
	}
	return a.print(r)
}

func (a *app) showSegment(ctx context.Context, name string) error {
	definitions, reader, err := a.segments(ctx)
	if err != nil {
		return err
	}
	defer reader.Close()
	definition, err := find(definitions, name)
	if err != nil {
		return err
	}
	runs, err := reader.Query(ctx, "select 1 from segment_runs where segment = ? and definition = ?", name, definition.Hash())
	if err != nil {
		return err
	}
	if len(runs.Rows) == 0 {
		a.say("no build has asked for this definition yet: parley build does; parley segment count %s counts without one", name)
	}
	answer, err := reader.Query(ctx, `
		select person_id, users.user_id, users.name, users.email, segment_members.entered_at
		from segment_members left join users using (person_id)
		where segment = ? order by entered_at desc, person_id`, name)
	if err != nil {
		return err
	}
	r := output.Answer(answer)
	r.Empty = "nobody is in it as of the last build"
	return a.print(r)
}

func (a *app) countSegment(ctx context.Context, name string) error {
	definitions, reader, err := a.segments(ctx)
	if err != nil {
		return err
	}
	defer reader.Close()
	definition, err := find(definitions, name)
	if err != nil {
		return err
	}
	ws, err := a.open()
	if err != nil {
		return err
	}
	answer, err := peopleIn(ctx, ws, reader, definition)
	if err != nil {
		return err
	}
	return a.print(output.Answer(answer))
}

// peopleIn counts who is in a segment as of the build.
func peopleIn(ctx context.Context, ws *workspace.Workspace, reader *warehouse.Reader, definition segment.Definition) (*warehouse.Table, error) {
	catalogue, err := segment.CatalogueOf(ctx, reader)
	if err != nil {
		return nil, err
	}
	query, values, err := definition.Query(catalogue, filter.Moment{AsOf: reader.Build().AsOf, Zone: ws.Location()})
	if err != nil {
		return nil, err
	}
	answer, err := reader.Query(ctx, "select count(distinct person_id) as people from ("+query+"\n) as people", values...)
	if err != nil {
		return nil, definition.Errorf("%w", err)
	}
	return answer, nil
}

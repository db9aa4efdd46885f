package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"parley/cmd/output"
	"parley/reports"
	"parley/reports/profile"
)

func (a *app) personCommand() *cobra.Command {
	var most int
	cmd := &cobra.Command{
		Use:   "person EMAIL|ID",
		Short: "Show all that is known of one person",
		Long: `Show all that is known of one person by the last build: keys and since when, attributes, companies, tags, segments, and what
happened, the newest first. The person is named by an e-mail address, a user_id, a person_id, a cookie or the sending
system's id. parley serve shows the same at /people/.`,
		Args: exactly("an e-mail address or an id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.showProfile(cmd.Context(), profile.OfPerson, args[0], most)
		},
	}
	cmd.Flags().IntVar(&most, "limit", 50, "how many of the newest happenings are shown; 0: all")
	return cmd
}

func (a *app) companyCommand() *cobra.Command {
	var most int
	cmd := &cobra.Command{
		Use:   "company ID|NAME",
		Short: "Show all that is known of one company",
		Long: `Show all that is known of one company by the last build: attributes, people, tags, and what happened, the newest first.
The company is named by its company_id, or by its name. parley serve shows the same at /companies/.`,
		Args: exactly("a company_id or a name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.showProfile(cmd.Context(), profile.OfCompany, args[0], most)
		},
	}
	cmd.Flags().IntVar(&most, "limit", 50, "how many of the newest happenings are shown; 0: all")
	return cmd
}

// showProfile prints what of knows of whom key names.
func (a *app) showProfile(ctx context.Context, of func(context.Context, reports.Query, string, int) (*profile.Profile, error), key string, most int) error {
	switch {
	case most < 0:
		return usagef("--limit %d: give 1 or more, or 0 for all", most)
	case a.format == "csv":
		return usagef("a profile is no single table: print it as table or json, or ask for one of its tables by `parley sql --format csv`")
	}
	ws, err := a.open()
	if err != nil {
		return err
	}
	reader, err := a.reader(ctx, ws)
	if err != nil {
		return err
	}
	defer reader.Close()
	found, err := of(ctx, reader.Query, key, most)
	var missing *profile.NotFoundError
	if errors.As(err, &missing) {
		return usageError{missing}
	}
	if err != nil {
		return err
	}
	if len(found.Others) > 0 {
		a.say("the same key names others too: %v", found.Others)
	}
	if !a.forPeople() {
		parts := make([]output.Part, len(found.Sections))
		for i, s := range found.Sections {
			parts[i] = output.Part{Name: s.Name, Rows: output.Answer(s.Table), Single: s.Single}
		}
		return output.Document(a.stdout, parts)
	}
	for i := range found.Sections {
		if err := a.printSection(&found.Sections[i]); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printSection(s *profile.Section) error {
	fmt.Fprintf(a.stdout, "%s\n", s.Title)
	rows := output.Answer(s.Table)
	if s.Single && len(rows.Rows) > 0 {
		turned := output.Rows{Columns: []string{"name", "value"}}
		for i, name := range rows.Columns {
			if value := rows.Rows[0][i]; value != nil {
				turned.Rows = append(turned.Rows, []any{name, value})
			}
		}
		rows = turned
	}
	rows.Empty = s.Empty
	if err := a.print(rows); err != nil {
		return err
	}
	if s.More {
		fmt.Fprintln(a.stdout, "… and more; --limit 0 shows all")
	}
	fmt.Fprintln(a.stdout)
	return nil
}

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/user"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/cmd/output"
	"parley/cmd/workspace"
	"parley/pipelines/record"
	"parley/reports/profile"
	"parley/sql/identity"
	"parley/sql/warehouse"
)

func (a *app) tagCommand() *cobra.Command {
	var company bool
	var by string
	change := func(use, short string, removed bool) *cobra.Command {
		cmd := &cobra.Command{
			Use: use + " WHO TAG", Short: short, Args: exactly("a person or company", "a tag"),
			RunE: func(cmd *cobra.Command, args []string) error {
				return a.tag(cmd.Context(), tagging{who: args[0], tag: args[1], company: company, by: by, removed: removed})
			},
		}
		cmd.Flags().BoolVar(&company, "company", false, "WHO is a company, by its company_id or name")
		cmd.Flags().StringVar(&by, "by", "", "`who` does it (default: your name on this machine)")
		return cmd
	}
	list := &cobra.Command{
		Use: "list", Short: "List the tags, and how many people and companies carry each as of the last build", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listTags(cmd.Context()) },
	}
	cmd := parent("tag", "Tag people and companies by hand", change("add", "Put a tag on a person or a company", false),
		change("remove", "Take a tag off a person or a company", true), list)
	cmd.Long = `Tag people and companies by hand. A tag is a record on Kafka like any other, with who gave it and when; it is seen from the
next build on. A person is named by an e-mail address, a user_id, a person_id, a cookie or the sending system's id.`
	cmd.Example = "  parley tag add ann@example.com vip\n  parley tag remove --company 6 \"at risk\" --by Orla"
	return cmd
}

// tagging is one tag that somebody puts on, or takes off.
type tagging struct {
	who, tag, by     string
	company, removed bool
}

// keyOf is the field of a record that names an entity, and its value: a
// person_id is the letter of the person's strongest key and the key.
func keyOf(t tagging, id string) (field, key string) {
	if t.company {
		return "company_id", id
	}
	of, _ := identity.ParsePersonID(id)
	return string(of.Kind), of.Key
}

// tag puts the tagging on Kafka. Whom it is about must be known: a slip of the
// pen would make somebody new.
func (a *app) tag(ctx context.Context, t tagging) error {
	if t.tag = strings.TrimSpace(t.tag); t.tag == "" {
		return usagef("the tag is empty; give it a name")
	}
	if t.by = strings.TrimSpace(t.by); t.by == "" {
		if me, err := user.Current(); err == nil {
			t.by = me.Username
		}
	}
	ws, err := a.open()
	if err != nil {
		return err
	}
	id, err := a.known(ctx, ws, t)
	if err != nil {
		return err
	}
	field, key := keyOf(t, id)
	value, err := json.Marshal(map[string]any{field: key, "tag": t.tag, "by": t.by, "removed": t.removed, "at": ws.Now().UTC().Format(time.RFC3339Nano)})
	if err != nil {
		return err
	}
	// What would be a dead letter is said now.
	if err := new(record.Tag).Decode(value, record.Position{At: ws.Now()}); err != nil {
		return usageError{fmt.Errorf("tag %q: %w", t.tag, err)}
	}
	if err := a.produce(ctx, ws, record.KindTag, value); err != nil {
		return fmt.Errorf("tag %s: %w", id, err)
	}
	a.say("%s: %q is %s, by %s; the next build shows it", id, t.tag, map[bool]string{false: "put on", true: "taken off"}[t.removed], t.by)
	return nil
}

// known is the person_id or company_id of whom the last build knows by that name.
func (a *app) known(ctx context.Context, ws *workspace.Workspace, t tagging) (id string, err error) {
	reader, err := a.reader(ctx, ws)
	if errors.Is(err, warehouse.ErrNoBuild) {
		return "", fmt.Errorf("nobody is known yet: %w", err)
	}
	if err != nil {
		return "", err
	}
	defer reader.Close()
	find := profile.FindPerson
	if t.company {
		find = profile.FindCompany
	}
	id, others, err := find(ctx, reader.Query, t.who)
	var missing *profile.NotFoundError
	if errors.As(err, &missing) {
		return "", usageError{missing}
	}
	if err == nil && t.company && len(others) > 0 && id != t.who {
		return "", usagef("several companies are called %q: %s; give the company_id", t.who, strings.Join(append([]string{id}, others...), ", "))
	}
	return id, err
}

func (a *app) listTags(ctx context.Context) error {
	ws, err := a.open()
	if err != nil {
		return err
	}
	reader, err := a.reader(ctx, ws)
	if err != nil {
		return err
	}
	defer reader.Close()
	answer, err := reader.Query(ctx, `select tag, cast(count(person_id) as bigint) as people, cast(count(company_id) as bigint) as companies, max(tagged_at) as last_tagged_at
		from (select tag, person_id, null as company_id, tagged_at from tags union all select tag, null, company_id, tagged_at from company_tags)
		group by tag order by tag`)
	if err != nil {
		return err
	}
	r := output.Answer(answer)
	r.Empty = "no tag is carried by anybody; parley tag add puts one on"
	return a.print(r)
}

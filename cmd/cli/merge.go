package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/segmentio/encoding/json"
	"github.com/spf13/cobra"

	"parley/cmd/workspace"
	"parley/pipelines/record"
	"parley/sql/identity"
	"parley/sql/warehouse"
)

func (a *app) mergeCommand() *cobra.Command {
	var by string
	cmd := &cobra.Command{
		Use:   "merge PERSON OTHER",
		Short: "Say that two people are one",
		Long: `Say that two people are one: a record on the topic merges. All that OTHER ever did is PERSON's from the next build
on, with the earlier sign-up of the two; a lead never takes the place of a user. Nothing is rewritten: parley unmerge
restores exactly what was before.

A person is named by a user_id or an e-mail address, or by a letter and any key, as in marts: u:42, e:ann@example.com,
s:530370b4 (the sending system's id), a:f81d4fae (a cookie).`,
		Example: "  parley merge 42 43\n  parley merge 42 lead@example.com --by zoe",
		Args:    exactly("a person", "the one who is merged into them"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runMerge(cmd.Context(), args[0], args[1], by, false)
		},
	}
	cmd.Flags().StringVar(&by, "by", "", "`who` says so")
	return cmd
}

func (a *app) unmergeCommand() *cobra.Command {
	var by string
	cmd := &cobra.Command{
		Use:   "unmerge PERSON OTHER",
		Short: "Undo a merge of two people",
		Long: `Undo a merge of two people, whichever was merged into which: a record on the topic merges. From the next build on
both are who they would be had they never been merged. People are named as for parley merge, by any key of theirs.`,
		Example: "  parley unmerge 42 43",
		Args:    exactly("a person", "the other one"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runMerge(cmd.Context(), args[0], args[1], by, true)
		},
	}
	cmd.Flags().StringVar(&by, "by", "", "`who` says so")
	return cmd
}

// runMerge puts the record on Kafka.
func (a *app) runMerge(ctx context.Context, into, from, by string, undo bool) error {
	ws, err := a.open()
	if err != nil {
		return err
	}
	said := map[string]any{"into": personNamed(into), "from": personNamed(from), "at": ws.Now().UTC().Format(time.RFC3339Nano)}
	if by != "" {
		said["by"] = by
	}
	if undo {
		said["undo"] = true
	}
	value, err := json.Marshal(said)
	if err != nil {
		return err
	}
	if refused := record.Check(record.KindMerge, value, record.Position{At: ws.Now()}); refused != nil {
		return usagef("%s", refused.Reason)
	}
	if err := a.produce(ctx, ws, record.KindMerge, value); err != nil {
		return fmt.Errorf("put the merge on Kafka: %w", err)
	}
	if undo {
		a.say("%s and %s are two people again, from the next build on", into, from)
	} else {
		a.say("%s is %s, from the next build on; parley unmerge %[2]s %[1]s undoes it", from, into)
	}
	return a.sayUnknown(ctx, ws, value)
}

// sayUnknown tells of the keys of a merge that no record had named by the last
// build: a slip of the pen, or somebody of whom records are yet to come.
func (a *app) sayUnknown(ctx context.Context, ws *workspace.Workspace, value []byte) error {
	var merge record.Merge
	if err := merge.Decode(value, record.Position{At: ws.Now()}); err != nil {
		return err
	}
	reader, err := a.reader(ctx, ws)
	if errors.Is(err, warehouse.ErrNoBuild) {
		return nil
	}
	if err != nil {
		return err
	}
	defer reader.Close()
	for _, named := range []struct {
		kind record.KeyKind
		key  string
	}{{merge.IntoKind, merge.IntoKey}, {merge.FromKind, merge.FromKey}} {
		known, err := reader.Query(ctx, "select 1 from person_keys where key_kind = $1 and key = $2", string(named.kind), named.key)
		if err != nil {
			return fmt.Errorf("look whether %s %q is known: %w", named.kind, named.key, err)
		}
		if len(known.Rows) == 0 {
			a.say("by the last build no record has named %s %q: what was said holds once one does, and until then identity_conflicts lists the key", named.kind, named.key)
		}
	}
	return nil
}

// personNamed is the key by which a person is named at the terminal, as it
// stands in a record.
func personNamed(name string) map[string]string {
	if key, ok := identity.ParsePersonID(name); ok {
		return map[string]string{string(key.Kind): key.Key}
	}
	if strings.Contains(name, "@") {
		return map[string]string{string(record.ByEmail): name}
	}
	return map[string]string{string(record.ByUserID): name}
}

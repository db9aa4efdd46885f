package cli

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"parley/cmd/output"
	"parley/cmd/workspace"
	"parley/pipelines/deadletter"
	"parley/pipelines/lake"
	"parley/pipelines/record"
	"parley/pipelines/yamlfile"
)

func (a *app) deadLettersCommand() *cobra.Command {
	return parent("dead-letters", "See the records that could not be read, and send them again", a.listDeadLettersCommand(), &cobra.Command{
		Use: "show TOPIC/PARTITION/OFFSET", Short: "Show one as it came: key, headers, value, and what is wrong with it", Args: exactly("TOPIC/PARTITION/OFFSET"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.showDeadLetter(cmd.Context(), args[0]) },
	}, a.replayCommand())
}

// meant are the flags that say which dead letters are meant.
type meant struct{ topic, reason, since string }

func (m *meant) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&m.topic, "topic", "", "only of this `topic`, as parley.users or users")
	cmd.Flags().StringVar(&m.reason, "reason", "", "only those whose reason holds this `text`, or whose class it is")
	cmd.Flags().StringVar(&m.since, "since", "", "only what landed since then: an `instant` as 2026-06-30T00:00:00Z, or how long ago, as 24h")
}

// filter is what the flags mean.
func (m *meant) filter(ctx context.Context, ws *workspace.Workspace, store *lake.Lake) (filter deadletter.Filter, err error) {
	filter.Reason = m.reason
	if filter.Topic, err = topicNamed(ctx, ws, store, m.topic); err != nil {
		return filter, err
	}
	if m.since == "" {
		return filter, nil
	}
	if ago, err := time.ParseDuration(m.since); err == nil && ago > 0 {
		filter.Since = time.Now().Add(-ago)
		return filter, nil
	}
	if filter.Since, err = time.Parse(time.RFC3339, m.since); err != nil {
		return filter, usagef("--since %s is no instant; write 2026-06-30T00:00:00Z, or 24h for how long ago", m.since)
	}
	return filter, nil
}

// topicNamed is the topic that name means: its own, or its kind's. One that
// neither the workspace nor the lake has is an error.
func topicNamed(ctx context.Context, ws *workspace.Workspace, store *lake.Lake, name string) (string, error) {
	var known []string
	byKind := "" // a topic that landed under just this name comes before it
	for _, kind := range record.Kinds() {
		topic := kind.Topic(ws.Config.Kafka.TopicPrefix)
		switch name {
		case "", topic:
			return name, nil
		case string(kind):
			byKind = topic
		}
		known = append(known, string(kind), topic)
	}
	logs, err := store.Summary(ctx)
	if err != nil {
		return "", err
	}
	for _, log := range logs {
		if log.Topic == name {
			return name, nil
		}
	}
	if byKind != "" {
		return byKind, nil
	}
	return "", usagef("no topic %q%s", name, yamlfile.DidYouMean(name, known))
}

// placeNamed is the place that TOPIC/PARTITION/OFFSET means, its topic being named as topicNamed has it.
func placeNamed(ctx context.Context, ws *workspace.Workspace, store *lake.Lake, text string) (deadletter.Place, error) {
	place, err := deadletter.ParsePlace(text)
	if err != nil {
		return place, usageError{err}
	}
	place.Topic, err = topicNamed(ctx, ws, store, place.Topic)
	return place, err
}

func (a *app) listDeadLettersCommand() *cobra.Command {
	var which meant
	var open bool
	var by string
	limit := 100
	cmd := &cobra.Command{
		Use: "list", Short: "List them: where each stood, what is wrong with it, and what it holds", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ws, store, err := a.openLake()
			if err != nil {
				return err
			}
			filter, err := which.filter(cmd.Context(), ws, store)
			switch {
			case err != nil:
				return err
			case limit < 0:
				return usagef("--limit %d cannot be; write how many to list, or 0 for all", limit)
			case by == "reason":
				return a.countDeadLetters(cmd.Context(), store, filter, open, limit)
			case by != "":
				return usagef("--by %s is no way to count; write --by reason", by)
			}
			return a.listDeadLetters(cmd.Context(), store, filter, open, limit)
		},
	}
	which.flags(cmd)
	cmd.Flags().BoolVar(&open, "open", false, "only those that were not replayed yet")
	cmd.Flags().IntVar(&limit, "limit", limit, "list the newest `so many`, by reason the commonest; 0: all")
	cmd.Flags().StringVar(&by, "by", "", "count them by `reason` instead")
	return cmd
}

var deadLetterColumns = []string{"topic", "partition", "offset", "at", "reason", "key", "value", "class", "epoch", "landed_at", "replayed_at"}

// listDeadLetters asks the lake, not a build: a record is to be seen as soon as it has landed.
func (a *app) listDeadLetters(ctx context.Context, store *lake.Lake, filter deadletter.Filter, open bool, limit int) error {
	letters, found, err := deadletter.Newest(ctx, store, filter, open, limit)
	if err != nil {
		return err
	}
	r := output.Rows{Columns: deadLetterColumns, Empty: "no dead letters"}
	if a.forPeople() {
		r.Columns = []string{"place", "at", "reason", "key", "value", "replayed_at"}
	}
	for _, l := range letters {
		if a.forPeople() {
			r.Rows = append(r.Rows, []any{l.String(), l.At.Truncate(time.Second), l.Reason, beginning(l.Key), beginning(l.Value), orNothing(l.ReplayedAt.Truncate(time.Second))})
			continue
		}
		r.Rows = append(r.Rows, []any{l.Topic, l.Partition, l.Offset, l.At, l.Reason, bytesOrNothing(l.Key), bytesOrNothing(l.Value), string(l.Class), l.Epoch, l.LandedAt, orNothing(l.ReplayedAt)})
	}
	if err := a.print(r); err != nil {
		return err
	}
	if int64(len(letters)) < found {
		a.say("the newest %s of %s; --limit 0 lists all, --by reason counts them", grouped(int64(len(letters))), grouped(found))
	}
	return nil
}

func (a *app) countDeadLetters(ctx context.Context, store *lake.Lake, filter deadletter.Filter, open bool, limit int) error {
	tallies, err := deadletter.Tallies(ctx, store, filter, open)
	if err != nil {
		return err
	}
	reasons := len(tallies)
	if limit > 0 {
		tallies = tallies[:min(limit, reasons)]
	}
	r := output.Rows{Columns: []string{"topic", "class", "reason", "dead_letters", "last", "last_landed_at"}, Empty: "no dead letters"}
	for _, t := range tallies {
		r.Rows = append(r.Rows, []any{t.Topic, string(t.Class), t.Reason, t.Letters, t.Last.String(), t.LastAt})
	}
	if err := a.print(r); err != nil {
		return err
	}
	if len(tallies) < reasons {
		a.say("the commonest %s of %s reasons; --limit 0 lists all", grouped(int64(len(tallies))), grouped(int64(reasons)))
	}
	return nil
}

// beginning is as much of a key or value as fits into a table; nil is nothing.
func beginning(content []byte) any {
	const most = 160 // letters
	if content == nil {
		return nil
	}
	if !utf8.Valid(content) {
		return fmt.Sprintf("%d bytes, not text", len(content))
	}
	if utf8.RuneCount(content) <= most {
		return string(content)
	}
	return string([]rune(string(content[:min(len(content), 4*most)]))[:most]) + fmt.Sprintf("… (%s)", size(int64(len(content))))
}

func bytesOrNothing(content []byte) any {
	if content == nil {
		return nil
	}
	return content
}

func orNothing(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at
}

package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/cmd/output"
	"parley/cmd/workspace"
	"parley/pipelines/broker"
	"parley/pipelines/deadletter"
)

func (a *app) replayCommand() *cobra.Command {
	var which meant
	var config deadletter.ReplayConfig
	var tryOnly bool
	cmd := &cobra.Command{
		Use:   "replay [TOPIC/PARTITION/OFFSET …]",
		Short: "Send those that can be read now to their topics again",
		Long: `Look at the dead letters with today's decoder, and send those that it can read to their topics again, with the
key, value, headers and timestamp that they came with. They then land like any other record. Those that still
cannot be read stay, and are counted by reason; --all sends them too, for a reader of your own on the topic.

What was sent is noted in the lake, and left out the next time. Should the program be killed between sending and
noting, the next replay sends it again: it lands twice, and counts once, because its id is the same.`,
		Example: "  parley dead-letters replay --try\n  parley dead-letters replay --topic users --reason created_at\n  parley dead-letters replay parley.users/0/12",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.replay(cmd.Context(), args, which, config, tryOnly)
		},
	}
	which.flags(cmd)
	cmd.Flags().BoolVar(&config.All, "all", false, "send also those that cannot be read yet")
	cmd.Flags().BoolVar(&config.Again, "again", false, "send also those that were replayed before")
	cmd.Flags().BoolVar(&tryOnly, "try", false, "send nothing, say what would be")
	return cmd
}

// replay sends the dead letters at the places, or else all that are meant, again
// and says what became of each.
func (a *app) replay(ctx context.Context, places []string, which meant, config deadletter.ReplayConfig, tryOnly bool) error {
	ws, store, err := a.openLake()
	if err != nil {
		return err
	}
	config.Lake = store
	if config.Filter, err = which.filter(ctx, ws, store); err != nil {
		return err
	}
	for _, text := range places {
		place, err := placeNamed(ctx, ws, store, text)
		if err != nil {
			return err
		}
		config.Filter.Places = append(config.Filter.Places, place)
	}
	config.TopicPrefix, config.Now = ws.Config.Kafka.TopicPrefix, time.Now
	show := a.movingLine()
	config.Progress = func(looked int64) {
		if looked%1000 == 0 {
			show("replaying: looked at " + grouped(looked))
		}
	}
	run := func(ctx context.Context, produce func(context.Context, []broker.Message) error) error {
		config.Produce = produce
		replayed, err := deadletter.Replay(ctx, config)
		show("")
		if err != nil {
			return err
		}
		return a.printReplayed(replayed, tryOnly)
	}
	if tryOnly {
		return run(ctx, nil)
	}
	return a.withBroker(ctx, true, func(ctx context.Context, _ *workspace.Workspace, b *broker.Broker) error { return run(ctx, b.Produce) })
}

func (a *app) printReplayed(replayed []deadletter.Replayed, tried bool) error {
	r := output.Rows{Columns: []string{"topic", "outcome", "dead_letters", "reason"}, Empty: "no dead letters"}
	counts := map[deadletter.Outcome]int64{}
	for _, line := range replayed {
		var reason any
		if line.Reason != "" {
			reason = line.Reason
		}
		r.Rows = append(r.Rows, []any{line.Topic, string(line.Outcome), line.Letters, reason})
		counts[line.Outcome] += line.Letters
	}
	if err := a.print(r); err != nil {
		return err
	}
	sent := deadletter.Sent
	if tried {
		sent = deadletter.Sendable
	}
	var words []string
	for _, word := range []struct {
		outcome deadletter.Outcome
		text    string
	}{
		{sent, map[bool]string{false: "sent again", true: "can be sent again"}[tried]},
		{deadletter.Unreadable, "cannot be read yet"}, {deadletter.TooLarge, "too large for the broker"}, {deadletter.ReplayedBefore, "replayed before"},
	} {
		if n := counts[word.outcome]; n > 0 || word.outcome == sent {
			words = append(words, grouped(n)+" "+word.text)
		}
	}
	a.say("%s", strings.Join(words, ", "))
	return nil
}

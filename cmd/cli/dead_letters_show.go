package cli

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"parley/cmd/output"
	"parley/cmd/workspace"
	"parley/pipelines/deadletter"
)

// showDeadLetter shows what stood at a place; where the topic was made anew,
// more than one record did.
func (a *app) showDeadLetter(ctx context.Context, text string) error {
	ws, store, err := a.openLake()
	if err != nil {
		return err
	}
	place, err := placeNamed(ctx, ws, store, text)
	if err != nil {
		return err
	}
	letters, _, err := deadletter.Newest(ctx, store, deadletter.Filter{Places: []deadletter.Place{place}}, false, 0)
	if err != nil {
		return err
	}
	if len(letters) == 0 {
		return fmt.Errorf("no dead letter at %s; `parley dead-letters list` shows where they stand", place)
	}
	if a.forPeople() {
		for i, letter := range letters {
			if i > 0 {
				fmt.Fprintln(a.stdout)
			}
			if _, err := fmt.Fprint(a.stdout, shown(letter, ws)); err != nil {
				return err
			}
		}
		return nil
	}
	r := output.Rows{Columns: append(deadLetterColumns, "decoder", "headers", "refused_today")}
	for _, l := range letters {
		headers := []any{}
		for _, header := range l.Headers {
			headers = append(headers, map[string]any{"key": header.Key, "value": header.Value})
		}
		var refused any
		if why := l.Refused(ws.Config.Kafka.TopicPrefix); why != nil {
			refused = why.Reason
		}
		r.Rows = append(r.Rows, []any{l.Topic, l.Partition, l.Offset, l.At, l.Reason, bytesOrNothing(l.Key), bytesOrNothing(l.Value), string(l.Class),
			l.Epoch, l.LandedAt, orNothing(l.ReplayedAt), l.Decoder, headers, refused})
	}
	return a.print(r)
}

// shown is a dead letter for people. What could move a terminal's cursor is replaced.
func shown(l deadletter.Letter, ws *workspace.Workspace) string {
	var out strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&out, "%-12s %s\n", name, output.Printable(fmt.Sprintf(format, args...)))
	}
	line("place", "%s", l)
	if l.Epoch > 0 {
		line("epoch", "%d: the topic was made anew before it", l.Epoch)
	}
	line("at", "%s", formatTime(l.At))
	line("landed at", "%s", formatTime(l.LandedAt))
	line("reason", "%s (%s)", l.Reason, l.Class)
	if near := nearby(l.Value, l.Reason); near != "" {
		line("", "%s", near)
	}
	line("refused by", "decoder %d", l.Decoder)
	switch why := l.Refused(ws.Config.Kafka.TopicPrefix); {
	case why == nil:
		line("today", "it can be read: parley dead-letters replay %s", l)
	case why.Reason == l.Reason:
		line("today", "it cannot be read either")
	default:
		line("today", "it cannot be read either: %s", why.Reason)
	}
	if !l.ReplayedAt.IsZero() {
		line("replayed at", "%s", l.ReplayedAt.Format(time.RFC3339))
	}
	line("key", "%s", inLine(l.Key))
	for _, header := range l.Headers {
		line("header", "%s: %s", header.Key, inLine(header.Value))
	}
	switch {
	case l.Value == nil:
		line("value", "none")
	case len(l.Value) == 0:
		line("value", "empty")
	case utf8.Valid(l.Value):
		line("value", "%s of text", size(int64(len(l.Value))))
		for text := range strings.Lines(string(l.Value)) {
			fmt.Fprintln(&out, output.Printable(strings.TrimRight(text, "\r\n")))
		}
	default:
		line("value", "%s that are not text", size(int64(len(l.Value))))
		out.WriteString(hex.Dump(l.Value))
	}
	return out.String()
}

func inLine(content []byte) string {
	switch {
	case content == nil:
		return "none"
	case utf8.Valid(content):
		return string(content)
	}
	return base64.StdEncoding.EncodeToString(content) + " (base64: it is not text)"
}

var atByte = regexp.MustCompile(`\bbyte (\d+)\b`)

// nearby is what stands around the byte of the value that the reason names.
func nearby(value []byte, reason string) string {
	const around = 30 // bytes to either side
	found := atByte.FindStringSubmatch(reason)
	if found == nil {
		return ""
	}
	at, err := strconv.Atoi(found[1])
	if err != nil || at < 1 || at > len(value) {
		return ""
	}
	at-- // reasons count from 1 on
	before, after := value[max(0, at-around):at], value[at:min(len(value), at+around)]
	return "there: " + strings.ToValidUTF8(string(before), "\uFFFD") + " ▶ " + strings.ToValidUTF8(string(after), "\uFFFD")
}

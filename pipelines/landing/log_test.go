package landing

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/segmentio/kafka-go"
)

// logged keeps what the logger is told.
type logged struct {
	mutex sync.Mutex
	lines []string
}

func (l *logged) logger() *slog.Logger { return slog.New(l) }

func (l *logged) Enabled(context.Context, slog.Level) bool { return true }

func (l *logged) Handle(_ context.Context, r slog.Record) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	line := r.Level.String() + " " + r.Message
	r.Attrs(func(attribute slog.Attr) bool {
		line += fmt.Sprintf(" %s=%q", attribute.Key, attribute.Value.String())
		return true
	})
	l.lines = append(l.lines, line)
	return nil
}

func (l *logged) WithAttrs([]slog.Attr) slog.Handler { return l }

func (l *logged) WithGroup(string) slog.Handler { return l }

func (l *logged) has(text string) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return slices.ContainsFunc(l.lines, func(line string) bool { return strings.Contains(line, text) })
}

func (l *logged) all() []string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return slices.Clone(l.lines)
}

// createTopic makes one topic, of one partition.
func (b *bench) createTopic(name string) {
	b.Helper()
	client := &kafka.Client{Addr: kafka.TCP(b.broker.Addrs()...)}
	answer, err := client.CreateTopics(b.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: b.prefix + name, NumPartitions: 1, ReplicationFactor: 1}}})
	if err != nil || answer.Errors[b.prefix+name] != nil {
		b.Fatal(fmt.Errorf("%w %w", err, answer.Errors[b.prefix+name]))
	}
}

package landing

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"parley/pipelines/broker"
	"parley/pipelines/lake"
	"parley/pipelines/record"
)

// steadyLoad produces events at an even pace, every one with the time at which
// it was due: one that could not be sent in time counts as late.
type steadyLoad struct {
	to        *broker.Broker
	perSecond int
	sent      int64
}

// last produces for that long.
func (l *steadyLoad) last(ctx context.Context, long time.Duration) error {
	const pace = 10 * time.Millisecond
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	began, sent := time.Now(), 0
	for due := 0; sent < int(long.Seconds()*float64(l.perSecond)); {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case now := <-ticker.C:
			due = int(min(now.Sub(began), long).Seconds() * float64(l.perSecond))
		}
		messages := make([]broker.Message, 0, due-sent)
		for ; sent < due; sent++ {
			at := began.Add(time.Duration(sent) * time.Second / time.Duration(l.perSecond))
			id := l.sent + int64(len(messages))
			messages = append(messages, broker.Message{
				Kind: record.KindEvent, Key: fmt.Sprintf("u%d", id%997), At: at,
				Value: fmt.Appendf(nil, `{"id":"e%d","event_name":"page_view","user_id":"u%d","created_at":"%s","url":"https://app.example.com/rota/%d","metadata":{"plan":"team","n":%d}}`,
					id, id%997, at.UTC().Format(time.RFC3339Nano), id%500, id%1000),
			})
		}
		if err := l.to.Produce(ctx, messages); err != nil {
			return err
		}
		l.sent += int64(len(messages))
	}
	return nil
}

// lander is a process that lands until told to end.
type lander struct {
	lake   *lake.Lake
	input  io.Closer
	output io.Reader
	wait   func() error
}

func startRun(b testing.TB, from filled, c child) *lander {
	b.Helper()
	c.Way, c.Addrs, c.Prefix, c.Into = runWay, from.broker.Addrs(), from.prefix, b.TempDir()
	process := c.process(b)
	process.Stderr = os.Stderr
	input, err := process.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	output, err := process.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := process.Start(); err != nil {
		b.Fatal(err)
	}
	config, err := c.config()
	if err != nil {
		b.Fatal(err)
	}
	return &lander{lake: config.Lake, input: input, output: output, wait: process.Wait}
}

// await waits until so many rows have landed.
func (r *lander) await(b testing.TB, rows int64) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	var landed int64
	var read lake.Positions
	for landed < rows {
		select {
		case <-ctx.Done():
			b.Fatalf("%d rows have landed within a minute, want %d", landed, rows)
		case <-ticker.C:
		}
		entries, err := r.lake.Entries(read)
		if err != nil {
			b.Fatal(err)
		}
		read = read.Through(entries)
		for _, entry := range entries {
			landed += entry.Rows
		}
	}
}

// end tells the process to end, and gives what it says last.
func (r *lander) end(b testing.TB) cost {
	b.Helper()
	r.input.Close()
	said, err := io.ReadAll(r.output)
	if err != nil {
		b.Fatal(err)
	}
	if err := r.wait(); err != nil {
		b.Fatalf("the process that landed: %v", err)
	}
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	return costOf(b, []byte(lines[len(lines)-1]), 0)
}

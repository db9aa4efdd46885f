package cli

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"

	"parley/cmd/workspace"
	"parley/pipelines/broker"
	"parley/pipelines/record"
)

// TestLandingGoesOnWhenTheBrokersProcessEnds: it opens the broker itself, soon,
// and says it in one line.
func TestLandingGoesOnWhenTheBrokersProcessEnds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := workspace.Create(dir); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	a := &app{stdout: io.Discard, stderr: &log, dir: dir, log: slog.New(slog.NewTextHandler(&log, nil))}
	ws, err := a.open()
	if err != nil {
		t.Fatal(err)
	}
	config, err := a.brokerConfig(ws)
	if err != nil {
		t.Fatal(err)
	}
	owner, err := broker.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	if _, err := owner.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := owner.Produce(t.Context(), []broker.Message{{Kind: record.KindUser, Key: "1", Value: []byte(`{"user_id": "1"}`)}}); err != nil {
		t.Fatal(err)
	}
	begun := 0
	err = a.withBroker(t.Context(), true, func(ctx context.Context, ws *workspace.Workspace, b *broker.Broker) error {
		if begun++; begun == 1 {
			if b.Owner() {
				t.Error("the broker is open twice")
			}
			owner.Close()
		}
		summary, err := a.landOnce(ctx, ws, b)
		if err == nil && summary.Rows[record.KindUser] != 1 {
			t.Errorf("landed %v", summary.Rows)
		}
		return err
	})
	if err != nil || begun != 2 {
		t.Errorf("begun %d times: %v", begun, err)
	}
	if got := strings.Count(log.String(), "level=WARN"); got != 1 {
		t.Errorf("it was said in %d lines:\n%s", got, log.String())
	}
}

package cli

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"parley/cmd/workspace"
	"parley/pipelines/broker"
	"parley/pipelines/importer"
)

func TestWhatAnImportLeavesOut(t *testing.T) {
	t.Parallel()
	for left, want := range map[int64]string{1: "1 record was left out", 1200: "1,200 records were left out"} {
		var said bytes.Buffer
		a := &app{stdout: io.Discard, stderr: &said}
		if err := a.printImport(importer.Summary{TooLarge: left}); err == nil || err.Error() != want || !strings.Contains(said.String(), want+": longer") {
			t.Errorf("%v, and said %q; want %s", err, said.String(), want)
		}
	}
}

func TestAnImportThatLosesKafkaMayBeDoneAgain(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	cluster.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		return nil, errors.New("gone"), true
	})
	b, err := broker.Open(t.Context(), broker.Config{Brokers: cluster.ListenAddrs()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := workspace.Create(dir); err != nil {
		t.Fatal(err)
	}
	a := &app{stderr: io.Discard, dir: dir, log: slog.New(slog.DiscardHandler)}
	ws, err := a.open()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "people.ndjson")
	if err := os.WriteFile(file, []byte(`{"type": "user", "user_id": "1"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := a.importFile(t.Context(), ws, b, file, importer.Options{}); !broker.Lost(err) || !strings.Contains(err.Error(), "to import it again is safe") {
		t.Errorf("error %v", err)
	}
}

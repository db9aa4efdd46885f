package outbox_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/jobs/delivery"
	"parley/jobs/delivery/deliverytest"
	"parley/jobs/delivery/outbox"
)

type folder struct{ dir string }

func (f folder) Open(t *testing.T) delivery.Deliverer {
	t.Helper()
	box, err := outbox.Open(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	return box
}

// Delivered reads the files with the standard library, which wrote none of them.
func (f folder) Delivered(t *testing.T) []deliverytest.Delivered {
	t.Helper()
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []deliverytest.Delivered
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".eml") {
			t.Errorf("%s lies in the outbox", entry.Name())
			continue
		}
		text, err := os.ReadFile(filepath.Join(f.dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, deliverytest.Read(t, text))
	}
	return all
}

func TestContract(t *testing.T) {
	t.Parallel()
	deliverytest.Run(t, func(t *testing.T) deliverytest.Place { return folder{dir: filepath.Join(t.TempDir(), "outbox")} })
}

func TestTheSameEnvelopeGivesTheSameFile(t *testing.T) {
	t.Parallel()
	var files [2][]byte
	for i := range files {
		dir := t.TempDir()
		if _, err := (folder{dir}).Open(t).Deliver(context.Background(), deliverytest.Sample("u:17")); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "welcome--u-17--once--"+fileHash(t, dir)+".eml"))
		if err != nil {
			t.Fatal(err)
		}
		files[i] = text
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Errorf("the files differ:\n%s\n%s", files[0], files[1])
	}
	for _, line := range bytes.Split(files[0], []byte("\r\n")) {
		if len(line) > 998 {
			t.Errorf("a line of %d bytes; RFC 5322 allows 998", len(line))
		}
	}
}

func fileHash(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%v: %v", entries, err)
	}
	parts := strings.Split(strings.TrimSuffix(entries[0].Name(), ".eml"), "--")
	return parts[len(parts)-1]
}

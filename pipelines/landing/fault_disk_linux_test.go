package landing

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"parley/pipelines/lake"
)

// smallDisk gives the bench's lake a disk of its own, of so many bytes, and a
// way to make it larger. Whoever may not mount one tries it as the root of a
// user namespace of its own; where that is not allowed either, it skips.
func (b *bench) smallDisk(bytes int) (enlarge func(bytes int)) {
	b.Helper()
	dir := b.TempDir()
	mount := func(flags uintptr, bytes int) error {
		return syscall.Mount("tmpfs", dir, "tmpfs", flags, fmt.Sprintf("size=%d", bytes))
	}
	if err := mount(0, bytes); err != nil {
		b.anew(err)
	}
	b.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			b.Error(err)
		}
	})
	var err error
	if b.lake, err = lake.Open(filepath.Join(dir, "lake")); err != nil {
		b.Fatal(err)
	}
	if err := os.Mkdir(b.lake.Root(), 0o755); err != nil {
		b.Fatal(err)
	}
	return func(bytes int) {
		b.Helper()
		if err := mount(syscall.MS_REMOUNT, bytes); err != nil {
			b.Fatal(err)
		}
	}
}

// anew runs the test in a process that may mount, in place of this one.
func (b *bench) anew(refused error) {
	b.Helper()
	const tried = "PARLEY_TEST_UNSHARED"
	if os.Getenv(tried) == "" && errors.Is(refused, syscall.EPERM) {
		again := exec.CommandContext(b.Context(), "unshare", "-rm", os.Args[0], "-test.run=^"+strings.ReplaceAll(b.Name(), "/", "$/^")+"$", "-test.v")
		again.Env = append(os.Environ(), tried+"=yes")
		output, err := again.CombinedOutput()
		if err == nil && strings.Contains(string(output), "--- PASS") {
			b.Skip("it has passed, as the root of a user namespace")
		}
		if !strings.Contains(string(output), "unshare: ") {
			b.Fatalf("%v: %s", err, output)
		}
	}
	if os.Getenv("CI") == "true" {
		b.Fatalf("mount a small disk: %v", refused)
	}
	b.Skipf("mount a small disk: %v; only root may, or who may make a user namespace", refused)
}

// bulky are records that hardly compress, of 4 kB each, in one partition.
func bulky(n int) []*kgo.Record {
	luck := rand.NewChaCha8([32]byte{3})
	text := make([]byte, 3000)
	records := make([]*kgo.Record, n)
	for i := range records {
		_, _ = luck.Read(text) // never fails
		records[i] = &kgo.Record{Value: fmt.Appendf(nil, `{"id":"e%d","event_name":"page_view","user_id":"u1","created_at":1,"metadata":{"text":%q}}`, i, base64.StdEncoding.EncodeToString(text))}
	}
	return records
}

// TestTortureDiskFullOfData fills the disk with what lands, and then makes room.
func TestTortureDiskFullOfData(t *testing.T) {
	t.Parallel()
	b := embedded(t)
	enlarge := b.smallDisk(2 << 20)
	sent := b.ledger()
	sent.send(b.client(), bulky(1000)...)
	config := b.follower()
	config.RotateRows = 100
	if _, err := Once(t.Context(), config); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "land "+b.prefix+"events, partition 0") {
		t.Errorf("Once says of a full disk: %v", err)
	}
	before := b.settledOffsets()
	b.read()
	if before == 0 || before == 1000 {
		t.Errorf("%d records on the full disk: this proves nothing", before)
	}
	r := b.run(config)
	b.eventually("say that it stands still", func() bool { return r.log.has("landing stands still") })
	enlarge(64 << 20)
	b.eventually("go on by itself", func() bool { return b.settledOffsets() == 1000 })
	r.end()
	sent.check()
}

// TestTortureDiskFullBeforeTheEntry fills the disk when the files are there and their
// entry is not.
func TestTortureDiskFullBeforeTheEntry(t *testing.T) {
	for _, run := range []bool{false, true} {
		t.Run(map[bool]string{false: "Once", true: "Run"}[run], func(t *testing.T) {
			t.Parallel()
			b := embedded(t)
			b.smallDisk(8 << 20)
			sent := b.ledger()
			sent.send(b.client(), bulky(100)...)
			r := b.role()
			r.RotateRows = 20
			r.Run, r.Point, r.Hit, r.AtPoint = run, "files published", 3, "fill"
			a := b.act(r)
			a.says("filled")
			if run {
				a.says("landing stands still")
			} else {
				<-a.ended
				a.says("no space left on device")
				a.says("append to the log of " + b.prefix + "events")
			}
			if before := b.settledOffsets(); before != 40 {
				t.Errorf("%d records landed before the disk was full, want 40", before)
			}
			b.read()
			if err := os.Remove(b.lake.Path("ballast")); err != nil {
				t.Fatal(err)
			}
			if run {
				b.eventually("go on by itself", func() bool { return b.settledOffsets() == 100 })
				a.end()
			}
			sent.check()
		})
	}
}

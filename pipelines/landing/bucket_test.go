package landing

import (
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"parley/pipelines/broker"
	"parley/pipelines/internal/buckettest"
	"parley/pipelines/lake"
	"parley/pipelines/record"
)

// onBucket is a Kafka with empty topics of its own, and an empty lake in an
// object store at the address.
func onBucket(t *testing.T) (b *bench, address string) {
	t.Helper()
	address = buckettest.Address(t)
	b = setup(t, broker.Config{Dir: t.TempDir()})
	b.lake = b.sameBucket(address)
	return b, address
}

// sameBucket is the lake at the address as another machine has it.
func (b *bench) sameBucket(address string) *lake.Lake {
	b.Helper()
	l, err := lake.Open(address, lake.WithWork(b.TempDir()))
	if err != nil {
		b.Fatal(err)
	}
	return l
}

func TestKilledAtEveryStepToTheBucket(t *testing.T) {
	t.Parallel()
	for _, point := range []string{
		"rows written", "file ended", "file uploaded", "files published", "exclusive put", "entry appended",
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			b, address := onBucket(t)
			messages := events(0, 2000)
			for i := 100; i < 120; i++ {
				messages = append(messages, broker.Message{Kind: record.KindEvent, Key: fmt.Sprint(i), Value: []byte("{")}, broker.Message{Kind: record.KindEvent, Key: fmt.Sprint(i)})
			}
			b.produce(messages...)
			for i := range 2 {
				r := role{Addrs: b.broker.Addrs(), Prefix: b.prefix, Lake: address, Work: t.TempDir(), RotateRows: 150 + 37*i, Point: point, Hit: int64(2*i + 2)}
				output, err := r.process(b).CombinedOutput()
				if state, ok := errors.AsType[*exec.ExitError](err); !ok || state.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
					b.Fatalf("the other process was not killed at %q: %v %s", point, err, output)
				}
				b.verify()
			}
			config := b.config()
			config.RotateRows = 511
			b.once(config)
			b.verify()
			b.hasEvents(2000)
			for _, kind := range []string{lake.DeadLetters, lake.Tombstones} {
				if rows := rowsOf[whereabouts](b, kind); len(rows) != 20 {
					b.Errorf("%d %s, want 20", len(rows), kind)
				}
			}
		})
	}
}

func TestWritersOfOneBucket(t *testing.T) {
	t.Parallel()
	b, address := onBucket(t)
	b.produce(events(0, 6000)...)
	if landed := b.landBeside(func() *lake.Lake { return b.sameBucket(address) }); landed != 6000 {
		b.Errorf("the summaries say %d rows", landed)
	}
	b.verify()
	b.hasEvents(6000)
}

func TestBucketThatIsMissing(t *testing.T) {
	t.Parallel()
	b := setup(t, broker.Config{Dir: t.TempDir()})
	config := b.config()
	config.Lake = b.sameBucket(missingBucket(t))
	var said [2]error
	_, said[0] = Once(t.Context(), config)
	said[1] = Run(t.Context(), config)
	for _, err := range said {
		if err == nil || !strings.Contains(err.Error(), "create the bucket") {
			t.Errorf("landing begins all the same: %v", err)
		}
	}
}

func missingBucket(t *testing.T) string {
	t.Helper()
	address, err := url.Parse(buckettest.Address(t))
	if err != nil {
		t.Fatal(err)
	}
	address.Host = "parley-none"
	return address.String()
}

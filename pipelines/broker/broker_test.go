package broker

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"parley/pipelines/record"
)

// With this variable set the test binary opens the broker in the folder that
// it names, produces one event, says who it is and waits for its end.
const runBroker = "PARLEY_TEST_RUN_BROKER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(runBroker); dir != "" {
		b, err := Open(context.Background(), Config{Dir: dir})
		if err == nil {
			_, err = b.EnsureTopics(context.Background())
		}
		if err == nil {
			err = b.Produce(context.Background(), []Message{{Kind: record.KindEvent, Key: "k", Value: []byte("from the other process")}})
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("owner:", b.Owner())
		_, _ = io.Copy(io.Discard, os.Stdin) // ends with the test, if not before
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func open(t *testing.T, dir string) *Broker {
	t.Helper()
	b, err := Open(t.Context(), Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := b.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// values reads the topic with another client: n records, in the order of each partition.
func values(t *testing.T, addrs []string, kind record.Kind, n int) []*kgo.Record {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(addrs...), kgo.ConsumeTopics(kind.Topic("")), kgo.FetchMaxPartitionBytes(maxRecordBytes))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var records []*kgo.Record
	for len(records) < n {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			t.Fatalf("after %d of %d records: %v", len(records), n, err)
		}
		records = append(records, fetches.Records()...)
	}
	if len(records) != n {
		t.Errorf("%d records, want %d", len(records), n)
	}
	return records
}

func TestConfig(t *testing.T) {
	t.Parallel()
	if _, err := Open(t.Context(), Config{Partitions: -1}); err == nil || !strings.Contains(err.Error(), "Dir") || !strings.Contains(err.Error(), "Partitions is -1") {
		t.Errorf("both faults are not named: %v", err)
	}
}

func TestProducedRecordsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	b := open(t, t.TempDir())
	at := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	wide := bytes.Repeat([]byte("x"), 2<<20)
	var messages []Message
	for i := range 3000 {
		value := fmt.Appendf(nil, "%d", i)
		if i%1000 == 500 {
			value = append(value, wide...)
		}
		messages = append(messages, Message{Kind: record.KindUser, Key: fmt.Sprintf("user %d", i%7), Value: value, At: at})
	}
	messages = append(messages, Message{Kind: record.KindUser, Key: "user 3"}, Message{Kind: record.KindUser, Key: "user 3", Value: []byte{}}, Message{Kind: record.KindUser, Value: []byte("no key")})
	if err := b.Produce(t.Context(), messages); err != nil {
		t.Fatal(err)
	}
	last := map[string]int{}
	place := map[string]int32{}
	for _, r := range values(t, b.Addrs(), record.KindUser, len(messages)) {
		key := string(r.Key)
		switch {
		case r.Key == nil:
			if string(r.Value) != "no key" {
				t.Errorf("a record without a key: %.20q", r.Value)
			}
			continue
		case r.Value == nil:
			if key != "user 3" || last[key] != 2999 { // 2999 = 428 × 7 + 3
				t.Errorf("the tombstone of %s comes after %d", key, last[key])
			}
			continue
		case len(r.Value) == 0:
			continue
		}
		var i int
		if _, err := fmt.Sscanf(string(bytes.TrimRight(r.Value, "x")), "%d", &i); err != nil {
			t.Fatal(err)
		}
		if before, ok := last[key]; ok && i <= before {
			t.Fatalf("%s: %d comes after %d", key, i, before)
		}
		if partition, ok := place[key]; ok && partition != r.Partition {
			t.Fatalf("%s is in the partitions %d and %d", key, partition, r.Partition)
		}
		last[key], place[key] = i, r.Partition
		if !r.Timestamp.Equal(at) {
			t.Fatalf("timestamp %v, want %v", r.Timestamp, at)
		}
	}
}

func TestTooLargeRecordStopsNoOther(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.BrokerConfigs(map[string]string{"message.max.bytes": "2000"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	b, err := Open(t.Context(), Config{Brokers: cluster.ListenAddrs(), Partitions: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	short, long := bytes.Repeat([]byte("s"), 1000), bytes.Repeat([]byte("l"), 3000)
	err = b.Produce(t.Context(), []Message{
		{Kind: record.KindEvent, Key: "a", Value: short}, {Kind: record.KindEvent, Key: "b", Value: long},
		{Kind: record.KindEvent, Key: "c", Value: short}, {Kind: record.KindEvent, Key: "d", Value: short},
	})
	var tooLarge *TooLargeError
	if !errors.As(err, &tooLarge) || tooLarge.Key != "b" || tooLarge.Bytes != 3000 {
		t.Errorf("error %v", err)
	}
	var keys []string
	for _, r := range values(t, b.Addrs(), record.KindEvent, 3) {
		keys = append(keys, string(r.Key))
	}
	if diff := cmp.Diff([]string{"a", "c", "d"}, keys); diff != "" {
		t.Errorf("stored (-want +got): %s", diff)
	}
}

func TestEnsureTopics(t *testing.T) {
	t.Parallel()
	b, err := Open(t.Context(), Config{Dir: t.TempDir(), TopicPrefix: "parley."})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	created, err := b.EnsureTopics(t.Context())
	want := []string{"parley.companies", "parley.conversations", "parley.deliveries", "parley.enrichments", "parley.events", "parley.merges", "parley.tags", "parley.users"}
	if diff := cmp.Diff(want, created); err != nil || diff != "" {
		t.Errorf("created (-want +got): %s%v", diff, err)
	}
	if again, err := b.EnsureTopics(t.Context()); err != nil || len(again) != 0 {
		t.Errorf("created again: %v, %v", again, err)
	}
}

func TestMissingTopic(t *testing.T) {
	t.Parallel()
	b, err := Open(t.Context(), Config{Dir: t.TempDir(), TopicPrefix: "parley."})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	err = b.Produce(t.Context(), []Message{{Kind: record.KindTag, Value: []byte("{}")}})
	if err == nil || !strings.Contains(err.Error(), "parley.*") || !strings.Contains(err.Error(), "create the topics") {
		t.Errorf("error %v", err)
	}
}

func TestKafkaThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	_, err := Open(t.Context(), Config{Brokers: []string{"127.0.0.1:1"}})
	if !Lost(err) || !strings.Contains(err.Error(), "127.0.0.1:1") || !strings.Contains(err.Error(), "kafka.brokers") {
		t.Errorf("error %v", err)
	}
}

func TestLogOutlivesItsProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	other := startOther(t, dir)
	defer other.kill(t)
	borrowed := open(t, dir)
	if borrowed.Owner() || !borrowed.Embedded() {
		t.Errorf("owner %v, embedded %v beside a process that runs the broker", borrowed.Owner(), borrowed.Embedded())
	}
	if err := borrowed.Produce(t.Context(), []Message{{Kind: record.KindEvent, Key: "k", Value: []byte("from this process")}}); err != nil {
		t.Fatal(err)
	}
	other.kill(t)
	owned := open(t, dir)
	if !owned.Owner() {
		t.Error("the broker of a process that was killed is still somebody's")
	}
	var found []string
	for _, r := range values(t, owned.Addrs(), record.KindEvent, 2) {
		found = append(found, string(r.Value))
	}
	if diff := cmp.Diff([]string{"from the other process", "from this process"}, found); diff != "" {
		t.Errorf("after kill -9 (-want +got): %s", diff)
	}
}

func TestDoBeginsAgainWhenTheOtherProcessEnds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	other := startOther(t, dir)
	defer other.kill(t)
	var owners []bool
	err := Do(t.Context(), Config{Dir: dir}, func(ctx context.Context, b *Broker) error {
		owners = append(owners, b.Owner())
		if len(owners) == 1 {
			other.kill(t)
		}
		return b.Produce(ctx, []Message{{Kind: record.KindEvent, Key: "k", Value: []byte("mine")}})
	})
	if diff := cmp.Diff([]bool{false, true}, owners); err != nil || diff != "" {
		t.Errorf("owner at each beginning (-want +got): %s%v", diff, err)
	}
	values(t, open(t, dir).Addrs(), record.KindEvent, 2)
}

func TestDoDoesNotRepeatWhatWasRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, dir)
	refused, calls := errors.New("refused"), 0
	err := Do(t.Context(), Config{Dir: dir}, func(_ context.Context, b *Broker) error {
		calls++
		if b.Owner() {
			t.Error("opened twice")
		}
		return refused
	})
	if !errors.Is(err, refused) || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, dir)
	if err := os.Remove(filepath.Join(dir, addressName)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, Config{Dir: dir}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

type otherProcess struct {
	*exec.Cmd
	killed bool
}

func startOther(t *testing.T, dir string) *otherProcess {
	t.Helper()
	other := exec.CommandContext(t.Context(), os.Args[0])
	other.Env = append(os.Environ(), runBroker+"="+dir)
	if _, err := other.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	output, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(output).ReadString('\n'); line != "owner: true\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	return &otherProcess{Cmd: other}
}

func (o *otherProcess) kill(t *testing.T) {
	t.Helper()
	if o.killed {
		return
	}
	o.killed = true
	if err := o.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = o.Wait() // it was killed: its state says no more
}

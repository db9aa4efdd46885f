package landing

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"parley/pipelines/broker"
	"parley/pipelines/internal/failpoint"
	"parley/pipelines/lake"
)

// With this variable set the test binary is another process that lands: it
// holds a role.
const otherRole = "PARLEY_TEST_LAND"

// role is what another process is to do.
type role struct {
	Addrs      []string
	Dir        string // of an embedded broker, instead of Addrs
	Prefix     string
	Lake       string
	Work       string // the local folder of a Lake in an object store
	RotateRows int
	Point      string // where to end by SIGKILL, or to do what AtPoint says
	Hit        int64  // at which time that the point is passed
	AtPoint    string // "stop": by SIGSTOP, until SIGCONT; "hold": until a line comes in; "fill": fill the lake's disk
	Run        bool   // Run, else Once
	Group      string // of Run; empty: the default
	Again      bool   // Once, again and again with other sizes of file
	Say        bool   // print what the logger is told
	Produce    bool   // produce instead of landing
	Clean      bool   // make checkpoints and collect what is left behind, again and again, instead of landing
	Serve      bool   // be the Kafka at Addrs, with its log in Dir, instead of landing
}

func TestMain(m *testing.M) {
	if text := os.Getenv(otherRole); text != "" {
		if err := play(text); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func play(text string) error {
	var r role
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return err
	}
	told, ended := listen()
	var hits, entries atomic.Int64
	failpoint.Hook = func(point string) {
		if r.Say && point == "entry appended" && entries.Add(1) == 1 {
			fmt.Println("appended")
		}
		if point == r.Point && hits.Add(1) == r.Hit {
			r.atPoint(told)
		}
	}
	ctx := context.Background()
	if r.Serve {
		return serve(r, ended)
	}
	if r.Dir != "" {
		b, err := broker.Open(ctx, broker.Config{Dir: r.Dir, TopicPrefix: r.Prefix, Partitions: 3})
		if err != nil {
			return err
		}
		defer b.Close()
		if _, err := b.EnsureTopics(ctx); err != nil {
			return err
		}
		r.Addrs = b.Addrs()
	}
	if r.Produce {
		return produceForever(r, ended)
	}
	into, err := lake.Open(r.Lake, lake.WithWork(r.Work))
	if err != nil {
		return err
	}
	config := Config{Addrs: r.Addrs, TopicPrefix: r.Prefix, Group: r.Group, Lake: into, RotateRows: r.RotateRows, RotateEvery: 100 * time.Millisecond}
	if r.Say {
		config.Logger = slog.New(slog.NewTextHandler(os.Stdout, nil))
	}
	fmt.Println("running")
	if !r.Run && !r.Again && !r.Clean {
		_, err := Once(ctx, config)
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	go func() {
		<-ended
		stop()
	}()
	for r.Clean {
		err := clean(ctx, into, time.Now())
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
	if r.Run {
		return Run(ctx, config)
	}
	_, err = Once(ctx, config)
	for err == nil && ctx.Err() == nil {
		config.RotateRows = 1 + config.RotateRows*7%500
		_, err = Once(ctx, config)
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// process makes the other process, ready to start.
func (r role) process(t testing.TB) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	other := exec.CommandContext(t.Context(), os.Args[0])
	other.Env = append(os.Environ(), otherRole+"="+string(text))
	return other
}

func TestKilledAtEveryStep(t *testing.T) {
	for _, point := range []string{
		"rows written", "file ended", "file synced", "file renamed", "files published", "exclusive written", "exclusive linked", "entry appended",
	} {
		t.Run(point, func(t *testing.T) {
			onEachKafka(t, func(b *bench) {
				messages := events(0, 3000)
				for i := 100; i < 130; i++ {
					messages = append(messages, broker.Message{Kind: "events", Key: fmt.Sprint(i), Value: []byte("{")}, broker.Message{Kind: "events", Key: fmt.Sprint(i)})
				}
				b.produce(messages...)
				for i := range 3 {
					r := role{Addrs: b.broker.Addrs(), Prefix: b.prefix, Lake: b.lake.Root(), RotateRows: 100 + 37*i, Point: point, Hit: int64(2*i + 1)}
					output, err := r.process(b).CombinedOutput()
					if state, ok := errors.AsType[*exec.ExitError](err); !ok || state.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
						b.Fatalf("the other process was not killed at %q: %v %s", point, err, output)
					}
					b.verify()
				}
				config := b.config()
				config.RotateRows = 311
				b.once(config)
				b.verify()
				b.hasEvents(3000)
				if dead := rowsOf[whereabouts](b, lake.DeadLetters); len(dead) != 30 {
					b.Errorf("%d dead letters, want 30", len(dead))
				}
				if tombstones := rowsOf[whereabouts](b, lake.Tombstones); len(tombstones) != 30 {
					b.Errorf("%d tombstones, want 30", len(tombstones))
				}
			})
		})
	}
}

func TestTwoProcessesShareTheEmbeddedBroker(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := role{Dir: dir, Prefix: "shared.", Lake: t.TempDir(), Run: true}
	other := r.process(t)
	input, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(output).ReadString('\n'); line != "running\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	b := &bench{T: t, prefix: r.Prefix}
	if b.broker, err = broker.Open(t.Context(), broker.Config{Dir: dir, TopicPrefix: r.Prefix}); err != nil {
		t.Fatal(err)
	}
	defer b.broker.Close()
	if b.broker.Owner() {
		t.Error("the broker was opened twice")
	}
	if b.lake, err = lake.Open(r.Lake); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		b.produce(events(100*i, 100)...)
		b.once(b.config())
		if n := b.landedRows(); n != int64(100*(i+1)) {
			t.Fatalf("%d rows have landed, want %d", n, 100*(i+1))
		}
	}
	b.produce(events(1000, 100)...)
	b.eventually("the other process lands the rest", func() bool { return b.landedRows() == 1100 })
	if err := input.Close(); err != nil {
		t.Fatal(err)
	}
	if err := other.Wait(); err != nil {
		t.Errorf("the other process: %v", err)
	}
	b.verify()
	b.hasEvents(1100)
}

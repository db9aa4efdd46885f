package landing

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"parley/pipelines/lake"
	"parley/pipelines/record"
)

// With this variable set the test binary is a process that is measured: it
// holds a child.
const childRole = "PARLEY_BENCH_LAND"

// child is what a measured process is to do.
type child struct {
	Way         string
	Addrs       []string
	Prefix      string
	Records     int
	Into        string // a folder
	RotateRows  int
	RotateEvery time.Duration
	SampleEvery time.Duration // runWay says how it is so often; zero: never
}

const (
	limitWay  = "limit"  // decode and encode without Kafka
	onceWay   = "once"   // Once
	readerWay = "reader" // kafka-go's Reader
	runWay    = "run"    // Run, until its input ends
)

// A measured process does nothing else: not even the tests' main.
func init() {
	if text := os.Getenv(childRole); text != "" {
		if err := measured(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// measured prints the process's cost as JSON.
func measured(text string) error {
	var c child
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return err
	}
	work := map[string]func(context.Context, child) (int64, error){
		onceWay: landOnce, readerWay: landByReader, runWay: landUntilTold,
	}[c.Way]
	arena := 0
	if c.Way == limitWay {
		events, err := newArena(c.Records)
		if err != nil {
			return err
		}
		arena = len(events.bytes)
		work = events.encode
	}
	began, busy := time.Now(), ownProcessorTime()
	records, err := work(context.Background(), c)
	if err != nil {
		return err
	}
	spent := cost{Records: records, Seconds: time.Since(began).Seconds(), Processor: ownProcessorTime() - busy}
	peak, err := memory(os.Getpid(), "VmHWM")
	if err != nil {
		return err
	}
	spent.Peak = peak - float64(arena)
	return json.NewEncoder(os.Stdout).Encode(spent)
}

func (c child) config() (Config, error) {
	into, err := lake.Open(filepath.Join(c.Into, "lake"))
	return Config{
		Addrs: c.Addrs, TopicPrefix: c.Prefix, Group: c.Prefix + "group", Lake: into,
		RotateRows: c.RotateRows, RotateEvery: c.RotateEvery,
	}, err
}

func landOnce(ctx context.Context, c child) (int64, error) {
	config, err := c.config()
	if err != nil {
		return 0, err
	}
	summary, err := Once(ctx, config)
	return summary.Rows[record.KindEvent], err
}

func landUntilTold(ctx context.Context, c child) (int64, error) {
	config, err := c.config()
	if err != nil {
		return 0, err
	}
	ctx, stop := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	if c.SampleEvery > 0 {
		go sampleEvery(ctx, c.SampleEvery)
	}
	return 0, Run(ctx, config)
}

// process makes the process, ready to start.
func (c child) process(b testing.TB) *exec.Cmd {
	b.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		b.Fatal(err)
	}
	process := exec.CommandContext(b.Context(), os.Args[0])
	process.Env = append(os.Environ(), childRole+"="+string(text))
	return process
}

// childRun is a run of the child on the broker's records.
func childRun(from filled, c child, records int) func(*testing.B, string) cost {
	return func(b *testing.B, into string) cost {
		b.Helper()
		c.Addrs, c.Prefix, c.Into, c.Records = from.broker.Addrs(), from.prefix, into, records
		var output, fault bytes.Buffer
		process := c.process(b)
		process.Stdout, process.Stderr = &output, &fault
		if err := process.Run(); err != nil {
			b.Fatalf("%s: %v %s%s", c.Way, err, &output, &fault)
		}
		spent := costOf(b, output.Bytes(), records)
		spent.whole = (process.ProcessState.UserTime() + process.ProcessState.SystemTime()).Seconds()
		return spent
	}
}

func costOf(b testing.TB, output []byte, records int) cost {
	b.Helper()
	var spent cost
	if err := json.Unmarshal(output, &spent); err != nil {
		b.Fatalf("%v: %s", err, output)
	}
	if spent.Records != int64(records) {
		b.Fatalf("%d records have landed, want %d", spent.Records, records)
	}
	return spent
}

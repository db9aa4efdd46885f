package landing

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"parley/pipelines/lake"
)

// actor is another process that plays a role.
type actor struct {
	*exec.Cmd
	b     *bench
	input io.WriteCloser
	ended chan error
	mutex sync.Mutex
	lines []string // what it said
}

// act starts a process that plays the role and says so.
func (b *bench) act(r role) *actor {
	b.Helper()
	a := &actor{Cmd: r.process(b), b: b, ended: make(chan error, 1)}
	a.Stderr = os.Stderr
	var err error
	if a.input, err = a.StdinPipe(); err != nil {
		b.Fatal(err)
	}
	output, err := a.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := a.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = a.Process.Kill() })
	go func() {
		lines := bufio.NewScanner(output)
		for lines.Scan() {
			a.mutex.Lock()
			a.lines = append(a.lines, lines.Text())
			a.mutex.Unlock()
		}
		a.ended <- a.Wait()
	}()
	a.says("running")
	return a
}

// said is how many of its lines hold the text.
func (a *actor) said(text string) (n int) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for _, line := range a.lines {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// says waits until it has said a line with the text.
func (a *actor) says(text string) {
	a.b.Helper()
	a.b.eventually("another process says "+text, func() bool { return a.said(text) > 0 })
}

func (a *actor) signal(signal syscall.Signal) {
	a.b.Helper()
	if err := a.Process.Signal(signal); err != nil {
		a.b.Errorf("send %s: %v; it said %q", signal, err, a.tail())
	}
}

func (a *actor) tail() []string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return slices.Clone(a.lines[max(0, len(a.lines)-5):])
}

// kill ends it as a loss of power would, and waits until it is gone.
func (a *actor) kill() {
	a.b.Helper()
	a.signal(syscall.SIGKILL)
	if err := <-a.ended; err == nil {
		a.b.Errorf("it ended by itself; it said %q", a.tail())
	}
}

// end asks it to end and waits until it has, which it must do without an error.
func (a *actor) end() {
	a.b.Helper()
	_ = a.input.Close()
	select {
	case err := <-a.ended:
		if err != nil {
			a.b.Errorf("another process: %v; it said %q", err, a.tail())
		}
	case <-time.After(time.Minute):
		a.b.Fatalf("another process does not end; it said %q", a.tail())
	}
}

// listen reads what the test tells this process: a line, and that it is to end.
func listen() (told <-chan struct{}, ended <-chan struct{}) {
	lines, end := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(end)
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			lines <- struct{}{}
		}
	}()
	return lines, end
}

// atPoint does at the role's point what it is to do there.
func (r role) atPoint(told <-chan struct{}) {
	switch r.AtPoint {
	case "":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "stop":
		goesOn := make(chan os.Signal, 1)
		signal.Notify(goesOn, syscall.SIGCONT)
		fmt.Println("stopping")
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		<-goesOn // also where another thread is the one to be stopped first
		fmt.Println("going on")
	case "hold":
		fmt.Println("holding")
		<-told
		fmt.Println("going on")
	case "fill":
		file, err := os.Create(filepath.Join(r.Lake, "ballast"))
		for block := make([]byte, 4096); err == nil; {
			_, err = file.Write(block)
		}
		fmt.Println("filled:", err)
	}
}

// clean makes checkpoints of few entries and collects what is left behind, at
// once but for temporary files, which may be somebody's work.
func clean(ctx context.Context, of *lake.Lake, now time.Time) error {
	if _, err := of.Checkpoint(ctx, lake.CheckpointConfig{Keep: 3, Size: 4}); err != nil {
		return err
	}
	_, err := of.Collect(ctx, lake.CollectConfig{Now: now, OlderThan: 1})
	return err
}

// producing starts a process that produces numbered records until it is ended.
func (b *bench) producing(r role) *actor {
	b.Helper()
	r.Produce = true
	return b.act(r)
}

// produceForever is the role of a process that produces: it says what is acknowledged.
func produceForever(r role, stop <-chan struct{}) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(r.Addrs...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return err
	}
	defer client.Close()
	out := bufio.NewWriter(os.Stdout)
	fmt.Println("running")
	const together = 60
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	for from := 0; ; from += together {
		select {
		case <-stop:
			return nil
		case <-pace.C:
		}
		var acknowledged sync.WaitGroup
		records := make([]*kgo.Record, together)
		for i := range records {
			records[i] = numbered(r.Prefix+"events", from+i)
			acknowledged.Add(1)
			client.Produce(context.Background(), records[i], func(sent *kgo.Record, fault error) {
				if fault != nil {
					records[i] = nil // it may be in Kafka all the same
				}
				acknowledged.Done()
			})
		}
		acknowledged.Wait()
		for i, sent := range records {
			if sent != nil {
				fmt.Fprintf(out, "acknowledged %d %d %d\n", from+i, sent.Partition, sent.Offset)
			}
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
}

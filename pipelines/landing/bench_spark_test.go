package landing

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// sparkBatch is how many records a batch of Spark's has, where not all.
const sparkBatch = 500_000

// spark is Spark Structured Streaming in a process that stays, so that it is
// warm. testdata/spark-landing/landing.scala is what it does.
type spark struct {
	input   io.Writer
	output  *bufio.Scanner
	process *exec.Cmd
	records int
}

func startSpark(b *testing.B, from filled, records int) *spark {
	b.Helper()
	program, err := filepath.Abs("../../testdata/spark-landing/spark")
	if err != nil {
		b.Fatal(err)
	}
	process := exec.CommandContext(b.Context(), program, from.broker.Addrs()[0], from.topic())
	process.Dir, process.Stderr = b.TempDir(), os.Stderr // it leaves folders where it runs
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
	b.Cleanup(func() {
		input.Close()
		if err := process.Wait(); err != nil && b.Context().Err() == nil {
			b.Errorf("Spark: %v", err)
		}
	})
	s := &spark{input: input, output: bufio.NewScanner(output), process: process, records: records}
	s.answer(b, "ready")
	return s
}

// answer is the next line of what Spark says that begins with the word.
func (s *spark) answer(b *testing.B, word string) []string {
	b.Helper()
	for s.output.Scan() {
		if fields := strings.Fields(s.output.Text()); len(fields) > 0 && fields[0] == word {
			return fields
		}
	}
	b.Fatalf("Spark ended before it said %q: %v", word, s.output.Err())
	return nil
}

// land lands the topic in batches of at most that many records; 0 is one batch.
func (s *spark) land(most int) func(*testing.B, string) cost {
	return func(b *testing.B, into string) cost {
		b.Helper()
		before := processorTime(b, s.process.Process.Pid)
		if _, err := fmt.Fprintf(s.input, "%d %s\n", most, filepath.Join(into, "spark")); err != nil {
			b.Fatal(err)
		}
		said := s.answer(b, "landed")
		if len(said) != 3 || said[1] != strconv.Itoa(s.records) {
			b.Fatalf("Spark said %v, want %d records", said, s.records)
		}
		seconds, err := strconv.ParseFloat(said[2], 64)
		if err != nil {
			b.Fatal(err)
		}
		peak, err := memory(s.process.Process.Pid, "VmHWM")
		if err != nil {
			b.Fatal(err)
		}
		busy := processorTime(b, s.process.Process.Pid) - before
		return cost{Records: int64(s.records), Seconds: seconds, Processor: busy, Peak: peak, whole: busy}
	}
}

func (s *spark) warm(b *testing.B, most int) {
	b.Helper()
	s.land(most)(b, b.TempDir())
}

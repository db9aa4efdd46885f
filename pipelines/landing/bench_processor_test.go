package landing

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/pipelines/broker"
)

// ownProcessorTime is this process's, in seconds of all cores together.
func ownProcessorTime() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

// ticks are /proc's unit of processor time, in a second, on Linux.
const ticks = 100

// processorTime is the process's so far, in seconds; 0 for the process 0.
func processorTime(b testing.TB, pid int) float64 {
	b.Helper()
	if pid == 0 {
		return 0
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	// The name, in brackets, may hold spaces. utime and stime are the 14th and 15th field.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	user, userErr := strconv.ParseFloat(fields[11], 64)
	system, systemErr := strconv.ParseFloat(fields[12], 64)
	if userErr != nil || systemErr != nil {
		b.Fatalf("/proc/%d/stat: %s", pid, stat)
	}
	return (user + system) / ticks
}

// memory is what the process's status says of its memory, in bytes: VmHWM is
// the most that it has had, VmRSS what it has.
func memory(pid int, field string) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		var kilobytes float64
		if _, err := fmt.Sscanf(line, field+": %f kB", &kilobytes); err == nil {
			return kilobytes * 1024, nil
		}
	}
	return 0, fmt.Errorf("/proc/%d/status says no %s", pid, field)
}

// brokerPID is the broker's process: this one for the embedded broker, 0 for
// an Apache Kafka that testdata/kafka did not start.
func brokerPID(b testing.TB, config broker.Config) int {
	b.Helper()
	if len(config.Brokers) == 0 {
		return os.Getpid()
	}
	find := exec.CommandContext(b.Context(), "bash", "-c", `. ../../testdata/kafka/node && alive && [ "$(cat "$dir/address")" = "$0" ] && cat "$dir/pid"`, config.Brokers[0])
	output, err := find.Output()
	if err != nil {
		b.Logf("the broker at %s was not started by testdata/kafka/start: its processor time is not shown", config.Brokers[0])
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(output)))
	if err != nil {
		b.Fatal(err)
	}
	return pid
}

// machineTime is how long the machine's processors have been busy together, in seconds.
func machineTime(b testing.TB) float64 {
	b.Helper()
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		b.Fatal(err)
	}
	var user, nice, system, idle, iowait, irq, softirq, steal float64
	if _, err := fmt.Sscanf(string(stat), "cpu %f %f %f %f %f %f %f %f", &user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal); err != nil {
		b.Fatal(err)
	}
	return (user + nice + system + irq + softirq + steal) / ticks
}

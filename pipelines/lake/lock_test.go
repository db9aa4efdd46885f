package lake

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// With this variable set the test binary takes the lock that it names, says so
// and waits for its end.
const holdLock = "PARLEY_TEST_HOLD_LOCK"

func TestMain(m *testing.M) {
	if path := os.Getenv(holdLock); path != "" {
		release, err := Lock(path)
		fmt.Println("locked:", err)
		_, _ = io.Copy(io.Discard, os.Stdin) // ends with the test, or when the test ends this
		release()
		os.Exit(0)
	}
	if text := os.Getenv(makeCheckpoints); text != "" {
		fmt.Println(playCheckpointer(text))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestLockNamesItsHolder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "lock")
	release, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Lock(path)
	var locked *LockedError
	if !errors.Is(err, ErrLocked) || !errors.As(err, &locked) || locked.Holder.PID != os.Getpid() || !strings.Contains(locked.Holder.Command, filepath.Base(os.Args[0])) {
		t.Fatalf("second lock: %v", err)
	}
	release()
	release()
	again, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	again()
}

func TestLockWait(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	release, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	second, err := LockWait(t.Context(), path, func(holder Holder) {
		if holder.PID != os.Getpid() {
			t.Errorf("waits for %v", holder)
		}
		release()
	})
	if err != nil {
		t.Fatal(err)
	}
	defer second()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := LockWait(ctx, path, nil); !errors.Is(err, ErrLocked) || !errors.Is(err, context.Canceled) {
		t.Errorf("a wait that ends: %v", err)
	}
}

func TestLockEndsWithItsProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	other := exec.CommandContext(t.Context(), os.Args[0])
	other.Env = append(os.Environ(), holdLock+"="+path)
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
	if line, err := bufio.NewReader(output).ReadString('\n'); line != "locked: <nil>\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	_, err = Lock(path)
	var locked *LockedError
	if !errors.As(err, &locked) || locked.Holder.PID != other.Process.Pid {
		t.Errorf("lock beside process %d: %v", other.Process.Pid, err)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait() // it was killed: its state says no more
	release, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	release()
}

package lake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrLocked is what Lock's error is when another process, or another part of
// this one, holds the lock.
var ErrLocked = errors.New("locked")

// Holder is who holds a lock, in its own words.
type Holder struct {
	PID     int    `json:"pid"`
	Command string `json:"command"`
}

func (h Holder) String() string {
	if h.PID == 0 {
		return "another process"
	}
	return fmt.Sprintf("process %d (%s)", h.PID, h.Command)
}

// LockedError says which lock is held, and by whom. It is ErrLocked.
type LockedError struct {
	Path   string
	Holder Holder
}

func (e *LockedError) Error() string { return fmt.Sprintf("lock %s: held by %s", e.Path, e.Holder) }

// Is makes the error ErrLocked.
func (e *LockedError) Is(target error) bool { return target == ErrLocked }

// Lock takes the lock at path, a file that is made if need be, or fails at
// once with a *LockedError. The system frees the lock when the process ends,
// however it ends. release may be called twice.
func Lock(path string) (release func(), err error) {
	if err := makeFolder(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if err := flock(file); err != nil {
		defer file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, &LockedError{Path: path, Holder: HolderOf(path)}
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if err := sign(file); err != nil {
		file.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return sync.OnceFunc(func() {
		_ = file.Truncate(0) // only so that nobody reads a name that holds no more
		// Closing alone would leave it to a child process that is just being started.
		_ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN)
		_ = file.Close()
	}), nil
}

// LockWait takes the lock at path and waits for it if need be, until ctx ends.
// waiting, if not nil, is told once who is waited for.
func LockWait(ctx context.Context, path string, waiting func(Holder)) (release func(), err error) {
	const pause = 50 * time.Millisecond
	for first := true; ; first = false {
		release, err := Lock(path)
		var locked *LockedError
		if !errors.As(err, &locked) {
			return release, err
		}
		if first && waiting != nil {
			waiting(locked.Holder)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", err, context.Cause(ctx))
		case <-time.After(pause):
		}
	}
}

// HolderOf is who last wrote that it holds the lock at path. It says nothing
// of whether it still does.
func HolderOf(path string) Holder {
	var holder Holder
	content, err := os.ReadFile(path)
	if err == nil {
		// The holder may be about to write it: then it is unknown.
		_ = json.Unmarshal(content, &holder)
	}
	return holder
}

func flock(file *os.File) error {
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

func sign(file *os.File) error {
	const longest = 200 // bytes of a command, enough to know it by
	command := strings.Join(append([]string{filepath.Base(os.Args[0])}, os.Args[1:]...), " ")
	if len(command) > longest {
		command = strings.ToValidUTF8(command[:longest], "") + "…"
	}
	content, err := json.Marshal(Holder{PID: os.Getpid(), Command: command})
	if err != nil {
		return err
	}
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err = file.WriteAt(append(content, '\n'), 0)
	return err
}

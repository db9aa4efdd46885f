package reports

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	latestName   = "latest"
	drawingStart = ".drawing-" // what is not yet published; a reader ignores it
)

// publish is Publish, and points dir/latest at what was drawn.
func publish(ctx context.Context, dir, name string, draw func(into string) error) (string, error) {
	return publishThen(ctx, dir, name, draw, func() error {
		// Before the link moves: killed in between, the next drawing makes it right.
		if former, err := os.Readlink(filepath.Join(dir, latestName)); err == nil && former != name && filepath.IsLocal(former) {
			if err := supersede(filepath.Join(dir, former)); err != nil {
				return fmt.Errorf("mark %s as a former day: %w", filepath.Join(dir, former), err)
			}
		}
		if err := point(dir, name); err != nil {
			return fmt.Errorf("point %s at %s: %w", filepath.Join(dir, latestName), name, err)
		}
		return nil
	})
}

// Publish lets draw fill a new folder, puts it in the place of dir/name, and
// gives that path. A reader of dir/name finds the former files or the new ones,
// never a mixture; an error leaves the former ones as they are. One draws in
// dir at a time: a second waits.
func Publish(ctx context.Context, dir, name string, draw func(into string) error) (string, error) {
	return publishThen(ctx, dir, name, draw, func() error { return nil })
}

func publishThen(ctx context.Context, dir, name string, draw func(into string) error, then func() error) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the folder of reports: %w", err)
	}
	unlock, err := lockFolder(ctx, dir)
	if err != nil {
		return "", err
	}
	defer unlock()
	if err := removeLeftovers(dir); err != nil {
		return "", err
	}
	into, err := os.MkdirTemp(dir, drawingStart)
	if err != nil {
		return "", fmt.Errorf("make a folder to draw in: %w", err)
	}
	defer os.RemoveAll(into) // after the exchange: the former files
	if err := errors.Join(os.Chmod(into, 0o755), draw(into)); err != nil {
		return "", err
	}
	target := filepath.Join(dir, name)
	if err := replaceFolder(into, target); err != nil {
		return "", fmt.Errorf("publish %s: %w", target, err)
	}
	if err := then(); err != nil {
		return "", err
	}
	return target, nil
}

// replaceFolder puts from in the place of to: in one step where the system can
// exchange two names, else in two, between which to is missing for an instant.
// What stood at to stands at from afterwards.
func replaceFolder(from, to string) error {
	err := os.Rename(from, to)
	if err == nil || !errors.Is(err, syscall.ENOTEMPTY) && !errors.Is(err, syscall.EEXIST) {
		return err
	}
	if err := exchange(from, to); err == nil {
		return nil
	}
	former := from + ".former"
	if err := os.Rename(to, former); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return errors.Join(err, os.Rename(former, to))
	}
	return os.RemoveAll(former)
}

// point makes dir/latest a link to name, relative so that the folder can be
// moved; a reader sees the former target or the new one.
func point(dir, name string) error {
	next := filepath.Join(dir, drawingStart+latestName)
	if err := os.Symlink(name, next); err != nil {
		return err
	}
	return os.Rename(next, filepath.Join(dir, latestName))
}

// removeLeftovers removes what a drawing that was killed has left. The folder is
// locked: nobody else is drawing in it.
func removeLeftovers(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("look for leftovers: %w", err)
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), drawingStart) {
			if err := os.RemoveAll(filepath.Join(dir, entry.Name())); err != nil {
				return fmt.Errorf("remove a leftover: %w", err)
			}
		}
	}
	return nil
}

// lockFolder waits until no other process, nor another part of this one, draws
// in dir. The lock is the folder's own, and the system lets go of it when the
// process ends.
func lockFolder(ctx context.Context, dir string) (unlock func(), err error) {
	folder, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("lock the folder of reports: %w", err)
	}
	for {
		err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = folder.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", dir, err), folder.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("wait for another drawing in %s to end: %w", dir, context.Cause(ctx)), folder.Close())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

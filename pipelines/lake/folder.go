package lake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"parley/pipelines/internal/failpoint"
)

// folder is a store in a local folder.
type folder string

var _ store = folder("")

func (f folder) path(name string) string { return filepath.Join(string(f), filepath.FromSlash(name)) }

func (f folder) create(hint string) (staged, error) {
	if err := makeFolder(f.path("tmp")); err != nil {
		return nil, err
	}
	file, err := createTemp(f.path("tmp"), hint)
	if err != nil {
		return nil, err
	}
	return &stagedFile{File: file, root: f}, nil
}

type stagedFile struct {
	*os.File
	root folder
	done bool
}

func (s *stagedFile) publish(name string) error {
	if err := s.Sync(); err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	failpoint.At("file synced")
	target := s.root.path(name)
	if err := makeFolder(filepath.Dir(target)); err != nil {
		return err
	}
	if err := os.Rename(s.Name(), target); err != nil {
		return err
	}
	s.done = true
	failpoint.At("file renamed")
	return syncFolder(filepath.Dir(target))
}

func (s *stagedFile) discard() {
	if s.done {
		return
	}
	s.done = true
	_ = s.Close()           // nothing in it counts
	_ = os.Remove(s.Name()) // one that stays is a leftover like a crash's
}

func (f folder) putExclusive(name string, content []byte) error {
	target := f.path(name)
	if err := makeFolder(filepath.Dir(target)); err != nil {
		return err
	}
	// Under tmp/ and not beside the target: a reader of the target's folder
	// finds whole entries and nothing else.
	if err := makeFolder(f.path("tmp")); err != nil {
		return err
	}
	return linkExclusive(f.path("tmp"), target, content)
}

func (f folder) read(name string) ([]byte, error) { return os.ReadFile(f.path(name)) }

func (f folder) list(name string) ([]string, error) {
	entries, err := os.ReadDir(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names, nil
}

func (f folder) settle(name string) error {
	err := syncFolder(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (f folder) remove(names ...string) error {
	var folders []string
	for _, name := range names {
		if err := os.Remove(f.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		folders = append(folders, filepath.Dir(f.path(name)))
	}
	slices.Sort(folders)
	for _, dir := range slices.Compact(folders) {
		if err := syncFolder(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (f folder) stat(name string) (stored, error) {
	info, err := os.Stat(f.path(name))
	if err != nil {
		return stored{}, err
	}
	return stored{name: name, bytes: info.Size(), changed: info.ModTime()}, nil
}

func (f folder) walk(ctx context.Context, name string, visit func(stored) error) error {
	return fs.WalkDir(os.DirFS(string(f)), name, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, fs.ErrNotExist): // it went while we looked
			return nil
		case err != nil:
			return err
		case entry.IsDir():
			return nil
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return visit(stored{name: name, bytes: info.Size(), changed: info.ModTime()})
	})
}

func (f folder) local(_ context.Context, name string) (string, error) {
	path := f.path(name)
	_, err := os.Stat(path)
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		err = at.Err // who asks names the file
	}
	return path, err
}

func (f folder) open(_ context.Context, name string) (*os.File, error) { return os.Open(f.path(name)) }

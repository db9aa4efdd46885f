package lake

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"parley/pipelines/internal/failpoint"
)

// WriteFileExclusive makes the file at path with content, or fails with an
// error that is fs.ErrExist if there is one already. Whoever looks sees no
// file or the whole file, also after a loss of power. Missing folders are made.
func WriteFileExclusive(path string, content []byte) error {
	dir := filepath.Dir(path)
	err := makeFolder(dir)
	if err == nil {
		err = linkExclusive(dir, path, content)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// ReplaceFile makes the file at path with content, in place of the one that
// may be there. Whoever looks sees the old file or the new one, whole, also
// after a loss of power. Missing folders are made.
func ReplaceFile(path string, content []byte) error {
	temp, err := writeTemp(filepath.Dir(path), path, content)
	if err == nil {
		err = os.Rename(temp, path)
		if err != nil {
			_ = os.Remove(temp)
		} else {
			err = syncFolder(filepath.Dir(path))
		}
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// PublishFile moves the file at temp, which another program has written, to
// path as ReplaceFile would: both must lie on the same file system.
func PublishFile(temp, path string) error {
	file, err := os.Open(temp)
	if err == nil {
		err = errors.Join(file.Sync(), file.Close())
	}
	if err == nil {
		err = makeFolder(filepath.Dir(path))
	}
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("publish %s: %w", path, err)
	}
	return nil
}

// Files that are being made lie in tempFolder, and their names end in tempSuffix.
const (
	tempFolder = "tmp"
	tempSuffix = ".tmp"
)

// TempPath is the path of a file in the lake that does not exist yet, for a
// program that writes files by itself; PublishFile then gives it its name.
func (l *Lake) TempPath(hint string) (string, error) {
	dir := l.Path(tempFolder)
	if err := makeFolder(dir); err != nil {
		return "", err
	}
	return filepath.Join(dir, tempName(hint)), nil
}

func linkExclusive(tempDir, path string, content []byte) error {
	temp, err := writeTemp(tempDir, path, content)
	if err != nil {
		return err
	}
	failpoint.At("exclusive written")
	err = os.Link(temp, path)
	if err == nil {
		failpoint.At("exclusive linked")
	}
	_ = os.Remove(temp) // one that stays is a leftover like a crash's
	if err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// writeTemp writes content to a new file in dir, durably but for its name.
func writeTemp(dir, hint string, content []byte) (string, error) {
	if err := makeFolder(dir); err != nil {
		return "", err
	}
	file, err := createTemp(dir, filepath.Base(hint))
	if err != nil {
		return "", err
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		_ = os.Remove(file.Name())
		return "", err
	}
	return file.Name(), nil
}

func createTemp(dir, hint string) (*os.File, error) {
	return os.OpenFile(filepath.Join(dir, tempName(hint)), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
}

// tempName never ends in .parquet or .json: no pattern for finished files meets it.
func tempName(hint string) string {
	const longest = 100 // bytes of the hint: a name has at most 255
	if len(hint) > longest {
		hint = hint[:longest]
	}
	return fmt.Sprintf(".%s.%d-%s"+tempSuffix, hint, os.Getpid(), attempt())
}

// attempt tells this try to write something from all others, on any machine.
func attempt() string {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails, says its documentation
	return hex.EncodeToString(random[:])
}

// makeFolder makes a folder and those above it, so that they survive a loss of power.
func makeFolder(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeFolder(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	// Also where another process made it first: it may not have come to this yet.
	return syncFolder(parent)
}

func syncFolder(dir string) error {
	file, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

package settle

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"parley/pipelines/lake"
)

// landedFile is a landed file with what its entry in the log says of it.
type landedFile struct {
	Topic  string    `json:"topic"`
	Epoch  int32     `json:"epoch,omitempty"`
	File   lake.File `json:"file"`
	Reason string    `json:"reason,omitempty"` // why it is set aside
	Since  time.Time `json:"since,omitzero"`
}

// setAside notes that the file cannot be read.
func (r *run) setAside(landed landedFile, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	landed.Reason = reason
	if landed.Since.IsZero() {
		landed.Since = r.state.At
	}
	r.state.SetAside = append(r.state.SetAside, landed)
}

// damageError says that a landed file's bytes are not what was written, or
// hold what cannot be understood.
type damageError struct {
	cause error
	late  bool // it showed only when rows had been taken
}

func (e *damageError) Error() string { return e.cause.Error() }
func (e *damageError) Unwrap() error { return e.cause }

// remedy says what is wrong with the file and what to do about it.
func (e *damageError) remedy(file lake.File) string {
	return fmt.Sprintf("%v; put the file back from a copy (%d bytes, SHA-256 %s): the next build takes its rows in", e.cause, file.Bytes, file.SHA256)
}

// spoiltError says that rows of damaged files have been gathered: which files,
// and what is wrong with each.
type spoiltError struct{ files map[string]string }

func (e *spoiltError) Error() string {
	return fmt.Sprintf("settle: %d landed files are damaged", len(e.files))
}

var errMissing = errors.New("it is missing")

// intact is an error unless the file at path has the bytes that the log says
// it has. What stands in a page is not held against anything else.
func intact(path string, file lake.File) error {
	opened, err := os.Open(path)
	if err != nil {
		return err
	}
	defer opened.Close()
	info, err := opened.Stat()
	if err != nil {
		return err
	}
	if info.Size() != file.Bytes {
		return fmt.Errorf("it has %d bytes, not %d", info.Size(), file.Bytes)
	}
	digest := sha256.New()
	if _, err := io.Copy(digest, opened); err != nil {
		return err
	}
	if sum := hex.EncodeToString(digest.Sum(nil)); sum != file.SHA256 {
		return fmt.Errorf("its bytes are not those that were written: their SHA-256 is %s", sum)
	}
	return nil
}

// settledError is an error with a settled file.
type settledError struct {
	path string
	err  error
}

func (e *settledError) Error() string {
	folder, _, _ := strings.Cut(filepath.ToSlash(e.path), "/"+settledFolder+"/")
	return fmt.Sprintf("%s; remove the folder %s/%s: it is made again from what landed", e.cause(), folder, settledFolder)
}

func (e *settledError) Unwrap() error { return e.err }

// cause is the error without what to do about it.
func (e *settledError) cause() string { return fmt.Sprintf("read %s: %v", e.path, e.err) }

func settledDamage(path string, err error) error {
	if isOurs(err) {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return &settledError{path, err}
}

// isOurs says whether a file could not be read for want of something that this
// process has too little of: nothing is wrong with the file.
func isOurs(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM)
}

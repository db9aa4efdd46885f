package importer

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
)

// source is an open file's text: unpacked, and without a byte order mark.
type source struct {
	*bufio.Reader
	file *os.File
}

// Close closes the file.
func (s *source) Close() error { return s.file.Close() }

// bufferBytes is how far ahead the form of a file can be looked at.
const bufferBytes = 1 << 20

func openFile(path string) (*source, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, errors.New(missing(path, err))
	}
	opened := &source{Reader: bufio.NewReaderSize(file, bufferBytes), file: file}
	if err := opened.unpack(path); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return opened, nil
}

func (s *source) unpack(path string) error {
	if start, _ := s.Peek(2); string(start) == "\x1f\x8b" {
		unpacked, err := gzip.NewReader(s.Reader)
		if err != nil {
			return fmt.Errorf("%s: unpack: %w", path, err)
		}
		s.Reader = bufio.NewReaderSize(unpacked, bufferBytes)
	}
	start, err := s.Peek(4)
	if len(start) == 0 && err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: cannot be read: %w", path, err)
	}
	switch {
	case len(start) >= 3 && string(start[:3]) == "\xef\xbb\xbf":
		_, err := s.Discard(3)
		return err
	case len(start) >= 2 && (string(start[:2]) == "\xff\xfe" || string(start[:2]) == "\xfe\xff"):
		return fmt.Errorf("%s: the text is UTF-16; save it as UTF-8", path)
	case len(start) >= 4 && string(start[:4]) == "PK\x03\x04":
		return fmt.Errorf("%s: this is a zip archive or a spreadsheet; unpack it, or save the sheet as CSV", path)
	}
	return nil
}

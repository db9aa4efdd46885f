package settle

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
)

// A file of ids holds its entries in order, 24 bytes each, and after them its
// fences: the first hash of every block of entries. An id is looked up by the
// fences, which are read as a whole, and one block.
const (
	idBytes    = 24
	idBlock    = 128 // entries
	fenceBytes = 16
)

func idFileBytes(rows int64) int64 {
	return rows*idBytes + (rows+idBlock-1)/idBlock*fenceBytes
}

func appendHash(raw []byte, hash idHash) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(raw, hash.high), hash.low)
}

func readHash(raw []byte) idHash {
	return idHash{binary.BigEndian.Uint64(raw[:8]), binary.BigEndian.Uint64(raw[8:16])}
}

func readID(raw []byte) idAt {
	return idAt{readHash(raw), int64(binary.BigEndian.Uint64(raw[16:idBytes]))}
}

// openIDFile opens the file at path, which has so many entries.
func openIDFile(path string, rows int64) (*os.File, error) {
	opened, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := opened.Stat()
	if err == nil && info.Size() != idFileBytes(rows) {
		err = fmt.Errorf("it has %d bytes, not %d", info.Size(), idFileBytes(rows))
	}
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	return opened, nil
}

// lookUp is those entries of the file at path whose ids are among fresh, which
// is in order.
func lookUp(path string, rows int64, fresh []idAt) (found []idAt, err error) {
	opened, err := openIDFile(path, rows)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	fences := make([]byte, idFileBytes(rows)-rows*idBytes)
	if _, err := opened.ReadAt(fences, rows*idBytes); err != nil {
		return nil, err
	}
	blocks := len(fences) / fenceBytes
	raw, block, loaded := make([]byte, idBlock*idBytes), 0, -1
	for i, entry := range fresh {
		if i > 0 && entry.hash == fresh[i-1].hash {
			continue
		}
		// The last block that begins at or before the hash; the next hash lies in it or after it.
		block += sort.Search(blocks-block, func(n int) bool {
			return compareHash(readHash(fences[(block+n)*fenceBytes:]), entry.hash) > 0
		}) - 1
		if block < 0 {
			block = 0
			continue
		}
		n := int(min(idBlock, rows-int64(block)*idBlock))
		if block != loaded {
			if _, err := opened.ReadAt(raw[:n*idBytes], int64(block)*idBlock*idBytes); err != nil {
				return nil, err
			}
			loaded = block
		}
		at := sort.Search(n, func(k int) bool { return compareHash(readHash(raw[k*idBytes:]), entry.hash) >= 0 })
		if at < n && readHash(raw[at*idBytes:]) == entry.hash {
			found = append(found, readID(raw[at*idBytes:]))
		}
	}
	return found, nil
}

// idSource gives entries in their order: those of a file, or those held.
type idSource struct {
	settled bool // from a file of the manifest
	stays   bool // which stays in it
	path    string
	file    *os.File
	reader  *bufio.Reader
	left    int64 // entries that are still to be read
	held    []idAt
	head    idAt
}

func openIDs(path string, rows int64) (*idSource, error) {
	opened, err := openIDFile(path, rows)
	if err != nil {
		return nil, err
	}
	return &idSource{path: path, file: opened, reader: bufio.NewReaderSize(opened, 1<<18), left: rows}, nil
}

func (s *idSource) next() (ok bool, err error) {
	if s.file == nil {
		if len(s.held) == 0 {
			return false, nil
		}
		s.head, s.held = s.held[0], s.held[1:]
		return true, nil
	}
	if s.left == 0 {
		return false, nil
	}
	s.left--
	var raw [idBytes]byte
	if _, err := io.ReadFull(s.reader, raw[:]); err != nil {
		if s.settled {
			return false, settledDamage(s.path, err)
		}
		return false, fmt.Errorf("read %s: %w", s.path, err)
	}
	s.head = readID(raw[:])
	return true, nil
}

func (s *idSource) close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// idWriter writes a file of entries, which come in order. The first error
// stays and is finish's, after which the file is still open.
type idWriter struct {
	path   string
	file   *os.File
	out    *bufio.Writer
	count  int64
	fences []byte
}

func createIDs(path string) (*idWriter, error) {
	created, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, fmt.Errorf("settle: write ids: %w", err)
	}
	return &idWriter{path: path, file: created, out: bufio.NewWriterSize(created, 1<<18)}, nil
}

func (w *idWriter) write(entry idAt) {
	if w.count%idBlock == 0 {
		w.fences = appendHash(w.fences, entry.hash)
	}
	var raw [idBytes]byte
	_, _ = w.out.Write(binary.BigEndian.AppendUint64(appendHash(raw[:0], entry.hash), uint64(entry.at))) // a bufio.Writer keeps its first error
	w.count++
}

func (w *idWriter) finish() (bytes int64, err error) {
	_, _ = w.out.Write(w.fences)
	if err := w.out.Flush(); err != nil {
		return 0, fmt.Errorf("settle: write ids %s: %w", w.path, errors.Join(err, w.file.Close()))
	}
	return idFileBytes(w.count), nil
}

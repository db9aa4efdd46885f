package settle

import (
	"bufio"
	"cmp"
	"container/heap"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// The ids of all settled events lie in files of their own, as hashes with the
// event's time: an id that comes again under another date must be found
// without reading every date. A file is a sorted run of entries of fixed size.

// eventAt is an event's id, as a hash, and when it occurred, in microseconds.
type eventAt struct {
	hash idHash
	at   int64
}

// idHash is half of a SHA-256: two words compare many times as fast as sixteen bytes.
type idHash struct{ high, low uint64 }

const eventAtBytes = 24

func hashID(id string) idHash {
	sum := sha256.Sum256([]byte(id))
	return idHash{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16])}
}

func compareEventAt(a, b eventAt) int {
	switch {
	case a.hash.high != b.hash.high:
		return cmp.Compare(a.hash.high, b.hash.high)
	case a.hash.low != b.hash.low:
		return cmp.Compare(a.hash.low, b.hash.low)
	}
	return cmp.Compare(a.at, b.at)
}

// idGather collects the ids of new events, and puts them into sorted files
// when they become many.
type idGather struct {
	dir  string
	most int // entries held at once

	mu      sync.Mutex
	entries []eventAt
	count   int64
	runs    []string
}

// newIDGather is a gather that holds a small part of memory, which is in bytes.
func newIDGather(dir string, memory int64) *idGather {
	return &idGather{dir: dir, most: int(memory / 8 / eventAtBytes)}
}

func (g *idGather) add(entries []eventAt) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.entries = append(g.entries, entries...)
	g.count += int64(len(entries))
	if len(g.entries) <= g.most {
		return nil
	}
	path := filepath.Join(g.dir, fmt.Sprintf("event-ids-%d.run", len(g.runs)))
	w, err := createIDs(path)
	if err != nil {
		return err
	}
	g.runs = append(g.runs, path)
	for _, entry := range g.sorted() {
		w.write(entry)
	}
	_, err = w.finish()
	return err
}

func (g *idGather) sorted() []eventAt {
	entries := g.entries
	g.entries = nil
	slices.SortFunc(entries, compareEventAt)
	return slices.Compact(entries)
}

// conflicts are the ids under which events of different times came: of each
// the time that stands.
type conflicts map[idHash]int64

// loses says whether the event must go because an earlier one has its id.
func (c conflicts) loses(row *eventRow) bool {
	if len(c) == 0 {
		return false
	}
	at, known := c[hashID(row.EventID)]
	return known && at != row.OccurredAt
}

// resolved is what the new ids mean beside those already settled.
type resolved struct {
	conflicts conflicts
	evicted   []int64   // times of settled events that must go
	ids       *idWriter // the file of new ids, which holds those of replaced too; nil if there is nothing new
	replaced  []file
}

// resolve compares the new ids with the settled ones, the files old, in one
// pass through both. The new file of ids is made at path. It takes in those old
// files that are not much larger, so that there are never many.
func (g *idGather) resolve(old []file, root, path string) (_ *resolved, err error) {
	r := &resolved{conflicts: conflicts{}}
	small := slices.SortedFunc(slices.Values(old), func(a, b file) int { return cmp.Compare(a.Rows, b.Rows) })
	rows := g.count
	for _, f := range small {
		if f.Rows > 2*rows {
			break
		}
		rows += f.Rows
		r.replaced = append(r.replaced, f)
	}
	var sources idHeap
	defer func() {
		for _, source := range sources.all {
			err = errors.Join(err, source.close())
		}
	}()
	for _, f := range old {
		source, err := openIDs(filepath.Join(root, filepath.FromSlash(f.Path)))
		if err != nil {
			return nil, fmt.Errorf("settle: event ids %s: %w", f.Path, err)
		}
		source.settled, source.stays = true, !slices.Contains(r.replaced, f)
		sources.add(source)
	}
	for _, run := range g.runs {
		source, err := openIDs(run)
		if err != nil {
			return nil, fmt.Errorf("settle: event ids: %w", err)
		}
		sources.add(source)
	}
	sources.add(&idSource{held: g.sorted()})
	if r.ids, err = createIDs(path); err != nil {
		return nil, err
	}
	if err := sources.groups(r.group); err != nil {
		return nil, fmt.Errorf("settle: event ids: %w", err)
	}
	return r, nil
}

// group takes all entries of one id, the earliest first.
func (r *resolved) group(entries []eventAt, from []*idSource) {
	stands := entries[0]
	isNew, isListed := false, false
	for i, entry := range entries {
		isNew = isNew || !from[i].settled
		isListed = isListed || entry == stands && from[i].stays
	}
	if !isListed {
		r.ids.write(stands)
	}
	if !isNew || entries[len(entries)-1].at == stands.at {
		return
	}
	r.conflicts[stands.hash] = stands.at
	for i, entry := range entries {
		if entry.at != stands.at && from[i].settled {
			r.evicted = append(r.evicted, entry.at)
		}
	}
}

// idSource gives the entries of one run in their order.
type idSource struct {
	settled bool // from a file of the manifest
	stays   bool // which stays in it
	path    string
	file    *os.File
	reader  *bufio.Reader
	held    []eventAt
	head    eventAt
}

func openIDs(path string) (*idSource, error) {
	opened, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &idSource{path: path, file: opened, reader: bufio.NewReaderSize(opened, 1<<18)}, nil
}

func (s *idSource) next() (ok bool, err error) {
	if s.file == nil {
		if len(s.held) == 0 {
			return false, nil
		}
		s.head, s.held = s.held[0], s.held[1:]
		return true, nil
	}
	var raw [eventAtBytes]byte
	if _, err := io.ReadFull(s.reader, raw[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		return false, fmt.Errorf("read %s: %w", s.path, err)
	}
	s.head.hash = idHash{binary.BigEndian.Uint64(raw[:8]), binary.BigEndian.Uint64(raw[8:16])}
	s.head.at = int64(binary.BigEndian.Uint64(raw[16:]))
	return true, nil
}

func (s *idSource) close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// idHeap holds the sources by their first entry.
type idHeap struct {
	all   []*idSource
	alive []*idSource
}

func (h *idHeap) add(source *idSource) { h.all = append(h.all, source) }

func (h *idHeap) Len() int           { return len(h.alive) }
func (h *idHeap) Less(i, j int) bool { return compareEventAt(h.alive[i].head, h.alive[j].head) < 0 }
func (h *idHeap) Swap(i, j int)      { h.alive[i], h.alive[j] = h.alive[j], h.alive[i] }
func (h *idHeap) Push(source any)    { h.alive = append(h.alive, source.(*idSource)) }
func (h *idHeap) Pop() any {
	last := h.alive[len(h.alive)-1]
	h.alive = h.alive[:len(h.alive)-1]
	return last
}

// groups gives the entries of each id, with their sources, to take.
func (h *idHeap) groups(take func([]eventAt, []*idSource)) error {
	for _, source := range h.all {
		ok, err := source.next()
		if err != nil {
			return err
		}
		if ok {
			h.alive = append(h.alive, source)
		}
	}
	heap.Init(h)
	var entries []eventAt
	var from []*idSource
	for h.Len() > 0 {
		source := h.alive[0]
		if len(entries) > 0 && entries[0].hash != source.head.hash {
			take(entries, from)
			entries, from = entries[:0], from[:0]
		}
		entries, from = append(entries, source.head), append(from, source)
		ok, err := source.next()
		if err != nil {
			return err
		}
		if ok {
			heap.Fix(h, 0)
		} else {
			heap.Pop(h)
		}
	}
	if len(entries) > 0 {
		take(entries, from)
	}
	return nil
}

// idWriter writes a run of entries. The first error stays and is finish's.
type idWriter struct {
	path  string
	file  *os.File
	out   *bufio.Writer
	count int64
}

func createIDs(path string) (*idWriter, error) {
	created, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, fmt.Errorf("settle: event ids: %w", err)
	}
	return &idWriter{path: path, file: created, out: bufio.NewWriterSize(created, 1<<18)}, nil
}

func (w *idWriter) write(entry eventAt) {
	var raw [eventAtBytes]byte
	binary.BigEndian.PutUint64(raw[:8], entry.hash.high)
	binary.BigEndian.PutUint64(raw[8:16], entry.hash.low)
	binary.BigEndian.PutUint64(raw[16:], uint64(entry.at))
	_, _ = w.out.Write(raw[:]) // a bufio.Writer keeps its first error
	w.count++
}

func (w *idWriter) finish() (bytes int64, err error) {
	if err := errors.Join(w.out.Flush(), w.file.Close()); err != nil {
		return 0, fmt.Errorf("settle: write event ids %s: %w", w.path, err)
	}
	return w.count * eventAtBytes, nil
}

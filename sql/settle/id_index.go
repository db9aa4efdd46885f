package settle

import (
	"cmp"
	"container/heap"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
)

// Where one thing can be reported under several dates, its id must be found
// without reading every date: the ids of all settled events, deliveries and
// conversations lie in files of their own, an index for each, as hashes with
// the time under which the thing lies. A file is a sorted run of entries of
// fixed size. Of several entries of one id, in whatever files, the earliest counts.

// idAt is an id, as a hash, and the time under which it was reported: of events
// and deliveries in microseconds, of conversations the date.
type idAt struct {
	hash idHash
	at   int64
}

// idHash is half of a SHA-256: two words compare many times as fast as sixteen bytes.
type idHash struct{ high, low uint64 }

func hashID(id string) idHash {
	sum := sha256.Sum256([]byte(id))
	return idHash{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16])}
}

func compareHash(a, b idHash) int {
	if a.high != b.high {
		return cmp.Compare(a.high, b.high)
	}
	return cmp.Compare(a.low, b.low)
}

func compareIDAt(a, b idAt) int {
	if c := compareHash(a.hash, b.hash); c != 0 {
		return c
	}
	return cmp.Compare(a.at, b.at)
}

// idGather collects the ids of new things, and puts them into sorted files
// when they become many.
type idGather struct {
	name string // of the index
	dir  string
	most int // entries held at once

	mu      sync.Mutex
	entries []idAt
	count   int64
	runs    []idRun
}

// idRun is a file of entries, and how many.
type idRun struct {
	path string
	rows int64
}

// newIDGather is a gather that holds a small part of memory, which is in bytes.
func newIDGather(name, dir string, memory int64) *idGather {
	return &idGather{name: name, dir: dir, most: int(memory / 8 / idBytes)}
}

func (g *idGather) add(entries []idAt) error {
	if len(entries) == 0 {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.entries = append(g.entries, entries...)
	g.count += int64(len(entries))
	if len(g.entries) <= g.most {
		return nil
	}
	path := filepath.Join(g.dir, fmt.Sprintf("%s-%d.run", g.name, len(g.runs)))
	w, err := createIDs(path)
	if err != nil {
		return err
	}
	for _, entry := range g.sorted() {
		w.write(entry)
	}
	g.runs = append(g.runs, idRun{path, w.count})
	if _, err := w.finish(); err != nil {
		return err
	}
	return w.file.Close()
}

func (g *idGather) sorted() []idAt {
	entries := g.entries
	g.entries = nil
	slices.SortFunc(entries, compareIDAt)
	return slices.Compact(entries)
}

// reports are all reports of one id of which at least one is new.
type reports struct {
	hash    idHash
	first   int64   // the earliest of all: it stands
	last    int64   // the latest of all
	settled []int64 // those that are settled already, in order
}

// resolved is the file of an index that a run makes.
type resolved struct {
	ids      *idWriter // the new ids, with those of replaced
	replaced []file
}

// resolve compares the new ids with the settled ones, the files old, and tells
// visit of each. The new file of ids is made at path. It takes in those old
// files that are not much larger, so that there are never many; all of these
// are read through. In the others the new ids are looked up, unless they are so
// many that reading through is quicker.
func (g *idGather) resolve(old []file, root, path string, visit func(reports)) (_ *resolved, err error) {
	r := &resolved{}
	small := slices.SortedFunc(slices.Values(old), func(a, b file) int { return cmp.Compare(a.Rows, b.Rows) })
	rows := g.count
	for _, f := range small {
		if f.Rows > 2*rows {
			break
		}
		rows += f.Rows
		r.replaced = append(r.replaced, f)
	}
	fresh := g.sorted()
	sources := idMerge{visit: visit}
	defer func() {
		for _, source := range sources.all {
			err = errors.Join(err, source.close())
		}
	}()
	for _, f := range old {
		stays := !slices.Contains(r.replaced, f)
		source, err := settledIDs(filepath.Join(root, filepath.FromSlash(f.Path)), f.Rows, stays && len(g.runs) == 0, fresh)
		if err != nil {
			return nil, err
		}
		source.settled, source.stays = true, stays
		sources.all = append(sources.all, source)
	}
	for _, run := range g.runs {
		source, err := openIDs(run.path, run.rows)
		if err != nil {
			return nil, fmt.Errorf("settle %s: %w", g.name, err)
		}
		sources.all = append(sources.all, source)
	}
	sources.all = append(sources.all, &idSource{held: fresh})
	if r.ids, err = createIDs(path); err != nil {
		return nil, err
	}
	if err := sources.run(r.ids.write); err != nil {
		return nil, fmt.Errorf("settle %s: %w", g.name, errors.Join(err, r.ids.file.Close()))
	}
	return r, nil
}

// settledIDs opens a file of the index. If mayLook, it gives only those of its
// entries that fresh has the ids of, where that is quicker.
func settledIDs(path string, rows int64, mayLook bool, fresh []idAt) (*idSource, error) {
	if mayLook && int64(len(fresh)) < rows/idBlock {
		found, err := lookUp(path, rows, fresh)
		if err != nil {
			return nil, settledDamage(path, err)
		}
		return &idSource{held: found}, nil
	}
	source, err := openIDs(path, rows)
	if err != nil {
		return nil, settledDamage(path, err)
	}
	return source, nil
}

// idMerge goes through its sources as one.
type idMerge struct {
	all   []*idSource
	alive []*idSource // a heap, by their first entry
	visit func(reports)

	group   []idAt // all entries of one id
	from    []*idSource
	settled []int64
}

func (m *idMerge) Len() int           { return len(m.alive) }
func (m *idMerge) Less(i, j int) bool { return compareIDAt(m.alive[i].head, m.alive[j].head) < 0 }
func (m *idMerge) Swap(i, j int)      { m.alive[i], m.alive[j] = m.alive[j], m.alive[i] }
func (m *idMerge) Push(source any)    { m.alive = append(m.alive, source.(*idSource)) }
func (m *idMerge) Pop() any {
	last := m.alive[len(m.alive)-1]
	m.alive = m.alive[:len(m.alive)-1]
	return last
}

// run gives list the entries of the new file.
func (m *idMerge) run(list func(idAt)) error {
	for _, source := range m.all {
		ok, err := source.next()
		if err != nil {
			return err
		}
		if ok {
			m.alive = append(m.alive, source)
		}
	}
	heap.Init(m)
	for m.Len() > 0 {
		source := m.alive[0]
		if len(m.group) > 0 && m.group[0].hash != source.head.hash {
			m.end(list)
		}
		m.group, m.from = append(m.group, source.head), append(m.from, source)
		ok, err := source.next()
		if err != nil {
			return err
		}
		if ok {
			heap.Fix(m, 0)
		} else {
			heap.Pop(m)
		}
	}
	if len(m.group) > 0 {
		m.end(list)
	}
	return nil
}

// end ends a group, whose entries stand in the order of their times.
func (m *idMerge) end(list func(idAt)) {
	first, last := m.group[0], m.group[len(m.group)-1]
	isNew, isListed := false, false
	m.settled = m.settled[:0]
	for i, entry := range m.group {
		if m.from[i].settled {
			m.settled = append(m.settled, entry.at)
		} else {
			isNew = true
		}
		isListed = isListed || entry == first && m.from[i].stays
	}
	if !isListed {
		list(first)
	}
	if isNew {
		m.visit(reports{hash: first.hash, first: first.at, last: last.at, settled: m.settled})
	}
	m.group, m.from = m.group[:0], m.from[:0]
}

// index brings an index up to date and tells visit of the new ids.
func (r *run) index(g *idGather, visit func(reports)) error {
	if g.count == 0 {
		return nil
	}
	temp := filepath.Join(r.temp, g.name+".tmp")
	r.mu.Lock()
	old := r.state.IDs[g.name]
	r.mu.Unlock()
	resolved, err := g.resolve(old, r.root, temp, visit)
	if err != nil {
		return err
	}
	rows := resolved.ids.count
	bytes, err := resolved.ids.finish()
	if err != nil {
		return err
	}
	if rows == 0 {
		return resolved.ids.file.Close()
	}
	r.keep(resolved.ids.file)
	name := fmt.Sprintf("%s/%s/%020d-%s.ids", settledFolder, g.name, r.state.Version, r.attempt)
	files := slices.DeleteFunc(slices.Clone(old), func(f file) bool { return slices.Contains(resolved.replaced, f) })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.IDs[g.name] = append(files, file{Path: name, Rows: rows, Bytes: bytes})
	r.made = append(r.made, madeFile{temp, filepath.Join(r.root, filepath.FromSlash(name))})
	return nil
}

package lake

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// checkpoint is one file that stands for a run of the log's entries: the first
// begins at start, the last ends at end. Its lines, compressed by gzip, are
// {"totals": Totals} and then the entries in the form that they have in the log.
type checkpoint struct{ start, end int64 }

const checkpointSuffix = ".ndjson.gz"

func (c checkpoint) name() string { return fmt.Sprintf("%020d-%020d"+checkpointSuffix, c.start, c.end) }

func (id logID) checkpoints() string { return id.folder() + "/checkpoints" }

func (id logID) checkpoint(c checkpoint) string { return id.checkpoints() + "/" + c.name() }

// checkpointOf reads the name of a checkpoint; anything else in the folder is none.
func checkpointOf(name string) (c checkpoint, ok bool) {
	first, second, _ := strings.Cut(strings.TrimSuffix(name, checkpointSuffix), "-")
	start, err := strconv.ParseInt(first, 10, 64)
	if err == nil {
		c.start = start
		c.end, err = strconv.ParseInt(second, 10, 64)
	}
	return c, err == nil && 0 <= c.start && c.start < c.end && c.name() == name
}

// lookAtCheckpoints lists the checkpoints alone.
func (l *Lake) lookAtCheckpoints(id logID) (view, error) {
	names, err := l.store.list(id.checkpoints())
	if err != nil {
		return view{}, fmt.Errorf("read the log %s: %w", id, err)
	}
	var all []checkpoint
	for _, name := range names {
		if c, ok := checkpointOf(name); ok {
			all = append(all, c)
		}
	}
	return cover(all), nil
}

// cover chooses the checkpoints that are to be read: from the log's beginning
// on, at each place the one that reaches farthest.
func cover(all []checkpoint) (seen view) {
	slices.SortFunc(all, func(a, b checkpoint) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end))
	})
	for len(all) > 0 {
		reach, _ := slices.BinarySearchFunc(all, seen.end, func(c checkpoint, end int64) int {
			if c.start <= end {
				return -1
			}
			return 1
		})
		candidates := all[:reach]
		all = all[reach:]
		best := slices.MaxFunc(append([]checkpoint{{}}, candidates...), func(a, b checkpoint) int { return cmp.Compare(a.end, b.end) })
		if best.end <= seen.end {
			seen.spare = append(append(seen.spare, candidates...), all...)
			break
		}
		for _, c := range candidates {
			if c != best {
				seen.spare = append(seen.spare, c)
			}
		}
		seen.checkpoints = append(seen.checkpoints, best)
		seen.end = best.end
	}
	return seen
}

type totalsLine struct {
	Totals *Totals `json:"totals"`
}

// encodeCheckpoint makes the content of a checkpoint of the entries, which are
// given with their lines in the log.
func encodeCheckpoint(run []readEntry) ([]byte, error) {
	var totals Totals
	for _, read := range run {
		totals.add(read.entry)
	}
	first, err := json.Marshal(totalsLine{&totals})
	if err != nil {
		return nil, err
	}
	// Compact takes away line breaks, which only a hand could have put there.
	lines := bytes.NewBuffer(append(first, '\n'))
	for _, read := range run {
		if err := json.Compact(lines, read.content); err != nil {
			return nil, err
		}
		lines.WriteByte('\n')
	}
	var content bytes.Buffer
	// Most of an entry is its files' hashes, which no effort makes smaller.
	packed, err := gzip.NewWriterLevel(&content, gzip.BestSpeed)
	if err == nil {
		_, err = packed.Write(lines.Bytes())
	}
	if err == nil {
		err = packed.Close()
	}
	if err != nil {
		return nil, err
	}
	return content.Bytes(), nil
}

// readCheckpoint calls visit with each entry of the checkpoint, until visit
// returns an error. One that is missing or does not hold what it must is a damageError.
func (l *Lake) readCheckpoint(id logID, c checkpoint, visit func(Entry) error) (Totals, error) {
	return l.readLines(id, c, func(line []byte) (damage, err error) {
		var entry Entry
		damage = entry.UnmarshalJSON(line)
		if damage == nil {
			damage = entry.standsAt(id, entry.Start)
		}
		if damage != nil {
			return damage, nil
		}
		return nil, visit(entry)
	})
}

// checkpointTotals reads the first line alone.
func (l *Lake) checkpointTotals(id logID, c checkpoint) (Totals, error) {
	totals, err := l.readLines(id, c, func([]byte) (damage, err error) { return nil, io.EOF })
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return totals, err
}

// readLines calls visit with the line of each entry, which is valid until visit
// returns; damage is what visit finds wrong with it.
func (l *Lake) readLines(id logID, c checkpoint, visit func(line []byte) (damage, err error)) (Totals, error) {
	name := id.checkpoint(c)
	content, err := l.store.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return Totals{}, &damageError{name: name, what: err}
	}
	if err != nil {
		return Totals{}, fmt.Errorf("read %s: %w", name, err)
	}
	if len(content) == 0 {
		return Totals{}, &damageError{name: name, what: errEmpty}
	}
	packed, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return Totals{}, &damageError{name: name, what: err}
	}
	const longest = 64 << 20 // bytes of an entry, far beyond any
	lines := bufio.NewScanner(packed)
	lines.Buffer(make([]byte, 64<<10), longest)
	var first totalsLine
	if lines.Scan() {
		err = json.Unmarshal(lines.Bytes(), &first)
	}
	if err == nil && first.Totals == nil {
		err = errors.Join(errors.New("it does not begin with totals"), lines.Err())
	}
	if err != nil {
		return Totals{}, &damageError{name: name, what: err}
	}
	for lines.Scan() {
		damage, err := visit(lines.Bytes())
		if damage != nil {
			return *first.Totals, &damageError{name: name, what: damage}
		}
		if err != nil {
			return *first.Totals, err
		}
	}
	if err := lines.Err(); err != nil {
		return *first.Totals, &damageError{name: name, what: err}
	}
	return *first.Totals, nil
}

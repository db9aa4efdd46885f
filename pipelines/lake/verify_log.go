package lake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
)

// log verifies one log from its beginning to its end. used says whether there
// is anything in it.
func (v *verifier) log(ctx context.Context, id logID) (used bool, err error) {
	seen, err := v.look(id)
	if err != nil {
		return false, err
	}
	check := logCheck{verifier: v, id: id, checkpoints: seen.checkpoints, others: map[int64][]otherEntry{}}
	if err := check.gather(seen); err != nil {
		return false, err
	}
	for next := int64(0); ; {
		err := v.follow(ctx, id, next, check.entry)
		var broken *brokenError
		if !errors.As(err, &broken) {
			check.finish()
			return len(seen.checkpoints)+len(seen.live) > 0, err
		}
		check.broken = true
		v.fault(Fault{Log: id.String(), Start: broken.at, Path: broken.path, What: whatIsWrong(broken.what), Remedy: restoreEntry})
		if broken.next <= next {
			check.finish()
			return true, nil
		}
		next = broken.next
		check.before, check.whole = Entry{}, false
	}
}

// logCheck is the verification of one log.
type logCheck struct {
	*verifier
	id          logID
	before      Entry // the entry before; zero at the beginning and behind a fault
	checkpoints []checkpoint
	totals      Totals // of the entries of the first of checkpoints so far
	whole       bool   // these are all from its beginning on
	broken      bool
	others      map[int64][]otherEntry
	sums        Totals
}

// otherEntry is an entry that should stand in the chain as it is here.
type otherEntry struct {
	entry Entry
	path  string
	void  bool // it may also be a fenced writer's
}

// gather reads what lies beside the chain: entry files that checkpoints stand
// for, and checkpoints that others make superfluous.
func (c *logCheck) gather(seen view) error {
	c.mu.Lock()
	c.done.Checkpoints += int64(len(seen.checkpoints) + len(seen.spare))
	c.mu.Unlock()
	for _, start := range seen.void {
		read := c.readEntry(c.id, start)
		if errors.Is(read.err, fs.ErrNotExist) {
			continue // it is being removed
		}
		if errors.As(read.err, new(*damageError)) {
			c.mu.Lock()
			c.done.Void++
			c.mu.Unlock()
			continue
		}
		if read.err != nil {
			return read.err
		}
		c.others[start] = append(c.others[start], otherEntry{read.entry, c.id.entry(start), true})
	}
	for _, spare := range seen.spare {
		path := c.id.checkpoint(spare)
		if spare.start > seen.end {
			c.fault(Fault{Log: c.id.String(), Start: spare.start, Path: path, What: fmt.Sprintf("the checkpoints before it end at %d", seen.end), Remedy: restoreFolder})
			continue
		}
		_, err := c.readCheckpoint(c.id, spare, func(entry Entry) error {
			c.others[entry.Start] = append(c.others[entry.Start], otherEntry{entry, path, false})
			return nil
		})
		if errors.As(err, new(*damageError)) {
			c.fault(Fault{Log: c.id.String(), Start: spare.start, Path: path, What: whatIsWrong(err), Remedy: restoreEntry})
		} else if err != nil {
			return err
		}
	}
	return nil
}

// entry verifies one entry of the chain.
func (c *logCheck) entry(entry Entry) error {
	c.sums.add(entry)
	c.compare(entry)
	c.sumUp(entry)
	fault := func(format string, args ...any) {
		c.fault(Fault{Log: c.id.String(), Start: entry.Start, Path: c.id.entry(entry.Start), What: fmt.Sprintf(format, args...), Remedy: restoreEntry})
	}
	if err := entry.validate(); err != nil {
		fault("it does not add up: %v", err)
	}
	for _, id := range []struct{ of, before, here string }{
		{"Kafka cluster", c.before.Cluster, entry.Cluster}, {"topic's id", c.before.TopicID, entry.TopicID},
	} {
		if id.before != "" && id.here != "" && id.before != id.here {
			fault("the %s is %s, the entry before says %s: another one begins a new epoch", id.of, id.here, id.before)
		}
	}
	c.before = entry
	var rows, dead, tombstones, bytes int64
	for _, file := range entry.Files {
		switch file.Kind {
		case DeadLetters:
			dead += file.Rows
		case Tombstones:
			tombstones += file.Rows
		default:
			rows += file.Rows
		}
		bytes += file.Bytes
		name, ok := parseLanded(file.Path)
		if !ok || name.log != c.id || name.start != entry.Start || name.end != entry.End || name.kind != file.Kind {
			c.fault(fileFault(entry, file, fmt.Sprintf("its name is not one of %s from %d to %d", file.Kind, entry.Start, entry.End), restoreEntry))
		}
		if err := c.file(entry, file); err != nil {
			return err
		}
	}
	if rows != entry.Rows || dead != entry.Dead || tombstones != entry.Tombstones {
		fault("its files have %d rows, %d dead letters and %d tombstones, it says %d, %d and %d", rows, dead, tombstones, entry.Rows, entry.Dead, entry.Tombstones)
	}
	c.tell(1, 0, 0)
	if !c.config.Deep {
		c.tell(0, int64(len(entry.Files)), bytes)
	} else if len(entry.Files) > 0 {
		c.read(entry)
	}
	return nil
}

// compare checks the entry against what lies beside the chain.
func (c *logCheck) compare(entry Entry) {
	for _, other := range c.others[entry.Start] {
		same := reflect.DeepEqual(other.entry, entry)
		switch {
		case !other.void && !same, other.void && !same && sharesFile(other.entry, entry):
			c.fault(Fault{Log: c.id.String(), Start: entry.Start, Path: other.path, What: "it says otherwise than the checkpoint that is read", Remedy: restoreFolder})
		case other.void && same:
			c.mu.Lock()
			c.done.Leftover++
			c.mu.Unlock()
		case other.void:
			c.mu.Lock()
			c.done.Void++
			c.mu.Unlock()
		}
	}
	delete(c.others, entry.Start)
}

// sharesFile tells an entry that was changed from a fenced writer's, whose
// files are its own.
func sharesFile(a, b Entry) bool {
	return slices.ContainsFunc(a.Files, func(file File) bool {
		return slices.ContainsFunc(b.Files, func(other File) bool { return file.Path == other.Path })
	})
}

// sumUp checks each checkpoint's totals, where the entry is its last.
func (c *logCheck) sumUp(entry Entry) {
	for len(c.checkpoints) > 0 && c.checkpoints[0].end <= entry.Start {
		c.checkpoints = c.checkpoints[1:]
	}
	if len(c.checkpoints) == 0 {
		return
	}
	first := c.checkpoints[0]
	if entry.Start == first.start {
		c.totals, c.whole = Totals{}, true
	}
	c.totals.add(entry)
	if entry.End < first.end || !c.whole {
		return
	}
	c.whole = false
	said, err := c.checkpointTotals(c.id, first)
	if err == nil && !said.equal(c.totals) { // follow has met an error too
		c.fault(Fault{Log: c.id.String(), Start: first.start, Path: c.id.checkpoint(first),
			What: fmt.Sprintf("its totals are %+v, its entries' %+v", said, c.totals), Remedy: restoreEntry})
	}
}

// finish adds the log's sums, and tells of entries that stand beside the chain
// and have no counterpart in it.
func (c *logCheck) finish() {
	c.mu.Lock()
	c.done.Entries += c.sums.Entries
	c.done.Files += c.sums.Files
	c.done.Bytes += c.sums.Bytes
	c.done.Rows += c.sums.Rows
	c.done.Dead += c.sums.Dead
	c.done.Tombstones += c.sums.Tombstones
	c.done.Skipped += c.sums.Skipped
	reach := c.reachOf(c.id)
	reach.end, reach.broken = c.before.End, c.broken
	c.mu.Unlock()
	if c.broken {
		return // then it is no wonder
	}
	for start, others := range c.others {
		for _, other := range others {
			c.fault(Fault{Log: c.id.String(), Start: start, Path: other.path, What: "no entry of the log begins there", Remedy: restoreFolder})
		}
	}
}

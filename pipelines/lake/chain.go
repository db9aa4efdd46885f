package lake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"golang.org/x/sync/errgroup"
)

// logID names one log: the chain of entries of a topic's partition in an epoch.
type logID struct {
	topic     string
	epoch     int32
	partition int32
}

// String is the log's name, as Entry.Log and Positions have it.
func (id logID) String() string { return fmt.Sprintf("%s/%d/%d", id.topic, id.epoch, id.partition) }

func (id logID) folder() string { return "log/" + id.String() }

func (id logID) entry(start int64) string { return id.folder() + "/" + entryName(start) }

// view is what a listing shows of one log.
type view struct {
	checkpoints []checkpoint // cover the log from its beginning, each beginning at or before the end of the one before
	spare       []checkpoint // the others, of which nobody needs to read any
	end         int64        // up to which the checkpoints cover the log
	live        []int64      // starts of the entry files from end on, ascending
	void        []int64      // starts of the entry files before end, which do not count any more
}

// look lists a log: the checkpoints first, so that what they cover is no more
// than what may be missing among the entry files.
func (l *Lake) look(id logID) (view, error) {
	seen, err := l.lookAtCheckpoints(id)
	if err != nil {
		return view{}, err
	}
	names, err := l.store.list(id.folder())
	if err != nil {
		return view{}, fmt.Errorf("read the log %s: %w", id, err)
	}
	for _, name := range names {
		start, ok := startOf(name)
		switch {
		case !ok:
		case start < seen.end:
			seen.void = append(seen.void, start)
		default:
			seen.live = append(seen.live, start)
		}
	}
	return seen, nil
}

// brokenError says where a log cannot be followed, and where it can again.
type brokenError struct {
	path string // the file that is missing or damaged
	at   int64  // where the chain ends
	next int64  // where it goes on behind the fault, less than at if entries overlap; -1 if nowhere
	what error
}

func (e *brokenError) Error() string {
	return fmt.Sprintf("read the log at %d: %s: %s; %s", e.at, e.path, whatIsWrong(e.what), restoreEntry)
}

func (e *brokenError) Unwrap() error { return e.what }

const restoreEntry = "restore the file from a backup of the lake"

// errCheckpointed says that an entry has become part of a checkpoint meanwhile.
var errCheckpointed = errors.New("has become part of a checkpoint")

// errNoNewest says that a log has checkpoints and nothing behind them.
var errNoNewest = errors.New("is missing: the newest entries are never removed")

// looks is how often a log is listed again before it counts as broken: a
// listing shows no single instant, so an entry may be missing that stands
// before one that is there.
const looks = 5

// follow calls visit with the log's entries from the one that begins at from
// on, until visit returns an error, which is then follow's own. Where the log
// cannot be followed the error is a brokenError.
func (l *Lake) follow(ctx context.Context, id logID, from int64, visit func(Entry) error) error {
	next, end := from, int64(0)
	for tries := looks; ; tries-- {
		seen, err := l.look(id)
		if err != nil {
			return err
		}
		before := next
		next, err = l.pass(ctx, id, seen, next, visit)
		var broken *brokenError
		if !errors.As(err, &broken) || 0 <= broken.next && broken.next < broken.at {
			return err
		}
		if next > before || seen.end > end {
			tries = looks // it comes further
		}
		end = max(end, seen.end)
		if tries == 0 {
			return err
		}
	}
}

// pass follows the log as far as the view shows it, and says where it came to.
func (l *Lake) pass(ctx context.Context, id logID, seen view, next int64, visit func(Entry) error) (int64, error) {
	for i, c := range seen.checkpoints {
		if c.end <= next {
			continue
		}
		behind := int64(-1)
		if i+1 < len(seen.checkpoints) || len(seen.live) > 0 {
			behind = c.end
		}
		broken := func(what error) error {
			return &brokenError{path: id.checkpoint(c), at: next, next: behind, what: what}
		}
		_, err := l.readCheckpoint(id, c, func(entry Entry) error {
			if entry.Start < next {
				return nil
			}
			if entry.Start != next {
				return broken(fmt.Errorf("its next entry begins at %d", entry.Start))
			}
			if err := ctx.Err(); err != nil {
				return context.Cause(ctx)
			}
			if err := visit(entry); err != nil {
				return err
			}
			next = entry.End
			return nil
		})
		var damage *damageError
		if errors.As(err, &damage) {
			err = broken(err)
		} else if err == nil && next != c.end {
			err = broken(fmt.Errorf("its entries end at %d", next))
		}
		if err != nil {
			return next, err
		}
	}
	return l.passLive(ctx, id, seen, next, visit)
}

// passLive is pass behind the checkpoints.
func (l *Lake) passLive(ctx context.Context, id logID, seen view, next int64, visit func(Entry) error) (int64, error) {
	from, _ := slices.BinarySearch(seen.live, next)
	live := seen.live[from:]
	broken := func(i int, what error) error {
		b := &brokenError{path: id.entry(next), at: next, next: -1, what: what}
		if i < len(live) {
			b.next = live[i]
		}
		return b
	}
	if len(live) == 0 && len(seen.checkpoints) > 0 && next == seen.end {
		return next, broken(0, errNoNewest)
	}
	const atATime = 1024
	for first := 0; first < len(live); first += atATime {
		batch := live[first:min(first+atATime, len(live))]
		reads, err := l.readCertainly(ctx, id, batch)
		if err != nil {
			return next, err
		}
		for i, read := range reads {
			switch {
			case batch[i] < next:
				return next, &brokenError{path: id.entry(batch[i]), at: next, next: batch[i], what: fmt.Errorf("begins before the end of the one before it, %d", next)}
			case batch[i] > next:
				return next, broken(first+i, fs.ErrNotExist)
			case read.err != nil:
				return next, broken(first+i+1, read.err)
			}
			if err := visit(read.entry); err != nil {
				return next, err
			}
			next = read.entry.End
		}
	}
	return next, nil
}

// readEntry is one entry file: what it says, or why it says nothing.
type readEntry struct {
	content []byte
	entry   Entry
	err     error // fs.ErrNotExist or a damageError
}

// readCertainly reads the entry files at the starts, ascending. What it gives is
// the chain's: checkpoint.go says why that needs a look at the checkpoints
// afterwards. If these cover a start by then, the error is a brokenError, which
// another look mends.
func (l *Lake) readCertainly(ctx context.Context, id logID, starts []int64) ([]readEntry, error) {
	reads := make([]readEntry, len(starts))
	const atOnce = 16 // an object store answers many as quickly as one
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, start := range starts {
		group.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			reads[i] = l.readEntry(id, start)
			if err := reads[i].err; err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.As(err, new(*damageError)) {
				return err
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	after, err := l.lookAtCheckpoints(id)
	if err != nil {
		return nil, err
	}
	if after.end > starts[0] {
		return nil, &brokenError{path: id.entry(starts[0]), at: starts[0], next: starts[0], what: errCheckpointed}
	}
	return reads, nil
}

// readEntry reads one entry file, and checks that it is what its name says.
func (l *Lake) readEntry(id logID, start int64) (read readEntry) {
	name := id.entry(start)
	read.content, read.err = l.store.read(name)
	if read.err != nil {
		read.err = fmt.Errorf("read %s: %w", name, read.err)
		return read
	}
	err := read.entry.UnmarshalJSON(read.content)
	if err == nil {
		err = read.entry.standsAt(id, start)
	}
	if err != nil {
		read.err = &damageError{name: name, what: err}
	}
	return read
}

// standsAt checks that the entry says of itself what its place in the log says.
func (e Entry) standsAt(id logID, start int64) error {
	if e.log() != id || e.Start != start || e.End < e.Start {
		return fmt.Errorf("it says of itself that it is %s from %d to %d", e.Log(), e.Start, e.End)
	}
	return nil
}

// damageError says that a file of the log does not hold what it must.
type damageError struct {
	name string
	what error
}

func (e *damageError) Error() string {
	return fmt.Sprintf("%s: %s; %s", e.name, whatIsWrong(e), restoreEntry)
}

func (e *damageError) Unwrap() error { return e.what }

// whatIsWrong says it of a file that has been named already.
func whatIsWrong(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "it is missing"
	}
	if damage := (*damageError)(nil); errors.As(err, &damage) {
		return "it is damaged: " + damage.what.Error()
	}
	return err.Error()
}

package lake

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
)

// ErrFenced is what Append's error is when another writer has already said
// what became of the records from the entry's start on. Whoever meets it drops
// what it holds, reads the tail and goes on from there.
var ErrFenced = errors.New("fenced: another writer has gone on from this offset")

// Append adds the entry to the log: this is what makes its files count. Of
// several writers that append with the same start, one succeeds; the others'
// error is ErrFenced. The entry's files must be published before.
func (l *Lake) Append(entry Entry) error {
	if err := entry.validate(); err != nil {
		return fmt.Errorf("append to the log of %s: %w", entry.Log(), err)
	}
	content, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("append to the log of %s: %w", entry.Log(), err)
	}
	if err := l.commit(entry, content); err != nil {
		return fmt.Errorf("append to the log of %s at %d: %w", entry.Log(), entry.Start, err)
	}
	return nil
}

func (l *Lake) commit(entry Entry, content []byte) error {
	err := l.store.putExclusive(entry.log().entry(entry.Start), append(content, '\n'))
	if errors.Is(err, fs.ErrExist) {
		return ErrFenced
	}
	if err != nil {
		return err
	}
	return l.confirm(entry, content)
}

// confirm makes sure that the entry whose file has just been made counts. It
// does not if a checkpoint stands for another one with the same start, whose
// file had been removed by then.
func (l *Lake) confirm(entry Entry, content []byte) error {
	seen, err := l.lookAtCheckpoints(entry.log())
	if err != nil {
		return err
	}
	if entry.Start >= seen.end {
		return nil
	}
	for _, c := range seen.checkpoints {
		if entry.Start >= c.end {
			continue
		}
		_, err := l.readLines(entry.log(), c, func(line []byte) (damage, err error) {
			if bytes.Equal(line, content) {
				return nil, errFound
			}
			return nil, nil
		})
		if errors.Is(err, errFound) {
			return nil
		}
		if err != nil {
			return err
		}
		break
	}
	return ErrFenced
}

var errFound = errors.New("found")

// Tail is the last entry of the partition's log in its highest epoch; found is
// false if nothing has landed. The next entry's start is its end.
func (l *Lake) Tail(topic string, partition int32) (tail Entry, found bool, err error) {
	epochs, err := l.numbers("log/" + topic)
	if err != nil {
		return Entry{}, false, fmt.Errorf("read the log of %s: %w", topic, err)
	}
	for _, epoch := range slices.Backward(epochs) {
		tail, found, err := l.last(logID{topic, epoch, partition})
		if found || err != nil {
			return tail, found, err
		}
	}
	return Entry{}, false, nil
}

// Tails are the last entries of the partition's logs in all epochs in which
// anything has landed, in their order.
func (l *Lake) Tails(topic string, partition int32) ([]Entry, error) {
	epochs, err := l.numbers("log/" + topic)
	if err != nil {
		return nil, fmt.Errorf("read the log of %s: %w", topic, err)
	}
	var tails []Entry
	for _, epoch := range epochs {
		tail, found, err := l.last(logID{topic, epoch, partition})
		if err != nil {
			return nil, err
		}
		if found {
			tails = append(tails, tail)
		}
	}
	return tails, nil
}

// last is the last entry of one log.
func (l *Lake) last(id logID) (last Entry, found bool, err error) {
	end := int64(0)
	for tries := looks; tries > 0; tries-- {
		seen, err := l.look(id)
		if err != nil {
			return Entry{}, false, err
		}
		if seen.end > end {
			end, tries = seen.end, looks
		}
		if len(seen.live) == 0 && len(seen.checkpoints) == 0 {
			return Entry{}, false, nil
		}
		if len(seen.live) == 0 || seen.live[0] != seen.end {
			continue // it is listed while a checkpoint is made, or files are missing
		}
		// What follows is built on this entry, so it must not be lost before it.
		if err := l.store.settle(id.folder()); err != nil {
			return Entry{}, false, fmt.Errorf("read the log %s: %w", id, err)
		}
		reads, err := l.readCertainly(context.Background(), id, seen.live[len(seen.live)-1:])
		if errors.As(err, new(*brokenError)) {
			continue
		}
		if err != nil {
			return Entry{}, false, err
		}
		if err := reads[0].err; err != nil {
			at := seen.live[len(seen.live)-1]
			return Entry{}, false, &brokenError{path: id.entry(at), at: at, next: -1, what: err}
		}
		return reads[0].entry, true, nil
	}
	// Following the log says what is wrong with it.
	if err := l.follow(context.Background(), id, 0, func(Entry) error { return nil }); err != nil {
		return Entry{}, false, err
	}
	return Entry{}, false, fmt.Errorf("read the log %s: it changes faster than it can be read; try again", id)
}

// Positions says up to which offset (exclusive) each log has been read, by the
// log's name, as Entry.Log gives it.
type Positions map[string]int64

// EachEntry calls visit with the log's entries from the given positions on, all
// if there are none, in the order of topic, epoch, partition and start, until
// visit returns an error, which is then its own. It costs two listings for each
// partition, a small file for each new entry, and one for each checkpoint that
// holds some. It is an error that an entry is missing before another one.
func (l *Lake) EachEntry(ctx context.Context, since Positions, visit func(Entry) error) error {
	ids, err := l.logs()
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	for _, id := range ids {
		if err := l.follow(ctx, id, since[id.String()], visit); err != nil {
			return err
		}
	}
	return nil
}

// Entries are what EachEntry visits.
func (l *Lake) Entries(since Positions) ([]Entry, error) {
	var entries []Entry
	err := l.EachEntry(context.Background(), since, func(entry Entry) error {
		entries = append(entries, entry)
		return nil
	})
	return entries, err
}

// Through adds to the positions that the entries have been read. It works on p
// itself and also gives it back; a nil p makes new positions.
func (p Positions) Through(entries []Entry) Positions {
	if p == nil {
		p = Positions{}
	}
	for _, entry := range entries {
		p[entry.Log()] = max(p[entry.Log()], entry.End)
	}
	return p
}

// Files are all landed files of the kind that count, in the order of Entries.
func (l *Lake) Files(kind string) ([]File, error) {
	var files []File
	err := l.EachEntry(context.Background(), nil, func(entry Entry) error {
		for _, file := range entry.Files {
			if file.Kind == kind {
				files = append(files, file)
			}
		}
		return nil
	})
	return files, err
}

// logs are all logs, in order.
func (l *Lake) logs() ([]logID, error) {
	topics, err := l.store.list("log")
	if err != nil {
		return nil, err
	}
	var logs []logID
	for _, topic := range topics {
		epochs, err := l.numbers("log/" + topic)
		if err != nil {
			return nil, err
		}
		for _, epoch := range epochs {
			partitions, err := l.numbers(fmt.Sprintf("log/%s/%d", topic, epoch))
			if err != nil {
				return nil, err
			}
			for _, partition := range partitions {
				logs = append(logs, logID{topic, epoch, partition})
			}
		}
	}
	return logs, nil
}

// numbers are the folders in folder that have numbers as names, in their order.
func (l *Lake) numbers(folder string) ([]int32, error) {
	names, err := l.store.list(folder)
	if err != nil {
		return nil, err
	}
	var numbers []int32
	for _, name := range names {
		if number, err := strconv.ParseInt(name, 10, 32); err == nil {
			numbers = append(numbers, int32(number))
		}
	}
	slices.SortFunc(numbers, cmp.Compare)
	return numbers, nil
}

package lake

import (
	"cmp"
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
	err = l.store.putExclusive("log/"+entry.Log()+"/"+entryName(entry.Start), append(content, '\n'))
	if errors.Is(err, fs.ErrExist) {
		err = ErrFenced
	}
	if err != nil {
		return fmt.Errorf("append to the log of %s at %d: %w", entry.Log(), entry.Start, err)
	}
	return nil
}

// Tail is the last entry of the partition's log in its highest epoch; found is
// false if nothing has landed. The next entry's start is its end.
func (l *Lake) Tail(topic string, partition int32) (tail Entry, found bool, err error) {
	epochs, err := l.numbers("log/" + topic)
	if err != nil {
		return Entry{}, false, fmt.Errorf("read the log of %s: %w", topic, err)
	}
	for _, epoch := range slices.Backward(epochs) {
		folder := fmt.Sprintf("log/%s/%d/%d", topic, epoch, partition)
		names, err := l.entryNames(folder)
		if err != nil {
			return Entry{}, false, fmt.Errorf("read the log %s: %w", folder, err)
		}
		if len(names) == 0 {
			continue
		}
		// What follows is built on this entry, so it must not be lost before it.
		if err := l.store.settle(folder); err != nil {
			return Entry{}, false, fmt.Errorf("read the log %s: %w", folder, err)
		}
		tail, err := l.entry(folder + "/" + names[len(names)-1])
		return tail, err == nil, err
	}
	return Entry{}, false, nil
}

// Positions says up to which offset (exclusive) each log has been read, by the
// log's name, as Entry.Log gives it.
type Positions map[string]int64

// Entries are the log's entries from the given positions on, all if there are
// none, in the order of topic, epoch, partition and start. It costs a listing
// for each partition and a small file for each new entry.
func (l *Lake) Entries(since Positions) ([]Entry, error) {
	logs, err := l.logs()
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for _, log := range logs {
		names, err := l.entryNames("log/" + log)
		if err != nil {
			return nil, fmt.Errorf("read the log %s: %w", log, err)
		}
		from, _ := slices.BinarySearch(names, entryName(since[log]))
		for _, name := range names[from:] {
			entry, err := l.entry("log/" + log + "/" + name)
			if err != nil {
				return nil, err
			}
			entries = append(entries, entry)
		}
	}
	return entries, nil
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
	entries, err := l.Entries(nil)
	if err != nil {
		return nil, err
	}
	var files []File
	for _, entry := range entries {
		for _, file := range entry.Files {
			if file.Kind == kind {
				files = append(files, file)
			}
		}
	}
	return files, nil
}

// logs are the names of all logs, in order.
func (l *Lake) logs() ([]string, error) {
	topics, err := l.store.list("log")
	if err != nil {
		return nil, err
	}
	var logs []string
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
				logs = append(logs, fmt.Sprintf("%s/%d/%d", topic, epoch, partition))
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

func (l *Lake) entryNames(folder string) ([]string, error) {
	names, err := l.store.list(folder)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(names, func(name string) bool {
		_, ok := startOf(name)
		return !ok
	}), nil
}

func (l *Lake) entry(name string) (Entry, error) {
	content, err := l.store.read(name)
	if err != nil {
		return Entry{}, fmt.Errorf("read %s: %w", name, err)
	}
	var entry Entry
	if err := json.Unmarshal(content, &entry); err != nil {
		return Entry{}, fmt.Errorf("read %s: %w", name, err)
	}
	return entry, nil
}

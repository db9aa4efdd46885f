package lake

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"time"
)

// Upload is one landed file that is being written: nobody sees it before
// Publish, and it counts only once an entry of the log lists it.
type Upload struct {
	staged    staged
	kind      string
	schema    int
	day       time.Time
	topic     string
	epoch     int32
	partition int32
	bytes     int64
	digest    hash.Hash
}

// Create begins a landed file: of which kind, by which version of its schema,
// on which day (UTC) it lands, and from which partition its records come.
func (l *Lake) Create(kind string, schema int, day time.Time, topic string, epoch, partition int32) (*Upload, error) {
	staged, err := l.store.create(fmt.Sprintf("%s-%s-%d-%d", kind, topic, epoch, partition))
	if err != nil {
		return nil, fmt.Errorf("create a file of %s: %w", kind, err)
	}
	return &Upload{
		staged: staged, kind: kind, schema: schema, day: day.UTC(),
		topic: topic, epoch: epoch, partition: partition, digest: sha256.New(),
	}, nil
}

// Write adds bytes to the file.
func (u *Upload) Write(content []byte) (int, error) {
	n, err := u.staged.Write(content)
	u.bytes += int64(n)
	_, _ = u.digest.Write(content[:n]) // a hash never fails
	if err != nil {
		return n, fmt.Errorf("write a file of %s: %w", u.kind, err)
	}
	return n, nil
}

// Bytes is how much has been written.
func (u *Upload) Bytes() int64 { return u.bytes }

// Publish makes the file durable under the name that says what it holds: the
// records from offset start up to end, end exclusive. The answer lacks rows
// and event times, which are the caller's to fill in for the log's entry.
func (u *Upload) Publish(start, end int64) (File, error) {
	name := u.landedFor(start, end).name(attempt())
	if err := u.staged.publish(name); err != nil {
		u.staged.discard()
		return File{}, fmt.Errorf("publish %s: %w", name, err)
	}
	return File{Kind: u.kind, Path: name, Bytes: u.bytes, SHA256: hex.EncodeToString(u.digest.Sum(nil))}, nil
}

// Discard removes the file; after Publish it does nothing.
func (u *Upload) Discard() { u.staged.discard() }

func (u *Upload) landedFor(start, end int64) landed {
	return landed{kind: u.kind, schema: u.schema, day: u.day.Format(time.DateOnly), log: logID{u.topic, u.epoch, u.partition}, start: start, end: end}
}

package lake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"parley/pipelines/internal/failpoint"
)

// A log of one entry a second would be 86,000 files a day. A checkpoint is one
// file that stands for a run of entries; it is created exclusively, and only
// once it is durable are the files of its entries removed. The newest entries
// always stay files of their own.
//
// Why nothing is lost or read twice, whoever works at the same time or ends in
// the middle:
//
//  1. A log is one chain. An entry's file is created exclusively under its start
//     by a writer that saw the log end there, so there is one entry for each
//     start as long as its file stays.
//  2. A file is removed only when a durable checkpoint covers its start, and
//     checkpoints are never removed. So a name that no checkpoint covers has
//     never been free again: what is read there is the chain's.
//  3. A writer that was stopped for hours can create a removed name anew. The
//     checkpoint was durable before that name became free, so Append, which
//     looks at the checkpoints after it has created the file, sees that they
//     cover the start; unless they hold this very entry (then it was put there
//     in between) the writer is fenced. Its file is void: readers ignore every
//     file whose start a checkpoint covers. If the writer ends before it looks,
//     it has not been told that its entry counts, and it does not.
//  4. A reader lists the checkpoints, lists and reads entry files, and lists the
//     checkpoints again. By (2) what it has read counts if these do not cover
//     it even then; else it looks again and finds it in a checkpoint. This holds
//     for whoever makes checkpoints too, so they hold the chain's entries alone.
//  5. So any two checkpoints that overlap hold the same entries where they do.
//     Each begins where others ended, and together they cover the log from 0 on:
//     a reader takes, from 0 on, at each place the one that reaches farthest,
//     and leaves out what it has had.
//  6. A listing shows no single instant. A reader follows the chain: each entry
//     begins where the last one ended. Where one seems to be missing it looks
//     again; that it is missing then is a fault, never the end of the log: the
//     newest entry is always a file.
//  7. A crash after a checkpoint is created leaves files that it covers. They
//     are void like those of (3), and the next run removes them.

// CheckpointConfig says when entries become part of a checkpoint.
type CheckpointConfig struct {
	Keep int // so many of the newest entries stay files; 0 or less: 1,000
	Size int // entries in one checkpoint; 0 or less: 5,000
}

// Checkpointed is what one call of Checkpoint has done.
type Checkpointed struct {
	Logs        int64 // logs in which it did something
	Checkpoints int64 // files made
	Entries     int64 // for which they stand
	Removed     int64 // entry files removed, leftovers of earlier runs too
}

// Checkpoint makes checkpoints of the logs that have more than Keep and Size
// entry files, and removes the entry files that checkpoints stand for. Any
// number of processes may do so at the same time. A log that is damaged stops
// no other; all errors are told together.
func (l *Lake) Checkpoint(ctx context.Context, config CheckpointConfig) (Checkpointed, error) {
	if config.Keep <= 0 {
		config.Keep = 1000
	}
	if config.Size <= 0 {
		config.Size = 5000
	}
	ids, err := l.logs()
	if err != nil {
		return Checkpointed{}, fmt.Errorf("checkpoint the log: %w", err)
	}
	var done Checkpointed
	var faults []error
	for _, id := range ids {
		before := done
		err := l.checkpointLog(ctx, id, config, &done)
		if ctx.Err() != nil {
			return done, context.Cause(ctx)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("checkpoint the log %s: %w", id, err))
		}
		if done != before {
			done.Logs++
		}
	}
	return done, errors.Join(faults...)
}

func (l *Lake) checkpointLog(ctx context.Context, id logID, config CheckpointConfig, done *Checkpointed) error {
	seen, err := l.look(id)
	if err != nil {
		return err
	}
	for tries := looks; len(seen.live) > config.Keep+config.Size; {
		end := seen.end
		run, err := l.firstRun(ctx, id, seen, config.Size)
		switch {
		case errors.As(err, new(*brokenError)) && tries > 0:
			tries-- // somebody else has made a checkpoint, or the listing was no instant's
		case err != nil:
			return err
		default:
			if err := l.addCheckpoint(id, run, done); err != nil {
				return err
			}
		}
		if seen, err = l.look(id); err != nil {
			return err
		}
		if seen.end > end {
			tries = looks // it comes further
		}
	}
	removed, err := l.removeVoid(ctx, id, seen)
	done.Removed += removed
	return err
}

// firstRun reads the first entries that no checkpoint covers.
func (l *Lake) firstRun(ctx context.Context, id logID, seen view, size int) ([]readEntry, error) {
	run, err := l.readCertainly(ctx, id, seen.live[:size])
	if err != nil {
		return nil, err
	}
	next := seen.end
	for i, read := range run {
		fault := read.err
		if fault == nil {
			fault = read.entry.validate()
		}
		if start := seen.live[i]; start != next {
			fault = fs.ErrNotExist
		}
		if fault != nil {
			return nil, &brokenError{path: id.entry(next), at: next, next: -1, what: fault}
		}
		next = read.entry.End
	}
	if next != seen.live[size] {
		return nil, &brokenError{path: id.entry(next), at: next, next: -1, what: fs.ErrNotExist}
	}
	return run, nil
}

func (l *Lake) addCheckpoint(id logID, run []readEntry, done *Checkpointed) error {
	content, err := encodeCheckpoint(run)
	if err != nil {
		return err
	}
	c := checkpoint{run[0].entry.Start, run[len(run)-1].entry.End}
	failpoint.At("checkpoint made")
	err = l.store.putExclusive(id.checkpoint(c), content)
	if errors.Is(err, fs.ErrExist) {
		return nil // another process was faster, with the same
	}
	if err != nil {
		return err
	}
	failpoint.At("checkpoint added")
	done.Checkpoints++
	done.Entries += int64(len(run))
	return nil
}

// removeVoid removes the entry files that do not count, because checkpoints
// cover them.
func (l *Lake) removeVoid(ctx context.Context, id logID, seen view) (removed int64, err error) {
	if len(seen.void) == 0 {
		return 0, nil
	}
	// The checkpoint may be another process's, and not be durable yet.
	if err := l.store.settle(id.checkpoints()); err != nil {
		return 0, err
	}
	const atATime = 1000
	for len(seen.void) > 0 {
		if ctx.Err() != nil {
			return removed, context.Cause(ctx)
		}
		n := min(atATime, len(seen.void))
		names := make([]string, n)
		for i, start := range seen.void[:n] {
			names[i] = id.entry(start)
		}
		if err := l.store.remove(names...); err != nil {
			return removed, err
		}
		failpoint.At("entries removed")
		removed += int64(n)
		seen.void = seen.void[n:]
	}
	return removed, nil
}

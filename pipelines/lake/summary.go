package lake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// Totals sum up a run of entries.
type Totals struct {
	Entries    int64 `json:"entries"`
	Rows       int64 `json:"rows"`
	Dead       int64 `json:"dead"`
	Tombstones int64 `json:"tombstones"`
	Skipped    int64 `json:"skipped"`
	Gaps       int64 `json:"gaps"` // entries with records that Kafka no longer had
	Gone       int64 `json:"gone"` // those records, as offsets; they are among Skipped
	Files      int64 `json:"files"`
	Bytes      int64 `json:"bytes"` // of the files
	// SmallFiles have less than 16 MiB and fewer rows than one row group, 122,880.
	SmallFiles int64     `json:"small_files"`
	FirstAt    time.Time `json:"first_at,omitzero"` // At of the first entry
	LastAt     time.Time `json:"last_at,omitzero"`  // At of the last entry
}

func (t *Totals) add(entry Entry) {
	one := Totals{
		Entries: 1, Rows: entry.Rows, Dead: entry.Dead, Tombstones: entry.Tombstones, Skipped: entry.Skipped, Gone: entry.Gone,
		Files: int64(len(entry.Files)), FirstAt: entry.At, LastAt: entry.At,
	}
	if entry.Gone > 0 {
		one.Gaps = 1
	}
	for _, file := range entry.Files {
		one.Bytes += file.Bytes
		if file.Bytes < 16<<20 && file.Rows < 122_880 {
			one.SmallFiles++
		}
	}
	t.addAll(one)
}

// addAll adds the totals of the entries that follow.
func (t *Totals) addAll(next Totals) {
	if next.Entries == 0 {
		return
	}
	if t.Entries == 0 {
		t.FirstAt = next.FirstAt
	}
	t.LastAt = next.LastAt
	t.Entries += next.Entries
	t.Rows += next.Rows
	t.Dead += next.Dead
	t.Tombstones += next.Tombstones
	t.Skipped += next.Skipped
	t.Gaps += next.Gaps
	t.Gone += next.Gone
	t.Files += next.Files
	t.Bytes += next.Bytes
	t.SmallFiles += next.SmallFiles
}

func (t Totals) equal(other Totals) bool {
	sameTimes := t.FirstAt.Equal(other.FirstAt) && t.LastAt.Equal(other.LastAt)
	t.FirstAt, t.LastAt = other.FirstAt, other.LastAt
	return sameTimes && t == other
}

// LogSummary sums up one log.
type LogSummary struct {
	Topic       string
	Epoch       int32
	Partition   int32
	End         int64 // the offset that lands next
	Checkpoints int64
	Totals
}

// Summary sums up all logs, in the order of topic, epoch and partition. Of
// entries in checkpoints it reads the totals alone.
func (l *Lake) Summary(ctx context.Context) ([]LogSummary, error) {
	ids, err := l.logs()
	if err != nil {
		return nil, fmt.Errorf("sum up the log: %w", err)
	}
	summaries := make([]LogSummary, len(ids))
	const atOnce = 8
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, id := range ids {
		group.Go(func() (err error) {
			summaries[i], err = l.summary(ctx, id)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("sum up the log: %w", err)
	}
	used := summaries[:0]
	for _, summary := range summaries {
		if summary.Entries > 0 {
			used = append(used, summary)
		}
	}
	return used, nil
}

func (l *Lake) summary(ctx context.Context, id logID) (LogSummary, error) {
	sum := LogSummary{Topic: id.topic, Epoch: id.epoch, Partition: id.partition}
	seen, err := l.lookAtCheckpoints(id)
	if err != nil {
		return LogSummary{}, err
	}
	sum.Checkpoints = int64(len(seen.checkpoints) + len(seen.spare))
	for _, c := range seen.checkpoints {
		if err := ctx.Err(); err != nil {
			return LogSummary{}, context.Cause(ctx)
		}
		if c.start != sum.End {
			break // it overlaps the one before: its entries are read
		}
		totals, err := l.checkpointTotals(id, c)
		if errors.As(err, new(*damageError)) {
			break // reading its entries says how to mend it
		}
		if err != nil {
			return LogSummary{}, err
		}
		sum.addAll(totals)
		sum.End = c.end
	}
	err = l.follow(ctx, id, sum.End, func(entry Entry) error {
		sum.add(entry)
		sum.End = entry.End
		return nil
	})
	return sum, err
}

package sample

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
	"golang.org/x/sync/errgroup"

	"parley/pipelines/lake"
	"parley/pipelines/record"
)

const (
	partitions = 4
	fileRows   = 400_000 // rows of a file, about
	batchRows  = 4096    // rows written at once
	groupRows  = 122_880 // rows of a row group
)

// landing puts files into a lake and, at the end, its entries into the log.
type landing struct {
	lake *lake.Lake

	mu      sync.Mutex
	entries []lake.Entry
}

func newLanding(l *lake.Lake) *landing { return &landing{lake: l} }

// finish appends the entries, unless there is an error, and counts their rows.
func (to *landing) finish(err error) (rows int64, _ error) {
	if err != nil {
		return 0, fmt.Errorf("sample: %w", err)
	}
	slices.SortFunc(to.entries, func(a, b lake.Entry) int { return int(a.Start - b.Start) })
	for _, entry := range to.entries {
		if err := to.lake.Append(entry); err != nil {
			return rows, fmt.Errorf("sample: %w", err)
		}
		rows += entry.End - entry.Start
	}
	return rows, nil
}

// planned is a file whose number of rows is known before it is written.
type planned[Row any] struct {
	rows      int
	write     func(write func([]Row) error) error
	partition int32
	start     int64
}

// landFiles writes the files, several at a time, for the partitions in turn.
func landFiles[Row any](ctx context.Context, to *landing, kind record.Kind, files []*planned[Row]) error {
	topic := kind.Topic("parley.")
	if kind == record.KindTombstone {
		topic = record.KindUser.Topic("parley.") // deletions of users
	}
	var next [partitions]int64
	for partition := range next {
		tail, _, err := to.lake.Tail(topic, int32(partition))
		if err != nil {
			return err
		}
		next[partition] = tail.End
		for _, entry := range to.entries {
			if entry.Topic == topic && entry.Partition == int32(partition) {
				next[partition] = max(next[partition], entry.End)
			}
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, file := range files {
		file.partition = int32(i % partitions)
		file.start = next[file.partition]
		next[file.partition] += int64(file.rows)
		group.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return landFile(to, kind, topic, file)
		})
	}
	return group.Wait()
}

func landFile[Row any](to *landing, kind record.Kind, topic string, file *planned[Row]) (err error) {
	upload, err := to.lake.Create(string(kind), 1, End, topic, 0, file.partition)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			upload.Discard()
		}
	}()
	w := parquet.NewGenericWriter[Row](upload, parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}), parquet.MaxRowsPerRowGroup(groupRows))
	written := 0
	err = file.write(func(rows []Row) error {
		for i := range rows {
			landed := landedOf(&rows[i])
			landed.KafkaPartition, landed.KafkaOffset = file.partition, file.start+int64(written+i)
		}
		written += len(rows)
		_, err := w.Write(rows)
		return err
	})
	if err = errors.Join(err, w.Close()); err != nil {
		return err
	}
	if written != file.rows {
		return fmt.Errorf("%d rows of %s were written, not %d", written, kind, file.rows)
	}
	end := file.start + int64(file.rows)
	landed, err := upload.Publish(file.start, end)
	if err != nil {
		return err
	}
	landed.Rows = int64(file.rows)
	entry := lake.Entry{Topic: topic, Partition: file.partition, Start: file.start, End: end, Files: []lake.File{landed}, At: End, Schema: 1}
	if kind == record.KindTombstone {
		entry.Tombstones = landed.Rows
	} else {
		entry.Rows = landed.Rows
	}
	to.mu.Lock()
	defer to.mu.Unlock()
	to.entries = append(to.entries, entry)
	return nil
}

// landedOf is the part of a row that says where it stood in Kafka.
func landedOf(row any) *record.Landed {
	switch row := row.(type) {
	case *record.Event:
		return &row.Landed
	case *record.User:
		return &row.Landed
	case *record.Company:
		return &row.Landed
	case *record.Conversation:
		return &row.Landed
	case *record.Tag:
		return &row.Landed
	case *record.Delivery:
		return &row.Landed
	case *record.Tombstone:
		return &row.Landed
	}
	panic(fmt.Sprintf("sample: %T does not land", row))
}

// landAll lands the rows, if there are any, in one file.
func landAll[Row any](ctx context.Context, to *landing, kind record.Kind, rows []Row) error {
	if len(rows) == 0 {
		return nil
	}
	return landFiles(ctx, to, kind, []*planned[Row]{inOne(rows)})
}

func inOne[Row any](rows []Row) *planned[Row] {
	return &planned[Row]{rows: len(rows), write: func(write func([]Row) error) error {
		for batch := range slices.Chunk(rows, batchRows) {
			if err := write(batch); err != nil {
				return err
			}
		}
		return nil
	}}
}

// eachFile is how many things are landed in one file by landEach: their rows
// are held until it is written.
const eachFile = 25_000

// landEach lands what appendRows appends for each of n things, in their order,
// several files at a time.
func landEach[Row any](ctx context.Context, to *landing, kind record.Kind, n int, appendRows func([]Row, int) ([]Row, error)) error {
	for first := 0; first < n; first += partitions * eachFile {
		var files [partitions][]Row
		var group errgroup.Group
		group.SetLimit(runtime.GOMAXPROCS(0))
		for i := range files {
			group.Go(func() (err error) {
				for thing := first + i*eachFile; thing < min(n, first+(i+1)*eachFile) && err == nil; thing++ {
					files[i], err = appendRows(files[i], thing)
				}
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		var all []*planned[Row]
		for _, rows := range files {
			if len(rows) > 0 {
				all = append(all, inOne(rows))
			}
		}
		if err := landFiles(ctx, to, kind, all); err != nil {
			return err
		}
	}
	return nil
}

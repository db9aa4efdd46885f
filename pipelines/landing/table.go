package landing

import (
	"fmt"
	"io"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"parley/pipelines/internal/failpoint"
	"parley/pipelines/lake"
)

const (
	// batchRows is how many rows go to the Parquet writer at a time.
	batchRows = 4096
	// groupRows is the size of a row group: DuckDB's own, which scans fastest.
	groupRows = 122_880
	// groupBytes ends a row group of long rows early: it is held in memory.
	groupBytes = 64 << 20
)

// wideText are the columns that hold JSON or bytes as sent: nobody looks for
// the least of them.
var wideText = map[string]bool{
	"cleared": true, "companies": true, "custom_attributes": true, "enrichment": true, "headers": true, "metadata": true,
	"parts": true, "rest": true, "subscriptions": true, "tags": true, "value": true,
}

// origin says what a file's name will say of its rows.
type origin struct {
	lake      *lake.Lake
	topic     string
	epoch     int32
	partition int32
	day       time.Time
}

// table writes rows of one type to one Parquet file after another.
type table[Row any] struct {
	kind     string
	batch    []Row
	writer   *parquet.GenericWriter[Row]
	upload   *lake.Upload // nil between files
	rows     int64        // in this file, the batch included
	min, max time.Time
}

func newTable[Row any](kind string) *table[Row] { return &table[Row]{kind: kind} }

// next is a zero row to fill in; keep or the next call of next decide over it.
func (t *table[Row]) next() *Row {
	if t.batch == nil {
		t.batch = make([]Row, 0, batchRows)
	}
	var zero Row
	row := &t.batch[:len(t.batch)+1][len(t.batch)]
	*row = zero
	return row
}

// keep makes the row of the last next one of the file. What the row refers to
// must not change before the next flush. A zero at is left out of the file's
// range of event times.
func (t *table[Row]) keep(from origin, at time.Time) error {
	t.batch = t.batch[:len(t.batch)+1]
	t.rows++
	if !at.IsZero() {
		if t.min.IsZero() || at.Before(t.min) {
			t.min = at
		}
		if at.After(t.max) {
			t.max = at
		}
	}
	if len(t.batch) == batchRows {
		return t.flush(from)
	}
	return nil
}

// flush hands the batch to the Parquet writer.
func (t *table[Row]) flush(from origin) error {
	if len(t.batch) == 0 {
		return nil
	}
	if t.upload == nil {
		upload, err := from.lake.Create(t.kind, schema, from.day, from.topic, from.epoch, from.partition)
		if err != nil {
			return err
		}
		t.upload = upload
		// Made anew for each file: one that is reset writes columns without their
		// names, at which Spark and others refuse the file.
		t.writer = newWriter[Row](upload)
	}
	_, err := t.writer.Write(t.batch)
	clear(t.batch)
	t.batch = t.batch[:0]
	if err == nil && t.writer.Size()-t.upload.Bytes() > groupBytes {
		err = t.writer.Flush()
	}
	if err != nil {
		return fmt.Errorf("write rows of %s: %w", t.kind, err)
	}
	return nil
}

// size is about how large the file is so far, in bytes.
func (t *table[Row]) size() int64 {
	if t.upload == nil {
		return 0
	}
	return t.writer.Size()
}

// publish ends the file, which holds what became of the offsets from start to
// end (exclusive), and makes it durable. Without rows there is no file.
func (t *table[Row]) publish(from origin, start, end int64) ([]lake.File, error) {
	if err := t.flush(from); err != nil || t.upload == nil {
		return nil, err
	}
	failpoint.At("rows written")
	if err := t.writer.Close(); err != nil {
		return nil, fmt.Errorf("end a file of %s: %w", t.kind, err)
	}
	failpoint.At("file ended")
	file, err := t.upload.Publish(start, end)
	if err != nil {
		return nil, err
	}
	file.Rows, file.MinEventAt, file.MaxEventAt = t.rows, t.min.UTC(), t.max.UTC()
	t.upload = nil
	t.discard()
	return []lake.File{file}, nil
}

// discard forgets the rows since the last file.
func (t *table[Row]) discard() {
	if t.upload != nil {
		t.upload.Discard()
		t.upload = nil
	}
	clear(t.batch)
	t.batch, t.rows, t.min, t.max = t.batch[:0], 0, time.Time{}, time.Time{}
}

func newWriter[Row any](out io.Writer) *parquet.GenericWriter[Row] {
	options := []parquet.WriterOption{
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}),
		parquet.MaxRowsPerRowGroup(groupRows),
		parquet.WriteBufferSize(1 << 20),
		parquet.CreatedBy("parley", "landing", ""),
	}
	for _, path := range parquet.SchemaOf(new(Row)).Columns() {
		if len(path) != 1 {
			continue
		}
		if wideText[path[0]] {
			options = append(options, parquet.SkipPageBounds(path...))
		}
		if path[0] == "user_id" {
			// Whoever asks for one person skips the files without them.
			options = append(options, parquet.BloomFilters(parquet.SplitBlockFilter(10, path...)))
		}
	}
	return parquet.NewGenericWriter[Row](out, options...)
}

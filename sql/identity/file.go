package identity

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"parley/pipelines/record"
)

// rowGroup is the number of rows in a row group: DuckDB's own size.
const rowGroup = 122_880

// personKey holds those columns of settled_person_keys that are read here.
type personKey struct {
	UserID      string `parquet:"user_id,optional,dict"`
	Email       string `parquet:"email,optional,dict"`
	SourceID    string `parquet:"source_id,optional,dict"`
	AnonymousID string `parquet:"anonymous_id,optional,dict"`
	FirstAt     int64  `parquet:"first_at,timestamp(microsecond),delta"`
}

// Read takes the combinations from the files of settled_person_keys, each
// once, in no order. A file has those that were seen on one date: the earliest
// of a combination's dates says when it was first seen.
func Read(paths []string) ([]Combination, error) {
	first := map[record.Keys]int64{}
	for _, path := range paths {
		if err := readFile(path, first); err != nil {
			return nil, fmt.Errorf("read person keys %s: %w", path, err)
		}
	}
	combos := make([]Combination, 0, len(first))
	for keys, at := range first {
		combos = append(combos, Combination{Keys: keys, FirstAt: time.UnixMicro(at).UTC()})
	}
	return combos, nil
}

// readFile notes in first when the combinations of the file were first seen,
// in microseconds.
func readFile(path string, first map[record.Keys]int64) (err error) {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	// A file that is not whole makes the reader panic in places.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged file: %v", p)
		}
	}()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	opened, err := parquet.OpenFile(file, info.Size())
	if err != nil {
		return err
	}
	rows := parquet.NewGenericReader[personKey](opened)
	defer rows.Close()
	batch := make([]personKey, 512)
	for {
		clear(batch)
		n, err := rows.Read(batch)
		for _, k := range batch[:n] {
			keys := record.Keys{UserID: k.UserID, Email: k.Email, SourceID: k.SourceID, AnonymousID: k.AnonymousID}
			if at, known := first[keys]; !known || k.FirstAt < at {
				first[keys] = k.FirstAt
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Write makes the identity table at path, which must not exist: the columns
// key_kind, key and person_id, one row per key.
func Write(path string, rows []Row) (err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return fmt.Errorf("write identity: %w", err)
	}
	defer func() {
		if closeErr := file.Close(); err == nil && closeErr != nil {
			err = fmt.Errorf("write identity %s: %w", path, closeErr)
		}
	}()
	w := parquet.NewGenericWriter[Row](file,
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}), parquet.MaxRowsPerRowGroup(rowGroup))
	if _, err := w.Write(rows); err != nil {
		return fmt.Errorf("write identity %s: %w", path, err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("write identity %s: %w", path, err)
	}
	return nil
}

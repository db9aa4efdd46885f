package lake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// readFiles reads the files of one entry: their SHA-256, how many rows they
// have, and from which partition and offset each row comes. No offset may occur
// twice in the entry, and in each file they ascend.
func (v *verifier) readFiles(ctx context.Context, entry Entry) error {
	var all []int64
	for _, file := range entry.Files {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		offsets, what, err := v.readFile(ctx, entry, file)
		if errors.Is(err, fs.ErrNotExist) {
			continue // told already
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", file.Path, err)
		}
		if what != "" {
			v.fault(fileFault(entry, file, what, restoreLanded(entry, file)))
		}
		if len(entry.Files) > 1 {
			all = append(all, offsets...)
		}
		v.tell(0, 1, file.Bytes)
	}
	slices.Sort(all)
	for i := 1; i < len(all); i++ {
		if all[i] == all[i-1] {
			v.fault(Fault{Log: entry.Log(), Start: entry.Start, Path: entry.log().entry(entry.Start),
				What: fmt.Sprintf("the record at offset %d is in its files twice", all[i]), Remedy: restoreEntry})
			break
		}
	}
	return nil
}

// readFile reads one file; what says what is wrong with it.
func (v *verifier) readFile(ctx context.Context, entry Entry, file File) (offsets []int64, what string, err error) {
	content, err := v.store.open(ctx, file.Path)
	if err != nil {
		return nil, "", err
	}
	defer content.Close()
	digest := sha256.New()
	size, err := io.Copy(digest, content)
	if err != nil {
		return nil, "", err
	}
	if sum := hex.EncodeToString(digest.Sum(nil)); sum != file.SHA256 {
		return nil, fmt.Sprintf("its SHA-256 is %s, its entry says %s", sum, file.SHA256), nil
	}
	offsets, fault := offsetsIn(content, size, entry)
	switch {
	case fault != nil:
		return nil, fault.Error(), nil
	case int64(len(offsets)) != file.Rows:
		return nil, fmt.Sprintf("it has %d rows, its entry says %d", len(offsets), file.Rows), nil
	}
	return offsets, "", nil
}

// The columns that every landed file has: where the record stood in Kafka.
const (
	partitionColumn = "kafka_partition"
	offsetColumn    = "kafka_offset"
)

// offsetsIn reads a Parquet file's offsets and checks that they may be there.
func offsetsIn(content *os.File, size int64, entry Entry) ([]int64, error) {
	file, err := parquet.OpenFile(content, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("it is no Parquet file: %w", err)
	}
	offsets, err := column(file, offsetColumn)
	if err != nil {
		return nil, err
	}
	partitions, err := column(file, partitionColumn)
	if err != nil {
		return nil, err
	}
	if n := file.NumRows(); int64(len(offsets)) != n || int64(len(partitions)) != n {
		return nil, fmt.Errorf("its footer says %d rows, there are %d offsets and %d partitions", n, len(offsets), len(partitions))
	}
	before := int64(-1)
	for i, offset := range offsets {
		switch {
		case partitions[i] != int64(entry.Partition):
			return nil, fmt.Errorf("row %d is of partition %d", i, partitions[i])
		case offset < entry.Start || offset >= entry.End:
			return nil, fmt.Errorf("row %d has offset %d", i, offset)
		case offset <= before:
			return nil, fmt.Errorf("row %d has offset %d, the one before %d", i, offset, before)
		}
		before = offset
	}
	return offsets, nil
}

// column reads all of one column of whole numbers.
func column(file *parquet.File, name string) ([]int64, error) {
	leaf, found := file.Schema().Lookup(name)
	if !found {
		return nil, fmt.Errorf("it has no column %s", name)
	}
	numbers := make([]int64, 0, min(file.NumRows(), 1<<22))
	var values [1024]parquet.Value
	for _, group := range file.RowGroups() {
		pages := group.ColumnChunks()[leaf.ColumnIndex].Pages()
		defer pages.Close()
		for {
			page, err := pages.ReadPage()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, fmt.Errorf("its column %s cannot be read: %w", name, err)
			}
			reader := page.Values()
			for {
				n, err := reader.ReadValues(values[:])
				for _, value := range values[:n] {
					if value.IsNull() || value.Kind() != parquet.Int32 && value.Kind() != parquet.Int64 {
						return nil, fmt.Errorf("its column %s holds %v", name, value)
					}
					numbers = append(numbers, value.Int64())
				}
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					return nil, fmt.Errorf("its column %s cannot be read: %w", name, err)
				}
			}
			parquet.Release(page)
		}
	}
	return numbers, nil
}

package settle

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

const (
	rowGroup  = 122_880 // rows of a row group: DuckDB's own size, so that its threads share a file evenly
	batchRows = 512     // rows read or written at once

	readBuffer = 16 << 10 // bytes read at once of each column of a file
)

// table says how the rows of one settled table are ordered and when two of
// them are one. Everything a table promises follows from these two functions:
// merge takes any number of reports of one row, in any order and repeated at
// will, to the same result, so the order of arrival cannot matter.
type table[T any] struct {
	name    string
	compare func(a, b *T) int // the order in the file; 0: two reports of one row

	// date is that in whose file a row lies. Reports of one row must have the
	// same date, or never meet: each table says why they do.
	date func(*T) date

	byTime bool // compare goes by the time first of which date is the date

	// merge makes row stand for both reports and says whether that changed it.
	// Nil: they are equal.
	merge func(row, other *T) (changed bool)

	// text is the number of bytes of long text that a row holds, for the
	// memory's account. Nil: none worth counting.
	text func(*T) int

	// unbounded are columns whose least and greatest value say nothing: they
	// are texts in no order, of which each file has some from A to Z.
	unbounded []string
}

// byDate is the table in the order in which its new rows are gathered: by
// date, then as in a file.
func (t *table[T]) byDate() *table[T] {
	if t.byTime {
		return t
	}
	ordered := *t
	ordered.compare = func(a, b *T) int {
		if c := cmp.Compare(t.date(a), t.date(b)); c != 0 {
			return c
		}
		return t.compare(a, b)
	}
	return &ordered
}

func (t *table[T]) mergeInto(row, other *T) bool {
	return t.merge != nil && t.merge(row, other)
}

// cursor goes through sorted rows. next gives nil at the end; a row holds until
// the call after.
type cursor[T any] interface {
	next() (*T, error)
	close() error
}

// fileCursor reads the rows of one Parquet file in their order.
type fileCursor[T any] struct {
	file   *os.File
	rows   *columnsReader[T]
	batch  []T
	at, n  int
	ending bool
}

// openRows opens the file at path, which holds columns of T; columns that T
// does not name are not read.
func openRows[T any](path string) (c *fileCursor[T], err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	defer recoverDamage(&err)
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	opened, err := parquet.OpenFile(file, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(readBuffer))
	if err != nil {
		return nil, err
	}
	rows, err := newColumnsReader[T](opened)
	if err != nil {
		return nil, err
	}
	return &fileCursor[T]{file: file, rows: rows, batch: make([]T, batchRows)}, nil
}

func (c *fileCursor[T]) next() (*T, error) {
	for c.at == c.n {
		if c.ending {
			return nil, nil
		}
		if err := c.fill(c.batch); err != nil {
			return nil, err
		}
	}
	c.at++
	return &c.batch[c.at-1], nil
}

// fill reads the next rows into batch, which is then the cursor's own.
func (c *fileCursor[T]) fill(batch []T) (err error) {
	defer recoverDamage(&err)
	clear(batch) // the reader leaves a field alone where the column has no value
	n, err := c.rows.read(batch)
	c.batch, c.at, c.n = batch, 0, n
	if errors.Is(err, io.EOF) {
		c.ending, err = true, nil
	}
	return err
}

func (c *fileCursor[T]) close() error {
	return errors.Join(c.rows.close(), c.file.Close())
}

// recoverDamage turns a panic of the Parquet reader, which a damaged file can
// cause, into an error.
func recoverDamage(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("damaged file: %v", p)
	}
}

// compression is one for all writers, which take its encoders by turns.
var compression = &zstd.Codec{Level: zstd.SpeedFastest}

// fileWriter writes the rows of one table into files, one after the other.
type fileWriter[T any] struct {
	options []parquet.WriterOption
	rows    *parquet.GenericWriter[T]
	batch   []T
	file    *os.File
	count   int64
}

func newFileWriter[T any](t *table[T], more ...parquet.WriterOption) *fileWriter[T] {
	options := append([]parquet.WriterOption{
		parquet.Compression(compression),
		parquet.MaxRowsPerRowGroup(rowGroup),
	}, more...)
	for _, column := range t.unbounded {
		options = append(options, parquet.SkipPageBounds(column))
	}
	return &fileWriter[T]{options: options, batch: make([]T, 0, batchRows)}
}

// create starts a file at path, whose folder is made if need be.
func (w *fileWriter[T]) create(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, os.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o777); err == nil {
			file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		}
	}
	if err != nil {
		return err
	}
	w.file, w.count = file, 0
	// Made anew for each file: one that is reset writes columns without their
	// names, at which Spark refuses the file.
	w.rows = parquet.NewGenericWriter[T](file, w.options...)
	return nil
}

func (w *fileWriter[T]) write(row *T) error {
	w.batch = append(w.batch, *row)
	w.count++
	if len(w.batch) == cap(w.batch) {
		return w.flush()
	}
	return nil
}

func (w *fileWriter[T]) flush() error {
	_, err := w.rows.Write(w.batch)
	clear(w.batch)
	w.batch = w.batch[:0]
	return err
}

// finish completes the file and hands it over with its size, open. It does not
// wait for the disk.
func (w *fileWriter[T]) finish() (file *os.File, bytes int64, err error) {
	if err := errors.Join(w.flush(), w.rows.Close()); err != nil {
		return nil, 0, err
	}
	info, err := w.file.Stat()
	if err != nil {
		return nil, 0, err
	}
	file, w.file = w.file, nil
	return file, info.Size(), nil
}

// abandon gives up a file that was begun and not finished.
func (w *fileWriter[T]) abandon() {
	if w.file != nil {
		w.file.Close()
		os.Remove(w.file.Name())
		w.file = nil
	}
	clear(w.batch)
	w.batch = w.batch[:0]
}

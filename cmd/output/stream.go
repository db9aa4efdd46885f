package output

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"

	"parley/sql/warehouse"
)

// AnswerFormats are the formats of a query's answer: Formats, and files of bytes.
var AnswerFormats = append(append([]string{}, Formats...), "parquet", "arrow")

// IsBinary says whether a format is bytes, which no terminal should get.
func IsBinary(format string) bool { return format == "parquet" || format == "arrow" }

// Stream is the answer to a query, about to be written.
type Stream struct {
	write func(w io.Writer, written func() error) error
	close func() error
}

// Ask asks a query whose answer is written as json, csv, arrow or parquet. What
// is wrong with the query, up to its first rows, is the error here; nothing has
// been written by then.
func Ask(ctx context.Context, reader *warehouse.Reader, format, query string, values ...any) (*Stream, error) {
	switch format {
	case "arrow":
		batches, err := reader.Arrow(ctx, query, values...)
		if err != nil {
			return nil, err
		}
		return &Stream{write: batches.Write, close: batches.Close}, nil
	case "parquet":
		file, err := reader.Parquet(ctx, query, values...)
		if err != nil {
			return nil, err
		}
		return &Stream{write: whole(file), close: file.Close}, nil
	}
	rows, err := reader.Rows(ctx, query, values...)
	if err != nil {
		return nil, err
	}
	return &Stream{
		write: func(w io.Writer, written func() error) error { return Copy(w, format, rows, written) },
		close: rows.Close,
	}, nil
}

func whole(file *os.File) func(io.Writer, func() error) error {
	return func(w io.Writer, _ func() error) error {
		_, err := io.Copy(w, file)
		return err
	}
}

// Write writes the answer to w as it is computed, the first rows at once.
// written is called whenever rows have been handed on to w; nil: not. After an
// error, what was written is not whole: Arrow and Parquet lack their end.
func (s *Stream) Write(w io.Writer, written func() error) error {
	buffered := bufio.NewWriterSize(w, 64<<10)
	handOn := func() error {
		err := buffered.Flush()
		if written != nil {
			err = errors.Join(err, written())
		}
		return err
	}
	return errors.Join(s.write(buffered, handOn), handOn())
}

// Close ends the answer, and stops what is still computed of it.
func (s *Stream) Close() error { return s.close() }

package output

import (
	"errors"
	"io"
	"time"

	"parley/sql/warehouse"
)

// Answer is the whole answer to a query as rows to print.
func Answer(table *warehouse.Table) Rows {
	for _, row := range table.Rows {
		printed(table.Columns, row)
	}
	return Rows{Columns: names(table.Columns), Rows: table.Rows, Empty: "no rows"}
}

// Head is the first rows of an answer as rows to print, most of them at most
// (0: all), and whether there are more.
func Head(rows *warehouse.Rows, most int) (r Rows, more bool, err error) {
	r = Rows{Columns: names(rows.Columns()), Empty: "no rows"}
	for rows.Next() {
		if most > 0 && len(r.Rows) == most {
			return r, true, nil
		}
		r.Rows = append(r.Rows, printed(rows.Columns(), append([]any(nil), rows.Row()...)))
	}
	return r, false, rows.Err()
}

// Copy writes an answer to w row by row, as json or csv, the first rows at once.
// Where it gives an error, what was written is not whole. written is called
// whenever rows have been handed on; nil: not.
func Copy(w io.Writer, format string, rows *warehouse.Rows, written func() error) error {
	out, err := NewWriter(w, format, names(rows.Columns()))
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := out.Write(printed(rows.Columns(), rows.Row())); err != nil {
			return err
		}
		if rows.AtHand() > 0 || written == nil {
			continue
		}
		if err := errors.Join(out.Flush(), written()); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return errors.Join(err, out.Flush())
	}
	return out.Close()
}

func names(columns []warehouse.Column) []string {
	names := make([]string, len(columns))
	for i, column := range columns {
		names[i] = column.Name
	}
	return names
}

// printed turns a row's values, in their place, into those that are printed.
func printed(columns []warehouse.Column, row []any) []any {
	for i, value := range row {
		switch v := value.(type) {
		case warehouse.Decimal:
			row[i] = Number(v)
		case time.Time:
			if columns[i].Type == "DATE" {
				row[i] = v.Format(time.DateOnly)
			}
		}
	}
	return row
}

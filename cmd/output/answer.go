package output

import (
	"time"

	"parley/sql/warehouse"
)

// Answer is the answer to a query as rows to print.
func Answer(table *warehouse.Table) Rows {
	r := Rows{Rows: table.Rows, Empty: "no rows"}
	for _, column := range table.Columns {
		r.Columns = append(r.Columns, column.Name)
	}
	for _, row := range r.Rows {
		for i, value := range row {
			switch v := value.(type) {
			case warehouse.Decimal:
				row[i] = Number(v)
			case time.Time:
				if table.Columns[i].Type == "DATE" {
					row[i] = v.Format(time.DateOnly)
				}
			}
		}
	}
	return r
}

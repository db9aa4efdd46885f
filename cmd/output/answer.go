package output

import "parley/sql/warehouse"

// Answer is the answer to a query as rows to print.
func Answer(table *warehouse.Table) Rows {
	r := Rows{Rows: table.Rows, Empty: "no rows"}
	for _, column := range table.Columns {
		r.Columns = append(r.Columns, column.Name)
	}
	for _, row := range r.Rows {
		for i, value := range row {
			if exact, ok := value.(warehouse.Decimal); ok {
				row[i] = Number(exact)
			}
		}
	}
	return r
}

// Package warehouse is the engine behind the models and the questions people
// ask: DuckDB, kept in memory, over Parquet files. It opens the engine within
// limits, runs statements, says which tables a SELECT reads, and opens the
// current build for reading only. It is the only package that knows the
// engine's driver; it does not know what any model means.
package warehouse

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Config says within which limits the engine works.
type Config struct {
	// MemoryLimit is how much memory the engine may hold before it spills to
	// disk, as in "4GB" or "512MiB". Default: half of the machine's memory, or
	// of what the container may use.
	MemoryLimit string
	// Threads is how many threads work on one query. Default: one for each processor.
	Threads int
	// TempDir is the folder for what does not fit in memory. Default: a new
	// folder under the system's one for temporary files, removed by Close.
	TempDir string
}

var memorySize = regexp.MustCompile(`(?i)^\s*([0-9]+(?:\.[0-9]+)?)\s*(b|bytes?|[kmgt]i?b)\s*$`)

// Validate reports every fault of the configuration at once.
func (c Config) Validate() error {
	var faults []error
	if c.MemoryLimit != "" && !memorySize.MatchString(c.MemoryLimit) {
		faults = append(faults, fmt.Errorf("memory limit %q is no size; write it as in 4GB or 512MiB", c.MemoryLimit))
	}
	if c.Threads < 0 {
		faults = append(faults, fmt.Errorf("threads is %d; give 0 for one a processor, or more", c.Threads))
	}
	return errors.Join(faults...)
}

// parseSize reads a size as the engine writes it ("18.8 GiB") into bytes.
func parseSize(text string) (int64, error) {
	m := memorySize.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("%q is no size", text)
	}
	number, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no size: %w", text, err)
	}
	unit := strings.ToLower(m[2])
	base := 1000.0
	if strings.HasSuffix(unit, "ib") {
		base = 1024
	}
	for _, letter := range "kmgt" {
		if unit[0] == 'b' {
			break
		}
		number *= base
		if rune(unit[0]) == letter {
			break
		}
	}
	return int64(number), nil
}

// Column is the name and the engine's type of one column, as in {"mrr", "DECIMAL(18,2)"}.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Table is the whole answer to a query. A value is nil, bool, an integer of
// its column's width, *big.Int (HUGEINT), float64, Decimal, string,
// time.Time in UTC (dates, timestamps), []byte, []any or map[string]any.
type Table struct {
	Columns []Column
	Rows    [][]any
}

// Index is the position of the column called name, or -1.
func (t *Table) Index(name string) int {
	for i, c := range t.Columns {
		if strings.EqualFold(c.Name, name) {
			return i
		}
	}
	return -1
}

// Decimal is an exact decimal number as text with all digits of its scale, as in "29.00".
type Decimal string

// Float64 is the nearest double.
func (d Decimal) Float64() float64 {
	f, err := strconv.ParseFloat(string(d), 64)
	if err != nil {
		return 0
	}
	return f
}

// MarshalJSON writes the number itself, digits as they are.
func (d Decimal) MarshalJSON() ([]byte, error) { return []byte(d), nil }

// Ident quotes a name so that it stands in a statement as that name and nothing else.
func Ident(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// Literal quotes text where the engine takes no bound value: paths in COPY and
// in views. Everywhere else values are bound.
func Literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

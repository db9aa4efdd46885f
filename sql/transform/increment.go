package transform

import (
	"fmt"
	"regexp"
	"strings"
)

// Increment says how a model is brought up to date without running it over
// everything. Its lines in a header:
//
//	-- incremental: person_id
//	-- incremental: date(occurred_at) of settled_events
//	-- parts: date(started_at)
//	-- touched by int_people__deleted: select key_kind, key from identity semi join changed using (person_id)
//
// The first says that all rows with one value of the key follow from those rows
// of what the model reads that have the same value, and from tables that do not
// have the column. The second says it of UTC dates: the rows of a date follow
// from the rows of that date in the table behind `of`. So it is enough to run
// the SELECT for keys, or dates, that something has touched since the last
// build; what touched them is found by what changed in the tables that the
// model reads. Where a table does not have the key's columns, a line `touched by`
// gives the keys: a SELECT that can read, beside all tables that the model may
// read, `changed` (the rows of that table that came, went, or were different),
// `former` (the model's rows in the last build) and `moments` (one row: former_as_of, as_of).
// Without such a line a change in that table runs the model over everything.
//
// Parts says by the UTC date of which column the rows lie in several files, each
// of some days, of which only those with other rows are written anew.
type Increment struct {
	By      []string // columns of the key; of a model by date its one column
	ByDate  bool
	Of      string // of a model by date: the table whose dates are its own
	Parts   string // column by whose UTC date the rows lie in files; "": in one file
	Touched []Touch
	Line    int
}

// Touch says which keys a change in a table touches.
type Touch struct {
	Table string
	SQL   string
	Line  int
}

// touch is what the header says of changes in table; nil: nothing.
func (i *Increment) touch(table string) *Touch {
	for k := range i.Touched {
		if i.Touched[k].Table == table {
			return &i.Touched[k]
		}
	}
	return nil
}

var (
	byDateText   = regexp.MustCompile(`^date\(\s*([A-Za-z_][A-Za-z0-9_]*)\s*\)\s+of\s+([a-z_][a-z0-9_]*)$`)
	partsText    = regexp.MustCompile(`^date\(\s*([A-Za-z_][A-Za-z0-9_]*)\s*\)$`)
	touchedAbout = regexp.MustCompile(`^by\s+([a-z_][a-z0-9_]*)$`)
)

// incrementLine reads one of the three lines into the header.
func (h *Header) incrementLine(word, about, rest string, line int) error {
	if h.Increment == nil {
		h.Increment = &Increment{}
	}
	switch word {
	case "incremental":
		h.Increment.Line = line
		if m := byDateText.FindStringSubmatch(rest); m != nil {
			h.Increment.By, h.Increment.ByDate, h.Increment.Of = []string{m[1]}, true, m[2]
			h.Increment.Parts = m[1]
			return nil
		}
		h.Increment.By = splitList(rest)
		if bad := firstNoName(h.Increment.By); bad != "" || len(h.Increment.By) == 0 {
			return fmt.Errorf("%q is no key; write `-- incremental: a, b` or `-- incremental: date(a) of TABLE`", rest)
		}
	case "parts":
		m := partsText.FindStringSubmatch(rest)
		if m == nil {
			return fmt.Errorf("%q does not say how the rows are parted; write `-- parts: date(COLUMN)`", rest)
		}
		h.Increment.Parts = m[1]
	case "touched":
		m := touchedAbout.FindStringSubmatch(about)
		if m == nil || strings.TrimSpace(rest) == "" {
			return fmt.Errorf("a touch names a table and gives keys; write `-- touched by TABLE: select KEY from changed`")
		}
		h.Increment.Touched = append(h.Increment.Touched, Touch{Table: m[1], SQL: rest, Line: line})
	}
	return nil
}

// more adds a line to the touch that was read last.
func (i *Increment) more(text string) {
	last := &i.Touched[len(i.Touched)-1]
	last.SQL += "\n" + text
}

// incrementFaults are what is missing once all lines have been read.
func (h *Header) incrementFaults() []string {
	switch i := h.Increment; {
	case i == nil:
		return nil
	case len(i.By) == 0:
		return []string{"rows are parted, or touched, only in an incremental model; write `-- incremental: KEY`"}
	}
	return nil
}

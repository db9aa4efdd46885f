package catalogue

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// frame is what stands on every page. Every text in it is text: the template
// escapes it, wherever it came from.
type frame struct {
	Root      string // the way to the folder of the index: "" or "../"
	Title     string
	Workspace string
	Reports   string // the way to the reports; "" where there are none beside
	Build     string // which build the figures are of, in a sentence
}

// indexPage leads to all tables.
type indexPage struct {
	frame
	Facts   []fact
	Lineage drawing
	Groups  []group
	Checks  []queryRow
	Strays  []Stray
	Rows    []lineageRow // the lineage as a table
}

type fact struct{ Label, Text string }

// group is all tables of one kind.
type group struct {
	ID, Title, Text string
	Rows            []tableRow
}

type tableRow struct {
	Name, Href, Text string
	Find             string // what the search looks in
	Rows, Checks     string
	Bad              bool // something does not hold, or does not run
}

type lineageRow struct {
	Name         ref
	Reads        []ref
	ReadBy       []ref
	IsOwn, Fault bool
}

// ref is a link to a table's page.
type ref struct{ Name, Href string }

type queryRow struct {
	Query
	Says string
	Bad  bool
	To   []ref
}

// tablePage is about one table.
type tablePage struct {
	frame
	*Table
	KindName   string
	Paragraphs []string
	Facts      []fact
	Lineage    drawing
	ReadsTo    []ref
	ReadByTo   []ref
	Rows       []columnRow
	CheckRows  []checkRow
	Queries    []queryRow // checks between tables that look at this one
	HasNew     bool       // columns that the build does not have yet
}

type columnRow struct {
	Column
	Note   string
	Checks []checkRow
}

type checkRow struct {
	Check
	Says string
	Bad  bool
	To   *ref // the other table of a relation
}

// kinds are the groups of the index, in their order.
var kinds = []struct {
	id, title, text string
	holds           func(*Table) bool
}{
	{"marts", "Marts", "What people, segments and reports read.", func(t *Table) bool { return t.Kind == Mart && !t.Own }},
	{"own", "Models of your own", "From the workspace's folder models.", func(t *Table) bool { return t.Own }},
	{"segments", "Segments", "Who is in them, who entered, who left; made after all models.", func(t *Table) bool { return t.Kind == Segment }},
	{"intermediate", "Between", "Steps that several marts need. They are not kept in a build; a model may read them.", func(t *Table) bool { return t.Kind == Intermediate }},
	{"staging", "Staging", "A view over each settled table and input, without what lies after the build's instant.", func(t *Table) bool { return t.Kind == Staging }},
	{"settled", "Settled tables", "Records, sorted, each thing once. They hold what came later than the build's instant too.", func(t *Table) bool { return t.Kind == Settled }},
	{"inputs", "Inputs", "What a build brings: the workspace's choices, who is who, custom attributes as columns.", func(t *Table) bool { return t.Kind == Input }},
}

func (c *Catalogue) index(f frame, zone *time.Location) indexPage {
	p := indexPage{frame: f, Lineage: c.lineageOfAll(), Strays: c.Strays}
	for _, k := range kinds {
		g := group{ID: k.id, Title: k.title, Text: k.text}
		for _, t := range c.Tables {
			if k.holds(t) {
				g.Rows = append(g.Rows, t.row())
			}
		}
		if len(g.Rows) > 0 {
			p.Groups = append(p.Groups, g)
		}
	}
	for _, t := range c.Tables {
		if len(t.Reads)+len(t.ReadBy) > 0 {
			p.Rows = append(p.Rows, lineageRow{Name: refTo("tables/", t.Name), Reads: refsTo("tables/", t.Reads), ReadBy: refsTo("tables/", t.ReadBy)})
		}
	}
	p.Checks = queryRows(c.Checks, "tables/", "")
	p.Facts = c.facts(zone)
	return p
}

func (c *Catalogue) facts(zone *time.Location) []fact {
	var marts, own, faulty, broken int
	for _, t := range c.Tables {
		if t.Kind == Mart {
			marts++
		}
		if t.Own {
			own++
		}
		if t.Error != "" {
			faulty++
		}
		for _, check := range t.Checks {
			if check.State == Broken {
				broken++
			}
		}
	}
	for _, q := range c.Checks {
		if q.State == Broken {
			broken++
		}
	}
	facts := []fact{{"Tables and models", strconv.Itoa(len(c.Tables))}, {"Marts", fmt.Sprintf("%d, %d of them your own", marts, own)}}
	if c.Build != nil {
		facts = append(facts, fact{"As of", formatTime(c.Build.AsOf, zone)}, fact{"Built", formatTime(c.Build.StartedAt, zone)})
		switch {
		case broken == 0:
			facts = append(facts, fact{"Checks", "all held"})
		default:
			facts = append(facts, fact{"Checks", fmt.Sprintf("%d did not hold", broken)})
		}
	}
	if faulty+len(c.Strays) > 0 {
		facts = append(facts, fact{"Fails", counted(faulty+len(c.Strays), "model", "models")})
	}
	return facts
}

func (t *Table) row() tableRow {
	r := tableRow{Name: t.Name, Href: "tables/" + pageOf(t.Name), Text: firstSentence(t.Text), Bad: t.Error != ""}
	find := []string{t.Name, t.Text, t.Grain, t.File}
	for _, column := range t.Columns {
		find = append(find, column.Name, column.Text)
	}
	r.Find = strings.ToLower(strings.Join(find, " "))
	if t.Rows != nil {
		r.Rows = formatCount(*t.Rows)
	}
	held, broken := 0, 0
	for _, check := range t.Checks {
		switch check.State {
		case Held:
			held++
		case Broken:
			broken++
		}
	}
	switch {
	case t.Error != "" && broken == 0:
		r.Checks = "fails"
	case broken > 0:
		r.Checks, r.Bad = fmt.Sprintf("%d of %d did not hold", broken, len(t.Checks)), true
	case held > 0:
		r.Checks = fmt.Sprintf("%d held", held)
	}
	return r
}

func (c *Catalogue) page(t *Table, f frame, zone *time.Location) tablePage {
	f.Root, f.Title = "../", t.Name
	p := tablePage{
		frame: f, Table: t, KindName: t.kindName(), Paragraphs: paragraphs(t.Text), Lineage: c.lineageOf(t),
		ReadsTo: refsTo("", t.Reads), ReadByTo: refsTo("", t.ReadBy), Facts: t.facts(zone, c.Build != nil),
	}
	for _, check := range t.Checks {
		row := checkRow{Check: check, Says: check.says(), Bad: check.State == Broken || check.Error != ""}
		if to := c.table(check.Table); check.Table != "" && to != nil {
			link := refTo("", to.Name)
			row.To = &link
		}
		p.CheckRows = append(p.CheckRows, row)
	}
	for _, column := range t.Columns {
		row := columnRow{Column: column}
		switch {
		case column.NotBuilt:
			p.HasNew, row.Note = true, "not in the current build yet"
		case column.IsCustom:
			row.Note = "custom attribute"
		}
		for _, check := range p.CheckRows {
			if len(check.Columns) == 1 && strings.EqualFold(check.Columns[0], column.Name) {
				row.Checks = append(row.Checks, check)
			}
		}
		p.Rows = append(p.Rows, row)
	}
	p.Queries = queryRows(c.Checks, "", t.Name)
	return p
}

func (t *Table) facts(zone *time.Location, built bool) []fact {
	var facts []fact
	add := func(label, text string) {
		if text != "" {
			facts = append(facts, fact{label, text})
		}
	}
	add("One row per", t.Grain)
	add("Key", strings.Join(t.Key, ", "))
	add("In order of", strings.Join(t.Order, ", "))
	add("File", t.File)
	if t.Rows != nil {
		add("Rows", formatCount(*t.Rows))
	}
	if t.Bytes != nil {
		add("Size", formatBytes(*t.Bytes))
	}
	if t.Written != nil {
		add("Written", formatTime(*t.Written, zone))
	}
	if t.Seconds != nil {
		add("Took", fmt.Sprintf("%.2f s", *t.Seconds))
	}
	add("Brought up to date by", t.Goes)
	add("In the current build", t.howText())
	if built && t.File != "" && !t.InBuild && t.Error == "" {
		add("In the current build", "not yet; run parley build")
	}
	return facts
}

// howText says how the current build brought a model up to date.
func (t *Table) howText() string {
	text := map[string]string{"unchanged": "unchanged", "keys": "the keys that something touched", "dates": "the dates that something touched", "whole": "computed as a whole"}[t.How]
	if text != "" && t.Reason != "" {
		text += ": " + t.Reason
	}
	return text
}

func (t *Table) kindName() string {
	switch {
	case t.Own:
		return "mart of your own"
	case t.Kind == Settled:
		return "settled table"
	case t.Kind == Input:
		return "input of the build"
	case t.Kind == Staging:
		return "staging view"
	case t.Kind == Intermediate:
		return "intermediate model"
	case t.Kind == Segment:
		return "table of the segments"
	}
	return "mart"
}

func (c Check) says() string {
	switch {
	case c.Error != "":
		return "cannot be run: " + c.Error
	case c.State == Held:
		return "held"
	case c.State == Broken && c.Found != "":
		return c.Found
	case c.State == Broken && c.Rows == 1:
		return "1 row breaks it"
	case c.State == Broken:
		return formatCount(c.Rows) + " rows break it"
	}
	return "not checked yet"
}

// queryRows are the checks between tables, or those of them that look at one table.
func queryRows(queries []Query, folder, table string) []queryRow {
	var rows []queryRow
	for _, q := range queries {
		if table != "" && !slices.Contains(q.Reads, table) {
			continue
		}
		row := queryRow{Query: q, To: refsTo(folder, q.Reads), Bad: q.State == Broken}
		row.Says = Check{State: q.State, Rows: q.Rows}.says()
		rows = append(rows, row)
	}
	return rows
}

// pageOf is the file of a table's page. The names of tables are small letters,
// digits and _ alone.
func pageOf(table string) string { return table + ".html" }

func refTo(folder, table string) ref { return ref{Name: table, Href: folder + pageOf(table)} }

func refsTo(folder string, tables []string) []ref {
	refs := make([]ref, len(tables))
	for i, name := range tables {
		refs[i] = refTo(folder, name)
	}
	return refs
}

// paragraphs parts a description at its empty lines.
func paragraphs(text string) []string {
	var parts []string
	for part := range strings.SplitSeq(text, "\n\n") {
		if part = strings.Join(strings.Fields(part), " "); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

func firstSentence(text string) string {
	all := paragraphs(text)
	if len(all) == 0 {
		return ""
	}
	sentence, _, more := strings.Cut(all[0], ". ")
	if more {
		sentence += "."
	}
	return sentence
}

// formatCount writes a whole number with its thousands set apart: 12,345.
func formatCount(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// formatBytes writes a size in thousands: 4.2 MB.
func formatBytes(n int64) string {
	size, unit := float64(n), ""
	for _, next := range []string{"kB", "MB", "GB", "TB"} {
		if size < 999.5 {
			break
		}
		size, unit = size/1000, next
	}
	switch {
	case unit == "":
		return counted(int(n), "byte", "bytes")
	case size < 10:
		return fmt.Sprintf("%.1f %s", size, unit)
	}
	return fmt.Sprintf("%.0f %s", size, unit)
}

// formatTime writes an instant in a zone that is named: its short names mean several.
func formatTime(at time.Time, zone *time.Location) string {
	return at.In(zone).Format("2 January 2006, 15:04") + " (" + zone.String() + ")"
}

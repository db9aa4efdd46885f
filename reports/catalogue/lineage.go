package catalogue

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Measures of a lineage's drawing, in pixels. Its letters are of one width.
const (
	nodeHeight  = 26
	nodeGap     = 8
	lineGap     = 12
	columnGap   = 32
	letterWidth = 7.3
	nodePadding = 11
	margin      = 6
)

// hubReaders is the number of readers from which on a table's lines are left
// out of drawings that are not its own: they would lead to everything, and say nothing.
const hubReaders = 15

// nearWidth and nearHeight are how large the drawing of one table may be,
// before it keeps to what the table reads and what reads it directly.
const nearWidth, nearHeight = 1070, 640

// drawing is a lineage as a picture.
type drawing struct {
	ID            string
	Title, Text   string
	Width, Height int
	Lines         []line
	Nodes         []node
	LeftOut       []string // tables whose lines are not drawn
}

type line struct{ From, To, Path string }

type node struct {
	Name, Href, Class, Says string
	X, Y, Width, Height     float64
	TextX, TextY            float64
	Here                    bool
}

// lineageOfAll draws every table that reads another or is read.
func (c *Catalogue) lineageOfAll() drawing {
	hubs := c.hubs("")
	var names []string
	for _, t := range c.Tables {
		if !slices.Contains(hubs, t.Name) && (len(t.Reads) > 0 || len(t.ReadBy) > 0) {
			names = append(names, t.Name)
		}
	}
	d := c.draw(names, func(*Table, string) bool { return true }, "", "tables/")
	d.ID, d.Title = "lineage", "Lineage of all tables"
	d.Text = fmt.Sprintf("%d tables and models, from records on the left to marts on the right; a line leads from what is read to what reads it.", len(names))
	d.LeftOut = hubs
	return d
}

// lineageOf draws a table with what it reads and what reads it, in two steps
// each way where that is not too much.
func (c *Catalogue) lineageOf(t *Table) drawing {
	hubs := c.hubs(t.Name)
	for steps := 2; ; steps-- {
		up := c.reach(t, steps, hubs, func(x *Table) []string { return x.Reads })
		down := c.reach(t, steps, hubs, func(x *Table) []string { return x.ReadBy })
		names := slices.Compact(slices.Sorted(slices.Values(append(slices.Concat(up, down), t.Name))))
		side := func(names []string, name string) bool { return name == t.Name || slices.Contains(names, name) }
		d := c.draw(names, func(reader *Table, read string) bool {
			if steps == 1 { // of what else lies between them it shows nothing
				return reader == t || read == t.Name
			}
			return side(up, reader.Name) && side(up, read) || side(down, reader.Name) && side(down, read)
		}, t.Name, "")
		if steps > 1 && (d.Width > nearWidth || d.Height > nearHeight) {
			continue
		}
		d.ID, d.Title = "lineage", "Lineage of "+t.Name
		d.Text = fmt.Sprintf("%s reads %s and is read by %s.", t.Name, counted(len(t.Reads), "table", "tables"), counted(len(t.ReadBy), "model", "models"))
		for _, hub := range hubs {
			if slices.Contains(t.Reads, hub) {
				d.LeftOut = append(d.LeftOut, hub)
			}
		}
		return d
	}
}

// hubs are the tables that almost everything reads, but the one that is drawn.
func (c *Catalogue) hubs(but string) []string {
	var hubs []string
	for _, t := range c.Tables {
		if len(t.ReadBy) >= hubReaders && t.Name != but {
			hubs = append(hubs, t.Name)
		}
	}
	return hubs
}

// reach names the tables that lie some steps from t in one direction.
func (c *Catalogue) reach(t *Table, steps int, but []string, next func(*Table) []string) []string {
	var found []string
	edge := []*Table{t}
	for range steps {
		var further []*Table
		for _, at := range edge {
			for _, name := range next(at) {
				if other := c.table(name); other != nil && name != t.Name && !slices.Contains(found, name) && !slices.Contains(but, name) {
					found = append(found, name)
					further = append(further, other)
				}
			}
		}
		edge = further
	}
	return found
}

// draw draws tables and those of the lines between them that are wanted; here
// is the one that the page is about, folder where the pages of the others lie.
func (c *Catalogue) draw(names []string, wanted func(reader *Table, read string) bool, here, folder string) drawing {
	reads := map[string][]string{}
	for _, name := range names {
		t := c.table(name)
		for _, read := range t.Reads {
			if slices.Contains(names, read) && wanted(t, read) {
				reads[name] = append(reads[name], read)
			}
		}
	}
	l := newLayout(names, reads)
	var d drawing
	left := make([]float64, len(l.ranks))
	width := make([]float64, len(l.ranks))
	x, bottom := float64(margin), 0.0
	for rank, column := range l.ranks {
		for _, s := range column {
			width[rank] = max(width[rank], math.Ceil(float64(utf8.RuneCountInString(s.name))*letterWidth)+2*nodePadding)
			bottom = max(bottom, s.middle+s.half)
		}
		left[rank] = x
		x += width[rank] + columnGap
	}
	d.Width, d.Height = int(x)-columnGap+margin, int(bottom)+2*margin+1
	for rank, column := range l.ranks {
		for _, s := range column {
			if s.name == "" {
				continue
			}
			t := c.table(s.name)
			d.Nodes = append(d.Nodes, node{
				Name: t.Name, Href: folder + pageOf(t.Name), Class: t.class(), Says: t.says(), Here: t.Name == here,
				X: left[rank], Y: s.middle - s.half + margin, Width: width[rank], Height: nodeHeight,
				TextX: left[rank] + nodePadding, TextY: s.middle + margin + 4,
			})
			for _, to := range s.after {
				d.Lines = append(d.Lines, lineTo(s, to, left, width))
			}
		}
	}
	return d
}

// lineTo draws a line from a table through the columns that it passes.
func lineTo(from, to *spot, left, width []float64) line {
	var path strings.Builder
	x, y := left[from.rank]+width[from.rank], from.middle+margin
	fmt.Fprintf(&path, "M%g %g", x, y)
	for {
		endX, endY := left[to.rank], to.middle+margin
		half := (endX - x) / 2
		fmt.Fprintf(&path, "C%g %g %g %g %g %g", x+half, y, endX-half, endY, endX, endY)
		if to.name != "" {
			return line{From: from.name, To: to.name, Path: path.String()}
		}
		x, y = endX+width[to.rank], endY
		fmt.Fprintf(&path, "H%g", x)
		to = to.after[0]
	}
}

// class is what a table looks like in a drawing.
func (t *Table) class() string {
	class := string(t.Kind)
	if t.Own {
		class = "own"
	}
	if t.Error != "" {
		class += " faulty"
	}
	return class
}

// says is a table in a few words.
func (t *Table) says() string {
	says := t.Name + ", " + t.kindName()
	if t.Error != "" {
		says += ", which fails"
	}
	if sentence := firstSentence(t.Text); sentence != "" {
		says += ": " + sentence
	}
	return says
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

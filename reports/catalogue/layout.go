package catalogue

import (
	"math"
	"slices"
)

// layout places the tables of a lineage in columns from left to right, each to
// the right of all that it reads, so that few lines cross (after Sugiyama,
// Tagawa and Toda, 1981: ranks, places for lines that pass a column, order by
// the middle of the neighbours). The same lineage is laid out the same way.
type layout struct {
	ranks [][]*spot // by column, from top to bottom
}

// spot is a place in a column: of a table, or of a line that passes it.
type spot struct {
	name        string // "": a line passes
	rank        int
	before      []*spot // in the column to the left
	after       []*spot
	at          int     // place in the column, from 0
	middle      float64 // vertical
	half, apart float64 // half its height; the room below it
}

// sweeps are how often the order of all columns is bettered, from left to
// right and back by turns; more change nothing in lineages of some hundred tables.
const sweeps = 24

// newLayout lays out tables; reads names, of what each reads, those among
// them. There is no circle in it.
func newLayout(names []string, reads map[string][]string) *layout {
	l := &layout{}
	spots := map[string]*spot{}
	for name, rank := range ranksOf(names, reads) {
		spots[name] = &spot{name: name, rank: rank, half: nodeHeight / 2, apart: nodeGap}
	}
	for _, name := range names { // in their order, so that it is the same each time
		l.put(spots[name])
	}
	for _, name := range names {
		for _, read := range reads[name] {
			from := spots[read]
			for rank := from.rank + 1; rank < spots[name].rank; rank++ {
				pass := &spot{rank: rank, half: 1, apart: lineGap}
				l.put(pass)
				join(from, pass)
				from = pass
			}
			join(from, spots[name])
		}
	}
	l.order()
	l.settle()
	return l
}

func (l *layout) put(s *spot) {
	for len(l.ranks) <= s.rank {
		l.ranks = append(l.ranks, nil)
	}
	s.at = len(l.ranks[s.rank])
	l.ranks[s.rank] = append(l.ranks[s.rank], s)
}

func join(from, to *spot) {
	from.after = append(from.after, to)
	to.before = append(to.before, from)
}

// ranksOf numbers columns: one more than the furthest of what a table reads.
// What more lines leave than come in then moves to just before the first that
// reads it, which makes lines shorter.
func ranksOf(names []string, reads map[string][]string) map[string]int {
	ranks := map[string]int{}
	var rank func(name string) int
	rank = func(name string) int {
		if known, ok := ranks[name]; ok {
			return known
		}
		at := 0
		for _, read := range reads[name] {
			at = max(at, rank(read)+1)
		}
		ranks[name] = at
		return at
	}
	readers := map[string][]string{}
	for _, name := range names {
		rank(name)
		for _, read := range reads[name] {
			readers[read] = append(readers[read], name)
		}
	}
	fromRight := slices.Clone(names)
	slices.SortStableFunc(fromRight, func(a, b string) int { return ranks[b] - ranks[a] })
	for _, name := range fromRight {
		if len(readers[name]) == 0 || len(reads[name]) > len(readers[name]) {
			continue
		}
		first := ranks[readers[name][0]]
		for _, reader := range readers[name] {
			first = min(first, ranks[reader])
		}
		ranks[name] = first - 1
	}
	return ranks
}

// order sorts each column by the middle of the neighbours in the last one, and
// keeps the order with the fewest crossings.
func (l *layout) order() {
	best, fewest := l.places(), l.crossings()
	for sweep := range sweeps {
		for i := range l.ranks {
			column, neighbours := l.ranks[i], func(s *spot) []*spot { return s.before }
			if sweep%2 == 1 {
				column, neighbours = l.ranks[len(l.ranks)-1-i], func(s *spot) []*spot { return s.after }
			}
			slices.SortStableFunc(column, func(a, b *spot) int {
				x, y := meanPlace(a, neighbours(a)), meanPlace(b, neighbours(b))
				switch {
				case x < y:
					return -1
				case x > y:
					return 1
				}
				return 0
			})
			for at, s := range column {
				s.at = at
			}
		}
		if n := l.crossings(); n < fewest {
			best, fewest = l.places(), n
		}
	}
	for i, column := range best {
		l.ranks[i] = column
		for at, s := range column {
			s.at = at
		}
	}
}

func meanPlace(s *spot, neighbours []*spot) float64 {
	if len(neighbours) == 0 {
		return float64(s.at)
	}
	sum := 0
	for _, n := range neighbours {
		sum += n.at
	}
	return float64(sum) / float64(len(neighbours))
}

func (l *layout) places() [][]*spot {
	copied := make([][]*spot, len(l.ranks))
	for i, column := range l.ranks {
		copied[i] = slices.Clone(column)
	}
	return copied
}

// crossings counts the pairs of lines that cross between two columns.
func (l *layout) crossings() int {
	n := 0
	for _, column := range l.ranks {
		var ends []int // of the lines to the next column, by their begin
		for _, s := range column {
			mine := make([]int, len(s.after))
			for i, to := range s.after {
				mine[i] = to.at
			}
			for _, at := range mine {
				for _, other := range ends {
					if other > at {
						n++
					}
				}
			}
			ends = append(ends, mine...)
		}
	}
	return n
}

// settle gives each spot its height: as near to the middle of its neighbours
// as the order and the room between them allow.
func (l *layout) settle() {
	for _, column := range l.ranks {
		y := 0.0
		for _, s := range column {
			s.middle = y + s.half
			y += 2*s.half + s.apart
		}
	}
	for pass := range 2 * sweeps {
		for i := range l.ranks {
			column := l.ranks[i]
			if pass%2 == 1 {
				column = l.ranks[len(l.ranks)-1-i]
			}
			wished := make([]float64, len(column))
			for at, s := range column {
				wished[at] = s.middle
				if near := slices.Concat(s.before, s.after); len(near) > 0 {
					sum := 0.0
					for _, n := range near {
						sum += n.middle
					}
					wished[at] = sum / float64(len(near))
				}
			}
			nearest(column, wished)
		}
	}
	top := math.Inf(1)
	for _, column := range l.ranks {
		top = min(top, column[0].middle-column[0].half)
	}
	for _, column := range l.ranks {
		for _, s := range column {
			s.middle = math.Round(2*(s.middle-top)) / 2
		}
	}
}

// nearest moves the spots of a column as near to where they are wished as
// their order and room allow, by least squares: neighbours that would overlap
// become one block, which stands at the mean of its wishes.
func nearest(column []*spot, wished []float64) {
	type block struct {
		sum    float64
		n, end int
	}
	offsets := make([]float64, len(column)) // of each spot below the first, if they stood as close as may be
	for i := 1; i < len(column); i++ {
		offsets[i] = offsets[i-1] + column[i-1].half + column[i-1].apart + column[i].half
	}
	var blocks []block
	for i := range column {
		blocks = append(blocks, block{sum: wished[i] - offsets[i], n: 1, end: i + 1})
		for len(blocks) > 1 {
			a, b := blocks[len(blocks)-2], blocks[len(blocks)-1]
			if a.sum/float64(a.n) <= b.sum/float64(b.n) {
				break
			}
			blocks = append(blocks[:len(blocks)-2], block{sum: a.sum + b.sum, n: a.n + b.n, end: b.end})
		}
	}
	i := 0
	for _, b := range blocks {
		for ; i < b.end; i++ {
			column[i].middle = b.sum/float64(b.n) + offsets[i]
		}
	}
}

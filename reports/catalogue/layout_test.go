package catalogue

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// columnsOf are the tables of each column, from top to bottom.
func columnsOf(l *layout) [][]string {
	columns := make([][]string, len(l.ranks))
	for i, column := range l.ranks {
		for _, s := range column {
			if s.name != "" {
				columns[i] = append(columns[i], s.name)
			}
		}
	}
	return columns
}

func TestLayoutStandsInOrder(t *testing.T) {
	t.Parallel()
	names := []string{"a", "b", "late", "mart", "step"}
	l := newLayout(names, map[string][]string{"step": {"a"}, "mart": {"b", "late", "step"}})
	want := [][]string{{"a"}, {"b", "late", "step"}, {"mart"}}
	got := columnsOf(l)
	for i := range got {
		slices.Sort(got[i])
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("columns %v, want %v: what reads nothing stands before the first that reads it", got, want)
	}
}

// Four pairs that cross when they stand as they are named.
func TestLayoutHasFewCrossings(t *testing.T) {
	t.Parallel()
	names := []string{"a", "b", "c", "d", "ya", "xb", "wc", "vd"}
	slices.Sort(names)
	l := newLayout(names, map[string][]string{"vd": {"d"}, "wc": {"c"}, "xb": {"b"}, "ya": {"a"}})
	if n := l.crossings(); n != 0 {
		t.Errorf("%d crossings where none is needed: %v", n, columnsOf(l))
	}
}

// Whatever the lineage: all stand right of what they read, none overlaps
// another, and it is laid out the same way each time.
func TestLayoutOfAnyLineage(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		chance := rand.New(rand.NewPCG(seed, 1))
		var names []string
		reads := map[string][]string{}
		for i := range 1 + chance.IntN(60) {
			name := fmt.Sprintf("t%02d", i)
			for _, other := range names {
				if chance.IntN(len(names)) < 2 {
					reads[name] = append(reads[name], other)
				}
			}
			names = append(names, name)
		}
		l := newLayout(names, reads)
		rank := map[string]int{}
		for i, column := range l.ranks {
			for at, s := range column {
				if s.rank != i || s.at != at {
					t.Fatalf("seed %d: %q stands elsewhere than it says", seed, s.name)
				}
				if s.name != "" {
					rank[s.name] = i
				}
				if at > 0 && s.middle-s.half < column[at-1].middle+column[at-1].half {
					t.Errorf("seed %d: %q overlaps what is above it", seed, s.name)
				}
				if s.middle-s.half < 0 {
					t.Errorf("seed %d: %q lies above the drawing", seed, s.name)
				}
			}
		}
		if len(rank) != len(names) {
			t.Fatalf("seed %d: %d of %d tables are placed", seed, len(rank), len(names))
		}
		for name, read := range reads {
			for _, from := range read {
				if rank[from] >= rank[name] {
					t.Errorf("seed %d: %s does not stand to the right of %s", seed, name, from)
				}
			}
		}
		again := newLayout(names, reads)
		for i, column := range l.ranks {
			for at, s := range column {
				if other := again.ranks[i][at]; other.name != s.name || other.middle != s.middle {
					t.Fatalf("seed %d: laid out another way the second time", seed)
				}
			}
		}
	}
}

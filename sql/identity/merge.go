package identity

import (
	"cmp"
	"slices"
	"strings"
)

// Merge says that the person whose key From is, is the one whose key Into is;
// Undo, that they are not.
type Merge struct {
	Into, From Key
	At         int64 // instant, in microseconds since 1970-01-01 UTC
	Undo       bool
}

type merge struct {
	into, from place
	at         int64
	undo       bool
}

// findMerges puts the merges that are of known keys in order: one that undoes
// comes after one of the same instant.
func (e *Evidence) findMerges() {
	slices.SortFunc(e.said, func(a, b Merge) int {
		return cmp.Or(cmp.Compare(a.At, b.At), compareBool(a.Undo, b.Undo), compareKey(a.Into, b.Into), compareKey(a.From, b.From))
	})
	for _, m := range e.said {
		into, from := e.known(m.Into), e.known(m.From)
		if into.number != 0 && from.number != 0 {
			e.merges = append(e.merges, merge{into, from, m.At, m.Undo})
		}
	}
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func compareKey(a, b Key) int {
	return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Key, b.Key))
}

// merge applies the merges to the persons that there are without them. If user_ids
// are among these, it gives for each the one that it was merged into.
func (m *Map) merge() (same []uint32) {
	inForce := m.inForce()
	if len(inForce) == 0 {
		return nil
	}
	into := map[uint32]uint32{}
	survivor := func(person uint32) uint32 {
		for {
			next, ok := into[person]
			if !ok {
				return person
			}
			person = next
		}
	}
	users := m.first[userIDs+1]
	for _, two := range inForce {
		a, b := survivor(two.into), survivor(two.from)
		if a == b {
			continue
		}
		if a >= users && b < users { // a lead does not outlive a user
			a, b = b, a
		}
		into[b] = a
	}
	m.merged = map[uint32]uint32{}
	for person := range into {
		to := survivor(person)
		m.merged[person] = to
		if person < users {
			if same == nil {
				same = make([]uint32, users)
				for i := range same {
					same[i] = uint32(i)
				}
			}
			same[person] = to
		}
	}
	return same
}

// two are persons of whom one was merged into the other.
type two struct{ into, from uint32 }

// inForce are the persons that are merged, in the order in which they were:
// of two the last word counts, whichever was merged into which.
func (m *Map) inForce() []two {
	last := map[two]int{}
	persons := make([]two, len(m.evidence.merges))
	for i, merge := range m.evidence.merges {
		day := dayOf(merge.at)
		into, from := m.personOn(m.at(merge.into), day), m.personOn(m.at(merge.from), day)
		persons[i] = two{into, from}
		last[two{min(into, from), max(into, from)}] = i
	}
	var inForce []two
	for i, merge := range m.evidence.merges {
		pair := two{min(persons[i].into, persons[i].from), max(persons[i].into, persons[i].from)}
		if last[pair] == i && !merge.undo {
			inForce = append(inForce, persons[i])
		}
	}
	return inForce
}

// personOn is whose a key is on a day, by the key that the person is called by.
func (m *Map) personOn(key uint32, day int32) uint32 {
	if m.turns(key) == nil {
		return m.only(key).person
	}
	spans := m.spans(key)
	at := 0
	for at+1 < len(spans) && spans[at+1].from <= day {
		at++
	}
	return spans[at].person
}

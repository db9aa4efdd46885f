package identity

import "strings"

// together is that two keys were one person's, or of one circle.
type together struct{ a, b place }

// NewBeside is evidence of what is new, to be resolved beside rows that an
// earlier map has; see Former. Of circles that are not Plain it says only which
// keys are in them, not whose these are.
func NewBeside() *Evidence {
	e := New()
	e.beside, e.circles = true, map[int64]place{}
	return e
}

// Former adds a row of an earlier map, all of whose circle are added. What was
// seen of a circle that was plain need not be: what is new joins it whole.
func (e *Evidence) Former(row Row) {
	key := e.place(row.Key)
	with, known := e.circles[row.Circle]
	if !known {
		e.circles[row.Circle], with = key, key
	}
	user, ofUser := strings.CutPrefix(row.PersonID, kinds[userIDs].letter)
	switch {
	case !row.Plain:
		e.contested = append(e.contested, key)
		e.former = append(e.former, together{key, with})
	case row.Why == Stopped || row.Why == Odd:
	case !ofUser:
		e.former = append(e.former, together{key, with})
	case key.kind != userIDs && row.Why == Seen:
		e.links[userIDs] = append(e.links[userIDs], e.keys[userIDs].number(user))
		for kind := userIDs + 1; kind < len(kinds); kind++ {
			number := uint32(0)
			if kind == key.kind {
				number = key.number
			}
			e.links[kind] = append(e.links[kind], number)
		}
		e.days = append(e.days, 0)
	case key.kind != userIDs:
		e.former = append(e.former, together{key, place{userIDs, e.keys[userIDs].number(user)}})
	}
}

// SeeFresh adds the combinations of other evidence that change an earlier map.
// circleOf says in which circle of it a key is, and whether that is plain; known
// is false of a key that it does not have. It gives the circles that are touched.
func (e *Evidence) SeeFresh(fresh *Evidence, circleOf func(Key) (circle int64, plain, known bool)) map[int64]bool {
	touched := map[int64]bool{}
	fresh.findStopped()
	type standing struct {
		circle       int64
		plain, known bool
	}
	var keys [len(kinds)][]standing
	for kind, table := range fresh.keys {
		keys[kind] = make([]standing, table.len()+1)
		for i := range table.len() {
			key := Key{kinds[kind].kind, string(table.bytes(uint32(i + 1)))}
			s := &keys[kind][i+1]
			if s.circle, s.plain, s.known = circleOf(key); !s.known {
				e.place(key)
			}
		}
	}
	for i, day := range fresh.days {
		var circles []int64
		changes := false
		for kind := range kinds {
			number := fresh.links[kind][i]
			if number == 0 || fresh.stopped[place{kind, number}] {
				continue
			}
			s := keys[kind][number]
			if !s.known {
				changes = true
				continue
			}
			changes = changes || !s.plain || len(circles) > 0 && circles[0] != s.circle
			circles = append(circles, s.circle)
		}
		if !changes {
			continue
		}
		for _, circle := range circles {
			touched[circle] = true
		}
		for kind, table := range fresh.keys {
			number := uint32(0)
			if n := fresh.links[kind][i]; n != 0 && !fresh.stopped[place{kind, n}] {
				number = e.keys[kind].number(string(table.bytes(fresh.links[kind][i])))
			}
			e.links[kind] = append(e.links[kind], number)
		}
		e.days = append(e.days, day)
	}
	return touched
}

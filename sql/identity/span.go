package identity

import (
	"cmp"
	"slices"

	"parley/pipelines/record"
)

// stretch is from which day on something belongs to a user_id, or is shared.
type stretch struct {
	from  int32
	owner uint32 // a user_id, or several
}

// sighting is that a key, or a group, was seen with a user_id, or with a key that
// belonged to one, on a day.
type sighting struct {
	what, user uint32
	day        int32
}

// met is from which day to which something was seen with one user_id.
type met struct {
	user        uint32
	first, last int32
}

// stretches says from when on each thing was whose, from all that was seen of
// those that belong to several.
func stretches(seen []sighting) map[uint32][]stretch {
	type together struct{ what, user uint32 }
	spans := map[together]met{}
	for _, s := range seen {
		at := together{s.what, s.user}
		m, known := spans[at]
		if !known {
			m = met{s.user, s.day, s.day}
		}
		m.first, m.last = min(m.first, s.day), max(m.last, s.day)
		spans[at] = m
	}
	of := map[uint32][]met{}
	for at, m := range spans {
		of[at.what] = append(of[at.what], m)
	}
	moves := make(map[uint32][]stretch, len(of))
	for what := range of {
		moves[what] = inTurn(of[what])
	}
	return moves
}

// inTurn puts the user_ids that something was seen with one after the other.
// Those whose spans run into each other share it.
func inTurn(all []met) []stretch {
	slices.SortFunc(all, func(a, b met) int { return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.user, b.user)) })
	turns := []stretch{{all[0].first, all[0].user}}
	last := all[0].last
	for _, m := range all[1:] {
		now := &turns[len(turns)-1]
		if m.first > now.from && m.first >= last {
			turns = append(turns, stretch{m.first, m.user})
		} else {
			now.owner = several
		}
		last = max(last, m.last)
	}
	return turns
}

// on is whose it was on a day.
func on(turns []stretch, day int32) uint32 {
	owner := turns[0].owner // also before it was first seen with anybody
	for _, t := range turns[1:] {
		if t.from > day {
			break
		}
		owner = t.owner
	}
	return owner
}

// span is whose a key is from one day to another.
type span struct {
	from, to int32
	person   uint32 // the key by which the person is called
	why      Why
}

// spanOf is a key's first span, which for most is the only one.
func (m *Map) spanOf(key uint32) span {
	if m.turns(key) == nil {
		return m.only(key)
	}
	return m.spans(key)[0]
}

// turns say from when on a key that belongs to several is whose; nil: it
// belongs to one at most.
func (m *Map) turns(key uint32) []stretch {
	if m.owner[key] == several {
		return m.moves[key]
	}
	if root := m.groups.of(key); m.owners[root] == several {
		return m.moves[root]
	}
	return nil
}

// only is the span of a key that has one.
func (m *Map) only(key uint32) span {
	kind, root := m.kindOf(key), m.groups.of(key)
	s := span{Always, Always, m.name[root], Itself}
	switch {
	case m.owner[key] < several:
		s.person, s.why = m.owner[key], Seen
	case m.owners[root] < several:
		s.person, s.why = m.owners[root], Linked
	case m.many[root]:
		s.why = Lead
	case record.IsPlaceholder(string(m.text(kind, key))):
		s.why = Odd
	case len(m.evidence.stopped) > 0 && m.evidence.stopped[place{kind, key - m.first[kind] + 1}]:
		s.why = Stopped
	}
	return m.after(s)
}

// after is a span as merges leave it.
func (m *Map) after(s span) span {
	if into, ok := m.merged[s.person]; ok {
		s.person, s.why = into, Merged
	}
	return s
}

// spans are all of a key that belongs to several, one after the other.
func (m *Map) spans(key uint32) (spans []span) {
	why, own := Seen, m.name[key]
	if m.owner[key] == nobody {
		why, own = Linked, m.name[m.groups.of(key)]
	}
	for _, t := range m.turns(key) {
		s := span{from: t.from, to: Always, person: t.owner, why: why}
		if t.owner == several {
			s.person, s.why = own, Shared
		}
		s = m.after(s)
		if n := len(spans); n > 0 {
			if spans[n-1].person == s.person {
				continue
			}
			spans[n-1].to = s.from
		}
		spans = append(spans, s)
	}
	spans[0].from = Always
	return spans
}

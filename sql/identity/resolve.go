package identity

import "bytes"

const (
	nobody  = ^uint32(0) // no user_id was seen with the key
	several = nobody - 1 // more than one was
)

// Resolve says whose each key is. The evidence is not to be added to afterwards.
func (e *Evidence) Resolve() *Map {
	m := &Map{evidence: e}
	for kind, table := range e.keys {
		m.first[kind+1] = m.first[kind] + uint32(table.len())
	}
	e.stop()
	e.findMerges()
	m.assign(nil)
	m.nameGroups()
	if same := m.merge(); same != nil {
		// What was shared by two who are one is theirs.
		merged := m.merged
		m.assign(same)
		m.nameGroups()
		m.merged = merged
	}
	m.encircle()
	for key := range m.owner {
		if turns := m.turns(uint32(key)); turns != nil {
			for at := 1; at < len(m.spans(uint32(key))); at++ {
				m.moved = append(m.moved, moved{uint32(key), at})
			}
		}
	}
	return m
}

// assign finds the owner of each key and group. same gives for each user_id the
// one that it was merged into; nil: none was.
func (m *Map) assign(same []uint32) {
	m.moves = nil
	m.findOwners(same)
	edges := m.findGroups(same)
	m.owners = filled(len(m.owner), nobody)
	contested := false
	for _, edge := range edges {
		switch owner := &m.owners[m.groups.of(edge.what)]; *owner {
		case nobody:
			*owner = edge.user
		case edge.user:
		default:
			*owner, contested = several, true
		}
	}
	if !contested {
		return
	}
	var seen []sighting
	for _, edge := range edges {
		if root := m.groups.of(edge.what); m.owners[root] == several {
			seen = append(seen, sighting{root, edge.user, edge.day})
		}
	}
	for root, turns := range stretches(seen) {
		m.turn(root, turns)
	}
}

func (m *Map) turn(what uint32, turns []stretch) {
	if m.moves == nil {
		m.moves = map[uint32][]stretch{}
	}
	m.moves[what] = turns
}

func filled(n int, with uint32) []uint32 {
	s := make([]uint32, n)
	for i := range s {
		s[i] = with
	}
	return s
}

// user is the user_id that a combination names, as merges have it; nobody: none.
func (m *Map) user(i int, same []uint32) uint32 {
	number := m.evidence.links[userIDs][i]
	switch {
	case number == 0:
		return nobody
	case same != nil:
		return same[number-1]
	}
	return number - 1
}

// findOwners gives each key that is no user_id the one that it was seen with.
func (m *Map) findOwners(same []uint32) {
	m.owner = filled(int(m.first[len(kinds)]), nobody)
	links, contested := &m.evidence.links, false
	for i := range m.evidence.days {
		user := m.user(i, same)
		if user == nobody {
			continue
		}
		for kind := userIDs + 1; kind < len(kinds); kind++ {
			if links[kind][i] == 0 {
				continue
			}
			switch owner := &m.owner[m.first[kind]+links[kind][i]-1]; *owner {
			case nobody:
				*owner = user
			case user:
			default:
				*owner, contested = several, true
			}
		}
	}
	if !contested {
		return
	}
	var seen []sighting
	for i, day := range m.evidence.days {
		user := m.user(i, same)
		for kind := userIDs + 1; user != nobody && kind < len(kinds); kind++ {
			if links[kind][i] == 0 {
				continue
			}
			if key := m.first[kind] + links[kind][i] - 1; m.owner[key] == several {
				seen = append(seen, sighting{key, user, day})
			}
		}
	}
	for key, turns := range stretches(seen) {
		m.turn(key, turns)
	}
}

// findGroups joins the keys that belong to nobody and were seen together, and
// gives with which user_ids they were seen, through keys that belonged to these.
func (m *Map) findGroups(same []uint32) (edges []sighting) {
	m.groups = newSets(len(m.owner))
	links := &m.evidence.links
	for i, day := range m.evidence.days {
		if links[userIDs][i] != 0 {
			continue // then no key of it belongs to nobody
		}
		free, users := nobody, [len(kinds)]uint32{}
		found := 0
		for kind := userIDs + 1; kind < len(kinds); kind++ {
			if links[kind][i] == 0 {
				continue
			}
			key := m.first[kind] + links[kind][i] - 1
			owner := m.owner[key]
			switch {
			case owner == nobody && free == nobody:
				free = key
			case owner == nobody:
				m.groups.join(free, key)
			default:
				if owner == several {
					owner = on(m.moves[key], day)
				}
				if owner != several {
					users[found] = owner
					found++
				}
			}
		}
		for _, user := range users[:found] {
			if free != nobody {
				edges = append(edges, sighting{free, user, day})
			}
		}
	}
	for _, f := range m.evidence.former {
		edges = m.joinFormer(f, same, edges)
	}
	return edges
}

// joinFormer takes up that two keys were one person's before, who has one
// user_id at most: whatever is new then follows from the two being linked.
func (m *Map) joinFormer(f together, same []uint32, edges []sighting) []sighting {
	a, b := m.at(f.a), m.at(f.b)
	free, owner := a, b // b: if it is a user_id
	switch {
	case f.a.kind == userIDs:
		return edges
	case f.b.kind == userIDs && same != nil:
		owner = same[b]
	case f.b.kind == userIDs:
	case m.owner[a] == nobody && m.owner[b] == nobody:
		m.groups.join(a, b)
		return edges
	case m.owner[b] == nobody:
		free, owner = b, m.owner[a]
	default:
		owner = m.owner[b]
	}
	if m.owner[free] != nobody || owner >= several {
		return edges
	}
	return append(edges, sighting{free, owner, 0})
}

// nameGroups finds the key by which each group is called: its strongest, then
// smallest. The strongest kind is that of the root, which is its first key.
func (m *Map) nameGroups() {
	m.name, m.many = filled(len(m.owner), 0), make([]bool, len(m.owner))
	for key := range m.name {
		m.name[key] = uint32(key)
	}
	for kind := userIDs + 1; kind < len(kinds); kind++ {
		for key := m.first[kind]; key < m.first[kind+1]; key++ {
			root := m.groups.of(key)
			if root == key {
				continue
			}
			m.many[root] = true
			if root >= m.first[kind] && bytes.Compare(m.text(kind, key), m.text(kind, m.name[root])) < 0 {
				m.name[root] = key
			}
		}
	}
}

// encircle finds the circles: all that is linked, whoever it belongs to.
func (m *Map) encircle() {
	m.circles = newSets(len(m.owner))
	links := &m.evidence.links
	for i := range m.evidence.days {
		first := nobody
		for kind := range kinds {
			if links[kind][i] == 0 {
				continue
			}
			key := m.first[kind] + links[kind][i] - 1
			if first == nobody {
				first = key
			} else {
				m.circles.join(first, key)
			}
		}
	}
	for _, f := range m.evidence.former {
		m.circles.join(m.at(f.a), m.at(f.b))
	}
	for _, merge := range m.evidence.merges {
		m.circles.join(m.at(merge.into), m.at(merge.from))
	}
	m.circle, m.plain = make([]uint64, len(m.owner)), make([]bool, len(m.owner))
	users, size := make([]uint8, len(m.owner)), make([]uint32, len(m.owner))
	for kind, table := range m.evidence.keys {
		for i, hash := range table.hashes {
			root := m.circles.of(m.first[kind] + uint32(i))
			if at := &m.circle[root]; *at == 0 || hash < *at {
				*at = hash
			}
			if size[root]++; kind == userIDs && users[root] < 2 {
				users[root]++
			}
		}
	}
	for root := range m.plain {
		m.plain[root] = users[root] < 2 && size[root] <= MostLinks
	}
	for _, merge := range m.evidence.merges {
		m.plain[m.circles.of(m.at(merge.into))] = false
	}
	for _, key := range m.evidence.contested {
		m.plain[m.circles.of(m.at(key))] = false
	}
}

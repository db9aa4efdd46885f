// Package identity says which key was whose: it turns the combinations of keys
// that were seen together into one person for each key. It knows nothing of
// events, attributes or messages, and it changes no fact: facts keep the key
// they came with and find their person through the rows made here.
//
// The rule, which no order of arrival can change:
//
//   - A user_id is a person. Two different user_ids are never one person.
//   - Another key (e-mail, source id, cookie) that was seen together with
//     exactly one user_id belongs to that person.
//   - A key that was seen together with several user_ids (a shared mailbox, a
//     shared machine) joins nothing: used alone it is a person of its own.
//   - Keys never seen with a user_id that were seen with each other are one
//     person: a cookie that gave two e-mail addresses is one lead. If such a
//     group was also seen with keys of exactly one user_id's person, it is that
//     person; with keys of several, it stays a person of its own.
package identity

import (
	"bytes"
	"context"
	"fmt"

	"parley/pipelines/record"
	"parley/sql/warehouse"
)

// Row says whose a key is. PersonID is the letter of the person's strongest
// key, a colon and the key: u:42, e:ann@example.com, s:530370b4, a:f81d4fae.
// Of several keys of one kind it is the smallest.
type Row struct {
	KeyKind  record.KeyKind
	Key      string
	PersonID string
	// Circle tells the circle of all keys that are linked with this one by having
	// been seen together, however indirectly, from most others: whose a key is
	// follows from the combinations within its circle alone. Two circles have the
	// same number once in many millions of builds; nothing but time is lost then.
	Circle int64
}

// Map is one row for every key, in no order.
type Map struct {
	evidence *Evidence
	first    [len(kinds) + 1]uint32 // among all keys, the first of each kind; then how many there are
	person   []uint32               // for each key the one that names its person
	circle   []uint64
}

const (
	nobody  = ^uint32(0) // no user_id was seen with the key
	several = nobody - 1 // more than one was
)

// Resolve says whose each key is. The evidence is not to be added to afterwards.
func (e *Evidence) Resolve() *Map {
	m := &Map{evidence: e}
	for kind, table := range e.keys {
		table.done()
		m.first[kind+1] = m.first[kind] + uint32(table.len())
	}
	owner := m.owners()
	groups, edges := m.groups(owner)
	for _, edge := range edges {
		root := groups.of(edge.key)
		switch groupOwner := owner[root]; groupOwner {
		case nobody:
			owner[root] = edge.user
		case edge.user:
		default:
			owner[root] = several
		}
	}
	m.name(owner, groups)
	return m
}

// owners gives for each key that is no user_id the one that it was seen with.
func (m *Map) owners() []uint32 {
	owner := make([]uint32, m.first[len(kinds)])
	for i := range owner {
		owner[i] = nobody
	}
	links := &m.evidence.links
	for i, user := range links[userIDs] {
		if user == 0 {
			continue
		}
		user--
		for kind := userIDs + 1; kind < len(kinds); kind++ {
			if links[kind][i] == 0 {
				continue
			}
			switch key := &owner[m.first[kind]+links[kind][i]-1]; *key {
			case nobody:
				*key = user
			case user:
			default:
				*key = several
			}
		}
	}
	return owner
}

// edge is that a key which belongs to nobody was seen with a user_id, through a
// key that belongs to it.
type edge struct{ key, user uint32 }

// groups joins the keys that belong to nobody and were seen together, and finds
// the circles of all.
func (m *Map) groups(owner []uint32) (groups sets, edges []edge) {
	groups = newSets(len(owner))
	circles := newSets(len(owner))
	links := &m.evidence.links
	for i := range links[userIDs] {
		free, user, circle := nobody, nobody, nobody
		for kind := range kinds {
			if links[kind][i] == 0 {
				continue
			}
			key := m.first[kind] + links[kind][i] - 1
			if circle == nobody {
				circle = key
			} else {
				circles.join(circle, key)
			}
			if kind == userIDs {
				continue
			}
			switch owned := owner[key]; {
			case owned == nobody && free == nobody:
				free = key
			case owned == nobody:
				groups.join(free, key)
			case owned != several && user == nobody:
				user = owned
			case owned != several && user != owned:
				user = several
			}
		}
		if free != nobody && user != nobody {
			edges = append(edges, edge{free, user})
		}
	}
	m.circle = make([]uint64, len(owner))
	for kind, table := range m.evidence.keys {
		for i, hash := range table.hashes {
			root := circles.of(m.first[kind] + uint32(i))
			if at := &m.circle[root]; *at == 0 || hash < *at {
				*at = hash
			}
		}
	}
	for key := range m.circle {
		m.circle[key] = m.circle[circles.of(uint32(key))]
	}
	return groups, edges
}

// name finds the key by which each key's person is called. What belongs to a
// group follows the owner of its root.
func (m *Map) name(owner []uint32, groups sets) {
	m.person = make([]uint32, len(owner))
	for key := range m.person {
		m.person[key] = uint32(key)
	}
	// A group is called by its strongest, then smallest key: the strongest kind
	// is that of the root, which is its first.
	for kind := userIDs + 1; kind < len(kinds); kind++ {
		for key := m.first[kind]; key < m.first[kind+1]; key++ {
			root := groups.of(key)
			if root != key && root >= m.first[kind] && bytes.Compare(m.text(kind, key), m.text(kind, m.person[root])) < 0 {
				m.person[root] = key
			}
		}
	}
	for key := m.first[userIDs+1]; key < m.first[len(kinds)]; key++ {
		root := groups.of(key)
		if user := owner[root]; user < several {
			m.person[key] = user
		} else if root != key {
			m.person[key] = m.person[root]
		}
	}
}

func (m *Map) text(kind int, key uint32) []byte {
	return m.evidence.keys[kind].bytes(key - m.first[kind] + 1)
}

func (m *Map) kindOf(key uint32) int {
	kind := 0
	for key >= m.first[kind+1] {
		kind++
	}
	return kind
}

// Len is the number of rows.
func (m *Map) Len() int { return len(m.person) }

// Row is the row at index i.
func (m *Map) Row(i int) Row {
	key := uint32(i)
	kind, named := m.kindOf(key), m.kindOf(m.person[key])
	return Row{
		KeyKind: kinds[kind].kind, Key: string(m.text(kind, key)),
		PersonID: kinds[named].letter + string(m.text(named, m.person[key])), Circle: int64(m.circle[key]),
	}
}

// Write writes the rows to a Parquet file at path, with columns of the names
// key_kind, key, person_id and circle, and gives their number.
func (m *Map) Write(ctx context.Context, engine *warehouse.DuckDB, path string) (int64, error) {
	columns := []warehouse.Column{{Name: "key_kind", Type: "VARCHAR"}, {Name: "key", Type: "VARCHAR"}, {Name: "person_id", Type: "VARCHAR"}, {Name: "circle", Type: "BIGINT"}}
	written, err := engine.WriteRows(ctx, path, columns, m.Len(), func(r *warehouse.NewRows, i int) {
		row := m.Row(i)
		r.Text(0, string(row.KeyKind))
		r.Text(1, row.Key)
		r.Text(2, row.PersonID)
		r.Number(3, row.Circle)
	})
	if err != nil {
		return 0, fmt.Errorf("write whose each key is: %w", err)
	}
	return written, nil
}

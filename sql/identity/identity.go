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
	"slices"
	"strings"
	"time"

	"parley/pipelines/record"
)

// Combination is a set of keys that one or more records named together. An
// empty key was not named.
type Combination struct {
	record.Keys
	FirstAt time.Time // when it was first seen, UTC
}

// Row says whose a key is. PersonID is the letter of the person's strongest
// key, a colon and the key: u:42, e:ann@example.com, s:530370b4, a:f81d4fae.
// Of several keys of one kind it is the smallest.
type Row struct {
	KeyKind  record.KeyKind `parquet:"key_kind,dict"`
	Key      string         `parquet:"key"`
	PersonID string         `parquet:"person_id"`
	// Circle names, by its smallest key, the circle of all keys that are linked
	// with this one by having been seen together, however indirectly: whose a key
	// is follows from the combinations within its circle alone.
	Circle string `parquet:"circle"`
}

const (
	nobody  = -1 // no user_id was seen with the key
	several = -2 // more than one was
)

// weak lists the kinds of key that are not a person by themselves, strongest
// first, and the letter that stands for each in a person's id.
var weak = [...]struct {
	kind   record.KeyKind
	letter string
	of     func(*Combination) string
}{
	{record.ByEmail, "e:", func(c *Combination) string { return c.Email }},
	{record.BySourceID, "s:", func(c *Combination) string { return c.SourceID }},
	{record.ByAnonymousID, "a:", func(c *Combination) string { return c.AnonymousID }},
}

// Resolve gives one row for every key of the combinations that were first seen
// at or before asOf, in order of kind and key. The order of combos does not
// matter, nor do repetitions.
func Resolve(combos []Combination, asOf time.Time) []Row {
	g := newGraph()
	for i := range combos {
		if !combos[i].FirstAt.After(asOf) {
			g.own(&combos[i])
		}
	}
	for i := range combos {
		if !combos[i].FirstAt.After(asOf) {
			g.link(&combos[i])
		}
	}
	return g.rows()
}

// graph holds the keys as numbers. Only keys without a user_id of their own
// are ever joined to each other; what belongs to a user_id hangs on it directly.
type graph struct {
	userIDs []string
	users   map[string]int

	keys   []weakKey
	byKind [len(weak)]map[string]int
	edges  []edge // from keys that belong to nobody to user_ids, through keys that belong to one

	circles circles
	userIn  []int // of each of userIDs its place in circles
}

type weakKey struct {
	kind   int // index in weak
	key    string
	owner  int // index in userIDs, nobody or several
	parent int // union-find, among keys that belong to nobody
	circle int // its place in circles
}

type edge struct{ key, user int }

func newGraph() *graph {
	g := &graph{users: map[string]int{}}
	for i := range g.byKind {
		g.byKind[i] = map[string]int{}
	}
	return g
}

// own notes the keys of c and, if it names a user_id, that they were seen with it.
func (g *graph) own(c *Combination) {
	user := nobody
	if c.UserID != "" {
		var known bool
		if user, known = g.users[c.UserID]; !known {
			user = len(g.userIDs)
			g.users[c.UserID] = user
			g.userIDs = append(g.userIDs, c.UserID)
			g.userIn = append(g.userIn, g.circles.add("u:"+c.UserID))
		}
	}
	for kind := range weak {
		key := weak[kind].of(c)
		if key == "" {
			continue
		}
		id, known := g.byKind[kind][key]
		if !known {
			id = len(g.keys)
			g.byKind[kind][key] = id
			g.keys = append(g.keys, weakKey{kind: kind, key: key, owner: nobody, parent: id, circle: g.circles.add(weak[kind].letter + key)})
		}
		switch k := &g.keys[id]; {
		case user == nobody || k.owner == user:
		case k.owner == nobody:
			k.owner = user
		default:
			k.owner = several
		}
	}
}

// link joins those keys of c that belong to nobody, and notes the user_id they
// were seen with through a key that belongs to one. All of own comes first.
func (g *graph) link(c *Combination) {
	free, user, circle := nobody, nobody, nobody
	if c.UserID != "" {
		circle = g.userIn[g.users[c.UserID]]
	}
	for kind := range weak {
		key := weak[kind].of(c)
		if key == "" {
			continue
		}
		id := g.byKind[kind][key]
		if circle == nobody {
			circle = g.keys[id].circle
		}
		g.circles.join(circle, g.keys[id].circle)
		switch owner := g.keys[id].owner; {
		case owner == nobody && free == nobody:
			free = id
		case owner == nobody:
			g.union(free, id)
		case owner >= 0 && user == nobody:
			user = owner
		case owner >= 0 && user != owner:
			user = several
		}
	}
	if free != nobody && user != nobody {
		g.edges = append(g.edges, edge{free, user})
	}
}

func (g *graph) root(id int) int {
	for g.keys[id].parent != id {
		g.keys[id].parent = g.keys[g.keys[id].parent].parent
		id = g.keys[id].parent
	}
	return id
}

// union keeps the strongest, then smallest key as the root: it names the group.
func (g *graph) union(a, b int) {
	a, b = g.root(a), g.root(b)
	if a == b {
		return
	}
	ka, kb := &g.keys[a], &g.keys[b]
	if kb.kind < ka.kind || kb.kind == ka.kind && kb.key < ka.key {
		a, b = b, a
	}
	g.keys[b].parent = a
}

func (g *graph) rows() []Row {
	groupUser := map[int]int{} // root of a group → the user_id it was seen with
	for _, e := range g.edges {
		root := g.root(e.key)
		if user, known := groupUser[root]; !known {
			groupUser[root] = e.user
		} else if user != e.user {
			groupUser[root] = several
		}
	}
	rows := make([]Row, 0, len(g.userIDs)+len(g.keys))
	for i, id := range g.userIDs {
		rows = append(rows, Row{record.ByUserID, id, "u:" + id, g.circles.name(g.userIn[i])})
	}
	for id := range g.keys {
		k := &g.keys[id]
		owner, root := k.owner, id
		if owner == nobody {
			root = g.root(id)
			if user, known := groupUser[root]; known {
				owner = user
			}
		}
		person := weak[g.keys[root].kind].letter + g.keys[root].key
		if owner >= 0 {
			person = "u:" + g.userIDs[owner]
		}
		rows = append(rows, Row{weak[k.kind].kind, k.key, person, g.circles.name(k.circle)})
	}
	slices.SortFunc(rows, func(a, b Row) int {
		if c := strings.Compare(string(a.KeyKind), string(b.KeyKind)); c != 0 {
			return c
		}
		return strings.Compare(a.Key, b.Key)
	})
	return rows
}

// Package identity says which key was whose, and when: it turns the combinations
// of keys that were seen together into one person for each key and day. It knows
// nothing of events, attributes or messages, and it changes no fact: facts keep
// the key they came with and find their person through the rows made here.
//
// The rule, which no order of arrival can change; a day is a UTC date:
//
//  1. A user_id is a person. Two different user_ids are never one person, unless
//     a merge says so.
//  2. Another key (e-mail, source id, cookie) that was seen with one user_id
//     belongs to that person, at all times: before the two met, too.
//  3. A key that was seen with several user_ids, with each from a first to a last
//     day, moves from one to the next on the day on which it was first seen with
//     the next, if it was not seen with the one before on any later day. Where
//     such spans run into each other, or begin on the same day, it is shared (a
//     machine, a mailbox) from the first of these days until it moves on: it
//     joins nothing then, and used alone it is a person of its own.
//  4. Keys never seen with a user_id that were seen with each other are one
//     person, a lead: a cookie that gave two e-mail addresses is one person. Seen
//     with keys that belong to a user_id, by rule 2 or 3 on that day, such a
//     group belongs to it, moves and is shared as if it were one key.
//  5. A placeholder (null, undefined, 0, …), and a key seen with more than
//     MostLinks others, or a user_id with more than MostLinksOfUser, joins
//     nobody: what came under it alone is under a person of its own.
//  6. A merge makes two persons one, at all times. Two user_ids that were merged
//     are one to rules 2 to 4. An undone merge is as if it had never been.
package identity

import (
	"context"
	"fmt"
	"strings"

	"parley/pipelines/record"
	"parley/sql/warehouse"
)

// Key is one key, of one kind.
type Key struct {
	Kind record.KeyKind
	Key  string
}

// ParsePersonID is the key that a person's id is made of, as u:42: the letter of
// its kind, and the key. False: the text begins with no such letter.
func ParsePersonID(id string) (Key, bool) {
	for _, k := range kinds {
		if key, ok := strings.CutPrefix(id, k.letter); ok {
			return Key{k.kind, key}, true
		}
	}
	return Key{}, false
}

// A key with more links than these, counted as other keys that it was seen
// with, joins nobody. People change their cookies often, so that a user_id has more.
const (
	MostLinks       = 1_000
	MostLinksOfUser = 10_000
)

// Why a key is whose it is.
type Why string

// The reasons.
const (
	Itself  Why = "itself"  // a user_id; or nothing else is known of whoever uses it
	Seen    Why = "seen"    // seen with the person's user_id
	Linked  Why = "linked"  // seen with keys of the person's, in one step or several
	Lead    Why = "lead"    // seen with other keys, and none of them with a user_id
	Shared  Why = "shared"  // of several at once: joins nothing
	Stopped Why = "stopped" // has too many links: joins nothing
	Odd     Why = "odd"     // a placeholder: joins nothing
	Merged  Why = "merged"  // the person was merged into another
)

// Always stands for the open ends of a span of days.
const Always int32 = -1 << 31

// Row says whose a key is from one day to another. PersonID is the letter of the
// person's strongest key, a colon and the key: u:42, e:ann@example.com,
// s:530370b4, a:f81d4fae. Of several keys of one kind it is the smallest.
type Row struct {
	Key
	PersonID string
	// From is the first day, counted from 1970-01-01, and To the one after the
	// last; each is Always where there is no other owner before or after.
	From, To int32
	Why      Why

	// Hash is a number for the key, the same in every build.
	Hash int64
	// Circle is a number for the circle of all keys that are linked with this one,
	// however indirectly: whose a key is follows from what was seen of its circle
	// alone. Two circles, or keys, may have the same number by chance, once in a
	// great many builds; whoever goes by it must lose nothing but time then.
	Circle int64
	// Plain says that the whole circle is one person's, whatever the days.
	Plain bool
}

// Map is whose each key is: one row for each key and span of days, in no order.
type Map struct {
	evidence *Evidence
	first    [len(kinds) + 1]uint32 // among all keys, the first of each kind; then how many there are

	owner  []uint32             // for each key the user_id that it was seen with
	groups sets                 // of keys that were seen with none
	owners []uint32             // for the root of each group its user_id
	moves  map[uint32][]stretch // of the keys and roots of groups whose owner is several
	name   []uint32             // for each key itself, for the root of a group the key by which it is called
	many   []bool               // of the root of each group: it has several keys
	merged map[uint32]uint32    // persons, by the key they are called by, that are another one

	circles sets
	circle  []uint64 // of the root of each circle its number
	plain   []bool   // of the root of each circle

	moved []moved // the rows of keys beyond each one's first
}

// moved is one more row of a key.
type moved struct {
	key uint32
	at  int // of the key's spans
}

// Len is the number of rows.
func (m *Map) Len() int { return len(m.owner) + len(m.moved) }

// rowAt is the key, and its span, of the row at index i.
func (m *Map) rowAt(i int) (uint32, span) {
	if i >= len(m.owner) {
		more := m.moved[i-len(m.owner)]
		return more.key, m.spans(more.key)[more.at]
	}
	return uint32(i), m.spanOf(uint32(i))
}

// Row is the row at index i.
func (m *Map) Row(i int) Row {
	key, s := m.rowAt(i)
	kind, named, root := m.kindOf(key), m.kindOf(s.person), m.circles.of(key)
	return Row{
		Key:      Key{kinds[kind].kind, string(m.text(kind, key))},
		PersonID: kinds[named].letter + string(m.text(named, s.person)),
		From:     s.from, To: s.to, Why: s.why,
		Hash:   int64(m.evidence.keys[kind].hashes[key-m.first[kind]]),
		Circle: int64(m.circle[root]), Plain: m.plain[root],
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

func (m *Map) at(p place) uint32 { return m.first[p.kind] + p.number - 1 }

// Columns are those of the files that Write makes, in the order of Row's fields.
var Columns = []warehouse.Column{
	{Name: "key_kind", Type: "VARCHAR"}, {Name: "key", Type: "VARCHAR"}, {Name: "person_id", Type: "VARCHAR"},
	{Name: "valid_from", Type: "DATE"}, {Name: "valid_to", Type: "DATE"}, {Name: "why", Type: "VARCHAR"},
	{Name: "hash", Type: "BIGINT"}, {Name: "circle", Type: "BIGINT"}, {Name: "plain", Type: "BOOLEAN"},
}

// Write writes the rows of several maps to a Parquet file at path, with Columns,
// those that keep says only, and gives their number. Always is NULL. Nil keeps all.
func Write(ctx context.Context, engine *warehouse.DuckDB, path string, keep func(of int, r *Row) bool, maps ...*Map) (int64, error) {
	count := 0
	for _, m := range maps {
		count += m.Len()
	}
	of, before := 0, 0
	var text []byte
	written, err := engine.WriteRows(ctx, path, Columns, count, func(to *warehouse.NewRows, i int) {
		for i-before >= maps[of].Len() {
			before += maps[of].Len()
			of++
		}
		if keep != nil {
			if row := maps[of].Row(i - before); !keep(of, &row) {
				return
			}
		}
		text = maps[of].add(to, i-before, text[:0])
	})
	if err != nil {
		return 0, fmt.Errorf("write whose each key is: %w", err)
	}
	return written, nil
}

// add adds a row to those that are written. Of the row's texts none is made, but
// in buffer, which it gives back.
func (m *Map) add(to *warehouse.NewRows, i int, buffer []byte) []byte {
	key, s := m.rowAt(i)
	kind, named, root := m.kindOf(key), m.kindOf(s.person), m.circles.of(key)
	buffer = append(append(buffer, kinds[named].letter...), m.text(named, s.person)...)
	to.Text(0, string(kinds[kind].kind))
	to.Bytes(1, m.text(kind, key))
	to.Bytes(2, buffer)
	for i, day := range []int32{s.from, s.to} {
		if day == Always {
			to.Null(3 + i)
		} else {
			to.Day(3+i, day)
		}
	}
	to.Text(5, string(s.why))
	to.Number(6, int64(m.evidence.keys[kind].hashes[key-m.first[kind]]))
	to.Number(7, int64(m.circle[root]))
	to.Flag(8, m.plain[root])
	return buffer
}

package identity

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"parley/pipelines/record"
	"parley/sql/warehouse"
)

// keyTable numbers the keys of one kind, from 1 on in the order in which they
// come. Their texts lie one after the other in one piece of memory: millions of
// strings by themselves would take the collector longer than all the rest.
type keyTable struct {
	salt   uint64   // of the kind, so that the same text of two kinds has two hashes
	slots  []uint64 // upper half of the hash and, below, the key's number; 0: free
	hashes []uint64 // of each key
	spots  []spot
	text   []byte
	came   uint64 // what linkingAll asked for: else it would not be
}

// spot is where a key's text ends, and how often the key was named.
type spot struct {
	end   uint64
	named uint32
}

const fewestSlots = 1 << 10

func newKeyTable(salt uint64) *keyTable {
	return &keyTable{salt: salt, slots: make([]uint64, fewestSlots)}
}

// number is the key's, a new one if it has none; 0 for no key.
func (t *keyTable) number(key string) uint32 {
	if key == "" {
		return 0
	}
	return t.numberOf(key, hashText(t.salt, key))
}

// numberOf is number of a key with that hash.
func (t *keyTable) numberOf(key string, hash uint64) uint32 {
	at, number := t.search(key, hash)
	if number != 0 {
		return number
	}
	t.add(key, hash)
	t.slots[at] = hash>>32<<32 | uint64(len(t.hashes))
	if 2*len(t.hashes) > len(t.slots) {
		t.grow()
	}
	return uint32(len(t.hashes))
}

// find is the key's number, 0 if it has none.
func (t *keyTable) find(key string) uint32 {
	_, number := t.search(key, hashText(t.salt, key))
	return number
}

// search is the slot of the key, or the one that it may have, where its number is 0.
func (t *keyTable) search(key string, hash uint64) (at uint64, number uint32) {
	mask := uint64(len(t.slots) - 1)
	for at = hash & mask; ; at = (at + 1) & mask {
		slot := t.slots[at]
		if slot == 0 {
			return at, 0
		}
		if slot>>32 == hash>>32 && string(t.bytes(uint32(slot))) == key {
			return at, uint32(slot)
		}
	}
}

// linking is the number of a key that was named and may link others, 0 if it
// may not: no placeholder may.
func (t *keyTable) linking(key string) uint32 {
	if key == "" {
		return 0
	}
	return t.linkingOf(key, hashText(t.salt, key))
}

// atOnce is how many keys are looked up at once.
const atOnce = 64

// linkingAll adds linking of each text of a column to numbers. Most of a look-up
// is waiting for the slot to come from memory: the slots of many keys are asked
// for, and where their texts lie, before the first is looked at, so that the
// waiting is done once for all.
func (t *keyTable) linkingAll(column warehouse.Text, rows int, numbers []uint32) []uint32 {
	numbers = withRoom(numbers, rows)
	var hashes [atOnce]uint64
	for from := 0; from < rows; from += atOnce {
		n := min(atOnce, rows-from)
		for i := range n {
			hashes[i] = hashText(t.salt, column.At(from+i))
		}
		mask, came := uint64(len(t.slots)-1), uint64(0)
		var slots [atOnce]uint64
		for i, hash := range hashes[:n] {
			slots[i] = t.slots[hash&mask]
		}
		for _, slot := range slots[:n] {
			if uint32(slot) != 0 {
				came |= t.spots[uint32(slot)-1].end
			}
		}
		t.came = came
		for i := range n {
			number := uint32(0)
			if key := column.At(from + i); key != "" {
				number = t.linkingOf(key, hashes[i])
			}
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// linkingOf is linking of a key with that hash.
func (t *keyTable) linkingOf(key string, hash uint64) uint32 {
	number := t.numberOf(key, hash)
	t.spots[number-1].named++
	if record.IsPlaceholder(key) {
		return 0
	}
	return number
}

func (t *keyTable) add(key string, hash uint64) {
	t.text = append(withRoom(t.text, len(key)), key...)
	t.spots = append(withRoom(t.spots, 1), spot{end: uint64(len(t.text))})
	t.hashes = append(withRoom(t.hashes, 1), hash)
}

// withRoom is the slice with room for n more. It grows to twice its size, where
// append adds a quarter to a large one, and copies it the more often.
func withRoom[T any](s []T, n int) []T {
	if cap(s)-len(s) < n {
		s = slices.Grow(s, max(n, len(s)))
	}
	return s
}

func (t *keyTable) grow() {
	t.slots = make([]uint64, 4*len(t.slots)) // not just twice: each time all are put anew
	mask := uint64(len(t.slots) - 1)
	for i, hash := range t.hashes {
		at := hash & mask
		for t.slots[at] != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = hash>>32<<32 | uint64(i+1)
	}
}

// bytes are the text of the key with that number.
func (t *keyTable) bytes(number uint32) []byte {
	begin := uint64(0)
	if number > 1 {
		begin = t.spots[number-2].end
	}
	return t.text[begin:t.spots[number-1].end]
}

func (t *keyTable) len() int { return len(t.hashes) }

// hashText is one number for one text, today and in any later version: builds
// keep what is made of it.
func hashText(salt uint64, text string) uint64 {
	const a, b = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93
	hash := salt ^ uint64(len(text))*a
	for len(text) >= 8 {
		hash = mix(hash^binary.LittleEndian.Uint64([]byte(text[:8])), a)
		text = text[8:]
	}
	var tail [8]byte
	copy(tail[:], text)
	return mix(mix(hash^binary.LittleEndian.Uint64(tail[:]), a), b)
}

func mix(x, y uint64) uint64 {
	high, low := bits.Mul64(x|1, y) // x|1: no x may take the place of all others
	return high ^ low ^ x
}

// sets are sets of numbers that grow together: each points to another of its
// set, the least to itself.
type sets []uint32

func newSets(n int) sets {
	s := slices.Grow(sets(nil), n)[:n]
	for i := range s {
		s[i] = uint32(i)
	}
	return s
}

// of is the least number of i's set.
func (s sets) of(i uint32) uint32 {
	for s[i] != i {
		s[i] = s[s[i]]
		i = s[i]
	}
	return i
}

func (s sets) join(a, b uint32) {
	a, b = s.of(a), s.of(b)
	if a < b {
		s[b] = a
	} else {
		s[a] = b
	}
}

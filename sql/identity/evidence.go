package identity

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"parley/pipelines/record"
	"parley/sql/warehouse"
)

// kinds are the kinds of key, strongest first, and the letter that stands for
// each in a person's id.
var kinds = [...]struct {
	kind   record.KeyKind
	letter string
}{
	{record.ByUserID, "u:"},
	{record.ByEmail, "e:"},
	{record.BySourceID, "s:"},
	{record.ByAnonymousID, "a:"},
}

const userIDs = 0 // index of their kind

func indexOf(kind record.KeyKind) int {
	for i := range kinds {
		if kinds[i].kind == kind {
			return i
		}
	}
	panic("no kind of key: " + string(kind))
}

// place is a key by its kind's index and its number there.
type place struct {
	kind   int
	number uint32
}

// Evidence is what is known of keys: which there are, and which records named
// together. New makes it.
type Evidence struct {
	keys  [len(kinds)]*keyTable
	links [len(kinds)][]uint32 // for each combination of several keys the number of that of each kind; 0: none
	days  []int32              // of each of them the UTC date, counted from 1970-01-01

	stops   []Key          // known to have too many links
	stopped map[place]bool // found to be, or known, among keys
	said    []Merge
	merges  []merge // of those said that are of keys, in order

	// Of what an earlier map has; see NewBeside.
	beside    bool
	former    []together
	contested []place         // keys of circles that are not plain
	circles   map[int64]place // a key of each circle
}

// New is evidence of nothing.
func New() *Evidence {
	e := &Evidence{stopped: map[place]bool{}}
	for kind := range e.keys {
		e.keys[kind] = newKeyTable(salt(kind))
	}
	return e
}

func (e *Evidence) place(key Key) place {
	kind := indexOf(key.Kind)
	return place{kind, e.keys[kind].number(key.Key)}
}

// known is a key's place if any record named it, and it is no placeholder;
// else its number is 0.
func (e *Evidence) known(key Key) place {
	kind := indexOf(key.Kind)
	if record.IsPlaceholder(key.Key) {
		return place{kind: kind}
	}
	return place{kind, e.keys[kind].find(key.Key)}
}

// See notes that a record named these keys together on a UTC date, counted
// from 1970-01-01. Which comes first, and how often, does not matter.
func (e *Evidence) See(keys record.Keys, day int32) {
	for kind, key := range texts(keys) {
		e.links[kind] = append(e.links[kind], e.keys[kind].linking(key))
	}
	e.days = append(e.days, day)
	e.dropSingle(len(e.days) - 1)
}

func texts(keys record.Keys) [len(kinds)]string {
	return [...]string{keys.UserID, keys.Email, keys.SourceID, keys.AnonymousID}
}

// Stop notes keys that had too many links before: they join nobody.
func (e *Evidence) Stop(keys ...Key) { e.stops = append(e.stops, keys...) }

// Merge notes merges. Which of several comes first does not matter. One of a key
// that no record has named, or of a placeholder, says nothing.
func (e *Evidence) Merge(merges ...Merge) { e.said = append(e.said, merges...) }

// Has says whether a record named the key; of placeholders it says no.
func (e *Evidence) Has(key Key) bool { return e.known(key).number != 0 }

// Each gives the number of every key that a record named; see Row.Hash.
func (e *Evidence) Each(take func(hash int64)) {
	for _, table := range e.keys {
		for _, hash := range table.hashes {
			take(int64(hash))
		}
	}
}

// Hash is the number of a key; see Row.Hash.
func Hash(key Key) int64 {
	return int64(hashText(salt(indexOf(key.Kind)), key.Key))
}

func salt(kind int) uint64 { return uint64(kind+1) * 0xA24BAED4963EE407 }

// Read adds the combinations that a query gives in its columns: user_id,
// email, source_id and anonymous_id, text that is NULL or empty where a key was
// not named, and an instant of the day.
func (e *Evidence) Read(ctx context.Context, engine *warehouse.DuckDB, query string) error {
	err := engine.ManyColumns(ctx, query, func(batches []warehouse.Columns) error {
		before := len(e.days)
		var group errgroup.Group
		for kind := range kinds {
			group.Go(func() error {
				table, links := e.keys[kind], e.links[kind]
				for _, rows := range batches {
					links = table.linkingAll(rows.Text(kind), rows.Len(), links)
				}
				e.links[kind] = links
				return nil
			})
		}
		for _, rows := range batches {
			at := rows.Instants(len(kinds))
			e.days = withRoom(e.days, rows.Len())
			for row := range rows.Len() {
				e.days = append(e.days, dayOf(at.At(row)))
			}
		}
		err := group.Wait()
		e.dropSingle(before)
		return err
	})
	if err != nil {
		return fmt.Errorf("read which keys were seen together: %w", err)
	}
	return nil
}

const microsPerDay = 24 * 60 * 60 * 1_000_000

// dayOf is the UTC date of an instant, counted from 1970-01-01.
func dayOf(micros int64) int32 {
	day := micros / microsPerDay
	if micros%microsPerDay < 0 {
		day--
	}
	return int32(day)
}

// dropSingle takes away the combinations from an index on that link nothing,
// being of one key.
func (e *Evidence) dropSingle(from int) {
	kept := from
	for i := from; i < len(e.days); i++ {
		named := 0
		for kind := range kinds {
			number := e.links[kind][i]
			e.links[kind][kept] = number
			if number != 0 {
				named++
			}
		}
		e.days[kept] = e.days[i]
		if named > 1 {
			kept++
		}
	}
	for kind := range kinds {
		e.links[kind] = e.links[kind][:kept]
	}
	e.days = e.days[:kept]
}

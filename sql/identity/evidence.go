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

// Evidence is what is known of keys: which there are, and which records named
// together. The zero value is not ready; see New.
type Evidence struct {
	keys  [len(kinds)]*keyTable
	links [len(kinds)][]uint32 // for each combination of several keys the number of that of each kind; 0: none
}

// New is evidence of nothing.
func New() *Evidence {
	e := &Evidence{}
	for kind := range e.keys {
		e.keys[kind] = newKeyTable(uint64(kind+1) * 0xA24BAED4963EE407)
	}
	return e
}

// See notes that a record named these keys together. Which comes first, and
// how often, does not matter.
func (e *Evidence) See(keys record.Keys) {
	for kind, key := range [len(kinds)]string{keys.UserID, keys.Email, keys.SourceID, keys.AnonymousID} {
		e.links[kind] = append(e.links[kind], e.keys[kind].number(key))
	}
	e.dropSingle(len(e.links[userIDs]) - 1)
}

// Read takes the combinations that a query gives in its columns: user_id,
// email, source_id and anonymous_id, text that is NULL or empty where a key was
// not named.
func Read(ctx context.Context, engine *warehouse.DuckDB, query string) (*Evidence, error) {
	e := New()
	err := engine.EachColumns(ctx, query, func(rows warehouse.Columns) error {
		before := len(e.links[userIDs])
		var group errgroup.Group
		for kind := range kinds {
			group.Go(func() error {
				table, links, column := e.keys[kind], e.links[kind], rows.Text(kind)
				for row := range rows.Len() {
					links = append(links, table.number(column.At(row)))
				}
				e.links[kind] = links
				return nil
			})
		}
		err := group.Wait()
		e.dropSingle(before)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read which keys were seen together: %w", err)
	}
	return e, nil
}

// dropSingle takes away the combinations from an index on that link nothing,
// being of one key.
func (e *Evidence) dropSingle(from int) {
	kept := from
	for i := from; i < len(e.links[userIDs]); i++ {
		named := 0
		for kind := range kinds {
			number := e.links[kind][i]
			e.links[kind][kept] = number
			if number != 0 {
				named++
			}
		}
		if named > 1 {
			kept++
		}
	}
	for kind := range kinds {
		e.links[kind] = e.links[kind][:kept]
	}
}

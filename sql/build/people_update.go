package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"parley/pipelines/record"
	"parley/sql/identity"
	"parley/sql/transform"
	"parley/sql/warehouse"
)

// update says anew whose the keys are of the circles that something touches
// which has landed since.
func (p *people) update(ctx context.Context) (transform.Input, error) {
	if err := p.findFresh(ctx); err != nil {
		return transform.Input{}, err
	}
	vanished, err := p.count(ctx, "people.vanished")
	if err != nil {
		return transform.Input{}, err
	}
	if vanished > 0 { // what was one may be parted
		return p.anew(ctx)
	}
	t, err := p.findTouched(ctx)
	if err != nil {
		return transform.Input{}, err
	}
	known, err := p.count(ctx, warehouse.FromFiles([]string{p.path(p.former, peopleBase)}))
	if err != nil {
		return transform.Input{}, err
	}
	was, err := p.count(ctx, "people.was")
	if err != nil {
		return transform.Input{}, err
	}
	if (was+int64(t.keys))*mostTouched > known {
		return p.anew(ctx)
	}
	if err := os.MkdirAll(filepath.Dir(p.path(p.dir, peopleBase)), 0o755); err != nil {
		return transform.Input{}, err
	}
	if err := p.keepMerges(ctx); err != nil {
		return transform.Input{}, err
	}
	if t.keys == 0 && was == 0 {
		return transform.Input{Followed: true}, errors.Join(p.linkAll(), p.view(ctx))
	}
	if err := p.resolveTouched(ctx, t); err != nil {
		return transform.Input{}, err
	}
	return transform.Input{Followed: true, Changed: "select * from people.changed"}, p.view(ctx)
}

// findFresh makes the tables of the combinations, and dates, that are new, and
// of those that are no more.
func (p *people) findFresh(ctx context.Context) error {
	read := func(paths []string, until string) string {
		if len(paths) == 0 {
			return "select " + seenColumns + " from " + personKeys + " where false"
		}
		return "select " + seenColumns + " from " + warehouse.FromFiles(paths) + " where first_at <= " + until
	}
	return p.exec(ctx,
		"create schema if not exists people",
		"create or replace view people.former as "+p.rowsIn(p.former),
		fmt.Sprintf("create or replace table people.vanished as %s except %s", read(p.went, p.formerAsOf), read(p.came, p.asOf)),
		fmt.Sprintf("create or replace table people.fresh as (%s except %s) union select %s from %s where first_at > %s and first_at <= %s",
			read(p.came, p.asOf), read(p.went, p.formerAsOf), seenColumns, personKeys, p.formerAsOf, p.asOf),
	)
}

// touched is what is to be resolved beside the rows of the circles people.was.
type touched struct {
	evidence *identity.Evidence
	keys     int // that are new
	merges   []identity.Merge
	stopped  []identity.Key
}

// standing is where a key is in the former rows.
type standing struct {
	circle int64
	plain  bool
}

// findTouched finds the circles of the former rows that something new touches,
// and makes the table people.was of their rows.
func (p *people) findTouched(ctx context.Context) (t touched, err error) {
	fresh := identity.New()
	if err := fresh.Read(ctx, p.engine, "select * replace (cast(day as timestamptz) as day) from people.fresh"); err != nil {
		return t, err
	}
	if t.merges, err = p.merges(ctx, p.mergesNow()); err != nil {
		return t, err
	}
	if t.stopped, err = p.keys(ctx, "select distinct key_kind, key from people.former where why = 'stopped'"); err != nil {
		return t, err
	}
	merged, err := p.touchedByMerges(ctx, fresh, t.merges)
	if err != nil {
		return t, err
	}
	known, err := p.findKnown(ctx, fresh, merged)
	if err != nil {
		return t, err
	}
	fresh.Stop(t.stopped...)
	t.evidence = identity.NewBeside()
	circles := t.evidence.SeeFresh(fresh, func(key identity.Key) (int64, bool, bool) {
		s, ok := known[key]
		if !ok {
			t.keys++
		}
		return s.circle, s.plain, ok
	})
	for _, key := range merged {
		if s, ok := known[key]; ok {
			circles[s.circle] = true
		}
	}
	var numbers []int64
	for circle := range circles {
		numbers = append(numbers, circle)
	}
	if err := p.numbers(ctx, "people.gone", "circle", numbers); err != nil {
		return t, err
	}
	return t, p.exec(ctx, "create or replace table people.was as select former.* from people.former as former semi join people.gone as gone using (circle)")
}

// touchedByMerges are the keys of merges that are new, or no more, or that
// name a key that is new.
func (p *people) touchedByMerges(ctx context.Context, fresh *identity.Evidence, merges []identity.Merge) (keys []identity.Key, err error) {
	before, err := p.merges(ctx, "select * from "+warehouse.FromFiles([]string{p.path(p.former, peopleMerges)}))
	if err != nil {
		return nil, err
	}
	changed := map[identity.Merge]bool{}
	for _, m := range before {
		changed[m] = true
	}
	for _, m := range merges {
		if !changed[m] || fresh.Has(m.Into) || fresh.Has(m.From) {
			keys = append(keys, m.Into, m.From)
		}
		delete(changed, m)
	}
	for m := range changed {
		keys = append(keys, m.Into, m.From)
	}
	return keys, nil
}

// findKnown says of those keys that the former rows have in which circle they are.
func (p *people) findKnown(ctx context.Context, fresh *identity.Evidence, more []identity.Key) (map[identity.Key]standing, error) {
	var numbers []int64
	fresh.Each(func(hash int64) { numbers = append(numbers, hash) })
	for _, key := range more {
		numbers = append(numbers, identity.Hash(key))
	}
	if err := p.numbers(ctx, "people.named", "hash", numbers); err != nil {
		return nil, err
	}
	known := map[identity.Key]standing{}
	err := p.engine.EachColumns(ctx, "select key_kind, key, circle, plain from people.former as former semi join people.named as named using (hash)", func(rows warehouse.Columns) error {
		kind, key, circle := rows.Text(0), rows.Text(1), rows.Numbers(2)
		for row := range rows.Len() {
			known[identity.Key{Kind: record.KeyKind(strings.Clone(kind.At(row))), Key: strings.Clone(key.At(row))}] = standing{circle[row], rows.Flag(3, row)}
		}
		return nil
	})
	return known, err
}

// numbers makes a table of one column.
func (p *people) numbers(ctx context.Context, table, column string, numbers []int64) error {
	path := filepath.Join(p.work, table+".parquet")
	_, err := p.engine.WriteRows(ctx, path, []warehouse.Column{{Name: column, Type: "BIGINT"}}, len(numbers), func(r *warehouse.NewRows, i int) { r.Number(0, numbers[i]) })
	if err != nil {
		return err
	}
	return errors.Join(p.exec(ctx, "create or replace table "+table+" as select distinct * from "+warehouse.FromFiles([]string{path})), os.Remove(path))
}

// keys are those that a SELECT of key_kind and key gives.
func (p *people) keys(ctx context.Context, query string) (keys []identity.Key, err error) {
	err = p.engine.EachColumns(ctx, query, func(rows warehouse.Columns) error {
		kind, key := rows.Text(0), rows.Text(1)
		for row := range rows.Len() {
			keys = append(keys, identity.Key{Kind: record.KeyKind(strings.Clone(kind.At(row))), Key: strings.Clone(key.At(row))})
		}
		return nil
	})
	return keys, err
}

// resolveTouched says whose the keys of the touched circles are, and keeps
// what came of it beside the former rows. Those circles of which their rows do
// not say it are resolved from all that was seen of them.
func (p *people) resolveTouched(ctx context.Context, t touched) error {
	err := p.engine.EachColumns(ctx, "select key_kind, key, person_id, why, circle, plain from people.was", func(rows warehouse.Columns) error {
		kind, key, person, why, circle := rows.Text(0), rows.Text(1), rows.Text(2), rows.Text(3), rows.Numbers(4)
		for row := range rows.Len() {
			t.evidence.Former(identity.Row{
				Key: identity.Key{Kind: record.KeyKind(kind.At(row)), Key: key.At(row)}, PersonID: person.At(row),
				Why: identity.Why(why.At(row)), Circle: circle[row], Plain: rows.Flag(5, row),
			})
		}
		return nil
	})
	if err != nil {
		return err
	}
	t.evidence.Merge(t.merges...)
	beside := t.evidence.Resolve()
	again, err := p.resolveSeen(ctx, t, beside)
	if err != nil {
		return err
	}
	stopped := map[identity.Key]bool{}
	for _, key := range t.stopped {
		stopped[key] = true
	}
	scratch := filepath.Join(p.work, "resolved.parquet")
	_, err = identity.Write(ctx, p.engine, scratch, func(of int, r *identity.Row) bool {
		if of == 0 {
			return r.Plain
		}
		return r.Why != identity.Odd && !stopped[r.Key] // they are named, but not of these circles
	}, beside, again)
	if err != nil {
		return err
	}
	resolved := warehouse.FromFiles([]string{scratch})
	former, now := "select "+identityColumns+" from people.was", "select "+identityColumns+" from "+resolved
	if err := p.exec(ctx, fmt.Sprintf("create or replace table people.changed as (%[1]s except %[2]s) union all (%[2]s except %[1]s)", former, now)); err != nil {
		return err
	}
	return errors.Join(p.keep(ctx, resolved), os.Remove(scratch))
}

// resolveSeen resolves the circles that are not plain from all that was seen of their keys.
func (p *people) resolveSeen(ctx context.Context, t touched, beside *identity.Map) (*identity.Map, error) {
	path := filepath.Join(p.work, "contested.parquet")
	contested, err := identity.Write(ctx, p.engine, path, func(_ int, r *identity.Row) bool { return !r.Plain }, beside)
	if err != nil {
		return nil, err
	}
	evidence := identity.New()
	if contested > 0 {
		evidence.Stop(t.stopped...)
		var named []string
		for _, kind := range []string{"user_id", "email", "source_id", "anonymous_id"} {
			named = append(named, fmt.Sprintf("%[1]s in (select key from %[2]s where key_kind = '%[1]s')", kind, warehouse.FromFiles([]string{path})))
		}
		if err := evidence.Read(ctx, p.engine, "select user_id, email, source_id, anonymous_id, first_at from "+personKeys+" where first_at <= "+p.asOf+" and ("+strings.Join(named, " or ")+")"); err != nil {
			return nil, err
		}
		evidence.Merge(t.merges...)
	}
	return evidence.Resolve(), os.Remove(path)
}

// keep writes the resolved rows beside those of the base, together with what
// stood beside it already; all in one, where that has become much.
func (p *people) keep(ctx context.Context, resolved string) error {
	rows, circles := "select * from "+resolved, "select circle from people.gone"
	if exists(p.path(p.former, peopleDelta)) {
		rows += " union all select * from " + warehouse.FromFiles([]string{p.path(p.former, peopleDelta)}) + " as old anti join people.gone as gone using (circle)"
		circles += " union select circle from " + warehouse.FromFiles([]string{p.path(p.former, peopleCircles)})
	}
	beside, err := p.engine.Write(ctx, rows, p.path(p.dir, peopleDelta))
	if err != nil {
		return err
	}
	if _, err := p.engine.Write(ctx, circles, p.path(p.dir, peopleCircles)); err != nil {
		return err
	}
	base, err := p.count(ctx, warehouse.FromFiles([]string{p.path(p.former, peopleBase)}))
	if err != nil {
		return err
	}
	if beside*mostCircles <= base {
		return os.Link(p.path(p.former, peopleBase), p.path(p.dir, peopleBase))
	}
	if err := errors.Join(os.Remove(p.path(p.dir, peopleDelta)), os.Remove(p.path(p.dir, peopleCircles))); err != nil {
		return err
	}
	_, err = p.engine.Write(ctx, "select * from people.former as former anti join people.gone as gone using (circle) union all select * from "+resolved, p.path(p.dir, peopleBase))
	return err
}

// linkAll keeps all rows as they were.
func (p *people) linkAll() error {
	for _, name := range []string{peopleBase, peopleDelta, peopleCircles} {
		if err := os.Link(p.path(p.former, name), p.path(p.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

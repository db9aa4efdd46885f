package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"parley/sql/identity"
	"parley/sql/settle"
	"parley/sql/transform"
	"parley/sql/warehouse"
)

// Names of what a build keeps of who is who. As most keys stay whose they are,
// a build that goes on from another keeps the former rows, and beside them which
// circles of keys are no longer as there, and the rows that these have now.
const (
	peopleBase    = "people"
	peopleDelta   = "people.delta"
	peopleCircles = "people.circles"
)

// mostCircles is how many rows of the base one row beside it may stand for.
const mostCircles = 10

// mostTouched is how many keys one touched key may stand for, before all are resolved anew.
const mostTouched = 3

// whoIsWho makes the table identity.
func (b *building) whoIsWho(ctx context.Context, engine *warehouse.DuckDB, manifest *settle.Manifest) (transform.Input, error) {
	p := &people{engine: engine, dir: b.dir, work: b.work, asOf: instantOf(b.record.AsOf)}
	if err := p.goOnFrom(b, manifest.Tables[personKeys]); err != nil {
		return transform.Input{}, err
	}
	if p.former == "" {
		return p.anew(ctx)
	}
	return p.update(ctx)
}

// people says which key is whose.
type people struct {
	engine *warehouse.DuckDB
	dir    string // of the build
	work   string // for what does not stay
	asOf   string // as SQL

	former     string // folder of the build that is gone on from; "": none
	formerAsOf string
	came, went []string // files of person keys that are new since, and those that are no more
}

func instantOf(at time.Time) string {
	return "timestamptz " + warehouse.Literal(at.Format("2006-01-02 15:04:05.999999Z07:00"))
}

// goOnFrom finds the build whose rows can be gone on from: the current one, if
// it stood at an earlier instant and what it read is still there.
func (p *people) goOnFrom(b *building, files []string) error {
	dir, err := warehouse.CurrentDir(b.at.marts)
	if errors.Is(err, warehouse.ErrNoBuild) || b.cfg.Full {
		return nil
	}
	if err != nil {
		return err
	}
	record, err := warehouse.ReadBuild(filepath.Join(dir, warehouse.RecordName))
	if err != nil || record.AsOf.After(b.record.AsOf) || !exists(p.path(dir, peopleBase)) {
		return nil //nolint:nilerr // without a record there is nothing to go on from
	}
	then, known, err := transform.InputOf(dir, personKeys)
	if err != nil || !known {
		return err
	}
	for _, f := range then.Files {
		if !slices.Contains(files, f.Path) {
			if !exists(f.Path) {
				return nil
			}
			p.went = append(p.went, f.Path)
		}
	}
	for _, path := range files {
		if !slices.ContainsFunc(then.Files, func(f transform.InputFile) bool { return f.Path == path }) {
			p.came = append(p.came, path)
		}
	}
	p.former, p.formerAsOf = dir, instantOf(record.AsOf)
	return nil
}

const personKeys = "settled_person_keys"

// keyColumns are the keys of a combination; one that was not named is null, or empty.
const keyColumns = "nullif(user_id, '') as user_id, nullif(email, '') as email, nullif(source_id, '') as source_id, nullif(anonymous_id, '') as anonymous_id"

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (p *people) path(dir, name string) string {
	return filepath.Join(dir, transform.StateDir, "inputs", name+".parquet")
}

// anew resolves all combinations of keys.
func (p *people) anew(ctx context.Context) (transform.Input, error) {
	path := p.path(p.dir, peopleBase)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return transform.Input{}, err
	}
	rows, err := p.resolve(ctx, "select "+keyColumns+" from "+personKeys+" where first_at <= "+p.asOf, path)
	if err != nil {
		return transform.Input{}, err
	}
	return transform.Input{Files: []transform.InputFile{{Path: path, Rows: rows}}}, p.view(ctx)
}

// resolve writes to path whose the keys of the combinations are that a SELECT gives.
func (p *people) resolve(ctx context.Context, query, path string) (int64, error) {
	evidence, err := identity.Read(ctx, p.engine, query)
	if err != nil {
		return 0, err
	}
	return evidence.Resolve().Write(ctx, p.engine, path)
}

// view names the rows of this build.
func (p *people) view(ctx context.Context) error {
	return p.engine.View(ctx, "identity", "select key_kind, key, person_id from ("+p.rowsIn(p.dir)+")")
}

// rowsIn is the SELECT of the rows that a build keeps.
func (p *people) rowsIn(dir string) string {
	file := func(name string) string { return warehouse.FromFiles([]string{p.path(dir, name)}) }
	if !exists(p.path(dir, peopleDelta)) {
		return "select * from " + file(peopleBase)
	}
	return "select * from " + file(peopleBase) + " as base anti join " + file(peopleCircles) + " as gone using (circle) union all select * from " + file(peopleDelta)
}

// update resolves anew the circles of keys that what has landed since touches.
func (p *people) update(ctx context.Context) (transform.Input, error) {
	if err := p.findTouched(ctx); err != nil {
		return transform.Input{}, err
	}
	vanished, err := p.count(ctx, "people.vanished")
	if err != nil {
		return transform.Input{}, err
	}
	touched, err := p.count(ctx, "people.touched")
	if err != nil {
		return transform.Input{}, err
	}
	known, err := p.count(ctx, "people.former")
	if err != nil {
		return transform.Input{}, err
	}
	if vanished > 0 || touched*mostTouched > known {
		return p.anew(ctx)
	}
	if touched == 0 {
		return transform.Input{Followed: true}, errors.Join(p.linkAll(), p.view(ctx))
	}
	if err := p.resolveTouched(ctx); err != nil {
		return transform.Input{}, err
	}
	return transform.Input{Followed: true, Changed: "select * from people.changed"}, p.view(ctx)
}

// findTouched makes the tables of the keys that were seen in new combinations,
// and of combinations that are no more: those would part what was one.
func (p *people) findTouched(ctx context.Context) error {
	read := func(paths []string, until string) string {
		if len(paths) == 0 {
			return "select " + keyColumns + " from " + personKeys + " where false"
		}
		return "select " + keyColumns + " from " + warehouse.FromFiles(paths) + " where first_at <= " + until
	}
	then := p.formerAsOf
	fresh := fmt.Sprintf("(%s except %s) union select %s from %s where first_at > %s and first_at <= %s",
		read(p.came, p.asOf), read(p.went, then), keyColumns, personKeys, then, p.asOf)
	return p.exec(ctx,
		"create schema if not exists people",
		"create or replace view people.former as "+p.rowsIn(p.former),
		fmt.Sprintf("create or replace table people.vanished as %s except %s", read(p.went, then), read(p.came, p.asOf)),
		"create or replace table people.fresh as "+fresh,
		// A key that comes alone and is known changes nothing.
		`create or replace table people.touched as
			select distinct key_kind, key
			from (
				select user_id, email, source_id, anonymous_id, count(user_id) + count(email) + count(source_id) + count(anonymous_id) as keys
				from people.fresh group by all
			) unpivot (key for key_kind in (user_id, email, source_id, anonymous_id)) as named
			where keys > 1
				or not exists (select 1 from people.former as former where former.key_kind = named.key_kind and former.key = named.key)`,
	)
}

// resolveTouched resolves the circles that hold a touched key, and keeps what
// came of it beside the former rows.
func (p *people) resolveTouched(ctx context.Context) error {
	err := p.exec(ctx,
		"create or replace table people.circles as select distinct former.circle from people.former as former semi join people.touched as touched using (key_kind, key)",
		"create or replace table people.keys as select key_kind, key from people.former as former semi join people.circles as circles using (circle) union select key_kind, key from people.touched",
	)
	if err != nil {
		return err
	}
	var seen []string
	for _, kind := range []string{"user_id", "email", "source_id", "anonymous_id"} {
		seen = append(seen, fmt.Sprintf("select "+keyColumns+" from %[1]s semi join (select key from people.keys where key_kind = '%[2]s') as known on known.key = %[1]s.%[2]s where first_at <= %[3]s",
			personKeys, kind, p.asOf))
	}
	scratch := filepath.Join(p.work, "resolved.parquet")
	if _, err := p.resolve(ctx, strings.Join(seen, " union all "), scratch); err != nil {
		return err
	}
	resolved := warehouse.FromFiles([]string{scratch})
	columns := "key_kind, key, person_id"
	former := "select " + columns + " from people.former as former semi join people.circles as circles using (circle)"
	now := "select " + columns + " from " + resolved
	if err := p.exec(ctx, fmt.Sprintf("create or replace table people.changed as (%[1]s except %[2]s) union all (%[2]s except %[1]s)", former, now)); err != nil {
		return err
	}
	return errors.Join(p.keep(ctx, resolved), os.Remove(scratch))
}

// keep writes the resolved rows beside those of the base, together with what
// stood beside it already; all in one, where that has become much.
func (p *people) keep(ctx context.Context, resolved string) error {
	if err := os.MkdirAll(filepath.Dir(p.path(p.dir, peopleBase)), 0o755); err != nil {
		return err
	}
	rows, circles := "select * from "+resolved, "select circle from people.circles"
	if exists(p.path(p.former, peopleDelta)) {
		rows += " union all select * from " + warehouse.FromFiles([]string{p.path(p.former, peopleDelta)}) + " as old anti join people.circles as circles using (circle)"
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
	_, err = p.engine.Write(ctx, "select * from people.former as former anti join people.circles as circles using (circle) union all select * from "+resolved, p.path(p.dir, peopleBase))
	return err
}

// linkAll keeps all rows as they were.
func (p *people) linkAll() error {
	if err := os.MkdirAll(filepath.Dir(p.path(p.dir, peopleBase)), 0o755); err != nil {
		return err
	}
	for _, name := range []string{peopleBase, peopleDelta, peopleCircles} {
		if err := os.Link(p.path(p.former, name), p.path(p.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (p *people) exec(ctx context.Context, statements ...string) error {
	for _, s := range statements {
		if err := p.engine.Exec(ctx, s); err != nil {
			return fmt.Errorf("who is who: %w", err)
		}
	}
	return nil
}

func (p *people) count(ctx context.Context, table string) (int64, error) {
	answer, err := p.engine.Query(ctx, "select count(*) from "+table)
	if err != nil {
		return 0, err
	}
	n, _ := answer.Rows[0][0].(int64)
	return n, nil
}

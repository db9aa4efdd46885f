package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"parley/pipelines/record"
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
	peopleMerges  = "people.merges" // that were known
)

// mostCircles is how many rows of the base one row beside it may stand for.
const mostCircles = 10

// mostTouched is how many keys one touched row may stand for, before all are resolved anew.
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

const (
	personKeys   = "settled_person_keys"
	personMerges = "settled_merges"
)

// seenColumns are the keys of a combination and the UTC date on which they were
// seen together; a key that was not named is NULL, or empty.
const seenColumns = "nullif(user_id, '') as user_id, nullif(email, '') as email, nullif(source_id, '') as source_id, nullif(anonymous_id, '') as anonymous_id, cast(first_at as date) as day"

// identityColumns are those of the table identity.
const identityColumns = "key_kind, key, person_id, cast(valid_from as timestamptz) as valid_from, cast(valid_to as timestamptz) as valid_to, why"

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (p *people) path(dir, name string) string {
	return filepath.Join(dir, transform.StateDir, "inputs", name+".parquet")
}

// anew says of all keys whose they are.
func (p *people) anew(ctx context.Context) (transform.Input, error) {
	path := p.path(p.dir, peopleBase)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return transform.Input{}, err
	}
	merges, err := p.merges(ctx, p.mergesNow())
	if err != nil {
		return transform.Input{}, err
	}
	evidence := identity.New()
	if err := evidence.Read(ctx, p.engine, "select user_id, email, source_id, anonymous_id, first_at from "+personKeys+" where first_at <= "+p.asOf); err != nil {
		return transform.Input{}, err
	}
	evidence.Merge(merges...)
	rows, err := identity.Write(ctx, p.engine, path, nil, evidence.Resolve())
	if err != nil {
		return transform.Input{}, err
	}
	if err := p.keepMerges(ctx); err != nil {
		return transform.Input{}, err
	}
	return transform.Input{Files: []transform.InputFile{{Path: path, Rows: rows}}}, p.view(ctx)
}

const mergeColumns = "into_kind, into_key, from_kind, from_key, epoch_us(merged_at) as at, undo"

// mergesNow is the SELECT of all merges by as_of.
func (p *people) mergesNow() string {
	return "select distinct " + mergeColumns + " from " + personMerges + " where merged_at <= " + p.asOf
}

// keepMerges keeps the merges beside the rows, for the build that goes on from this one.
func (p *people) keepMerges(ctx context.Context) error {
	_, err := p.engine.Write(ctx, p.mergesNow(), p.path(p.dir, peopleMerges))
	return err
}

// merges are those that a SELECT of mergeColumns gives.
func (p *people) merges(ctx context.Context, query string) (merges []identity.Merge, err error) {
	err = p.engine.EachColumns(ctx, query, func(rows warehouse.Columns) error {
		for row := range rows.Len() {
			key := func(i int) identity.Key {
				return identity.Key{Kind: record.KeyKind(strings.Clone(rows.Text(i).At(row))), Key: strings.Clone(rows.Text(i + 1).At(row))}
			}
			merges = append(merges, identity.Merge{Into: key(0), From: key(2), At: rows.Numbers(4)[row], Undo: rows.Flag(5, row)})
		}
		return nil
	})
	return merges, err
}

// view names the rows of this build.
func (p *people) view(ctx context.Context) error {
	return p.engine.View(ctx, "identity", "select "+identityColumns+" from ("+p.rowsIn(p.dir)+")")
}

// rowsIn is the SELECT of the rows that a build keeps.
func (p *people) rowsIn(dir string) string {
	file := func(name string) string { return warehouse.FromFiles([]string{p.path(dir, name)}) }
	if !exists(p.path(dir, peopleDelta)) {
		return "select * from " + file(peopleBase)
	}
	return "select * from " + file(peopleBase) + " as base anti join " + file(peopleCircles) + " as gone using (circle) union all select * from " + file(peopleDelta)
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

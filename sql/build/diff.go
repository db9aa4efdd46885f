package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"parley/pipelines/lake"
	"parley/pipelines/yamlfile"
	"parley/sql/segment"
	"parley/sql/warehouse"
)

// Comparison compares the marts of two builds that are still there. While it is
// open neither is removed.
type Comparison struct {
	Before, After warehouse.Build

	files  [2]map[string][]string // mart → files, before and after
	engine *warehouse.DuckDB
	leases []io.Closer
}

// MartDiff is what became of one mart from one build to another.
type MartDiff struct {
	Mart                    string
	RowsBefore, RowsAfter   int64    // -1: that build has no such mart
	Added, Removed, Changed int64    // rows; without a key a changed one is removed and added
	Key                     []string // by which rows were matched; none: whole rows were
	// Columns that only one of the two has; their values are not compared.
	ColumnsAdded, ColumnsRemoved []string
	// Types are columns whose type is another one; their values are not compared.
	Types []TypeChange
}

// TypeChange is a column whose type is another one.
type TypeChange struct{ Column, Before, After string }

// Same tells whether nothing of the mart is different.
func (m MartDiff) Same() bool {
	return m.RowsBefore >= 0 && m.RowsAfter >= 0 && m.Added+m.Removed+m.Changed == 0 && len(m.ColumnsAdded)+len(m.ColumnsRemoved)+len(m.Types) == 0
}

// Compare opens two builds for comparing, each named by its id, the beginning of
// one, or "current". Without after it is the current build; without before, the
// build before that one. The caller closes it.
func Compare(ctx context.Context, l *lake.Lake, engine warehouse.Config, before, after string) (*Comparison, error) {
	ids, err := There(l)
	if err != nil {
		return nil, err
	}
	current, err := CurrentID(l)
	if err != nil {
		return nil, err
	}
	choose := func(name string) (string, error) {
		if name == "" || name == warehouse.CurrentName {
			return current, nil
		}
		return pick(ids, name, "the marts of these are still there: "+strings.Join(ids, ", "))
	}
	if after, err = choose(after); err != nil {
		return nil, err
	}
	if before == "" {
		i := slices.Index(ids, after)
		if i < 1 {
			return nil, fmt.Errorf("no build is there from before %s to compare it with; make another with `parley build`, or keep more of them by build.keep in parley.yaml", after)
		}
		before = ids[i-1]
	} else if before, err = choose(before); err != nil {
		return nil, err
	}
	if before == after {
		return nil, fmt.Errorf("build %s is the same as itself; name another one: %s", after, strings.Join(ids, ", "))
	}
	c := &Comparison{}
	if err := c.open(ctx, placesOf(l), engine, before, after); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *Comparison) open(ctx context.Context, at places, engine warehouse.Config, ids ...string) error {
	records := []*warehouse.Build{&c.Before, &c.After}
	for i, id := range ids {
		dir := filepath.Join(at.marts, id)
		lease, err := warehouse.Lease(dir)
		if err != nil {
			return fmt.Errorf("open build %s: %w", id, err)
		}
		c.leases = append(c.leases, lease)
		if *records[i], err = warehouse.ReadBuild(filepath.Join(dir, warehouse.RecordName)); err != nil {
			return err
		}
		if c.files[i], err = warehouse.MartFiles(dir); err != nil {
			return err
		}
	}
	var err error
	c.engine, err = warehouse.Open(ctx, engine)
	return err
}

// Close lets go of the builds.
func (c *Comparison) Close() error {
	var err error
	if c.engine != nil {
		err = c.engine.Close()
	}
	for _, lease := range c.leases {
		err = errors.Join(err, lease.Close())
	}
	return err
}

// Marts compares every mart that either build has, in the order of their names.
func (c *Comparison) Marts(ctx context.Context) ([]MartDiff, error) {
	var diffs []MartDiff
	for _, mart := range c.names() {
		d, _, err := c.compare(ctx, mart)
		if err != nil {
			return nil, fmt.Errorf("compare mart %s: %w", mart, err)
		}
		diffs = append(diffs, d)
	}
	return diffs, nil
}

func (c *Comparison) names() []string {
	all := maps.Clone(c.files[0])
	maps.Copy(all, c.files[1])
	return slices.Sorted(maps.Keys(all))
}

// Rows are the rows of one mart that are different, at most so many of them. In
// front of the mart's own columns stands diff: added, removed, and for a row that
// has changed before and after, with the names of what differs in diff_columns.
// Without a key it is added or removed, and diff_rows says how often.
func (c *Comparison) Rows(ctx context.Context, mart string, limit int) (*warehouse.Table, error) {
	names := c.names()
	if !slices.Contains(names, mart) {
		return nil, fmt.Errorf("neither build has a mart %q%s; they have %s", mart, yamlfile.DidYouMean(mart, names), strings.Join(names, ", "))
	}
	_, sides, err := c.compare(ctx, mart)
	if err != nil {
		return nil, fmt.Errorf("compare mart %s: %w", mart, err)
	}
	table, err := c.engine.Query(ctx, sides.rows(limit))
	if err != nil {
		return nil, fmt.Errorf("compare the rows of mart %s: %w", mart, err)
	}
	return table, nil
}

// compare counts what is different in a mart. Files that both builds have by
// the same inode are one file: what is in them is not looked at.
func (c *Comparison) compare(ctx context.Context, mart string) (MartDiff, *sides, error) {
	d := MartDiff{Mart: mart, RowsBefore: -1, RowsAfter: -1}
	s := &sides{}
	rest, err := withoutShared(c.files[0][mart], c.files[1][mart])
	if err != nil {
		return d, nil, err
	}
	rows := []*int64{&d.RowsBefore, &d.RowsAfter}
	for i, side := range []string{beforeName, afterName} {
		files := c.files[i][mart]
		if len(files) == 0 {
			continue
		}
		if err := c.engine.ViewFiles(ctx, side, files); err != nil {
			return d, nil, err
		}
		if s.columns[i], err = c.engine.Describe(ctx, "from "+side); err != nil {
			return d, nil, err
		}
		count, err := c.engine.Query(ctx, "select count(*) from "+side)
		if err != nil {
			return d, nil, err
		}
		*rows[i], _ = count.Rows[0][0].(int64)
		if len(rest[i]) == 0 {
			err = c.engine.View(ctx, side, "select * from "+warehouse.FromFiles(files[:1])+" limit 0")
		} else {
			err = c.engine.ViewFiles(ctx, side, rest[i])
		}
		if err != nil {
			return d, nil, err
		}
	}
	for i, other := range []int{1, 0} {
		if len(c.files[i][mart]) == 0 { // as if it were there, without a row
			s.columns[i] = s.columns[other]
			if err := c.engine.View(ctx, []string{beforeName, afterName}[i], "select * from "+warehouse.FromFiles(c.files[other][mart][:1])+" limit 0"); err != nil {
				return d, nil, err
			}
		}
	}
	s.match(c.keyOf(mart))
	d.Key, d.ColumnsAdded, d.ColumnsRemoved, d.Types = s.key, s.added, s.removed, s.types
	if len(rest[0])+len(rest[1]) == 0 {
		return d, s, nil
	}
	t, err := c.engine.Query(ctx, s.counts())
	if err != nil {
		return d, nil, err
	}
	for i, into := range []*int64{&d.Added, &d.Removed, &d.Changed} {
		*into, _ = t.Rows[0][i].(int64)
	}
	return d, s, nil
}

// keyOf is by which columns a mart's rows can be matched: its model's key, if
// both builds have the same and found it unique.
func (c *Comparison) keyOf(mart string) []string {
	if mart == segment.Tables[0] { // made by no model
		return []string{"segment", "person_id"}
	}
	var keys [2][]string
	for i, b := range []warehouse.Build{c.Before, c.After} {
		for _, m := range b.Models {
			if m.Name == mart {
				keys[i] = m.Key
			}
		}
		unique := "unique_" + strings.Join(keys[i], "_")
		if slices.ContainsFunc(slices.Concat(b.Checks, b.Unasked), func(k warehouse.CheckRecord) bool { return k.Model == mart && k.Check == unique }) {
			return nil
		}
	}
	if !slices.Equal(keys[0], keys[1]) {
		switch { // one of the builds does not have the mart
		case len(c.files[0][mart]) == 0:
			return keys[1]
		case len(c.files[1][mart]) == 0:
			return keys[0]
		}
		return nil
	}
	return keys[0]
}

// withoutShared are the files of either side that the other does not have.
func withoutShared(before, after []string) (rest [2][]string, err error) {
	type inode struct{ device, number uint64 }
	nodes := map[string]inode{}
	count := map[inode]int{}
	for _, path := range slices.Concat(before, after) {
		info, err := os.Stat(path)
		if err != nil {
			return rest, err
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return [2][]string{before, after}, nil
		}
		nodes[path] = inode{uint64(stat.Dev), uint64(stat.Ino)} //nolint:unconvert,gosec // other types on other systems
		count[nodes[path]]++
	}
	for i, files := range [][]string{before, after} {
		for _, path := range files {
			if count[nodes[path]] == 1 {
				rest[i] = append(rest[i], path)
			}
		}
	}
	return rest, nil
}

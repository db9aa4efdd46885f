package build

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"parley/sql/warehouse"
)

// A key comes to have too many links while builds go on from each other: those
// that it had joined part again, and what comes after joins nobody through it.
// Each step has the rows that there are from nothing.
func TestAKeyIsStoppedStepByStep(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	engine, err := warehouse.Open(ctx, warehouse.Config{MemoryLimit: "512MB", Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	dir := t.TempDir()
	const asOf = "timestamptz '2026-07-01'"
	if err := engine.CreateSource(ctx, personMerges, [][]any{{"email", "hub1@x", "user_id", "u5", time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), nil, false}}); err != nil {
		t.Fatal(err)
	}
	var files []string
	var former string
	for step, links := range []string{
		"select null as user_id, 'other' || i || '@x' as email, 'cookie' || i as anonymous_id from range(9000) t(i)",
		"select null, 'hub' || i || '@x', 'hub' from range(800) t(i) union all select 'u5', 'hub5@x', 'mine' union all select null, 'hub9@x', 'nine'",
		"select null, 'hub' || i || '@x', 'hub' from range(700, 1400) t(i)",
		"select null, 'late' || i || '@x', 'hub' from range(3) t(i) union all select 'u7', 'hub7@x', 'hub' union all select null, 'hub9@x', 'ten' union all select 'undefined', 'hub3@x', null",
		"select 'u8', 'late1@x', 'other1' union all select 'u9', null, 'cookie5' union all select 'u8', null, 'cookie5'",
	} {
		path := filepath.Join(dir, fmt.Sprintf("links-%d.parquet", step))
		query := fmt.Sprintf("select user_id::varchar as user_id, email::varchar as email, null::varchar as source_id, anonymous_id::varchar as anonymous_id, timestamptz '2026-01-01' + interval %d day as first_at, first_at as last_at from (%s) t(user_id, email, anonymous_id)", step, links)
		if _, err := engine.Write(ctx, query, path); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
		if err := engine.ViewFiles(ctx, personKeys, files); err != nil {
			t.Fatal(err)
		}
		anew := &people{engine: engine, dir: filepath.Join(dir, fmt.Sprint("anew-", step)), work: dir, asOf: asOf}
		if _, err := anew.anew(ctx); err != nil {
			t.Fatal(err)
		}
		if step == 0 {
			former = anew.dir
			continue
		}
		going := &people{engine: engine, dir: filepath.Join(dir, fmt.Sprint("going-", step)), work: dir, asOf: asOf, former: former, formerAsOf: asOf, came: files[step:]}
		if in, err := going.update(ctx); err != nil || !in.Followed {
			t.Fatalf("step %d: followed %v, error %v", step, in.Followed, err)
		}
		former = going.dir
		columns := "select key_kind, key, person_id, valid_from, valid_to, why from "
		for i, dirs := range [][2]string{{going.dir, anew.dir}, {anew.dir, going.dir}} {
			found, err := engine.Query(ctx, columns+"("+going.rowsIn(dirs[0])+") except all "+columns+"("+going.rowsIn(dirs[1])+")")
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range found.Rows[:min(5, len(found.Rows))] {
				t.Errorf("step %d, only %s: %v", step, []string{"going on", "anew"}[i], row)
			}
		}
	}
	stopped, err := engine.Query(ctx, "select person_id, why from identity where key in ('hub', 'hub9@x') order by key")
	if err != nil || fmt.Sprint(stopped.Rows) != "[[a:hub stopped] [e:hub9@x lead]]" {
		t.Errorf("the key with too many links, and one that it was seen with: %v, error %v", stopped.Rows, err)
	}
}

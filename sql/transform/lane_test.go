package transform

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/sql/warehouse"
)

// meeting is an engine on which the SELECTs of left and right end only once both
// have begun.
type meeting struct {
	*warehouse.DuckDB
	left, right chan struct{}
}

func (m *meeting) WriteFiles(ctx context.Context, query, path string) ([]warehouse.Written, error) {
	mine, other := m.left, m.right
	switch query {
	case "select n + 1 as n from numbers":
	case "select n + 2 as n from numbers":
		mine, other = m.right, m.left
	default:
		return m.DuckDB.WriteFiles(ctx, query, path)
	}
	close(mine)
	select {
	case <-other:
	case <-time.After(time.Minute):
		return nil, errors.New("the other never began")
	}
	return m.DuckDB.WriteFiles(ctx, query, path)
}

// Models that do not wait for each other run at once; what comes of it is told in
// the order of the graph all the same.
func TestModelsRunAtOnce(t *testing.T) {
	t.Parallel()
	models := files(
		"marts/a_last.sql", "select * from z_left union all select * from y_right",
		"marts/y_right.sql", "select n + 2 as n from numbers",
		"marts/z_left.sql", "select n + 1 as n from numbers",
	)
	b := setup(t)
	ctx := t.Context()
	if err := b.engine.Exec(ctx, "create view numbers as select range as n from range(3)"); err != nil {
		t.Fatal(err)
	}
	g, err := Load(ctx, b.engine, Sources{Ours: models, Inputs: []string{"numbers"}})
	if err != nil {
		t.Fatal(err)
	}
	engine := &meeting{DuckDB: b.engine, left: make(chan struct{}), right: make(chan struct{})}
	result, err := g.Run(ctx, engine, b.to, Options{Now: time.Now, Parallel: 2})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"y_right ran 3", "z_left ran 3", "a_last ran 6"}, story(result)); diff != "" {
		t.Error(diff)
	}
}

// However many run at once, the same comes of it, also of what fails.
func TestLanesGiveTheSame(t *testing.T) {
	t.Parallel()
	models := fstest.MapFS{}
	add := func(name, text string) {
		for path, file := range files("marts/"+name+".sql", text) {
			models[path] = file
		}
	}
	for i := range 12 {
		above := "numbers"
		if i >= 4 {
			above = fmt.Sprintf("m%02d", i-4)
		}
		add(fmt.Sprintf("m%02d", i), fmt.Sprintf("-- key: n\n-- check n: range(, %d)\nselect n + %d as n from %s", 9+3*i, i, above))
	}
	add("broken", "-- check n: not_null\nselect nullif(n, 9) as n from m05")
	add("below", "select * from broken")
	add("related", "-- check n: relation(zz_later.n) warn\nselect n from m00")
	add("zz_later", "select n from numbers where n < 2")
	var stories [][]string
	for _, lanes := range []int{1, 2, 7} {
		b := setup(t)
		ctx := t.Context()
		if err := b.engine.Exec(ctx, "create view numbers as select range as n from range(10)"); err != nil {
			t.Fatal(err)
		}
		g, err := Load(ctx, b.engine, Sources{Ours: models, Inputs: []string{"numbers"}})
		if err != nil {
			t.Fatal(err)
		}
		result, err := g.Run(ctx, b.engine, b.to, Options{Now: time.Now, Parallel: lanes})
		if err != nil {
			t.Fatal(err)
		}
		stories = append(stories, story(result))
	}
	for _, line := range []string{"broken failed 10", "below skipped", "broken.not_null_n: 1 rows, error", "related.relation_n: 8 rows, warn"} {
		if !slices.Contains(stories[0], line) {
			t.Errorf("no line %q among %q", line, stories[0])
		}
	}
	for _, other := range stories[1:] {
		if diff := cmp.Diff(stories[0], other); diff != "" {
			t.Error(diff)
		}
	}
}

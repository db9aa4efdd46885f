package transform

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLoadOrders(t *testing.T) {
	t.Parallel()
	ours := files(
		"marts/a.sql", "select * from z join int_b using (x)",
		"marts/z.sql", "select * from int_b where x in (select x from a_source)",
		"intermediate/int_b.sql", "with stg_c as (select * from stg_c) select * from stg_c",
		"staging/stg_c.sql", "select 1 as x from a_source, each_day(date '2026-01-01', date '2026-01-02')",
		"notes/ignored.sql", "nonsense",
	)
	own := files("b_own.sql", "-- check x: relation(c_own.x)\nselect * from a", "c_own.sql", "select 1 as x", "sub/ignored.sql", "nonsense", "readme.md", "nonsense")
	g, err := Load(context.Background(), openEngine(t), Sources{Ours: ours, Own: own, Inputs: []string{"a_source"}, Allowed: []string{"each_day"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range g.Models {
		got = append(got, string(m.Layer)+" "+m.Name+": "+strings.Join(m.Reads, " "))
	}
	want := []string{"staging stg_c: a_source", "intermediate int_b: stg_c", "mart z: a_source int_b", "mart a: int_b z", "mart c_own: ", "mart b_own: a"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(g.Faults) > 0 {
		t.Errorf("faults: %v", g.Faults)
	}
}

func TestLoadFaults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ sql, want string }{
		"syntax error":     {"-- One row.\nselect a,\n  b frm c d", `FILE:3:9: syntax error at or near "c"; correct the SELECT`},
		"two statements":   {"select 1;\nselect 2", "FILE:2:1: there are 2 statements where one is wanted; keep one SELECT in a file"},
		"nothing":          {"-- grain: x\n", "FILE: there is no SELECT; write one below the header"},
		"no SELECT":        {"create table x as select 1", "FILE: this is not one SELECT, or a PIVOT that names no values; write a SELECT, and PIVOT … IN (values)"},
		"unknown table":    {"select *\nfrom conversatons", `FILE:2:6: unknown table "conversatons"; did you mean "conversations"?`},
		"a file":           {"select * from 'x.parquet'", `FILE:1:15: "x.parquet" is a file; read tables by their names`},
		"reading a file":   {"select *\nfrom read_parquet('x.parquet')", "FILE:2:6: read_parquet(…) reads files or the engine's own state; read tables by their names"},
		"hiding a query":   {"from query('select 1')", "FILE:1:6: query(…) reads files or the engine's own state; read tables by their names"},
		"another schema":   {"select * from information_schema.tables", `FILE:1:15: unknown schema "information_schema"; read tables by their names alone`},
		"itself":           {"select * from NAME", "FILE:1: the models read each other in a circle: NAME → NAME; take one of these reads out"},
		"no rule":          {"-- check x:\nselect 1 as x", "FILE:1: a check without a rule; write one of not_null, unique, accepted(a, b), relation(table.column), range(low, high), fresh(1 hour)"},
		"unknown rule":     {"-- check x: notnull\nselect 1 as x", `FILE:1: unknown rule "notnull"; did you mean "not_null"?; write one of not_null, unique, accepted(a, b), relation(table.column), range(low, high), fresh(1 hour)`},
		"check of nothing": {"-- check: not_null\nselect 1 as x", "FILE:1: a check names its column; write `-- check COLUMN: not_null`"},
		"odd column":       {"-- check x y: not_null\nselect 1 as x", "FILE:1: \"x y\" is no column; write `-- check COLUMN: not_null`"},
		"odd key":          {"-- key: x y\nselect 1 as x", "FILE:1: the key \"x y\" is no list of columns; write `-- key: a, b`"},
		"odd order":        {"-- order: x up\nselect 1 as x", "FILE:1: the order \"x up\" is no list of columns; write `-- order: a, b desc`"},
		"empty order":      {"-- order:\nselect 1 as x", "FILE:1: the order \"\" is no list of columns; write `-- order: a, b desc`"},
		"odd relation":     {"-- check x: relation(users)\nselect 1 as x", `FILE:1: "relation(users)" is no relation; write relation(table.column)`},
		"unknown relation": {"--\n-- check x: relation(conversation.x)\nselect 1 as x", `FILE:2: unknown table "conversation"; did you mean "conversations"?`},
		"odd range":        {"-- check x: range(1)\nselect 1 as x", `FILE:1: "range(1)" is no range; write range(low, high), or leave one of the two empty`},
		"odd length":       {"-- check x: fresh(soon)\nselect 1 as x", `FILE:1: "soon" is no length of time; write fresh(1 hour), fresh(90 minutes) or fresh(2 days)`},
		"no length":        {"-- check x: fresh\nselect 1 as x", `FILE:1: "" is no length of time; write fresh(1 hour), fresh(90 minutes) or fresh(2 days)`},
		"two columns":      {"-- check x, y: not_null\nselect 1 as x, 2 as y", "FILE:1: not_null is about one column; write a line for each"},
		"empty accepted":   {"-- check x: accepted()\nselect 1 as x", "FILE:1: accepted wants its values; write accepted(a, b)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const ours = "select 1 as conversation_id"
			for _, own := range []bool{false, true} {
				marts, workspace := files("marts/conversations.sql", ours), files()
				file := "sql/models/marts/broken.sql"
				text := strings.ReplaceAll(test.sql, "NAME", "broken")
				if own {
					workspace["broken.sql"] = files("x", text)["x"]
					file = "models/broken.sql"
				} else {
					marts["marts/broken.sql"] = files("x", text)["x"]
				}
				g, err := Load(context.Background(), openEngine(t), Sources{Ours: marts, Own: workspace})
				want := strings.NewReplacer("FILE", file, "NAME", "broken").Replace(test.want)
				if own {
					if err != nil || len(g.Faults) != 1 || g.Faults[0].Error() != want {
						t.Errorf("own: error %v, faults %v\nwant fault %s", err, g.Faults, want)
					} else if len(g.Models) != 1 || g.Faults[0].Model != "broken" {
						t.Errorf("own: models %v, fault of %q", g.Models, g.Faults[0].Model)
					}
				} else if err == nil || err.Error() != want {
					t.Errorf("ours: error %v\nwant %s", err, want)
				}
			}
		})
	}
}

func TestLoadFaultsOfSeveralFiles(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		ours, own fs.FS
		taken     []string
		want      string // all faults, lines sorted by the program
		models    string // that still run
	}{
		"a circle, told as its path, and what hangs below": {
			own: files("b.sql", "-- reads c\nselect *\nfrom c", "c.sql", "select * from d", "d.sql", "select * from b", "e.sql", "select 1 as x\nfrom c", "f.sql", "select 1 as x"),
			want: "models/b.sql:3: the models read each other in a circle: b → c → d → b; take one of these reads out\n" +
				"models/e.sql:2: it reads c, which cannot run; correct c first",
			models: "f",
		},
		"a name that ours has": {
			ours: files("marts/users.sql", "select 1 as x"), own: files("users.sql", "select 2 as x"),
			want:   "models/users.sql: the name users is taken by sql/models/marts/users.sql; rename this file",
			models: "users",
		},
		"a name that is taken": {
			own: files("builds.sql", "select 1 as x"), taken: []string{"builds"},
			want: "models/builds.sql: the name builds is taken by a table of Parley's; rename this file",
		},
		"no name for a table": {
			own:  files("My Model.sql", "select 1 as x"),
			want: `models/My Model.sql: "My Model" is no name for a table; name the file in small letters, digits and _, as in weekly_contacts.sql`,
		},
		"two faults of one file": {
			own:  files("a.sql", "-- check x: nul\nselect * from b"),
			want: "models/a.sql:1: unknown rule \"nul\"; write one of not_null, unique, accepted(a, b), relation(table.column), range(low, high), fresh(1 hour)\nmodels/a.sql:2:15: unknown table \"b\"; name a model, or a settled table",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, err := Load(context.Background(), openEngine(t), Sources{Ours: test.ours, Own: test.own, Taken: test.taken})
			if err != nil {
				t.Fatal(err)
			}
			var faults, models []string
			for _, f := range g.Faults {
				faults = append(faults, f.Error())
			}
			for _, m := range g.Models {
				models = append(models, m.Name)
			}
			if diff := cmp.Diff(test.want, strings.Join(faults, "\n")); diff != "" {
				t.Error(diff)
			}
			if got := strings.Join(models, " "); got != test.models {
				t.Errorf("models %q, want %q", got, test.models)
			}
		})
	}
}

func TestAViewHasNoOrder(t *testing.T) {
	t.Parallel()
	_, err := Load(context.Background(), openEngine(t), Sources{Ours: files("staging/stg_a.sql", "-- order: x\nselect 1 as x")})
	want := "sql/models/staging/stg_a.sql:1: a staging model is a view, which keeps no order; take the line out"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestOursDoNotReadTheWorkspaces(t *testing.T) {
	t.Parallel()
	_, err := Load(context.Background(), openEngine(t), Sources{Ours: files("marts/a.sql", "select * from mine"), Own: files("mine.sql", "select 1 as x")})
	want := "sql/models/marts/a.sql:1:15: mine is a model of the workspace; ours read only ours"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestLoadChecks(t *testing.T) {
	t.Parallel()
	ours := files("marts/a.sql", "select 1 as x")
	checks := files("adds_up.sql", "-- Every x is 1.\nselect * from a where x <> 1", "looks_odd.sql", "-- severity: warn\nselect * from a")
	g, err := Load(context.Background(), openEngine(t), Sources{Ours: ours, Checks: checks})
	if err != nil {
		t.Fatal(err)
	}
	want := []*Query{
		{Name: "adds_up", File: "sql/checks/adds_up.sql", Severity: Error, Text: "Every x is 1.", SQL: "-- Every x is 1.\nselect * from a where x <> 1", Reads: []string{"a"}},
		{Name: "looks_odd", File: "sql/checks/looks_odd.sql", Severity: Warn, Text: "severity: warn", SQL: "-- severity: warn\nselect * from a", Reads: []string{"a"}},
	}
	if diff := cmp.Diff(want, g.Checks); diff != "" {
		t.Error(diff)
	}
	_, err = Load(context.Background(), openEngine(t), Sources{Ours: ours, Checks: files("bad.sql", "select *\nfrom aa")})
	var fault *Fault
	if !errors.As(err, &fault) || fault.Error() != `sql/checks/bad.sql:2:6: unknown table "aa"; did you mean "a"?` {
		t.Errorf("error %v", err)
	}
}

func TestHeader(t *testing.T) {
	t.Parallel()
	h, faults := parseHeader("m", "m.sql", `-- One row per visit. Key: visit_id.
--   Gap of more than 30 minutes: a new one.

-- grain: visit
-- key: visit_id, part
-- order: state, seconds DESC
-- column seconds: how long; open ones are NULL
-- check state: accepted(open, 'very closed') warn | not_null
-- check a, b: unique
-- check user_id: relation(Users.user_id), not_null error
-- check seconds: range(0, )
-- check began_at: fresh(2 Days) warn
select 1
-- check ignored: not_null
`)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	want := Header{
		Text:    "One row per visit. Key: visit_id.\nGap of more than 30 minutes: a new one.",
		Grain:   "visit",
		Key:     []string{"visit_id", "part"},
		Order:   []Sort{{Column: "state", Line: 6}, {Column: "seconds", Desc: true, Line: 6}},
		Columns: []Note{{"seconds", "how long; open ones are NULL"}},
		Checks: []Check{
			{Columns: []string{"visit_id", "part"}, Rule: Unique, Severity: Error, IsKey: true, Line: 5},
			{Columns: []string{"state"}, Rule: Accepted, Values: []string{"open", "very closed"}, Severity: Warn, Line: 8},
			{Columns: []string{"state"}, Rule: NotNull, Severity: Error, Line: 8},
			{Columns: []string{"a", "b"}, Rule: Unique, Severity: Error, Line: 9},
			{Columns: []string{"user_id"}, Rule: Relation, Table: "users", Column: "user_id", Severity: Error, Line: 10},
			{Columns: []string{"user_id"}, Rule: NotNull, Severity: Error, Line: 10},
			{Columns: []string{"seconds"}, Rule: Range, Values: []string{"0", ""}, Severity: Error, Line: 11},
			{Columns: []string{"began_at"}, Rule: Fresh, Length: 48 * time.Hour, Severity: Warn, Line: 12},
		},
	}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Error(diff)
	}
}

func FuzzHeader(f *testing.F) {
	f.Add("-- key: a\n-- check b: range(1, 2), accepted(x) warn\nselect 1")
	f.Add("-- check : unique\n--column x:")
	f.Fuzz(func(t *testing.T, text string) {
		h, _ := parseHeader("m", "m.sql", text)
		for _, c := range h.Checks {
			if len(c.Columns) == 0 || c.Rule == "" || c.Severity == "" || c.Line == 0 {
				t.Errorf("half a check %+v of %q", c, text)
			}
		}
	})
}

package transform

import (
	"io/fs"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"parley/sql/warehouse"
)

// visits is a small graph over the real source tables.
var visits = files(
	"staging/stg_events.sql", `-- One row per event.
select event_id, key_kind, key, occurred_at, ip from settled_events
where occurred_at <= (select as_of from settings)`,
	"marts/visits.sql", `-- One row per person.
-- key: person_id
-- check last_at: fresh(1 hour)
select
    identity.person_id,
    count(*) as visits,
    count(*) / 3.0::double as thirds,
    max(stg_events.occurred_at) as last_at,
    max(stg_events.ip) as ip
from stg_events
join identity using (key_kind, key)
group by identity.person_id;
`,
	"marts/visitors.sql", `select count(*) as visitors, max(visits) as most from visits`,
	"marts/people.sql", `-- check person_id: relation(visits.person_id)
-- check age: range(0, 150) warn
select person_id, cast(null as bigint) as age, * exclude person_id from person_attributes_wide`,
	"marts/spending.sql", `select person_id, cast(sum(amount) as decimal(18, 2)) as amount, min(day) as first_day, list(amount order by amount) as amounts
from payments group by person_id`,
	"marts/keyed.sql", "-- key: person_id\nselect person_id from visits",
	"marts/payments.sql", `select person_id, cast(null as decimal(18, 2)) as amount, cast(null as date) as day from identity`,
)

// What a case's folder holds beside the case is told, not passed over.
func TestCasesTellWhatIsNone(t *testing.T) {
	t.Parallel()
	cases, err := Cases(files(
		"README.md", "how", "visits/want.csv", "visits\n", "loose.sql", "select 1",
		"visits/a/want.csv", "visits\n", "visits/a/NOTE.md", "why", "visits/a/.swp", "x",
		"visits/b/given/settings.csv", "as_of\n", "visits/c/wanted.csv", "visits\n", "visits/c/want.csv", "visits\n",
	), "models/tests")
	if err == nil || err.Error() != "models/tests/loose.sql: lies in no case; a case is a folder models/tests/MODEL/CASE" {
		t.Errorf("a file beside the folders of models gives %v", err)
	}
	if len(cases) != 4 || cases[0].String() != "visits/a" || cases[0].Fault != nil {
		t.Fatalf("cases: %+v", cases)
	}
	for i, want := range []string{
		"models/tests/visits/b: has no want.csv; write the rows that visits has to give",
		"models/tests/visits/c/wanted.csv: is no part of a case; the rows given lie in given/, those wanted in want.csv",
		"models/tests/visits/want.csv: lies in no case; put it into a folder of its own, as models/tests/visits/CASE/want.csv",
	} {
		if got := cases[i+1].Fault; got == nil || got.Error() != want {
			t.Errorf("%s: %v\nwant %q", cases[i+1], got, want)
		}
	}
	if none, err := Cases(os.DirFS(t.TempDir()+"/nowhere"), "models/tests"); err != nil || none != nil {
		t.Errorf("no folder gives %v, %v", none, err)
	}
}

// Rows of one key are told as one row with another value, in the line of want.csv.
func TestRowsOfOneKeyDiffer(t *testing.T) {
	t.Parallel()
	fsys := files("visits/c/given/settled_events.csv", "event_id,key_kind,key,occurred_at,ip\n1,user_id,7,2026-06-01,\"\"\n2,user_id,8,2026-06-01,\n",
		"visits/c/want.csv", "visits,person_id,ip\n1,u:7,\n1,u:8,\n4,u:9,\n")
	suite := suiteOf(t, fsys)
	result, err := suite.Run(t.Context(), Case{Model: "visits", Name: "c", Dir: "visits/c"})
	if err != nil || result.Err != nil {
		t.Fatal(err, result.Err)
	}
	if result.Held() || len(result.Differ) != 1 || len(result.Missing) != 1 || len(result.Extra) != 0 {
		t.Fatalf("result: %+v", result)
	}
	pair := result.Differ[0]
	if pair.Line != 2 || pair.Differs(0) || pair.Differs(1) || !pair.Differs(2) || pair.Values[2] != nil || pair.Got[2] != "" {
		t.Errorf("pair: %+v", pair)
	}
	if result.Missing[0].Line != 4 {
		t.Errorf("missing: %+v", result.Missing)
	}
}

// Show needs no want.csv, and sorts.
func TestShow(t *testing.T) {
	t.Parallel()
	fsys := files("visits/c/given/settled_events.csv", "event_id,key_kind,key,occurred_at\n1,user_id,8,2026-06-01\n2,user_id,7,2026-06-01\n")
	cases, err := Cases(fsys, "models/tests")
	if err != nil || len(cases) != 1 || cases[0].Fault == nil {
		t.Fatal(cases, err)
	}
	shown, err := suiteOf(t, fsys).Show(t.Context(), cases[0])
	if err != nil {
		t.Fatal(err)
	}
	if len(shown.Rows) != 2 || shown.Rows[0][0] != "u:7" || shown.Columns[1].Name != "visits" {
		t.Errorf("shown: %+v", shown)
	}
}

func suiteOf(t *testing.T, fsys fs.FS) *Suite {
	t.Helper()
	engine := openEngine(t)
	g, err := Load(t.Context(), engine, Sources{Ours: visits, Inputs: warehouse.SourceTables()})
	if err != nil {
		t.Fatal(err)
	}
	shapes, err := g.Shapes(t.Context(), engine, nil)
	if err != nil {
		t.Fatal(err)
	}
	return NewSuite(g, shapes, fsys, "models/tests")
}

func TestEqualValues(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 1, 12, 0, 0, 0, time.FixedZone("", 7200))
	for _, c := range []struct {
		a, b any
		want bool
	}{
		{1.0, 1.0 + 1e-12, true}, {1.0, 1.0 + 1e-6, false}, {math.Inf(1), 1e300, false}, {math.Inf(1), math.Inf(1), true}, {math.NaN(), math.NaN(), true},
		{0.0, 1e-300, false}, {nil, "", false}, {nil, nil, true}, {"null", nil, false}, {int64(1), "1", false},
		{at, at.UTC(), true}, {at, at.Add(1), false}, {[]any{1.0, nil}, []any{1.0 + 1e-12, nil}, true}, {[]any{1.0}, []any{1.0, 1.0}, false},
		{map[string]any{"a": 1.0}, map[string]any{"a": 1.0 + 1e-12}, true}, {map[string]any{"a": nil}, map[string]any{"b": nil}, false},
		{warehouse.Decimal("1.50"), warehouse.Decimal("1.50"), true},
	} {
		if got := equalValues(c.a, c.b); got != c.want {
			t.Errorf("%v and %v: equal is %v", c.a, c.b, got)
		}
		if got := equalValues(c.b, c.a); got != c.want {
			t.Errorf("%v and %v: equal is %v", c.b, c.a, got)
		}
	}
}

func TestRunCase(t *testing.T) {
	t.Parallel()
	const given = "event_id,key_kind,key,occurred_at,ip\ne1,user_id,7,2026-06-01 10:00:00,\ne2,user_id,7,2026-06-02 12:00:00+02,\"\"\ne3,email,a@b.c,2026-06-01T00:00:00Z,\ne4,user_id,7,2026-07-02 00:00:00,\n"
	tests := map[string]struct {
		model string
		files []string // below the case's folder
		want  string   // part of the error; "": none
	}{
		"rows in any order, doubles nearly, null and empty text apart": {
			model: "visits",
			files: []string{"given/settled_events.csv", given, "want.csv", "person_id,visits,thirds,last_at,ip\ne:a@b.c,1,0.33333333333,2026-06-01 00:00:00,\nu:7,2,0.6666666666,2026-06-02T10:00:00Z,\"\"\n"},
		},
		"a wrong value": {
			model: "visits",
			files: []string{"given/settled_events.csv", given, "want.csv", "person_id,visits\nu:7,3\ne:a@b.c,1\n"},
			want:  "models/tests/visits/wrong/want.csv: the rows of visits differ from it (- wanted, + given)\n  person_id,visits\n- u:7,3\n+ u:7,2",
		},
		"a row too many": {
			model: "visits",
			files: []string{"given/settled_events.csv", given, "want.csv", "person_id\nu:7\n"},
			want:  "\n+ e:a@b.c",
		},
		"a given model stands in for what it reads": {
			model: "visitors",
			files: []string{"given/visits.csv", "person_id,visits\nx,5\ny,2\n", "want.csv", "visitors,most\n2,5\n"},
		},
		"nothing given": {
			model: "visitors",
			files: []string{"want.csv", "visitors,most\n0,\n"},
		},
		"a given instant and identity": {
			model: "visits",
			files: []string{"given/settled_events.csv", given, "given/settings.csv", "as_of\n2026-06-01T12:00:00Z\n", "given/identity.csv", "key_kind,key,person_id\nuser_id,7,p1\nemail,a@b.c,p1\n", "want.csv", "person_id,visits\np1,2\n"},
		},
		"an unknown given table": {
			model: "visits",
			files: []string{"given/settled_event.csv", given, "want.csv", "person_id\n"},
			want:  `visits/wrong/given/settled_event.csv: no model or source table has this name; did you mean "settled_events"?`,
		},
		"an unknown given column": {
			model: "visits",
			files: []string{"given/settled_events.csv", "event_idd\n1\n", "want.csv", "person_id\n"},
			want:  `visits/wrong/given/settled_events.csv:1:1: settled_events has no column "event_idd"; did you mean "event_id"?`,
		},
		"an unknown wanted column": {
			model: "visits",
			files: []string{"want.csv", "persn_id\n"},
			want:  `visits/wrong/want.csv:1:1: visits has no column "persn_id"; did you mean "person_id"?`,
		},
		"times in any form of ISO 8601, or none": {
			model: "visits",
			files: []string{"given/settled_events.csv", "event_id,key_kind,key,occurred_at\n1,user_id,7,20260601T1000Z\n2,user_id,8,2026-06-01T10:00+02\n3,user_id,9,2026-06-01\n4,user_id,a,\"2026-06-01T10:00:00,5-0130\"\n5,user_id,b,2026-06-01 10:00:00 Europe/Dublin\n",
				"want.csv", "person_id,last_at\nu:7,2026-06-01 10:00:00\nu:8,2026-06-01T08:00:00.000Z\nu:9,2026-06-01T00:00Z\nu:a,2026-06-01T11:30:00.5Z\nu:b,2026-06-01T09:00:00Z\n"},
		},
		"a byte order mark, and lines that end as on Windows": {
			model: "visitors",
			files: []string{"given/visits.csv", "\ufeffperson_id,visits\r\nx,5\r\n", "want.csv", "\ufeffvisitors,most\r\n1,5\r\n"},
		},
		"equal rows count": {
			model: "payments",
			files: []string{"given/identity.csv", "key,person_id\n1,a\n2,a\n", "want.csv", "person_id\na\n"},
			want:  "want.csv: the rows of payments differ from it (- wanted, + given)\n  person_id\n+ a",
		},
		"decimals, dates and lists": {
			model: "spending",
			files: []string{"given/payments.csv", "person_id,amount,day\na,10.10,2026-06-02\na,0.2,2026-06-01\n", "want.csv", "person_id,amount,first_day,amounts\na,10.3,2026-06-01,\"[0.20, 10.10]\"\n"},
		},
		"custom attributes, with their types": {
			model: "people",
			files: []string{"given/person_attributes_wide.csv", "person_id,seats:BIGINT,beta:boolean,\"price: decimal(9, 2)\"\na,5,true,1.5\n", "want.csv", "person_id,seats,beta,price\na,5,true,1.50\n"},
		},
		"a column too many, of a table that holds no attributes": {
			model: "visitors",
			files: []string{"given/visits.csv", "person_id,visit:BIGINT\nx,5\n", "want.csv", "visitors\n1\n"},
			want:  `models/tests/visitors/wrong/given/visits.csv:1:11: visits has no column "visit", nor custom attributes; did you mean "visits"?`,
		},
		"an attribute without a type": {
			model: "people",
			files: []string{"given/person_attributes_wide.csv", "person_id,seats\na,5\n", "want.csv", "seats\n5\n"},
			want:  `:1:11: person_attributes_wide has no column "seats"; write seats:TYPE, as seats:BIGINT, for a custom attribute`,
		},
		"a type that is none": {
			model: "people",
			files: []string{"given/person_attributes_wide.csv", "person_id,a:NUMBER9,b:INT) as x; drop table identity; --\na,5,6\n", "want.csv", "person_id\na\n"},
			want:  `:1:11: "NUMBER9" is no type; write VARCHAR, BIGINT, DOUBLE, BOOLEAN or TIMESTAMPTZ` + "\n" + `models/tests/people/wrong/given/person_attributes_wide.csv:1:21: "INT) as x; drop table identity; --" is no type`,
		},
		"a number that would be rounded, of a type by another name": {
			model: "people",
			files: []string{"given/person_attributes_wide.csv", "person_id,seats: int8,at:timestamptz\na,5,2026-06-01T10Z\nb,5.5,\n", "want.csv", "seats\n5\n"},
			want:  `person_attributes_wide.csv:3:3: "5.5" is no whole number; seats is BIGINT`,
		},
		"a type where it is known": {
			model: "visitors",
			files: []string{"given/visits.csv", "person_id,visits:BIGINT\nx,5\n", "want.csv", "visitors\n1\n"},
			want:  `:1:11: visits.visits is BIGINT; leave the type out`,
		},
		"a column twice": {
			model: "visitors",
			files: []string{"given/visits.csv", "visits,Visits\n1,5\n", "want.csv", "visitors\n1\n"},
			want:  `:1:8: the column "visits" stands there twice; take one out`,
		},
		"a value of another type, told in its line": {
			model: "visitors",
			files: []string{"given/visits.csv", "person_id,visits\n\"a\nb\",5\ny,many\n", "want.csv", "visitors\n1\n"},
			want:  `models/tests/visitors/wrong/given/visits.csv:4:3: "many" is no whole number; visits is BIGINT`,
		},
		"a time that is none": {
			model: "visits",
			files: []string{"given/settled_events.csv", "event_id,occurred_at\ne1,2026-06-01\né2,31/12/2026\n", "want.csv", "visits\n"},
			want:  `given/settled_events.csv:3:4: "31/12/2026" is no TIMESTAMP WITH TIME ZONE, which occurred_at is`,
		},
		"a wanted number that would be rounded": {
			model: "visitors",
			files: []string{"given/visits.csv", "visits\n4\n", "want.csv", "most\n3.7\n"},
			want:  `want.csv:2:1: "3.7" is no whole number; most is BIGINT`,
		},
		"a wanted decimal that would be rounded": {
			model: "spending",
			files: []string{"given/payments.csv", "person_id,amount\na,10\n", "want.csv", "amount\n10.001\n"},
			want:  `want.csv:2:1: "10.001" has more than 2 digits behind the point`,
		},
		"a row with a field too few": {
			model: "visitors",
			files: []string{"given/visits.csv", "person_id,visits\nx,5\ny\n", "want.csv", "visitors\n1\n"},
			want:  `given/visits.csv:3: the row has not as many fields as the header, which has 2`,
		},
		"a quote in the middle": {
			model: "visitors",
			files: []string{"given/visits.csv", "person_id,visits\nx\"y,5\n", "want.csv", "visitors\n1\n"},
			want:  `given/visits.csv:2:2: a quote stands where none can`,
		},
		"another encoding": {
			model: "visitors",
			files: []string{"given/visits.csv", "person_id\nM\xfcller\n", "want.csv", "visitors\n1\n"},
			want:  `given/visits.csv:2: is not UTF-8`,
		},
		"an empty file": {
			model: "visitors",
			files: []string{"want.csv", ""},
			want:  `visitors/wrong/want.csv: is empty; write a header line`,
		},
		"a table that the model does not read": {
			model: "visitors",
			files: []string{"given/visits.csv", "visits\n1\n", "given/settled_events.csv", "event_id\n1\n", "want.csv", "visitors\n1\n"},
			want:  `given/settled_events.csv: visitors does not read settled_events; take the file out, or give what it reads: visits`,
		},
		"the model itself": {
			model: "visitors",
			files: []string{"given/visitors.csv", "visitors\n1\n", "want.csv", "visitors\n1\n"},
			want:  `given/visitors.csv: is the model itself; give what it reads: visits`,
		},
		"settings that are none": {
			model: "visits",
			files: []string{"given/settings.csv", "timezone\nEurope/Atlantis\n", "want.csv", "visits\n"},
			want:  `given/settings.csv:2:1: "Europe/Atlantis" is no time zone`,
		},
		"two rows of settings": {
			model: "visits",
			files: []string{"given/settings.csv", "week_starts\n1\n2\n", "want.csv", "visits\n"},
			want:  `given/settings.csv: has 2 rows where one is wanted`,
		},
		"the header's key is not unique, though the rows are those wanted": {
			model: "keyed",
			files: []string{"given/visits.csv", "person_id,visits\nx,5\nx,5\n", "want.csv", "person_id\nx\nx\n"},
			want:  `sql/models/marts/keyed.sql:1: 1 row breaks check unique_person_id`,
		},
		"a relation, where the other table has rows": {
			model: "people",
			files: []string{"given/person_attributes_wide.csv", "person_id\na\nb\n", "given/visits.csv", "person_id\na\n", "want.csv", "person_id\na\nb\n"},
			want:  `sql/models/marts/people.sql:1: 1 row breaks check relation_person_id`,
		},
		"a relation, where the other table has none": {
			model: "people",
			files: []string{"given/person_attributes_wide.csv", "person_id\na\n", "want.csv", "person_id\na\n"},
		},
		"an unknown model": {
			model: "visit",
			files: []string{"want.csv", "person_id\n"},
			want:  `visit/wrong: there is no model "visit"; did you mean "visits"?`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i := 0; i < len(test.files); i += 2 {
				test.files[i] = test.model + "/wrong/" + test.files[i]
			}
			fsys := files(test.files...)
			cases, err := Cases(fsys, "models/tests")
			if err != nil || len(cases) != 1 {
				t.Fatalf("cases: %v, %v", cases, err)
			}
			result, err := suiteOf(t, fsys).Run(t.Context(), cases[0])
			if err != nil {
				t.Fatal(err)
			}
			err = result.Fault()
			switch {
			case test.want == "" && err != nil:
				t.Fatal(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Fatalf("error %v\nwant it to hold %q", err, test.want)
			}
		})
	}
}

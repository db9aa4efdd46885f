package transform

import (
	"context"
	"errors"
	"strings"
	"testing"

	"parley/sql/warehouse"
)

// visits is a small graph over the real source tables.
var visits = files(
	"staging/stg_events.sql", `-- One row per event.
select event_id, key_kind, key, occurred_at, ip from settled_events
where occurred_at <= (select as_of from settings)`,
	"marts/visits.sql", `-- One row per person.
-- key: person_id
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
)

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
			want:  "visits/wrong: the rows of visits differ from want.csv (- wanted, + given)\n  person_id,visits\n- u:7,3\n+ u:7,2",
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
			want:  `visits/wrong/given/settled_events.csv:1: settled_events has no column "event_idd"; did you mean "event_id"?`,
		},
		"an unknown wanted column": {
			model: "visits",
			files: []string{"want.csv", "persn_id\n"},
			want:  `visits/wrong/want.csv:1: visits has no column "persn_id"; did you mean "person_id"?`,
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
			g, err := Load(context.Background(), openEngine(t), Sources{Ours: visits, Inputs: warehouse.SourceTables()})
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(test.files); i += 2 {
				test.files[i] = test.model + "/wrong/" + test.files[i]
			}
			fsys := files(test.files...)
			cases, err := Cases(fsys)
			if err != nil || len(cases) != 1 {
				t.Fatalf("cases: %v, %v", cases, err)
			}
			err = RunCase(context.Background(), g, fsys, cases[0])
			switch {
			case test.want == "" && err != nil:
				t.Fatal(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Fatalf("error %v\nwant it to hold %q", err, test.want)
			}
			var difference *Difference
			if strings.Contains(test.want, "differ") && !errors.As(err, &difference) {
				t.Errorf("error is a %T, want a *Difference", err)
			}
		})
	}
}

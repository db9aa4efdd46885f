package segment_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"parley/sql/filter"
	"parley/sql/segment"
	"parley/sql/warehouse"
)

// Dublin is an hour ahead of UTC in June: as of 2026-06-15 12:00 local.
var (
	dublin, _ = time.LoadLocation("Europe/Dublin")
	asOf      = time.Date(2026, 6, 15, 11, 0, 0, 0, time.UTC)
)

var catalogue = filter.NewCatalogue(
	[]filter.Field{
		{Name: "email", Column: "email", Type: filter.TypeText},
		{Name: "city", Column: "city", Type: filter.TypeText},
		{Name: "sessions", Column: "sessions", Type: filter.TypeNumber},
		{Name: "admin", Column: "admin", Type: filter.TypeBoolean},
		{Name: "signed_up_at", Column: "signed_up_at", Type: filter.TypeTime},
	},
	[]filter.Field{{Name: "plan", Column: "plan", Type: filter.TypeText}, {Name: "mrr", Column: "mrr", Type: filter.TypeNumber}},
)

// Five people: anna and ben at acme (pro, 100), ben also at bolt (free, 0), cleo at dot (plan unknown), dan and eve nowhere.
const marts = `
create table users as select * from (values
    ('u:anna', 'anna', 'Anna@x.example', 'Dublin',  120, true,  timestamptz '2026-06-07 23:30:00+00'),
    ('u:ben',  'ben',  'ben@x.example',  'Cork',    100, false, timestamptz '2026-06-08 22:59:59+00'),
    ('u:cleo', 'cleo', null,             'dublin',  1,   null,  timestamptz '2026-06-08 23:00:00+00'),
    ('u:dan',  'dan',  'dan@y.example',  null,      0,   true,  null),
    ('a:eve',  null,   null,             'Paris',   3,   null,  timestamptz '2026-06-15 11:00:00+00')
) as t(person_id, user_id, email, city, sessions, admin, signed_up_at);
create table companies as select * from (values ('acme', 'Pro', 100::decimal(18,2)), ('bolt', 'free', 0), ('dot', null, null)) as t(company_id, plan, mrr);
create table memberships as select * from (values
    ('u:anna', 'acme', null::timestamptz), ('u:ben', 'acme', null), ('u:ben', 'bolt', null), ('u:cleo', 'dot', null), ('u:dan', 'acme', timestamptz '2026-01-01 00:00:00+00')
) as t(person_id, company_id, left_at);
create table events as select * from (values
    ('u:anna', 'login', timestamptz '2026-06-14 11:00:00+00'), ('u:anna', 'login', timestamptz '2026-06-01 00:00:00+00'), ('u:ben', 'login', timestamptz '2026-05-01 00:00:00+00')
) as t(person_id, event_name, occurred_at);
create table tags as select * from (values ('u:dan', 'VIP')) as t(person_id, tag);
create table identity as select * from (values ('user_id', 'anna', 'u:anna', null::timestamptz), ('email', 'new@x.example', 'u:fay', null)) as t(key_kind, key, person_id, valid_to);
`

func engine(t *testing.T) *warehouse.DuckDB {
	t.Helper()
	db, err := warehouse.Open(t.Context(), warehouse.Config{MemoryLimit: "512MB", Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Exec(t.Context(), marts); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestWhoIsIn(t *testing.T) {
	t.Parallel()
	db := engine(t)
	for where, want := range map[string]string{
		`city is "dublin"`:                                       "anna cleo", // case makes no difference
		`city is not "dublin"`:                                   "ben eve",   // dan's is unknown: neither is nor is not
		`not city is "dublin"`:                                   "ben eve",
		`city is unknown or city is "cork"`:                      "ben dan",
		`city is one of ("PARIS", "cork")`:                       "ben eve",
		`email contains "X.EXAMPLE"`:                             "anna ben",
		`email does not contain "x"`:                             "", // dan@y.example has an x too
		`email starts with "ben" or email ends with "y.example"`: "ben dan",
		`sessions > 100`:                                         "anna",
		`sessions >= 100 and sessions != 120`:                    "ben",
		`sessions between 1 and 100`:                             "ben cleo eve",
		`admin is false`:                                         "ben",
		`admin is unknown`:                                       "cleo eve",
		`not admin is true`:                                      "ben",
		// The local day 2026-06-08 is [06-07 23:00, 06-08 23:00) in UTC.
		`signed_up_at exactly 7 days ago`: "anna ben",
		`signed_up_at exactly 1 week ago`: "anna ben",
		`signed_up_at on 2026-06-08`:      "anna ben",
		`signed_up_at after 2026-06-08`:   "cleo eve",
		`signed_up_at before 2026-06-09`:  "anna ben",
		// An instant 7 × 24 h before is 06-08 11:00 UTC.
		`signed_up_at more than 7 days ago`:          "anna",
		`signed_up_at less than 7 days ago`:          "ben cleo eve",
		`signed_up_at less than 1 minute from now`:   "",
		`company.plan is "pro"`:                      "anna ben",
		`company.plan is "free"`:                     "ben",
		`company.plan is not "pro"`:                  "ben",
		`not company.plan is "pro"`:                  "", // ben has one that is; of the others no plan is known, or none that is not
		`company.mrr > 99`:                           "anna ben",
		`company.plan is unknown`:                    "cleo",
		`event "login" count = 0`:                    "cleo dan eve",
		`event "login" count in the last 7 days = 1`: "anna",
		`event "login" first before 2026-05-02`:      "ben",
		`event "login" last less than 2 days ago`:    "anna",
		`event "login" last is unknown`:              "cleo dan eve",
		`tag is "vip"`:                               "dan",
		`tag is not "vip"`:                           "anna ben cleo eve",
	} {
		node, err := filter.Parse(where, catalogue)
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		query, values := filter.SQL(node, filter.Moment{AsOf: asOf, Zone: dublin})
		answer, err := db.Query(t.Context(), query+" order by 1", values...)
		if err != nil {
			t.Errorf("%s: %v\n%s", where, err, query)
			continue
		}
		var who []string
		for _, row := range answer.Rows {
			who = append(who, row[0].(string)[2:])
		}
		if slices.Sort(who); strings.Join(who, " ") != want {
			t.Errorf("%s gives %v, want %s", where, who, want)
		}
	}
}

// run makes one run and hands its files to the next.
type runner struct {
	t      *testing.T
	db     *warehouse.DuckDB
	last   segment.Previous
	n      int
	faults []error // of the last run
}

func (r *runner) run(where string, at time.Time) string {
	r.t.Helper()
	r.n++
	definitions, err := segment.Load(fstest.MapFS{"busy.yaml": {Data: []byte("where: " + where)}}, "segments")
	if err != nil {
		r.t.Fatal(err)
	}
	ctx := context.Background()
	faults, err := segment.Run(ctx, r.db, segment.Config{
		Definitions: definitions, Catalogue: catalogue, At: filter.Moment{AsOf: at, Zone: dublin}, RunID: fmt.Sprint("run", r.n), Previous: r.last,
		Literal: func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" },
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.faults = faults
	dir := r.t.TempDir()
	files := map[string][]string{}
	for _, table := range segment.Tables {
		described(r.t, r.db, table)
		path := filepath.Join(dir, table+".parquet")
		if _, err := r.db.Write(ctx, "select * from "+table, path); err != nil {
			r.t.Fatal(err)
		}
		files[table] = []string{path}
	}
	r.last = segment.Previous{Members: files["segment_members"], Changes: files["segment_changes"], Runs: files["segment_runs"]}
	answer, err := r.db.Query(ctx, "select change || ' ' || person_id || ' ' || coalesce(user_id, '-') from segment_changes where run_id = ? order by 1", fmt.Sprint("run", r.n))
	if err != nil {
		r.t.Fatal(err)
	}
	var changes []string
	for _, row := range answer.Rows {
		changes = append(changes, row[0].(string))
	}
	return strings.Join(changes, ", ")
}

func (r *runner) exec(statement string) {
	r.t.Helper()
	if err := r.db.Exec(r.t.Context(), statement); err != nil {
		r.t.Fatal(err)
	}
}

func (r *runner) value(query string) string {
	r.t.Helper()
	answer, err := r.db.Query(r.t.Context(), query)
	if err != nil {
		r.t.Fatal(err)
	}
	return fmt.Sprint(answer.Rows)
}

func TestEnteredAndLeft(t *testing.T) {
	t.Parallel()
	r := &runner{t: t, db: engine(t)}
	day := func(n int) time.Time { return asOf.AddDate(0, 0, n) }
	check := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	check("the first run is a baseline", r.run("sessions >= 100", day(0)), "baseline u:anna anna, baseline u:ben ben")
	r.exec("update users set sessions = 500 where user_id = 'cleo'; update users set sessions = 2 where user_id = 'ben'")
	check("one came, one went", r.run("sessions >= 100", day(1)), "entered u:cleo cleo, left u:ben ben")
	check("nothing changed", r.run("sessions >= 100", day(2)), "")
	check("as of an earlier instant nothing changes", r.run("sessions >= 100", day(-7)), "")
	r.exec("update users set sessions = 100 where user_id = 'ben'")
	check("back again", r.run("sessions  >=  100", day(3)), "entered u:ben ben")
	check("another definition is another baseline", r.run("sessions >= 1000 or admin is true", day(4)), "baseline u:anna anna, baseline u:dan dan")
	check("who stayed keeps the day of entering",
		r.value("select entered_at::varchar from segment_members where person_id = 'u:anna'"), "[[2026-06-19 11:00:00+00]]")
	check("changes stay for ever", r.value("select count(*) from segment_changes"), "[[7]]")
	check("a fault leaves all as it was", r.run("sesions >= 1", day(5)), "")
	if len(r.faults) != 1 || !strings.Contains(r.faults[0].Error(), `segments/busy.yaml:1:8: unknown field "sesions"`) {
		t.Errorf("faults are %v", r.faults)
	}
	check("members too", r.value("select person_id from segment_members order by 1"), "[[u:anna] [u:dan]]")
	r.exec("update users set sessions = 5000 where user_id = 'cleo'")
	check("once it is mended it goes on from there", r.run("sessions >= 1000 or admin is true", day(6)), "entered u:cleo cleo")
	check("the run counts its members", r.value("select members from segment_runs"), "[[3]]")
}

// An empty lake is no baseline: a history that is brought in later has not entered.
func TestNobodyIsNoBaseline(t *testing.T) {
	t.Parallel()
	r := &runner{t: t, db: engine(t)}
	r.exec("create table everybody as from users; delete from users")
	if got := r.run("sessions >= 100", asOf); got != "" {
		t.Errorf("of nobody: %q", got)
	}
	r.exec("insert into users from everybody")
	if got := r.run("sessions >= 100", asOf.AddDate(0, 0, 1)); got != "baseline u:anna anna, baseline u:ben ben" {
		t.Errorf("the history came in: %q", got)
	}
	r.exec("delete from users")
	if got := r.run("sessions >= 100", asOf.AddDate(0, 0, 2)); got != "left u:anna -, left u:ben -" {
		t.Errorf("everybody was deleted: %q", got)
	}
}

// A person known by an e-mail who turns out to be a user with an id has not entered.
func TestMergeIsNoEntry(t *testing.T) {
	t.Parallel()
	r := &runner{t: t, db: engine(t)}
	r.exec("insert into users values ('e:new@x.example', null, 'new@x.example', null, 900, null, null)")
	r.run("sessions > 500", asOf)
	r.exec("update users set person_id = 'u:fay', user_id = 'fay' where email = 'new@x.example'")
	if got := r.run("sessions > 500", asOf.AddDate(0, 0, 1)); got != "" {
		t.Errorf("changes are %q, want none", got)
	}
	if got := r.value("select person_id, user_id, entered_at::varchar from segment_members"); got != "[[u:fay fay 2026-06-15 11:00:00+00]]" {
		t.Errorf("the member is %s", got)
	}
}

func TestSQLSegment(t *testing.T) {
	t.Parallel()
	db := engine(t)
	definitions, err := segment.Load(fstest.MapFS{"paying.yaml": {Data: []byte("sql: |\n  select person_id from memberships join companies using (company_id)\n  where mrr > 0 -- now\n")}}, "segments")
	if err != nil {
		t.Fatal(err)
	}
	config := segment.Config{Definitions: definitions, Catalogue: catalogue, At: filter.Moment{AsOf: asOf, Zone: dublin}, RunID: "r"}
	if faults, err := segment.Run(t.Context(), db, config); err != nil || len(faults) > 0 {
		t.Fatal(faults, err)
	}
	answer, err := db.Query(t.Context(), "select count(*) from segment_members where segment = 'paying'")
	if err != nil || answer.Rows[0][0] != int64(3) {
		t.Errorf("%v, %v", answer, err)
	}
}

func TestCatalogueOf(t *testing.T) {
	t.Parallel()
	db := engine(t)
	found, err := segment.CatalogueOf(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	for _, where := range []string{`sessions > 1`, `admin is true`, `signed_up_at is known`, `company.mrr >= 10`, `CITY is "x"`} {
		if _, err := filter.Parse(where, found); err != nil {
			t.Errorf("%s: %v", where, err)
		}
	}
	if _, err := filter.Parse(`company.city is "x"`, found); err == nil {
		t.Error("companies have no city")
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	if none, err := segment.Load(os.DirFS(filepath.Join(t.TempDir(), "absent")), "segments"); err != nil || len(none) != 0 {
		t.Errorf("a folder that is not there: %v, %v", none, err)
	}
	_, err := segment.Load(fstest.MapFS{
		"a.yaml": {Data: []byte("wher: sessions > 1")},
		"b.yaml": {Data: []byte("where: x > 1\nsql: select 1")},
		"c.yaml": {Data: []byte("name: Big Ones\nwhere: x > 1")},
		"d.yaml": {Data: []byte("description: none")},
		"e.yaml": {Data: []byte("name: f\nwhere: x > 1")},
		"f.yaml": {Data: []byte("where: x > 1")},
	}, "segments")
	for _, want := range []string{
		`segments/a.yaml:1:1: unknown key "wher"; did you mean "where"?`,
		`segments/b.yaml:2:6: the segment says who is in it twice`,
		`segments/c.yaml:1:7: "Big Ones" is no name for a segment`,
		`segments/d.yaml: the segment does not say who is in it`,
		`segments/f.yaml: the segment "f" is in e.yaml already`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("errors are\n%v\nwant %s", err, want)
		}
	}
	some, err := segment.Load(fstest.MapFS{"a.yaml": {Data: []byte("where: x > 1")}, "b.yaml": {Data: []byte("wher: x > 1")}}, "segments")
	if err == nil || len(some) != 2 || some[0].Name != "a" || some[1].Name != "b" {
		t.Errorf("beside an error: %v, %v", some, err)
	}
	definitions, err := segment.Load(fstest.MapFS{"g.yaml": {Data: []byte("\nwhere: plna is \"x\"")}}, "segments")
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = definitions[0].Query(catalogue, filter.Moment{AsOf: asOf, Zone: dublin})
	if err == nil || !strings.HasPrefix(err.Error(), `segments/g.yaml:2:8: unknown field "plna"`) {
		t.Errorf("a bad filter: %v", err)
	}
}

// described holds that a table's meanings are those of its columns.
func described(t *testing.T, db *warehouse.DuckDB, table string) {
	t.Helper()
	columns, err := db.Describe(t.Context(), "select * from "+table)
	if err != nil {
		t.Fatal(err)
	}
	meaning := segment.Meanings()[table]
	for _, c := range columns {
		if meaning.Columns[c.Name] == "" {
			t.Errorf("nothing says what %s.%s is", table, c.Name)
		}
	}
	if meaning.Text == "" || len(meaning.Columns) != len(columns) {
		t.Errorf("%s has %d columns and meanings %v", table, len(columns), meaning)
	}
}

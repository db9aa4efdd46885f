package build

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"parley/pipelines/lake"
	"parley/pipelines/record"
	"parley/sql/segment"
	"parley/sql/settle"
	"parley/sql/warehouse"
)

// monday is the time of day in all tests here: 2026-06-01 is a Monday.
var monday = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// files makes a file system of name, content pairs.
func files(pairs ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		fsys[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return fsys
}

// small is a graph of few models over the real settled tables, with what segments
// need: one by dates in parts of few rows, two by keys.
func small() parts {
	return parts{touched: 100, partRows: 1, models: files(
		"staging/stg_events.sql", "select * from settled_events where occurred_at <= (select as_of from settings)",
		"marts/users.sql", "-- key: person_id\nselect person_id, key as user_id from identity where key_kind = 'user_id'",
		"marts/companies.sql", "select null::varchar as company_id where false",
		"marts/events.sql", "-- key: event_id\n-- check event_name: accepted(logged_in, page_view)\n-- incremental: date(occurred_at) of settled_events\nselect event_id, event_name, key as user_id, occurred_at from stg_events",
		"intermediate/int_keys__counted.sql", "-- incremental: key\nselect key, count(*) as events from stg_events group by key",
		"marts/keys.sql", "-- key: key\n-- incremental: key\nselect key, events from int_keys__counted",
	), checks: files("events_have_users.sql", "select * from events where user_id is null")}
}

// workshop is a lake and how to build over it.
type workshop struct {
	t    *testing.T
	lake *lake.Lake
	cfg  Config
	next map[record.Kind]int64 // offset of the next record to land
}

func setup(t *testing.T) *workshop {
	t.Helper()
	l, err := lake.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &workshop{t: t, lake: l, next: map[record.Kind]int64{}, cfg: Config{
		Lake: l, Settings: Settings{Name: "Acme", Timezone: "Europe/Dublin", WeekStarts: "sunday", Zones: []string{"America/New_York"}},
		Now: func() time.Time { return monday }, Engine: warehouse.Config{MemoryLimit: "512MB", Threads: 1}, parts: small(),
	}}
}

// land puts events into the lake, named by who did them.
func (w *workshop) land(name string, at time.Time, userIDs ...string) {
	w.t.Helper()
	rows := make([]record.Event, len(userIDs))
	for i, id := range userIDs {
		rows[i] = record.Event{EventID: name + "-" + id, EventName: name, OccurredAt: at}
		rows[i].UserID = id
		rows[i].KafkaOffset, rows[i].KafkaAt = w.next[record.KindEvent]+int64(i), at
	}
	landRows(w, record.KindEvent, rows)
}

// landRows puts rows of a kind into the lake's one partition of its topic.
func landRows[T any](w *workshop, kind record.Kind, rows []T) {
	w.t.Helper()
	topic, start := kind.Topic("parley."), w.next[kind]
	upload, err := w.lake.Create(string(kind), 1, monday, topic, 0, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	writer := parquet.NewGenericWriter[T](upload)
	if _, err := writer.Write(rows); err != nil {
		w.t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		w.t.Fatal(err)
	}
	end := start + int64(len(rows))
	file, err := upload.Publish(start, end)
	if err != nil {
		w.t.Fatal(err)
	}
	file.Rows = int64(len(rows))
	if err := w.lake.Append(lake.Entry{Topic: topic, Start: start, End: end, Rows: file.Rows, Files: []lake.File{file}, At: monday, Schema: 1}); err != nil {
		w.t.Fatal(err)
	}
	w.next[kind] = end
}

func (w *workshop) build() Result {
	w.t.Helper()
	result, err := Run(context.Background(), w.cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	return result
}

// ask asks the current build, and gives the rows as JSON.
func (w *workshop) ask(query string) string {
	w.t.Helper()
	r, err := Open(context.Background(), w.lake, warehouse.ReaderConfig{Engine: warehouse.Config{MemoryLimit: "256MB", Threads: 1}})
	if err != nil {
		w.t.Fatal(err)
	}
	defer r.Close()
	table, err := r.Query(context.Background(), query)
	if err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	text, err := json.Marshal(table.Rows)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// folders are the names of what lies in lake/marts, without the lock.
func (w *workshop) folders() []string {
	w.t.Helper()
	names, err := namesIn(Marts(w.lake))
	if err != nil {
		w.t.Fatal(err)
	}
	return slices.DeleteFunc(names, func(n string) bool { return n == lockName })
}

func TestBuild(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.land("logged_in", monday.Add(-time.Hour), "1", "2")
	w.land("logged_in", monday.Add(time.Hour), "3")
	var steps []string
	w.cfg.Progress = func(p Progress) {
		if len(steps) == 0 || steps[len(steps)-1] != p.Step {
			steps = append(steps, p.Step)
		}
	}
	result := w.build()
	if got := strings.Join(steps, " "); got != "settle inputs model segments publish" {
		t.Errorf("steps %q", got)
	}
	b := result.Build
	if b.ID != "20260601T120000.000000Z" || b.Status != warehouse.Published || !b.AsOf.Equal(monday) || b.PeakMemory < 1<<20 || b.Settled != 1 || len(result.Faults) > 0 {
		t.Errorf("result %+v", result)
	}
	tests := map[string]string{
		"select event_id from events order by 1":                                            `[["logged_in-1"],["logged_in-2"]]`,
		"select person_id from users order by 1":                                            `[["u:1"],["u:2"]]`,
		"select name, as_of, timezone, week_starts from settings":                           `[["Acme","2026-06-01T12:00:00Z","Europe/Dublin",7]]`,
		"from report_zones":                                                                 `[["America/New_York"]]`,
		"select count(*) from segment_members":                                              `[[0]]`,
		"select build_id, as_of, status, checks_failed, rows_by_mart['events'] from builds": `[["20260601T120000.000000Z","2026-06-01T12:00:00Z","published",0,2]]`,
		"select count(*) from dead_letters":                                                 `[[0]]`,
		"select name from (show tables) order by 1":                                         `[["build_checks"],["builds"],["companies"],["dead_letters"],["events"],["keys"],["report_zones"],["segment_changes"],["segment_members"],["segment_runs"],["settings"],["staffing_settings"],["users"]]`,
	}
	for query, want := range tests {
		if got := w.ask(query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	if diff := cmp.Diff([]string{"20260601T120000.000000Z", "current"}, w.folders()); diff != "" {
		t.Error(diff)
	}
	// The same lake as of an hour and a half later.
	w.cfg.AsOf = monday.Add(90 * time.Minute)
	if id := w.build().Build.ID; id != "20260601T120000.000001Z" {
		t.Errorf("the second build is called %s", id)
	}
	if got := w.ask("select count(*) from events"); got != "[[3]]" {
		t.Errorf("%s events", got)
	}
}

func TestBuildOfAnEmptyLake(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.cfg.parts = parts{} // all of our models
	result := w.build()
	for _, mart := range []string{
		"users", "companies", "memberships", "events", "sessions", "conversations", "conversation_parts", "contacts", "contacts_weekly",
		"first_response_weekly", "contacts_by_hour", "contacts_by_hour_zones", "mrr_monthly", "deliveries", "delivery_decisions", "left_out",
		"reply_time_weekly", "first_week_contact", "contact_tenure", "time_to_first_contact", "repeat_contacts", "outage_contacts",
		"topics_weekly", "topic_messages", "tag_violations", "staffing", "staffing_zones",
		"settings", "report_zones", "staffing_settings", "segment_members", "segment_changes",
	} {
		if files, err := filepath.Glob(filepath.Join(result.Dir, mart, "*.parquet")); err != nil || len(files) != 1 {
			t.Errorf("mart %s: files %v, error %v", mart, files, err)
		}
	}
	if len(result.Warnings) > 0 || len(result.Faults) > 0 {
		t.Errorf("warnings %v, faults %v", result.Warnings, result.Faults)
	}
}

func TestCustomAttributesAreColumns(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.cfg.parts = parts{} // all of our models
	attributes := `{"seats": 12, "Favourite \"fruit\"; drop view users": "fig", "person_id": "mine", "größe": true, "?": "why"}`
	users := []record.User{{RecordID: "r1", EffectiveAt: monday.Add(-time.Hour), Name: "Ann", CustomAttributes: attributes}}
	users[0].UserID, users[0].KafkaAt = "1", monday
	landRows(w, record.KindUser, users)
	result := w.build()
	want := `[["u:1","Ann",12,"fig","mine",true,"why"]]`
	query := `select person_id, name, seats, "favourite ""fruit""; drop view users", custom_person_id, "größe", "?" from users`
	if got := w.ask(query); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	engine, err := warehouse.Open(context.Background(), w.cfg.Engine)
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	if err := engine.Exec(context.Background(), "attach "+warehouse.Literal(filepath.Join(result.Dir, warehouse.DatabaseName))+" as w (read_only)"); err != nil {
		t.Fatal(err)
	}
	table, err := engine.Query(context.Background(), strings.ReplaceAll(query, "from users", "from w.users"))
	if err != nil || len(table.Rows) != 1 {
		t.Errorf("the database of views: %v, %v", table, err)
	}
}

// The tables that cases are given and those that a build reads are the same.
func TestSourceSchemasAreWhatIsSettled(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := setup(t)
	manifest, err := settle.Run(ctx, settle.Config{Lake: w.lake})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := warehouse.Open(ctx, w.cfg.Engine)
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	for _, schema := range warehouse.SourceSchemas() {
		if !strings.HasPrefix(schema.Table, "settled_") {
			continue
		}
		if err := engine.ViewFiles(ctx, schema.Table, manifest.Tables[schema.Table]); err != nil {
			t.Error(err)
			continue
		}
		columns, err := engine.Describe(ctx, "from "+schema.Table)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(schema.Columns, columns); diff != "" {
			t.Errorf("%s (- named, + settled): %s", schema.Table, diff)
		}
	}
}

func TestAFailedBuildChangesNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.land("logged_in", monday.Add(-time.Hour), "1")
	first := w.build()
	w.land("logged_out", monday.Add(-time.Hour), "2")
	_, err := Run(context.Background(), w.cfg)
	var failed *Error
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "sql/models/marts/events.sql:2: 1 row breaks check accepted_event_name") || !strings.Contains(err.Error(), "the last one is still current") {
		t.Fatalf("error %v", err)
	}
	if got := w.ask("select event_id from events"); got != `[["logged_in-1"]]` {
		t.Errorf("current events %s", got)
	}
	if diff := cmp.Diff([]string{first.Build.ID, "current"}, w.folders()); diff != "" {
		t.Error(diff)
	}
	if got := w.ask("select build_id, status, checks_failed, error like '%accepted_event_name%' from builds order by 1"); got != `[["20260601T120000.000000Z","published",0,null],["20260601T120000.000001Z","failed",1,true]]` {
		t.Errorf("builds %s", got)
	}
	record, err := warehouse.ReadBuild(filepath.Join(w.lake.Root(), "builds", failed.ID+".json"))
	if err != nil || len(record.Checks) != 1 {
		t.Fatalf("record %+v, %v", record, err)
	}
	sample, err := os.ReadFile(filepath.Join(w.lake.Root(), "builds", record.Checks[0].Sample))
	if err != nil || !strings.Contains(string(sample), `"event_id": "logged_out-2"`) {
		t.Errorf("kept rows %s, %v", sample, err)
	}
}

func TestAFirstBuildThatFailsSpeaksOfNoLastOne(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.land("logged_out", monday.Add(-time.Hour), "2")
	_, err := Run(context.Background(), w.cfg)
	var failed *Error
	if !errors.As(err, &failed) || !failed.First || !strings.Contains(err.Error(), "and none was before it:") {
		t.Errorf("error %v", err)
	}
}

func TestFaultsOfTheWorkspaceAreTold(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.land("logged_in", monday.Add(-time.Hour), "1", "2")
	w.cfg.Models = files("mine.sql", "select count(*) as n from events")
	w.build()
	w.land("page_view", monday.Add(-time.Hour), "1")
	w.cfg.Models = files("mine.sql", "select count(*) as n\nfrom evens")
	w.cfg.Segments = []segment.Definition{{Name: "odd", Where: "plna is \"x\""}}
	result := w.build()
	var told []string
	for _, f := range result.Faults {
		told = append(told, f.Error())
	}
	want := []string{`models/mine.sql:2:6: unknown table "evens"; did you mean "events"?`, `segment odd: 1:1: unknown field "plna"`}
	if len(told) != 2 || told[0] != want[0] || !strings.HasPrefix(told[1], want[1]) {
		t.Errorf("faults %q, want %q", told, want)
	}
	if got := w.ask("select (select n from mine), (select count(*) from events)"); got != "[[2,3]]" {
		t.Errorf("mine and events: %s, want the last good 2 and 3", got)
	}
	if m := result.Build.Models[len(result.Build.Models)-1]; m.Name != "mine" || !m.Stale || m.State != "failed" {
		t.Errorf("record %+v", m)
	}
}

func TestSegmentsGoOnFromBuildToBuild(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.cfg.Segments = []segment.Definition{{Name: "everyone", SQL: "select person_id from users"}}
	w.land("logged_in", monday.Add(-time.Hour), "1")
	w.build()
	w.land("logged_in", monday.Add(-time.Minute), "2")
	w.cfg.Segments = append(w.cfg.Segments, segment.Definition{Name: "broken", Where: "plna is \"x\""})
	w.build() // the broken one stops no other
	if got := w.ask("select segment, person_id, change from segment_changes order by 2"); got != `[["everyone","u:1","baseline"],["everyone","u:2","entered"]]` {
		t.Errorf("beside the fault: %s", got)
	}
	w.cfg.Segments = w.cfg.Segments[:1]
	w.build()
	if got := w.ask("select segment, person_id, change from segment_changes order by 2"); got != `[["everyone","u:1","baseline"],["everyone","u:2","entered"]]` {
		t.Errorf("once, also when put right: %s", got)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	err := Config{Settings: Settings{Timezone: "Europe/Dublinn", WeekStarts: "mon", Zones: []string{"Nowhere"}, Keep: -1, KeepFor: -time.Hour, Freshness: []Freshness{{Kind: "usr"}}, Outages: []Outage{{Name: "o", From: monday, To: monday}}}, Engine: warehouse.Config{Threads: -1}}.Validate()
	for _, part := range []string{"lake", "the time", "Europe/Dublinn", "Nowhere", `"mon"`, "-1 builds", "kept for -1h", `freshness of "usr"`, `outage "o"`, "threads"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v\nwant it to hold %q", err, part)
		}
	}
	if _, err := Run(context.Background(), Config{}); err == nil {
		t.Error("a build of nothing ran")
	}
}

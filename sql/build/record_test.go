package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/pipelines/record"
	"parley/sql/settle"
	"parley/sql/transform"
	"parley/sql/warehouse"
)

// recordOf reads a build's record in the history.
func (w *workshop) recordOf(id string) warehouse.Build {
	w.t.Helper()
	b, err := Record(w.lake, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// tryBuild builds, and gives the record of what came of it.
func (w *workshop) tryBuild() warehouse.Build {
	w.t.Helper()
	result, err := Run(context.Background(), w.cfg)
	var failed *Error
	if errors.As(err, &failed) {
		return w.recordOf(failed.ID)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return w.recordOf(result.Build.ID)
}

func TestARecordSaysWhatLanded(t *testing.T) {
	t.Parallel()
	w := setup(t)
	clock := monday
	w.cfg.Now = func() time.Time { clock = clock.Add(time.Second); return clock }
	if b := w.tryBuild(); len(b.Landed) > 0 || len(b.Sources) > 0 {
		t.Errorf("of an empty lake: %v, %v", b.Landed, b.Sources)
	}
	w.land("logged_in", monday.Add(-time.Hour), "1", "2")
	landRows(w, record.KindDeadLetter, []record.DeadLetter{{}})
	first := w.tryBuild()
	if diff := cmp.Diff(map[string]int64{"events": 2, "dead_letters": 1}, first.Landed); diff != "" {
		t.Error(diff)
	}
	w.land("logged_in", monday.Add(-time.Minute), "3")
	w.land("logged_out", monday.Add(-time.Minute), "4")
	failed := w.tryBuild()
	again := w.tryBuild()
	if failed.Status != warehouse.Failed || again.Status != warehouse.Failed {
		t.Fatalf("%s, %s", failed.Status, again.Status)
	}
	// Each record is counted in one build, though both failed.
	if diff := cmp.Diff(map[string]int64{"events": 2}, failed.Landed); diff != "" || len(again.Landed) > 0 {
		t.Errorf("%s; again %v", diff, again.Landed)
	}
	// A build that ends before it settles hands on where to count from.
	w.cfg.parts.settle = func(context.Context, settle.Config) (*settle.Manifest, error) { return nil, errors.New("no disk") }
	w.land("logged_in", monday.Add(-time.Minute), "5")
	if b := w.tryBuild(); len(b.Landed) > 0 || b.Sources["events"].LandedAt.IsZero() {
		t.Errorf("of a build that settled nothing: %v, %v", b.Landed, b.Sources)
	}
	w.cfg.parts.settle = nil
	w.cfg.parts.models = files("marts/users.sql", "select 'u:1' as person_id, '1' as user_id", "marts/companies.sql", "select 'c' as company_id", "marts/events.sql", "select * from settled_events")
	last := w.tryBuild()
	if last.LandedRecords() != 1 || last.Status != warehouse.Published {
		t.Errorf("landed %v in a build that is %s: %s", last.Landed, last.Status, last.Error)
	}
	for _, step := range []string{"settle", "inputs", "models", "checks", "segments", "publish"} {
		if first.Steps[step] <= 0 {
			t.Errorf("step %s took %v s", step, first.Steps[step])
		}
	}
	sum := 0.0
	for _, seconds := range first.Steps {
		sum += seconds
	}
	if sum > first.Seconds || first.ChecksRun != 6 || first.ChecksFailed != 0 {
		t.Errorf("steps %v of %v s, %d checks", first.Steps, first.Seconds, first.ChecksRun)
	}
	want := fmt.Sprintf(`[["%s","published",{"dead_letters":1,"events":2},3,6,true]]`, first.ID)
	if got := w.ask("select build_id, status, landed, landed_records, checks_run, seconds_by_step['publish'] > 0 from builds where build_id = '" + first.ID + "'"); got != want {
		t.Errorf("builds %s, want %s", got, want)
	}
}

func TestSourcesByNow(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.land("logged_in", monday.Add(-time.Hour), "1")
	w.build()
	landRows(w, record.KindTag, []record.Tag{{}})
	sources, err := Sources(context.Background(), w.lake)
	if err != nil || len(sources) != 2 || !sources["events"].LandedAt.Equal(monday) || !sources["tags"].LandedAt.Equal(monday) {
		t.Errorf("sources %v, %v", sources, err)
	}
	// A record's own time is what it says, but not later than it landed.
	source := newer(newer(warehouse.SourceRecord{}, monday, monday.Add(-time.Hour)), monday.Add(-time.Minute), monday.AddDate(10, 0, 0))
	if !source.LandedAt.Equal(monday) || !source.NewestAt.Equal(monday.Add(-time.Minute)) {
		t.Errorf("source %+v", source)
	}
}

func TestFreshnessIsAsked(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.cfg.Settings.Freshness = []Freshness{
		{Kind: record.KindEvent, Limit: time.Hour, Severity: transform.Warn, File: "parley.yaml", Line: 7},
		{Kind: record.KindUser, Limit: 2 * time.Hour, Severity: transform.Warn, File: "parley.yaml", Line: 8},
	}
	w.land("logged_in", monday.Add(-time.Hour), "1")
	found := func(b warehouse.Build) (said []string) {
		for _, c := range b.Checks {
			said = append(said, fmt.Sprintf("%s:%d %s %s %s %d: %s", c.File, c.Line, c.Check, c.Rule, c.Severity, c.Builds, c.Found))
		}
		return said
	}
	noUsers := "parley.yaml:8 freshness_users fresh(2 h) warn %d: no record of users has landed yet; the limit is 2 h"
	if diff := cmp.Diff([]string{fmt.Sprintf(noUsers, 1)}, found(w.tryBuild())); diff != "" {
		t.Error(diff)
	}
	w.cfg.AsOf = monday.Add(time.Hour)
	if b := w.tryBuild(); len(b.Checks) != 1 {
		t.Errorf("at the limit: %v", found(b))
	}
	w.cfg.AsOf = monday.Add(25*time.Hour + 5*time.Minute)
	late := w.tryBuild()
	if diff := cmp.Diff([]string{
		"parley.yaml:7 freshness_events fresh(1 h) warn 1: the newest record of events landed 1 d 1 h ago, at 2026-06-01T12:00:00Z; the limit is 1 h",
		fmt.Sprintf(noUsers, 3),
	}, found(late)); diff != "" || late.Status != warehouse.Published {
		t.Errorf("%s: %s", late.Status, diff)
	}
	// As of an instant before it landed, as where the clock is pinned, nothing is old.
	w.cfg.AsOf = monday.AddDate(-1, 0, 0)
	if b := w.tryBuild(); len(b.Checks) != 1 {
		t.Errorf("before it landed: %v", found(b))
	}
	w.cfg.AsOf = monday.Add(2 * time.Hour)
	w.cfg.Settings.Freshness[0].Severity = transform.Error
	if b := w.tryBuild(); b.Status != warehouse.Failed || !strings.Contains(b.Error, "parley.yaml:7: check freshness_events: the newest record of events landed 2 h ago") {
		t.Errorf("%s: %s", b.Status, b.Error)
	}
}

func TestAModelSaysHowFreshItMustBe(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.cfg.Models = files(
		"late.sql", "-- check occurred_at: fresh(30 minutes) warn\nselect * from events",
		"never.sql", "-- check day: fresh(1 day)\nselect occurred_at::date as day from events where false",
		"fine.sql", "-- check day: fresh(1 day)\nselect occurred_at::date as day from events",
	)
	w.land("logged_in", monday.Add(-time.Hour), "1")
	result := w.build()
	var said []string
	for _, fault := range result.Faults {
		said = append(said, fault.Error())
	}
	for _, c := range result.Warnings {
		said = append(said, c.Found)
	}
	if diff := cmp.Diff([]string{
		"models/never.sql:1: check fresh_day: day has no value in any row; the newest may be 1 d old",
		"the newest occurred_at, 2026-06-01T11:00:00Z, is 1 h older than as_of, 2026-06-01T12:00:00Z; it may be 30 min old",
	}, said); diff != "" {
		t.Error(diff)
	}
}

// A check's history: since which build it does not hold, through builds that did not come to it.
func TestSinceWhenACheckFails(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.land("logged_in", monday.Add(-time.Hour), "1")
	w.tryBuild()
	w.land("logged_out", monday.Add(-time.Hour), "2")
	first := w.tryBuild()
	w.cfg.parts.settle = func(context.Context, settle.Config) (*settle.Manifest, error) { return nil, errors.New("no disk") }
	unasked := w.tryBuild()
	w.cfg.parts.settle = settle.Run
	second := w.tryBuild()
	if len(unasked.Checks) != 0 || unasked.ChecksFailed != 0 || len(unasked.Unasked) != 1 {
		t.Errorf("a build that asked nothing: %+v", unasked)
	}
	if len(second.Checks) != 1 || second.Checks[0].Since != first.ID || second.Checks[0].Builds != 2 {
		t.Errorf("checks %+v, want them to fail since %s", second.Checks, first.ID)
	}
	want := fmt.Sprintf(`[["%[1]s","failed","events","accepted_event_name","accepted(logged_in, page_view)",1,"%[1]s",1],["%[2]s","failed","events","accepted_event_name","accepted(logged_in, page_view)",1,"%[1]s",2]]`, first.ID, second.ID)
	if got := w.ask("select build_id, status, model, check_name, rule, failed_rows, failing_since, builds from build_checks order by build_id"); got != want {
		t.Errorf("build_checks %s, want %s", got, want)
	}
	w.cfg.parts.models = files("marts/users.sql", "select 'u:1' as person_id, '1' as user_id", "marts/companies.sql", "select 'c' as company_id", "marts/events.sql", "-- check event_name: accepted(logged_in, logged_out)\nselect * from settled_events")
	if b := w.tryBuild(); len(b.Checks)+len(b.Unasked) != 0 {
		t.Errorf("it holds again: %+v", b)
	}
}

// What is no more asked is no more failing: a limit, a model, a check that was taken out.
func TestChecksThatAreNoMoreAreForgotten(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.land("logged_in", monday.Add(-time.Hour), "1")
	w.cfg.Settings.Freshness = []Freshness{{Kind: record.KindTag, Limit: time.Hour, Severity: transform.Warn}}
	w.cfg.Models = files("mine.sql", "-- check x: range(2, ) warn\nselect 1 as x", "other.sql", "-- check x: range(2, ) warn\nselect 1 as x")
	w.cfg.parts.checks = files("no_events.sql", "select * from events where false")
	if b := w.tryBuild(); len(b.Checks) != 3 {
		t.Fatalf("checks %+v", b.Checks)
	}
	w.cfg.Settings.Freshness = nil
	w.cfg.Models = files("mine.sql", "select 1 as x", "other.sql", "-- check x: range(2, ) warn\nselect nothing as x")
	b := w.tryBuild()
	if len(b.Checks) != 0 || len(b.Unasked) != 1 || b.Unasked[0].Name() != "other.range_x" {
		t.Errorf("checks %+v, not asked %+v", b.Checks, b.Unasked)
	}
	w.cfg.Models = nil
	if b := w.tryBuild(); len(b.Unasked) != 0 {
		t.Errorf("not asked %+v", b.Unasked)
	}
}

func TestKeeps(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 10, 12, 30, 30, 0, time.UTC)
	// A build a minute for ten days, pruned at each as it would be.
	var ids []string
	for at := now.AddDate(0, 0, -10); !at.After(now); at = at.Add(time.Minute) {
		ids = append(ids, at.Format(idLayout))
		if at.Minute()%10 == 0 || at.Equal(now) { // often enough, and quick
			stay := keeps(ids, 3, 7*24*time.Hour, at)
			ids = slices.DeleteFunc(ids, func(id string) bool { return !stay[id] })
		}
	}
	var got []string
	for _, id := range ids {
		got = append(got, id[6:13])
	}
	want := strings.Fields("03T2359 04T2359 05T2359 06T2359 07T2359 08T2359 09T1259 09T1359 09T1459 09T1559 09T1659 09T1759 09T1859 09T1959 09T2059 09T2159 09T2259 09T2359 " +
		"10T0059 10T0159 10T0259 10T0359 10T0459 10T0559 10T0659 10T0759 10T0859 10T0959 10T1059 10T1159 10T1228 10T1229 10T1230")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if stay := keeps(ids, 2, 0, now); len(stay) != 2 || !stay[ids[len(ids)-1]] || !stay[ids[len(ids)-2]] {
		t.Errorf("by number alone: %v", stay)
	}
	if stay := keeps(nil, 2, time.Hour, now); len(stay) != 0 {
		t.Errorf("of none: %v", stay)
	}
}

func TestOldRecordsGoWithTheirRows(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.cfg.Settings.Keep = 2
	first, second := w.build().Build.ID, w.build().Build.ID
	at := placesOf(w.lake)
	// Many builds that failed and many that were published, between then and now, each with a row kept.
	id := func(i int) string {
		return monday.AddDate(0, 0, 1).Add(time.Duration(i) * time.Second).Format(idLayout)
	}
	for i := range 2 * historyKept {
		b := warehouse.Build{ID: id(i), Status: []warehouse.Status{warehouse.Published, warehouse.Failed}[i%2]}
		text, err := json.Marshal(b)
		if err := errors.Join(err, os.WriteFile(at.recordPath(b.ID), text, 0o600)); err != nil {
			t.Fatal(err)
		}
		if i < 4 || i >= 2*historyKept-2 {
			if err := errors.Join(os.MkdirAll(filepath.Join(at.history, b.ID), 0o755), os.WriteFile(filepath.Join(at.history, b.ID, "x.json"), nil, 0o600)); err != nil {
				t.Fatal(err)
			}
		}
	}
	orphan := filepath.Join(at.history, "20260501T000000.000000Z") // its record went, then the process was killed
	if err := os.MkdirAll(orphan, 0o755); err != nil {
		t.Fatal(err)
	}
	w.cfg.parts.settle = func(context.Context, settle.Config) (*settle.Manifest, error) { return nil, errors.New("no disk") }
	failed := w.tryBuild() // a failed one clears up too
	there := func(id string) [2]bool {
		_, record := os.Stat(at.recordPath(id))
		_, rows := os.Stat(filepath.Join(at.history, id, "x.json"))
		return [2]bool{record == nil, rows == nil}
	}
	for id, want := range map[string][2]bool{
		first: {true, false}, second: {true, false}, failed.ID: {true, false}, // the two oldest of all are still there with their marts
		id(0): {true, true}, id(1): {false, false}, id(2): {true, true}, id(3): {true, true}, id(2*historyKept - 1): {true, true},
	} {
		if got := there(id); got != want {
			t.Errorf("%s: record, rows %v, want %v", id, got, want)
		}
	}
	if _, err := os.Stat(orphan); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("rows without a record: %v", err)
	}
}

func TestStanding(t *testing.T) {
	t.Parallel()
	at := func(minute int, status warehouse.Status) warehouse.Build {
		begun := monday.Add(time.Duration(minute) * time.Minute)
		return warehouse.Build{ID: begun.Format(idLayout), StartedAt: begun, Seconds: 30, Status: status}
	}
	const published, failed, interrupted, running = warehouse.Published, warehouse.Failed, warehouse.Interrupted, warehouse.Running
	tests := map[string]struct {
		builds  []warehouse.Build
		every   time.Duration
		now     int // minutes after monday
		late    time.Duration
		failing int
		says    string
	}{
		"none":                  {every: time.Minute},
		"well":                  {builds: []warehouse.Build{at(0, published)}, every: time.Minute, now: 2},
		"just not late":         {builds: []warehouse.Build{at(0, published)}, every: 2 * time.Minute, now: 4},
		"late":                  {builds: []warehouse.Build{at(0, published), at(5, running)}, every: 2 * time.Minute, now: 5, late: 2 * time.Minute, says: "the last build is 2 min late: it ended at 2026-06-01T12:00:30Z, and the next was expected by 2026-06-01T12:03:00Z; keep `parley run` up"},
		"often":                 {builds: []warehouse.Build{at(0, published)}, every: time.Second, now: 1},
		"never late":            {builds: []warehouse.Build{at(0, published)}, now: 100_000},
		"stopped once":          {builds: []warehouse.Build{at(0, published), at(1, interrupted)}, every: time.Minute, now: 2},
		"ended again and again": {builds: []warehouse.Build{at(0, published), at(1, interrupted), at(2, interrupted)}, every: time.Minute, now: 3, failing: 2, says: "builds have been failing since 2026-06-01T12:01:00Z (2 in a row); readers have 20260601T120000.000000Z"},
		"failing":               {builds: []warehouse.Build{at(0, published), at(1, failed), at(2, interrupted), at(3, failed), at(4, running)}, every: time.Minute, now: 4, failing: 3, says: "See why with: parley build --show 20260601T120300.000000Z"},
		"given up":              {builds: []warehouse.Build{at(0, failed)}, every: time.Minute, now: 9, failing: 1, late: 7 * time.Minute, says: "builds have been failing since 2026-06-01T12:00:00Z (1 in a row), and none has been tried since 2026-06-01T12:00:30Z; nothing has been published yet"},
		"put right":             {builds: []warehouse.Build{at(0, failed), at(1, failed), at(2, published)}, every: time.Minute, now: 3},
	}
	for name, test := range tests {
		now := monday.Add(time.Duration(test.now) * time.Minute)
		s := StandingOf(test.builds, test.every)
		if got := s.Late(now); got != test.late || len(s.Failing) != test.failing {
			t.Errorf("%s: late by %s and %d failing, want %s and %d", name, got, len(s.Failing), test.late, test.failing)
		}
		if err := s.Fault(now); test.says == "" && err != nil || test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)) {
			t.Errorf("%s: %v, want %q", name, err, test.says)
		}
	}
}

func TestRecentReachesBackToAPublishedBuild(t *testing.T) {
	t.Parallel()
	w := setup(t)
	at := placesOf(w.lake)
	for i, status := range []warehouse.Status{warehouse.Published, warehouse.Published, warehouse.Failed, warehouse.Failed, warehouse.Failed} {
		if err := at.writeHistory(warehouse.Build{ID: fmt.Sprintf("20260601T00000%d.000000Z", i), Status: status}); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(at.recordPath("20260601T000009.000000Z"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for most, want := range map[int]int{0: 5, 1: 4, 2: 4, 5: 5} {
		if records, err := Recent(w.lake, most); err != nil || len(records) != want || records[len(records)-1].ID != "20260601T000004.000000Z" {
			t.Errorf("at least %d: %d records, %v", most, len(records), err)
		}
	}
}

// The rows that break a check of a failed build are kept, and their place is in its record.
func TestRowsOfFailedBuildsAreKept(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.land("logged_out", monday.Add(-time.Hour), "2")
	failed := w.tryBuild()
	text, err := os.ReadFile(filepath.Join(SampleDir(w.lake), failed.Checks[0].Sample))
	var rows []map[string]any
	if err := errors.Join(err, json.Unmarshal(text, &rows)); err != nil || len(rows) != 1 || rows[0]["event_id"] != "logged_out-2" {
		t.Errorf("kept rows %s, %v", text, err)
	}
}

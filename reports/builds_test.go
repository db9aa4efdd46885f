package reports

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/sql/warehouse"
)

// aBuild is a build a number of minutes before the one that the pages show.
func aBuild(minutesBefore int, status warehouse.Status) warehouse.Build {
	b := testBuild()
	b.StartedAt = b.StartedAt.Add(-time.Duration(minutesBefore) * time.Minute)
	b.AsOf = b.StartedAt
	b.Status = status
	if minutesBefore != 0 {
		b.ID = b.StartedAt.Format("20060102T150405.000000Z")
	}
	b.Seconds = 4 + float64((minutesBefore*7)%11)/3
	b.PeakMemory = 812_000_000 + int64(minutesBefore)*1_000_000
	b.ChecksRun = 214
	b.Landed = map[string]int64{"events": int64(120 + (minutesBefore*37)%90), "users": int64((minutesBefore + 8) % 4)}
	b.Sources = map[string]warehouse.SourceRecord{
		"events": {LandedAt: b.StartedAt.Add(-3 * time.Second), NewestAt: b.StartedAt.Add(-9 * time.Second)},
		"users":  {LandedAt: b.StartedAt.Add(-40 * time.Minute), NewestAt: b.StartedAt.Add(-3 * time.Hour)},
	}
	return b
}

// wellBuilt is an hour of builds of which one had failed, and one was interrupted.
func wellBuilt() []warehouse.Build {
	var records []warehouse.Build
	for before := 70; before >= 0; before-- {
		b := aBuild(before, warehouse.Published)
		switch {
		case before == 31:
			b.Status, b.Error = warehouse.Failed, "sql/models/marts/events.sql:2: 3 rows break check accepted_event_name; look at them in lake/builds/x/events.accepted_event_name.json"
			b.Checks = []warehouse.CheckRecord{{
				Model: "events", Check: "accepted_event_name", Rule: "accepted(logged_in, page_view)", Severity: "error", Failed: 3,
				Sample: b.ID + "/events.accepted_event_name.json", Since: b.ID, Builds: 1,
			}}
		case before == 12:
			b.Status, b.Error = warehouse.Interrupted, "the process ended before the build did"
		case before < 5:
			b.Checks = []warehouse.CheckRecord{{
				Check: "freshness_users", Rule: "fresh(30 min)", Severity: "warn", Failed: 1,
				Found: "the newest record of users landed 40 min ago, at 2026-07-01T08:50:12Z; the limit is 30 min", Since: aBuild(4, "").ID, Builds: 5 - before,
			}}
		}
		b.ChecksFailed = len(b.Checks)
		records = append(records, b)
	}
	return records
}

// thenFailing is the same, and three builds that failed after it.
func thenFailing() []warehouse.Build {
	records := wellBuilt()
	for i := 1; i <= 3; i++ {
		b := aBuild(-i, warehouse.Failed)
		b.Error = "models/<script>alert(1)</script>.sql:1:1: it is \"wrong\" & odd; correct it\nand more"
		b.Unasked = records[70].Checks
		records = append(records, b)
	}
	return records
}

func historyIs(records []warehouse.Build, every time.Duration) func() (History, error) {
	return func() (History, error) { return History{Records: records, Every: every}, nil }
}

// writeWith draws all pages with a history of builds, and gives the folder of reports.
func writeWith(t *testing.T, history func() (History, error)) string {
	t.Helper()
	dir := t.TempDir()
	if _, err := Write(t.Context(), Config{Dir: dir, Query: lifelike().open(t), Build: testBuild(), History: history}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func buildsConfig(dir string, history func() (History, error)) BuildsConfig {
	return BuildsConfig{Dir: dir, Workspace: "Tidepool", Zone: time.FixedZone("Europe/Dublin", 3600), WeekStarts: 1, History: history}
}

func TestThePageOfBuilds(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(writeWith(t, historyIs(wellBuilt(), time.Minute)), latestName)
	has(t, dir, buildsFile,
		"60 builds, from 1 July 2026, 09:31 to 1 July 2026, 10:30; 2 of them not published.",
		"events.accepted_event_name", "accepted(logged_in, page_view)", "3 rows", "parley build --show 20260701T085912.000000Z",
		"the newest record of users landed 40 min ago", "1 check did not hold in the last build that came to it", "1\u00a0Jul\u00a02026,\u00a010:26", // since
		"the process ended before the build did", "812 MB", "120 events", "4.0 s", "How fresh the sources are")
	if page := read(t, dir, buildsFile); strings.Contains(page, "have been failing") || strings.Count(page, "20260701T0") < 60 {
		t.Error("the page says that builds fail, or does not list them")
	}
	has(t, dir, "index.html", `<a href="builds.html">The last builds</a>`, `<script src="builds.js">`)
	has(t, dir, standingFile, `"failing":""`, `"due":1782898280000`, `"grace":60000`, `"due_text":"1 July 2026, 10:31"`)
}

// After a build that failed nothing but the page of builds is drawn, and all pages are told.
func TestAFailedBuildReachesThePages(t *testing.T) {
	t.Parallel()
	dir := writeWith(t, historyIs(wellBuilt(), time.Minute))
	index := read(t, dir, latestName+"/index.html")
	if err := WriteBuilds(t.Context(), buildsConfig(dir, historyIs(thenFailing(), time.Minute))); err != nil {
		t.Fatal(err)
	}
	latest := filepath.Join(dir, latestName)
	const failing = "Builds have been failing since 1 July 2026, 10:31, 3 in a row. These figures are those of the last good one."
	has(t, latest, buildsFile, failing, "models/&lt;script&gt;alert(1)&lt;/script&gt;.sql:1:1", "(the last build did not come to it)", "20260701T093012Z-1f4c", "1 July 2026, 10:30")
	has(t, latest, standingFile, failing, `"untried":"None has been tried since 1 July 2026, 10:33."`)
	if index != read(t, latest, "index.html") {
		t.Error("another page was drawn anew")
	}
	if left, err := filepath.Glob(filepath.Join(latest, ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	// Where the clock is pinned none is expected; where nothing was drawn yet nothing is written.
	if err := WriteBuilds(t.Context(), buildsConfig(dir, historyIs(wellBuilt(), 0))); err != nil {
		t.Fatal(err)
	}
	has(t, latest, standingFile, `"due":0`)
	empty := t.TempDir()
	if err := WriteBuilds(t.Context(), buildsConfig(empty, historyIs(wellBuilt(), 0))); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(empty); err != nil || len(entries) > 0 {
		t.Errorf("written without reports: %v, %v", entries, err)
	}
	fault := errors.New("no disk")
	if err := WriteBuilds(t.Context(), buildsConfig(dir, func() (History, error) { return History{}, fault })); !errors.Is(err, fault) {
		t.Errorf("error %v", err)
	}
}

// The pages of a former day speak of no build that is late.
func TestAFormerDayIsSuperseded(t *testing.T) {
	t.Parallel()
	dir := writeWith(t, historyIs(wellBuilt(), time.Minute))
	m := lifelike()
	m["settings"] = [][]any{{"Tidepool", asOf.AddDate(0, 0, 1), "Europe/Dublin", 1}}
	if _, err := Write(t.Context(), Config{Dir: dir, Query: m.open(t), Build: testBuild(), History: historyIs(wellBuilt(), time.Minute)}); err != nil {
		t.Fatal(err)
	}
	has(t, filepath.Join(dir, "2026-07-01"), standingFile, `"due":0`, "There are newer ones.")
	has(t, filepath.Join(dir, "2026-07-02"), standingFile, `"due":1782898280000`, `"superseded":""`)
}

func TestNoBuildHasEnded(t *testing.T) {
	t.Parallel()
	dir := writeWith(t, historyIs([]warehouse.Build{aBuild(0, warehouse.Running)}, time.Minute))
	has(t, filepath.Join(dir, latestName), buildsFile, "No build has ended yet.")
	has(t, filepath.Join(dir, latestName), standingFile, `"due":0`)
}

func TestSizesOfMemory(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "–", 1: "0 MB", 812_400_000: "812 MB", 999_499_999: "999 MB", 999_500_000: "1.0 GB", 12_340_000_000: "12.3 GB"} {
		if got := formatBytes(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
	if got := fmt.Sprint(formatTenths(4.25), formatTenths(0), formatTenths(99.94), formatTenths(1380)); got != "4.2 s0.0 s99.9 s1,380 s" {
		t.Error(got)
	}
}

package workspace_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/cmd/workspace"
	"parley/pipelines/demo"
)

func write(t *testing.T, config string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, workspace.ConfigFile), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestEveryKeyIsOptional(t *testing.T) {
	t.Parallel()
	ws, err := workspace.Open(write(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	config := ws.Config
	if config.Workspace.Timezone != "UTC" || config.Serve.Listen != "127.0.0.1:8780" || config.Kafka.TopicPrefix != "parley." ||
		len(config.Topics) != 9 || config.Build.Keep != 10 || config.Build.Every.Value() != time.Minute {
		t.Fatalf("defaults are %+v", config)
	}
	if ws.LakeDir() != filepath.Join(ws.Dir, "lake") || ws.QueueURL() != "sqlite:"+filepath.Join(ws.Dir, "parley.db") {
		t.Fatalf("places are %s and %s", ws.LakeDir(), ws.QueueURL())
	}
}

func TestLakeInAnObjectStore(t *testing.T) {
	t.Parallel()
	ws, err := workspace.Open(write(t, `lake: {url: "s3://bucket/acme?region=eu-west-1", cache_gb: 0.5}`))
	if err != nil {
		t.Fatal(err)
	}
	store, err := ws.OpenLake()
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(ws.Dir, "lake"); store.Root() != want || ws.MartsDir() != filepath.Join(want, "marts") {
		t.Errorf("what is computed lies in %s, marts in %s", store.Root(), ws.MartsDir())
	}
}

func TestTheReferenceInTheContractsReads(t *testing.T) {
	t.Parallel()
	ws, err := workspace.Open(write(t, `
workspace:
  name: Acme
  as_of: 2026-06-30T00:00:00Z
  timezone: Australia/Brisbane
  week_starts: sunday
office_hours:
  default:
    timezone: Australia/Brisbane
    monday: ["09:00-17:00"]
    holidays: [2026-12-25]
bots: ["fin", "id:815309"]
teams: [billing, onboarding]
cover:
  - {schedule: default, agents: 3}
staffing: {handling_time: 10m, answer_within: 5m, target: 0.8, shrinkage: 0.3, concurrency: 1}
reports: {zones: [Europe/Dublin, America/New_York], recipients: [], conversation_url: "https://help.example/{conversation_id}"}
build: {every: 1m, keep: 10}
sql: {timeout: 5m, memory: 2GB}
serve: {listen: "127.0.0.1:8780"}
outages: [{name: Search down, from: 2026-03-02T10:00:00Z, to: 2026-03-02T14:30:00Z}]
kafka: {brokers: [], topic_prefix: "parley."}
lake: {url: "./lake"}
engine: {url: "sc://host:15002"}
queue: {url: "sqlite:./parley.db"}
email: {smtp: "", from: ""}
`))
	if err != nil {
		t.Fatal(err)
	}
	if got := ws.Now(); !got.Equal(time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("the clock is pinned to %v", got)
	}
	if to := ws.Config.Outages[0].To.Value(); !to.Equal(time.Date(2026, 3, 2, 14, 30, 0, 0, time.UTC)) {
		t.Errorf("the outage ends %v", to)
	}
}

func TestFaultsSayWhereAndWhatToDo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ config, want string }{
		{"workspace: {timezon: UTC}", `parley.yaml:1:13: unknown key "timezon"; did you mean "timezone"?`},
		{"workspace:\n  timezone: Mars/Base", `parley.yaml:2:13: unknown time zone "Mars/Base"; write an IANA name such as Europe/Dublin`},
		{"workspace: {week_starts: mondey}", `parley.yaml:1:26: "mondey" is no day of the week; did you mean "monday"?`},
		{"office_hours: {default: {monday: [\"22:00-02:00\"]}}", "a window past midnight is two"},
		{"office_hours:\n  default: {holidays: [2026-12-25]}", `parley.yaml:2:12: the schedule default is open on no day; name one`},
		{"office_hours: {default: {monday: [\"09:00-17:00\"], holidays: [2026-12-32]}}", `"2026-12-32" is no date; write 2026-12-25`},
		{"cover: [{schedule: night, agents: 1}]", `no schedule "night" under office_hours; write it there`},
		{"staffing: {shrinkage: 1}", `parley.yaml:1:23: 1 is no share; write a number from 0 to below 1`},
		{"staffing: {target: .nan}", `NaN is no share; write a number between 0 and 1`},
		{"kafka: {brokers: [kafka]}", `"kafka" is no broker; write host:port`},
		{"lake: {url: gs://bucket}", "gs:// is no place for the lake; write a folder"},
		{"kafka: {brokers: [\"k:1\"], tls: {cert: a.pem}}", "parley.yaml:1:32: a certificate of our own needs both cert and key"},
		{"kafka: {brokers: [\"k:1\"], tls: {caa: a.pem}}", `unknown key "caa"; did you mean "ca"?`},
		{"kafka:\n  brokers: [\"k:1\"]\n  tls:\n", "tls stands here without a value"},
		{"kafka: {tls: true}", "tls and sasl are for a Kafka of your own; name it by brokers"},
		{"kafka: {brokers: [\"k:1\"], sasl: {mechanism: plain, username: u, password: 1234}}", "a password does not belong into a file that is kept in git; write password_env"},
		{"kafka: {brokers: [\"k:1\"], sasl: {mechanism: gssapi, username: u, password_env: P}}", `"gssapi" is no mechanism; write one of scram-sha-512, scram-sha-256, plain`},
		{"kafka: {brokers: [\"k:1\"], sasl: {mechanism: scram-sha-512, password_env: P}}", "username is missing"},
		{"kafka: {brokers: [\"k:1\"], sasl: {mechanism: scram-sha-512, username: u}}", "say where the password is"},
		{"kafka: {brokers: [\"k:1\"], sasl: {mechanism: scram-sha-512, username: u, password_env: P, password_file: p}}", "say where the password is"},
		{"kafka: {brokers: [\"k:1\"], sasl: {mechanism: scram-sha-512, username: u, password_env: open-sesame}}", "write the name, as KAFKA_PASSWORD, not the password"},
		{"kafka: {brokers: [\"127.0.0.1:1\", \"k:1\"], sasl: {mechanism: PLAIN, username: u, password_env: P}}", "parley.yaml:1:34: the password would go to k:1 for everybody on the way to read"},
		{"lake: {url: s3://key:secret@bucket}", "no place for credentials"},
		{"lake:\n  url: s3://bucket/acme?regoin=eu-west-1", `parley.yaml:2:8: unknown parameter "regoin"; did you mean "region"?`},
		{"lake: {cache_gb: -1}", "-1 GB hold nothing"},
		{"engine: {url: spark}", `parley.yaml:1:15: "spark" is no engine; write duckdb:, or sc://host:15002 for a Spark`},
		{"engine:\n  url: \"sc://me:secret@host\"", "parley.yaml:2:8: an address of Spark Connect takes no credentials; write sc://host:15002"},
		{"email: {smtp: \"mail.example.com\"}", "parley.yaml:1:15: no mail server; write smtp://user@mail.example.com:587"},
		{"email: {smtp: \"smtp://u:secret@mail\"}", "a password does not belong into a file that is kept in git"},
		{"email: {smtp: \"smtp://u@mail\"}", "it names a user; write email.password_env"},
		{"reports: {recipients: [a@x.example]}", "parley.yaml:1:23: reports that are sent need a sender; write email.from"},
		{"sql: {timeout: never}", `parley.yaml:1:16: "never" is no length of time`},
		{"sql: {memory: lots}", `parley.yaml:1:15: memory limit "lots" is no size; write it as in 4GB or 512MiB`},
		{"build: {every: soon}", `parley.yaml:1:16: "soon" is no length of time`},
		{"build: {keep_for: a week}", `parley.yaml:1:19: "a week" is no length of time; write 12h or 7d, or 0s to keep by number alone`},
		{"build: {keep_for: 7.5d}", `"7.5d" is no length of time`},
		{"build: {freshness: {event: 1h}}", `unknown kind of record "event"; did you mean "events"?; there are users, companies, events`},
		{"build:\n  freshness:\n    events: soon", `parley.yaml:3:13: "soon" is no limit; write a length of time`},
		{"build: {freshness: {events: 1h fatal}}", `"1h fatal" is no limit`},
		{"build: {freshness: {events: 0s}}", `"0s" is no limit`},
		{"workspace: {as_of: yesterday}", `parley.yaml:1:20: "yesterday" is no moment`},
		{"workspace: {as_of: 2999-01-01T00:00:00Z}", `parley.yaml:1:20: 2999-01-01T00:00:00Z lies in the future`},
		{"outages: [{name: x, from: 2026-03-02T10:00:00Z, to: 2026-03-02T10:00:00Z}]", "has its `to` not after its `from`"},
	} {
		_, err := workspace.Open(write(t, test.config))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s\n  gives %v\n  want  %s", test.config, err, test.want)
		}
	}
	_, err := workspace.Open(write(t, "workspace: {timezone: X/Y}\nbuild: {keep: -1}\n"))
	if err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("two faults are reported at once, a line each: %v", err)
	}
}

func TestHowBuildsAreKeptAndHowFreshSourcesAre(t *testing.T) {
	t.Parallel()
	ws, err := workspace.Open(write(t, "build:\n  every: 1d\n  keep_for: 0s\n  freshness: {events: 90m, users: 2d error}\n"))
	if err != nil {
		t.Fatal(err)
	}
	config := ws.Config.Build
	events, isError := config.Freshness["events"].Value()
	users, usersError := config.Freshness["users"].Value()
	if ws.BuildEvery() != 24*time.Hour || config.KeepFor.Value() != 0 || events != 90*time.Minute || isError || users != 48*time.Hour || !usersError || ws.FreshnessLine("users") != 4 || ws.FreshnessLine("tags") != 0 {
		t.Errorf("build: %+v, lines %d and %d", config, ws.FreshnessLine("users"), ws.FreshnessLine("tags"))
	}
	if ws, err = workspace.Open(write(t, "workspace: {as_of: 2026-06-30T00:00:00Z}")); err != nil || ws.BuildEvery() != 0 || ws.Config.Build.KeepFor.Value() != 7*24*time.Hour {
		t.Errorf("with a pinned clock a build is expected every %s (%v)", ws.BuildEvery(), err)
	}
}

func TestNoWorkspaceSaysInit(t *testing.T) {
	t.Parallel()
	_, err := workspace.Open(t.TempDir())
	if !errors.Is(err, workspace.ErrNone) || !strings.Contains(err.Error(), "parley init") {
		t.Fatalf("error is %v", err)
	}
}

func TestCreate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "my: company")
	made, err := workspace.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(made) < 3 {
		t.Errorf("made %v", made)
	}
	ws, err := workspace.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if ws.Config.Workspace.Name != "my: company" {
		t.Errorf("named %q", ws.Config.Workspace.Name)
	}
	if _, err := workspace.Create(dir); err == nil || !strings.Contains(err.Error(), "workspace already") {
		t.Errorf("a second time: %v", err)
	}
}

func TestCreateDemoKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	asOf := time.Date(2026, 6, 25, 18, 0, 0, 0, time.UTC)
	for i := range 2 {
		story, err := demo.Facts(demo.Config{AsOf: asOf.AddDate(0, i, 0)})
		if err != nil {
			t.Fatal(err)
		}
		if err := workspace.CreateDemo(dir, story); err != nil {
			t.Fatal(err)
		}
	}
	ws, err := workspace.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !ws.Now().Equal(asOf) {
		t.Errorf("the second call moved the clock to %v", ws.Now())
	}
	config := ws.Config
	if config.Workspace.Name != demo.Name || len(config.Teams) != 4 || len(config.Bots) != 2 || len(config.Outages) != 1 ||
		!slices.Equal(config.Reports.Zones, []string{"America/New_York", "Australia/Brisbane"}) {
		t.Errorf("the demo's workspace is %+v", config)
	}
}

func TestHoursOfTheWorkspace(t *testing.T) {
	t.Parallel()
	ws, err := workspace.Open(write(t, `
workspace: {timezone: Europe/Dublin}
office_hours:
  default: {monday: ["09:00-17:00"], holidays: [2026-06-01]}
  late: {timezone: America/New_York, friday: ["18:00-24:00"]}
cover: [{schedule: late, agents: 1.5}]
staffing: {handling_time: 4m, shrinkage: 0}`))
	if err != nil {
		t.Fatal(err)
	}
	// Dublin is an hour ahead of UTC in summer, and 1 June a holiday.
	open := ws.OfficeHours().Spans(time.Date(2026, 5, 31, 0, 0, 0, 0, time.UTC), time.Date(2026, 6, 9, 0, 0, 0, 0, time.UTC))
	if len(open) != 1 || !open[0].From.Equal(time.Date(2026, 6, 8, 8, 0, 0, 0, time.UTC)) || open[0].To.Sub(open[0].From) != 8*time.Hour {
		t.Errorf("open %v", open)
	}
	cover := ws.Cover()
	if len(cover) != 1 || cover[0].Agents != 1.5 || cover[0].Schedule.Zone.String() != "America/New_York" {
		t.Errorf("cover is %v", cover)
	}
	// 0 is said, not left out.
	if plan := ws.Assumptions(); plan.HandlingTime != 4*time.Minute || plan.AnswerWithin != 5*time.Minute || plan.Target != 0.8 || plan.Shrinkage != 0 || plan.Concurrency != 1 {
		t.Errorf("the plan assumes %+v", plan)
	}
	none, err := workspace.Open(write(t, "office_hours: {late: {friday: [\"18:00-24:00\"]}}"))
	if err != nil {
		t.Fatal(err)
	}
	if hours := none.OfficeHours(); hours != nil || none.Cover() != nil || none.Assumptions().Shrinkage != 0.3 {
		t.Errorf("without a schedule of that name: %v", hours)
	}
}

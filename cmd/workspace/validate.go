package workspace

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones are known on a machine that has none installed

	"parley/jobs/delivery/smtp"
	"parley/pipelines/lake"
	"parley/pipelines/record"
	"parley/pipelines/yamlfile"
	"parley/sql/officehours"
	"parley/sql/warehouse"
	"parley/sql/warehouse/spark"
)

var weekdays = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

// validate reports every fault of the configuration at once, each with its
// place in the file and the remedy.
func (c *Config) validate(file *yamlfile.File) error {
	var faults []error
	fault := func(path, format string, args ...any) {
		faults = append(faults, file.Errorf(path, format, args...))
	}
	zone := func(path, name string) {
		if err := CheckZone(name); err != nil {
			fault(path, "%v", err)
		}
	}

	zone("$.workspace.timezone", c.Workspace.Timezone)
	if _, ok := weekdayNumber(c.Workspace.WeekStarts); !ok {
		fault("$.workspace.week_starts", "%q is no day of the week%s", c.Workspace.WeekStarts, yamlfile.DidYouMean(c.Workspace.WeekStarts, weekdays))
	}
	for i, name := range c.Reports.Zones {
		zone(fmt.Sprintf("$.reports.zones[%d]", i), name)
	}
	for i, address := range c.Reports.Recipients {
		if _, err := mail.ParseAddress(address); err != nil {
			fault(fmt.Sprintf("$.reports.recipients[%d]", i), "%q is no e-mail address", address)
		}
	}
	if link := c.Reports.ConversationURL; link != "" && !isWebAddress(link) {
		fault("$.reports.conversation_url", "%q is no web address; write https://…/{conversation_id}", link)
	}
	c.validateHours(fault, zone)
	if !(c.Staffing.Target > 0 && c.Staffing.Target < 1) { // so that NaN is none
		fault("$.staffing.target", "%v is no share; write a number between 0 and 1, as 0.8", c.Staffing.Target)
	}
	if share := *c.Staffing.Shrinkage; !(share >= 0 && share < 1) {
		fault("$.staffing.shrinkage", "%v is no share; write a number from 0 to below 1, as 0.3", share)
	}
	if !(c.Staffing.Concurrency > 0) || math.IsInf(c.Staffing.Concurrency, 0) {
		fault("$.staffing.concurrency", "%v conversations at once cannot be; write a number above 0", c.Staffing.Concurrency)
	}
	for path, length := range map[string]Duration{
		"$.staffing.handling_time": c.Staffing.HandlingTime, "$.staffing.answer_within": c.Staffing.AnswerWithin, "$.build.every": c.Build.Every,
		"$.sql.timeout": c.SQL.Timeout,
	} {
		if length.Value() < time.Second {
			fault(path, "%q is no length of time of a second or more; write 90s, 10m, 2h or 7d", string(length))
		}
	}
	c.Build.validate(fault)
	if _, _, err := net.SplitHostPort(c.Serve.Listen); err != nil {
		fault("$.serve.listen", "%q is no address to listen on; write host:port, as 127.0.0.1:8780", c.Serve.Listen)
	}
	if err := (warehouse.Config{MemoryLimit: c.SQL.Memory}).Validate(); err != nil {
		fault("$.sql.memory", "%v", err)
	}
	if asOf := c.Workspace.AsOf; asOf != "" && asOf.Value().IsZero() {
		fault("$.workspace.as_of", "%q is no moment; write 2026-06-30T00:00:00Z", string(asOf))
	} else if asOf.Value().After(time.Now()) {
		fault("$.workspace.as_of", "%s lies in the future; write an instant that is over", asOf)
	}
	for i, event := range c.Reports.Events {
		if event.Name == "" || event.At.Value().IsZero() {
			fault(fmt.Sprintf("$.reports.events[%d]", i), "an event needs a name, and `at` as 2026-03-02T10:00:00Z")
		}
	}
	for i, outage := range c.Outages {
		if outage.Name == "" || outage.From.Value().IsZero() || !outage.To.Value().After(outage.From.Value()) {
			fault(fmt.Sprintf("$.outages[%d]", i), "an outage needs a name, and `from` and `to` after it, as 2026-03-02T10:00:00Z")
		}
	}
	for name, sources := range c.Enrichment {
		seen := map[string]bool{}
		for i, source := range sources {
			if source == "" || seen[source] || source != strings.ToLower(strings.TrimSpace(source)) {
				fault(fmt.Sprintf("$.enrichment.%s[%d]", name, i), "%q is no source, or stands twice; write names of sources in small letters, the first to win first, and own for what you send", source)
			}
			seen[source] = true
		}
	}
	c.Kafka.validate(file, fault)
	c.validateParts(fault)
	return errors.Join(faults...)
}

func (b Build) validate(fault func(string, string, ...any)) {
	if b.Keep < 1 {
		fault("$.build.keep", "%d builds cannot be kept; write 1 or more", b.Keep)
	}
	if value, err := b.KeepFor.parse(); err != nil || value < 0 {
		fault("$.build.keep_for", "%q is no length of time; write 12h or 7d, or 0s to keep by number alone", string(b.KeepFor))
	}
	kinds := make([]string, len(record.Kinds()))
	for i, kind := range record.Kinds() {
		kinds[i] = string(kind)
	}
	for kind, limit := range b.Freshness {
		path := "$.build.freshness." + kind
		if !slices.Contains(kinds, kind) {
			fault(path, "unknown kind of record %q%s; there are %s", kind, yamlfile.DidYouMean(kind, kinds), strings.Join(kinds, ", "))
		} else if value, _ := limit.Value(); value < time.Second {
			fault(path, "%q is no limit; write a length of time of a second or more, as 1h, and behind it error where no build is to be published", string(limit))
		}
	}
}

func (c *Config) validateHours(fault func(string, string, ...any), zone func(string, string)) {
	for name, schedule := range c.OfficeHours {
		path := "$.office_hours." + name
		zone(path+".timezone", schedule.Timezone)
		for day, windows := range schedule.byDay() {
			for i, window := range windows {
				if _, err := officehours.ParseWindow(window); err != nil {
					fault(fmt.Sprintf("%s.%s[%d]", path, weekdays[day], i), "%v", err)
				}
			}
		}
		for i, date := range schedule.Holidays {
			if _, err := officehours.ParseDate(date); err != nil {
				fault(fmt.Sprintf("%s.holidays[%d]", path, i), "%v", err)
			}
		}
		if schedule.isClosed() {
			fault(path, "the schedule %s is open on no day; name one, as monday: [\"09:00-17:00\"]", name)
		}
	}
	for i, cover := range c.Cover {
		if _, ok := c.OfficeHours[cover.Schedule]; !ok {
			fault(fmt.Sprintf("$.cover[%d].schedule", i), "no schedule %q under office_hours%s; write it there", cover.Schedule,
				yamlfile.DidYouMean(cover.Schedule, slices.Sorted(maps.Keys(c.OfficeHours))))
		}
		if cover.Agents < 0 || math.IsNaN(cover.Agents) || math.IsInf(cover.Agents, 0) {
			fault(fmt.Sprintf("$.cover[%d].agents", i), "%v agents cannot be; write how many are there, as 3", cover.Agents)
		}
	}
}

func (c *Config) validateParts(fault func(string, string, ...any)) {
	if scheme, rest, found := strings.Cut(c.Lake.URL, "://"); found && scheme != "file" && scheme != "s3" {
		fault("$.lake.url", "%s:// is no place for the lake; write a folder, as ./lake, or s3://bucket/prefix?region=eu-west-1", scheme)
	} else if host, _, _ := strings.Cut(rest, "/"); strings.Contains(host, "@") {
		fault("$.lake.url", "a file that is kept in git is no place for credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE")
	} else if err := lake.CheckAddress(c.Lake.URL); err != nil {
		fault("$.lake.url", "%v", err)
	}
	if c.Lake.CacheGB <= 0 {
		fault("$.lake.cache_gb", "%v GB hold nothing; write a number above 0", c.Lake.CacheGB)
	}
	if scheme, _, _ := strings.Cut(c.Engine.URL, ":"); scheme != "sc" && c.Engine.URL != InProcess {
		fault("$.engine.url", "%q is no engine; write %s, or sc://host:15002 for a Spark", c.Engine.URL, InProcess)
	} else if err := spark.CheckAddress(c.Engine.URL); scheme == "sc" && err != nil {
		fault("$.engine.url", "%v", err)
	}
	switch scheme, _, _ := strings.Cut(c.Queue.URL, ":"); scheme {
	case "sqlite", "postgres", "postgresql":
	default:
		fault("$.queue.url", "%q is no queue; write sqlite:./parley.db or postgres://…", c.Queue.URL)
	}
	if c.Email.SMTP != "" {
		if err := smtp.CheckURL(c.Email.SMTP); err != nil {
			fault("$.email.smtp", "%v", err)
		} else if needs := smtp.NeedsPassword(c.Email.SMTP); needs && !envName.MatchString(c.Email.PasswordEnv) {
			fault("$.email.smtp", "it names a user; write email.password_env, the name of the environment variable that holds the password")
		}
	}
	if len(c.Reports.Recipients) > 0 && c.Email.From == "" {
		fault("$.reports.recipients", "reports that are sent need a sender; write email.from: Name <name@example.com>")
	}
	if c.Email.From != "" {
		if _, err := mail.ParseAddress(c.Email.From); err != nil {
			fault("$.email.from", "%q is no sender; write Name <name@example.com>", c.Email.From)
		}
	}
}

func (s Schedule) isClosed() bool {
	for _, windows := range s.byDay() {
		if len(windows) > 0 {
			return false
		}
	}
	return true
}

func (s Schedule) byDay() [7][]string {
	return [7][]string{s.Monday, s.Tuesday, s.Wednesday, s.Thursday, s.Friday, s.Saturday, s.Sunday}
}

func weekdayNumber(name string) (int, bool) {
	for i, day := range weekdays {
		if day == strings.ToLower(name) {
			return i + 1, true
		}
	}
	return 0, false
}

func isWebAddress(link string) bool {
	parsed, err := url.Parse(link)
	return err == nil && (parsed.Scheme == "https" || parsed.Scheme == "http") && parsed.Host != ""
}

package workspace

import (
	"fmt"
	"net/mail"
	"os"
	"strconv"
	"strings"
	"time"

	"parley/jobs/delivery/smtp"
	"parley/sql/staffing"
)

// Config is parley.yaml. Every key is optional; each field says its default.
type Config struct {
	Workspace   Facts               `yaml:"workspace"`
	OfficeHours map[string]Schedule `yaml:"office_hours"` // schedules by name; none: no office hours
	Bots        []string            `yaml:"bots"`         // names, or "id:…": authors who are not people, beside those whose type says so
	Teams       []string            `yaml:"teams"`        // tags that name a team
	Topics      []string            `yaml:"topics"`       // tags that name a topic; default DefaultTopics
	Cover       []Cover             `yaml:"cover"`        // who is there when, for the hiring plan
	Staffing    Staffing            `yaml:"staffing"`
	Reports     Reports             `yaml:"reports"`
	Build       Build               `yaml:"build"`
	Serve       Serve               `yaml:"serve"`
	SQL         SQL                 `yaml:"sql"`
	Outages     []Outage            `yaml:"outages"`
	Geography   Geography           `yaml:"geography"`
	Enrichment  map[string][]string `yaml:"enrichment"` // by attribute: whose word wins, the first that has one; "own": the company's. Default: own, then the newest
	Kafka       Kafka               `yaml:"kafka"`
	Lake        Lake                `yaml:"lake"`
	Engine      Location            `yaml:"engine"` // of the models: default InProcess; or a Spark, sc://host:15002
	Queue       Location            `yaml:"queue"`  // default "sqlite:./parley.db"
	Email       Email               `yaml:"email"`
}

// Facts are what the workspace says of itself.
type Facts struct {
	Name       string  `yaml:"name"`        // default: the folder's name
	AsOf       Instant `yaml:"as_of"`       // pins the clock, for demos and tests; default: it runs
	Timezone   string  `yaml:"timezone"`    // IANA name; default UTC
	WeekStarts string  `yaml:"week_starts"` // a day of the week; default monday
}

// Schedule is a week of office hours: for each day local windows "09:00-17:00",
// the end up to 24:00. A day that is not named is closed.
type Schedule struct {
	Timezone  string   `yaml:"timezone"` // default: the workspace's
	Monday    []string `yaml:"monday"`
	Tuesday   []string `yaml:"tuesday"`
	Wednesday []string `yaml:"wednesday"`
	Thursday  []string `yaml:"thursday"`
	Friday    []string `yaml:"friday"`
	Saturday  []string `yaml:"saturday"`
	Sunday    []string `yaml:"sunday"`
	Holidays  []string `yaml:"holidays"` // local dates, 2026-12-25
}

// Cover says how many agents are there during a schedule.
type Cover struct {
	Schedule string  `yaml:"schedule"`
	Agents   float64 `yaml:"agents"`
}

// Staffing holds the assumptions of the hiring plan.
type Staffing struct {
	HandlingTime Duration `yaml:"handling_time"` // default 10m
	AnswerWithin Duration `yaml:"answer_within"` // default 5m
	Target       float64  `yaml:"target"`        // share answered in time; default 0.8
	Shrinkage    *float64 `yaml:"shrinkage"`     // share of paid time away; default 0.3, and 0 is 0
	Concurrency  float64  `yaml:"concurrency"`   // conversations at once; default 1
}

// Reports says how reports are drawn and who gets them.
type Reports struct {
	Zones           []string `yaml:"zones"`            // IANA names that contacts by hour offers beside the workspace's
	Recipients      []string `yaml:"recipients"`       // e-mail addresses
	ConversationURL string   `yaml:"conversation_url"` // a link to a conversation, with {conversation_id}
	Events          []Event  `yaml:"events"`           // what happened to the company, as a launch: drawn on charts beside outages
}

// Event is something that happened to the company.
type Event struct {
	Name string  `yaml:"name"`
	At   Instant `yaml:"at"`
}

// Build says how often marts are built, which builds are kept, and how old the
// newest record of a kind may be.
type Build struct {
	Every Duration `yaml:"every"` // default 1m
	Keep  int      `yaml:"keep"`  // the newest builds, which all stay; default 10
	// KeepFor is for how long others stay: the last of each hour for a day, and the
	// last of each day. Default 7d; 0s: none do.
	KeepFor   Duration         `yaml:"keep_for"`
	Freshness map[string]Limit `yaml:"freshness"` // limits by kind of record; default: none
}

// Limit is a length of time, and what it means that it is passed: "1h" or
// "1h warn" tells of it, "1h error" lets no build be published.
type Limit string

// Value is the length of time, 0 for text that is none, and whether it is an
// error to pass it.
func (l Limit) Value() (limit time.Duration, isError bool) {
	text, severity, _ := strings.Cut(strings.TrimSpace(string(l)), " ")
	switch strings.TrimSpace(severity) {
	case "error":
		isError = true
	case "", "warn":
	default:
		return 0, false
	}
	return Duration(text).Value(), isError
}

// Serve says where pages are served.
type Serve struct {
	Listen string `yaml:"listen"` // host:port; default 127.0.0.1:8780
}

// SQL says within which limits one query runs, asked by `parley sql` or over HTTP.
type SQL struct {
	Timeout Duration `yaml:"timeout"` // default 5m
	Memory  string   `yaml:"memory"`  // as 2GB; default: half of the machine's for `parley sql`, 1GB over HTTP
}

// Outage is a time in which the product was down or slow.
type Outage struct {
	Name string  `yaml:"name"`
	From Instant `yaml:"from"`
	To   Instant `yaml:"to"`
}

// Geography says by what internet addresses have a place.
type Geography struct {
	File string `yaml:"file"` // in MaxMind's format, from the workspace's folder; default: none, and addresses have no place
}

// Lake says where the records lie that have landed.
type Lake struct {
	URL     string  `yaml:"url"`      // a folder, or s3://bucket/prefix?region=eu-west-1; default "./lake"
	CacheGB float64 `yaml:"cache_gb"` // for local copies of an object store's files; default 10
}

// Location is where one of the parts is, as a URL.
type Location struct {
	URL string `yaml:"url"`
}

// InProcess is the URL of the engine that needs nothing else: DuckDB, in the process.
const InProcess = "duckdb:"

// Email says how e-mail leaves.
type Email struct {
	SMTP        string `yaml:"smtp"`         // smtp://user@host:587 or smtps://user@host:465; default: .eml files in ./outbox
	PasswordEnv string `yaml:"password_env"` // the environment variable that holds the user's password
	From        string `yaml:"from"`         // sender of messages that name none, and of reports
}

// Password is the mail server's, from the environment. The error says where it is looked for.
func (e Email) Password() (string, error) {
	if !smtp.NeedsPassword(e.SMTP) {
		return "", nil
	}
	password := os.Getenv(e.PasswordEnv)
	if password == "" {
		return "", fmt.Errorf("the environment has no %s, which email.password_env names for the mail server's password; set it", e.PasswordEnv)
	}
	return password, nil
}

// RecipientsOfReports are whom reports are sent to.
func (c *Config) RecipientsOfReports() []mail.Address {
	var list []mail.Address
	for _, text := range c.Reports.Recipients {
		if address, err := mail.ParseAddress(text); err == nil { // Open refuses others
			list = append(list, *address)
		}
	}
	return list
}

// DefaultTopics are the nine topics that a contact can be about.
var DefaultTopics = []string{
	"feature request", "bug report", "unaware", "confused", "user issue",
	"pricing question", "positive user feedback", "churn feedback", "outage/degradation",
}

// Duration is a length of time as people write it: 90s, 10m, 2h, 7d.
type Duration string

// Value is the length of time; it is 0 for text that is none, which Open refuses.
func (d Duration) Value() time.Duration {
	value, _ := d.parse()
	return value
}

func (d Duration) parse() (time.Duration, error) {
	if days, ok := strings.CutSuffix(string(d), "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16) // some 180 years
		return time.Duration(n) * 24 * time.Hour, err
	}
	return time.ParseDuration(string(d))
}

// Instant is a moment with its offset from UTC: 2026-06-30T00:00:00Z.
type Instant string

// Value is the moment; it is zero for text that is none, which Open refuses.
func (i Instant) Value() time.Time {
	value, _ := time.Parse(time.RFC3339, string(i))
	return value.UTC()
}

func (c *Config) setDefaults(folder string) {
	setDefault(&c.Workspace.Name, folder)
	setDefault(&c.Workspace.Timezone, "UTC")
	setDefault(&c.Workspace.WeekStarts, "monday")
	if c.Topics == nil {
		c.Topics = DefaultTopics
	}
	setDefault(&c.Staffing.HandlingTime, "10m")
	setDefault(&c.Staffing.AnswerWithin, "5m")
	setDefault(&c.Staffing.Target, 0.8)
	if c.Staffing.Shrinkage == nil {
		c.Staffing.Shrinkage = &staffing.Default.Shrinkage
	}
	setDefault(&c.Staffing.Concurrency, 1)
	setDefault(&c.Build.Every, "1m")
	setDefault(&c.Build.Keep, 10)
	setDefault(&c.Build.KeepFor, "7d")
	setDefault(&c.Serve.Listen, "127.0.0.1:8780")
	setDefault(&c.SQL.Timeout, "5m")
	setDefault(&c.Kafka.TopicPrefix, "parley.")
	setDefault(&c.Lake.URL, "./lake")
	setDefault(&c.Lake.CacheGB, 10)
	setDefault(&c.Engine.URL, InProcess)
	setDefault(&c.Queue.URL, "sqlite:./parley.db")
	for name, schedule := range c.OfficeHours {
		setDefault(&schedule.Timezone, c.Workspace.Timezone)
		c.OfficeHours[name] = schedule
	}
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

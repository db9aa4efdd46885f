// Package demo makes the records of a demo company: Tidepool, an invented small
// business that sells scheduling software, over 18 months that end at an
// instant passed in. Same configuration, same bytes. It knows the shapes of
// records, and nothing of Kafka, files or SQL.
//
// Each file tells one story: calendar (when things happen), companies (plans
// and money), people (who signs up, stays and goes), traffic and visits (what
// they do), conversations and support (what they ask and who answers).
package demo

import (
	"errors"
	"fmt"
	"time"

	"parley/pipelines/record"
)

// Config says what to make.
type Config struct {
	AsOf          time.Time // the end of the history, cut to the second; required
	Seed          uint64    // another seed, another history; 0 is a seed like any other
	Users         int       // people who sign up; 0: 3000
	Companies     int       // companies they work for, never more than Users; 0: 300
	Conversations int       // 0: 6000
}

// Validate reports all that is wrong with c at once.
func (c Config) Validate() error {
	var faults []error
	if c.AsOf.IsZero() {
		faults = append(faults, errors.New("demo: AsOf is not set; pass the instant at which the history ends"))
	} else if year := c.AsOf.UTC().Year(); year < 1980 || year > 9990 {
		faults = append(faults, fmt.Errorf("demo: AsOf lies in the year %d; pass one from 1980 to 9990", year))
	}
	for _, size := range []struct {
		name  string
		value int
		most  int
	}{{"Users", c.Users, 1_000_000}, {"Companies", c.Companies, 100_000}, {"Conversations", c.Conversations, 1_000_000}} {
		if size.value < 0 || size.value > size.most {
			faults = append(faults, fmt.Errorf("demo: %s is %d; pass 0 for the default, or up to %d", size.name, size.value, size.most))
		}
	}
	return errors.Join(faults...)
}

func (c Config) withDefaults() Config {
	orElse := func(n *int, fallback int) {
		if *n == 0 {
			*n = fallback
		}
	}
	orElse(&c.Users, 3000)
	orElse(&c.Companies, 300)
	orElse(&c.Conversations, 6000)
	c.Companies = min(c.Companies, c.Users)
	c.AsOf = c.AsOf.UTC().Truncate(time.Second)
	return c
}

// Record is one message, as a producer would send it.
type Record struct {
	Kind  record.Kind
	Key   string    // the partition key: the person's strongest key, the company's or the conversation's id
	At    time.Time // when it was sent: Kafka's timestamp, UTC, whole milliseconds
	Value []byte    // one JSON object; its own to keep
}

// Generate makes the history of cfg and hands its records to emit in the order
// of At; every At lies before cfg.AsOf. An error of emit ends it and is returned.
func Generate(cfg Config, emit func(Record) error) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	cfg = cfg.withDefaults()
	days, err := newCalendar(cfg.AsOf)
	if err != nil {
		return err
	}
	h := &history{cfg: cfg, calendar: days, transport: newChance(cfg.Seed, "transport")}
	h.signUps()
	h.foundCompanies()
	h.livePeople()
	h.recordCompanies()
	h.recordPeople()
	h.visit()
	h.converse()
	h.tag()
	return h.replay(emit)
}

// Span is a stretch of time, [From, To).
type Span struct{ From, To time.Time }

// Contains says whether at lies in the span.
func (s Span) Contains(at time.Time) bool { return !at.Before(s.From) && at.Before(s.To) }

// Plan is one of Tidepool's plans and its price for a month.
type Plan struct {
	Name     string
	USD, EUR int // whole units a month; a year costs ten months
}

// Plans are Tidepool's, the smallest first.
var Plans = [3]Plan{{"starter", 29, 27}, {"team", 99, 89}, {"business", 349, 319}}

// Teammate is one of those who answer.
type Teammate struct {
	ID    string // as author of conversation parts
	Name  string
	Email string
	Zone  string // IANA
}

// What stays the same whatever the configuration.
const (
	Name     = "Tidepool"
	Timezone = "Europe/Dublin" // the workspace's

	// Two ways in which the same bot signs: as an author of type bot, and, in the
	// older shape, as a teammate of this id.
	BotID      = "bot-1"
	BotAdminID = "815309"
	BotName    = "Fin"
)

// Story is what a workspace or a test needs to know about a history.
type Story struct {
	Name     string
	Timezone string
	Zones    []string // where the support team sits, IANA
	Teams    []string // tags that name a team
	Topics   []string // tags that name a topic
	Bots     []string // as in a workspace's bots: names, and ids as id:…
	Staff    []Teammate
	Plans    []Plan
	Span     Span      // of the whole history; To is AsOf
	Baseline time.Time // a week before AsOf: what comes after it is news
	Launch   Span      // the week in which Autofill came out
	Outage   Span      // the hours in which schedules did not load
	BotSince time.Time // from when the bot answers first
}

// Facts are the facts of the history that cfg gives. The error is that of
// Validate, or says which time zone is not to be had.
func Facts(cfg Config) (Story, error) {
	if err := cfg.Validate(); err != nil {
		return Story{}, err
	}
	cfg = cfg.withDefaults()
	days, err := newCalendar(cfg.AsOf)
	if err != nil {
		return Story{}, err
	}
	return Story{
		Name:     Name,
		Timezone: Timezone,
		Zones:    []string{"Europe/Dublin", "America/New_York"},
		Teams:    append([]string(nil), teams[:]...),
		Topics:   append([]string(nil), topics[:]...),
		Bots:     []string{BotName, "id:" + BotAdminID},
		Staff:    append([]Teammate(nil), staff[:]...),
		Plans:    append([]Plan(nil), Plans[:]...),
		Span:     Span{From: days.from, To: days.asOf},
		Baseline: days.baseline,
		Launch:   days.launch,
		Outage:   days.outage,
		BotSince: days.botSince,
	}, nil
}

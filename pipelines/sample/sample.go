// Package sample lands the records of a synthetic company in a lake, of any
// size and at once: Parquet files and entries of the log as landing leaves
// them, but without Kafka. Benchmarks of what follows landing start from it.
// Same configuration, same rows. What the demo company tells in a story stands
// here in bulk: nothing in it is meant to be read.
package sample

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"time"

	"parley/pipelines/lake"
	"parley/pipelines/record"
)

// Days is how long the history is, up to End.
const Days = 540

// End is the instant at which the history ends, midnight in UTC.
var End = time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)

// Config says how much to land.
type Config struct {
	// Events is the number of events. Of all else there is a part of that: a
	// twentieth of people and of parts of conversations, a sixtieth of
	// conversations, a four hundredth of companies. At least 1,200, and cut to a
	// multiple of that.
	Events int

	Seed uint64 // another seed, other chances; 0 is a seed like any other
}

// FromEnv is the configuration with as many events as the variable
// PARLEY_BENCH_EVENTS says, fallback if it is not set.
func FromEnv(fallback int) (Config, error) {
	text := os.Getenv("PARLEY_BENCH_EVENTS")
	if text == "" {
		return Config{Events: fallback}, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < unit {
		return Config{}, fmt.Errorf("PARLEY_BENCH_EVENTS is %q; give a whole number from %d on", text, unit)
	}
	return Config{Events: n}, nil
}

// unit is the least number of events of which every part is a whole number.
const unit = 1200

// Sizes are how many there are of each thing.
type Sizes struct {
	Events, People, Companies, Conversations, Parts int
}

// Sizes are those of the history that Land lands.
func (c Config) Sizes() Sizes {
	n := c.Events / unit * unit
	return Sizes{Events: n, People: n / 20, Companies: n / 400, Conversations: n / 60, Parts: n / 20}
}

// company is the synthetic company: every fact of it follows from its
// configuration and the number of the person, conversation or company.
type company struct {
	Sizes
	seed uint64
}

func (c Config) company() (*company, error) {
	if c.Events < unit {
		return nil, fmt.Errorf("sample: Events is %d; give %d or more", c.Events, unit)
	}
	return &company{Sizes: c.Sizes(), seed: c.Seed}, nil
}

// chance is a source of chance for the nth thing of what.
func (c *company) chance(what chapter, n int) *rand.Rand {
	return rand.New(rand.NewPCG(c.seed<<8|uint64(what), uint64(n)))
}

// chapter tells the sources of chance apart.
type chapter uint64

const (
	ofSessions chapter = iota
	ofEvents
	ofPeople
	ofCompanies
	ofConversations
	ofRest
	ofMore
)

// spread is the second of the history in which the ith of n things begins: they
// come one after the other, evenly.
func spread(i, n int) int { return int(int64(i) * Days * 24 * 3600 / int64(n)) }

// at is an instant of the history by its second.
func at(second int) time.Time {
	return End.AddDate(0, 0, -Days).Add(time.Duration(second) * time.Second)
}

// Land lands the whole history in a lake that has none of these topics yet,
// and says how many rows that are.
func Land(ctx context.Context, l *lake.Lake, config Config) (rows int64, err error) {
	c, err := config.company()
	if err != nil {
		return 0, err
	}
	to := newLanding(l)
	steps := []func(context.Context, *landing) error{c.traffic, c.people, c.companies, c.conversations, c.rest}
	for _, step := range steps {
		err = errors.Join(err, step(ctx, to))
	}
	return to.finish(err)
}

// LandMore lands a thousandth more of everything, on the last three days and
// on five older ones: events of known people and of new ones, new people and
// changes to known ones, new conversations and new parts of others, mostly of
// recent ones. round, from 0, tells several such steps apart.
func LandMore(ctx context.Context, l *lake.Lake, config Config, round int) (rows int64, err error) {
	c, err := config.company()
	if err != nil {
		return 0, err
	}
	to := newLanding(l)
	return to.finish(c.more(ctx, to, round))
}

// olderDays are the days before End, beside the last three, of which LandMore
// has records.
var olderDays = [5]int{11, 40, 97, 205, 400}

func (c *company) more(ctx context.Context, to *landing, round int) error {
	chance := c.chance(ofMore, round)
	second := func() int { // on one of those days
		day := 1 + chance.IntN(3)
		if chance.IntN(4) == 0 {
			day = olderDays[chance.IntN(len(olderDays))]
		}
		return (Days-day)*24*3600 + chance.IntN(24*3600)
	}
	part := func(n int) int { return max(1, n/1000) }
	person := func() int { // known, or new in this round
		if chance.IntN(10) == 0 {
			return c.People + round*part(c.People) + chance.IntN(part(c.People))
		}
		return chance.IntN(c.People)
	}
	var events []record.Event
	for n := part(c.Events); n > 0; {
		pages := min(n, 5+chance.IntN(6))
		n -= pages
		visit := session{start: int32(second()), person: int32(person()), pages: uint8(pages)}
		events = c.visit(events, visit, chance, fmt.Sprintf("more%d-%d", round, n))
	}
	var people []record.User
	for i := range part(c.People) {
		if i%2 == 0 {
			who := c.People + round*part(c.People) + i
			people = append(people, c.signUp(who, second(), chance))
			continue
		}
		people = append(people, c.change(chance.IntN(c.People), second(), chance))
	}
	var companies []record.Company
	for range part(c.Companies) {
		companies = append(companies, c.terms(chance.IntN(c.Companies), second(), chance))
	}
	conversations, err := c.moreConversations(chance, round, second)
	if err != nil {
		return err
	}
	return errors.Join(
		landAll(ctx, to, record.KindEvent, events), landAll(ctx, to, record.KindUser, people),
		landAll(ctx, to, record.KindCompany, companies), landAll(ctx, to, record.KindConversation, conversations),
		c.restOf(ctx, to, part(c.People), func(int) (int, int) { return person(), second() }, chance),
	)
}

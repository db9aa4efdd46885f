// Package staffing says how many agents a stream of contacts needs, by Erlang's
// second formula (Erlang C: A. K. Erlang, 1917): contacts arrive by chance at a
// steady rate, wait in one queue with the patience of ever, and each takes a time
// of its own, exponentially distributed. It does not know whose contacts they are.
//
// The formula is of telephones. An agent who writes with several people at once,
// e-mail that can wait for a quiet hour, and people who give up all bend it.
package staffing

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// ErlangB is the share of arrivals that find all agents busy, where those are
// turned away, at an offered load in erlangs (arrivals × handling time, in the
// same unit of time). It is computed by the recursion
//
//	B(0) = 1, B(n) = a B(n-1) / (n + a B(n-1))
//
// which neither overflows nor cancels. Load is 0 or more, agents 0 or more.
func ErlangB(agents int, load float64) float64 {
	b := 1.0
	for n := 1; n <= agents; n++ {
		b = load * b / (float64(n) + load*b)
	}
	return b
}

// ErlangC is the share of arrivals that have to wait, where those who find all
// agents busy do:
//
//	C(n) = n B(n) / (n - a (1 - B(n)))
//
// At a load of as much as there are agents, or more, everybody waits: 1.
func ErlangC(agents int, load float64) float64 {
	if load >= float64(agents) {
		return 1
	}
	b := ErlangB(agents, load)
	n := float64(agents)
	return n * b / (n - load*(1-b))
}

// AnsweredWithin is the share of arrivals that wait no longer than wait:
//
//	1 - C(n) exp(-(n - a) wait / handling)
//
// At a load of as much as there are agents, or more, the queue grows without end: 0.
func AnsweredWithin(agents int, load float64, wait, handling time.Duration) float64 {
	if load >= float64(agents) {
		return 0
	}
	return 1 - ErlangC(agents, load)*math.Exp(-(float64(agents)-load)*wait.Seconds()/handling.Seconds())
}

// MeanWait is how long an arrival waits on average, C(n) × handling / (n - a);
// ok is false where the queue grows without end.
func MeanWait(agents int, load float64, handling time.Duration) (wait time.Duration, ok bool) {
	if load >= float64(agents) {
		return 0, false
	}
	return time.Duration(ErlangC(agents, load) * float64(handling) / (float64(agents) - load)), true
}

// Assumptions are what a hiring plan takes for given.
type Assumptions struct {
	HandlingTime time.Duration // of one contact; above 0
	AnswerWithin time.Duration // the wait that the target is about; 0 or more
	Target       float64       // share answered within it; above 0, below 1
	Shrinkage    float64       // share of paid time in which an agent is not there; 0 to below 1
	Concurrency  float64       // contacts that an agent works on at once; above 0
}

// Default are the assumptions of a workspace that names none.
var Default = Assumptions{HandlingTime: 10 * time.Minute, AnswerWithin: 5 * time.Minute, Target: 0.8, Shrinkage: 0.3, Concurrency: 1}

// Validate reports every assumption that cannot be.
func (a Assumptions) Validate() error {
	var faults []error
	fault := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	fault(a.HandlingTime <= 0, "a handling time of %s cannot be; give one above 0", a.HandlingTime)
	fault(a.AnswerWithin < 0, "nothing is answered within %s; give 0 or more", a.AnswerWithin)
	fault(!(a.Target > 0 && a.Target < 1), "a target of %v is no share; give one above 0 and below 1", a.Target)
	fault(!(a.Shrinkage >= 0 && a.Shrinkage < 1), "a shrinkage of %v is no share; give one from 0 to below 1", a.Shrinkage)
	fault(!(a.Concurrency > 0) || math.IsInf(a.Concurrency, 0), "a concurrency of %v cannot be; give one above 0", a.Concurrency)
	return errors.Join(faults...)
}

// Load is the offered load, in erlangs, of so many contacts an hour.
func (a Assumptions) Load(perHour float64) float64 { return perHour * a.HandlingTime.Hours() }

// Places is the smallest number of contacts that must be worked on at once so
// that the target is met at perHour contacts an hour; 0 where there are none.
// With a concurrency of 1 a place is an agent at work.
func (a Assumptions) Places(perHour float64) int {
	load := a.Load(perHour)
	if !(load > 0) {
		return 0
	}
	// B(n) is carried from one n to the next.
	b := 1.0
	for n := 1; ; n++ {
		b = load * b / (float64(n) + load*b)
		if float64(n) > load && a.within(n, load, b) >= a.Target {
			return n
		}
	}
}

// within is AnsweredWithin for a load below n whose Erlang B is known.
func (a Assumptions) within(n int, load, b float64) float64 {
	agents := float64(n)
	waits := agents * b / (agents - load*(1-b))
	return 1 - waits*math.Exp(-(agents-load)*a.AnswerWithin.Seconds()/a.HandlingTime.Seconds())
}

// Agents is how many agents must be on the roster for so many places: places
// ÷ concurrency ÷ (1 - shrinkage), rounded up once, at the end.
func (a Assumptions) Agents(places int) int {
	// What is whole but for the last bits of the division is whole.
	return int(math.Ceil(float64(places)/a.Concurrency/(1-a.Shrinkage) - 1e-9))
}

// Capacities are, for 1, 2, … n places, the most contacts an hour at which that
// many meet the target: the table by which a model finds, for any number of
// contacts, how many places it needs. As fewer contacts never wait longer, each
// is above the one before.
func (a Assumptions) Capacities(n int) []float64 {
	capacities := make([]float64, n)
	low := 0.0
	for i := range capacities {
		low = a.capacity(i+1, low)
		capacities[i] = low / a.HandlingTime.Hours()
	}
	return capacities
}

// capacity is the largest load that meets the target with so many places, above
// low, which does. It is found by the regula falsi in the form of Illinois
// (Dowell and Jarratt, 1971), then kept on the side that meets the target.
func (a Assumptions) capacity(places int, low float64) float64 {
	misses := func(load float64) float64 { // above 0: the target is missed
		return a.Target - a.within(places, load, ErlangB(places, load))
	}
	high := math.Nextafter(float64(places), 0)
	atLow, atHigh := misses(low), misses(high)
	if atHigh <= 0 {
		return high // so patient a target is met up to the last
	}
	side := 0
	for range 100 {
		if high-low <= 1e-14*high {
			break
		}
		load := (low*atHigh - high*atLow) / (atHigh - atLow)
		if !(load > low && load < high) {
			load = low + (high-low)/2
			if load <= low || load >= high {
				break
			}
		}
		switch m := misses(load); {
		case m > 0:
			high, atHigh = load, m
			if side == -1 {
				atLow /= 2
			}
			side = -1
		default:
			low, atLow = load, m
			if side == 1 {
				atHigh /= 2
			}
			side = 1
		}
	}
	return low
}

package staffing

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// printed is a number as a page prints it, with so many digits behind the point.
func printed(value float64, digits int) string { return fmt.Sprintf("%.*f", digits, value) }

// The load that so many lines carry when one call in a hundred is turned away,
// as tables of Erlang B print it: three digits.
func TestErlangBTable(t *testing.T) {
	t.Parallel()
	for agents, want := range map[int]string{
		1: "0.0101", 2: "0.153", 3: "0.455", 4: "0.869", 5: "1.36", 6: "1.91", 7: "2.50", 8: "3.13", 9: "3.78", 10: "4.46",
		15: "8.11", 20: "12.0", 30: "20.3", 50: "37.9", 100: "84.1",
	} {
		low, high := 0.0, float64(agents)
		for range 60 {
			if middle := (low + high) / 2; ErlangB(agents, middle) < 0.01 {
				low = middle
			} else {
				high = middle
			}
		}
		digits := len(want) - strings.IndexByte(want, '.') - 1
		if got := printed(low, digits); got != want {
			t.Errorf("%d lines carry %s erlangs, want %s", agents, got, want)
		}
	}
	if got := printed(ErlangB(30, 25), 3); got != "0.053" { // Wolfram's demonstration: 30 lines, 25 erlangs
		t.Errorf("30 lines at 25 erlangs turn away %s", got)
	}
}

// Call Centre Helper, "Erlang C Formula – Made Simple With an Easy Worked
// Example": 200 calls an hour of 3 minutes, answered within 20 seconds.
func TestCallCentreHelpersExample(t *testing.T) {
	t.Parallel()
	plan := Assumptions{HandlingTime: 3 * time.Minute, AnswerWithin: 20 * time.Second, Target: 0.8, Shrinkage: 0.3, Concurrency: 1}
	load := plan.Load(200)
	if load != 10 {
		t.Fatalf("the load is %v erlangs", load)
	}
	// An agent more at a time, until 80 % is met.
	for agents, want := range map[int]string{11: "39.0", 12: "64.0", 13: "79.6", 14: "88.8"} {
		if got := printed(100*AnsweredWithin(agents, load, plan.AnswerWithin, plan.HandlingTime), 1); got != want {
			t.Errorf("%d agents answer %s %% in time, want %s", agents, got, want)
		}
	}
	if got := printed(100*ErlangC(14, load), 1); got != "17.4" {
		t.Errorf("%s %% wait", got)
	}
	if wait, ok := MeanWait(14, load, plan.HandlingTime); !ok || printed(wait.Seconds(), 1) != "7.8" {
		t.Errorf("they wait %s on average", wait)
	}
	if places := plan.Places(200); places != 14 || plan.Agents(places) != 20 {
		t.Errorf("%d agents at work, %d on the roster; want 14 and 20", places, plan.Agents(places))
	}
}

// Mitan Ltd, "Erlang-C formula": 360 calls in half an hour, of 4 minutes, and 55 agents.
func TestMitansExample(t *testing.T) {
	t.Parallel()
	load := 720.0 * 4 / 60
	if load != 48 || printed(load/55, 3) != "0.873" || printed(ErlangC(55, load), 3) != "0.239" {
		t.Errorf("a load of %v, of which each agent has %v; %v wait", load, load/55, ErlangC(55, load))
	}
}

func TestAsMuchLoadAsAgents(t *testing.T) {
	t.Parallel()
	for _, load := range []float64{3, 3.5, 1e6} {
		if c := ErlangC(3, load); c != 1 {
			t.Errorf("at %v erlangs %v of them wait", load, c)
		}
		if s := AnsweredWithin(3, load, time.Hour, time.Minute); s != 0 {
			t.Errorf("at %v erlangs %v are answered in time", load, s)
		}
		if _, ok := MeanWait(3, load, time.Minute); ok {
			t.Errorf("at %v erlangs the wait has a mean", load)
		}
	}
	if ErlangC(0, 0) != 1 || ErlangC(1, 0) != 0 {
		t.Error("without a load nobody waits, and without an agent everybody does")
	}
}

// One agent, one contact in two handling times: by hand, C(1) = a = 0.5.
func TestPlacesByHand(t *testing.T) {
	t.Parallel()
	plan := Default // 10 minutes, within 5, 80 %
	// Without contacts nobody is needed.
	if n := plan.Places(0); n != 0 || plan.Agents(n) != 0 {
		t.Errorf("%d places for nobody", n)
	}
	// 1 - a exp(-(1 - a) / 2) >= 0.8 holds up to a = 0.2858: 1.7149 contacts an hour.
	for perHour, want := range map[float64]int{0.01: 1, 1.71: 1, 1.72: 2} {
		if n := plan.Places(perHour); n != want {
			t.Errorf("%v an hour: %d places, want %d", perHour, n, want)
		}
	}
	// 7 places: 7 / 0.7 is 10 agents, not 11, and 7 / 2 / 0.7 = 5.0; 8 / 2 / 0.7 = 5.7.
	if n := plan.Agents(7); n != 10 {
		t.Errorf("7 places: %d agents", n)
	}
	plan.Concurrency = 2
	for places, want := range map[int]int{7: 5, 8: 6} {
		if n := plan.Agents(places); n != want {
			t.Errorf("%d places at two at once: %d agents, want %d", places, n, want)
		}
	}
}

// The table of capacities and the search by agents are two ways to one number.
func TestCapacitiesAreThePlaces(t *testing.T) {
	t.Parallel()
	for _, plan := range []Assumptions{
		Default,
		{HandlingTime: 3 * time.Minute, AnswerWithin: 20 * time.Second, Target: 0.8, Concurrency: 1},
		{HandlingTime: 24 * time.Hour, AnswerWithin: time.Second, Target: 0.99, Concurrency: 1},
		{HandlingTime: time.Second, AnswerWithin: time.Hour, Target: 0.01, Concurrency: 1},
		{HandlingTime: 10 * time.Minute, AnswerWithin: 0, Target: 0.5, Concurrency: 1},
	} {
		last := 0.0
		for i, perHour := range plan.Capacities(300) {
			if !(perHour > last) {
				t.Fatalf("%+v: %d places carry %v an hour, one fewer %v", plan, i+1, perHour, last)
			}
			if less, more := plan.Places(perHour*(1-1e-9)), plan.Places(perHour*(1+1e-9)); less != i+1 || more != i+2 {
				t.Fatalf("%+v: %d places carry %v an hour; a little less needs %d, a little more %d", plan, i+1, perHour, less, more)
			}
			last = perHour
		}
	}
}

func TestAssumptionsThatCannotBe(t *testing.T) {
	t.Parallel()
	if err := Default.Validate(); err != nil {
		t.Error(err)
	}
	for want, wrong := range map[string]Assumptions{
		"handling time": {Target: 0.8, Concurrency: 1},
		"target of 1":   {HandlingTime: 1, Target: 1, Concurrency: 1},
		"target of NaN": {HandlingTime: 1, Target: math.NaN(), Concurrency: 1},
		"shrinkage":     {HandlingTime: 1, Target: 0.8, Shrinkage: 1, Concurrency: 1},
		"concurrency":   {HandlingTime: 1, Target: 0.8},
		"within -1ns":   {HandlingTime: 1, Target: 0.8, Concurrency: 1, AnswerWithin: -1},
	} {
		if err := wrong.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q in it", wrong, err, want)
		}
	}
}

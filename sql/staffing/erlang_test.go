package staffing

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
)

// printed is a number as a page prints it, with so many digits behind the point.
func printed(value float64, digits int) string { return fmt.Sprintf("%.*f", digits, value) }

// carried is the load at which so many lines turn one call in a hundred away.
func carried(lines int) float64 {
	low, high := 0.0, float64(lines)
	for range 60 {
		if middle := (low + high) / 2; ErlangB(lines, middle) < 0.01 {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// "Carrier Grade Voice over IP", second edition, appendix A, the column of 1 %
// blocking: erlangs by channels, with one digit behind the point.
func TestErlangBTable(t *testing.T) {
	t.Parallel()
	for lines, want := range map[int]string{
		1: "0.0", 2: "0.2", 3: "0.5", 4: "0.9", 5: "1.4", 6: "1.9", 7: "2.5", 8: "3.1", 9: "3.8",
	} {
		if got := printed(carried(lines), 1); got != want {
			t.Errorf("%d lines carry %s erlangs, want %s", lines, got, want)
		}
	}
}

// Westbay's calculator (erlang.com, manual, "How much traffic?"): 15 lines of which
// one call in a hundred may be blocked. Wolfram's example of ErlangB: 30 lines and
// 25 erlangs lose about 0.05 of their calls.
func TestErlangBExamples(t *testing.T) {
	t.Parallel()
	if got := printed(carried(15), 3); got != "8.108" {
		t.Errorf("15 lines carry %s erlangs, want 8.108", got)
	}
	if got := printed(ErlangB(30, 25), 2); got != "0.05" {
		t.Errorf("30 lines at 25 erlangs turn away %s", got)
	}
}

// The worked example of Call Centre Helper's "Erlang C Formula – Made Simple": 100
// calls in half an hour of 3 minutes, 80 % answered within 20 seconds, a shrinkage of
// 30 %. The digits are those that the R package ErlangC 0.1.0 prints of it in its
// README, with one agent more at a time.
func TestCallCentreHelpersExample(t *testing.T) {
	t.Parallel()
	plan := Assumptions{HandlingTime: 3 * time.Minute, AnswerWithin: 20 * time.Second, Target: 0.8, Shrinkage: 0.3, Concurrency: 1}
	load := plan.Load(200)
	if load != 10 {
		t.Fatalf("the load is %v erlangs", load)
	}
	for _, row := range []struct {
		agents             int
		wait, inTime, mean string
	}{
		{11, "0.6821182", "0.3896138", "122.7812768441"},
		{12, "0.4493882", "0.6401580", "40.4449401868"},
		{13, "0.2852705", "0.7955948", "17.1162271822"},
		{14, "0.1741319", "0.8883500", "7.8359370118"},
	} {
		if got := printed(ErlangC(row.agents, load), 7); got != row.wait {
			t.Errorf("%d agents: %s wait, want %s", row.agents, got, row.wait)
		}
		if got := printed(AnsweredWithin(row.agents, load, plan.AnswerWithin, plan.HandlingTime), 7); got != row.inTime {
			t.Errorf("%d agents answer %s in time, want %s", row.agents, got, row.inTime)
		}
		if wait, ok := MeanWait(row.agents, load, plan.HandlingTime); !ok || printed(wait.Seconds(), 6) != printed(number(t, row.mean), 6) {
			t.Errorf("%d agents: they wait %s on average, want %s s", row.agents, wait, row.mean)
		}
	}
	if places := plan.Places(200); places != 14 || plan.Agents(places) != 20 {
		t.Errorf("%d agents at work, %d on the roster; want 14 and 20", places, plan.Agents(places))
	}
	// The same, as pyworkforce 0.1.0 prints it in its README to 16 digits.
	if wait, inTime := ErlangC(14, load), AnsweredWithin(14, load, plan.AnswerWithin, plan.HandlingTime); math.Abs(wait-0.1741319335950498) > 1e-15 ||
		math.Abs(inTime-0.8883500191794669) > 1e-15 {
		t.Errorf("14 agents: %v wait, %v are answered in time", wait, inTime)
	}
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
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

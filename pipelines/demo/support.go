package demo

import (
	"math"
	"time"
)

// staff are those who answer, in the order in which they were hired.
var staff = [...]Teammate{
	{"501", "Orla Kinsella", "orla@tidepool.example", "Europe/Dublin"},
	{"502", "Tomás Brady", "tomas@tidepool.example", "Europe/Dublin"},
	{"503", "Marisol Vega", "marisol@tidepool.example", "America/New_York"},
	{"504", "Dev Chatterjee", "dev@tidepool.example", "America/New_York"},
	{"505", "Saoirse O'Dowd", "saoirse@tidepool.example", "Europe/Dublin"},
	{"506", "Wes Lindqvist", "wes@tidepool.example", "America/New_York"},
	{"507", "Agnieszka Róg", "agnieszka@tidepool.example", "Europe/Dublin"},
	{"508", "Jamal Whitfield", "jamal@tidepool.example", "America/New_York"},
	{"509", "Bláthnaid Fay", "blathnaid@tidepool.example", "Europe/Dublin"},
}

// responder is when and by whom people are answered.
type responder struct {
	calendar *calendar
	dice     chance
}

// reply is when a teammate answers what came in at at. In hours in which
// someone is there the median falls from some 38 minutes to 20 over the
// history; what comes in at night mostly waits for the morning.
func (r responder) reply(at time.Time) time.Time {
	median := 38 - 18*r.calendar.progress(at)
	switch {
	case r.outageWeek(at):
		median *= 2.6
	case r.calendar.launch.Contains(at):
		median *= 1.5
	}
	wait := func(factor float64) time.Duration {
		return max(25*time.Second, r.dice.around(time.Duration(median*factor*float64(time.Minute)), 1.1))
	}
	if r.dice.yes(0.015) { // fell through
		at = at.Add(r.dice.span(30*time.Hour, 6*24*time.Hour))
	}
	shift := r.calendar.shift(at)
	if at.Before(shift.From) {
		if r.dice.yes(0.1) { // someone looked in
			return at.Add(wait(2.5))
		}
		return shift.From.Add(wait(1.1))
	}
	answered := at.Add(wait(0.8))
	if answered.After(shift.To) && r.dice.yes(0.6) {
		return r.calendar.shift(shift.To.Add(time.Second)).From.Add(wait(0.9))
	}
	return answered
}

func (r responder) outageWeek(at time.Time) bool {
	since := at.Sub(r.calendar.outage.From)
	return since >= -time.Hour && since < 4*24*time.Hour
}

// onDuty is someone who would be at work at at.
func (r responder) onDuty(at time.Time) *Teammate {
	hired := 3 + int(math.Round(r.calendar.progress(at)*float64(len(staff)-3)))
	hour := at.In(r.calendar.home).Hour()
	want := staff[0].Zone
	if hour >= 18 || hour < 6 || (hour >= 14 && r.dice.yes(0.5)) {
		want = staff[2].Zone
	}
	for range 8 {
		if mate := &staff[r.dice.IntN(hired)]; mate.Zone == want {
			return mate
		}
	}
	return &staff[0]
}

package officehours

import "time"

// Cover is how many agents are there while a schedule is open.
type Cover struct {
	Schedule Schedule
	Agents   float64 // may have a fraction: somebody for half of their time
}

// Week is the agents who are there in each hour of a week of the zone's clock,
// Monday's hour 0 first; of an hour in which they change the mean by time. Each
// hour is the first such hour that the clock runs through whole from the local
// day of asOf on, so it is cover as the clocks stand then: an hour that a change
// of them leaves out, or shortens, or shows twice, is that of a week later.
// Holidays are no part of a usual week, and count as any day.
func Week(cover []Cover, zone *time.Location, asOf time.Time) [7][24]float64 {
	var week [7][24]float64
	var known [7][24]bool
	first := DateOf(asOf.In(zone))
	for n := range 21 {
		date := first.Next(n)
		for hour := range 24 {
			at := &week[date.Weekday()-1][hour]
			if is := &known[date.Weekday()-1][hour]; !*is {
				*at, *is = agentsIn(cover, zone, date, hour)
			}
		}
	}
	return week
}

// agentsIn is the mean of the agents in one hour; whole is false where it is not
// an hour that the clock runs through once, and from beginning to end.
func agentsIn(cover []Cover, zone *time.Location, date Date, hour int) (agents float64, whole bool) {
	from, to := instant(date, 60*hour, zone), instant(date, 60*hour+60, zone)
	if to.Sub(from) != time.Hour || from.In(zone).Hour() != hour || DateOf(from.In(zone)) != date {
		return 0, false
	}
	for _, c := range cover {
		agents += c.Agents * c.Schedule.WithoutHolidays().Open(from, to).Hours()
	}
	return agents, true
}

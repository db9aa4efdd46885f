package staffing

import (
	"math"
	"time"
)

// The week of somebody who is hired: so many days after each other, with so many
// hours from the same hour on each, by the clock where they live.
const (
	DaysOfWork  = 5
	HoursOfWork = 8
	StartOfWork = 9
)

// WorthWhile is in how many hours of their week somebody has to be missing for
// a person to be hired: half of it.
const WorthWhile = DaysOfWork * HoursOfWork / 2.0

// Missing is how many people are missing in each hour of a week, by day (0 Monday
// … 6 Sunday) and hour (0 … 23); 0: none.
type Missing [7][24]float64

// Hours is how many hours of work are missing in the week, those of several
// people in the same hour counted each.
func (m Missing) Hours() (n float64) {
	for _, day := range m {
		for _, people := range day {
			n += people
		}
	}
	return n
}

// Zone is where people could live, and how far its clocks are ahead of those
// that Missing goes by.
type Zone struct {
	Name  string
	Ahead time.Duration
}

// Position is one or more people to be hired for the same days in the same zone.
type Position struct {
	Zone   string
	Day    int // the first of their days of work: 0 Monday … 6 Sunday
	People int
	Hours  float64 // of those that are missing, how many they cover in a week
}

// Hire proposes whom to hire, one person after the other: each time the zone and
// the days in which a person covers most of what is still missing, the earlier
// zone and then the earlier day where several cover as much, until nobody would
// cover WorthWhile hours more. Taking the best one each time does not always give the
// fewest people, but each of them can be explained. left is what stays missing.
func Hire(missing Missing, zones []Zone) (positions []Position, left Missing) {
	left = missing
	for {
		best, hours := Position{}, 0.0
		var after Missing
		for _, zone := range zones {
			for day := range 7 {
				if rest, covered := left.less(zone, day); covered > hours+1e-9 {
					best, hours, after = Position{Zone: zone.Name, Day: day, People: 1, Hours: covered}, covered, rest
				}
			}
		}
		if hours < WorthWhile {
			return positions, left
		}
		left = after
		known := false
		for i := range positions {
			if p := &positions[i]; p.Zone == best.Zone && p.Day == best.Day {
				p.People, p.Hours, known = p.People+1, p.Hours+hours, true
			}
		}
		if !known {
			positions = append(positions, best)
		}
	}
}

// less is what is missing once a person works in zone from day on, and how many
// hours of it they cover.
func (m Missing) less(zone Zone, day int) (rest Missing, covered float64) {
	const week = 7 * 24 * 60
	rest = m
	for d := range DaysOfWork {
		for h := range HoursOfWork {
			local := (day+d)*24*60 + (StartOfWork+h)*60
			at := ((local-int(zone.Ahead.Minutes()))%week + week) % week
			// An hour there can lie in two of ours.
			second := at % 60
			for _, part := range []struct {
				at    int
				share float64
			}{{at, float64(60-second) / 60}, {(at + 60) % week, float64(second) / 60}} {
				cell := &rest[part.at/(24*60)][part.at/60%24]
				took := math.Min(*cell, part.share)
				*cell -= took
				covered += took
			}
		}
	}
	return rest, covered
}

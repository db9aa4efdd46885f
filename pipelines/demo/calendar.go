package demo

import (
	"fmt"
	"math"
	"sort"
	"time"
	_ "time/tzdata" // the history is the same on machines without zone files
)

// calendar is when things happen at Tidepool: the days of the history in its
// home zone, busy and quiet ones, and the hours in which someone is there to answer.
type calendar struct {
	asOf     time.Time
	from     time.Time // 18 months before
	baseline time.Time
	home     *time.Location
	first    time.Time // midnight of the first day at home
	count    int       // days, the one of asOf among them
	launch   Span
	outage   Span
	botSince time.Time
	places   []place
	cover    []Span // merged hours of the support team, in order
}

// place is somewhere that customers live.
type place struct {
	zone    string
	share   float64
	country string
	region  string
	cities  []string
	at      *time.Location
}

var places = [...]place{
	{zone: "Europe/Dublin", share: 33, country: "Ireland", region: "Europe", cities: []string{"Dublin", "Cork", "Galway", "Limerick"}},
	{zone: "America/New_York", share: 29, country: "United States", region: "North America", cities: []string{"New York", "Boston", "Philadelphia", "Raleigh"}},
	{zone: "Europe/London", share: 13, country: "United Kingdom", region: "Europe", cities: []string{"London", "Bristol", "Leeds"}},
	{zone: "America/Chicago", share: 6, country: "United States", region: "North America", cities: []string{"Chicago", "Milwaukee"}},
	{zone: "Europe/Berlin", share: 6, country: "Germany", region: "Europe", cities: []string{"Berlin", "Köln"}},
	{zone: "Europe/Paris", share: 5, country: "France", region: "Europe", cities: []string{"Lyon", "Nîmes"}},
	{zone: "Europe/Madrid", share: 4, country: "Spain", region: "Europe", cities: []string{"Málaga", "Bilbao"}},
	{zone: "Australia/Brisbane", share: 4, country: "Australia", region: "Oceania", cities: []string{"Brisbane", "Gold Coast"}},
}

func newCalendar(asOf time.Time) (*calendar, error) {
	home, err := time.LoadLocation(Timezone)
	if err != nil {
		return nil, fmt.Errorf("demo: load time zone %s: %w", Timezone, err)
	}
	from := asOf.AddDate(0, -18, 0)
	c := &calendar{asOf: asOf, from: from, baseline: asOf.AddDate(0, 0, -7), home: home}
	c.first = midnight(from.In(home))
	for !c.day(c.count).After(asOf) {
		c.count++
	}
	for _, p := range places {
		if p.at, err = time.LoadLocation(p.zone); err != nil {
			return nil, fmt.Errorf("demo: load time zone %s: %w", p.zone, err)
		}
		c.places = append(c.places, p)
	}
	monday := func(weeksAgo int) time.Time {
		at := midnight(asOf.In(home)).AddDate(0, 0, -7*weeksAgo)
		return at.AddDate(0, 0, -(int(at.Weekday())+6)%7)
	}
	launch := monday(21)
	c.launch = Span{launch.UTC(), launch.AddDate(0, 0, 7).UTC()}
	wednesday := monday(9).AddDate(0, 0, 2)
	c.outage = Span{clock(wednesday, home, 10, 5, 0).UTC(), clock(wednesday, home, 14, 35, 0).UTC()}
	c.botSince = monday(44).UTC()
	c.cover = c.shifts()
	return c, nil
}

func midnight(at time.Time) time.Time {
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, at.Location())
}

// clock is the time of day in zone on the date that day shows.
func clock(day time.Time, zone *time.Location, hour, minute, second int) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), hour, minute, second, 0, zone)
}

// day is midnight at home of the i-th day; it may lie outside the history.
func (c *calendar) day(i int) time.Time { return c.first.AddDate(0, 0, i) }

// dayOf is the number of the day at home on which at lies.
func (c *calendar) dayOf(at time.Time) int {
	local := at.In(c.home)
	noon := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC) }
	return int(noon(local).Sub(noon(c.first)) / (24 * time.Hour))
}

// progress is how much of the history lies before at, from 0 to 1.
func (c *calendar) progress(at time.Time) float64 {
	share := float64(at.Sub(c.from)) / float64(c.asOf.Sub(c.from))
	return math.Max(0, math.Min(1, share))
}

// season is how busy the time of year is: quiet around New Year, slower in August.
func season(day time.Time) float64 {
	switch month, date := day.Month(), day.Day(); {
	case month == time.December && date >= 23, month == time.January && date <= 2:
		return 0.3
	case month == time.August:
		return 0.85
	}
	return 1
}

// Weights of the weekdays, Sunday first, and of the hours of a day.
var (
	signUpDays  = [7]float64{0.35, 1.15, 1.2, 1.1, 1, 0.85, 0.4}
	contactDays = [7]float64{0.17, 1.2, 1.12, 1.05, 1, 0.82, 0.22}

	workHours = [24]float64{
		0.05, 0.03, 0.02, 0.02, 0.03, 0.08, 0.25, 0.8, 2.2, 4.2, 4.8, 4.1,
		2.7, 3.2, 4.3, 4, 3.3, 2.1, 1, 0.6, 0.5, 0.4, 0.25, 0.12,
	}
)

// drawDays hands out n days, spread as weight says, in order. Strata keep the
// curve smooth however few they are.
func (c *calendar) drawDays(dice chance, n int, weight func(i int, day time.Time) float64) []int {
	total := 0.0
	sums := make([]float64, c.count)
	for i := range sums {
		day := c.day(i)
		total += weight(i, day)
		sums[i] = total
	}
	drawn := make([]int, n)
	for i := range drawn {
		at := (float64(i) + dice.Float64()) / float64(n) * total
		drawn[i] = min(sort.SearchFloat64s(sums, at), c.count-1)
	}
	return drawn
}

// moment is a time of day on the i-th day, by the hours that people keep in zone.
func (c *calendar) moment(dice chance, i int, zone *time.Location) time.Time {
	hour := dice.weighted(workHours[:]...)
	return clock(c.day(i), zone, hour, dice.IntN(60), dice.IntN(60)).UTC()
}

// shifts are the hours in which support is there: Dublin from the start, New
// York from the fifth month, Saturday mornings for the last half year.
func (c *calendar) shifts() []Span {
	newYork := c.places[1].at
	openedNewYork, openedSaturdays := c.from.AddDate(0, 4, 0), c.asOf.AddDate(0, -6, 0)
	var spans []Span
	add := func(day time.Time, zone *time.Location, from, to int) {
		spans = append(spans, Span{clock(day, zone, from, 0, 0).UTC(), clock(day, zone, to, 0, 0).UTC()})
	}
	for i := -3; i < c.count+14; i++ {
		day := c.day(i)
		closed := day.Month() == time.December && (day.Day() == 25 || day.Day() == 26) || day.Month() == time.January && day.Day() == 1
		switch weekday := day.Weekday(); {
		case closed || weekday == time.Sunday:
		case weekday == time.Saturday:
			if day.After(openedSaturdays) {
				add(day, c.home, 9, 13)
			}
		default:
			add(day, c.home, 8, 18)
			if day.After(openedNewYork) {
				add(day, newYork, 9, 18)
			}
		}
	}
	sort.Slice(spans, func(i, j int) bool { return spans[i].From.Before(spans[j].From) })
	merged := spans[:1]
	for _, span := range spans[1:] {
		last := &merged[len(merged)-1]
		if span.From.After(last.To) {
			merged = append(merged, span)
		} else if span.To.After(last.To) {
			last.To = span.To
		}
	}
	return merged
}

// shift is the stretch of cover in which at lies, or else the next one.
func (c *calendar) shift(at time.Time) Span {
	i := sort.Search(len(c.cover), func(i int) bool { return c.cover[i].To.After(at) })
	return c.cover[min(i, len(c.cover)-1)]
}

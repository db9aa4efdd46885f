package reports

import (
	"fmt"
	"math"
)

// weeklyCards are the large figures of the last whole week.
func (d *desk) weeklyCards() ([]card, error) {
	contacts, err := d.contactsCard()
	if err != nil {
		return nil, err
	}
	perUser, err := d.perActiveUserCard()
	if err != nil {
		return nil, err
	}
	response, err := d.responseCards()
	if err != nil {
		return nil, err
	}
	return append([]card{contacts, perUser}, response...), nil
}

func (d *desk) contactsCard() (card, error) {
	c := card{Label: "Contacts", Value: none, Note: "no conversation has come in yet"}
	weeks, err := d.contactWeeks()
	now, before := lastTwo(weeks)
	if err != nil || now == nil {
		return c, err
	}
	c.Value, c.Raw = formatCount(now.Contacts), raw(float64(now.Contacts))
	c.Spark = newSpark(oldestFirst(onlyWhole(weeks), func(w contactWeek) float64 { return float64(w.Contacts) }))
	switch {
	case now.Partial:
		c.Note = "so far, in the first week"
	case before == nil:
		c.Note = "the first whole week"
	default:
		c.Note, c.Change = formatCount(before.Contacts)+" the week before", change(now.Contacts, before.Contacts)
	}
	return c, nil
}

func (d *desk) perActiveUserCard() (card, error) {
	c := card{Label: "Contacts per active user", Value: none, Note: "nobody was active"}
	weeks, err := d.activeWeeks()
	now, before := lastTwo(weeks)
	if err != nil || now == nil || math.IsNaN(now.PerActiveUser) {
		return c, err
	}
	c.Value, c.Raw = formatRatio(now.PerActiveUser), raw(now.PerActiveUser)
	c.Note = "of " + plural(now.ActiveUsers, "active user")
	c.Spark = newSpark(oldestFirst(onlyWhole(weeks), func(w activeWeek) float64 { return w.PerActiveUser }))
	if before != nil && !math.IsNaN(before.PerActiveUser) {
		c.Note, c.Change = formatRatio(before.PerActiveUser)+" the week before", changeOf(now.PerActiveUser, before.PerActiveUser)
	}
	return c, nil
}

// responseCards are median, 90th percentile, share within an hour, and who had no answer.
func (d *desk) responseCards() ([]card, error) {
	weeks, err := d.responseWeeks()
	if err != nil {
		return nil, err
	}
	now, before := lastTwo(weeks)
	median := durationCard("Median first response", now, before, func(w responseWeek) float64 { return w.Median })
	median.Spark = newSpark(oldestFirst(onlyWhole(weeks), func(w responseWeek) float64 { return w.Median }))
	p90 := durationCard("Nine of ten answered in", now, before, func(w responseWeek) float64 { return w.P90 })
	p90.Spark = newSpark(oldestFirst(onlyWhole(weeks), func(w responseWeek) float64 { return w.P90 }))
	unanswered := card{Label: "Not answered", Value: none, Note: "no conversation has come in yet"}
	if now != nil {
		unanswered.Value, unanswered.Raw = formatCount(now.Unanswered), raw(float64(now.Unanswered))
		unanswered.Note = "of " + plural(now.Contacts, "contact")
		if before != nil {
			unanswered.Note, unanswered.Change = formatCount(before.Unanswered)+" the week before", change(now.Unanswered, before.Unanswered)
		}
		unanswered.Spark = newSpark(oldestFirst(onlyWhole(weeks), func(w responseWeek) float64 { return float64(w.Unanswered) }))
	}
	within, err := d.withinHourCard()
	return []card{median, p90, within, unanswered}, err
}

func durationCard(label string, now, before *responseWeek, of func(responseWeek) float64) card {
	c := card{Label: label, Value: none, Note: "no contact was answered"}
	if now == nil || math.IsNaN(of(*now)) {
		return c
	}
	c.Value, c.Raw = formatDuration(of(*now)), raw(of(*now))
	c.Note = "of " + plural(now.Answered, "answered contact")
	if before != nil && !math.IsNaN(of(*before)) {
		c.Note, c.Change = formatDuration(of(*before))+" the week before", changeOfDuration(of(*now), of(*before))
	}
	return c
}

func (d *desk) withinHourCard() (card, error) {
	c := card{Label: "Answered within an hour", Value: none, Note: "no conversation has come in yet"}
	weeks, err := d.spreadWeeks()
	now, before := lastTwo(weeks)
	if err != nil || now == nil {
		return c, err
	}
	if now.Contacts == 0 {
		c.Note = "nobody got in touch"
		return c, nil
	}
	of := func(w spreadWeek) float64 { return float64(w.Within[1]) / float64(w.Contacts) } // NaN without contacts
	c.Value, c.Raw = formatShare(of(*now)), raw(of(*now))
	c.Note = "of " + plural(now.Contacts, "contact")
	c.Spark = newSpark(oldestFirst(onlyWhole(weeks), of))
	if before != nil && before.Contacts > 0 {
		c.Note = formatShare(of(*before)) + " the week before"
		c.Change = changeOfPoints(of(*now), of(*before))
	}
	return c, nil
}

// changeOfPoints compares two shares by their difference: "3 points more".
func changeOfPoints(now, before float64) string {
	points := math.Round(now*100) - math.Round(before*100)
	switch {
	case points > 0:
		return fmt.Sprintf("%.0f %s more", points, pointNoun(points))
	case points < 0:
		return fmt.Sprintf("%.0f %s fewer", -points, pointNoun(-points))
	}
	return "the same"
}

func pointNoun(n float64) string {
	if n == 1 {
		return "point"
	}
	return "points"
}

package demo

import "time"

var stages = []string{"new", "contacted", "qualified", "demo booked", "lost"}

// addLeads makes people who asked before they signed up: some users were leads
// first, some leads never sign up.
func (h *history) addLeads(dice chance) {
	for _, p := range h.people {
		if p.email != "" && dice.yes(0.07) {
			p.leadSince = later(p.signedUp.Add(-dice.span(24*time.Hour, 40*24*time.Hour)), h.calendar.from.Add(time.Hour))
			if !p.leadSince.Before(p.signedUp) {
				p.leadSince = time.Time{}
				continue
			}
			h.leads = append(h.leads, p)
		}
	}
	for _, i := range h.strangers(dice, max(3, h.cfg.Users/8)) {
		p := h.newPerson(dice, lead)
		p.leadSince = h.firstSeen(dice, p, i)
		p.signedUp = p.leadSince
		p.present = []Span{{p.leadSince, p.leadSince.Add(20 * 24 * time.Hour)}}
		p.traffic = h.firstSource(dice, p.leadSince)
		p.stage = stages[dice.weighted(30, 25, 20, 10, 15)]
		h.identify(p, len(h.people))
		p.email = plain(p.first, "") + "." + plain(p.last, "") + "@" + plain(pick(dice, companyWords), "-") + "-" + plain(pick(dice, pick(dice, trades).words), "-") + ".example"
		h.people = append(h.people, p)
		h.leads = append(h.leads, p)
	}
}

// addVisitors makes those who are known by their cookie only.
func (h *history) addVisitors(dice chance) {
	for _, i := range h.strangers(dice, max(5, h.cfg.Users*2/5)) {
		p := h.newPerson(dice, visitor)
		p.signedUp = h.firstSeen(dice, p, i)
		p.traffic = h.firstSource(dice, p.signedUp)
		p.chatty = 0
		h.identify(p, len(h.people))
		h.people = append(h.people, p)
	}
}

func (h *history) strangers(dice chance, n int) []int {
	return h.calendar.drawDays(dice, n, func(i int, day time.Time) float64 {
		weight := (1 + 2.5*float64(i)/float64(h.calendar.count)) * signUpDays[day.Weekday()] * season(day)
		if h.calendar.launch.Contains(day.Add(12 * time.Hour)) {
			weight *= 2.5
		}
		return weight
	})
}

func (h *history) firstSeen(dice chance, p *person, day int) time.Time {
	at := h.calendar.moment(dice, day, h.calendar.places[p.place].at)
	at = later(at, h.calendar.from.Add(dice.span(time.Minute, time.Hour)))
	return earlier(at, h.cfg.AsOf.Add(-dice.span(time.Minute, time.Hour)))
}

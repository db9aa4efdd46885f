package demo

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"time"
)

// person is someone whom Tidepool knows: a user, a lead, or only a cookie.
type person struct {
	index    int
	kind     kindOfPerson
	userID   string
	source   string // Intercom's own id
	cookie   string
	first    string
	last     string
	email    string
	newEmail string // from changedAt on
	company  int    // index, or -1
	second   int    // a second company, or -1
	place    int
	city     string
	role     string
	isAdmin  bool
	traffic  int // index into sources: how they first came

	signedUp    time.Time // when a lead or a visitor was first seen
	leadSince   time.Time // zero: never a lead
	stage       string
	changedAt   time.Time
	optedOut    time.Time // zero: gets e-mails
	activatedAt time.Time // zero: never
	neverStarts bool      // signs up exactly some weeks before the end, and never activates
	centurion   bool      // has their hundredth session in the last week
	perWeek     float64   // sessions
	present     []Span    // when they use Tidepool
	chatty      float64   // how readily they write in
}

type kindOfPerson int

const (
	user kindOfPerson = iota
	lead
	visitor
)

var roles = []string{"manager", "planner", "staff", "owner"}

// signUps makes the users, in order of their sign-up. Every week some sign up
// on the weekday on which the history ends, and never activate.
func (h *history) signUps() {
	dice := newChance(h.cfg.Seed, "sign-ups")
	days := h.calendar
	drawn := days.drawDays(dice, h.cfg.Users, func(i int, day time.Time) float64 {
		weight := (1 + 3.2*float64(i)/float64(days.count)) * signUpDays[day.Weekday()] * season(day)
		if days.launch.Contains(day.Add(12 * time.Hour)) {
			weight *= 2
		}
		return weight
	})
	onDay := slices.Clone(drawn)
	stuck := make([]bool, len(drawn))
	last := days.dayOf(days.asOf)
	for week := 1; week*7 < days.count; week++ {
		anchor := last - 7*week
		wanted := 1 + h.cfg.Users*anchor/days.count/1000
		if week == 1 {
			wanted = max(3, h.cfg.Users/330)
		}
		from, to := sort.SearchInts(drawn, anchor-3), sort.SearchInts(drawn, anchor+4)
		for k := range min(wanted, to-from) {
			i := from + k*(to-from)/min(wanted, to-from)
			onDay[i], stuck[i] = anchor, true
		}
	}
	for i, day := range onDay {
		p := h.newPerson(dice, user)
		p.signedUp = days.moment(dice, day, days.places[p.place].at)
		if p.neverStarts = stuck[i]; p.neverStarts { // surely on that date at home
			p.signedUp = clock(days.day(day), days.home, dice.whole(9, 20), dice.IntN(60), dice.IntN(60)).UTC()
		}
		switch {
		case p.signedUp.Before(days.from):
			p.signedUp = days.from.Add(dice.span(time.Minute, 20*time.Hour))
		case !p.signedUp.Before(days.asOf.Add(-time.Minute)):
			p.signedUp = days.asOf.Add(-dice.span(time.Minute, 20*time.Hour))
		}
		h.people = append(h.people, p)
	}
	sort.SliceStable(h.people, func(i, j int) bool { return h.people[i].signedUp.Before(h.people[j].signedUp) })
	for i, p := range h.people {
		h.identify(p, i)
	}
}

func (h *history) newPerson(dice chance, kind kindOfPerson) *person {
	p := &person{kind: kind, company: -1, second: -1, role: roles[dice.weighted(34, 30, 34, 2)]}
	shares := make([]float64, len(places))
	for i, place := range places {
		shares[i] = place.share
	}
	p.place = dice.weighted(shares...)
	p.city = pick(dice, places[p.place].cities)
	p.first, p.last = pick(dice, firstNames), pick(dice, lastNames)
	p.isAdmin = dice.yes(0.12)
	p.chatty = dice.ExpFloat64() + 0.1
	return p
}

// identify gives a person their ids by their place in the history.
func (h *history) identify(p *person, index int) {
	p.index = index
	p.source = sourceID(h.cfg.Seed, "person", index)
	p.cookie = "tp." + sourceID(h.cfg.Seed, "cookie", index)[:16]
	if p.kind == user {
		p.userID = strconv.Itoa(20001 + index)
	}
}

// sourceID is an id as Intercom gives them: 24 hexadecimal digits.
func sourceID(seed uint64, what string, index int) string {
	mixed := mix(seed ^ uint64(index)*0x9e3779b97f4a7c15 ^ uint64(len(what))<<56 ^ uint64(what[0])<<48)
	return fmt.Sprintf("%016x%08x", mixed, uint32(mix(mixed)))
}

// mix is SplitMix64's finaliser (Steele, Lea and Flood, 2014): a bijection, so
// that different numbers give different ids.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// livePeople decides for each user whether they activate, how much they use
// Tidepool, when they fall silent; and adds leads and visitors.
func (h *history) livePeople() {
	dice := newChance(h.cfg.Seed, "lives")
	for _, p := range h.people {
		h.liveUser(dice, p)
	}
	h.nameAddresses(dice)
	h.chooseCenturions(dice)
	h.addLeads(dice)
	h.addVisitors(dice)
}

func (h *history) liveUser(dice chance, p *person) {
	asOf, week := h.cfg.AsOf, 7*24*time.Hour
	p.traffic = h.firstSource(dice, p.signedUp)
	if !p.neverStarts && dice.yes(0.68) {
		p.activatedAt = p.signedUp.Add(10*time.Minute + min(dice.around(20*time.Hour, 1.4), 25*24*time.Hour))
	}
	var end time.Time
	switch {
	case p.neverStarts || (p.activatedAt.IsZero() && dice.yes(0.4)): // looks around, and goes
		p.perWeek, end = 3, p.signedUp.Add(dice.around(20*time.Hour, 1.2))
	case p.activatedAt.IsZero(): // comes back for a while, and never gets to it
		p.perWeek, end = dice.between(0.45, 0.8), p.signedUp.Add(dice.span(8*week, 130*week))
	case dice.yes(0.06): // lives in it
		p.perWeek, end = dice.between(3, 5), p.activatedAt.Add(dice.span(20*week, 300*week))
	default:
		p.perWeek, end = dice.between(0.5, 1.7), p.activatedAt.Add(2*week+time.Duration(dice.ExpFloat64()*220*float64(week)))
	}
	p.present = []Span{{p.signedUp, end}}
	if pause := p.signedUp.Add(dice.span(6*week, 40*week)); dice.yes(0.05) && pause.Before(end) { // a season off
		p.present = []Span{{p.signedUp, pause}, {pause.Add(dice.span(5*week, 10*week)), end}}
	}
	if p.company >= 0 {
		p.present = h.companies[p.company].without(dice, p.present)
	}
	if dice.yes(0.05) {
		p.optedOut = p.signedUp.Add(dice.span(time.Hour, 30*week))
	}
	if p.neverStarts && dice.yes(0.12) { // some of those to whom a message would go
		p.optedOut = p.signedUp.Add(time.Hour)
	}
	if dice.yes(0.03) {
		p.changedAt = p.signedUp.Add(dice.span(2*week, 40*week))
	}
	if !p.activatedAt.Before(asOf) {
		p.activatedAt = time.Time{}
	}
}

// without takes out of when someone is there the time in which their company
// is no customer; a few days pass before they notice.
func (c *company) without(dice chance, present []Span) []Span {
	for i, state := range c.changes {
		if state.plan != noPlan {
			continue
		}
		left := state.at.Add(dice.span(0, 4*24*time.Hour))
		back := left.AddDate(50, 0, 0)
		if i+1 < len(c.changes) && dice.yes(0.7) {
			back = c.changes[i+1].at
		}
		var kept []Span
		for _, span := range present {
			if before := (Span{span.From, earlier(span.To, left)}); before.From.Before(before.To) {
				kept = append(kept, before)
			}
			if after := (Span{later(span.From, back), span.To}); after.From.Before(after.To) && !after.From.Before(left) {
				kept = append(kept, after)
			}
		}
		present = kept
	}
	return present
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// nameAddresses gives users their e-mail addresses, at their company where
// they have one. Some have none, and now and then two share one.
func (h *history) nameAddresses(dice chance) {
	taken := map[string]bool{}
	for i, p := range h.people {
		domain := pick(dice, []string{"postbox", "inkmail", "letterbox"}) + ".example"
		if p.company >= 0 && dice.yes(0.93) {
			domain = h.companies[p.company].domain
		}
		local := plain(p.first, "") + "." + plain(p.last, "")
		p.email = local + "@" + domain
		if taken[p.email] {
			p.email = local + strconv.Itoa(i) + "@" + domain
		}
		taken[p.email] = true
		if !p.changedAt.IsZero() {
			p.newEmail = plain(p.first, "") + "." + strconv.Itoa(20001+i) + "@" + domain
		}
		switch {
		case i > 0 && i%997 == 13 && h.people[i-1].email != "": // a shared desk
			p.email = h.people[i-1].email
			h.people[i-1].changedAt, p.changedAt = time.Time{}, time.Time{}
		case dice.yes(0.035):
			p.email, p.changedAt = "", time.Time{}
		}
	}
	if len(h.people) > 60 { // a shared machine
		h.people[len(h.people)/2].cookie = h.people[len(h.people)/2-1].cookie
	}
}

// chooseCenturions takes some who have been there for over a year to their
// hundredth session in the last week.
func (h *history) chooseCenturions(dice chance) {
	left := max(1, h.cfg.Users/220)
	for _, p := range h.people {
		age := h.cfg.AsOf.Sub(p.signedUp)
		if left == 0 || age < 380*24*time.Hour {
			break
		}
		if p.activatedAt.IsZero() || !dice.yes(0.1) || (p.company >= 0 && h.companies[p.company].lost(h.cfg.AsOf)) {
			continue
		}
		left--
		p.centurion = true
		p.perWeek = 150 / (age.Hours() / 24 / 7)
		p.present = []Span{{p.signedUp, h.cfg.AsOf.AddDate(1, 0, 0)}}
	}
}

// emailAt is the person's address at an instant; empty if there is none.
func (p *person) emailAt(at time.Time) string {
	if !p.changedAt.IsZero() && !at.Before(p.changedAt) {
		return p.newEmail
	}
	return p.email
}

func (p *person) name() string { return p.first + " " + p.last }

// using is how many users are about on each day.
func (h *history) using() []float64 {
	days := h.calendar
	change := make([]float64, days.count+1)
	for _, p := range h.people[:h.cfg.Users] {
		for _, span := range p.present {
			from, to := min(days.dayOf(span.From), days.count), min(days.dayOf(span.To)+1, days.count)
			change[from]++
			change[to]--
		}
	}
	counts, now := change[:days.count], 0.0
	for i, by := range counts {
		now += by
		counts[i] = now
	}
	return counts
}

// here says whether the person uses Tidepool around at.
func (p *person) here(at time.Time) bool {
	for _, span := range p.present {
		if !at.Before(span.From) && at.Before(span.To.Add(5*24*time.Hour)) {
			return true
		}
	}
	return false
}

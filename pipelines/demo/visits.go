package demo

import "time"

// session is one sitting before Tidepool's pages.
type session struct {
	at      time.Time
	p       *person
	arrival int // index into sources, or -1: none
	plain   bool
}

// visit makes all sessions: those before the sign-up, the sign-up itself, and
// the life after it.
func (h *history) visit() {
	dice := newChance(h.cfg.Seed, "visits")
	silent := 0 // fall silent a month before the last week
	for _, p := range h.people {
		h.lookAround(dice, p)
		if p.kind != user {
			continue
		}
		before := len(h.events)
		h.signUpSession(dice, p)
		starts := h.sittings(dice, p)
		if p.centurion {
			starts = h.century(dice, p, starts, h.sessionsBefore(p, before))
		}
		starts = h.fallSilent(p, starts, &silent)
		for _, at := range starts {
			arrival := -1
			switch {
			case dice.yes(0.05):
				arrival = newsletter
			case dice.yes(0.03):
				arrival = 1 + dice.IntN(2)
			}
			h.use(dice, session{at: at, p: p, arrival: arrival, plain: p.centurion})
		}
	}
}

// lookAround is what someone reads before they sign up, known by a cookie.
func (h *history) lookAround(dice chance, p *person) {
	visits := dice.weighted(30, 30, 20, 12, 8)
	if p.kind == visitor {
		visits = 1 + dice.weighted(70, 20, 10)
	}
	at := p.signedUp
	for i := range visits {
		if p.kind == visitor {
			if i > 0 {
				at = at.Add(dice.span(2*time.Hour, 9*24*time.Hour))
			}
		} else {
			at = at.Add(-dice.span(90*time.Minute, 8*24*time.Hour))
		}
		if at.Before(h.calendar.from) || !at.Before(h.cfg.AsOf) {
			return
		}
		arrival := 0
		if dice.yes(0.6) || i == visits-1 {
			arrival = p.traffic
		}
		if s := sources[arrival]; s.launch && at.Before(h.calendar.launch.From) {
			arrival = 1
		}
		landing := uint8(dice.IntN(len(sources[arrival].landing)))
		h.happen(event{at: at.Unix(), person: int32(p.index), name: pageView, page: landing, source: int8(arrival), flags: withCookie | onSite})
		next := at
		for range dice.weighted(55, 30, 15) {
			next = next.Add(dice.span(15*time.Second, 5*time.Minute))
			h.happen(event{at: next.Unix(), person: int32(p.index), name: pageView, page: uint8(dice.IntN(len(sitePages))), source: -1, flags: withCookie | onSite | further})
		}
	}
}

// signUpSession begins as a cookie and ends as a user.
func (h *history) signUpSession(dice chance, p *person) {
	flags := withCookie | onSite | further
	h.happen(event{at: p.signedUp.Unix() - int64(dice.whole(20, 240)), person: int32(p.index), name: pageView, page: signUpPage, source: int8(p.traffic), flags: flags})
	cookie := uint16(0)
	if p.index%12 != 5 { // some block it
		cookie = withCookie
	}
	at := p.signedUp
	h.happen(event{at: at.Unix(), person: int32(p.index), name: signedUp, source: -1, flags: withUser | cookie, detail: dice.Uint32()})
	at = at.Add(dice.span(time.Second, 20*time.Second))
	h.happen(event{at: at.Unix(), person: int32(p.index), name: loggedIn, source: -1, flags: withUser})
	at = at.Add(time.Second)
	h.happen(event{at: at.Unix(), person: int32(p.index), name: pageView, page: welcomePage, source: -1, flags: withUser | cookie})
	if !p.activatedAt.IsZero() {
		h.happen(event{at: p.activatedAt.Unix(), person: int32(p.index), name: activated, source: -1, flags: withUser, detail: dice.Uint32()})
	}
}

// sittings are the starts of a user's sessions after the sign-up's, in order,
// at least 45 minutes apart.
func (h *history) sittings(dice chance, p *person) []time.Time {
	var starts []time.Time
	zone := h.calendar.places[p.place].at
	last := p.signedUp
	for _, span := range p.present {
		at := span.From
		for {
			gap := 7 / p.perWeek * dice.between(0.4, 1.6)
			at = at.Add(time.Duration(gap * float64(24*time.Hour)))
			local := at.In(zone)
			if weekday := local.Weekday(); (weekday == time.Saturday || weekday == time.Sunday) && dice.yes(0.75) {
				local = local.AddDate(0, 0, (8-int(weekday))%7) // to Monday
			}
			hour := dice.weighted(workHours[:]...)
			start := clock(local, zone, hour, dice.IntN(60), dice.IntN(60)).UTC()
			if !at.Before(span.To) || !at.Before(h.cfg.AsOf) {
				break
			}
			quiet := season(local) < 0.5 && dice.yes(0.5)
			down := h.calendar.outage.Contains(start) && dice.yes(0.6)
			if start.Before(last.Add(45*time.Minute)) || start.Before(span.From) || !start.Before(span.To) || quiet || down {
				continue
			}
			starts = append(starts, start)
			last = start
		}
	}
	return starts
}

// fallSilent keeps the number of those whose thirtieth silent day falls into the
// last week to one that can be looked through, even where a large company left
// just then: those beyond it were silent a little earlier.
func (h *history) fallSilent(p *person, starts []time.Time, silent *int) []time.Time {
	month := Span{h.calendar.baseline.AddDate(0, 0, -30), h.cfg.AsOf.AddDate(0, 0, -30)}
	last := later(p.signedUp, p.activatedAt)
	if len(starts) > 0 {
		last = later(last, starts[len(starts)-1])
	}
	if !month.Contains(last) {
		return starts
	}
	if *silent++; *silent <= max(8, h.cfg.Users/250) || !later(p.signedUp, p.activatedAt).Before(month.From) {
		return starts
	}
	for len(starts) > 0 && starts[len(starts)-1].After(month.From.Add(-2*time.Hour)) {
		starts = starts[:len(starts)-1]
	}
	return starts
}

// sessionsBefore counts the sessions that the events from the given one on,
// and the looks around before them, make up.
func (h *history) sessionsBefore(p *person, from int) int {
	first := from
	for first > 0 && h.events[first-1].person == int32(p.index) {
		first--
	}
	sessions := 1 // the sign-up's
	for _, e := range h.events[first:from] {
		if e.name == pageView && e.flags&further == 0 {
			sessions++
		}
	}
	return sessions
}

// century thins the sessions so that the hundredth falls into the last week.
func (h *history) century(dice chance, p *person, starts []time.Time, already int) []time.Time {
	var kept []time.Time
	end := len(starts)
	for end > 0 && !starts[end-1].Before(h.calendar.baseline.Add(-time.Hour)) {
		end--
	}
	wanted := min(dice.whole(95, 98)-already, end)
	for i := range max(wanted, 0) {
		kept = append(kept, starts[i*end/wanted])
	}
	zone := h.calendar.places[p.place].at
	for day := 1; day <= 6; day++ {
		date := h.calendar.baseline.In(zone).AddDate(0, 0, day)
		kept = append(kept, clock(date, zone, 9, dice.IntN(60), dice.IntN(60)).UTC())
		if day%2 == 1 {
			kept = append(kept, clock(date, zone, 14, dice.IntN(60), dice.IntN(60)).UTC())
		}
	}
	for len(kept) > 0 && !kept[len(kept)-1].Before(h.cfg.AsOf) {
		kept = kept[:len(kept)-1]
	}
	return kept
}

// use is one session in the app: pages, and what is done there.
func (h *history) use(dice chance, s session) {
	p, at := s.p, s.at
	flags := withUser
	if p.index%12 != 5 && dice.yes(0.85) {
		flags |= withCookie
	}
	happen := func(name eventName, page int, arrival int, extra uint16) {
		h.happen(event{at: at.Unix(), person: int32(p.index), name: name, page: uint8(page), source: int8(arrival), flags: flags | extra, detail: dice.Uint32()})
	}
	happen(pageView, dice.weighted(pageShares[:]...), s.arrival, 0)
	if dice.yes(0.06) {
		h.sayUser(p, at, saysSnippet)
	}
	if dice.yes(0.8) {
		at = at.Add(dice.span(time.Second, 8*time.Second))
		happen(loggedIn, 0, -1, phoneApp(dice))
	}
	for range dice.weighted(72, 21, 7) {
		arrival := -1
		switch {
		case s.plain:
			at = at.Add(dice.span(10*time.Second, 12*time.Minute))
		case dice.yes(0.006): // exactly as long as a session bears
			at = s.at.Add(30 * time.Minute)
		case dice.yes(0.006): //nolint:gocritic // another throw: a click in the newsletter in the middle of it
			at, arrival = at.Add(dice.span(time.Minute, 9*time.Minute)), newsletter
		default:
			at = at.Add(dice.span(10*time.Second, 12*time.Minute))
		}
		happen(pageView, dice.weighted(pageShares[:]...), arrival, 0)
	}
	work := []float64{0.55, 0.3, 0.15}
	if p.perWeek > 2.5 {
		work = []float64{0.3, 0.4, 0.3}
	}
	if p.activatedAt.IsZero() || at.Before(p.activatedAt) {
		work = []float64{0.9, 0.1}
	}
	for range dice.weighted(work...) {
		at = at.Add(dice.span(20*time.Second, 4*time.Minute))
		happen([]eventName{shiftCreated, reportViewed, invitedTeammate}[dice.weighted(62, 30, 8)], 0, -1, phoneApp(dice))
	}
}

// phoneApp marks some events as sent by the app on the phone, which writes
// times and ids in its own way.
func phoneApp(dice chance) uint16 {
	if dice.yes(0.15) {
		return byPhone
	}
	return 0
}

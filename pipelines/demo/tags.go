package demo

import "time"

// tagRecord is a tag given to a person or a company by hand, or taken away.
type tagRecord struct {
	person  int // index, or -1
	company int
	at      time.Time
	tag     string
	by      int // in staff
	removed bool
}

// tag has teammates mark people and companies; a few marks are taken off again.
func (h *history) tag() {
	dice := newChance(h.cfg.Seed, "tags")
	give := func(r tagRecord) {
		// At an hour at which teammates work.
		r.at = later(r.at, h.calendar.moment(dice, h.calendar.dayOf(r.at), h.calendar.home))
		if !r.at.Before(h.cfg.AsOf) {
			return
		}
		h.tags = append(h.tags, r)
		h.send(sendTag, len(h.tags)-1, r.at)
	}
	for _, p := range h.people {
		share := 0.04
		if p.centurion || (p.kind == user && p.perWeek > 2.5 && !p.activatedAt.IsZero()) {
			share = 0.4
		}
		if p.kind == visitor || !dice.yes(share) {
			continue
		}
		r := tagRecord{person: p.index, company: -1, at: p.signedUp.Add(dice.span(time.Hour, 120*24*time.Hour)), by: dice.IntN(len(staff))}
		r.tag = []string{"vip", "beta", "interviewed", "speaks French"}[dice.weighted(35, 35, 20, 10)]
		give(r)
		if dice.yes(0.12) {
			r.removed, r.at = true, r.at.Add(dice.span(24*time.Hour, 60*24*time.Hour))
			give(r)
		}
	}
	for _, c := range h.companies {
		if !dice.yes(0.2) {
			continue
		}
		r := tagRecord{person: -1, company: c.index, at: c.createdAt.Add(dice.span(24*time.Hour, 200*24*time.Hour)), by: dice.IntN(len(staff))}
		r.tag = pick(dice, []string{"at risk", "reference", "annual review"})
		give(r)
		if r.tag == "at risk" && dice.yes(0.5) {
			r.removed, r.at = true, r.at.Add(dice.span(24*time.Hour, 60*24*time.Hour))
			give(r)
		}
	}
}

func (h *history) tagJSON(r tagRecord) (key string, value []byte) {
	o := newObject().put("tag", r.tag)
	switch {
	case r.person < 0:
		key = h.companies[r.company].idText()
		o.put("company_id", key)
	case h.people[r.person].kind == user:
		key = h.people[r.person].userID
		o.put("user_id", key)
	default:
		key = h.people[r.person].email
		o.put("email", key)
	}
	o.iso("at", r.at).put("by", staff[r.by].Name)
	if r.removed {
		o.flag("removed", true)
	}
	return key, o.bytes()
}

package demo

import (
	"fmt"
	"strconv"
	"time"
)

// companyRecord is one thing that Tidepool's back office says of a company.
type companyRecord struct {
	company int
	at      time.Time
	says    companySays
	detail  int
}

type companySays int

const (
	saysAccount companySays = iota // plan and money, and at first all the rest
	saysSeats                      // how many seats it has, and nothing else
	saysTags                       // tags in the company's own record
)

// recordCompanies says each change of each account, and now and then the seats.
func (h *history) recordCompanies() {
	dice := newChance(h.cfg.Seed, "company records")
	for _, c := range h.companies {
		for _, change := range c.changes {
			h.sayCompany(companyRecord{company: c.index, at: change.at})
			if actor := c.founder; change.at.After(c.createdAt) {
				h.accountEvents(c, actor, change)
			}
		}
		seats := max(2, c.employees/3)
		for at := c.createdAt.Add(dice.span(time.Hour, 40*24*time.Hour)); at.Before(h.cfg.AsOf); at = at.Add(dice.span(50*24*time.Hour, 100*24*time.Hour)) {
			if c.customerAt(at) {
				seats += dice.whole(0, 1+c.size*3)
				h.sayCompany(companyRecord{company: c.index, at: at, says: saysSeats, detail: seats})
			}
		}
		if dice.yes(0.06) {
			h.sayCompany(companyRecord{company: c.index, at: c.createdAt.Add(dice.span(time.Hour, 90*24*time.Hour)), says: saysTags, detail: dice.IntN(len(companyTags))})
		}
	}
}

var companyTags = []string{"case study", "partner", "multi-site"}

func (h *history) sayCompany(r companyRecord) {
	if !r.at.Before(h.cfg.AsOf) {
		return
	}
	h.companyStates = append(h.companyStates, r)
	h.send(sendCompany, len(h.companyStates)-1, r.at)
}

// accountEvents are the events that go with a change of the account.
func (h *history) accountEvents(c *company, actor *person, now change) {
	before := c.at(now.at.Add(-time.Second))
	switch {
	case now.plan == noPlan && before.pays:
		h.happen(event{at: now.at.Unix(), person: int32(actor.index), name: cancelled, detail: uint32(c.id) * 2654435761, flags: withUser})
	case now.plan != noPlan && before.plan != noPlan && now.plan != before.plan:
		h.happen(event{at: now.at.Unix(), person: int32(actor.index), name: planChanged, detail: uint32(before.plan*8 + now.plan), flags: withUser})
	}
}

// companyJSON alternates between Intercom's object and the snippet's.
func (h *history) companyJSON(r companyRecord) (key string, value []byte) {
	c := h.companies[r.company]
	state := c.at(r.at)
	first := !r.at.After(c.createdAt)
	intercom := c.index%3 != 0
	o := newObject()
	if intercom {
		o.put("type", "company").put("id", sourceID(h.cfg.Seed, "company", c.index)).put("company_id", c.idText())
	} else {
		o.number("company_id", int64(c.id))
	}
	switch r.says {
	case saysSeats:
		if c.index%41 == 7 && r.detail%2 == 0 { // an old release of the back office wrote numbers as text
			o.put("seats", strconv.Itoa(r.detail))
		} else {
			o.number("seats", int64(r.detail))
		}
		return c.idText(), o.unix("updated_at", r.at).bytes()
	case saysTags:
		o.raw("tags", `["`+companyTags[r.detail]+`"]`)
		return c.idText(), o.unix("updated_at", r.at).bytes()
	}
	if first {
		o.put("name", c.name)
		if intercom {
			o.unix("remote_created_at", c.createdAt)
		} else {
			o.unix("created_at", c.createdAt)
		}
	}
	switch {
	case state.plan == noPlan:
		o.raw("plan", "null")
	case intercom:
		o.object("plan", newObject().put("type", "plan").put("id", strconv.Itoa(state.plan+11)).put("name", Plans[state.plan].Name))
	default:
		o.put("plan", Plans[state.plan].Name)
	}
	if c.billing == bySpend {
		if c.index%9 == 4 {
			o.put("monthly_spend", strconv.Itoa(c.price(state))+".00")
		} else {
			o.number("monthly_spend", int64(c.price(state)))
		}
	} else {
		o.array("subscriptions", c.subscriptions(r.at))
	}
	if c.index%5 == 2 {
		o.put("currency", map[bool]string{true: "eur", false: "usd"}[c.euro])
	} else {
		o.put("currency", c.currency())
	}
	attributes := o
	if intercom {
		attributes = newObject()
	}
	if first {
		attributes.put("industry", c.industry).put("region", c.region).number("employees", int64(c.employees))
		attributes.unix("trial_ends_at", c.trialEnds)
	}
	attributes.flag("sms_pack", state.addOn && state.pays)
	if state.plan == noPlan {
		attributes.put("cancel_reason", cancelReasons[c.id%len(cancelReasons)])
	} else if c.index%4 == 1 && !first {
		attributes.raw("cancel_reason", "null")
	}
	if intercom {
		o.object("custom_attributes", attributes)
	}
	return c.idText(), o.unix("updated_at", r.at).bytes()
}

var cancelReasons = []string{"too expensive", "missing feature", "closed the business", "went back to spreadsheets", "chose another tool"}

// subscriptions is every subscription that the company had up to at, those
// that ended among them.
func (c *company) subscriptions(at time.Time) []*object {
	var listed []*object
	for i, state := range c.changes {
		if state.at.After(at) {
			break
		}
		var ended time.Time
		if i+1 < len(c.changes) && !c.changes[i+1].at.After(at) {
			ended = c.changes[i+1].at
		}
		if state.plan == noPlan {
			continue
		}
		paid := state
		paid.pays = true
		amount, interval, count := c.price(paid), "month", 1
		switch c.billing {
		case byYear:
			amount, interval = amount*10, "year"
		case byThirds:
			amount, count = amount*3, 3
		}
		s := newObject().put("id", fmt.Sprintf("sub-%d-%d", c.id, i+1)).put("plan", Plans[state.plan].Name)
		if c.index%2 == 0 {
			s.put("amount", strconv.Itoa(amount)+".00")
		} else {
			s.number("amount", int64(amount))
		}
		s.put("currency", c.currency()).number("quantity", 1).put("interval", interval).number("interval_count", int64(count))
		s.unix("started_at", state.at).unix("ended_at", ended)
		if !state.pays {
			s.unix("trial_ends_at", c.trialEnds)
		}
		if state.pays && c.index%6 == 3 {
			s.number("discount_percent", 10)
		}
		listed = append(listed, s)
		if state.pays && c.size == 2 && i == 1 {
			listed = append(listed, newObject().put("id", fmt.Sprintf("once-%d", c.id)).put("plan", "Onboarding day").number("amount", 450).
				put("currency", c.currency()).number("quantity", 1).raw("interval", "null").unix("started_at", state.at))
		}
	}
	return listed
}

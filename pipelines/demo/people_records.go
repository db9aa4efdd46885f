package demo

import (
	"fmt"
	"time"
)

// userRecord is one thing that is said of a person.
type userRecord struct {
	person int
	at     time.Time
	says   userSays
}

type userSays int

const (
	saysSnippet   userSays = iota // the app's page: who, which company, last seen
	saysSync                      // Intercom's object, with the id by which conversations name people
	saysLead                      // someone who has not signed up
	saysEmail                     // a new address
	saysOptOut                    // no more e-mails
	saysActivated                 // getting started is done
	saysScore                     // an answer to "would you recommend us?"
	saysPhone                     // a number taken away
	saysStage                     // sales has spoken to a lead
)

// recordPeople says who they are when they come, and what changes.
func (h *history) recordPeople() {
	dice := newChance(h.cfg.Seed, "people records")
	for _, p := range h.people {
		if !p.leadSince.IsZero() {
			h.sayUser(p, p.leadSince, saysLead)
			if p.kind == lead && dice.yes(0.6) {
				h.sayUser(p, p.leadSince.Add(dice.span(time.Hour, 9*24*time.Hour)), saysStage)
			}
		}
		if p.kind != user {
			continue
		}
		if dice.yes(0.5) {
			h.sayUser(p, p.signedUp, saysSync)
		} else {
			h.sayUser(p, p.signedUp, saysSnippet)
			h.sayUser(p, p.signedUp.Add(dice.span(time.Second, 20*time.Minute)), saysSync)
		}
		said := func(at time.Time, what userSays) {
			if !at.IsZero() {
				h.sayUser(p, at, what)
			}
		}
		said(p.activatedAt, saysActivated)
		said(p.changedAt, saysEmail)
		said(p.optedOut, saysOptOut)
		if dice.yes(0.12) {
			h.sayUser(p, p.signedUp.Add(dice.span(20*24*time.Hour, 200*24*time.Hour)), saysScore)
		}
		if p.index%3 == 0 && dice.yes(0.1) {
			h.sayUser(p, p.signedUp.Add(dice.span(24*time.Hour, 90*24*time.Hour)), saysPhone)
		}
	}
}

func (h *history) sayUser(p *person, at time.Time, says userSays) {
	if !at.Before(h.cfg.AsOf) {
		return
	}
	h.userRecords = append(h.userRecords, userRecord{person: p.index, at: at, says: says})
	h.send(sendUser, len(h.userRecords)-1, at)
}

func (h *history) userJSON(r userRecord) (key string, value []byte) {
	p := h.people[r.person]
	o := newObject()
	key = p.userID
	switch r.says {
	case saysLead:
		return p.email, h.leadJSON(p, o).unix("updated_at", r.at).bytes()
	case saysStage:
		return p.email, o.put("type", "lead").put("email", p.email).put("stage", p.stage).unix("updated_at", r.at).bytes()
	case saysSync:
		h.syncJSON(p, r.at, o)
	case saysSnippet:
		h.snippetJSON(p, r.at, o)
	case saysEmail:
		o.put("user_id", p.userID).put("email", p.newEmail)
	case saysOptOut:
		o.put("user_id", p.userID).flag("unsubscribed_from_emails", true)
	case saysActivated:
		o.put("user_id", p.userID).object("custom_attributes", newObject().flag("onboarded", true).iso("onboarded_at", r.at))
	case saysScore:
		o.put("user_id", p.userID).object("custom_data", newObject().number("NPS score", int64(4+mix(uint64(p.index))%7)))
	case saysPhone:
		o.put("user_id", p.userID).raw("phone", "null").object("custom_attributes", newObject().raw("job_title", "null"))
	}
	return key, o.unix("updated_at", r.at).bytes()
}

func (h *history) leadJSON(p *person, o *object) *object {
	o.put("type", "lead").put("id", p.source).put("email", p.email).put("name", p.name())
	if p.index%4 != 0 {
		o.put("anonymous_id", p.cookie)
	}
	return o.unix("created_at", p.leadSince).raw("signed_up_at", "null").put("stage", "new").
		put("utm_source", sourceOrDirect(p.traffic)).put("country", places[p.place].country)
}

// syncJSON is Intercom's object of a user.
func (h *history) syncJSON(p *person, at time.Time, o *object) {
	place := places[p.place]
	o.put("type", "user").put("id", p.source).put("user_id", p.userID).putOrNull("email", p.emailAt(at)).put("name", p.name())
	if p.index%3 == 0 {
		o.put("phone", phone(p))
	} else {
		o.raw("phone", "null")
	}
	o.unix("signed_up_at", p.signedUp).unix("created_at", p.signedUp).put("last_seen_ip", ip(p)).flag("unsubscribed_from_emails", false)
	o.object("location_data", newObject().put("type", "location_data").put("city_name", p.city).put("country_name", place.country).put("timezone", place.zone))
	var companies []*object
	for _, index := range []int{p.company, p.second} {
		if index >= 0 {
			c := h.companies[index]
			companies = append(companies, newObject().put("type", "company").put("company_id", c.idText()).put("id", sourceID(h.cfg.Seed, "company", c.index)))
		}
	}
	o.list("companies", "company", "companies", companies)
	attributes := newObject()
	if p.index%17 != 5 { // some come from a release that did not ask
		attributes.put("role", p.role).flag("is_admin", p.isAdmin)
	}
	if p.index%4 == 0 {
		attributes.put("job_title", one(jobTitles, uint32(mix(uint64(p.index)))))
	}
	attributes.putOrNull("signup_campaign", sources[p.traffic].campaignAt(p.signedUp))
	o.object("custom_attributes", attributes)
}

var jobTitles = []string{"Operations manager", "Head chef", "Practice manager", "Rota planner", "HR lead", "Floor manager", "Co-founder"}

// snippetJSON is what the app's page says of who looks at it.
func (h *history) snippetJSON(p *person, at time.Time, o *object) {
	o.put("user_id", p.userID).putIf("email", p.emailAt(at)).put("name", p.name())
	o.unix("created_at", p.signedUp).unix("last_seen_at", at)
	if p.company >= 0 {
		c := h.companies[p.company]
		o.object("company", newObject().number("id", int64(c.id)).put("name", c.name))
		o.unix("trial_ends_at", c.trialEnds)
	}
	o.put("role", p.role).flag("is_admin", p.isAdmin).put("theme", []string{"light", "dark"}[p.index&1])
}

func phone(p *person) string {
	return fmt.Sprintf("+1 555 01%02d %03d", p.index%100, p.index/100%1000)
}

// ip is an address of a network that stands for examples (RFC 5737).
func ip(p *person) string {
	network := [...]string{"192.0.2.", "198.51.100.", "203.0.113."}[p.index%3]
	return fmt.Sprintf("%s%d", network, 1+p.index/3%250)
}

package build

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// life is what is known of a person by as_of.
type life struct {
	hasUserID, saysSignUp bool
	signedUp              time.Time // zero: not, or not known
	deletedAt             time.Time // zero: not deleted
}

const aWeek = 7 * 24 * time.Hour

// lives are the people whom records name, with those who were merged into them.
func (p *plainly) lives() map[string]life {
	keys := map[string][]string{}
	note := func(key string) {
		if who := p.person(key); key != "" && !slices.Contains(keys[who], key) {
			keys[who] = append(keys[who], key)
		}
	}
	for key := range p.users {
		note(key)
	}
	for _, e := range p.events {
		note(e.key)
	}
	for _, talk := range p.talks {
		note(talk.key)
	}
	for pair := range p.merges {
		note(pair[0])
		note(pair[1])
	}
	lives := map[string]life{}
	for who, names := range keys {
		var l life
		var deleted time.Time
		for _, key := range names {
			l.hasUserID = l.hasUserID || key[0] == '3'
			if at := p.deletions[key]; at.After(deleted) {
				deleted = at
			}
		}
		// A record that is newer than the deletion brings them back, with nothing older.
		returned := false
		for _, key := range names {
			returned = returned || slices.ContainsFunc(p.users[key], func(u saidUser) bool { return u.at.After(deleted) })
		}
		if !returned {
			l.deletedAt = deleted
		}
		for _, key := range names {
			var newest saidUser
			for _, u := range p.users[key] {
				if u.named && u.at.After(newest.at) && (!returned || u.at.After(deleted)) {
					newest = u
				}
			}
			l.saysSignUp = l.saysSignUp || newest.named
			if newest.signedUp != nil && (l.signedUp.IsZero() || newest.signedUp.Before(l.signedUp)) {
				l.signedUp = *newest.signedUp
			}
		}
		lives[who] = l
	}
	return lives
}

// isUser says whether somebody had signed up by the end of a week, and by as_of.
func (p *plainly) isUser(who, week string) bool {
	if p.known == nil {
		p.known = p.lives()
	}
	l := p.known[who]
	if l.saysSignUp {
		return !l.signedUp.IsZero() && !l.signedUp.After(p.asOf) && p.week(l.signedUp) <= week
	}
	return l.hasUserID
}

// customers are the figures about people and their contacts.
func (p *plainly) customers(talks []conversation) []wanted {
	p.known = p.lives()
	contacts := map[string][]conversation{}
	for _, c := range talks {
		if c.begunBy == "person" {
			contacts[c.person] = append(contacts[c.person], c)
		}
	}
	return []wanted{p.repeats(contacts), p.firstWeeks(contacts), p.tenure(contacts), p.survival(contacts)}
}

// repeats goes through each contact and all others of its person.
func (p *plainly) repeats(contacts map[string][]conversation) wanted {
	rows := wanted{mart: "repeat_contacts", columns: "topic contacts repeated rate~ not_over unanswered unnamed"}
	type tally struct{ contacts, repeated, notOver, unanswered, unnamed int }
	topics := map[string]*tally{}
	for _, own := range contacts {
		for _, c := range own {
			topic := c.topic
			if topic == "" {
				topic = "null"
			}
			if topics[topic] == nil {
				topics[topic] = &tally{}
			}
			n := topics[topic]
			switch {
			case !c.named:
				n.unnamed++
			case c.lastAt.IsZero():
				n.unanswered++
			case p.asOf.Sub(c.lastAt) < aWeek:
				n.notOver++
			default:
				n.contacts++
				if slices.ContainsFunc(own, func(o conversation) bool {
					return o.contactAt.After(c.lastAt) && o.contactAt.Sub(c.lastAt) <= aWeek
				}) {
					n.repeated++
				}
			}
		}
	}
	for topic, n := range topics {
		rows.add(topic, n.contacts, n.repeated, over(n.repeated, n.contacts), n.notOver, n.unanswered, n.unnamed)
	}
	return rows
}

// end is when somebody is no longer followed.
func (p *plainly) end(l life) time.Time {
	if !l.deletedAt.IsZero() && l.deletedAt.Before(p.asOf) {
		return l.deletedAt
	}
	return p.asOf
}

// since are a person's contacts from sign-up on, up to a deletion; before says whether there was one earlier.
func since(l life, own []conversation) (at []time.Time, before bool) {
	for _, c := range own {
		switch {
		case c.contactAt.Before(l.signedUp):
			before = true
		case l.deletedAt.IsZero() || c.contactAt.Before(l.deletedAt):
			at = append(at, c.contactAt)
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	return at, before
}

func (p *plainly) firstWeeks(contacts map[string][]conversation) wanted {
	rows := wanted{mart: "first_week_contact", columns: "week_start new_users mature_users immature_users contacted rate~ contacted_before is_partial"}
	type tally struct{ users, mature, contacted, before int }
	weekly, first := map[string]*tally{}, ""
	for who, l := range p.known {
		if l.signedUp.IsZero() || l.signedUp.After(p.asOf) {
			continue
		}
		week := p.week(l.signedUp)
		if first == "" || week < first {
			first = week
		}
		if weekly[week] == nil {
			weekly[week] = &tally{}
		}
		n := weekly[week]
		n.users++
		at, before := since(l, contacts[who])
		if before {
			n.before++
		}
		if p.end(l).Sub(l.signedUp) >= aWeek {
			n.mature++
			if len(at) > 0 && at[0].Sub(l.signedUp) < aWeek {
				n.contacted++
			}
		}
	}
	weeks, partial := p.weeks(first)
	for _, week := range weeks {
		n := weekly[week]
		if n == nil {
			n = &tally{}
		}
		rows.add(week, n.users, n.mature, n.users-n.mature, n.contacted, over(n.contacted, n.mature), n.before, partial[week])
	}
	return rows
}

func (p *plainly) tenure(contacts map[string][]conversation) wanted {
	rows := wanted{mart: "contact_tenure", columns: "tenure_week contacts users_at_risk contacts_per_user~ contacts_not_over"}
	atRisk, made, notOver, last := map[int]int{}, map[int]int{}, map[int]int{}, -1
	for who, l := range p.known {
		if l.signedUp.IsZero() || l.signedUp.After(p.asOf) {
			continue
		}
		lived := int(math.Floor(float64(p.end(l).Sub(l.signedUp)) / float64(aWeek)))
		for week := range max(lived, 0) {
			atRisk[week]++
			last = max(last, week)
		}
		for _, c := range contacts[who] {
			if !l.deletedAt.IsZero() && !c.contactAt.Before(l.deletedAt) {
				continue
			}
			week := -1
			if !c.contactAt.Before(l.signedUp) {
				week = int(c.contactAt.Sub(l.signedUp) / aWeek)
			}
			if week < 0 || week < lived {
				made[week]++
			} else {
				notOver[week]++
			}
		}
	}
	weeks := map[int]bool{}
	for week := range last + 1 {
		weeks[week] = true
	}
	for _, counted := range []map[int]int{made, notOver} {
		for week := range counted {
			weeks[week] = true
		}
	}
	for week := range weeks {
		if week < 0 {
			rows.add(week, made[week], "null", "null", notOver[week])
			continue
		}
		rows.add(week, made[week], atRisk[week], over(made[week], atRisk[week]), notOver[week])
	}
	return rows
}

// survival is the product limit, multiplied up day after day.
func (p *plainly) survival(contacts map[string][]conversation) wanted {
	rows := wanted{mart: "time_to_first_contact", columns: "days at_risk contacted censored survival~"}
	contacted, censored, followed, last := map[int]int{}, map[int]int{}, 0, -1
	for who, l := range p.known {
		if l.signedUp.IsZero() || l.signedUp.After(p.asOf) || !l.deletedAt.IsZero() && l.deletedAt.Before(l.signedUp) {
			continue
		}
		at, before := since(l, contacts[who])
		if before {
			continue
		}
		followed++
		until, counted := p.end(l), censored
		if len(at) > 0 {
			until, counted = at[0], contacted
		}
		day := int(until.Sub(l.signedUp) / (24 * time.Hour))
		counted[day]++
		last = max(last, day)
	}
	survival := 1.0
	for day := range last + 1 {
		survival *= 1 - float64(contacted[day])/float64(followed)
		rows.add(day, followed, contacted[day], censored[day], fmt.Sprintf("%.9g", survival))
		followed -= contacted[day] + censored[day]
	}
	return rows
}

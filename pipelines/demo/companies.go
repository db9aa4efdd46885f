package demo

import (
	"strconv"
	"time"
)

// company is a business that tries Tidepool, and what becomes of it.
type company struct {
	index     int
	id        int
	name      string
	domain    string
	industry  string
	region    string
	employees int
	size      int // the plan that fits: index into Plans
	euro      bool
	billing   billing
	createdAt time.Time
	founder   *person
	trialEnds time.Time
	changes   []change
}

type billing int

const (
	bySpend  billing = iota // sends monthly_spend
	byMonth                 // sends subscriptions, paid each month
	byYear                  // sends subscriptions, paid each year
	byThirds                // sends subscriptions, paid every third month
)

// change is what the company's account is from an instant on.
type change struct {
	at    time.Time
	plan  int // index into Plans; noPlan when it left
	pays  bool
	addOn bool // text messages to staff, smsPrice a month
}

const (
	noPlan   = -1
	smsPrice = 19
	trial    = 14 * 24 * time.Hour
)

// foundCompanies makes some who sign up founders of a company, sooner rather
// than later, and lets the others join one that is there.
func (h *history) foundCompanies() {
	dice := newChance(h.cfg.Seed, "companies")
	founders := map[int]bool{}
	last := -1
	for i := range h.cfg.Companies {
		share := float64(i) / float64(h.cfg.Companies)
		at := int(float64(h.cfg.Users) * (0.75*share*share + 0.25*share))
		last = min(max(at, last+1), h.cfg.Users-h.cfg.Companies+i)
		founders[last] = true
	}
	weights := make([]float64, h.cfg.Companies)
	for i, p := range h.people {
		switch {
		case founders[i]:
			h.companies = append(h.companies, h.found(dice, p))
		case dice.yes(0.03): // on their own
			p.company = -1
		default:
			for j, c := range h.companies {
				weights[j] = 0
				if c.customerAt(p.signedUp) {
					weights[j] = [...]float64{1, 4, 14}[c.size]
				}
			}
			p.company = dice.weighted(weights[:len(h.companies)]...)
			if dice.yes(0.02) {
				if second := dice.IntN(len(h.companies)); second != p.company {
					p.second = second
				}
			}
		}
	}
}

func (h *history) found(dice chance, founder *person) *company {
	c := &company{index: len(h.companies), founder: founder, createdAt: founder.signedUp}
	founder.company, founder.role, founder.isAdmin = c.index, "owner", true
	c.id = 1001 + c.index
	c.name, c.industry = companyName(c.index)
	c.domain = plain(c.name, "-") + ".example"
	c.region = h.calendar.places[founder.place].region
	c.size = dice.weighted(45, 39, 16)
	c.employees = [...]int{dice.whole(3, 14), dice.whole(15, 70), dice.whole(71, 640)}[c.size]
	c.euro = c.region == "Europe" && dice.yes(0.12)
	c.billing = []billing{bySpend, byMonth, byYear, byThirds}[dice.weighted(84, 5, 10, 1)]
	c.trialEnds = c.createdAt.Add(trial)
	h.live(dice, c)
	return c
}

// live is the company's way from its trial on: most stay and some grow, some
// leave, and some of these return.
func (h *history) live(dice chance, c *company) {
	plan := c.size
	if plan > 0 && dice.yes(0.45) { // starts small
		plan--
	}
	at, addOn := c.trialEnds, false
	c.changes = append(c.changes, change{at: c.createdAt, plan: plan})
	if !dice.yes(0.8) {
		c.changes = append(c.changes, change{at: at, plan: noPlan})
		if at = at.Add(dice.span(30*24*time.Hour, 150*24*time.Hour)); !dice.yes(0.12) {
			return
		}
	}
	for at.Before(h.cfg.AsOf) {
		c.changes = append(c.changes, change{at: at, plan: plan, pays: true, addOn: addOn})
		if dice.yes(0.012) { // gone before the month is over
			at = at.Add(dice.span(3*24*time.Hour, 12*24*time.Hour))
			c.changes = append(c.changes, change{at: at, plan: noPlan})
			return
		}
		at = at.Add(time.Duration(dice.ExpFloat64() * float64(130*24*time.Hour))).Truncate(time.Second)
		at = at.Add(dice.span(24*time.Hour, 20*24*time.Hour))
		switch dice.weighted(44, 15, 14, 9, 18) {
		case 0:
			if plan == len(Plans)-1 {
				addOn = true
			}
			plan = min(plan+1, len(Plans)-1)
		case 1:
			if plan == 0 {
				addOn = !addOn
			}
			plan = max(plan-1, 0)
		case 2:
			addOn = true
		case 3:
			addOn = false
		case 4:
			c.changes = append(c.changes, change{at: at, plan: noPlan})
			if !dice.yes(0.34) {
				return
			}
			at = at.Add(dice.span(25*24*time.Hour, 120*24*time.Hour))
		}
	}
}

// at is what the company's account is at an instant.
func (c *company) at(at time.Time) change {
	state := c.changes[0]
	for _, next := range c.changes[1:] {
		if next.at.After(at) {
			break
		}
		state = next
	}
	return state
}

func (c *company) customerAt(at time.Time) bool { return c.at(at).plan != noPlan }

// lost says whether the company ever leaves before at.
func (c *company) lost(at time.Time) bool {
	for _, change := range c.changes {
		if change.plan == noPlan && change.at.Before(at) {
			return true
		}
	}
	return false
}

func (c *company) price(state change) int {
	if !state.pays || state.plan == noPlan {
		return 0
	}
	price := Plans[state.plan].USD
	if c.euro {
		price = Plans[state.plan].EUR
	}
	if state.addOn {
		price += smsPrice
	}
	return price
}

func (c *company) currency() string {
	if c.euro {
		return "EUR"
	}
	return "USD"
}

func (c *company) idText() string { return strconv.Itoa(c.id) }

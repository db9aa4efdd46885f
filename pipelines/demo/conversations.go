package demo

import (
	"math"
	"sort"
	"strconv"
	"time"
)

// conversation is one exchange, as it went up to the end of the history.
type conversation struct {
	id        string
	with      *person
	begunBy   beginning
	shape     shape
	channel   string
	url       string
	subject   string
	createdAt time.Time
	parts     []part // by time; the first is what it began with
	wholeTags []string
	taggedAt  time.Time // from when tags are seen
}

type beginning int

const (
	byPerson beginning = iota
	byTeammate
	byRule // an automatic message
)

// part is one part of it.
type part struct {
	id       string
	kind     string // comment, note, assignment, close, open, …
	author   author
	at       time.Time
	body     string
	tags     []string
	assigned *Teammate
}

// author is a teammate, else the bot, else the person whom the conversation is with.
type author struct {
	mate *Teammate
	bot  bool
}

func (a author) isPerson() bool { return a.mate == nil && !a.bot }

// converse makes the conversations: when, with whom, about what, and how it went.
func (h *history) converse() {
	dice := newChance(h.cfg.Seed, "conversations")
	days := h.calendar
	burst := h.cfg.Conversations * 22 / 1000
	users := h.using()
	drawn := days.drawDays(dice, h.cfg.Conversations-burst, func(i int, day time.Time) float64 {
		weight := math.Pow(users[i], 0.85) * contactDays[day.Weekday()] * season(day)
		if days.launch.Contains(day.Add(12 * time.Hour)) {
			weight *= 1.9
		}
		return weight
	})
	h.conversations = make([]*conversation, 0, h.cfg.Conversations)
	for _, day := range drawn {
		p := h.whoWrites(dice, days.day(day).Add(20*time.Hour))
		at := days.moment(dice, day, days.places[p.place].at)
		topic := h.topicOf(dice, p, at)
		h.begin(dice, p, at, topic)
	}
	for range burst {
		length := float64(days.outage.To.Sub(days.outage.From))
		at := days.outage.From.Add(time.Duration(length * math.Min(0.99, dice.ExpFloat64()*0.3+0.01))).Truncate(time.Second)
		h.begin(dice, h.whoWrites(dice, at), at, outageTopic)
	}
	sort.SliceStable(h.conversations, func(i, j int) bool { return h.conversations[i].createdAt.Before(h.conversations[j].createdAt) })
	for i, c := range h.conversations {
		h.number(c, i)
		h.sendConversation(dice, c, i)
	}
}

// whoWrites is someone who uses Tidepool at at: the new ones write more, and
// some people far more than others. A few have not signed up.
func (h *history) whoWrites(dice chance, at time.Time) *person {
	users := h.people[:h.cfg.Users]
	there := sort.Search(len(users), func(i int) bool { return users[i].signedUp.After(at) })
	fresh := sort.Search(there, func(i int) bool { return users[i].signedUp.After(at.AddDate(0, 0, -12)) })
	if dice.yes(0.06) {
		if p := h.leadAt(dice, at); p != nil {
			return p
		}
	}
	best := users[0]
	for range 40 {
		if there == 0 {
			break
		}
		i := dice.IntN(there)
		if fresh < there && dice.yes(0.2) {
			i = fresh + dice.IntN(there-fresh)
		}
		best = users[i]
		if best.here(at) && dice.yes(math.Min(1, best.chatty/4)) {
			break
		}
	}
	return best
}

// leadAt is someone who was a lead at at, if there is one.
func (h *history) leadAt(dice chance, at time.Time) *person {
	var leads []*person
	for _, p := range h.leads {
		if since := at.Sub(p.leadSince); since > 0 && since < 25*24*time.Hour && (p.kind == lead || at.Before(p.signedUp)) {
			leads = append(leads, p)
		}
	}
	if len(leads) == 0 {
		return nil
	}
	return pick(dice, leads)
}

func (h *history) topicOf(dice chance, p *person, at time.Time) int {
	if p.company >= 0 && dice.yes(0.7) {
		if c := h.companies[p.company]; c.customerAt(at.AddDate(0, 0, -12)) && !c.customerAt(at) {
			return churnFeedback
		}
	}
	if p.kind == lead || at.Before(p.signedUp) {
		return []int{pricingQuestion, unaware, featureRequest}[dice.weighted(50, 35, 15)]
	}
	confusion := 20 - 8*h.calendar.progress(at) // the product became clearer
	if at.Sub(p.signedUp) < 14*24*time.Hour {
		confusion *= 1.8
	}
	return dice.weighted(12, 13, 14, confusion, 27, 7, 5, 1.2, 0.4)
}

// begin makes a conversation that begins at at, unless that lies outside the history.
func (h *history) begin(dice chance, p *person, at time.Time, topic int) {
	days := h.calendar
	at = later(at, days.from.Add(time.Hour))
	at = earlier(at, days.asOf.Add(-dice.span(time.Minute, 8*time.Hour)))
	if p.kind != lead && at.Before(p.signedUp) && (p.leadSince.IsZero() || at.Before(p.leadSince)) {
		at = earlier(p.signedUp.Add(dice.span(time.Minute, 3*time.Hour)), days.asOf.Add(-30*time.Second))
	}
	if p.kind == lead && at.Before(p.leadSince) {
		at = p.leadSince
	}
	c := &conversation{with: p, createdAt: at, begunBy: byPerson}
	if topic != outageTopic {
		c.begunBy = []beginning{byPerson, byTeammate, byRule}[dice.weighted(89, 4.5, 6.5)]
	}
	c.channel = []string{"conversation", "email"}[dice.weighted(64, 36)]
	c.url = "https://app.tidepool.example" + appPages[dice.weighted(pageShares[:]...)]
	// The old API was left behind bit by bit.
	c.shape = []shape{firstGeneration, secondGeneration, partByPart}[dice.weighted(60-50*days.progress(at), 20+45*days.progress(at), 20)]
	t := &talk{h: h, dice: dice, c: c, answerer: responder{calendar: days, dice: dice}, topic: topic}
	switch c.begunBy {
	case byPerson:
		t.contact()
	default:
		if c.begunBy == byRule {
			c.shape = secondGeneration // the old one cannot say so
		}
		t.outbound()
	}
	t.cut(days.asOf)
	h.conversations = append(h.conversations, c)
}

// number gives the conversation and its parts their ids.
func (h *history) number(c *conversation, index int) {
	c.id = strconv.Itoa(410000 + index)
	for i := range c.parts {
		c.parts[i].id = strconv.Itoa((410000+index)*64 + i)
	}
}

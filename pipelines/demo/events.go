package demo

import (
	"strconv"
	"time"
)

// event is one happening, kept small: there are hundreds of thousands.
type event struct {
	at     int64 // Unix seconds
	person int32
	name   eventName
	page   uint8
	source int8 // index into sources, or -1
	flags  uint16
	detail uint32 // what the metadata is made from
}

type eventName uint8

const (
	pageView eventName = iota
	signedUp
	loggedIn
	shiftCreated
	reportViewed
	invitedTeammate
	activated
	planChanged
	cancelled
)

var eventNames = [...]string{"page_view", "signed_up", "logged_in", "shift_created", "report_viewed", "invited_teammate", "activated", "plan_changed", "cancelled"}

// How an event was sent.
const (
	withUser   uint16 = 1 << iota // names the user
	withCookie                    // names the cookie
	onSite                        // on the public site, not in the app
	further                       // not the first page of the visit
	byPhone                       // from the app on the phone
)

var (
	sitePages   = []string{"/pricing", "/features/rota", "/features/timesheets", "/about", "/blog/fair-rotas", "/compare", "/signup"}
	appPages    = []string{"/rota", "/rota/week", "/shifts", "/reports", "/team", "/settings", "/settings/billing", "/timesheets", "/autofill", "/welcome"}
	pageShares  = [...]float64{30, 22, 16, 9, 8, 3, 2, 9, 4}
	reportNames = []string{"labour cost", "overtime", "absences", "fairness", "coverage"}
	locations   = []string{"Bar", "Kitchen", "Front desk", "Warehouse", "Ward 2", "Shop floor", "Terrace"}
)

const (
	signUpPage  = 6 // in sitePages
	welcomePage = 9 // in appPages
)

// happen keeps the event and schedules it; what lies outside the history did not happen.
func (h *history) happen(e event) {
	at := time.Unix(e.at, 0)
	if at.Before(h.calendar.from) || !at.Before(h.cfg.AsOf) {
		return
	}
	h.events = append(h.events, e)
	h.send(sendEvent, len(h.events)-1, at)
}

func (h *history) eventJSON(index int) (key string, value []byte) {
	e := h.events[index]
	p := h.people[e.person]
	at := time.Unix(e.at, 0)
	o := newObject().put("event_name", eventNames[e.name])
	if e.name != activated { // its sender gives no id: the content is the id
		o.put("id", "ev"+strconv.FormatUint(mix(h.cfg.Seed+uint64(index)), 36))
	}
	if e.flags&byPhone != 0 {
		o.iso("created_at", at)
	} else {
		o.number("created_at", e.at)
	}
	key = p.cookie
	if e.flags&withUser != 0 {
		key = p.userID
		if e.flags&byPhone != 0 {
			o.raw("user_id", p.userID) // as a number: the same id
		} else {
			o.put("user_id", p.userID)
		}
	}
	if e.flags&withCookie != 0 {
		o.put("anonymous_id", p.cookie)
	}
	if e.name == pageView {
		e.viewJSON(o, p, at)
	} else if e.name != loggedIn {
		o.object("metadata", h.metadata(e, p))
	}
	return key, o.bytes()
}

func (e event) viewJSON(o *object, p *person, at time.Time) {
	url := "https://app.tidepool.example" + appPages[int(e.page)%len(appPages)]
	if e.flags&onSite != 0 {
		page := sitePages[int(e.page)%len(sitePages)]
		if e.flags&further == 0 {
			landing := sources[e.source].landing
			page = landing[int(e.page)%len(landing)]
		}
		url = "https://tidepool.example" + page
		o.put("ip", ip(p))
	}
	o.put("url", url)
	if e.source < 0 {
		return
	}
	s := sources[e.source]
	o.putIf("referrer", s.referrer).putIf("utm_source", s.utm).putIf("utm_medium", s.medium).putIf("utm_campaign", s.campaignAt(at))
	if s.campaign == "rota-software" {
		o.put("utm_term", "rota software")
	}
}

func (h *history) metadata(e event, p *person) *object {
	m, n := newObject(), e.detail
	switch e.name {
	case signedUp:
		plan := Plans[0].Name
		if p.company >= 0 {
			plan = Plans[h.companies[p.company].size].Name
		}
		m.put("plan", plan).put("source", sourceOrDirect(p.traffic))
	case shiftCreated:
		m.number("shifts", int64(1+n%14)).put("location", one(locations, n/16))
		if h.calendar.launch.From.Unix() <= e.at && n/256%5 < 2 {
			m.flag("autofill", true)
		}
	case reportViewed:
		m.put("report", one(reportNames, n))
	case invitedTeammate:
		m.put("role", one(roles[:3], n))
	case activated:
		m.put("by", one([]string{"published a week", "invited the team"}, n))
	case planChanged:
		m.put("from", Plans[n/8].Name).put("to", Plans[n%8].Name)
	case cancelled:
		m.put("reason", one(cancelReasons, n))
	}
	return m
}

// one is the element of from that detail stands for.
func one(from []string, detail uint32) string { return from[detail%uint32(len(from))] }

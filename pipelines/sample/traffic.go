package sample

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"parley/pipelines/record"
)

// session is one visit of a person: it begins at a second of the history and
// has so many events.
type session struct {
	start, person int32
	pages         uint8
	isAnonymous   bool // before the person has said who they are
}

// eventsEach is how many events a person has, in two to four sessions.
const eventsEach = 20

func (c *company) sessions() []session {
	all := make([]session, 0, c.People*3)
	const end = Days * 24 * 3600
	for person := range c.People {
		chance := c.chance(ofSessions, person)
		n := 2 + chance.IntN(3)
		first := spread(person, c.People)
		for i := range n {
			s := session{start: int32(first), person: int32(person), pages: uint8(eventsEach / n)}
			if i < eventsEach%n {
				s.pages++
			}
			s.isAnonymous = i == 0 && chance.IntN(4) == 0
			if i > 0 {
				s.start += int32(chance.IntN(min(60*24*3600, end-first)))
			}
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b session) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.person, b.person)) })
	return all
}

// traffic lands the events, in the order in which their sessions begin.
func (c *company) traffic(ctx context.Context, to *landing) error {
	all := c.sessions()
	var files []*planned[record.Event]
	for len(all) > 0 {
		rows, n := 0, 0
		for n < len(all) && rows < fileRows {
			rows += int(all[n].pages)
			n++
		}
		own, number := all[:n], len(files)
		all = all[n:]
		files = append(files, &planned[record.Event]{rows: rows, write: func(write func([]record.Event) error) error {
			chance := c.chance(ofEvents, number)
			rows := make([]record.Event, 0, batchRows+256)
			for i, s := range own {
				rows = c.visit(rows, s, chance, strconv.Itoa(number)+"-"+strconv.Itoa(i))
				if len(rows) >= batchRows || i == len(own)-1 {
					if err := write(rows); err != nil {
						return err
					}
					rows = rows[:0]
				}
			}
			return nil
		}})
	}
	return landFiles(ctx, to, record.KindEvent, files)
}

var (
	eventNames = [...]string{"shift_created", "report_viewed", "invoice_paid"}
	metadata   = [...]string{`{"n":1}`, `{"n":2,"ok":true}`, `{"n":3,"plan":"team"}`}
	sources    = [...]string{"search", "newsletter", "partner"}
	mediums    = [...]string{"cpc", "email", "referral"}
	pages      = func() (urls [400]string) {
		for i := range urls {
			urls[i] = "https://tidepool.example/pages/" + strconv.Itoa(i)
		}
		return urls
	}()
)

// visit appends the session's events to rows: page views, but for the last,
// which does something.
func (c *company) visit(rows []record.Event, s session, chance *rand.Rand, name string) []record.Event {
	who := strconv.Itoa(int(s.person))
	keys := record.Keys{UserID: who}
	if s.isAnonymous {
		keys.UserID = ""
	}
	keys.AnonymousID = "cookie-" + who
	source := chance.IntN(2 * len(sources))
	then := at(int(s.start))
	for i := range int(s.pages) {
		e := record.Event{EventID: name + "-" + strconv.Itoa(i), EventName: record.PageView, OccurredAt: then, Keys: keys}
		e.KafkaAt = then
		switch {
		case i == int(s.pages)-1 && !s.isAnonymous:
			e.EventName, e.Metadata = eventNames[chance.IntN(len(eventNames))], metadata[chance.IntN(len(metadata))]
			e.AnonymousID = ""
			e.CompanyID = c.companyOf(int(s.person))
		default:
			e.URL = pages[chance.IntN(len(pages))]
			if i == 0 && source < len(sources) {
				e.UTMSource, e.UTMMedium, e.Referrer = sources[source], mediums[source], "https://search.example/"
			}
		}
		rows = append(rows, e)
		then = then.Add(time.Duration(5+chance.IntN(200)) * time.Second)
	}
	return rows
}

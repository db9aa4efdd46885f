package build

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"parley/sql/officehours"
	"parley/sql/warehouse"
)

// wanted are a mart's rows: the values of its columns as text, doubles to nine digits.
type wanted struct {
	mart, columns string // a double's name ends in ~
	rows          []string
}

func (w *wanted) add(values ...any) {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprint(v)
	}
	w.rows = append(w.rows, strings.Join(texts, "|"))
}

// seconds from one instant to another; null where one is not known.
func seconds(from, to time.Time) string {
	if from.IsZero() || to.IsZero() {
		return "null"
	}
	return number(to.Sub(from).Seconds())
}

func (p *plainly) officeSeconds(from, to time.Time) string {
	if from.IsZero() || to.IsZero() {
		return "null"
	}
	return number(p.office(from, to))
}

// support are the figures about conversations.
func (p *plainly) support(talks []conversation) []wanted {
	each := wanted{mart: "conversations", columns: "conversation_id initiated_by contact_messages is_bot_answered state reopened topic first_response_seconds~ first_response_office_seconds~ " +
		"seconds_to_first_close~ seconds_to_last_close~ office_seconds_to_first_close~ office_seconds_to_last_close~"}
	type week struct {
		contacts, inactive, byLeads, outbound, reopened, answered, botOnly int
		waits, officeWaits, replies, officeReplies                         []float64
		within                                                             [4]int
	}
	active, leads, first := map[string]int{}, map[string]int{}, ""
	isActive := map[[2]string]bool{}
	begin := func(at time.Time) {
		if week := p.week(at); first == "" || week < first {
			first = week
		}
	}
	for _, e := range p.events {
		begin(e.at)
		pair := [2]string{p.person(e.key), p.week(e.at)}
		if isActive[pair] {
			continue
		}
		isActive[pair] = true
		if p.isUser(pair[0], pair[1]) {
			active[pair[1]]++
		} else {
			leads[pair[1]]++
		}
	}
	weekly := map[string]*week{}
	of := func(at time.Time) *week {
		name := p.week(at)
		if weekly[name] == nil {
			weekly[name] = &week{}
		}
		return weekly[name]
	}
	hours := map[[2]int]int{}
	var firstContact time.Time
	for _, c := range talks {
		each.add(c.id, cmp.Or(c.begunBy, "null"), c.contactMessages, c.botAnswered, c.state, len(c.reopenedAt), cmp.Or(c.topic, "null"),
			seconds(c.contactAt, c.answerAt), p.officeSeconds(c.contactAt, c.answerAt),
			seconds(c.contactAt, c.closedAt), seconds(c.contactAt, c.lastClosedAt),
			p.officeSeconds(c.contactAt, c.closedAt), p.officeSeconds(c.contactAt, c.lastClosedAt))
		begin(c.createdAt)
		for _, at := range c.reopenedAt {
			of(at).reopened++
		}
		for i, at := range c.replyAt {
			of(at).replies = append(of(at).replies, at.Sub(c.questionAt[i]).Seconds())
			of(at).officeReplies = append(of(at).officeReplies, p.office(c.questionAt[i], at))
		}
		if c.contactAt.IsZero() {
			continue
		}
		begin(c.contactAt)
		w := of(c.contactAt)
		if c.begunBy != "person" {
			w.outbound++
			continue
		}
		w.contacts++
		if pair := [2]string{c.person, p.week(c.contactAt)}; !p.isUser(pair[0], pair[1]) {
			w.byLeads++
		} else if !isActive[pair] {
			w.inactive++
		}
		if local := c.contactAt.In(p.zone); true {
			hours[[2]int{(int(local.Weekday())+6)%7 + 1, local.Hour()}]++
		}
		if firstContact.IsZero() || c.contactAt.Before(firstContact) {
			firstContact = c.contactAt
		}
		if c.answerAt.IsZero() {
			if c.botAnswered {
				w.botOnly++
			}
			continue
		}
		w.answered++
		wait := c.answerAt.Sub(c.contactAt)
		w.waits, w.officeWaits = append(w.waits, wait.Seconds()), append(w.officeWaits, p.office(c.contactAt, c.answerAt))
		for i, limit := range []time.Duration{5 * time.Minute, time.Hour, 8 * time.Hour, 24 * time.Hour} {
			if wait <= limit {
				w.within[i]++
			}
		}
	}
	contacts := wanted{mart: "contacts_weekly", columns: "week_start contacts active_users contacts_per_active_user~ usual_contacts_per_active_user~ upper_limit~ is_sharp_rise " +
		"contacts_by_inactive_users contacts_by_leads active_leads outbound_replies reopened is_partial"}
	responses := wanted{mart: "first_response_weekly", columns: "week_start contacts answered unanswered bot_only median_seconds~ p90_seconds~ median_office_seconds~ p90_office_seconds~ " +
		"within_5m within_1h within_8h within_24h is_partial"}
	replies := wanted{mart: "reply_time_weekly", columns: "week_start replies median_seconds~ p90_seconds~ median_office_seconds~ p90_office_seconds~ is_partial"}
	weeks, partial := p.weeks(first)
	for i, name := range weeks {
		w := weekly[name]
		if w == nil {
			w = &week{}
		}
		usual, limit, rises := "null", "null", false
		if i >= 8 {
			before, users := 0, 0
			for _, earlier := range weeks[i-8 : i] {
				if weekly[earlier] != nil {
					before += weekly[earlier].contacts
				}
				users += active[earlier]
			}
			usual = over(before, users)
			if rate := float64(before) / float64(users); users > 0 && active[name] > 0 {
				upper := rate + 3*math.Sqrt(rate/float64(active[name]))
				limit = number(upper)
				now := float64(w.contacts) / float64(active[name])
				rises = !partial[name] && now > upper && now >= 1.25*rate
			}
		}
		contacts.add(name, w.contacts, active[name], over(w.contacts, active[name]), usual, limit, rises, w.inactive, w.byLeads, leads[name], w.outbound, w.reopened, partial[name])
		responses.add(name, w.contacts, w.answered, w.contacts-w.answered, w.botOnly, quantile(w.waits, 0.5), quantile(w.waits, 0.9),
			quantile(w.officeWaits, 0.5), quantile(w.officeWaits, 0.9), w.within[0], w.within[1], w.within[2], w.within[3], partial[name])
		replies.add(name, len(w.replies), quantile(w.replies, 0.5), quantile(w.replies, 0.9), quantile(w.officeReplies, 0.5), quantile(w.officeReplies, 0.9), partial[name])
	}
	return []wanted{each, contacts, responses, replies, p.byHour(hours, firstContact)}
}

// byHour walks through the local clock, minute by minute.
func (p *plainly) byHour(contacts map[[2]int]int, first time.Time) wanted {
	rows := wanted{mart: "contacts_by_hour", columns: "weekday hour contacts occurrences contacts_per_occurrence~"}
	if first.IsZero() {
		return rows
	}
	occurred := map[[2]int]int{}
	day := first.In(p.zone).Format(time.DateOnly)
	at := first.Truncate(time.Minute)
	for at.Add(-time.Minute).In(p.zone).Format(time.DateOnly) == day {
		at = at.Add(-time.Minute)
	}
	const clock = "2006-01-02 15:04"
	for before := ""; at.Before(p.asOf); at = at.Add(time.Minute) {
		local := at.In(p.zone)
		now := local.Format(clock)
		if before == "" || now[:13] != before[:13] || now <= before { // another hour, or set back
			occurred[[2]int{(int(local.Weekday())+6)%7 + 1, local.Hour()}]++
		}
		before = now
	}
	for weekday := 1; weekday <= 7; weekday++ {
		for hour := range 24 {
			cell := [2]int{weekday, hour}
			rows.add(weekday, hour, contacts[cell], occurred[cell], over(contacts[cell], occurred[cell]))
		}
	}
	return rows
}

// recordsOf are the records by themselves.
func recordsOf(sayings []saying) []told {
	records := make([]told, len(sayings))
	for i, s := range sayings {
		records[i] = s.told
	}
	return records
}

// hold compares what a mart has with what is wanted.
func (w *workshop) hold(what string, want wanted) {
	w.t.Helper()
	var list []string
	for _, name := range strings.Fields(want.columns) {
		if double := strings.TrimSuffix(name, "~"); double != name {
			list = append(list, "coalesce(printf('%.9g', "+double+"), 'null')")
			continue
		}
		list = append(list, "coalesce("+name+"::varchar, 'null')")
	}
	r, err := Open(context.Background(), w.lake, warehouse.ReaderConfig{Engine: warehouse.Config{MemoryLimit: "256MB", Threads: 1}})
	if err != nil {
		w.t.Fatal(err)
	}
	defer r.Close()
	table, err := r.Query(context.Background(), "select concat_ws('|', "+strings.Join(list, ", ")+") from "+want.mart)
	if err != nil {
		w.t.Fatal(err)
	}
	got := make([]string, len(table.Rows))
	for i, row := range table.Rows {
		got[i] = fmt.Sprint(row[0])
	}
	slices.Sort(got)
	slices.Sort(want.rows)
	if diff := gocmp.Diff(want.rows, got); diff != "" {
		w.t.Errorf("%s: %s (%s), - plainly, + mart:\n%s", what, want.mart, want.columns, diff)
	}
}

// TestFiguresAreComputedTwice holds every figure about contacts beside another
// computation of it, which shares nothing with the models: over half a year with
// both changes of the clocks, as records come late, twice, in pieces and out of
// order, and people and conversations are merged and deleted; build upon build,
// with as_of in a night in which the clocks change, at last beyond all records.
// PARLEY_SEED tells another history.
func TestFiguresAreComputedTwice(t *testing.T) {
	t.Parallel()
	day := func(year int, month time.Month, day, hour int) time.Time {
		return time.Date(year, month, day, hour, 0, 0, 0, time.UTC)
	}
	for _, company := range []struct {
		seed       uint64
		zone       string
		weekStarts string
		first      time.Weekday
		from, to   time.Time
		forth      time.Time
		back       time.Time
	}{
		{1, "America/New_York", "sunday", time.Sunday, day(2025, 10, 13, 0), day(2026, 4, 10, 0), day(2026, 3, 8, 7), day(2025, 11, 2, 6)},
		{2, "Australia/Lord_Howe", "monday", time.Monday, day(2025, 9, 22, 0), day(2026, 4, 20, 0), day(2025, 10, 4, 15).Add(30 * time.Minute), day(2026, 4, 4, 15)},
	} {
		t.Run(company.zone, func(t *testing.T) {
			t.Parallel()
			seed := company.seed
			if text := os.Getenv("PARLEY_SEED"); text != "" {
				var err error
				if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
					t.Fatal(err)
				}
			}
			zone, err := time.LoadLocation(company.zone)
			if err != nil {
				t.Fatal(err)
			}
			spec := officehours.Spec{Timezone: company.zone, Holidays: []string{"2025-11-27", "2025-12-25", "2026-03-09"}}
			p := &plainly{zone: zone, weekStarts: company.first, holidays: spec.Holidays, topics: []string{"bug report", "confused"}}
			for i := range 5 { // Monday to Friday with lunch; on Sundays about the changes of the clocks
				spec.Days[i] = []string{"09:00-12:30", "13:15-18:00"}
				p.windows[i+1] = [][2]int{{9 * 60, 12*60 + 30}, {13*60 + 15, 18 * 60}}
			}
			spec.Days[6], p.windows[0] = []string{"00:00-04:00"}, [][2]int{{0, 4 * 60}}
			schedule, err := officehours.Parse(spec)
			if err != nil {
				t.Fatal(err)
			}
			w := setup(t)
			w.cfg.parts = parts{touched: 1000, partRows: 60, gather: gathering{files: 3, beside: 2, besideFiles: 5}}
			w.cfg.Settings.Timezone, w.cfg.Settings.WeekStarts = company.zone, company.weekStarts
			w.cfg.Settings.OfficeHours, w.cfg.Settings.Topics, w.cfg.Settings.Bots = &schedule, p.topics, []string{"Fin", "id:815309"}
			sayings := newChronicle(seed, zone, company.from, company.to, company.forth, company.back)
			later := company.forth
			if company.back.After(later) {
				later = company.back
			}
			heard := 0
			for step, stage := range []struct {
				share float64
				asOf  time.Time
			}{{0.6, later.Add(40 * time.Minute)}, {0.9, company.to.Add(-50 * time.Hour)}, {1, company.to.Add(90 * 24 * time.Hour)}} {
				told := sayings[:int(stage.share*float64(len(sayings)))]
				w.tell(recordsOf(told[heard:]))
				heard = len(told)
				w.cfg.AsOf, p.asOf = stage.asOf, stage.asOf
				w.build()
				p.hear(told)
				talks := p.conversations()
				for _, want := range append(p.support(talks), p.customers(talks)...) {
					w.hold(fmt.Sprintf("%s, step %d", company.zone, step), want)
				}
			}
		})
	}
}

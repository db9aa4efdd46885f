package demo_test

import (
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"parley/pipelines/demo"
)

func TestIngredients(t *testing.T) {
	t.Parallel()
	h := history()
	for name, least := range map[string]int{
		"twice: users": 20, "twice: companies": 5, "twice: events": 100, "twice: conversations": 50,
		"out of order: users": 5, "out of order: events": 100, "out of order: conversations": 20,
		"lead record": 300, "null attribute": 500, "no role": 50,
		"top level role": 500, "top level is_admin": 500, "top level trial_ends_at": 500, "top level company": 500,
		"user id as a number": 500, "event without id": 500, "event with both keys": 50_000, "event with a cookie only": 3000,
		"event signed_up": 2900, "event logged_in": 20_000, "event page_view": 50_000, "event shift_created": 5000,
		"event report_viewed": 2000, "event invited_teammate": 500, "event activated": 1000, "event plan_changed": 30, "event cancelled": 20,
		"utm_source google": 300, "utm_source newsletter": 1000, "utm_source launchday": 50, "utm_campaign autofill-launch": 50,
		"referrer https://www.google.com/": 1000, "tag": 100, "tag removed": 5,
		"admin comment": 5000, "user comment": 2000, "lead comment": 20, "bot comment": 300, "bot as admin comment": 50, "admin note": 200,
		"admin assignment": 50, "admin assignment without text": 500, "bot assignment without text": 50, "admin close without text": 1000,
		"admin snoozed without text": 30, "user open": 50, "bot conversation_attribute_updated_by_admin without text": 50,
		"delivered automated": 200, "delivered admin_initiated": 50, "delivered customer_initiated": 1000,
	} {
		if h.has[name] < least {
			t.Errorf("%s: %d times; want at least %d", name, h.has[name], least)
		}
	}
}

func TestPeople(t *testing.T) {
	t.Parallel()
	h := history()
	owners, cookies := map[string]int{}, map[string]int{}
	var changed, without, silent, optedOut, idle int
	for _, u := range h.users {
		for address := range u.emails {
			owners[address]++
		}
		for cookie := range u.cookies {
			cookies[cookie]++
		}
		if len(u.emails) > 1 {
			changed++
		}
		if len(u.emails) == 0 {
			without++
		}
		if u.activated == 0 {
			idle++
		}
		if u.last < asOf.AddDate(0, 0, -30).Unix() {
			silent++
		}
		if u.optedOut {
			optedOut++
		}
	}
	shared := func(of map[string]int) (n int) {
		for _, count := range of {
			if count > 1 {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		what             string
		got, least, most int
	}{
		{"users", len(h.users), 3000, 3000},
		{"addresses of two users", shared(owners), 1, 10},
		{"cookies of two users", shared(cookies), 1, 3},
		{"users with a second address", changed, 20, 150},
		{"users without an address", without, 30, 200},
		{"users never active", idle, 500, 1500},
		{"users silent for a month", silent, 500, 2000},
		{"users who want no e-mail", optedOut, 50, 300},
		{"companies", len(h.companies), 300, 300},
		{"conversations", len(h.talks), 5980, 6000},
	} {
		if c.got < c.least || c.got > c.most {
			t.Errorf("%s: %d; want %d to %d", c.what, c.got, c.least, c.most)
		}
	}
}

// What the messages of the demo are sent for: people who come to be so in the last week.
func TestNewsOfTheLastWeek(t *testing.T) {
	t.Parallel()
	h := history()
	dublin, err := time.LoadLocation(demo.Timezone)
	if err != nil {
		t.Fatal(err)
	}
	date := func(at time.Time) string { return at.In(dublin).Format(time.DateOnly) }
	for week := 1; week <= 77; week++ {
		stuck := 0
		for _, u := range h.users {
			if date(time.Unix(u.signedUp, 0)) == date(asOf.AddDate(0, 0, -7*week)) && u.activated == 0 {
				stuck++
			}
		}
		if least := map[bool]int{true: 5, false: 1}[week == 1]; stuck < least || stuck > 40 {
			t.Errorf("%d signed up %d weeks before the end and never activated; want %d to 40", stuck, week, least)
		}
	}
	month, silent := asOf.AddDate(0, 0, -30).Unix(), 0
	for _, u := range h.users {
		if u.last < month && u.last >= month-7*24*3600 && u.signedUp < month {
			silent++
		}
	}
	if silent < 5 || silent > 40 {
		t.Errorf("%d fell silent for 30 days in the last week; want 5 to 40", silent)
	}
	hundredth := 0
	for id, u := range h.users {
		if u.signedUp >= asOf.AddDate(0, 0, -365).Unix() {
			continue
		}
		views := slices.Clone(h.views[id])
		for cookie := range u.cookies {
			views = append(views, h.views[cookie]...)
		}
		slices.Sort(views)
		sessions, then, last := 0, 0, int64(0)
		for _, at := range views {
			if at-last > 30*60 {
				sessions++
			}
			last = at
			if at < asOf.AddDate(0, 0, -7).Unix() {
				then = sessions
			}
		}
		if then <= 100 && sessions > 100 {
			hundredth++
		}
	}
	if hundredth < 5 || hundredth > 40 {
		t.Errorf("%d came past their hundredth session in the last week; want 5 to 40", hundredth)
	}
}

func TestMoney(t *testing.T) {
	t.Parallel()
	met := map[string]int{}
	for _, records := range history().companies {
		sort.SliceStable(records, func(i, j int) bool { return seconds(records[i]["updated_at"]) < seconds(records[j]["updated_at"]) })
		paid, left := false, false
		for _, r := range records {
			if text(r["currency"]) != "" {
				met["currency "+strings.ToUpper(text(r["currency"]))]++
			}
			for _, s := range list(r["subscriptions"]) {
				met["interval "+text(member(s, "interval"))]++
				if member(s, "discount_percent") != nil {
					met["discount"]++
				}
			}
			plan, named := r["plan"]
			if !named {
				met["record without plan"]++
				continue
			}
			if name := text(plan) + text(member(plan, "name")); name != "" {
				met["plan "+name]++
			}
			spends := text(r["monthly_spend"]) != "" && text(r["monthly_spend"]) != "0.00"
			if number, ok := r["monthly_spend"].(float64); ok && number > 0 {
				spends = true
			}
			if plan == nil && paid {
				met["left"]++
				left = true
			}
			if spends {
				paid = true
				if left {
					met["came back"]++
					left = false
				}
			}
		}
	}
	for name, least := range map[string]int{
		"currency USD": 500, "currency EUR": 20, "interval month": 10, "interval year": 20, "interval ": 1, "discount": 1,
		"record without plan": 300, "plan starter": 100, "plan team": 100, "plan business": 50, "left": 30, "came back": 5,
	} {
		if met[name] < least {
			t.Errorf("%s: %d times; want at least %d", name, met[name], least)
		}
	}
}

func list(v any) []any {
	elements, _ := v.([]any)
	return elements
}

func TestConversationsLookLikeLife(t *testing.T) {
	t.Parallel()
	story, err := demo.Facts(demo.Config{AsOf: asOf, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	dublin, _ := time.LoadLocation(demo.Timezone) // Facts has just loaded it
	var weekend, contacts, unanswered, outage, launch, before int
	shapes, mistakes := map[string]int{}, map[string]int{}
	waits := map[string][]int64{}
	for _, talk := range history().talks {
		for shape := range talk.shapes {
			shapes[shape]++
		}
		if !talk.byMan {
			continue
		}
		contacts++
		at := time.Unix(talk.created, 0).In(dublin)
		teams, topics, unknown := 0, 0, 0
		for _, tag := range talk.tags {
			switch {
			case slices.Contains(story.Teams, tag):
				teams++
			case slices.Contains(story.Topics, tag):
				topics++
			default:
				unknown++
			}
		}
		switch {
		case unknown > 0:
			mistakes["unknown"]++
		case teams+topics == 0:
			mistakes["none"]++
		case teams > 1:
			mistakes["two teams"]++
		case topics > 1:
			mistakes["two topics"]++
		case topics == 0:
			mistakes["no topic"]++
		}
		if weekday := at.Weekday(); weekday == time.Saturday || weekday == time.Sunday {
			weekend++
		}
		if story.Outage.Contains(at) && slices.Contains(talk.tags, "outage/degradation") {
			outage++
		}
		if story.Launch.Contains(at) {
			launch++
		}
		if story.Launch.Contains(at.AddDate(0, 0, 14)) {
			before++
		}
		if talk.answer == 0 {
			unanswered++
			continue
		}
		wait := talk.answer - talk.created
		office := at.Weekday() != time.Saturday && at.Weekday() != time.Sunday && at.Hour() >= 9 && at.Hour() < 17
		switch {
		case at.After(story.Outage.From) && at.Before(story.Outage.From.AddDate(0, 0, 3)):
			waits["outage"] = append(waits["outage"], wait)
		case !office:
			waits["night"] = append(waits["night"], wait)
		case at.Before(story.Span.From.AddDate(0, 9, 0)):
			waits["early"] = append(waits["early"], wait)
		default:
			waits["late"] = append(waits["late"], wait)
		}
	}
	median := func(of string) int {
		sorted := waits[of]
		slices.Sort(sorted)
		return int(sorted[len(sorted)/2] / 60)
	}
	for _, c := range []struct {
		what             string
		got, least, most int
	}{
		{"of the first generation", shapes["first generation"], 1000, 3000},
		{"of the second generation", shapes["second generation"], 2000, 4500},
		{"part by part", shapes["parts"], 700, 1800},
		{"contacts", contacts, 5000, 5700},
		{"contacts at week-ends", weekend, 200, 600},
		{"contacts without an answer", unanswered, 150, 700},
		{"contacts about the outage in it", outage, 90, 200},
		{"contacts in the launch week, over those two weeks before, in percent", launch * 100 / before, 130, 300},
		{"tags of nobody", mistakes["unknown"], 30, 250},
		{"contacts without tags", mistakes["none"], 50, 400},
		{"contacts of two teams", mistakes["two teams"], 10, 150},
		{"contacts of two topics", mistakes["two topics"], 10, 150},
		{"contacts without topic", mistakes["no topic"], 20, 200},
		{"minutes of waiting in the first half", median("early"), 20, 40},
		{"minutes of waiting in the second half", median("late"), 13, 27},
		{"minutes of waiting after the outage", median("outage"), 30, 120},
		{"minutes of waiting at other hours", median("night"), 30, 600},
	} {
		if c.got < c.least || c.got > c.most {
			t.Errorf("%s: %d; want %d to %d", c.what, c.got, c.least, c.most)
		}
	}
	if early, late := median("early"), median("late"); late >= early {
		t.Errorf("the median wait goes from %d to %d minutes; want it to fall", early, late)
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	story, err := demo.Facts(demo.Config{AsOf: asOf})
	if err != nil {
		t.Fatal(err)
	}
	// The end is a Tuesday, 01:00 in Dublin: the Mondays 21 and 9 weeks before its own are 2 February and 27 April.
	for _, c := range []struct{ what, got, want string }{
		{"from", story.Span.From.Format(time.RFC3339), "2024-12-30T00:00:00Z"},
		{"baseline", story.Baseline.Format(time.RFC3339), "2026-06-23T00:00:00Z"},
		{"launch", story.Launch.From.Format(time.RFC3339) + " " + story.Launch.To.Format(time.RFC3339), "2026-02-02T00:00:00Z 2026-02-09T00:00:00Z"},
		{"outage", story.Outage.From.Format(time.RFC3339) + " " + story.Outage.To.Format(time.RFC3339), "2026-04-29T09:05:00Z 2026-04-29T13:35:00Z"},
		{"bots", strings.Join(story.Bots, ","), "Fin,id:815309"},
		{"topics", strings.Join(story.Topics, ","), "feature request,bug report,unaware,confused,user issue,pricing question,positive user feedback,churn feedback,outage/degradation"},
		{"teams", strings.Join(story.Teams, ","), "billing,onboarding,scheduling,integrations"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s; want %s", c.what, c.got, c.want)
		}
	}
	if _, err := demo.Facts(demo.Config{}); err == nil {
		t.Error("facts of no instant")
	}
}

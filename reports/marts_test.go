package reports

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/sql/warehouse"
)

// marts are made-up marts: rows by the mart's name, in the columns of columnsOf.
type marts map[string][][]any

var columnsOf = map[string]string{
	"settings":               "name varchar, as_of timestamptz, timezone varchar, week_starts integer",
	"contacts_weekly":        "week_start date, contacts bigint, active_users bigint, contacts_per_active_user double, contacts_by_inactive_users bigint, contacts_by_leads bigint, outbound_replies bigint, reopened bigint, is_partial boolean, usual_contacts_per_active_user double default 0.078, upper_limit double default 0.11, is_sharp_rise boolean default false",
	"contacts":               "conversation_id varchar, contacted_at timestamptz, week_start date, weekday integer, hour integer, channel varchar, topic varchar, team varchar, is_answered boolean, is_bot_answered boolean",
	"conversations":          "conversation_id varchar, created_at timestamptz, state varchar",
	"conversation_parts":     "part_id varchar, conversation_id varchar, created_at timestamptz, is_contact_message boolean, body varchar, tags varchar[]",
	"topics_weekly":          "week_start date, team varchar, topic varchar, messages bigint, contacts bigint",
	"tag_violations":         "conversation_id varchar, part_id varchar, written_at timestamptz, teams varchar[], topics varchar[], reason varchar",
	"topic_messages":         "conversation_id varchar, part_id varchar, written_at timestamptz, team varchar, topic varchar",
	"staffing":               "weekday integer, hour integer, contacts_per_hour double, agents_needed bigint, agents_scheduled double",
	"staffing_zones":         "zone varchar, weekday integer, hour integer, contacts_per_hour double, agents_needed bigint, agents_scheduled double",
	"staffing_settings":      "handling_seconds double, answer_within_seconds double, target double, shrinkage double, concurrency double",
	"repeat_contacts":        "topic varchar, contacts bigint, repeated bigint, rate double",
	"reply_time_weekly":      "week_start date, replies bigint, median_seconds double, p90_seconds double, is_partial boolean",
	"first_week_contact":     "week_start date, new_users bigint, mature_users bigint, contacted bigint, rate double",
	"time_to_first_contact":  "days integer, at_risk bigint, contacted bigint, censored bigint, survival double",
	"contact_tenure":         "tenure_week integer, contacts bigint, users_at_risk bigint, contacts_per_user double",
	"outage_contacts":        "outage varchar, \"from\" timestamptz, \"to\" timestamptz, contacts bigint, usual_contacts double",
	"first_response_weekly":  "week_start date, contacts bigint, answered bigint, unanswered bigint, bot_only bigint, median_seconds double, p90_seconds double, median_office_seconds double, p90_office_seconds double, within_5m bigint, within_1h bigint, within_8h bigint, within_24h bigint, is_partial boolean",
	"contacts_by_hour":       "weekday integer, hour integer, contacts bigint, occurrences bigint, contacts_per_occurrence double",
	"contacts_by_hour_zones": "zone varchar, weekday integer, hour integer, contacts bigint, occurrences bigint, contacts_per_occurrence double",
	"mrr_monthly":            "month date, currency varchar, starting decimal(38,10), new decimal(38,10), reactivation decimal(38,10), expansion decimal(38,10), contraction decimal(38,10), churn decimal(38,10), ending decimal(38,10), customers bigint, started_and_stopped bigint, is_partial boolean",
	"deliveries":             "message varchar, person_id varchar, decision varchar, decided_at timestamptz",
	"segment_runs":           "segment varchar, definition varchar, run_id varchar, as_of timestamptz, members bigint",
	"segment_changes":        "segment varchar, person_id varchar, change varchar, changed_at timestamptz, definition varchar",
	"left_out":               "figure varchar, week_start date, reason varchar, n bigint",
}

// open puts made-up marts into an engine and gives the Query that reads them.
func (m marts) open(t *testing.T) Query {
	t.Helper()
	engine, err := warehouse.Open(t.Context(), warehouse.Config{MemoryLimit: "256MB", Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	for mart, columns := range columnsOf {
		if err := engine.Exec(t.Context(), fmt.Sprintf("create table %s (%s)", mart, columns)); err != nil {
			t.Fatalf("%s: %v", mart, err)
		}
		for chunk := range slices.Chunk(m[mart], 500) {
			var rows []string
			for _, cells := range chunk {
				var texts []string
				for _, c := range cells {
					texts = append(texts, sqlLiteral(c))
				}
				rows = append(rows, "("+strings.Join(texts, ", ")+")")
			}
			if err := engine.Exec(t.Context(), "insert into "+mart+" ("+firstColumns(columns, len(chunk[0]))+") values "+strings.Join(rows, ", ")); err != nil {
				t.Fatalf("%s: %v", mart, err)
			}
		}
	}
	return func(ctx context.Context, query string, args ...any) (*warehouse.Table, error) {
		return engine.Query(ctx, query, args...)
	}
}

// firstColumns are the names of so many columns; the others have their defaults.
func firstColumns(columns string, n int) string {
	var names []string
	for _, column := range strings.Split(columns, ", ")[:n] {
		name, _, _ := strings.Cut(column, " ")
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

func sqlLiteral(cell any) string {
	switch v := cell.(type) {
	case nil:
		return "null"
	case string:
		return warehouse.Literal(v)
	case []string:
		var texts []string
		for _, text := range v {
			texts = append(texts, warehouse.Literal(text))
		}
		return "[" + strings.Join(texts, ", ") + "]"
	case time.Time:
		return "'" + v.Format(time.RFC3339) + "'"
	case float64:
		return strconv.FormatFloat(v, 'e', -1, 64) // a double, not a decimal
	}
	return fmt.Sprint(cell)
}

func date(text string) time.Time {
	at, err := time.Parse("2006-01-02", text)
	if err != nil {
		panic(err)
	}
	return at
}

var asOf = time.Date(2026, 7, 1, 9, 30, 0, 0, time.UTC) // a Wednesday

func settingsRow(zone string) []any { return []any{"Tidepool", asOf, zone, 1} }

func testBuild() warehouse.Build {
	return warehouse.Build{
		ID: "20260701T093012Z-1f4c", AsOf: asOf, StartedAt: asOf.Add(12 * time.Second), Seconds: 4.2, Status: warehouse.Published,
		Rows: map[string]int64{"users": 3000, "companies": 300, "conversations": 6000, "contacts": 5214, "events": 212345},
	}
}

// noRows are the marts of a workspace in which nothing has happened yet.
func noRows() marts { return marts{"settings": {settingsRow("Europe/Dublin")}} }

// lifelike are marts as of a small software business: rhythms of the week, a
// launch, an outage, currencies, a message or two.
func lifelike() marts {
	rnd := rand.New(rand.NewPCG(4, 26))
	m := noRows()
	m.addWeeks(rnd)
	m.addHours(rnd)
	m.addContacts()
	m.addMonths(rnd)
	m.addDeliveries(rnd)
	m.addSegments(rnd)
	m.addTopics(rnd)
	m.addLives(rnd)
	for i, reason := range []string{"unanswered", "bot_only"} {
		for w := range 30 {
			m["left_out"] = append(m["left_out"], []any{"first_response_weekly", date("2026-06-29").AddDate(0, 0, -7*w), reason, int64(3*i + w%4)})
		}
	}
	m["left_out"] = append(m["left_out"], []any{"contacts_weekly", date("2026-06-29"), "begun_by_teammate", int64(11)})
	return m
}

func (m marts) addWeeks(rnd *rand.Rand) {
	for w := range 30 {
		start, partial := date("2026-06-29").AddDate(0, 0, -7*w), w == 0
		contacts := int64(96 + rnd.IntN(26) - w/2)
		median, p90, within := 1380+rnd.Float64()*600, 5*3600+rnd.Float64()*4*3600, []float64{0.16, 0.64, 0.93, 0.97}
		switch {
		case partial:
			contacts = contacts * 2 / 7
			p90 /= 3
		case w == 14: // a launch
			contacts += 61
		case w == 6: // an outage
			contacts += 104
			median, p90, within = 3*3600, 22*3600, []float64{0.05, 0.3, 0.7, 0.9}
		}
		unanswered := contacts/14 + int64(rnd.IntN(4))
		answered := contacts - unanswered
		active := int64(1400 - 12*w + rnd.IntN(40))
		m["contacts_weekly"] = append(m["contacts_weekly"], []any{
			start, contacts, active, float64(contacts) / float64(active), contacts / 9, contacts / 12, int64(rnd.IntN(14)), int64(rnd.IntN(9)), partial, 0.078, 0.11, w == 6})
		row := []any{start, contacts, answered, unanswered, unanswered / 3, math.Round(median), math.Round(p90*10) / 10, nil, nil}
		for _, share := range within {
			row = append(row, int64(float64(answered)*share))
		}
		m["first_response_weekly"] = append(m["first_response_weekly"], append(row, partial))
	}
}

func (m marts) addHours(rnd *rand.Rand) {
	for z, zone := range []struct {
		name  string
		shift int
	}{{"", 0}, {"America/New_York", -5}, {"Australia/Brisbane", 9}} {
		for cell := range 7 * 24 {
			at := ((cell-zone.shift)%168 + 168) % 168
			weekday, hour := at/24, at%24
			busy := 6*math.Exp(-math.Pow(float64(hour)-10.5, 2)/9) + 4*math.Exp(-math.Pow(float64(hour)-15.5, 2)/10) + 0.15
			if weekday >= 5 {
				busy *= 0.18
			}
			if weekday == 1 {
				busy *= 1.25
			}
			occurrences := int64(78)
			contacts := int64(busy * 14 * (0.85 + rnd.Float64()*0.3))
			row := []any{cell/24 + 1, cell % 24, contacts, occurrences, float64(contacts) / float64(occurrences)}
			if z == 0 {
				m["contacts_by_hour"] = append(m["contacts_by_hour"], row)
			} else {
				m["contacts_by_hour_zones"] = append(m["contacts_by_hour_zones"], append([]any{zone.name}, row...))
			}
		}
	}
}

// addContacts adds contacts of 30 weeks, all on Mondays and Tuesdays: on Tuesdays
// at 14:00 two a week in the last eight whole weeks, and none before.
func (m marts) addContacts() {
	for w := range 30 {
		start := date("2026-06-29").AddDate(0, 0, -7*w)
		m.addContact(start, 1, 9)
		if w >= 1 && w <= 8 {
			m.addContact(start, 2, 14)
			m.addContact(start, 2, 14)
		}
	}
}

// addContact adds one in the summer time of Dublin.
func (m marts) addContact(weekStart time.Time, weekday, hour int) {
	at := weekStart.AddDate(0, 0, weekday-1).Add(time.Duration(hour-1) * time.Hour)
	id := fmt.Sprint(len(m["contacts"]))
	m["contacts"] = append(m["contacts"], []any{id, at, weekStart, weekday, hour, "email", "confused", "billing", true, false})
	m["conversations"] = append(m["conversations"], []any{id, at, "closed"})
}

// addMonths keeps cents as whole numbers, so that movements add up exactly.
func (m marts) addMonths(rnd *rand.Rand) {
	for _, line := range []struct {
		currency string
		scale    int64
	}{{"USD", 10}, {"EUR", 1}} {
		ending, customers := int64(0), int64(0)
		for back := 17; back >= 0; back-- {
			starting := ending
			added := line.scale * int64(rnd.IntN(90_00)+40_00)
			won, grown := line.scale*int64(rnd.IntN(9_00)), starting/int64(30+rnd.IntN(20))
			shrunk, lost := starting/int64(70+rnd.IntN(20)), starting/int64(35+rnd.IntN(20))
			if back == 17 {
				won = 0
			}
			ending = starting + added + won + grown - shrunk - lost
			customers += line.scale + int64(rnd.IntN(3)) - customers/40
			row := []any{date("2026-07-01").AddDate(0, -back, 0), line.currency}
			for _, cents := range []int64{starting, added, won, grown, shrunk, lost, ending} {
				row = append(row, warehouse.Decimal(fmt.Sprintf("%d.%02d", cents/100, cents%100)))
			}
			m["mrr_monthly"] = append(m["mrr_monthly"], append(row, customers, int64(rnd.IntN(2)), back == 0))
		}
	}
}

func (m marts) addDeliveries(rnd *rand.Rand) {
	for _, message := range []struct {
		name string
		n    int
	}{{"getting-started", 41}, {"we-miss-you", 68}, {"power-users-thank-you", 12}} {
		for i := range message.n {
			decision := "sent"
			switch rnd.IntN(12) {
			case 0:
				decision = "unsubscribed"
			case 1:
				decision = "no_address"
			case 2:
				decision = []string{"failed", "capped", "held_out"}[rnd.IntN(3)]
			}
			m["deliveries"] = append(m["deliveries"], []any{message.name, fmt.Sprint("u:", i), decision, asOf.Add(-time.Duration(rnd.IntN(20*24)) * time.Hour)})
		}
	}
}

func (m marts) addSegments(rnd *rand.Rand) {
	for _, s := range []struct {
		name    string
		members int64
	}{{"quiet-for-30-days", 412}, {"not-activated", 187}, {"power-users", 64}, {"pricing-page-visitors", 23}, {"churned", 0}} {
		m["segment_runs"] = append(m["segment_runs"], []any{s.name, "d1", "r9", asOf, s.members})
		for i := range s.members / 6 {
			change := []string{"entered", "entered", "left", "baseline"}[rnd.IntN(4)]
			m["segment_changes"] = append(m["segment_changes"], []any{s.name, fmt.Sprint("u:", i), change, asOf.Add(-time.Duration(rnd.IntN(40*24)) * time.Hour), "d1"})
		}
	}
}

package reports

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// addTopics adds thirty weeks of tagged messages, with words, contacts that wait,
// tags to put right, and outages.
func (m marts) addTopics(rnd *rand.Rand) {
	usual := []struct {
		topic string
		n     int
	}{{"confused", 34}, {"bug report", 22}, {"feature request", 14}, {"user issue", 11}, {"pricing question", 8}, {"unaware", 6}, {"churn feedback", 2}}
	for w := range 30 {
		start := date("2026-06-29").AddDate(0, 0, -7*w)
		m["reply_time_weekly"] = append(m["reply_time_weekly"], []any{start, int64(180 + rnd.IntN(60)), 900 + rnd.Float64()*300, 4*3600 + rnd.Float64()*7200, w == 0})
		for _, topic := range usual {
			n := int64(topic.n + rnd.IntN(6))
			switch {
			case w == 0:
				n = n * 2 / 7
			case w == 1 && topic.topic == "pricing question":
				n += 19
			}
			m["topics_weekly"] = append(m["topics_weekly"], []any{start, "billing", topic.topic, n / 3, n / 4}, []any{start, "onboarding", topic.topic, n - n/3, n / 2})
		}
	}
	for i, topic := range usual {
		m["repeat_contacts"] = append(m["repeat_contacts"], []any{topic.topic, int64(topic.n * 25), int64(topic.n * (3 + i)), float64(3+i) / 25})
	}
	for i, text := range []string{"<p>Where do I change the <b>billing address</b>?</p>", "The export &amp; the chart differ by one. Which is right?", "I do not see what a seat is"} {
		id, at := fmt.Sprint("said-", i), asOf.Add(-time.Duration(22+i)*time.Hour)
		m["contacts"] = append(m["contacts"], []any{id, at, date("2026-06-29"), 2, 10, "email", nil, nil, false, i == 1})
		m["conversations"] = append(m["conversations"], []any{id, at, []string{"open", "open", "closed"}[i]})
		m["conversation_parts"] = append(m["conversation_parts"], []any{fmt.Sprint("p", i), id, at, true, text, []string{"confused", "billing"}})
		m["topic_messages"] = append(m["topic_messages"], []any{id, fmt.Sprint("p", i), at, "billing", "confused"})
		m["tag_violations"] = append(m["tag_violations"], []any{id, fmt.Sprint("p", i), at, []string{"billing", "onboarding"}[:i%3], []string{"confused"}, "several_teams"})
	}
	m["staffing_settings"] = [][]any{{600.0, 300.0, 0.8, 0.3, 1.0}}
	for cell := range 168 {
		weekday, hour := cell/24+1, cell%24
		needed, scheduled := int64(0), 0.0
		if weekday < 6 && hour >= 8 && hour < 20 {
			needed = 2
		}
		if weekday < 6 && hour >= 9 && hour < 17 {
			needed, scheduled = 4, 4
		}
		if weekday == 2 && hour == 10 {
			needed = 7
		}
		m["staffing"] = append(m["staffing"], []any{weekday, hour, float64(needed), needed, scheduled})
	}
	m["outage_contacts"] = [][]any{
		{"Search down", date("2026-05-19").Add(9 * time.Hour), date("2026-05-19").Add(13*time.Hour + 30*time.Minute), int64(88), 11.25, false},
		{"Slow exports", date("2026-02-03").Add(22 * time.Hour), date("2026-02-04").Add(2 * time.Hour), int64(3), 3.5, false},
	}
}

// addLives adds sign-ups of thirty weeks, and what became of them.
func (m marts) addLives(rnd *rand.Rand) {
	for w := range 30 {
		users := int64(70 + rnd.IntN(30))
		mature := users
		switch w {
		case 0:
			users, mature = users*2/7, 0
		case 1:
			mature = users / 3
		}
		contacted := mature * int64(18+rnd.IntN(8)) / 100
		rate := any(nil)
		if mature > 0 {
			rate = float64(contacted) / float64(mature)
		}
		m["first_week_contact"] = append(m["first_week_contact"], []any{date("2026-06-29").AddDate(0, 0, -7*w), users, mature, contacted, rate})
	}
	atRisk, survival := int64(2400), 1.0
	for day := range 210 {
		contacted, censored := int64(float64(atRisk)*0.08*math.Exp(-float64(day)/9)), int64(9)
		survival *= 1 - float64(contacted)/float64(atRisk)
		m["time_to_first_contact"] = append(m["time_to_first_contact"], []any{day, atRisk, contacted, censored, survival})
		atRisk -= contacted + censored
	}
	m["contact_tenure"] = [][]any{{-1, int64(41), int64(310), 41.0 / 310}}
	for week := range 60 {
		risk := int64(2400 - 38*week)
		contacts := int64(float64(risk) * (0.05 + 0.2*math.Exp(-float64(week)/3)))
		m["contact_tenure"] = append(m["contact_tenure"], []any{week, contacts, risk, float64(contacts) / float64(risk)})
	}
}

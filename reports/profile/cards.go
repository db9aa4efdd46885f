package profile

import (
	"fmt"
	"time"
)

// cards are the few figures that stand large at the head of a page.
func (p *Profile) cards(s Settings) []card {
	facts := p.Sections[0].Table
	value := func(name string) any {
		if at := facts.Index(name); at >= 0 {
			return facts.Rows[0][at]
		}
		return nil
	}
	ago := func(label, name string) card {
		at, known := value(name).(time.Time)
		if !known {
			return card{Label: label, Value: "–", Note: "never"}
		}
		return card{Label: label, Value: sinceWords(at, s), Raw: at.UTC().Format(time.RFC3339), Note: moment(at, s)}
	}
	number := func(label, name, note string) card {
		v := value(name)
		if v == nil {
			return card{Label: label, Value: "–", Note: note}
		}
		return card{Label: label, Value: fmt.Sprint(v), Raw: fmt.Sprint(v), Note: note}
	}
	if p.Entity == Company {
		mrr := shown(facts.Columns[facts.Index("mrr")], value("mrr"), s)
		currency, _ := value("currency").(string)
		return []card{
			number("People", "users", "in it by now"),
			{Label: "MRR", Value: mrr.Text, Raw: mrr.Text, Note: currency},
			ago("Last seen", "last_seen_at"),
			ago("Customer since", "created_at"),
		}
	}
	return []card{
		ago("Last seen", "last_seen_at"),
		number("Sessions", "sessions", "of page views no more than half an hour apart"),
		number("Relationship", "relationship", "of 100: 50 for what they wrote, 50 for what we did"),
		ago("Last heard from", "last_heard_from_at"),
	}
}

// sinceWords says how long before the build's instant something was, by the
// days of the zone's calendar.
func sinceWords(at time.Time, s Settings) string {
	midnight := func(t time.Time) time.Time {
		t = t.In(s.Zone)
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	}
	switch days := int(midnight(s.AsOf).Sub(midnight(at)).Hours() / 24); {
	case days < 0:
		return "later"
	case days == 0:
		return "today"
	case days == 1:
		return "yesterday"
	case days < 60:
		return fmt.Sprintf("%d days ago", days)
	case days < 730:
		return fmt.Sprintf("%d months ago", days/30)
	default:
		return fmt.Sprintf("%d years ago", days/365)
	}
}

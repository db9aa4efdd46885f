package reports

import (
	"fmt"
	"strings"
)

const leftOutQuery = `select figure, reason, sum(n)::bigint as n,
    coalesce(sum(n) filter (where week_start > settings.as_of - interval 28 day), 0)::bigint as n_28_days
from left_out cross join settings
group by figure, reason
order by figure, reason`

// leftOut is how many a figure leaves out for one reason, or counts against
// expectation.
type leftOut struct {
	Figure, Reason string // as in the mart left_out
	N, Lately      int64  // in all; of the last 28 days
}

func (d *desk) leftOut() ([]leftOut, error) {
	return ask(d, leftOutQuery, func(r row) leftOut {
		return leftOut{r.text("figure"), r.text("reason"), r.count("n"), r.count("n_28_days")}
	})
}

// words say the reason as what follows a number.
func (l leftOut) words() string {
	if text, ok := reasonNames[l.Figure+" "+l.Reason]; ok {
		return text
	}
	return plainly(reasonNames, l.Reason)
}

// leftOutOf says what some figures leave out, in a sentence; "" where that is
// nothing. A mart's figures are read from it by the names in left_out.
func (d *desk) leftOutOf(figures ...string) (string, error) {
	list, err := d.leftOut()
	if err != nil {
		return "", err
	}
	var parts []string
	for _, figure := range figures {
		for _, l := range list {
			if l.Figure == figure {
				parts = append(parts, fmt.Sprintf("%s %s (%s in the last four weeks)", formatCount(l.N), l.words(), formatCount(l.Lately)))
			}
		}
	}
	if len(parts) == 0 {
		return "", nil
	}
	return "Of all the history: " + strings.Join(parts, "; ") + ".", nil
}

// leftOutFigure lists what the figures do not count.
func (d *desk) leftOutFigure() (figure, error) {
	f := figure{ID: "left-out", Title: "What the figures leave out", When: d.byWeek(), SQL: leftOutQuery, Definition: []string{
		"Each figure leaves something out, by its definition: contacts without an answer have no time to first response, conversations begun by us are no contacts. Here is how many, by figure and reason.",
		"The last four weeks are the weeks that began within the 28 days before this page's time. Users whose sign-up has no date are in no week, and count in all alone.",
	}}
	list, err := d.leftOut()
	if err != nil {
		return f, err
	}
	if len(list) == 0 {
		f.Summary = "Nothing is left out."
		return f, nil
	}
	t := table{Caption: "What is left out, by figure and reason", Head: []string{"Figure", "Reason", "In all", "Last four weeks"}, Words: 2}
	for _, l := range list {
		t.Rows = append(t.Rows, tableRow{Cells: []cell{words(plainly(figureNames, l.Figure)), words(l.words()), counted(l.N), counted(l.Lately)}})
	}
	f.Summary = "No figure is better than what it leaves out."
	f.Views = []view{{ID: f.ID, Title: f.Title, Table: t}}
	return f, nil
}

// The names of left_out, in words. The workspace's own models may add others.
var (
	figureNames = map[string]string{
		"contacts_weekly":          "Contacts per week",
		"first_response_weekly":    "Time to first response",
		"reply_time_weekly":        "Time to each reply",
		"contacts_per_active_user": "Contacts per active user",
		"active_users":             "Active users",
		"team":                     "Team of a contact",
		"topic":                    "Topic of a contact",
		"topics_weekly":            "Messages by topic",
		"repeat_contacts":          "Who had to write again",
		"first_week_contact":       "New users who write in their first week",
		"time_to_first_contact":    "How long until people first write",
		"contact_tenure":           "Contacts over a customer's life",
	}
	// reasonNames are by the reason alone, or by figure and reason where a
	// figure means something of its own by it.
	reasonNames = map[string]string{
		"begun_by_teammate":            "begun by a teammate: no contact",
		"begun_by_automation":          "begun by a bot or an automatic message: no contact",
		"no_message":                   "in which nobody has said anything: no contact",
		"unanswered":                   "answered by nobody: no time",
		"bot_only":                     "answered by a bot alone: no time",
		"by_inactive_user":             "by a user who was not active: counted all the same",
		"by_lead":                      "by a lead or visitor: counted all the same",
		"not_signed_up":                "active, but not signed up",
		"no_team":                      "no team",
		"no_topic":                     "no topic",
		"several_teams":                "several teams",
		"several_topics":               "several topics",
		"several_teams_and_topics":     "several teams and topics",
		"several_teams_and_no_topic":   "several teams, no topic",
		"several_topics_and_no_team":   "several topics, no team",
		"untagged":                     "no message is tagged",
		"not_exactly_one":              "tagged with none, or with several",
		"reply_time_weekly unanswered": "messages that nobody has replied to yet: no time",
		"repeat_contacts unanswered":   "answered by nobody, so that nobody could come back after it",
		"not_over":                     "answered less than seven days ago: who comes back is not known yet",
		"unnamed":                      "of conversations that do not say whom they are with",
		"no_sign_up":                   "by people who have not signed up, or when is not known",
		"week_not_over":                "in a week of life that the user has not lived to its end",
		"after_deletion":               "made after the user was deleted",
		"topics_weekly no_team":        "tagged with a topic and no team",
		"topics_weekly no_topic":       "tagged with a team and no topic",
		"topics_weekly several_teams":  "tagged with several teams",
		"topics_weekly several_topics": "tagged with several topics",
		"topics_weekly untagged":       "contacts in which no message is tagged",
		"no_sign_up_date":              "people without a date of sign-up",
		"signs_up_later":               "people whose sign-up lies after this page's time",
		"first_week_not_over":          "new users whose first week is not over",
		"deleted_in_first_week":        "new users who were deleted in their first week",
		"wrote_before_sign_up":         "users who had written before they signed up",
		"deleted_before_sign_up":       "users who were deleted before they signed up, by their dates",
	}
)

func plainly(names map[string]string, name string) string {
	if known, ok := names[name]; ok {
		return known
	}
	return spaced(name)
}

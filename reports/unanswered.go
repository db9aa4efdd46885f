package reports

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

const unansweredQuery = `select contacts.conversation_id, contacts.contacted_at, contacts.channel, contacts.topic, contacts.team,
    contacts.is_bot_answered, conversations.state, count(*) over () as unanswered
from contacts
inner join conversations on conversations.conversation_id = contacts.conversation_id
cross join settings
where not contacts.is_answered and contacts.contacted_at > settings.as_of - interval 28 day
order by conversations.state = 'closed', contacts.contacted_at, contacts.conversation_id
limit 100`

// openContact is a contact of the last four weeks that nobody has answered.
type openContact struct {
	ID                          string
	At                          time.Time
	Channel, Topic, Team, State string
	BotOnly                     bool
	Of                          int64 // so many are there
}

func (d *desk) openContacts() ([]openContact, error) {
	return ask(d, unansweredQuery, func(r row) openContact {
		return openContact{
			r.text("conversation_id"), r.time("contacted_at"), r.text("channel"), r.text("topic"), r.text("team"), r.text("state"),
			r.flag("is_bot_answered"), r.count("unanswered"),
		}
	})
}

func (d *desk) unansweredFigure() (figure, error) {
	f := figure{ID: "unanswered", Title: "Not answered, last four weeks", When: d.byClock(), SQL: unansweredQuery, Definition: []string{
		"Contacts of the 28 days before this page's time that no teammate has replied to; what only a bot has answered is among them, and marked. Those that are still open come first, the longest wait on top.",
	}}
	list, err := d.openContacts()
	if err != nil {
		return f, err
	}
	if len(list) == 0 {
		f.Summary = "Every contact of the last four weeks has an answer."
		if contacts, err := d.contactWeeks(); err != nil {
			return f, err
		} else if totalContacts(contacts) == 0 {
			f.Summary = ""
			f.Missing, err = d.noRecentContacts()
			return f, err
		}
		return f, nil
	}
	t := table{Caption: "Contacts without an answer, open ones and the longest wait first", Head: []string{"Conversation", "Since", "State", "Topic", "Team", "Channel", "Waiting"}, Words: 6, Whole: true}
	stillOpen := 0
	for _, c := range list {
		state := c.State
		if c.BotOnly {
			state += ", a bot answered"
		}
		if c.State != "closed" {
			stillOpen++
		}
		t.Rows = append(t.Rows, tableRow{Cells: []cell{
			{Text: c.ID, Link: d.conversationLink(c.ID)}, words(d.formatTime(c.At)), words(state), words(orNone(c.Topic)), words(orNone(c.Team)), words(orNone(c.Channel)),
			{Text: formatDuration(d.settings.AsOf.Sub(c.At).Seconds()), Raw: raw(d.settings.AsOf.Sub(c.At).Seconds())},
		}})
	}
	f.Summary = plural(list[0].Of, "contact") + " of the last four weeks without an answer."
	if list[0].Of > int64(len(list)) {
		f.Summary += fmt.Sprintf(" These are the first %d.", len(list))
	} else {
		f.Summary += fmt.Sprintf(" %s still open.", isAre(stillOpen))
	}
	v := view{ID: f.ID, Title: f.Title, Table: t}
	if d.conversationURL == "" {
		v.Note = "Each line becomes a link to the conversation once parley.yaml says where that is: reports: {conversation_url: \"https://…/{conversation_id}\"}."
	}
	f.Views = []view{v}
	return f, nil
}

func isAre(n int) string {
	if n == 1 {
		return "1 is"
	}
	return formatCount(int64(n)) + " are"
}

func orNone(text string) string {
	if text == "" {
		return none
	}
	return text
}

// conversationLink is where a conversation can be read, "" where nothing says.
func (d *desk) conversationLink(id string) string {
	if d.conversationURL == "" {
		return ""
	}
	safe := strings.NewReplacer("&", "%26", "+", "%2B", "=", "%3D").Replace(url.PathEscape(id))
	return strings.ReplaceAll(d.conversationURL, "{conversation_id}", safe)
}

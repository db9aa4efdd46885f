package reports

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/net/html"
)

// sentencesQuery are the newest messages of each topic, in words.
const sentencesQuery = `with messages as (
    select topic_messages.topic, topic_messages.team, topic_messages.conversation_id, topic_messages.written_at as created_at, parts.body,
        row_number() over (partition by topic_messages.topic order by topic_messages.written_at desc, topic_messages.conversation_id, topic_messages.part_id) as nth
    from topic_messages
    cross join settings
    inner join conversation_parts as parts
        on parts.conversation_id = topic_messages.conversation_id and parts.part_id = topic_messages.part_id
    where topic_messages.topic is not null and parts.body is not null and topic_messages.written_at > settings.as_of - interval 28 day
)
select topic, team, conversation_id, created_at, body
from messages
where nth <= 20
order by topic, created_at desc, conversation_id`

const violationsQuery = `select tag_violations.conversation_id, tag_violations.part_id, tag_violations.written_at, cast(tag_violations.teams as varchar) as teams,
    cast(tag_violations.topics as varchar) as topics, tag_violations.reason, count(*) over () as violations
from tag_violations
order by written_at desc nulls last, tag_violations.conversation_id, tag_violations.part_id
limit 100`

type sentence struct {
	Topic, Team, Conversation, Text string
	At                              time.Time
}

// sentencesFigure shows what people wrote, in their words, topic by topic.
func (d *desk) sentencesFigure() (figure, error) {
	f := figure{ID: "sentences", Title: "In their words", When: d.byClock(), Definition: []string{
		"The newest messages of customers of the last four weeks that are tagged with the topic, twenty at the most, as they were written; long ones are cut here and whole in the CSV.",
	}}
	if absent, err := d.lacks("topic_messages"); err != nil || absent != nil {
		f.Missing = absent
		return f, err
	}
	f.SQL = sentencesQuery
	list, err := ask(d, sentencesQuery, func(r row) sentence {
		return sentence{r.text("topic"), r.text("team"), r.text("conversation_id"), wordsOf(r.text("body")), r.time("created_at")}
	})
	if err != nil {
		return f, err
	}
	if len(list) == 0 {
		f.Missing, err = d.noSentences()
		return f, err
	}
	switches := choice{Name: "Topic"}
	for _, s := range list {
		if n := len(switches.Options); n == 0 || switches.Options[n-1] != s.Topic {
			switches.Options = append(switches.Options, s.Topic)
			f.Views = append(f.Views, view{ID: fmt.Sprintf("%s-%d", f.ID, n), Title: "In their words: " + s.Topic, Chosen: []int{n}, Table: table{
				Caption: "Messages about “" + s.Topic + "”, the newest first", Head: []string{"Conversation", "When", "Team", "Message"}, Words: 4, Whole: true,
			}})
		}
		t := &f.Views[len(f.Views)-1].Table
		t.Rows = append(t.Rows, tableRow{Cells: []cell{
			{Text: s.Conversation, Link: d.conversationLink(s.Conversation)}, words(d.formatTime(s.At)), words(orNone(s.Team)), words(shortened(s.Text)),
		}})
	}
	f.Switches = []choice{switches}
	f.Summary = fmt.Sprintf("%s of the last four weeks, on %s.", plural(int64(len(list)), "message"), plural(int64(len(switches.Options)), "topic"))
	return f, nil
}

const taggedLatelyQuery = `select count(*) as messages
from topic_messages cross join settings
where topic is not null and written_at > settings.as_of - interval 28 day`

// noSentences says why no message can be shown: nobody wrote, nothing is tagged,
// or the records hold no texts.
func (d *desk) noSentences() (*missing, error) {
	tagged, err := ask(d, taggedLatelyQuery, func(r row) int64 { return r.count("messages") })
	if err != nil {
		return nil, err
	}
	if len(tagged) == 1 && tagged[0] > 0 {
		return &missing{
			What:    fmt.Sprintf("%s of the last four weeks with a topic, and the records hold no text of any.", plural(tagged[0], "message")),
			How:     "Send conversations with the body of each part to the topic parley.conversations, or name the column that holds it in the mapping of your import. Then build:",
			Command: buildAndReport,
		}, nil
	}
	why, err := d.noTaggedMessages()
	if err != nil || why != &noTopics {
		return why, err
	}
	return &missing{What: "No message of the last four weeks is tagged with one topic and, where parley.yaml names teams, one team.", How: noTopics.How, Lines: noTopics.Lines, Command: noTopics.Command}, nil
}

// wordsOf is a message without its markup, on one line.
func wordsOf(body string) string {
	var text strings.Builder
	tokens := html.NewTokenizer(strings.NewReader(body))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return strings.Join(strings.Fields(text.String()), " ")
		case html.TextToken:
			text.Write(tokens.Text())
		default:
			text.WriteByte(' ')
		}
	}
}

// shortened cuts a long text at a word.
func shortened(text string) string {
	const longest = 280
	letters := []rune(text)
	if len(letters) <= longest {
		return text
	}
	cut := string(letters[:longest])
	if at := strings.LastIndexByte(cut, ' '); at > longest/2 {
		cut = cut[:at]
	}
	return cut + " …"
}

// violationsFigure lists what is tagged otherwise than with one team and one topic.
func (d *desk) violationsFigure() (figure, error) {
	f := figure{ID: "tag-violations", Title: "Tags to put right", When: d.byClock(), Definition: []string{
		"Each message that is tagged wants exactly one team and one topic, and each contact at least one tagged message. Here is what has none, several, or only one of the two; it is in no figure by topic.",
	}}
	if absent, err := d.lacks("tag_violations"); err != nil || absent != nil {
		f.Missing = absent
		return f, err
	}
	f.SQL = violationsQuery
	type violation struct {
		conversation, teams, topics, reason string
		at                                  time.Time
		of                                  int64
	}
	list, err := ask(d, violationsQuery, func(r row) violation {
		return violation{r.text("conversation_id"), bare(r.text("teams")), bare(r.text("topics")), r.text("reason"), r.time("written_at"), r.count("violations")}
	})
	if err != nil {
		return f, err
	}
	if len(list) == 0 {
		contacts, err := ask(d, lastContactQuery, func(r row) time.Time { return r.time("contacted_at") })
		if err == nil && len(contacts) == 0 {
			f.Missing, err = d.noContactEver()
		} else {
			f.Summary = "Nothing is tagged amiss."
		}
		return f, err
	}
	t := table{Caption: "Conversations to tag anew, the newest first", Head: []string{"Conversation", "Written", "What is wrong", "Teams", "Topics"}, Words: 5, Whole: true}
	for _, v := range list {
		t.Rows = append(t.Rows, tableRow{Cells: []cell{
			{Text: v.conversation, Link: d.conversationLink(v.conversation)}, words(d.formatTime(v.at)), words(plainly(reasonNames, v.reason)), words(orNone(v.teams)), words(orNone(v.topics)),
		}})
	}
	f.Summary = counts(list[0].of, "message or contact is", "messages and contacts are") + " not tagged with one team and one topic."
	if list[0].of > int64(len(list)) {
		f.Summary += fmt.Sprintf(" These are the newest %d; the CSV file has the same.", len(list))
	}
	f.Views = []view{{ID: f.ID, Title: f.Title, Table: t}}
	return f, nil
}

// bare is a list as the engine writes it, without its brackets.
func bare(list string) string {
	return strings.TrimSuffix(strings.TrimPrefix(list, "["), "]")
}

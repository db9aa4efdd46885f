package profile

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/net/html"

	"parley/reports"
)

// personFacts are the columns of the mart users that are ours; all others are
// the workspace's own attributes.
var personFacts = strings.Fields(`person_id user_id email name phone city country timezone stage stage_since is_signed_up
	unsubscribed_from_emails created_at signed_up_at first_seen_at last_seen_at last_contacted_at last_heard_from_at
	sessions events relationship first_referrer first_landing_page first_source first_medium first_campaign`)

var personQuestions = []question{
	{"keys", "Known by", "no key is known", `select identity_map.key_kind, identity_map.key, identity_map.why,
    greatest(person_keys.first_seen_at, coalesce(identity_map.valid_from, person_keys.first_seen_at)) as since,
    identity_map.valid_to as until
from identity_map inner join person_keys using (key_kind, key)
where identity_map.person_id = $1
order by case key_kind when 'user_id' then 1 when 'email' then 2 when 'source_id' then 3 else 4 end, since, key`},
	{"companies", "Companies", "in no company", `select company_id, name, plan, joined_at, left_at
from memberships left join companies using (company_id)
where person_id = $1
order by left_at desc nulls first, joined_at desc, company_id`},
	{"enrichments", "What others say", "nobody else says anything", `select name, value, value_type, source, observed_at as since
from enrichments
where entity = 'person' and id = $1
order by name, source`},
	{"tags", "Tags", "no tag", `select tag, tagged_by, tagged_at from tags where person_id = $1 order by tag`},
	{"segments", "Segments", "in no segment", `select segment, entered_at as since from segment_members where person_id = $1 order by segment`},
	{"event_counts", "Events", "no event", `select event_name, cast(sum(events) as bigint) as events, min(first_at) as first_at, max(last_at) as last_at
from person_events_daily
where person_id = $1
group by event_name
order by events desc, event_name`},
}

// saidKind is the kind of an entry of a timeline whose detail is what somebody wrote.
const saidKind = "said"

const personTimeline = `
    select occurred_at as happened_at, 'event' as kind, event_name as what, coalesce(metadata, url) as detail
    from events where person_id = $1 and event_name <> 'page_view'
    union all
    select started_at, 'session', landing_page,
        concat_ws(', ', case page_views when 1 then '1 page' else page_views || ' pages' end, 'from ' || coalesce(source, referrer), campaign)
    from sessions where person_id = $1
    union all
    select created_at, 'conversation', coalesce(nullif(subject, ''), 'conversation ' || conversation_id), concat_ws(', ', channel, state, topic)
    from conversations where person_id = $1
    union all
    select created_at, case when body is null then 'state' else 'said' end, concat_ws(', ', coalesce(author_name, speaker), nullif(part_type, 'source')), body
    from conversation_parts where person_id = $1 and (body is not null or part_type in ('close', 'open'))
    union all
    select decided_at, 'message', message, concat_ws(': ', decision, coalesce(nullif(subject, ''), nullif(reason, '')))
    from delivery_decisions where person_id = $1
    union all
    select changed_at, 'segment', segment, change from segment_changes where person_id = $1 and change <> 'baseline'
    union all
    select tagged_at, 'tag', tag, 'by ' || tagged_by from tags where person_id = $1
    union all
    select entered_at, 'stage', stage, 'after ' || former_stage from stage_changes where entity = 'person' and id = $1
    union all
    select joined_at, 'company', company_id, 'joined' from memberships where person_id = $1
    union all
    select left_at, 'company', company_id, 'left' from memberships where person_id = $1
    union all
    select signed_up_at, 'sign-up', 'signed up', null from users where person_id = $1 and is_signed_up`

// OfPerson is the profile of the person whom key names: an e-mail address, a
// user_id, a person_id, a cookie or the sending system's id. Its timeline has
// most entries at most; 0: all. The error is a *NotFoundError if nobody is known by it.
func OfPerson(ctx context.Context, query reports.Query, key string, most int) (*Profile, error) {
	id, others, err := FindPerson(ctx, query, key)
	if err != nil {
		return nil, err
	}
	row, err := query(ctx, "select * from users where person_id = $1", id)
	if err != nil || len(row.Rows) != 1 {
		return nil, fmt.Errorf("read the person %s: %w", id, err)
	}
	facts, attributes := split(row, personFacts)
	p := &Profile{Entity: Person, ID: id, Others: others, Name: firstText(facts.Rows[0], facts.Index("name"), facts.Index("email"), facts.Index("person_id"))}
	p.Sections = []Section{
		{Name: "person", Title: "About", Table: facts, Single: true},
		{Name: "attributes", Title: "Attributes", Table: attributes, Single: true, Empty: "no attribute has a value"},
	}
	asked, err := ask(ctx, query, id, personQuestions)
	if err != nil {
		return nil, err
	}
	timeline, err := timelineOf(ctx, query, id, personTimeline, most)
	if err != nil {
		return nil, err
	}
	p.Sections = append(append(p.Sections, asked...), timeline)
	return p, nil
}

// firstText is the first of the cells at places that holds text.
func firstText(cells []any, places ...int) string {
	for _, at := range places {
		if at < 0 {
			continue
		}
		if text, ok := cells[at].(string); ok && text != "" {
			return text
		}
	}
	return ""
}

// plainText is what is read of a message that was written in HTML, at most some 300 letters.
func plainText(body string) string {
	const most = 300
	var words []string
	for in := html.NewTokenizer(strings.NewReader(body)); ; {
		switch in.Next() {
		case html.ErrorToken:
			letters := []rune(strings.Join(words, " "))
			if len(letters) > most {
				return string(letters[:most]) + " …"
			}
			return string(letters)
		case html.TextToken:
			words = append(words, strings.Fields(html.UnescapeString(string(in.Text())))...)
		}
	}
}

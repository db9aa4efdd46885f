package profile

import (
	"context"
	"fmt"
	"strings"

	"parley/reports"
)

// companyFacts are the columns of the mart companies that are ours.
var companyFacts = strings.Fields(`company_id name plan monthly_spend currency mrr stage stage_since users sessions events contacts created_at last_seen_at`)

var companyQuestions = []question{
	{"people", "People", "nobody is in it", `select memberships.person_id, name, email, joined_at, left_at, last_seen_at, sessions
from memberships left join users using (person_id)
where company_id = $1
order by left_at desc nulls first, last_seen_at desc nulls last, memberships.person_id
limit 500`},
	{"enrichments", "What others say", "nobody else says anything", `select name, value, value_type, source, observed_at as since
from enrichments
where entity = 'company' and id = $1
order by name, source`},
	{"tags", "Tags", "no tag", `select tag, tagged_by, tagged_at from company_tags where company_id = $1 order by tag`},
	{"event_counts", "Events", "no event", `select event_name, cast(sum(events) as bigint) as events, min(first_at) as first_at, max(last_at) as last_at
from company_events_daily
where company_id = $1
group by event_name
order by events desc, event_name`},
}

const companyTimeline = `
    select occurred_at as happened_at, 'event' as kind, event_name as what, concat_ws(', ', person_id, coalesce(metadata, url)) as detail
    from events where company_id = $1 and event_name <> 'page_view'
    union all
    select created_at, 'conversation', coalesce(nullif(subject, ''), 'conversation ' || conversation_id), concat_ws(', ', person_id, channel, state, topic)
    from conversations where company_id = $1
    union all
    select tagged_at, 'tag', tag, 'by ' || tagged_by from company_tags where company_id = $1
    union all
    select entered_at, 'stage', stage, 'after ' || former_stage from stage_changes where entity = 'company' and id = $1
    union all
    select joined_at, 'person', person_id, 'joined' from memberships where company_id = $1
    union all
    select left_at, 'person', person_id, 'left' from memberships where company_id = $1
    union all
    select created_at, 'company', 'created', null from companies where company_id = $1`

// OfCompany is the profile of the company whose company_id, or else name, key
// is. Its timeline has most entries at most; 0: all. The error is a
// *NotFoundError if there is none.
func OfCompany(ctx context.Context, query reports.Query, key string, most int) (*Profile, error) {
	id, others, err := FindCompany(ctx, query, key)
	if err != nil {
		return nil, err
	}
	row, err := query(ctx, "select * from companies where company_id = $1", id)
	if err != nil || len(row.Rows) != 1 {
		return nil, fmt.Errorf("read the company %s: %w", id, err)
	}
	facts, attributes := split(row, companyFacts)
	c := &Profile{Entity: Company, ID: id, Others: others, Name: firstText(facts.Rows[0], facts.Index("name"), facts.Index("company_id"))}
	c.Sections = []Section{
		{Name: "company", Title: "About", Table: facts, Single: true},
		{Name: "attributes", Title: "Attributes", Table: attributes, Single: true, Empty: "no attribute has a value"},
	}
	asked, err := ask(ctx, query, id, companyQuestions)
	if err != nil {
		return nil, err
	}
	timeline, err := timelineOf(ctx, query, id, companyTimeline, most)
	if err != nil {
		return nil, err
	}
	c.Sections = append(append(c.Sections, asked...), timeline)
	return c, nil
}

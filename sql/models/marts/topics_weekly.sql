-- One row per local week, team and topic: messages of people that are tagged with
-- exactly one of each, a new question or piece of feedback each. A pair that was
-- ever used has a row in every week, 0 where it was not. What is tagged otherwise,
-- and contacts that are not tagged at all, stand in tag_violations.
-- grain: week, team, topic
-- key: week_start, team, topic
-- order: week_start, team, topic
-- column week_start: first day of the local week in which the messages were written
-- column team: its tag; NULL where the workspace names no teams
-- column topic: its tag; NULL where the workspace names no topics
-- column messages: how many
-- column contacts: of these, the first messages of contacts
-- column is_partial: the week had not ended at as_of
-- check week_start: not_null
-- check messages: not_null, range(0, )
-- check contacts: not_null, range(0, )
with

weeks as (

    select * from int_weeks__spanned

),

messages as (

    select * from topic_messages

),

pairs as (

    select distinct
        team,
        topic
    from messages

),

weekly as (

    select
        week_start,
        team,
        topic,
        cast(count(*) as bigint) as messages,
        cast(count(*) filter (where is_contact) as bigint) as contacts
    from messages
    group by week_start, team, topic

),

final as (

    select
        weeks.week_start,
        pairs.team,
        pairs.topic,
        coalesce(weekly.messages, 0) as messages,
        coalesce(weekly.contacts, 0) as contacts,
        weeks.is_partial
    from weeks
    cross join pairs
    left join weekly
        on weekly.week_start = weeks.week_start
        and weekly.team is not distinct from pairs.team
        and weekly.topic is not distinct from pairs.topic

)

select * from final

-- One row per UTC date, company and name of event: how often, first and last
-- time, and by how many people. An event is that of the company that it names;
-- where it names none, of each company that the person was in at that instant.
-- Deleted companies are not in it.
-- grain: date, company, event name
-- key: occurred_on, company_id, event_name
-- incremental: date(occurred_on) of events
-- touched by memberships: select person_events_daily.occurred_on from person_events_daily semi join changed using (person_id)
-- touched by int_companies__deleted: select cast(events.occurred_at as date) from events semi join changed using (company_id)
-- column occurred_on: the UTC date
-- column company_id: which company
-- column event_name: as sent; page_view is one
-- column events: how many
-- column people: who did it on that date
-- column first_at: the first on that date
-- column last_at: the last on that date
-- check events: not_null, range(1, )
-- check people: range(1, )
with

events as (

    select * from events

),

memberships as (

    select * from memberships

),

placed as (

    select
        event_name,
        person_id,
        occurred_at,
        company_id
    from events
    where company_id is not null

    union all

    select
        events.event_name,
        events.person_id,
        events.occurred_at,
        memberships.company_id
    from events
    inner join memberships
        on memberships.person_id = events.person_id
        and memberships.joined_at <= events.occurred_at
        and coalesce(memberships.left_at, parse_instant('9999-12-31T23:59:59.999999Z')) > events.occurred_at
    where events.company_id is null

),

final as (

    select
        local_date(placed.occurred_at, 'UTC') as occurred_on,
        placed.company_id,
        placed.event_name,
        cast(count(*) as bigint) as events,
        cast(count(distinct placed.person_id) as bigint) as people,
        min(placed.occurred_at) as first_at,
        max(placed.occurred_at) as last_at
    from placed
    anti join int_companies__deleted
        on int_companies__deleted.company_id = placed.company_id
    group by 1, 2, 3

)

select * from final

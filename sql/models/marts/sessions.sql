-- One row per session: page views of one person in their order. A new one begins
-- after a gap of more than 30 minutes (exactly 30:00 goes on), or when a traffic
-- source value (any of the five utm values) is not empty and differs from the
-- last one that was not empty since the last gap. An empty value is no change;
-- a first value after page views without any is one.
-- A person's page views on several devices are one row of views.
-- grain: session
-- key: session_id
-- column session_id: event_id of its first page view
-- column person_id: whose page views they are
-- column user_id: of that person; NULL for leads, visitors and the deleted
-- column started_at: first page view
-- column ended_at: last page view; a session of one page view ends when it starts
-- column page_views: how many there are
-- column source: utm_source of the session, NULL if no page view has one; medium, campaign, term and content likewise
-- column landing_page: url of the first page view
-- column referrer: of the first page view
-- check person_id: not_null
-- check page_views: range(1, )
with

page_views as (

    select
        event_id,
        person_id,
        user_id,
        occurred_at,
        url,
        referrer,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_term,
        utm_content
    from events
    where event_name = 'page_view'

),

gapped as (

    select
        *,
        case
            when seconds_between(
                lag(occurred_at) over (partition by person_id order by occurred_at, event_id),
                occurred_at
            ) <= 1800 then 0
            else 1
        end as is_after_gap
    from page_views

),

runs as (

    select
        *,
        sum(is_after_gap) over (
            partition by person_id
            order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as run_number
    from gapped

),

-- Only page views that carry a value can change it: mostly a small part of all.
traffic_values as (

    select event_id, person_id, run_number, occurred_at, is_after_gap, 'source' as field, utm_source as traffic_value
    from runs
    where utm_source is not null

    union all

    select event_id, person_id, run_number, occurred_at, is_after_gap, 'medium' as field, utm_medium as traffic_value
    from runs
    where utm_medium is not null

    union all

    select event_id, person_id, run_number, occurred_at, is_after_gap, 'campaign' as field, utm_campaign as traffic_value
    from runs
    where utm_campaign is not null

    union all

    select event_id, person_id, run_number, occurred_at, is_after_gap, 'term' as field, utm_term as traffic_value
    from runs
    where utm_term is not null

    union all

    select event_id, person_id, run_number, occurred_at, is_after_gap, 'content' as field, utm_content as traffic_value
    from runs
    where utm_content is not null

),

compared as (

    select
        event_id,
        is_after_gap,
        traffic_value,
        lag(traffic_value) over (
            partition by person_id, run_number, field
            order by occurred_at, event_id
        ) as former_value
    from traffic_values

),

changes as (

    select distinct event_id
    from compared
    where is_after_gap = 0
        and traffic_value is distinct from former_value

),

marked as (

    select
        runs.*,
        case when runs.is_after_gap = 1 or changes.event_id is not null then 1 else 0 end as is_start
    from runs
    left join changes using (event_id)

),

numbered as (

    select
        *,
        sum(is_start) over (
            partition by person_id
            order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as session_number
    from marked

),

final as (

    select
        max(case when is_start = 1 then event_id end) as session_id,
        person_id,
        max(user_id) as user_id,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        cast(count(*) as bigint) as page_views,
        max(utm_source) as source,
        max(utm_medium) as medium,
        max(utm_campaign) as campaign,
        max(utm_term) as term,
        max(utm_content) as content,
        max(case when is_start = 1 then url end) as landing_page,
        max(case when is_start = 1 then referrer end) as referrer
    from numbered
    group by person_id, session_number

)

select * from final

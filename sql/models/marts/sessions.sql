-- One row per session: page views of one person in their order. A new one begins
-- after a gap of more than 30 minutes (exactly 30:00 goes on), or when a traffic
-- source value (any of the five utm values) is not empty and differs from the
-- last one that was not empty since the last gap. An empty value is no change;
-- a first value after page views without any is one.
-- A person's page views on several devices are one row of views.
-- grain: session
-- key: session_id
-- incremental: person_id
-- parts: date(started_at)
-- column session_id: event_id of its first page view
-- column person_id: whose page views they are
-- column user_id: of that person; NULL for leads, visitors and the deleted
-- column started_at: first page view
-- column ended_at: last page view; a session of one page view ends when it starts
-- column page_views: how many there are
-- column source: utm_source of the session; NULL if none of its page views has one
-- column medium: utm_medium, likewise
-- column campaign: utm_campaign, likewise
-- column term: utm_term, likewise
-- column content: utm_content, likewise
-- column landing_page: url of the first page view
-- column referrer: of the first page view
-- check person_id: not_null
-- check page_views: range(1, )
with

page_views as (

    select
        event_id,
        person_id,
        occurred_at,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_term,
        utm_content
    from events
    where event_name = 'page_view'

),

-- The only pass that sorts all page views; what follows is about those where a
-- session may begin.
ordered as (

    select
        *,
        row_number() over (partition by person_id order by occurred_at, event_id) as view_number,
        lag(occurred_at) over (partition by person_id order by occurred_at, event_id) as former_at
    from page_views

),

visitors as (

    select
        person_id,
        count(*) as views,
        max(occurred_at) as last_at
    from page_views
    group by person_id

),

points as (

    select
        *,
        case when seconds_between(former_at, occurred_at) <= 1800 then 0 else 1 end as is_after_gap
    from ordered
    where former_at is null
        or seconds_between(former_at, occurred_at) > 1800
        or coalesce(utm_source, utm_medium, utm_campaign, utm_term, utm_content) is not null

),

runs as (

    select
        *,
        cast(
            sum(is_after_gap) over (
                partition by person_id
                order by view_number
                rows between unbounded preceding and current row
            ) as bigint
        ) as run_number
    from points

),

traffic_values as (

    select event_id, person_id, run_number, view_number, is_after_gap, 'source' as field, utm_source as traffic_value
    from runs
    where utm_source is not null

    union all

    select event_id, person_id, run_number, view_number, is_after_gap, 'medium' as field, utm_medium as traffic_value
    from runs
    where utm_medium is not null

    union all

    select event_id, person_id, run_number, view_number, is_after_gap, 'campaign' as field, utm_campaign as traffic_value
    from runs
    where utm_campaign is not null

    union all

    select event_id, person_id, run_number, view_number, is_after_gap, 'term' as field, utm_term as traffic_value
    from runs
    where utm_term is not null

    union all

    select event_id, person_id, run_number, view_number, is_after_gap, 'content' as field, utm_content as traffic_value
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
            order by view_number
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
        cast(
            sum(is_start) over (
                partition by person_id
                order by view_number
                rows between unbounded preceding and current row
            ) as bigint
        ) as session_number
    from marked

),

sessions as (

    select
        person_id,
        session_number,
        max(case when is_start = 1 then event_id end) as session_id,
        min(occurred_at) as started_at,
        min(view_number) as first_view_number,
        max(case when is_start = 1 then former_at end) as former_ended_at,
        max(utm_source) as source,
        max(utm_medium) as medium,
        max(utm_campaign) as campaign,
        max(utm_term) as term,
        max(utm_content) as content
    from numbered
    group by person_id, session_number

),

ended as (

    select
        *,
        lead(first_view_number) over (partition by person_id order by session_number) as next_view_number,
        lead(former_ended_at) over (partition by person_id order by session_number) as next_former_ended_at
    from sessions

),

final as (

    select
        ended.session_id,
        ended.person_id,
        first_views.user_id,
        ended.started_at,
        coalesce(ended.next_former_ended_at, visitors.last_at) as ended_at,
        cast(coalesce(ended.next_view_number, visitors.views + 1) - ended.first_view_number as bigint) as page_views,
        ended.source,
        ended.medium,
        ended.campaign,
        ended.term,
        ended.content,
        first_views.url as landing_page,
        first_views.referrer
    from ended
    inner join visitors using (person_id)
    inner join events as first_views
        on first_views.event_id = ended.session_id

)

select * from final

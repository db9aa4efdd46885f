-- One row per person whose page views are known, with how they came first: their
-- first page view ever, also where it was a cookie's and they left a name only
-- later. Whose a view is says the map of keys.
-- grain: person
-- key: person_id
-- incremental: person_id
-- column person_id: who
-- column user_id: of the person; NULL for leads, visitors and the deleted
-- column first_touch_at: the first page view
-- column landing_page: its url
-- column referrer: the page before it, as sent; NULL: they came directly, or the browser did not say
-- column source: utm_source of the session that it began; NULL if none of its page views has one
-- column medium: utm_medium, likewise
-- column campaign: utm_campaign, likewise
-- check first_touch_at: not_null
with

sessions as (

    select * from sessions

),

ranked as (

    select
        person_id,
        user_id,
        started_at,
        landing_page,
        referrer,
        source,
        medium,
        campaign,
        row_number() over (partition by person_id order by started_at, session_id) as oldest_first
    from sessions

),

final as (

    select
        person_id,
        user_id,
        started_at as first_touch_at,
        landing_page,
        referrer,
        source,
        medium,
        campaign
    from ranked
    where oldest_first = 1

)

select * from final

-- One row per local week: how long contacts waited for the first human reply, by
-- the week in which they were made. The unanswered are left out of the median
-- and counted beside it; recent weeks read low because slow answers are not in
-- yet. Conversations begun by us have no first response and are not in it.
-- grain: week
-- key: week_start
-- order: week_start
-- column week_start: first day of the local week, by the workspace's zone and first day of the week
-- column contacts: conversations that users and leads began
-- column answered: those with a human reply by as_of
-- column unanswered: those without, whether a bot answered or nobody
-- column bot_only: of the unanswered those that a bot or an automatic message answered
-- column median_seconds: of the answered, interpolated between the two in the middle; NULL if none
-- column p90_seconds: nine tenths were answered within it, interpolated; NULL if none
-- column median_office_seconds: within office hours; NULL where there is no schedule
-- column p90_office_seconds: likewise
-- column within_5m: contacts answered within 5 minutes, exactly 5:00 included
-- column within_1h: within an hour, likewise
-- column within_8h: within 8 hours, likewise
-- column within_24h: within 24 hours, likewise
-- column is_partial: the week had not ended at as_of
-- check contacts: not_null, range(0, )
-- check answered: not_null, range(0, )
-- check unanswered: not_null, range(0, )
-- check median_seconds: range(0, )
-- check is_partial: not_null
with

weeks as (

    select * from int_weeks__spanned

),

contacts as (

    select * from contacts

),

weekly as (

    select
        week_start,
        cast(count(*) as bigint) as contacts,
        cast(count(*) filter (where is_answered) as bigint) as answered,
        cast(count(*) filter (where not is_answered) as bigint) as unanswered,
        cast(count(*) filter (where not is_answered and is_bot_answered) as bigint) as bot_only,
        percentile_cont(0.5) within group (order by first_response_seconds) as median_seconds,
        percentile_cont(0.9) within group (order by first_response_seconds) as p90_seconds,
        percentile_cont(0.5) within group (order by first_response_office_seconds) as median_office_seconds,
        percentile_cont(0.9) within group (order by first_response_office_seconds) as p90_office_seconds,
        cast(count(*) filter (where first_response_seconds <= 300) as bigint) as within_5m,
        cast(count(*) filter (where first_response_seconds <= 3600) as bigint) as within_1h,
        cast(count(*) filter (where first_response_seconds <= 28800) as bigint) as within_8h,
        cast(count(*) filter (where first_response_seconds <= 86400) as bigint) as within_24h
    from contacts
    group by week_start

),

final as (

    select
        weeks.week_start,
        coalesce(weekly.contacts, 0) as contacts,
        coalesce(weekly.answered, 0) as answered,
        coalesce(weekly.unanswered, 0) as unanswered,
        coalesce(weekly.bot_only, 0) as bot_only,
        weekly.median_seconds,
        weekly.p90_seconds,
        weekly.median_office_seconds,
        weekly.p90_office_seconds,
        coalesce(weekly.within_5m, 0) as within_5m,
        coalesce(weekly.within_1h, 0) as within_1h,
        coalesce(weekly.within_8h, 0) as within_8h,
        coalesce(weekly.within_24h, 0) as within_24h,
        weeks.is_partial
    from weeks
    left join weekly using (week_start)

)

select * from final

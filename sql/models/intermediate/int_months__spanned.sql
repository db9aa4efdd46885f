-- One row per local month from the first in which any company is known to have
-- paid, or to have begun a subscription, to that of as_of.
-- grain: month
-- key: month
-- column month_number: months since year 0, to count with
-- column starts_at: the month's first instant
-- column state_before: what held before this instant is the month's last state: the month's end, or just after as_of
-- column is_partial: the month had not ended at as_of
with

settings as (

    select * from settings

),

firsts as (

    select min(observed_at) as first_at from stg_company_attributes where name = 'monthly_spend'

    union all

    select min(started_at) as first_at from stg_subscriptions

),

span as (

    select
        local_month(min(firsts.first_at), settings.timezone) as first_day,
        local_date(settings.as_of, settings.timezone) as last_day,
        settings.timezone,
        settings.as_of
    from firsts
    cross join settings
    group by settings.timezone, settings.as_of

),

months as (

    select
        days.day as month,
        cast(days.day + interval 1 month as date) as next_month,
        span.last_day,
        span.timezone,
        span.as_of
    from span
    cross join lateral each_day(span.first_day, span.last_day) as days
    where day(days.day) = 1

),

final as (

    select
        month,
        cast(year(month) * 12 + month(month) as integer) as month_number,
        next_month > last_day as is_partial,
        day_start(month, timezone) as starts_at,
        case
            when next_month > last_day then as_of + interval 1 microsecond
            else day_start(next_month, timezone)
        end as state_before
    from months

)

select * from final

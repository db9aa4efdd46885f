-- One row per outage and span of time that it is held beside: its own, and the same
-- local days of the week and hours one to four weeks before. A span before is left
-- out where it begins before the first contact's local day, or where another outage
-- falls into it: it says nothing of what is usual.
-- grain: outage, weeks before
-- key: outage, started_at, ended_at, weeks_before
-- column weeks_before: 0 is the outage itself
-- column from_at: begin of the span
-- column to_at: its end, which is up to it; of an outage that was not over, as_of
with

settings as (

    select * from settings

),

outages as (

    select * from stg_outages

),

firsts as (

    select
        min(contacted_at) as first_at
    from contacts

),

weeks as (

    select 0 as weeks_before

    union all

    select 1 as weeks_before

    union all

    select 2 as weeks_before

    union all

    select 3 as weeks_before

    union all

    select 4 as weeks_before

),

-- The outage itself is taken as it is: its local time may stand for two instants.
shifted as (

    select
        outages.*,
        weeks.weeks_before,
        case
            when weeks.weeks_before = 0 then outages.started_at
            else instant(local_time(outages.started_at, settings.timezone) - interval 7 day * weeks.weeks_before, settings.timezone)
        end as from_at,
        case
            when weeks.weeks_before = 0 then outages.seen_until
            else instant(local_time(outages.seen_until, settings.timezone) - interval 7 day * weeks.weeks_before, settings.timezone)
        end as to_at
    from outages
    cross join settings
    cross join weeks

),

disturbed as (

    select distinct
        shifted.outage,
        shifted.started_at,
        shifted.ended_at,
        shifted.weeks_before
    from shifted
    inner join outages as others
        on others.started_at < shifted.to_at
        and others.ended_at > shifted.from_at
    where shifted.weeks_before > 0

),

final as (

    select
        shifted.outage,
        shifted.started_at,
        shifted.ended_at,
        shifted.is_partial,
        shifted.weeks_before,
        shifted.from_at,
        shifted.to_at
    from shifted
    cross join settings
    cross join firsts
    left join disturbed
        on disturbed.outage = shifted.outage
        and disturbed.started_at = shifted.started_at
        and disturbed.ended_at = shifted.ended_at
        and disturbed.weeks_before = shifted.weeks_before
    where shifted.weeks_before = 0
        or (
            disturbed.outage is null
            and local_date(shifted.from_at, settings.timezone) >= local_date(firsts.first_at, settings.timezone)
        )

)

select * from final

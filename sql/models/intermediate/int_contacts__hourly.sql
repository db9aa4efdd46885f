-- One row per zone (the workspace's and the reports'), local day of the week and
-- hour, with the contacts in it and how often it occurred.
-- An occurrence begins with each quarter of an hour in which the zone's clock
-- enters another hour, or is set back into the same one. The range is from the
-- start of the first contact's local day to as_of.
-- grain: zone, weekday, hour
-- key: zone, weekday, hour
with

settings as (

    select * from settings

),

contacts as (

    select * from contacts

),

zones as (

    select timezone as zone from settings

    union

    select zone from report_zones

),

span as (

    select
        zones.zone,
        settings.as_of,
        day_start(local_date(firsts.first_at, zones.zone), zones.zone) as starts_at
    from zones
    cross join settings
    cross join (select min(contacted_at) as first_at from contacts) as firsts
    where firsts.first_at is not null

),

quarters as (

    select
        span.zone,
        local_time(quarter_hours.quarter_at, span.zone) as clock,
        local_time(quarter_hours.quarter_at - interval 15 minute, span.zone) as clock_before,
        quarter_hours.quarter_at = span.starts_at as is_first
    from span
    cross join lateral each_quarter_hour(span.starts_at, span.as_of) as quarter_hours

),

occurred as (

    select
        zone,
        iso_weekday(cast(clock as date)) as weekday,
        cast(hour(clock) as integer) as hour,
        cast(count(*) as bigint) as occurrences
    from quarters
    where is_first
        or clock <= clock_before
        or hour(clock) <> hour(clock_before)
    group by 1, 2, 3

),

contacted as (

    select
        span.zone,
        iso_weekday(local_date(contacts.contacted_at, span.zone)) as weekday,
        local_hour(contacts.contacted_at, span.zone) as hour,
        cast(count(*) as bigint) as contacts
    from contacts
    cross join span
    group by 1, 2, 3

),

days as (

    select iso_weekday(day) as weekday from each_day(date '2024-01-01', date '2024-01-07')

),

hours as (

    select cast(day(day) - 1 as integer) as hour from each_day(date '2024-01-01', date '2024-01-24')

),

final as (

    select
        span.zone,
        days.weekday,
        hours.hour,
        coalesce(contacted.contacts, 0) as contacts,
        coalesce(occurred.occurrences, 0) as occurrences,
        cast(coalesce(contacted.contacts, 0) as double) / nullif(occurred.occurrences, 0) as contacts_per_occurrence
    from span
    cross join days
    cross join hours
    left join contacted
        on contacted.zone = span.zone
        and contacted.weekday = days.weekday
        and contacted.hour = hours.hour
    left join occurred
        on occurred.zone = span.zone
        and occurred.weekday = days.weekday
        and occurred.hour = hours.hour

)

select * from final

-- One row per zone (the workspace's and the reports'), local day of the week and
-- hour, with the contacts in it and how often it occurred.
-- On a day of 24 hours each hour occurs once. The few other days (the clock
-- changes, or as_of lies within) are gone through by quarters of an hour: an
-- occurrence begins where the clock enters another hour, or is set back into the
-- same one. The range is from the start of the first contact's local day to as_of.
-- grain: zone, weekday, hour
-- key: zone, weekday, hour
-- column recent_contacts: those of the last 56 local days that were over by as_of, from the first contact's on
-- column recent_occurrences: of the hour, in these days
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
        local_date(firsts.first_at, zones.zone) as first_day,
        local_date(settings.as_of, zones.zone) as last_day,
        date_add(local_date(settings.as_of, zones.zone), -56) as recent_day
    from zones
    cross join settings
    cross join (select min(contacted_at) as first_at from contacts) as firsts
    where firsts.first_at is not null

),

midnights as (

    select
        span.zone,
        span.as_of,
        calendar.day,
        calendar.day >= span.recent_day and calendar.day < span.last_day as is_recent,
        day_start(calendar.day, span.zone) as starts_at
    from span
    cross join lateral each_day(span.first_day, date_add(span.last_day, 1)) as calendar

),

days as (

    select
        zone,
        iso_weekday(day) as weekday,
        starts_at,
        least(lead(starts_at) over (partition by zone order by day), as_of) as ends_at,
        is_recent,
        day
    from midnights

),

whole_days as (

    select
        zone,
        weekday,
        cast(count(*) as bigint) as occurrences,
        cast(count(*) filter (where is_recent) as bigint) as recent_occurrences
    from days
    where seconds_between(starts_at, ends_at) = 86400
    group by zone, weekday

),

quarters as (

    select
        days.zone,
        days.weekday,
        days.is_recent,
        local_time(quarter_hours.quarter_at, days.zone) as clock,
        local_time(quarter_hours.quarter_at - interval 15 minute, days.zone) as clock_before,
        quarter_hours.quarter_at = days.starts_at as is_first
    from days
    cross join lateral each_quarter_hour(days.starts_at, days.ends_at) as quarter_hours
    where seconds_between(days.starts_at, days.ends_at) <> 86400

),

other_days as (

    select
        zone,
        weekday,
        cast(hour(clock) as integer) as hour,
        cast(count(*) as bigint) as occurrences,
        cast(count(*) filter (where is_recent) as bigint) as recent_occurrences
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
        cast(count(*) as bigint) as contacts,
        cast(
            count(*) filter (
                where local_date(contacts.contacted_at, span.zone) >= span.recent_day
                    and local_date(contacts.contacted_at, span.zone) < span.last_day
            ) as bigint
        ) as recent_contacts
    from contacts
    cross join span
    group by 1, 2, 3

),

weekdays as (

    select iso_weekday(day) as weekday from each_day(date '2024-01-01', date '2024-01-07')

),

hours as (

    select cast(day(day) - 1 as integer) as hour from each_day(date '2024-01-01', date '2024-01-24')

),

occurred as (

    select
        span.zone,
        weekdays.weekday,
        hours.hour,
        coalesce(whole_days.occurrences, 0) + coalesce(other_days.occurrences, 0) as occurrences,
        coalesce(whole_days.recent_occurrences, 0) + coalesce(other_days.recent_occurrences, 0) as recent_occurrences
    from span
    cross join weekdays
    cross join hours
    left join whole_days
        on whole_days.zone = span.zone
        and whole_days.weekday = weekdays.weekday
    left join other_days
        on other_days.zone = span.zone
        and other_days.weekday = weekdays.weekday
        and other_days.hour = hours.hour

),

final as (

    select
        occurred.zone,
        occurred.weekday,
        occurred.hour,
        coalesce(contacted.contacts, 0) as contacts,
        occurred.occurrences,
        cast(coalesce(contacted.contacts, 0) as double) / nullif(occurred.occurrences, 0) as contacts_per_occurrence,
        coalesce(contacted.recent_contacts, 0) as recent_contacts,
        occurred.recent_occurrences
    from occurred
    left join contacted
        on contacted.zone = occurred.zone
        and contacted.weekday = occurred.weekday
        and contacted.hour = occurred.hour

)

select * from final

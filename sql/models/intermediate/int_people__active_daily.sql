-- One row per person, UTC date on which they had an event or a page view, and
-- local week that it falls into: a UTC date can lie in two, and then its first
-- event lies in the one and its last in the other. Never derived from a last-seen
-- attribute, which is overwritten.
-- grain: date, person, week
-- key: occurred_on, person_id, week_start
-- incremental: date(occurred_on) of int_event_keys__daily
-- touched by int_person_keys__resolved: select occurred_on from int_event_keys__daily semi join changed using (key_kind, key)
with

settings as (

    select * from settings

),

days as (

    select * from int_event_keys__daily

),

keys as (

    select * from int_person_keys__resolved

),

dates as (

    select distinct occurred_on from days

),

-- Most dates lie in one week as a whole: only on the others the calendar is asked
-- for each row.
weeks as (

    select
        dates.occurred_on,
        local_week(instant(dates.occurred_on, 'UTC'), settings.timezone, settings.week_starts) as first_week,
        local_week(instant(date_add(dates.occurred_on, 1), 'UTC'), settings.timezone, settings.week_starts) as last_week
    from dates
    cross join settings

),

placed as (

    select
        days.occurred_on,
        keys.person_id,
        case
            when weeks.first_week = weeks.last_week then weeks.first_week
            else local_week(days.first_at, settings.timezone, settings.week_starts)
        end as first_week,
        case
            when weeks.first_week = weeks.last_week then weeks.first_week
            else local_week(days.last_at, settings.timezone, settings.week_starts)
        end as last_week
    from days
    cross join settings
    inner join weeks using (occurred_on)
    inner join keys
        on keys.key_kind = days.key_kind
        and keys.key = days.key
        and days.first_at >= keys.valid_from
        and days.first_at < keys.valid_to

),

final as (

    select occurred_on, person_id, first_week as week_start from placed

    union

    select occurred_on, person_id, last_week as week_start from placed

)

select * from final

-- One row per local week from the first with an event or a conversation to that
-- of as_of, so that a week in which nothing happened is a row and not a gap.
-- grain: week
-- key: week_start
-- column is_partial: the week had not ended at as_of. The first week is not marked: whether records before it are missing or there were none cannot be told from records
with

settings as (

    select * from settings

),

firsts as (

    select min(occurred_at) as first_at from events

    union all

    select min(created_at) as first_at from int_conversations__opened

    union all

    select min(first_contact_at) as first_at from int_conversations__opened

),

span as (

    select
        local_week(min(firsts.first_at), settings.timezone, settings.week_starts) as first_day,
        local_date(settings.as_of, settings.timezone) as last_day,
        settings.week_starts
    from firsts
    cross join settings
    group by settings.timezone, settings.as_of, settings.week_starts

),

final as (

    select
        days.day as week_start,
        date_add(days.day, 7) > span.last_day as is_partial
    from span
    cross join lateral each_day(span.first_day, span.last_day) as days
    where week_of(days.day, span.week_starts) = days.day

)

select * from final

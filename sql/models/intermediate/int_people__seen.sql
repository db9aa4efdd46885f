-- One row per person who had an event by as_of.
-- grain: person
-- key: person_id
-- incremental: person_id
-- touched by int_event_keys__daily: select int_person_keys__resolved.person_id
--     from int_person_keys__resolved semi join changed using (key_kind, key)
with

days as (

    select * from int_event_keys__daily

),

keys as (

    select * from int_person_keys__resolved

),

final as (

    select
        keys.person_id,
        cast(sum(days.events) as bigint) as events,
        min(days.first_at) as first_event_at,
        max(days.last_at) as last_event_at
    from days
    inner join keys
        on keys.key_kind = days.key_kind
        and keys.key = days.key
        and days.first_at >= keys.valid_from
        and days.first_at < keys.valid_to
    group by keys.person_id

)

select * from final

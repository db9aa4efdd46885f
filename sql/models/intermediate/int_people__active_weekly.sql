-- One row per person and local week in which they had an event or a page view.
-- Never derived from a last-seen attribute, which is overwritten.
-- grain: week, person
-- key: week_start, person_id
-- column is_user: signed up by the end of that week; else a lead or a visitor at the time
-- check is_user: not_null
with

settings as (

    select * from settings

),

people as (

    select * from int_people__described

),

active as (

    select distinct
        events.person_id,
        local_week(events.occurred_at, settings.timezone, settings.week_starts) as week_start
    from events
    cross join settings

),

final as (

    select
        active.week_start,
        active.person_id,
        coalesce(
            people.is_signed_up
            and (
                people.signed_up_week is null
                or people.signed_up_week <= active.week_start
            ),
            false
        ) as is_user
    from active
    left join people using (person_id)

)

select * from final

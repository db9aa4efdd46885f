-- One row per local week in which anybody had an event or a page view.
-- grain: week
-- key: week_start
-- incremental: week_start
-- touched by int_people__described: select int_people__active_daily.week_start
--     from int_people__active_daily semi join changed using (person_id)
-- touched by settings: select int_people__active_daily.week_start
--     from int_people__active_daily
--     inner join int_people__described using (person_id)
--     cross join moments
--     where int_people__described.signed_up_at > moments.low and int_people__described.signed_up_at <= moments.high
-- column active_users: distinct people who had signed up by the end of the week, and by as_of
-- column active_leads: distinct people who had not
with

settings as (

    select * from settings

),

active as (

    select distinct
        week_start,
        person_id
    from int_people__active_daily

),

people as (

    select * from int_people__described

),

judged as (

    select
        active.week_start,
        coalesce(
            case
                when people.says_sign_up
                    then people.signed_up_at <= settings.as_of and people.signed_up_week <= active.week_start
                else people.has_user_id
            end,
            false
        ) as is_user
    from active
    cross join settings
    left join people using (person_id)

),

final as (

    select
        week_start,
        cast(count(*) filter (where is_user) as bigint) as active_users,
        cast(count(*) filter (where not is_user) as bigint) as active_leads
    from judged
    group by week_start

)

select * from final

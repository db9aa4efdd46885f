-- One row per contact, and what its person was in the contact's week.
-- grain: contact
-- key: conversation_id
-- incremental: conversation_id
-- touched by int_people__active_daily: select contacts.conversation_id from contacts semi join changed using (person_id, week_start)
-- touched by int_people__described: select contacts.conversation_id from contacts semi join changed using (person_id)
-- touched by settings: select contacts.conversation_id
--     from contacts
--     inner join int_people__described using (person_id)
--     cross join moments
--     where int_people__described.signed_up_at > moments.low and int_people__described.signed_up_at <= moments.high
-- column is_active: had an event in that week
-- column is_user: had signed up by the end of the week, and by as_of; else a lead or a visitor at the time
with

settings as (

    select * from settings

),

contacts as (

    select * from contacts

),

active as (

    select distinct
        person_id,
        week_start
    from int_people__active_daily

),

people as (

    select * from int_people__described

),

final as (

    select
        contacts.conversation_id,
        contacts.week_start,
        active.person_id is not null as is_active,
        coalesce(
            case
                when people.says_sign_up
                    then people.signed_up_at <= settings.as_of and people.signed_up_week <= contacts.week_start
                else people.has_user_id
            end,
            false
        ) as is_user
    from contacts
    cross join settings
    left join people using (person_id)
    left join active
        on active.person_id = contacts.person_id
        and active.week_start = contacts.week_start

)

select * from final

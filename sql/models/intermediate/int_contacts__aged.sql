-- One row per contact: how long after its person's sign-up it was made.
-- grain: contact
-- key: conversation_id
-- incremental: person_id
-- column signed_up_at: of the person, maybe after as_of; NULL: has not signed up, or when is not known
-- column deleted_at: of the person; NULL: they are not deleted
-- column tenure_week: whole weeks of 7 × 24 hours since sign-up, 0 for the first; -1: before it; NULL without a sign-up
with

contacts as (

    select * from contacts

),

people as (

    select * from int_people__described

),

final as (

    select
        contacts.conversation_id,
        contacts.person_id,
        contacts.contacted_at,
        contacts.week_start,
        people.signed_up_at,
        people.deleted_at,
        cast(
            case
                when contacts.contacted_at < people.signed_up_at then -1
                else floor(seconds_between(people.signed_up_at, contacts.contacted_at) / 604800)
            end as integer
        ) as tenure_week
    from contacts
    left join people using (person_id)

)

select * from final

-- One row per person who has signed up, deleted ones too, with what of their contacts
-- belongs to the time since: contacts of a deleted person count up to the deletion.
-- grain: person
-- key: person_id
-- incremental: person_id
-- column signed_up_at: of several records the earliest, maybe after as_of; NULL: they have a user_id, and no record says when they signed up
-- column signed_up_week: first day of its local week
-- column deleted_at: NULL: they are not deleted
-- column first_contact_at: their first contact at or after sign-up, and before deletion; NULL: none by as_of
-- column has_contact_before: they had a contact before they signed up
with

people as (

    select *
    from int_people__described
    where signed_up_at is not null
        or (has_user_id and not says_sign_up)

),

contacts as (

    select * from contacts

),

contacted as (

    select
        people.person_id,
        min(
            case
                when contacts.contacted_at >= people.signed_up_at
                    and (people.deleted_at is null or contacts.contacted_at < people.deleted_at)
                    then contacts.contacted_at
            end
        ) as first_contact_at,
        max(case when contacts.contacted_at < people.signed_up_at then 1 else 0 end) = 1 as has_contact_before
    from people
    inner join contacts using (person_id)
    group by people.person_id

),

final as (

    select
        people.person_id,
        people.signed_up_at,
        people.signed_up_week,
        people.deleted_at,
        contacted.first_contact_at,
        coalesce(contacted.has_contact_before, false) as has_contact_before
    from people
    left join contacted using (person_id)

)

select * from final

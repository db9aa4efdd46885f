-- One row per page on which people landed first, and to how many conversations it
-- led: contacts of these people at or after their first page view.
-- grain: landing page
-- key: landing_page
-- order: contacts desc, people desc, landing_page
-- column landing_page: without what stands behind a question mark or a hash; '(not set)' where the view had no url
-- column people: whose first page view it was
-- column signed_up: those of them who have signed up by as_of
-- column people_who_wrote: those of them who have begun a conversation since
-- column contacts: conversations that they have begun since
-- column contacts_per_person: contacts / people
-- check people: range(1, )
-- check contacts: not_null, range(0, )
with

landed as (

    select * from int_people__landed

),

contacts as (

    select * from contacts

),

signed_up as (

    select person_id from users where is_signed_up

),

written as (

    select
        landed.person_id,
        cast(count(*) as bigint) as contacts
    from landed
    inner join contacts
        on contacts.person_id = landed.person_id
        and contacts.contacted_at >= landed.first_touch_at
    group by landed.person_id

),

final as (

    select
        landed.landing_page,
        cast(count(*) as bigint) as people,
        cast(count(signed_up.person_id) as bigint) as signed_up,
        cast(count(written.person_id) as bigint) as people_who_wrote,
        cast(coalesce(sum(written.contacts), 0) as bigint) as contacts,
        cast(coalesce(sum(written.contacts), 0) as double) / count(*) as contacts_per_person
    from landed
    left join signed_up using (person_id)
    left join written using (person_id)
    group by landed.landing_page

)

select * from final

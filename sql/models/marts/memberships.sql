-- One row per person and company they are, or were, in. Deleted people and
-- companies are not in it.
-- grain: person, company
-- key: person_id, company_id
-- incremental: person_id
-- parts: date(joined_at)
-- touched by settled_memberships: select int_person_keys__resolved.person_id
--     from int_person_keys__resolved semi join changed using (key_kind, key)
-- touched by int_companies__deleted: select int_person_keys__resolved.person_id
--     from int_person_keys__resolved
--     inner join stg_memberships using (key_kind, key)
--     semi join changed on changed.company_id = stg_memberships.company_id
-- touched by int_company_keys__resolved: select int_person_keys__resolved.person_id
--     from int_person_keys__resolved
--     inner join settled_memberships using (key_kind, key)
--     semi join changed on changed.source_id = settled_memberships.company_id
-- column person_id: who
-- column user_id: of the person; NULL for leads and visitors
-- column company_id: in which company
-- column joined_at: when records first said so, since they last said the contrary
-- column left_at: when records then said the contrary; NULL: still in it
-- check person_id: not_null
-- check company_id: not_null
-- check joined_at: not_null
with

memberships as (

    select * from stg_memberships

),

keys as (

    select * from int_person_keys__resolved

),

people as (

    select * from int_people__described where not is_deleted

),

deleted_companies as (

    select * from int_companies__deleted

),

said as (

    select
        keys.person_id,
        memberships.company_id,
        memberships.is_removal,
        memberships.observed_at
    from memberships
    inner join keys
        on keys.key_kind = memberships.key_kind
        and keys.key = memberships.key
        and memberships.observed_at >= keys.valid_from
        and memberships.observed_at < keys.valid_to

),

latest as (

    select
        person_id,
        company_id,
        max(observed_at) as last_in_at
    from said
    where not is_removal
    group by person_id, company_id

),

departures as (

    select
        latest.person_id,
        latest.company_id,
        min(case when said.observed_at >= latest.last_in_at then said.observed_at end) as left_at,
        max(case when said.observed_at < latest.last_in_at then said.observed_at end) as formerly_left_at
    from latest
    inner join said
        on said.person_id = latest.person_id
        and said.company_id = latest.company_id
    where said.is_removal
    group by latest.person_id, latest.company_id

),

final as (

    select
        said.person_id,
        people.user_id,
        said.company_id,
        min(said.observed_at) as joined_at,
        max(departures.left_at) as left_at
    from said
    inner join people using (person_id)
    left join departures
        on departures.person_id = said.person_id
        and departures.company_id = said.company_id
    anti join deleted_companies
        on deleted_companies.company_id = said.company_id
    where not said.is_removal
        and (departures.formerly_left_at is null or said.observed_at >= departures.formerly_left_at)
    group by said.person_id, people.user_id, said.company_id

)

select * from final

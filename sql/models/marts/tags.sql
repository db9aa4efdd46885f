-- One row per person and tag that they carry at as_of.
-- grain: person, tag
-- key: person_id, tag
-- column person_id: who
-- column user_id: of the person; NULL for leads and visitors
-- column tag: as sent
-- column tagged_by: by whom, if the record says it
-- column tagged_at: when it was last put on
-- check person_id: not_null
with

tags as (

    select * from stg_tags where key is not null

),

keys as (

    select * from int_person_keys__resolved

),

people as (

    select * from int_people__described where not is_deleted

),

ranked as (

    select
        keys.person_id,
        tags.tag,
        tags.tagged_by,
        tags.is_removal,
        tags.tagged_at,
        row_number() over (
            partition by keys.person_id, tags.tag
            order by tags.tagged_at desc, case when tags.is_removal then 0 else 1 end, tags.tagged_by nulls last
        ) as newest_first
    from tags
    inner join keys
        on keys.key_kind = tags.key_kind
        and keys.key = tags.key
        and tags.tagged_at >= keys.valid_from
        and tags.tagged_at < keys.valid_to

),

final as (

    select
        ranked.person_id,
        people.user_id,
        ranked.tag,
        ranked.tagged_by,
        ranked.tagged_at
    from ranked
    inner join people using (person_id)
    where ranked.newest_first = 1
        and not ranked.is_removal

)

select * from final

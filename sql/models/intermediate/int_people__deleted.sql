-- One row per person about whom a deletion came by as_of. The deletion names a
-- user_id, else a source_id. A record about the person that is newer than the
-- deletion brings them back, with what it and later ones say and nothing older
-- (custom attributes, which come from person_attributes_wide, are as they were);
-- events alone do not.
-- grain: person
-- key: person_id
-- check deleted_at: not_null
with

tombstones as (

    select * from stg_tombstones where kind = 'users'

),

identity as (

    select * from stg_identity

),

person_attributes as (

    select * from stg_person_attributes

),

named as (

    select
        coalesce(users.person_id, sources.person_id) as person_id,
        max(tombstones.deleted_at) as deleted_at
    from tombstones
    left join identity as users
        on users.key_kind = 'user_id'
        and users.key = tombstones.key
        and tombstones.deleted_at >= users.valid_from
        and tombstones.deleted_at < users.valid_to
    left join identity as sources
        on sources.key_kind = 'source_id'
        and sources.key = tombstones.key
        and tombstones.deleted_at >= sources.valid_from
        and tombstones.deleted_at < sources.valid_to
    where coalesce(users.person_id, sources.person_id) is not null
    group by 1

),

returned as (

    select distinct named.person_id
    from named
    inner join identity using (person_id)
    inner join person_attributes
        on person_attributes.key_kind = identity.key_kind
        and person_attributes.key = identity.key
        and person_attributes.observed_at > named.deleted_at
        and person_attributes.observed_at >= identity.valid_from
        and person_attributes.observed_at < identity.valid_to

),

final as (

    select
        named.person_id,
        returned.person_id is null as is_deleted,
        named.deleted_at
    from named
    left join returned using (person_id)

)

select * from final

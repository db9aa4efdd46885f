-- One row per key by which records name somebody. Facts keep their key and find
-- their person here. A deleted person keeps the person_id, so that what they did
-- still counts, and loses the user_id.
-- grain: key
-- key: key_kind, key
-- incremental: key_kind, key
-- touched by int_people__deleted: select stg_identity.key_kind, stg_identity.key from stg_identity semi join changed using (person_id)
-- column user_id: of the person; NULL for leads, visitors and the deleted
-- check person_id: not_null
with

identity as (

    select * from stg_identity

),

deleted as (

    select person_id from int_people__deleted where is_deleted

),

final as (

    select
        identity.key_kind,
        identity.key,
        identity.key_id,
        identity.person_id,
        case
            when deleted.person_id is null and substring(identity.person_id, 1, 2) = 'u:'
                then substring(identity.person_id, 3)
        end as user_id
    from identity
    left join deleted using (person_id)

)

select * from final

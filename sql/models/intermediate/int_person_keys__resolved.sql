-- One row per key by which records name somebody and span of days. Facts keep
-- their key and find their person here, by it and their own instant: most keys
-- have one row, for all times. A deleted person keeps the person_id, so that what
-- they did still counts, and loses the user_id; a placeholder (null, 0) has none.
-- grain: key, span of days
-- key: key_kind, key, valid_from
-- incremental: key_kind, key
-- touched by int_people__deleted: select stg_identity.key_kind, stg_identity.key from stg_identity semi join changed using (person_id)
-- column user_id: of the person; NULL for leads, visitors and the deleted
-- column valid_from: start of the first UTC date on which it is theirs; the year 1 where nobody had it before
-- column valid_to: start of the first UTC date on which it is no more; the year 9999 where it still is
-- column is_current: it still is
-- column why: see identity_map
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
            when deleted.person_id is null and identity.why <> 'odd' and substring(identity.person_id, 1, 2) = 'u:'
                then substring(identity.person_id, 3)
        end as user_id,
        identity.valid_from,
        identity.valid_to,
        identity.is_current,
        identity.why
    from identity
    left join deleted using (person_id)

)

select * from final

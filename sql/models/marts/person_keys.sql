-- One row per key by which records have named somebody by as_of, with whose it
-- is now and since when it is known; whose it was before says identity_map. Keys of the deleted are in it: what they did
-- still counts under their person_id.
-- grain: key
-- key: key_kind, key
-- incremental: key_kind, key
-- parts: date(first_seen_at)
-- touched by settled_person_keys: select 'user_id' as key_kind, changed.user_id as key from changed where changed.user_id is not null
--     union all select 'email' as key_kind, changed.email as key from changed where changed.email is not null
--     union all select 'source_id' as key_kind, changed.source_id as key from changed where changed.source_id is not null
--     union all select 'anonymous_id' as key_kind, changed.anonymous_id as key from changed where changed.anonymous_id is not null
-- column person_id: whose key it is now
-- column user_id: of that person; NULL for leads, visitors and the deleted
-- column key_kind: user_id, email, source_id or anonymous_id
-- column key: the key itself; e-mail addresses in small letters
-- column first_seen_at: the earliest record that names it, by the record's own time
-- check person_id: not_null
-- check key_kind: accepted(user_id, email, source_id, anonymous_id)
with

keys as (

    select * from int_person_keys__resolved where is_current

),

observed as (

    select * from stg_named_keys

),

named as (

    select
        key_kind,
        key,
        min(first_at) as first_seen_at
    from observed
    group by key_kind, key

),

final as (

    select
        keys.person_id,
        keys.user_id,
        keys.key_kind,
        keys.key,
        named.first_seen_at
    from keys
    left join named
        on named.key_kind = keys.key_kind
        and named.key = keys.key

)

select * from final

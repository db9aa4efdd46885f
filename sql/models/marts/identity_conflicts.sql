-- One row per key that joins nobody, for some time at least, or that has moved
-- from one person to another.
-- grain: key, conflict
-- key: key_kind, key, conflict
-- order: key_kind, key, conflict
-- incremental: key_kind, key
-- touched by settled_person_keys: select stg_identity.key_kind, stg_identity.key
--     from stg_identity
--     inner join changed
--         on stg_identity.key_kind = 'user_id' and changed.user_id = stg_identity.key
--     where stg_identity.why in ('stopped', 'odd')
--     union all
--     select stg_identity.key_kind, stg_identity.key
--     from stg_identity
--     inner join changed
--         on stg_identity.key_kind = 'email' and changed.email = stg_identity.key
--     where stg_identity.why in ('shared', 'stopped', 'odd') or not stg_identity.is_current
--     union all
--     select stg_identity.key_kind, stg_identity.key
--     from stg_identity
--     inner join changed
--         on stg_identity.key_kind = 'source_id' and changed.source_id = stg_identity.key
--     where stg_identity.why in ('shared', 'stopped', 'odd') or not stg_identity.is_current
--     union all
--     select stg_identity.key_kind, stg_identity.key
--     from stg_identity
--     inner join changed
--         on stg_identity.key_kind = 'anonymous_id' and changed.anonymous_id = stg_identity.key
--     where stg_identity.why in ('shared', 'stopped', 'odd') or not stg_identity.is_current
-- column key_kind: user_id, email, source_id or anonymous_id
-- column key: as sent; an e-mail address in small letters
-- column conflict: odd (a placeholder, such as null or 0), stopped (seen with too many other keys), shared (of several people at once), moved (from one to another)
-- column user_ids: how many user_ids it was seen with
-- column links: how many other keys it was seen with, by name and kind
-- column first_seen_at: first record with it
-- column last_seen_on: last UTC date of a record with it
-- check conflict: accepted(odd, stopped, shared, moved)
with

identity as (

    select * from stg_identity

),

person_keys as (

    select * from stg_person_keys

),

conflicts as (

    select distinct
        key_kind,
        key,
        case when why in ('odd', 'stopped', 'shared') then why else 'moved' end as conflict
    from identity
    where why in ('odd', 'stopped', 'shared') or not is_current

),

conflicting as (

    select distinct key_kind, key from conflicts

),

named as (

    select conflicting.*, person_keys.user_id, person_keys.email, person_keys.source_id, person_keys.anonymous_id, person_keys.first_at
    from conflicting
    inner join person_keys
        on conflicting.key_kind = 'user_id'
        and person_keys.user_id = conflicting.key

    union all

    select conflicting.*, person_keys.user_id, person_keys.email, person_keys.source_id, person_keys.anonymous_id, person_keys.first_at
    from conflicting
    inner join person_keys
        on conflicting.key_kind = 'email'
        and person_keys.email = conflicting.key

    union all

    select conflicting.*, person_keys.user_id, person_keys.email, person_keys.source_id, person_keys.anonymous_id, person_keys.first_at
    from conflicting
    inner join person_keys
        on conflicting.key_kind = 'source_id'
        and person_keys.source_id = conflicting.key

    union all

    select conflicting.*, person_keys.user_id, person_keys.email, person_keys.source_id, person_keys.anonymous_id, person_keys.first_at
    from conflicting
    inner join person_keys
        on conflicting.key_kind = 'anonymous_id'
        and person_keys.anonymous_id = conflicting.key

),

counted as (

    select
        key_kind,
        key,
        cast(count(distinct user_id) as bigint) as user_ids,
        cast(
            count(distinct user_id) + count(distinct email) + count(distinct source_id) + count(distinct anonymous_id) - 1 as bigint
        ) as links,
        min(first_at) as first_seen_at,
        local_date(max(first_at), 'UTC') as last_seen_on
    from named
    group by key_kind, key

),

final as (

    select
        conflicts.key_kind,
        conflicts.key,
        conflicts.conflict,
        counted.user_ids,
        counted.links,
        counted.first_seen_at,
        counted.last_seen_on
    from conflicts
    left join counted
        on counted.key_kind = conflicts.key_kind
        and counted.key = conflicts.key

)

select * from final

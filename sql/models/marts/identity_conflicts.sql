-- One row per key that joins nobody, for some time at least, that has moved from
-- one person to another, or that a merge names and nobody has.
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
-- touched by settled_merges: select into_kind as key_kind, into_key as key from changed
--     union all select from_kind as key_kind, from_key as key from changed
-- column key_kind: user_id, email, source_id or anonymous_id
-- column key: as sent; an e-mail address in small letters
-- column conflict: odd (a placeholder, such as null or 0), stopped (seen with too many other keys), shared (of several people at once), moved (became somebody's on a later day: another's, or nobody's, before), unknown (named by a merge that is not undone, and by no other record)
-- column user_ids: how many user_ids it was seen with
-- column links: how many other keys it was seen with, by name and kind
-- column first_seen_at: first record with it; of an unknown one, first merge
-- column last_seen_on: last UTC date of a record with it; of an unknown one, of a merge
-- check conflict: accepted(odd, stopped, shared, moved, unknown)
with

identity as (

    select * from stg_identity

),

person_keys as (

    select * from stg_person_keys

),

merges as (

    select * from stg_merges

),

merging as (

    select into_kind as key_kind, into_key as key, from_kind as other_kind, from_key as other_key, merged_at, is_undone from merges

    union all

    select from_kind as key_kind, from_key as key, into_kind as other_kind, into_key as other_key, merged_at, is_undone from merges

),

-- Of two keys the last word counts, and of the same instant the undoing.
paired as (

    select
        key_kind,
        key,
        min(merged_at) as first_at,
        max(merged_at) as last_at,
        coalesce(
            max(case when not is_undone then merged_at end) > max(case when is_undone then merged_at end),
            max(case when is_undone then merged_at end) is null
        ) as is_in_force
    from merging
    group by key_kind, key, other_kind, other_key

),

unknown as (

    select
        paired.key_kind,
        paired.key,
        min(paired.first_at) as first_at,
        max(paired.last_at) as last_at
    from paired
    anti join identity
        on identity.key_kind = paired.key_kind
        and identity.key = paired.key
    group by paired.key_kind, paired.key
    having max(case when paired.is_in_force then 1 else 0 end) = 1

),

conflicts as (

    select distinct
        key_kind,
        key,
        case when why in ('odd', 'stopped', 'shared') then why else 'moved' end as conflict
    from identity
    where why in ('odd', 'stopped', 'shared') or valid_from > parse_instant('0001-01-01T00:00:00Z')

    union all

    select
        key_kind,
        key,
        'unknown' as conflict
    from unknown

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
        coalesce(counted.user_ids, 0) as user_ids,
        coalesce(counted.links, 0) as links,
        coalesce(counted.first_seen_at, unknown.first_at) as first_seen_at,
        coalesce(counted.last_seen_on, local_date(unknown.last_at, 'UTC')) as last_seen_on
    from conflicts
    left join counted
        on counted.key_kind = conflicts.key_kind
        and counted.key = conflicts.key
    left join unknown
        on unknown.key_kind = conflicts.key_kind
        and unknown.key = conflicts.key

)

select * from final

-- One row per value that a record said of a person's attribute, ours and custom
-- ones, and the instant from which on it held, by the record's own time. What
-- was known on a past day is the newest by then:
--   select person_id, value
--   from (select person_id, value, row_number() over (partition by person_id order by observed_at desc, seq desc, value desc) as newest_first
--       from person_attribute_history where name = 'plan' and observed_at < timestamptz '2026-03-01 00:00:00+00')
--   where newest_first = 1
-- Deleted people are not in it; of those who came back what is newer is.
-- grain: person, attribute, record
-- key: person_id, name, is_custom, observed_at, seq, value, value_type
-- incremental: person_id
-- parts: date(observed_at)
-- touched by settled_person_attributes: select int_person_keys__resolved.person_id
--     from int_person_keys__resolved semi join changed using (key_kind, key)
-- column person_id: whose
-- column user_id: of the person; NULL for leads and visitors
-- column name: of the attribute, as in users or, of a custom one, as sent
-- column is_custom: the workspace's own; false: one of ours
-- column value: as text; NULL: cleared
-- column value_type: text, number, boolean, time, json, or null
-- column observed_at: from when on it held
-- column seq: of several records of one instant the later has the greater
-- check person_id: not_null
-- check observed_at: not_null
with

keys as (

    select * from int_person_keys__resolved

),

deletions as (

    select * from int_people__deleted

),

observed as (

    select key_kind, key, name, false as is_custom, value, value_type, observed_at, seq
    from stg_person_attributes

    union all

    select key_kind, key, name, true as is_custom, value, value_type, observed_at, seq
    from stg_person_custom_attributes

),

final as (

    select distinct
        keys.person_id,
        keys.user_id,
        observed.name,
        observed.is_custom,
        observed.value,
        observed.value_type,
        observed.observed_at,
        observed.seq
    from observed
    inner join keys
        on keys.key_kind = observed.key_kind
        and keys.key = observed.key
        and observed.observed_at >= keys.valid_from
        and observed.observed_at < keys.valid_to
    left join deletions
        on deletions.person_id = keys.person_id
    where deletions.person_id is null
        or not deletions.is_deleted and observed.observed_at > deletions.deleted_at

)

select * from final

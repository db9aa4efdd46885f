-- One row per value that a record said of a company's attribute, ours and custom
-- ones, and the instant from which on it held: as person_attribute_history, whose
-- header says how to ask for a past day.
-- grain: company, attribute, record
-- key: company_id, name, is_custom, observed_at, seq, value, value_type
-- incremental: company_id
-- parts: date(observed_at)
-- touched by settled_tombstones: select changed.key from changed where changed.kind = 'companies'
-- touched by int_company_keys__resolved: select changed.source_id from changed union all select changed.company_id from changed
-- column company_id: whose
-- column name: of the attribute, as in companies or, of a custom one, as sent
-- column is_custom: the workspace's own; false: one of ours
-- column value: as text; NULL: cleared
-- column value_type: text, number, boolean, time, json, or null
-- column observed_at: from when on it held
-- column seq: of several records of one instant the later has the greater
-- check company_id: not_null
-- check observed_at: not_null
with

deletions as (

    select
        key as company_id,
        max(deleted_at) as deleted_at
    from stg_tombstones
    where kind = 'companies'
    group by key

),

observed as (

    select company_id, name, false as is_custom, value, value_type, observed_at, seq
    from stg_company_attributes

    union all

    select company_id, name, true as is_custom, value, value_type, observed_at, seq
    from stg_company_custom_attributes

),

final as (

    select distinct
        observed.company_id,
        observed.name,
        observed.is_custom,
        observed.value,
        observed.value_type,
        observed.observed_at,
        observed.seq
    from observed
    left join deletions
        on deletions.company_id = observed.company_id
    where deletions.deleted_at is null
        or observed.observed_at > deletions.deleted_at

)

select * from final

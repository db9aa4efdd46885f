-- One row per company that any record described by as_of and that is not
-- deleted, with the newest value of each attribute by the record's own time. A
-- record newer than a deletion brings the company back, with nothing older.
-- grain: company
-- key: company_id
-- incremental: company_id
-- touched by settled_tombstones: select changed.key from changed where changed.kind = 'companies'
-- touched by int_company_keys__resolved: select changed.source_id from changed union all select changed.company_id from changed
with

company_attributes as (

    select company_id, name, value, observed_at, seq from stg_company_attributes

    union all

    -- A record that says nothing else describes a company too.
    select company_id, '' as name, cast(null as string) as value, observed_at, seq from stg_company_custom_attributes

),

tombstones as (

    select * from stg_tombstones where kind = 'companies'

),

deletions as (

    select
        key as company_id,
        max(deleted_at) as deleted_at
    from tombstones
    group by key

),

ranked as (

    select
        company_attributes.company_id,
        company_attributes.name,
        company_attributes.value,
        row_number() over (
            partition by company_attributes.company_id, company_attributes.name
            order by company_attributes.observed_at desc, company_attributes.seq desc, company_attributes.value nulls last
        ) as newest_first
    from company_attributes
    left join deletions using (company_id)
    where deletions.deleted_at is null
        or company_attributes.observed_at > deletions.deleted_at

),

final as (

    select
        company_id,
        max(case when name = 'name' then value end) as name,
        max(case when name = 'plan' then value end) as plan,
        max(case when name = 'currency' then upper(trimmed(value)) end) as currency,
        max(case when name = 'stage' then value end) as stage,
        max(case when name = 'monthly_spend' then try_cast(value as decimal(26, 10)) end) as monthly_spend,
        parse_instant(max(case when name = 'created_at' then value end)) as created_at
    from ranked
    where newest_first = 1
    group by company_id

)

select * from final

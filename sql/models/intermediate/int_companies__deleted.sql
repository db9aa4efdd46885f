-- One row per company that is deleted at as_of: a deletion came, and no record
-- that describes the company after it.
-- grain: company
-- key: company_id
with

tombstones as (

    select * from stg_tombstones where kind = 'companies'

),

company_attributes as (

    select * from stg_company_attributes

),

deletions as (

    select
        key as company_id,
        max(deleted_at) as deleted_at
    from tombstones
    group by key

),

final as (

    select
        deletions.company_id,
        deletions.deleted_at
    from deletions
    anti join company_attributes
        on company_attributes.company_id = deletions.company_id
        and company_attributes.observed_at > deletions.deleted_at

)

select * from final

-- One row per id of the sending system that stands for one company_id by as_of:
-- Intercom's contacts name their companies by it. An id that stands for several
-- companies, or that is a company_id itself, stands for none.
-- grain: source id
-- key: source_id
with

company_keys as (

    select * from stg_company_keys

),

own_ids as (

    select distinct company_id
    from company_keys
    where company_id <> source_id

),

final as (

    select
        company_keys.source_id,
        min(company_keys.company_id) as company_id
    from company_keys
    anti join own_ids
        on own_ids.company_id = company_keys.source_id
    where company_keys.source_id <> company_keys.company_id
    group by company_keys.source_id
    having count(distinct company_keys.company_id) = 1

)

select * from final

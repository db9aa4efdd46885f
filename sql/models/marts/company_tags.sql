-- One row per company and tag that it carries at as_of.
-- grain: company, tag
-- key: company_id, tag
-- column company_id: which company
-- column tag: as sent
-- column tagged_by: by whom, if the record says it
-- column tagged_at: when it was last put on
with

tags as (

    select * from stg_tags where company_id is not null

),

ranked as (

    select
        company_id,
        tag,
        tagged_by,
        is_removal,
        tagged_at,
        row_number() over (
            partition by company_id, tag
            order by tagged_at desc, case when is_removal then 0 else 1 end, tagged_by nulls last
        ) as newest_first
    from tags

),

final as (

    select
        ranked.company_id,
        ranked.tag,
        ranked.tagged_by,
        ranked.tagged_at
    from ranked
    anti join int_companies__deleted
        on int_companies__deleted.company_id = ranked.company_id
    where ranked.newest_first = 1
        and not ranked.is_removal

)

select * from final

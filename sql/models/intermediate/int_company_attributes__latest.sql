-- One row per company and custom attribute that any record named by as_of, with
-- the newest value by the record's own time. They become columns in
-- company_attributes_wide, which is made of these rows.
-- grain: company, attribute
-- key: company_id, name
-- incremental: company_id
-- touched by int_company_keys__resolved: select changed.source_id from changed union all select changed.company_id from changed
-- column value: as text; NULL: cleared
-- column value_type: text, number, boolean, time, json, or null
with

observed as (

    select * from stg_company_custom_attributes

),

ranked as (

    select
        company_id,
        name,
        value,
        value_type,
        row_number() over (
            partition by company_id, name
            order by observed_at desc, seq desc, value desc
        ) as newest_first
    from observed

),

final as (

    select
        company_id,
        name,
        value,
        value_type
    from ranked
    where newest_first = 1

)

select * from final

-- One row per company and local month at whose end its monthly_spend or currency
-- is known: the newest said by then, by the record's own time. A deleted company
-- says nothing from its deletion on.
-- grain: company, month
-- key: company_id, month_number
-- incremental: company_id
-- touched by settled_tombstones: select changed.key from changed where changed.kind = 'companies'
-- touched by int_company_keys__resolved: select changed.source_id from changed union all select changed.company_id from changed
-- touched by int_months__spanned: select stg_company_attributes.company_id from stg_company_attributes
--     where exists (select 1 from changed group by changed.month having count(*) = 1)
-- column monthly_spend: NULL: none known, or text that is no number
-- column currency: NULL: none known
with

settings as (

    select * from settings

),

months as (

    select * from int_months__spanned

),

company_attributes as (

    select * from stg_company_attributes where name in ('monthly_spend', 'currency')

),

tombstones as (

    select * from stg_tombstones where kind = 'companies'

),

said as (

    select
        company_id,
        name,
        value,
        observed_at,
        seq
    from company_attributes

    union all

    select
        tombstones.key as company_id,
        names.name,
        cast(null as string) as value,
        tombstones.deleted_at as observed_at,
        '~' as seq
    from tombstones
    cross join (select distinct name from company_attributes) as names

),

placed as (

    select
        said.company_id,
        said.name,
        said.value,
        said.observed_at,
        said.seq,
        local_month(said.observed_at, settings.timezone) as said_month
    from said
    cross join settings

),

ranked as (

    select
        *,
        row_number() over (
            partition by company_id, name, said_month
            order by observed_at desc, seq desc, value nulls last
        ) as newest_first
    from placed

),

runs as (

    select
        company_id,
        case when name = 'monthly_spend' then try_cast(value as decimal(26, 10)) end as monthly_spend,
        case when name = 'currency' then upper(trimmed(value)) end as currency,
        said_month,
        coalesce(
            lead(said_month) over (partition by company_id, name order by said_month),
            date '9999-01-01'
        ) as next_month
    from ranked
    where newest_first = 1

),

final as (

    select
        runs.company_id,
        months.month_number,
        max(runs.monthly_spend) as monthly_spend,
        max(runs.currency) as currency
    from runs
    inner join months
        on months.month >= runs.said_month
        and months.month < runs.next_month
    group by runs.company_id, months.month_number

)

select * from final

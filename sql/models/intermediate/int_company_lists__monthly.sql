-- One row per company and local month for which its subscriptions say what it
-- pays: the newest list by the month's end. In the months before its first list
-- that list speaks by its subscriptions' own dates, unless a monthly_spend was
-- known then. A deletion ends the list; what comes after it starts anew.
-- grain: company, month
-- key: company_id, month_number
-- incremental: company_id
-- touched by settled_tombstones: select changed.key from changed where changed.kind = 'companies'
-- touched by int_company_keys__resolved: select changed.source_id from changed union all select changed.company_id from changed
-- touched by int_months__spanned: select stg_subscription_lists.company_id from stg_subscription_lists
--     where exists (select 1 from changed group by changed.month having count(*) = 1)
with

settings as (

    select * from settings

),

months as (

    select * from int_months__spanned

),

spend as (

    select * from int_company_spend__monthly

),

said as (

    select
        company_id,
        valid_from,
        seq,
        true as is_list
    from stg_subscription_lists

    union all

    select
        key as company_id,
        deleted_at as valid_from,
        '~' as seq,
        false as is_list
    from stg_tombstones
    where kind = 'companies'

),

placed as (

    select
        said.company_id,
        said.valid_from,
        said.seq,
        said.is_list,
        local_month(said.valid_from, settings.timezone) as said_month
    from said
    cross join settings

),

ranked as (

    select
        *,
        row_number() over (
            partition by company_id, said_month
            order by valid_from desc, seq desc
        ) as newest_first,
        row_number() over (
            partition by company_id
            order by valid_from, seq
        ) as oldest_first
    from placed

),

runs as (

    select
        company_id,
        valid_from,
        seq,
        is_list,
        said_month,
        coalesce(
            lead(said_month) over (partition by company_id order by said_month),
            date '9999-01-01'
        ) as next_month
    from ranked
    where newest_first = 1

),

in_effect as (

    select
        runs.company_id,
        months.month_number,
        runs.valid_from,
        runs.seq
    from runs
    inner join months
        on months.month >= runs.said_month
        and months.month < runs.next_month
    where runs.is_list

),

before_the_first as (

    select
        ranked.company_id,
        months.month_number,
        ranked.valid_from,
        ranked.seq
    from ranked
    inner join months
        on months.month < ranked.said_month
    left join spend
        on spend.company_id = ranked.company_id
        and spend.month_number = months.month_number
    where ranked.oldest_first = 1
        and ranked.is_list
        and spend.monthly_spend is null

),

final as (

    select * from in_effect

    union all

    select * from before_the_first

)

select * from final

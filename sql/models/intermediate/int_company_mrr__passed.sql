-- One row per company, currency and local month in which it paid, and had
-- stopped before the month's end without having paid at the end before. Month
-- ends do not see such customers; they are counted beside the figure.
-- grain: company, currency, month
-- key: company_id, currency, month_number
-- incremental: company_id
-- touched by int_company_keys__resolved: select changed.source_id from changed union all select changed.company_id from changed
-- touched by int_months__spanned: select int_subscriptions__priced.company_id
--     from int_subscriptions__priced
--     cross join (select min(state_before) as low, max(state_before) as high from changed) as moved
--     where paid_from >= moved.low and paid_from < moved.high
--         or ended_at >= moved.low and ended_at < moved.high
--         or exists (select 1 from changed group by changed.month having count(*) = 1)
--     union all
--     select stg_company_attributes.company_id
--     from stg_company_attributes
--     cross join (select min(state_before) as low, max(state_before) as high from changed) as moved
--     where name = 'monthly_spend' and observed_at >= moved.low and observed_at < moved.high
with

months as (

    select * from int_months__spanned

),

spend as (

    select * from int_company_spend__monthly

),

company_attributes as (

    select * from stg_company_attributes where name = 'monthly_spend'

),

subscription_lists as (

    select * from stg_subscription_lists

),

subscriptions as (

    select * from int_subscriptions__priced

),

at_ends as (

    select * from int_company_mrr__monthly

),

lists as (

    select
        company_id,
        valid_from,
        seq,
        lead(valid_from) over (partition by company_id order by valid_from, seq) as next_from
    from subscription_lists

),

-- What a subscription paid in the time in which its list was the newest.
subscribed as (

    select
        subscriptions.company_id,
        subscriptions.currency,
        greatest(subscriptions.paid_from, subscriptions.valid_from) as paid_at
    from subscriptions
    inner join lists
        on lists.company_id = subscriptions.company_id
        and lists.valid_from = subscriptions.valid_from
        and lists.seq = subscriptions.seq
    where subscriptions.monthly_amount > 0
        and (lists.next_from is null or lists.next_from > greatest(subscriptions.paid_from, subscriptions.valid_from))
        and (subscriptions.ended_at is null or subscriptions.ended_at > greatest(subscriptions.paid_from, subscriptions.valid_from))

),

spent as (

    select
        company_attributes.company_id,
        cast(null as string) as currency,
        company_attributes.observed_at as paid_at
    from company_attributes
    anti join lists
        on lists.company_id = company_attributes.company_id
        and lists.valid_from <= company_attributes.observed_at
    where try_cast(company_attributes.value as decimal(26, 10)) > 0

),

paid as (

    select * from subscribed

    union all

    select * from spent

),

placed as (

    select distinct
        paid.company_id,
        paid.currency,
        months.month_number
    from paid
    inner join months
        on paid.paid_at >= months.starts_at
        and paid.paid_at < months.state_before

),

-- The months before or after an end at which the company pays.
beside_an_end as (

    select company_id, month_number from at_ends

    union

    select company_id, month_number + 1 as month_number from at_ends

),

final as (

    select distinct
        placed.company_id,
        coalesce(placed.currency, spend.currency, '') as currency,
        placed.month_number
    from placed
    left join spend
        on spend.company_id = placed.company_id
        and spend.month_number = placed.month_number
    anti join beside_an_end
        on beside_an_end.company_id = placed.company_id
        and beside_an_end.month_number = placed.month_number

)

select * from final

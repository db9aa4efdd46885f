-- One row per subscription and record that listed it, with what it brings in a
-- month while it runs: amount times quantity, less the percentage, less the
-- discount amount, not below 0; then brought to a month: n months ÷ n, a year ÷ 12,
-- a week × 52 ÷ 12, a day × 365 ÷ 12, each ÷ the number of intervals. Charges that
-- do not come again are left out.
-- The division keeps whole units apart from the rest, so that ten decimals stay
-- exact for large amounts too.
-- grain: subscription, record
-- incremental: company_id
-- touched by int_company_keys__resolved: select changed.source_id from changed union all select changed.company_id from changed
-- column paid_from: start, or the end of the trial
-- column monthly_amount: decimal, rounded at the tenth place
with

subscriptions as (

    select * from stg_subscriptions where interval_unit in ('day', 'week', 'month', 'year')

),

reduced as (

    select
        *,
        cast(
            cast(amount * quantity as decimal(26, 10)) * cast((100 - discount_percent) * 0.01 as decimal(10, 6)) as decimal(26, 10)
        ) - discount_amount as net
    from subscriptions
    where amount is not null

),

scaled as (

    select
        *,
        cast(
            case
                when net <= 0 then 0
                when interval_unit = 'week' then net * 52
                when interval_unit = 'day' then net * 365
                else net
            end as decimal(26, 10)
        ) as numerator,
        cast(interval_count * case when interval_unit = 'month' then 1 else 12 end as decimal(10, 0)) as divisor
    from reduced
    where interval_count > 0

),

whole as (

    select
        *,
        cast(floor(cast(numerator as double) / cast(divisor as double)) as decimal(15, 0)) as whole_units
    from scaled

),

final as (

    select
        company_id,
        subscription_id,
        seq,
        plan,
        currency,
        cast(
            whole_units
            + cast(cast(numerator - whole_units * divisor as double) / cast(divisor as double) as decimal(26, 10))
            as decimal(26, 10)
        ) as monthly_amount,
        valid_from,
        case when trial_ends_at > started_at then trial_ends_at else started_at end as paid_from,
        ended_at
    from whole

)

select * from final

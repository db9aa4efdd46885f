-- One row per company, currency and local month at whose end it pays: its MRR in
-- the state of the month's last instant, from the history of records. Where the
-- company sends subscriptions, they say it, each from its start (or the end of
-- its trial) up to its end; else monthly_spend does. Amounts of 0 and below are
-- no customer. A currency that nobody names is ''.
-- grain: company, currency, month
-- key: company_id, currency, month_number
-- incremental: company_id
-- touched by int_months__spanned: select int_subscriptions__priced.company_id
--     from int_subscriptions__priced
--     cross join (select min(state_before) as low, max(state_before) as high from changed) as moved
--     where paid_from >= moved.low and paid_from < moved.high
--         or ended_at >= moved.low and ended_at < moved.high
--         or exists (select 1 from changed group by changed.month having count(*) = 1)
-- check mrr: not_null
with

months as (

    select * from int_months__spanned

),

spend as (

    select * from int_company_spend__monthly

),

lists as (

    select * from int_company_lists__monthly

),

subscriptions as (

    select * from int_subscriptions__priced

),

subscribed as (

    select
        lists.company_id,
        coalesce(subscriptions.currency, spend.currency, '') as currency,
        lists.month_number,
        subscriptions.monthly_amount as mrr
    from lists
    inner join months using (month_number)
    inner join subscriptions
        on subscriptions.company_id = lists.company_id
        and subscriptions.valid_from = lists.valid_from
        and subscriptions.seq = lists.seq
    left join spend
        on spend.company_id = lists.company_id
        and spend.month_number = lists.month_number
    where subscriptions.paid_from < months.state_before
        and (subscriptions.ended_at is null or subscriptions.ended_at >= months.state_before)

),

spent as (

    select
        spend.company_id,
        coalesce(spend.currency, '') as currency,
        spend.month_number,
        spend.monthly_spend as mrr
    from spend
    anti join lists
        on lists.company_id = spend.company_id
        and lists.month_number = spend.month_number

),

paid as (

    select * from subscribed

    union all

    select * from spent

),

final as (

    select
        company_id,
        currency,
        month_number,
        cast(sum(mrr) as decimal(36, 10)) as mrr
    from paid
    where mrr > 0
    group by company_id, currency, month_number

)

select * from final

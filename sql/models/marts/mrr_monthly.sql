-- One row per local month and currency, from the first month in which anybody
-- paid in that currency to that of as_of, which is partial until it has ended.
-- MRR is the state at the last instant of the local month (of the partial one:
-- at as_of), from the history of records. Currencies are never added together:
-- a company that changes its currency is churn in the one and new, or a
-- reactivation, in the other. In the first month of a history all who pay are
-- new: records do not tell what was before. Who starts and stops within one month
-- is in no movement, and new when paying at a later month's end; such customers
-- are counted in started_and_stopped.
-- Always: starting + new + reactivation + expansion - contraction - churn = ending.
-- Amounts are exact decimals: fractions are kept until they are shown.
-- grain: month, currency
-- key: month, currency
-- order: month, currency
-- column month: first day of the local month
-- column currency: in capitals; '' where nobody names one
-- column starting: MRR at the end of the month before
-- column new: of companies that had not paid at any month's end before, in this currency
-- column reactivation: of companies that had, but not at the end of the month before
-- column expansion: what those who pay at both ends pay more
-- column contraction: what those who pay at both ends pay less, as a number above 0
-- column churn: what those paid who pay no more, as a number above 0
-- column ending: MRR at the month's end
-- column customers: companies that pay at the month's end
-- column started_and_stopped: companies that paid within the month and at neither end
-- column is_partial: the month had not ended at as_of
-- check starting: not_null, range(0, )
-- check new: not_null, range(0, )
-- check reactivation: not_null, range(0, )
-- check expansion: not_null, range(0, )
-- check contraction: not_null, range(0, )
-- check churn: not_null, range(0, )
-- check ending: not_null, range(0, )
with

months as (

    select * from int_months__spanned

),

paying as (

    select * from int_company_mrr__monthly

),

passed as (

    select * from int_company_mrr__passed

),

-- Each end of month at which a company pays, with those before and after it.
ends as (

    select
        company_id,
        currency,
        month_number,
        mrr,
        lag(month_number) over (partition by company_id, currency order by month_number) as former_month_number,
        lag(mrr) over (partition by company_id, currency order by month_number) as former_mrr,
        lead(month_number) over (partition by company_id, currency order by month_number) as next_month_number
    from paying

),

arrivals as (

    select
        currency,
        month_number,
        cast(sum(mrr) as decimal(38, 10)) as ending,
        cast(sum(case when former_month_number is null then mrr else 0 end) as decimal(38, 10)) as new,
        cast(sum(case when former_month_number < month_number - 1 then mrr else 0 end) as decimal(38, 10)) as reactivation,
        cast(
            sum(
                case
                    when former_month_number = month_number - 1 and mrr > former_mrr then mrr - former_mrr
                    else 0
                end
            ) as decimal(38, 10)
        ) as expansion,
        cast(
            sum(
                case
                    when former_month_number = month_number - 1 and mrr < former_mrr then former_mrr - mrr
                    else 0
                end
            ) as decimal(38, 10)
        ) as contraction,
        cast(count(*) as bigint) as customers
    from ends
    group by currency, month_number

),

departures as (

    select
        currency,
        month_number + 1 as month_number,
        cast(sum(mrr) as decimal(38, 10)) as starting,
        cast(
            sum(case when next_month_number is null or next_month_number > month_number + 1 then mrr else 0 end)
            as decimal(38, 10)
        ) as churn
    from ends
    group by currency, month_number

),

passing as (

    select
        currency,
        month_number,
        cast(count(distinct company_id) as bigint) as started_and_stopped
    from passed
    group by currency, month_number

),

currencies as (

    select
        currency,
        min(month_number) as first_month_number
    from (
        select currency, month_number from paying
        union all
        select currency, month_number from passed
    ) as seen
    group by currency

),

final as (

    select
        months.month,
        currencies.currency,
        coalesce(departures.starting, cast(0 as decimal(38, 10))) as starting,
        coalesce(arrivals.new, cast(0 as decimal(38, 10))) as new,
        coalesce(arrivals.reactivation, cast(0 as decimal(38, 10))) as reactivation,
        coalesce(arrivals.expansion, cast(0 as decimal(38, 10))) as expansion,
        coalesce(arrivals.contraction, cast(0 as decimal(38, 10))) as contraction,
        coalesce(departures.churn, cast(0 as decimal(38, 10))) as churn,
        coalesce(arrivals.ending, cast(0 as decimal(38, 10))) as ending,
        coalesce(arrivals.customers, 0) as customers,
        coalesce(passing.started_and_stopped, 0) as started_and_stopped,
        months.is_partial
    from months
    inner join currencies
        on currencies.first_month_number <= months.month_number
    left join arrivals
        on arrivals.currency = currencies.currency
        and arrivals.month_number = months.month_number
    left join departures
        on departures.currency = currencies.currency
        and departures.month_number = months.month_number
    left join passing
        on passing.currency = currencies.currency
        and passing.month_number = months.month_number

)

select * from final

-- The ending of the month of as_of is the sum of what companies pay at as_of, of
-- companies that pay in one currency only.
with

endings as (

    select
        mrr_monthly.currency,
        mrr_monthly.ending
    from mrr_monthly
    inner join settings
        on mrr_monthly.month = local_month(settings.as_of, settings.timezone)

),

several as (

    select int_company_mrr__monthly.company_id
    from int_company_mrr__monthly
    where int_company_mrr__monthly.month_number = (select max(month_number) from int_months__spanned)
    group by int_company_mrr__monthly.company_id
    having count(*) > 1

),

today as (

    select
        coalesce(companies.currency, '') as currency,
        sum(companies.mrr) as mrr
    from companies
    where companies.mrr > 0
    group by 1

)

select
    endings.currency,
    endings.ending,
    today.mrr
from endings
left join today using (currency)
where endings.ending <> coalesce(today.mrr, 0)
    and not exists (select 1 from several)

-- A month starts with what the month before ended with, and no month is missing between them.
with

ordered as (

    select
        month,
        currency,
        starting,
        lag(month) over (partition by currency order by month) as former_month,
        lag(ending) over (partition by currency order by month) as former_ending
    from mrr_monthly

)

select * from ordered
where starting <> coalesce(former_ending, 0)
    or cast(former_month + interval 1 month as date) <> month

-- What first_response_weekly leaves out stands in left_out, by week.
with

counted as (

    select
        week_start,
        sum(n) as n
    from left_out
    where figure = 'first_response_weekly'
    group by week_start

)

select
    first_response_weekly.week_start,
    first_response_weekly.unanswered,
    counted.n
from first_response_weekly
left join counted using (week_start)
where first_response_weekly.unanswered <> coalesce(counted.n, 0)

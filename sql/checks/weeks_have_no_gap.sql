-- Weeks follow each other by seven days, and only the last is partial.
with

ordered as (

    select
        week_start,
        is_partial,
        lead(week_start) over (order by week_start) as next_week_start
    from contacts_weekly

)

select * from ordered
where date_add(week_start, 7) <> next_week_start
    or is_partial <> (next_week_start is null)

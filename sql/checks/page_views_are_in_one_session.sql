-- Sessions hold every page view once.
with

totals as (

    select
        (select count(*) from events where event_name = 'page_view') as page_views,
        (select coalesce(sum(page_views), 0) from sessions) as in_sessions

)

select * from totals
where page_views <> in_sessions

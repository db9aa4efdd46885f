-- One row per local week: how long people waited for each human reply, by the week
-- of the reply, first replies among them. A reply is counted from the latest message
-- of the person before it; several replies in a row are one. Questions without a
-- reply by as_of are in no median; they stand in left_out, by the week in which they
-- were asked.
-- grain: week
-- key: week_start
-- order: week_start
-- column week_start: first day of the local week, by the workspace's zone and first day of the week
-- column replies: human replies to a message of a person
-- column median_seconds: of these, interpolated between the two in the middle; NULL if none
-- column p90_seconds: nine tenths came within it, interpolated; NULL if none
-- column median_office_seconds: within office hours; NULL where there is no schedule
-- column p90_office_seconds: likewise
-- column is_partial: the week had not ended at as_of
-- check replies: not_null, range(0, )
-- check median_seconds: range(0, )
-- check median_office_seconds: range(0, )
-- check is_partial: not_null
with

weeks as (

    select * from int_weeks__spanned

),

replies as (

    select * from int_questions__answered where replied_at is not null

),

weekly as (

    select
        replied_week as week_start,
        cast(count(*) as bigint) as replies,
        percentile_cont(0.5) within group (order by seconds) as median_seconds,
        percentile_cont(0.9) within group (order by seconds) as p90_seconds,
        percentile_cont(0.5) within group (order by office_seconds) as median_office_seconds,
        percentile_cont(0.9) within group (order by office_seconds) as p90_office_seconds
    from replies
    group by replied_week

),

final as (

    select
        weeks.week_start,
        coalesce(weekly.replies, 0) as replies,
        weekly.median_seconds,
        weekly.p90_seconds,
        weekly.median_office_seconds,
        weekly.p90_office_seconds,
        weeks.is_partial
    from weeks
    left join weekly using (week_start)

)

select * from final

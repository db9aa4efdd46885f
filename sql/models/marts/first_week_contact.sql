-- One row per local week of sign-up: the share of new users who wrote to us in their
-- first week, which is the 7 × 24 hours from sign-up on. Users whose first week was
-- not over by as_of, or who were deleted in it, are not in the rate, and are counted
-- beside it. Users without a date of sign-up, or with one after as_of, are in no week:
-- they stand in left_out. A week without sign-ups is a row with 0.
-- grain: sign-up week
-- key: week_start
-- order: week_start
-- column week_start: first day of the local week in which they signed up
-- column new_users: who signed up in it, deleted ones too
-- column mature_users: of these, whose first week was over by as_of and before any deletion
-- column immature_users: the others
-- column contacted: mature users with a contact in their first week
-- column rate: contacted / mature_users; NULL without mature users
-- column contacted_before: new users with a contact before they signed up, whatever came after
-- column is_partial: the week had not ended at as_of
-- check new_users: not_null, range(0, )
-- check mature_users: not_null, range(0, )
-- check rate: range(0, 1)
with

settings as (

    select * from settings

),

users as (

    select
        int_users__contacted.*,
        seconds_between(
            int_users__contacted.signed_up_at,
            least(settings.as_of, coalesce(int_users__contacted.deleted_at, settings.as_of))
        ) >= 604800 as is_mature,
        coalesce(
            seconds_between(int_users__contacted.signed_up_at, int_users__contacted.first_contact_at) < 604800,
            false
        ) as is_contacted
    from int_users__contacted
    cross join settings
    where int_users__contacted.signed_up_at <= settings.as_of

),

span as (

    select
        min(users.signed_up_week) as first_day,
        local_date(settings.as_of, settings.timezone) as last_day,
        settings.week_starts
    from users
    cross join settings
    group by settings.as_of, settings.timezone, settings.week_starts

),

weeks as (

    select
        days.day as week_start,
        date_add(days.day, 7) > span.last_day as is_partial
    from span
    cross join lateral each_day(span.first_day, span.last_day) as days
    where week_of(days.day, span.week_starts) = days.day

),

weekly as (

    select
        signed_up_week as week_start,
        cast(count(*) as bigint) as new_users,
        cast(count(*) filter (where is_mature) as bigint) as mature_users,
        cast(count(*) filter (where not is_mature) as bigint) as immature_users,
        cast(count(*) filter (where is_mature and is_contacted) as bigint) as contacted,
        cast(count(*) filter (where has_contact_before) as bigint) as contacted_before
    from users
    group by signed_up_week

),

final as (

    select
        weeks.week_start,
        coalesce(weekly.new_users, 0) as new_users,
        coalesce(weekly.mature_users, 0) as mature_users,
        coalesce(weekly.immature_users, 0) as immature_users,
        coalesce(weekly.contacted, 0) as contacted,
        cast(weekly.contacted as double) / nullif(weekly.mature_users, 0) as rate,
        coalesce(weekly.contacted_before, 0) as contacted_before,
        weeks.is_partial
    from weeks
    left join weekly using (week_start)

)

select * from final

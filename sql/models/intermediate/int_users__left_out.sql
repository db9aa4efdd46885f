-- One row per figure about users' first contacts, local week of sign-up and reason
-- for which users are left out of it.
-- grain: figure, week, reason
-- key: figure, week_start, reason
-- column week_start: NULL: there is no date of sign-up, or it lies after as_of
with

settings as (

    select * from settings

),

users as (

    select
        int_users__contacted.*,
        case
            when int_users__contacted.signed_up_at is null then 'no_sign_up_date'
            when int_users__contacted.signed_up_at > settings.as_of then 'signs_up_later'
        end as no_start,
        case when int_users__contacted.signed_up_at <= settings.as_of then int_users__contacted.signed_up_week end as week_start,
        case
            when seconds_between(int_users__contacted.signed_up_at, int_users__contacted.deleted_at) < 604800 then 'deleted_in_first_week'
            when seconds_between(int_users__contacted.signed_up_at, settings.as_of) < 604800 then 'first_week_not_over'
        end as immature,
        case
            when int_users__contacted.deleted_at < int_users__contacted.signed_up_at then 'deleted_before_sign_up'
            when int_users__contacted.has_contact_before then 'wrote_before_sign_up'
        end as not_followed
    from int_users__contacted
    cross join settings

),

reasons as (

    select
        'first_week_contact' as figure,
        week_start,
        coalesce(no_start, immature) as reason
    from users

    union all

    select
        'time_to_first_contact' as figure,
        week_start,
        coalesce(no_start, not_followed) as reason
    from users

),

final as (

    select
        figure,
        week_start,
        reason,
        cast(count(*) as bigint) as n
    from reasons
    where reason is not null
    group by figure, week_start, reason

)

select * from final

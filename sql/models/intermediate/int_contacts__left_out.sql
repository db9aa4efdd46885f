-- One row per figure about single contacts, questions or messages, local week and
-- reason for which some are left out of it.
-- grain: figure, week, reason
-- key: figure, week_start, reason
with

settings as (

    select * from settings

),

questions as (

    select * from int_questions__answered where replied_at is null

),

repeated as (

    select * from int_contacts__repeated

),

aged as (

    select * from int_contacts__aged

),

violations as (

    select * from tag_violations

),

reasons as (

    select
        'reply_time_weekly' as figure,
        asked_week as week_start,
        'unanswered' as reason
    from questions

    union all

    select
        'repeat_contacts' as figure,
        repeated.week_start,
        case
            when not repeated.is_named then 'unnamed'
            when repeated.answered_at is null then 'unanswered'
            when seconds_between(repeated.answered_at, settings.as_of) < 604800 then 'not_over'
        end as reason
    from repeated
    cross join settings

    union all

    select
        'contact_tenure' as figure,
        aged.week_start,
        case
            when aged.signed_up_at is null or aged.signed_up_at > settings.as_of then 'no_sign_up'
            when aged.contacted_at >= aged.deleted_at then 'after_deletion'
            when aged.tenure_week >= 0
                and seconds_between(
                    aged.signed_up_at,
                    least(settings.as_of, coalesce(aged.deleted_at, settings.as_of))
                ) < 604800 * (aged.tenure_week + 1) then 'week_not_over'
        end as reason
    from aged
    cross join settings

    union all

    select
        'topics_weekly' as figure,
        week_start,
        reason
    from violations

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

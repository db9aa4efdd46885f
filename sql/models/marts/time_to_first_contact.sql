-- One row per day since sign-up: the share of users who have not written to us yet, by
-- the product-limit estimate (E. L. Kaplan and P. Meier, 1958). A user is followed from
-- sign-up to their first contact; who has made none is censored at as_of, or at their
-- deletion. Days are whole ones of 24 hours, 0 for the first. Who is censored on a day
-- is at risk on it. Users who had written before they signed up, and those without a
-- date of sign-up, are left out, and stand in left_out.
-- grain: day since sign-up
-- key: days
-- order: days
-- column days: since sign-up; every one up to the longest time that a user was followed
-- column at_risk: users who were followed to this day and had made no contact before it
-- column contacted: of these, who made their first contact on it
-- column censored: of these, whom nothing more is known of: as_of, or their deletion, falls on it
-- column survival: estimated share of users without a contact by the end of the day: the product of 1 - contacted / at_risk over the days up to it
-- check at_risk: not_null, range(1, )
-- check contacted: not_null, range(0, )
-- check censored: not_null, range(0, )
-- check survival: not_null, range(0, 1)
with

settings as (

    select * from settings

),

users as (

    select
        cast(
            floor(
                seconds_between(
                    int_users__contacted.signed_up_at,
                    coalesce(
                        int_users__contacted.first_contact_at,
                        least(settings.as_of, coalesce(int_users__contacted.deleted_at, settings.as_of))
                    )
                ) / 86400
            ) as integer
        ) as days,
        int_users__contacted.first_contact_at is not null as is_contacted
    from int_users__contacted
    cross join settings
    where int_users__contacted.signed_up_at <= settings.as_of
        and coalesce(int_users__contacted.deleted_at >= int_users__contacted.signed_up_at, true)
        and not int_users__contacted.has_contact_before

),

ended as (

    select
        days,
        cast(count(*) filter (where is_contacted) as bigint) as contacted,
        cast(count(*) filter (where not is_contacted) as bigint) as censored
    from users
    group by days

),

numbered as (

    select
        cast(row_number() over (order by calendar.day) - 1 as integer) as days
    from (select max(days) as last_day from ended) as span
    cross join lateral each_day(date '2000-01-01', date_add(date '2000-01-01', span.last_day)) as calendar

),

followed as (

    select
        numbered.days,
        coalesce(ended.contacted, 0) as contacted,
        coalesce(ended.censored, 0) as censored,
        cast(
            sum(coalesce(ended.contacted, 0) + coalesce(ended.censored, 0)) over (
                order by numbered.days
                rows between current row and unbounded following
            ) as bigint
        ) as at_risk
    from numbered
    left join ended using (days)

),

-- The product is the power of a sum of logarithms; once all who were at risk have
-- written, it is 0 from then on.
final as (

    select
        days,
        at_risk,
        contacted,
        censored,
        case
            when min(at_risk - contacted) over (order by days rows between unbounded preceding and current row) = 0 then 0.0
            else exp(
                sum(case when contacted < at_risk then ln(1 - cast(contacted as double) / at_risk) else 0 end) over (
                    order by days
                    rows between unbounded preceding and current row
                )
            )
        end as survival
    from followed

)

select
    days,
    at_risk,
    contacted,
    censored,
    least(cast(survival as double), 1.0) as survival
from final
